"""Benefits where consumption stands among the recalculations: a reading after averages, and one that came late."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.models import AccountFact, Benefit, BillingRun, Recalculation
from billing.tests.firm import AT, NOV, calculated, issued, line, make_service
from meters.actions.estimating import estimate_missing
from meters.models import ConsumptionNorm, Meter
from meters.testing import make_meter, make_reading, make_readings
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
OCT, SEP = date(2026, 10, 1), date(2026, 9, 1)
C19 = ("4.1", "3.9", "4.4", "5.2", "4.0", "3.8")  # 25.4 in six months: the average is 4.233333
HALF = {"category": "ветеран", "percent": Decimal(50), "since": date(2026, 1, 1)}


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    """Flat 12: three live there; the other flats of the house are closed."""
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=3)
    return PersonalAccount.objects.get(pk=cast.account.pk)


def averaged(cast: Cast, flat: PersonalAccount, *months: date) -> tuple[Meter, Decimal]:
    """Cold water at 43.57, these months issued by the average: 184.45 each."""
    make_service(cast.house, "cold", "meter", "43.57", resource="cold")
    meter, value = make_meter(flat), Decimal(100)
    values = ["100"] + [str(value := value + Decimal(used)) for used in C19]
    first = date(2026, months[0].month - len(values), 1)
    make_readings(meter, first, *values)
    for month in months:
        estimate_missing(cast.house, month, at=AT)
        run = issued(cast.company, month, by=cast.anna, at=datetime(2026, 11, 1, tzinfo=UTC))
        assert line(run, flat, "cold").accrued == Decimal("184.45")
    return meter, value


def settled(run: BillingRun) -> Decimal:
    return Recalculation.objects.get(run=run, source="reading").amount


@pytest.mark.parametrize(
    ("months", "measured", "amount"),
    [
        ([OCT], "9.870", "122.80"),  # 430.04 − 215.02 − (184.45 − 92.23)
        ([SEP, OCT], "9.870", "30.58"),  # C20 with a benefit: 215.02 − 2 × 92.22
        ([SEP, OCT], "5.000", "-75.52"),  # 217.85 − 108.93 − 2 × 92.22: half was paid, half is given back
    ],
)
def test_a_reading_after_averages_keeps_the_benefit(
    cast: Cast, flat: PersonalAccount, months: list[date], measured: str, amount: str
) -> None:
    Benefit.objects.create(account=flat, **HALF)
    meter, value = averaged(cast, flat, *months)
    make_reading(meter, NOV, str(value + Decimal(measured)))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert (settled(run), line(run, flat, "cold").benefit) == (Decimal(amount), Decimal(0))


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({"since": NOV}, "138.08"),  # 430.04 − 184.45, less a quarter of 430.04: half of one month of the two
        ({"until": date(2026, 10, 31)}, "230.31"),  # … less the quarter, and the 92.23 of October taken back
        ({"persons": 1}, "204.66"),  # a sixth of 430.04 is 71.67, October's 30.74
    ],
)
def test_a_month_with_a_benefit_and_one_without_share_what_was_used_evenly(
    cast: Cast, flat: PersonalAccount, fields: dict[str, Any], amount: str
) -> None:
    Benefit.objects.create(account=flat, **(HALF | fields))
    meter, value = averaged(cast, flat, OCT)
    make_reading(meter, NOV, str(value + Decimal("9.870")))
    assert settled(calculated(cast.company, NOV, by=cast.anna)) == Decimal(amount)


def test_the_share_of_a_person_follows_the_people_of_each_month(cast: Cast, flat: PersonalAccount) -> None:
    """One of three has it in October, one of four in November: (1/6 + 1/8) / 2 of 430.04 is 62.71, October's 30.74."""
    Benefit.objects.create(account=flat, persons=1, **HALF)
    AccountFact.objects.create(account=flat, since=NOV, residents=4)
    meter, value = averaged(cast, flat, OCT)
    make_reading(meter, NOV, str(value + Decimal("9.870")))
    assert settled(calculated(cast.company, NOV, by=cast.anna)) == Decimal("213.62")


@pytest.mark.parametrize(("measured", "amount"), [("9.870", "122.80"), ("3.000", "-26.87")])
def test_a_late_reading_keeps_the_benefit_of_its_month(
    cast: Cast, flat: PersonalAccount, measured: str, amount: str
) -> None:
    """Half of what the month comes to by the reading, less half of what it came to by the average."""
    Benefit.objects.create(account=flat, until=date(2026, 10, 31), **HALF)
    meter, value = averaged(cast, flat, OCT)
    now = value + Decimal(measured)
    make_reading(meter, OCT, str(now), created_at=datetime(2026, 11, 5, tzinfo=UTC))
    make_reading(meter, NOV, str(now + 1))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert settled(run) == Decimal(amount)
    assert line(run, flat, "cold").accrued == Decimal("43.57")


@pytest.mark.parametrize(
    ("tariff", "since", "amount"),
    [
        ({"rate": "10.00"}, OCT, "2000.00"),  # 4800 − 3 × 800, less half of October's even 800
        ({"rate": "10.00"}, SEP, "1600.00"),  # and of September's, whose own line by the norm stays
        ({"rate": "4.00", "tariff": {"tiers": [["100", "4.00"], [None, "8.00"]]}}, OCT, "800.00"),  # 1920 − 960 − 160
    ],
)
def test_months_by_the_norm_have_their_part_of_what_a_reading_says(
    cast: Cast, flat: PersonalAccount, tariff: dict[str, Any], since: date, amount: str
) -> None:
    """480 kWh since April: three months by the average of 80 and two by the norm are 80 each, as October is."""
    way = "tiers" if "tariff" in tariff else "meter"
    make_service(cast.house, "power", way, resource="power", **tariff)
    ConsumptionNorm.objects.create(
        organization=cast.company, resource="power", since=date(2020, 1, 1), per_person=Decimal(80)
    )
    Benefit.objects.create(account=flat, **(HALF | {"since": since}))
    meter = make_meter(flat, "power", decimals=1)
    make_readings(meter, date(2026, 1, 1), "0", "80", "160", "240")
    for month in range(5, 10):
        issued(cast.company, date(2026, month, 1), by=cast.anna, at=datetime(2026, month + 1, 1, 9, tzinfo=UTC))
    make_reading(meter, OCT, "720")
    assert settled(calculated(cast.company, OCT, by=cast.anna)) == Decimal(amount)
