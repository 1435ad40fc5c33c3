"""Documents of a register print what the portal's meters showed, in the block and the words of calculated documents."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from billing.calculating.volumes import sheet_of, words
from billing.models import Invoice
from meters.models import Estimate
from meters.resources import FACTS
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from meters.volumes import volumes_of
from portal.testing import Cast, make_account
from premises.actions.imports import apply_file, check_file
from premises.models import PersonalAccount

HEAD = "period;account;doc_no;kind;service_code;service;accrued;payable\n"
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
pytestmark = [pytest.mark.feature("B10", "G10"), pytest.mark.django_db]


def take(cast: Cast, *documents: tuple[PersonalAccount, date], kind: str = "main") -> None:
    rows = "".join(
        f"{period:%m.%Y};{account.number};{place};{kind};CW;Вода;100,00;100,00\n"
        for place, (account, period) in enumerate(documents)
    )
    run = check_file("documents", cast.company, BytesIO((HEAD + rows).encode()), name="f", by=None, at=timezone.now())
    assert apply_file(run, by=None, at=timezone.now()).state == "applied", run.report


def as_calculated(account: PersonalAccount, period: date) -> list[dict[str, Any]]:
    """The block that the portal's own calculation would print."""
    found = volumes_of([account], period)
    with translation.override(account.organization.language):
        return sheet_of([found[account.pk, resource] for resource in FACTS], words())


def test_a_document_of_a_register_prints_the_readings_that_the_portal_holds(cast: Cast) -> None:
    make_readings(make_meter(cast.account, serial="X-1"), JANUARY, "148.2", "152.347", "160")
    take(cast, (cast.account, FEBRUARY), (cast.nina_account, FEBRUARY))
    assert Invoice.objects.get(account=cast.account).readings == [
        {"resource": "Холодная вода", "unit": "м³", "serial": "X-1", "zone": "", "previous": "148.200", "current": "152.347",
         "volume": "4.147"}
    ]  # fmt: skip
    assert Invoice.objects.get(account=cast.nina_account).readings == []


def test_only_the_main_document_has_the_block_and_only_of_its_own_month(cast: Cast) -> None:
    make_reading(make_meter(cast.account), JANUARY, "148.2")
    take(cast, (cast.account, FEBRUARY))
    take(cast, (cast.account, JANUARY), kind="repair")
    assert [one.readings for one in Invoice.objects.all()] == [[], []]


def test_later_readings_change_nothing_in_a_document(cast: Cast) -> None:
    meter = make_meter(cast.account)
    make_readings(meter, JANUARY, "1", "2")
    take(cast, (cast.account, FEBRUARY))
    before = Invoice.objects.get().readings
    make_reading(meter, MARCH, "9")
    assert Invoice.objects.get().readings == before != []


def test_the_block_is_that_of_a_calculated_document_for_every_sort_of_meter(cast: Cast) -> None:
    """Zones, a ratio, a passed zero, a first month, a gap, expired readings with and without a norm, a removed meter."""
    day_and_night = make_meter(
        cast.account, "power", "E-1", zones=2, ratio=Decimal(40), initial_t2=Decimal(0), decimals=1
    )
    for period, values in ((JANUARY, ("10", "20")), (FEBRUARY, ("11.5", "20.5")), (MARCH, ("12", "22"))):
        make_reading(day_and_night, period, *values)
    rolled = make_meter(cast.account, "hot", "H-1")
    make_readings(rolled, JANUARY, "99998")
    make_reading(rolled, FEBRUARY, "3", drop="rollover")
    make_readings(
        make_meter(cast.nina_account, "cold", "N-1", installed_on=date(2026, 1, 20), initial_t1=Decimal("5")),
        FEBRUARY,
        "7",
        "8",
    )
    gap = make_meter(cast.nina_account, "hot", "N-2")
    make_reading(gap, date(2024, 5, 1), "100")
    make_reading(gap, MARCH, "150")
    expired = make_meter(cast.vera_account, "cold", "V-1")
    make_readings(expired, date(2025, 11, 1), "1")
    for period, value in ((date(2025, 12, 1), "3"), (JANUARY, "6")):
        make_reading(expired, period, value, is_billable=False)
    make_readings(expired, FEBRUARY, "10", "15")
    normed = make_meter(cast.vera_account, "hot", "V-2", removed_on=date(2026, 3, 25))
    make_readings(normed, date(2025, 11, 1), "1")
    for period, value in ((date(2025, 12, 1), "3"), (JANUARY, "6")):
        make_reading(normed, period, value, is_billable=False)
        Estimate.objects.create(
            meter=normed,
            period=period,
            t1=Decimal("4"),
            method=Estimate.Method.NORM,
            cause=Estimate.Cause.EXPIRED,
            in_a_row=1,
        )
    make_readings(normed, FEBRUARY, "10", "15")
    old = make_meter(cast.vera_account, "gas", "V-3", installed_on=date(2010, 1, 1))
    for period, value in ((date(2023, 1, 1), "3"), (JANUARY, "6")):
        make_reading(old, period, value, is_billable=False)
    make_reading(old, MARCH, "9")
    make_reading(make_house_meter(cast.house), MARCH, "900")
    accounts = (cast.account, cast.nina_account, cast.vera_account)
    take(cast, *((account, period) for account in accounts for period in (JANUARY, FEBRUARY, MARCH)))
    blocks = {(one.account, one.period): one.readings for one in Invoice.objects.select_related("account")}
    assert blocks == {key: as_calculated(*key) for key in blocks}
    assert [len(blocks[account, MARCH]) for account in accounts] == [2, 2, 3]


def test_the_words_are_of_the_company_whoever_imports(cast: Cast) -> None:
    make_readings(make_meter(cast.account), JANUARY, "1", "2")
    with translation.override("en"):
        take(cast, (cast.account, FEBRUARY))
    assert Invoice.objects.get().readings[0]["resource"] == "Холодная вода"


def test_readings_cost_the_same_few_queries_for_any_number_of_documents_and_months(cast: Cast) -> None:
    counts = []
    for flats, months in ((1, 2), (12, 2), (3, 8)):
        accounts = [make_account(cast.house, f"{flats}-{place}", f"9{flats}{months}{place}") for place in range(flats)]
        for account in accounts:
            expired = make_meter(account, serial="A")
            make_reading(expired, date(2025, 1, 1), "5", is_billable=False)
            make_readings(expired, date(2025, 2, 1), *(str(value) for value in range(10, 10 + months)))
            make_readings(make_meter(account, "hot", "B"), date(2025, 1, 1), *map(str, range(months + 1)))
        documents = [(account, date(2025, month, 1)) for account in accounts for month in range(2, 2 + months)]
        with CaptureQueriesContext(connection) as seen:
            take(cast, *documents)
        counts.append(sum("meters_" in one["sql"] for one in seen))
        assert all(len(one.readings) == 2 for one in Invoice.objects.filter(account__in=accounts))
    assert counts[0] == counts[1] == counts[2] <= 8, counts
