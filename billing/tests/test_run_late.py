"""Readings of a month that is issued, where the house's services are no longer what they were."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.models import BillingRun, HouseService, Recalculation, Tariff
from billing.tests.firm import NOV, calculated, issued, line, make_service
from meters.models import ConsumptionNorm, Meter
from meters.testing import make_meter, make_reading, make_readings
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
OCT = date(2026, 10, 1)
ISSUED, LATER = datetime(2026, 11, 1, 9, tzinfo=UTC), datetime(2026, 11, 5, 9, tzinfo=UTC)


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    return PersonalAccount.objects.get(pk=cast.account.pk)


@pytest.mark.parametrize("day", [31, 20])
def test_a_late_reading_of_a_service_that_ended(cast: Cast, flat: PersonalAccount, day: int) -> None:
    """October was 4 m³ by the average, its reading says 10: 6 × 40.00, though the house has no such service in November. The
    tariff ended with it."""
    service = make_service(cast.house, "cold", "meter", "40.00", resource="cold", until=date(2026, 10, day))
    Tariff.objects.update(until=date(2026, 10, day))
    make_service(cast.house, "area", "area", "30.00")
    meter = make_meter(flat)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    assert line(issued(cast.company, OCT, by=cast.anna, at=ISSUED), flat, "cold").accrued == Decimal("160.00")
    make_reading(meter, OCT, "26", created_at=LATER)
    run = issued(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "cold").recalculated == Decimal("240.00")
    december = calculated(cast.company, date(2026, 12, 1), by=cast.anna, at=datetime(2027, 1, 1, 9, tzinfo=UTC))
    assert not Recalculation.objects.filter(run=december, service=service).exists()


def ranges_since_november(cast: Cast, flat: PersonalAccount) -> Meter:
    """October: 200 kWh by the average at 4.00. From November on 100 at 4.00 and the rest at 9.00."""
    ranges = {"tiers": [["100", "4.00"], [None, "9.00"]]}
    power = make_service(
        cast.house, "power", "meter", "4.00", resource="power", until=date(2026, 10, 31), tariff=ranges
    )
    HouseService.objects.create(house=cast.house, service=power, method="tiers", since=NOV)
    meter = make_meter(flat, "power", decimals=1)
    make_readings(meter, date(2026, 5, 1), "0", "200", "400", "600", "800")
    assert line(issued(cast.company, OCT, by=cast.anna, at=ISSUED), flat, "power").accrued == Decimal("800.00")
    return meter


def added(run: BillingRun) -> Decimal:
    return Recalculation.objects.get(run=run, source="reading").amount


def test_what_was_charged_in_another_way_is_taken_off_as_it_was_charged(cast: Cast, flat: PersonalAccount) -> None:
    """400 kWh of two months by ranges are 200 × 4.00 + 200 × 9.00 = 2600, October's 800 are taken off."""
    make_reading(ranges_since_november(cast, flat), NOV, "1200")
    assert added(calculated(cast.company, NOV, by=cast.anna)) == Decimal("1800.00")


def test_a_late_reading_is_charged_in_the_way_of_its_month(cast: Cast, flat: PersonalAccount) -> None:
    """October's 300 instead of 200 at 4.00; November's 150 by ranges."""
    meter = ranges_since_november(cast, flat)
    make_reading(meter, OCT, "1100", created_at=LATER)
    make_reading(meter, NOV, "1250")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert (added(run), line(run, flat, "power").accrued) == (Decimal("400.00"), Decimal("850.00"))


def two_meters(cast: Cast, flat: PersonalAccount) -> list[Meter]:
    """80 kWh a month of each, and one list of ranges for both: 100 × 4.00 + 60 × 5.50 = 730.00."""
    ranges = {"tiers": [["100", "4.00"], [None, "5.50"]]}
    make_service(cast.house, "power", "tiers", "4.00", resource="power", tariff=ranges)
    meters = [make_meter(flat, "power", decimals=1, serial=serial) for serial in ("A1", "B1")]
    for meter in meters:
        make_readings(meter, date(2026, 6, 1), "0", "80", "160", "240")
    return meters


