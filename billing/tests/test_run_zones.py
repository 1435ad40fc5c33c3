"""Electricity by zones of the day in a month that is calculated: norms, tariffs that change, readings after averages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.models import BillingRun, Charge, Recalculation, Service, Tariff
from billing.tests.firm import AT, NOV, calculated, issued, line, make_service
from meters.actions.estimating import estimate_missing
from meters.models import ConsumptionNorm, Meter
from meters.testing import make_meter, make_reading
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
OCT = date(2026, 10, 1)
DAY, NIGHT = Decimal("6.93"), Decimal("3.04")


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    """Flat 12: three live there; the other flats of the house are closed."""
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=3)
    return PersonalAccount.objects.get(pk=cast.account.pk)


def power_meter(flat: PersonalAccount, **fields: Any) -> Meter:
    return make_meter(flat, "power", zones=2, initial_t2=Decimal(0), decimals=1, **fields)


def by_zone(run: BillingRun, flat: PersonalAccount) -> list[tuple[int, Decimal, Decimal]]:
    rows = Charge.objects.filter(run=run, account=flat, service__code="power").order_by("zone")
    return list(rows.values_list("zone", "accrued", "excess"))


def power_norm(cast: Cast) -> None:
    """93 kWh a person: 279 for the three of the flat."""
    ConsumptionNorm.objects.create(
        organization=cast.company, resource="power", since=date(2020, 1, 1), per_person=Decimal(93)
    )


def test_the_norm_of_an_expired_meter_keeps_its_coefficient(cast: Cast, flat: PersonalAccount) -> None:
    """279 kWh at the one tariff, 1933.47, and half as much again: it has no zones."""
    make_service(cast.house, "power", "meter", str(DAY), resource="power", tariff={"rate_2": NIGHT})
    power_norm(cast)
    power_meter(flat, next_verification=date(2026, 1, 1))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert by_zone(run, flat) == [(0, Decimal("1933.47"), Decimal("966.74"))]
    assert line(run, flat, "power").method == "N"


def test_beside_an_expired_meter_the_other_one_keeps_its_zones(cast: Cast, flat: PersonalAccount) -> None:
    """The norm, shared evenly, is raised in the first zone; what the other meter measured at night costs the night's price."""
    make_service(cast.house, "power", "meter", str(DAY), resource="power", tariff={"rate_2": NIGHT})
    power_norm(cast)
    power_meter(flat, next_verification=date(2026, 1, 1))
    meter = power_meter(flat, serial="B")
    make_reading(meter, OCT, "100", "50")
    make_reading(meter, NOV, "200", "150")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert by_zone(run, flat) == [
        (1, Decimal("1659.74"), Decimal("483.37")),  # (139.5 + 100) × 6.93; 139.5 × 6.93 / 2
        (2, Decimal("304.00"), Decimal("0.00")),
    ]


@pytest.mark.parametrize(
    ("before", "after", "sums"),
    [  # 300 and 150 kWh, ten days and twenty
        ({"rate_2": NIGHT}, {}, ["2093.00", "852.00"]),
        ({}, {"rate_2": NIGHT}, ["2093.00", "650.50"]),
    ],
)
def test_a_tariff_that_changes_between_zones_and_one_price(
    cast: Cast, flat: PersonalAccount, before: dict[str, Any], after: dict[str, Any], sums: list[str]
) -> None:
    """One price is the price of every zone."""
    service = make_service(cast.house, "power", "meter", resource="power")
    Tariff.objects.create(service=service, since=date(2026, 1, 1), until=date(2026, 11, 10), rate=DAY, **before)
    Tariff.objects.create(service=service, since=date(2026, 11, 11), rate=Decimal(7), **after)
    meter = power_meter(flat)
    make_reading(meter, OCT, "100", "50")
    make_reading(meter, NOV, "400", "200")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert [accrued for _zone, accrued, _excess in by_zone(run, flat)] == [Decimal(one) for one in sums]


def test_a_zone_that_loses_its_price_inside_the_month_is_named(cast: Cast, flat: PersonalAccount) -> None:
    """From three prices to two: nobody may say what the third zone costs, and the company's month goes on."""
    service = make_service(cast.house, "power", "meter", resource="power")
    make_service(cast.house, "intercom", "account", "45.00")
    three = {"rate_2": NIGHT, "rate_3": Decimal(5)}
    Tariff.objects.create(service=service, since=date(2026, 1, 1), until=date(2026, 11, 10), rate=DAY, **three)
    Tariff.objects.create(service=service, since=date(2026, 11, 11), rate=DAY, rate_2=NIGHT)
    meter = make_meter(flat, "power", zones=3, initial_t2=Decimal(0), initial_t3=Decimal(0), decimals=1)
    make_reading(meter, OCT, "1", "1", "1")
    make_reading(meter, NOV, "2", "2", "2")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert by_zone(run, flat) == []
    assert line(run, flat, "intercom").accrued == Decimal("45.00")
    assert run.anomalies == [{"account": flat.pk, "what": "zone_tariff", "facts": {"service": "power"}}]


def averaged(cast: Cast, flat: PersonalAccount) -> Meter:
    """October is issued by the average: 187 and 92 kWh are 1295.91 and 279.68."""
    make_service(cast.house, "power", "meter", str(DAY), resource="power", tariff={"rate_2": NIGHT})
    meter = power_meter(flat)
    for month in range(5, 10):
        make_reading(meter, date(2026, month, 1), str(187 * (month - 4)), str(92 * (month - 4)))
    estimate_missing(cast.house, OCT, at=AT)
    run = issued(cast.company, OCT, by=cast.anna, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert [accrued for _zone, accrued, _excess in by_zone(run, flat)] == [Decimal("1295.91"), Decimal("279.68")]
    return meter


def test_a_reading_after_an_average_settles_each_zone_at_its_price(cast: Cast, flat: PersonalAccount) -> None:
    """380 × 6.93 + 190 × 3.04 − 1575.59; what another meter measured by zones stays in its lines."""
    meter = averaged(cast, flat)
    other = power_meter(flat, serial="B", installed_on=OCT)
    make_reading(other, OCT, "0", "0")
    make_reading(other, NOV, "10", "20")
    make_reading(meter, NOV, str(187 * 5 + 380), str(92 * 5 + 190))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert Recalculation.objects.get(run=run).amount == Decimal("1635.41")
    assert [accrued for _zone, accrued, _excess in by_zone(run, flat)] == [Decimal("69.30"), Decimal("60.80")]


def test_a_late_reading_is_settled_by_zones(cast: Cast, flat: PersonalAccount) -> None:
    """200 × 6.93 + 100 × 3.04 − 1575.59."""
    meter = averaged(cast, flat)
    late = datetime(2026, 11, 5, tzinfo=UTC)
    make_reading(meter, OCT, str(187 * 5 + 200), str(92 * 5 + 100), created_at=late)
    make_reading(meter, NOV, str(187 * 5 + 300), str(92 * 5 + 200))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert Recalculation.objects.get(run=run).amount == Decimal("114.41")


def test_a_meter_with_zones_settles_at_one_price_where_the_tariff_has_none(cast: Cast, flat: PersonalAccount) -> None:
    """The average went at the zones of October's tariff; November has one price: 570 × 7 − 1575.59."""
    meter = averaged(cast, flat)
    Tariff.objects.update(until=date(2026, 10, 31))
    Tariff.objects.create(service=Service.objects.get(code="power"), since=NOV, rate=Decimal(7))
    make_reading(meter, NOV, str(187 * 5 + 380), str(92 * 5 + 190))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert Recalculation.objects.get(run=run).amount == Decimal("2414.41")
