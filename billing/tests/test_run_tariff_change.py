"""A tariff that changes inside a month, meters that were read on that day or were not, and ranges of several months."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.calculate import calculate
from billing.actions.closing import recalculate, start_issue
from billing.models import Benefit, BillingRun, HouseService, Service, Tariff
from billing.tests.firm import AT, NOV, calculated, ignore, issued, line, make_service
from lib.errors import Refusal
from meters.models import ConsumptionNorm, Meter
from meters.testing import make_meter, make_reading, make_readings
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
OCT = date(2026, 10, 1)


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    return PersonalAccount.objects.get(pk=cast.account.pk)


def change(service: Service, old: dict[str, Any], new: dict[str, Any]) -> None:
    """The new prices hold from the 11th of thirty days on."""
    Tariff.objects.create(service=service, since=date(2026, 1, 1), until=date(2026, 11, 10), **old)
    Tariff.objects.create(service=service, since=date(2026, 11, 11), **new)


def read(meter: Meter, day: int, *values: str, state: str = "current") -> None:
    make_reading(meter, NOV, *values, taken_on=date(2026, 11, day), state=state)


def parts(cast: Cast, flat: PersonalAccount, code: str, zone: int = 0) -> tuple[Decimal, list[list[Decimal]]]:
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, code, zone)
    return found.accrued, [[Decimal(one) for one in part] for part in found.parts]


def figures(*rows: str) -> list[list[Decimal]]:
    return [[Decimal(one) for one in row.split()] for row in rows]


@pytest.mark.parametrize(
    ("day", "value", "state", "expected"),
    [
        (11, "105", "kept", ("340.00", ["5 40.00 200.00", "2 70.00 140.00"])),  # on the day of the change
        (10, "105", "kept", ("340.00", ["5 40.00 200.00", "2 70.00 140.00"])),  # in the evening before
        (12, "105", "kept", ("420.00", ["2.333333 40.00 93.33", "4.666667 70.00 326.67"])),  # a day late: by days
        (11, "105", "withdrawn", ("420.00", ["2.333333 40.00 93.33", "4.666667 70.00 326.67"])),
        (11, "108", "kept", ("420.00", ["2.333333 40.00 93.33", "4.666667 70.00 326.67"])),  # more than at the end
    ],
)
def test_a_reading_of_the_day_divides_the_volume_of_the_month(
    cast: Cast, flat: PersonalAccount, day: int, value: str, state: str, expected: tuple[str, list[str]]
) -> None:
    """7 m³ at 40.00 and 70.00."""
    change(make_service(cast.house, "cold", "meter", resource="cold"), {"rate": 40}, {"rate": 70})
    meter = make_meter(flat)
    make_reading(meter, OCT, "100")
    read(meter, day, value, state=state)
    read(meter, 24, "107")
    assert parts(cast, flat, "cold") == (Decimal(expected[0]), figures(*expected[1]))


def test_what_was_read_on_the_day_itself_alone_ran_through_before_it(cast: Cast, flat: PersonalAccount) -> None:
    change(make_service(cast.house, "cold", "meter", resource="cold"), {"rate": 40}, {"rate": 70})
    meter = make_meter(flat)
    make_reading(meter, OCT, "100")
    read(meter, 11, "107")
    assert parts(cast, flat, "cold")[0] == Decimal("280.00")


def test_every_zone_is_divided_by_its_own_reading(cast: Cast, flat: PersonalAccount) -> None:
    """Day 40 + 50 at 6.00 and 7.00, night 10 + 30 at 2.00 and 3.00."""
    power = make_service(cast.house, "power", "meter", resource="power")
    change(power, {"rate": 6, "rate_2": 2}, {"rate": 7, "rate_2": 3})
    meter = make_meter(flat, "power", zones=2, initial_t2=Decimal(0), decimals=1)
    make_reading(meter, OCT, "100", "50")
    read(meter, 11, "140", "60", state="kept")
    read(meter, 24, "190", "90")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert [line(run, flat, "power", zone).accrued for zone in (1, 2)] == [Decimal("590.00"), Decimal("110.00")]


def test_ranges_are_divided_by_the_reading_too(cast: Cast, flat: PersonalAccount) -> None:
    """60 of 150 kWh before the change: of the first hundred 40, of the rest 20."""
    power = make_service(cast.house, "power", "tiers", resource="power")
    change(
        power,
        {"rate": 4, "tiers": [["100", "4.00"], [None, "5.50"]]},
        {"rate": 4, "tiers": [["100", "4.30"], [None, "6.00"]]},
    )
    meter = make_meter(flat, "power", decimals=1)
    make_reading(meter, OCT, "0")
    read(meter, 11, "60", state="kept")
    read(meter, 24, "150")
    assert parts(cast, flat, "power") == (
        Decimal("708.00"),
        figures("40 4.00 160.00", "20 5.50 110.00", "60 4.30 258.00", "30 6.00 180.00"),
    )


def test_two_meters_are_divided_where_both_were_read(cast: Cast, flat: PersonalAccount) -> None:
    """3 + 2 m³ before, 1 + 4 after; where only one of them was read, all ten go by days."""
    change(make_service(cast.house, "cold", "meter", resource="cold"), {"rate": 30}, {"rate": 60})
    first, second = make_meter(flat), make_meter(flat, serial="SECOND")
    for meter in (first, second):
        make_reading(meter, OCT, "100")
    read(first, 11, "103", state="kept")
    read(first, 24, "104")
    read(second, 24, "106")
    assert parts(cast, flat, "cold")[0] == Decimal("500.00")
    read(second, 10, "102", state="kept")
    run = BillingRun.objects.get()
    recalculate(run, by=cast.anna, at=AT, later=ignore)
    assert calculate(run.pk, now=lambda: AT)
    assert line(run, flat, "cold").accrued == Decimal("450.00")


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("area", "1220.00"),  # 61 × 24.00 × 10 / 30 + 61 × 36.00 × 10 / 30
        ("meter", "360.00"),  # 12 m³, each price on half of the days
        ("tiers", "360.00"),
    ],
)
@pytest.mark.parametrize("begins", [21, 15])
def test_a_tariff_that_ends_with_its_service_and_begins_with_it_again(
    cast: Cast, flat: PersonalAccount, way: str, expected: str, begins: int
) -> None:
    """The house has none from the 11th to the 20th. Nothing is lacking where no tariff of those days is known."""
    service = make_service(cast.house, "one", way, resource="cold", until=date(2026, 11, 10))
    HouseService.objects.create(house=cast.house, service=service, since=date(2026, 11, 21))
    tiers = {"tiers": [["100", "24.00"], [None, "50.00"]]} if way == "tiers" else {}
    Tariff.objects.create(
        service=service, since=date(2026, 1, 1), until=date(2026, 11, 10), rate=Decimal("24.00"), **tiers
    )
    Tariff.objects.create(service=service, since=date(2026, 11, begins), rate=Decimal("36.00"))
    meter = make_meter(flat)
    make_reading(meter, OCT, "100")
    make_reading(meter, NOV, "112")
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "one").accrued == Decimal(expected)


RANGES = {"tiers": [["100", "4.00"], [None, "5.50"]]}


@pytest.mark.parametrize(
    ("value", "recalculated"),
    [
        ("570", "755.00"),  # 250 kWh of two months: 200 × 4.00 + 50 × 5.50, less the 80 × 4.00 of October
        ("420.003", "80.01"),  # 100.003 × 4.00 = 400.012, rounded once
    ],
)
def test_a_reading_of_two_months_has_the_ranges_of_two(
    cast: Cast, flat: PersonalAccount, value: str, recalculated: str
) -> None:
    make_service(cast.house, "power", "tiers", "4.00", resource="power", tariff=RANGES)
    meter = make_meter(flat, "power")
    make_readings(meter, date(2026, 5, 1), "0", "80", "160", "240", "320")
    assert line(issued(cast.company, OCT, by=cast.anna), flat, "power").accrued == Decimal("320.00")
    make_reading(meter, NOV, value)
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "power").recalculated == Decimal(recalculated)


def test_a_reading_after_a_month_by_the_norm_has_the_ranges_of_two(cast: Cast, flat: PersonalAccount) -> None:
    """250 kWh since September are 200 × 4.00 + 50 × 5.50; October stays as it was charged by the norm."""
    PersonalAccount.objects.filter(pk=flat.pk).update(residents=1)
    ConsumptionNorm.objects.create(
        organization=cast.company, resource="power", since=date(2020, 1, 1), per_person=Decimal(60)
    )
    make_service(cast.house, "power", "tiers", "4.00", resource="power", tariff=RANGES)
    meter = make_meter(flat, "power")
    make_reading(meter, date(2026, 9, 1), "0")
    assert line(issued(cast.company, OCT, by=cast.anna), flat, "power").accrued == Decimal("240.00")
    make_reading(meter, NOV, "250")
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "power")
    assert (found.accrued, found.recalculated) == (Decimal("1075.00"), Decimal(0))


def _ended_tariff_is_changed(service: Service, flat: PersonalAccount) -> None:
    Tariff.objects.filter(service=service, until__isnull=False).update(rate=Decimal("45.00"))


def _ended_benefit_is_entered(service: Service, flat: PersonalAccount) -> None:
    Benefit.objects.create(account=flat, category="ветеран", percent=50, since=OCT, until=date(2026, 10, 31))


def _ended_days_of_the_service_are_changed(service: Service, flat: PersonalAccount) -> None:
    HouseService.objects.filter(service=service, until__isnull=False).update(method="tiers")


@pytest.mark.parametrize(
    "change_something",
    [_ended_tariff_is_changed, _ended_benefit_is_entered, _ended_days_of_the_service_are_changed],
)
def test_a_row_of_a_settled_month_that_changed_keeps_the_run_from_being_issued(
    cast: Cast, flat: PersonalAccount, change_something: Any
) -> None:
    """November settles October's average: its tariff, benefits and way of charging are read, though they ended with October."""
    service = make_service(cast.house, "cold", "meter", resource="cold", until=date(2026, 10, 31))
    HouseService.objects.create(house=cast.house, service=service, since=NOV)
    Tariff.objects.create(service=service, since=date(2026, 1, 1), until=date(2026, 10, 31), rate=Decimal("40.00"))
    Tariff.objects.create(service=service, since=NOV, rate=Decimal("50.00"))
    meter = make_meter(flat)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    issued(cast.company, OCT, by=cast.anna)
    make_reading(meter, NOV, "26")
    run = calculated(cast.company, NOV, by=cast.anna)
    change_something(service, flat)
    with pytest.raises(Refusal, match="Calculate it again first"):
        start_issue(run, by=cast.anna, at=AT, later=ignore)
    recalculate(run, by=cast.anna, at=AT, later=ignore)
    calculate(run.pk, now=lambda: AT)
    assert start_issue(run, by=cast.anna, at=AT, later=ignore).state == BillingRun.State.ISSUING
