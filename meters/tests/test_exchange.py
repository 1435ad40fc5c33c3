"""Readings that go out as a file and come back: nothing changes, in any layout."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from lib.tables import csv_file, xlsx_file
from meters.exchange.written import gis_table, readings_table
from meters.models import Reading, SubmissionWindow
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from portal.testing import Cast
from premises.actions.imports import check_file
from premises.models import ImportRun

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SEP, OCT, NOV = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
LIST = "/admin/meters/reading/export/"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("G10", "E5"), pytest.mark.usefixtures("fresh")]


@pytest.fixture(params=["csv", "xlsx"])
def written(request: pytest.FixtureRequest) -> Callable[[Any], BytesIO]:
    """Write a table as a file of one kind."""

    def write(table: Any) -> BytesIO:
        header, rows = table
        return BytesIO(b"".join(csv_file(header, rows)) if request.param == "csv" else xlsx_file("t", header, rows))

    return write


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Readings of every sort: zones, house meters, late ones, a number like a formula, history."""
    SubmissionWindow.objects.create(organization=cast.company, opens=15, closes=25)
    power = make_meter(cast.account, "power", "=1+1", zones=2, initial_t2=0, decimals=1, gis_number="900")
    make_readings(make_meter(cast.account), SEP, "1.5", "1.5", "2.125")
    make_reading(power, OCT, "10.5", "7")
    make_reading(make_house_meter(cast.house), NOV, "1250", taken_on=date(2026, 10, 3), source="supplier")
    corrected = make_meter(cast.nina_account, "hot", "77", gis_number="86 37a", next_verification=date(2026, 1, 1))
    make_reading(corrected, SEP, "9", taken_on=date(2026, 6, 3))  # long before its month, as a resident may say
    for state, value in (("kept", "12"), ("withdrawn", "13"), ("current", "11")):
        make_reading(corrected, NOV, value, source="company", state=state)
    make_reading(corrected, OCT, "10.0005", source="controlled")
    return cast


def back(cast: Cast, file: BytesIO, by: User | None = None) -> ImportRun:
    return check_file("readings", cast.company, file, name="back", by=by, at=AT)


def nothing_changes(run: ImportRun) -> bool:
    return (run.state, run.errors, run.created, run.updated) == ("checked", 0, 0, 0)


def test_what_was_written_may_be_imported_again_and_changes_nothing(
    full: Cast, written: Callable[[Any], BytesIO]
) -> None:
    run = back(full, written(readings_table(Reading.objects.current())))
    assert nothing_changes(run), run.report
    count = Reading.objects.current().count()
    assert (run.rows, run.unchanged, run.warnings) == (count + 1, count, 0)  # a row per zone


def test_the_layout_of_the_state_system_comes_back_too(full: Cast, written: Callable[[Any], BytesIO]) -> None:
    run = back(full, written(gis_table(Reading.objects.current())))
    assert nothing_changes(run), run.report
    assert run.unchanged == Reading.objects.current().count()
    header, rows = gis_table(Reading.objects.filter(meter__resource="power"))
    assert header[0] == "Номер прибора учета в ГИС ЖКХ"
    assert list(rows) == [
        ("900", "Электрическая энергия", Decimal("10.5"), Decimal("7.0"), None, date(2026, 10, 20), "10.2026")
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["mark", "anna"])
@pytest.mark.parametrize("layout", ["csv", "xlsx", "gis"])
@pytest.mark.parametrize("query", ["", "?state__exact=current", "?state__exact=kept"])
def test_what_the_list_gives_changes_nothing_when_it_comes_back(
    full: Cast, enter: Callable[[User], Client], name: str, layout: str, query: str
) -> None:
    who = getattr(full, name)
    response = enter(who).get(f"{LIST}{layout}/{query}")
    run = back(full, BytesIO(response.content), who)
    if layout == "gis" and "kept" in query:
        assert run.state == "refused"  # nothing that counts, no rows
    else:
        assert nothing_changes(run), run.report
        assert run.rows > 0


def test_a_file_of_other_states_is_for_looking_and_says_so_row_by_row(
    full: Cast, enter: Callable[[User], Client]
) -> None:
    """What was kept or taken back would be a change: the import passes over it."""
    response = enter(full.mark).get(f"{LIST}csv/?state__exact=withdrawn")
    header, row = response.content.decode("utf-8-sig").splitlines()
    assert header.endswith(";period;state")
    assert row.endswith(";13,000;company;11.2026;withdrawn")
    run = back(full, BytesIO(response.content))
    assert (run.rows, run.unchanged, run.warnings) == (1, 1, 1)
    assert [one.message for one in run.problems] == ["This reading did not count in the portal: the row is not read."]
