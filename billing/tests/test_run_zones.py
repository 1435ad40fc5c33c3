"""Electricity by zones of the day in a month that is calculated: norms, tariffs that change, readings after averages."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import BillingRun, Charge, Tariff
from billing.tests.firm import NOV, calculated, line, make_service
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
