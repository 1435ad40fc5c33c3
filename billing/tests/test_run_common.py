"""Common use of a house whose own meter was not read every month."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import BillingRun, CommonUse, Service
from billing.tests.firm import AT, NOV, calculated, issued, line, make_fact, make_service
from meters.models import Meter
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from portal.testing import Cast, make_account
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
SEP, OCT, DEC = date(2026, 9, 1), date(2026, 10, 1), date(2026, 12, 1)
LATER = AT.replace(year=2027, month=1)


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    """Flat 12 of 61 m²; the other flats are closed, everybody else is one shop."""
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    return PersonalAccount.objects.get(pk=cast.account.pk)


def make_common(cast: Cast, *, norm: str | None = "0.0352", **fields: bool) -> Service:
    make_fact(cast.house, **fields)
    return make_service(
        cast.house, "common", "common", "43.57", resource="cold", norms={"common": norm} if norm else None
    )


def make_shop(cast: Cast, *values: str) -> Meter:
    meter = make_meter(make_account(cast.house, "н/п 1", "20001"), serial="SHOP")
    make_readings(meter, SEP, *values)
    return meter


def use(run: BillingRun) -> CommonUse:
    return CommonUse.objects.get(run=run)


def test_two_months_of_the_house_are_not_held_against_one_of_the_flats(cast: Cast, flat: PersonalAccount) -> None:
    """October unread, November's reading of 2500 m³ is of both months: both go by the norm, December by the meter again."""
    make_common(cast, distributes_all=True)
    make_shop(cast, "0", "1177.750", "2355.500", "3533.250")
    meter = make_house_meter(cast.house)
    make_reading(meter, SEP, "0")
    make_reading(meter, NOV, "2500")
    make_reading(meter, DEC, "3750")
    october = issued(cast.company, OCT, by=cast.anna)
    november = issued(cast.company, NOV, by=cast.anna)
    for run in (october, november):
        found = line(run, flat, "common")
        assert (found.accrued_common, found.method_common) == (Decimal("15.60"), "N")
        assert use(run).house_volume is None
        assert [(one["what"], one["facts"]) for one in run.anomalies] == [("house_unread", {"service": "common"})]
    december = calculated(cast.company, DEC, by=cast.anna, at=LATER)
    assert line(december, flat, "common").accrued_common == Decimal("39.40")
    assert "house_unread" not in {one["what"] for one in december.anomalies}


@pytest.mark.parametrize("norm", ["0.0352", None])
def test_a_negative_rest_waits_through_the_months_without_a_reading(
    cast: Cast, flat: PersonalAccount, norm: str | None
) -> None:
    """−30 m³ of October; November unread; in December 1300 m³ are as much as the flats used, and 100 of January are 70."""
    make_common(cast, norm=norm, distributes_all=True)
    make_shop(cast, "0", "1130", "2130", "3130", "4130")
    meter = make_house_meter(cast.house)
    make_readings(meter, SEP, "0", "1100")
    assert use(issued(cast.company, OCT, by=cast.anna)).carry == Decimal(-30)
    november = issued(cast.company, NOV, by=cast.anna)
    if norm:
        assert (use(november).shared, use(november).carry) == (Decimal("28.6"), Decimal(-30))
    else:
        assert not CommonUse.objects.filter(run=november).exists()
    make_reading(meter, DEC, "3130")
    make_reading(meter, date(2027, 1, 1), "4230")
    issued(cast.company, DEC, by=cast.anna, at=LATER)
    january = calculated(cast.company, date(2027, 1, 1), by=cast.anna, at=LATER.replace(month=2))
    assert (use(january).shared, use(january).carry) == (Decimal(70), Decimal(0))