def test_two_meters_of_a_flat_have_its_ranges_together(cast: Cast, flat: PersonalAccount) -> None:
    """October by averages, then both meters are read: two months of 730.00."""
    meters = two_meters(cast, flat)
    assert line(issued(cast.company, OCT, by=cast.anna, at=ISSUED), flat, "power").accrued == Decimal("730.00")
    for meter in meters:
        make_reading(meter, NOV, "400")
    assert added(calculated(cast.company, NOV, by=cast.anna)) == Decimal("730.00")


@pytest.mark.parametrize("silent", [(0,), (1,), (0, 1)])
def test_a_late_reading_has_the_ranges_beside_the_other_meter(
    cast: Cast, flat: PersonalAccount, silent: tuple[int, ...]
) -> None:
    """Every kWh of October is one above the first hundred: 20 × 5.50 for each meter that was read late."""
    meters = two_meters(cast, flat)
    for place, meter in enumerate(meters):
        if place not in silent:
            make_reading(meter, OCT, "320")
    issued(cast.company, OCT, by=cast.anna, at=ISSUED)
    for place in silent:
        make_reading(meters[place], OCT, "340", created_at=LATER)
    assert added(calculated(cast.company, NOV, by=cast.anna)) == Decimal("110.00") * len(silent)


@pytest.mark.parametrize(
    ("norm", "earlier", "value", "amount"),
    [
        (None, ("0", "80", "160", "240"), "480", "380.00"),  # 240: 200 × 4.00 + 40 × 5.50, less 2 × 320
        ("60", ("240",), "490", "835.00"),  # 250: 200 × 4.00 + 50 × 5.50, less October's 240; September's norm stays
    ],
)
def test_a_late_reading_of_two_months_has_the_ranges_of_two(
    cast: Cast, flat: PersonalAccount, norm: str | None, earlier: tuple[str, ...], value: str, amount: str
) -> None:
    """September and October were charged by averages of 80 kWh, or by a norm of 60."""
    PersonalAccount.objects.filter(pk=flat.pk).update(residents=1)
    if norm:
        ConsumptionNorm.objects.create(
            organization=cast.company, resource="power", since=date(2020, 1, 1), per_person=Decimal(norm)
        )
    ranges = {"tiers": [["100", "4.00"], [None, "5.50"]]}
    make_service(cast.house, "power", "tiers", "4.00", resource="power", tariff=ranges)
    meter = make_meter(flat, "power", decimals=1)
    make_readings(meter, date(2026, 9 - len(earlier), 1), *earlier)
    for month in (date(2026, 9, 1), OCT):
        issued(cast.company, month, by=cast.anna, at=ISSUED)
    make_reading(meter, OCT, value, created_at=LATER)
    assert added(calculated(cast.company, NOV, by=cast.anna)) == Decimal(amount)


def test_what_two_waters_say_of_the_sewer_is_rounded_once(cast: Cast, flat: PersonalAccount) -> None:
    """14.004 m³ of both waters and both months at 32.50 are 455.13; each water rounded by itself came to 455.15."""
    make_service(cast.house, "cold", "meter", "1.00", resource="cold")
    make_service(cast.house, "hot", "meter", "1.00", resource="hot")
    make_service(cast.house, "sewer", "sewage", "32.50")
    cold, hot = make_meter(flat, "cold"), make_meter(flat, "hot")
    make_readings(cold, date(2026, 6, 1), "0", "4.301", "8.602", "12.903")
    make_readings(hot, date(2026, 6, 1), "0", "2.701", "5.402", "8.103")
    october = issued(cast.company, OCT, by=cast.anna, at=ISSUED)
    assert line(october, flat, "sewer").accrued == Decimal("227.57")  # 7.002
    make_reading(cold, NOV, "21.505")
    make_reading(hot, NOV, "13.505")
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "sewer").recalculated == Decimal("227.56")
