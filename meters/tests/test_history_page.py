"""The history page: what was used by months, every reading and estimate of the chosen months, and the same as a file."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from meters.models import Estimate, Meter, Reading, Source
from meters.testing import make_meter, make_reading, make_readings
from portal.testing import Cast, page_words

pytestmark = pytest.mark.usefixtures("clock")


def url(cast: Cast, **query: Any) -> str:
    return reverse("readings_history", args=[cast.account.public_id], query=query)


def file_url(cast: Cast, kind: str, **query: Any) -> str:
    return reverse("readings_export", args=[cast.account.public_id, kind], query=query)


def chart(response: Any, place: int = 0) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    drawn = response.context["resources"][place].chart
    return {one.bar.label: (one.bar.value, one.bar.before) for one in drawn}


def estimate(meter: Meter, period: date, volume: str, method: str = Estimate.Method.AVERAGE) -> Estimate:
    return Estimate.objects.create(meter=meter, period=period, t1=Decimal(volume), method=method, cause="not_sent")


def months(first: tuple[int, int], last: tuple[int, int]) -> dict[str, int]:
    return {"from_year": first[0], "from_month": first[1], "to_year": last[0], "to_month": last[1]}


@pytest.mark.feature("E5", "E4")
def test_only_those_who_proved_the_flat_see_its_history_and_its_files(cast: Cast, enter: Any) -> None:
    make_readings(make_meter(cast.account), date(2026, 9, 1), "5", "8")
    for reader in (cast.olga, cast.oleg):
        assert enter(reader).get(url(cast)).status_code == 200
        assert enter(reader).get(file_url(cast, "csv")).status_code == 200
    for stranger in (cast.tanya, cast.nina, cast.vera, cast.mark, cast.pavel):
        assert enter(stranger).get(url(cast)).status_code == 404
        assert enter(stranger).get(file_url(cast, "xlsx")).status_code == 404


@pytest.mark.feature("E5")
def test_thirteen_months_stand_beside_the_year_before(cast: Cast, enter: Any) -> None:
    make_readings(
        make_meter(cast.account), date(2025, 1, 1), *[str(10 + 3 * number) for number in range(10)]
    )  # to October
    make_readings(make_meter(cast.account, serial="2"), date(2026, 8, 1), "1", "3", "7")
    bars = chart(enter(cast.olga).get(url(cast)))
    assert next(iter(bars)) == "Nov 2026"
    assert len(bars) == 13
    assert bars["Oct 2026"] == (Decimal(4), Decimal(3))
    assert bars["Nov 2026"] == (None, None)


@pytest.mark.feature("E5", "D4")
def test_each_line_says_value_volume_source_and_state_and_names_nobody(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, date(2026, 7, 1), "100", author=cast.olga)
    estimate(meter, date(2026, 8, 1), "3")
    estimate(meter, date(2026, 9, 1), "4", Estimate.Method.NORM)
    make_reading(meter, date(2026, 10, 1), "109.5", state="kept", author=cast.oleg)
    make_reading(meter, date(2026, 10, 1), "110", source=Source.COUNCIL, author=cast.vera)
    page = enter(cast.olga).get(url(cast))
    words = page_words(page)
    for said in ("You", "By the average", "By the norm", "A resident of the flat", "House council", "Kept, not counted", "Counts",
                 "7.000 m³", "10.000 m³ since the reading before, less what was charged by the average"):  # fmt: skip
        assert said in words
    assert "Олин " not in words
    assert "Верина" not in words
    bars = chart(page)
    assert [bars[month][0] for month in ("Aug 2026", "Sep 2026", "Oct 2026")] == [3, 4, 7]
    assert "A bar with a broken outline is an estimate" in words


def test_a_replaced_meter_stands_in_the_history_with_its_follower(cast: Cast, enter: Any) -> None:
    old = make_meter(cast.account, serial="OLD-1", removed_on=date(2026, 10, 10))
    make_readings(old, date(2026, 8, 1), "50", "53")
    make_reading(old, date(2026, 10, 1), "54", source=Source.CONTROLLED, taken_on=date(2026, 10, 10))
    new = make_meter(cast.account, serial="NEW-1", installed_on=date(2026, 10, 10), replaces=old)
    make_reading(new, date(2026, 10, 1), "2")
    page = enter(cast.olga).get(url(cast))
    assert "№ OLD-1 (removed on 10 October 2026)" in page_words(page)
    assert chart(page)["Oct 2026"][0] == 3  # one of the old meter, two of the new one


def test_a_first_reading_long_after_the_installation_is_no_months_use(cast: Cast, enter: Any) -> None:
    make_readings(make_meter(cast.account), date(2026, 9, 1), "118", "121")
    page = enter(cast.olga).get(url(cast))
    assert "used since the installation on 12 March 2020" in page_words(page)
    assert [chart(page)[month][0] for month in ("Sep 2026", "Oct 2026")] == [None, 3]


def test_a_reading_that_is_only_stored_says_so(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, date(2026, 9, 1), "5")
    make_reading(meter, date(2026, 10, 1), "9", is_billable=False)
    page = enter(cast.olga).get(url(cast))
    assert "Stored, not used for charges" in page_words(page)
    assert chart(page)["Oct 2026"][0] is None


def test_olga_chooses_other_months(cast: Cast, enter: Any) -> None:
    make_readings(make_meter(cast.account), date(2024, 1, 1), *[str(10 + number) for number in range(30)])
    page = enter(cast.olga).get(url(cast, **months((2024, 3), (2024, 5))))
    assert [line.period.month for line in page.context["resources"][0].lines] == [5, 4, 3]
    assert list(chart(page)) == ["May 2024", "Apr 2024", "Mar 2024"]
    assert re.search(r'<option value="2024" selected>', page.content.decode())


def test_months_the_wrong_way_round_are_swapped_and_said(cast: Cast, enter: Any) -> None:
    make_readings(make_meter(cast.account), date(2024, 1, 1), *[str(10 + number) for number in range(30)])
    page = enter(cast.olga).get(url(cast, **months((2024, 5), (2024, 3))))
    assert [line.period.month for line in page.context["resources"][0].lines] == [5, 4, 3]
    assert "we swapped them" in page_words(page)


@pytest.mark.parametrize(
    "query", [{"from_year": "x"}, months((1900, 1), (2026, 13)), {"to_month": "99", "to_year": "1"}]
)
def test_months_that_do_not_exist_show_the_usual_ones(cast: Cast, enter: Any, query: dict[str, Any]) -> None:
    make_readings(make_meter(cast.account), date(2026, 9, 1), "5", "8")
    assert len(chart(enter(cast.olga).get(url(cast, **query)))) == 13


def test_more_than_five_years_are_cut_and_said(cast: Cast, enter: Any) -> None:
    make_readings(make_meter(cast.account), date(2020, 4, 1), *[str(10 + number) for number in range(79)])
    page = enter(cast.olga).get(url(cast, **months((2020, 4), (2026, 10))))
    assert len(page.context["resources"][0].lines) == 60
    assert "At most five years" in page_words(page)


def test_before_the_first_reading_the_page_says_what_will_be_here(cast: Cast, enter: Any) -> None:
    assert "No readings in these months" in page_words(enter(cast.olga).get(url(cast)))


def test_the_button_leads_to_entering_while_readings_are_taken(cast: Cast, enter: Any, clock: Any) -> None:
    make_meter(cast.account)
    assert "Send readings for November 2026" in page_words(enter(cast.olga).get(url(cast)))
    clock(datetime(2026, 11, 27, 9, tzinfo=UTC))
    assert "Send readings for" not in page_words(enter(cast.olga).get(url(cast)))


# --- Files --------------------------------------------------------------------------------------------------------------


def test_the_file_holds_the_shown_months_as_numbers_and_dates(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account, place="=кухня")
    make_readings(meter, date(2026, 8, 1), "5", "8.5", "12")
    client = enter(cast.olga)
    response = client.get(file_url(cast, "csv", **months((2026, 9), (2026, 10))))
    lines = response.content.decode("utf-8-sig").splitlines()
    assert response["Content-Disposition"] == 'attachment; filename="readings-2026-09-2026-10.csv"'
    assert lines[1].startswith("10.2026;Cold water;'=кухня;0123456-19;20.10.2026;12,000;;;3,500;")
    assert len(lines) == 3
    book = load_workbook(io.BytesIO(client.get(file_url(cast, "xlsx", **months((2026, 9), (2026, 10)))).content))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1][2] == "=кухня"
    assert (rows[1][0], rows[1][8]) == ("10.2026", 3.5)
    assert client.get(file_url(cast, "exe")).status_code == 404


# --- Twenty years -------------------------------------------------------------------------------------------------------


def read_monthly(meter: Meter, first: date, last: date) -> None:
    """A reading of every month, each one more than the one before."""
    rows, period = [], first
    while period <= last:
        value = Decimal(12 * period.year + period.month - 24000)
        rows.append(Reading(meter=meter, period=period, taken_on=period.replace(day=20), t1=value, source=Source.OWNER))
        period = (period + timedelta(days=31)).replace(day=1)
    Reading.objects.bulk_create(rows)


@pytest.mark.feature("E5")
def test_twenty_years_cost_as_much_as_three(cast: Cast, enter: Any) -> None:
    """The same queries and the same rows: what is not shown is not read."""
    meter = make_meter(cast.account, installed_on=date(2006, 1, 1))
    read_monthly(meter, date(2023, 11, 1), date(2026, 10, 1))
    client = enter(cast.olga)
    client.get(url(cast))
    young = cost(client, url(cast))
    read_monthly(meter, date(2006, 2, 1), date(2023, 10, 1))
    assert cost(client, url(cast)) == young
    assert young[1] == 25  # two years to compare, and the value with which they begin


def cost(client: Any, address: str) -> tuple[int, int]:
    """How many queries a page asks and how many readings it loads."""
    loaded: list[object] = []

    def note(instance: object, **facts: Any) -> None:
        loaded.append(instance)

    post_init.connect(note, sender=Reading)
    try:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
    finally:
        post_init.disconnect(note, sender=Reading)
    return len(queries), len(loaded)
