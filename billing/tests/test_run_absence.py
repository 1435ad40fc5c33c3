"""Who was away in a month in which the tariff changed: each day is given back at the price that it was charged at."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Absence, Recalculation, Tariff
from billing.tests.firm import NOV, calculated, line, make_service
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    """Flat 12: one lives there; the other flats of the house are closed."""
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=1)
    return PersonalAccount.objects.get(pk=cast.account.pk)


def away(flat: PersonalAccount, left: date, returned: date) -> None:
    Absence.objects.create(account=flat, left_on=left, returned_on=returned, applied_on=NOV)


def change(code: str, **prices: Any) -> None:
    """The tariff of the service ends on 14 November, this one begins on the 15th."""
    old = Tariff.objects.get(service__code=code)
    Tariff.objects.update(until=date(2026, 11, 14))
    Tariff.objects.create(service=old.service, since=date(2026, 11, 15), **prices)


@pytest.mark.parametrize(
    ("returned", "amount"),
    [
        (date(2026, 11, 20), "-81.85"),  # 13 days at 131.20 and 5 at 150.00: 2455.60 / 30
        (date(2026, 12, 1), "-136.85"),  # 13 and 16: 4105.60 / 30
        (date(2026, 11, 12), "-43.73"),  # ten days, all at the old price
    ],
)
def test_days_away_are_given_back_at_the_tariff_of_each(
    cast: Cast, flat: PersonalAccount, returned: date, amount: str
) -> None:
    make_service(cast.house, "waste", "person", "131.20")
    change("waste", rate=Decimal("150.00"))
    away(flat, NOV, returned)
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "waste").accrued == Decimal("141.23")  # (14 × 131.20 + 16 × 150.00) / 30
    assert Recalculation.objects.get(run=run).amount == Decimal(amount)


def test_the_heat_of_hot_water_has_a_price_of_each_day_too(cast: Cast, flat: PersonalAccount) -> None:
    """3 m³ by the norm: 40.00 + 0.05 × 2000.00 = 140.00 until the 14th, 50.00 + 0.05 × 3000.00 = 200.00 since the 15th.
    (13 × 140.00 + 5 × 200.00) × 3 / 30."""
    norms = {"person": "3", "heating_water": "0.05"}
    make_service(
        cast.house, "hot", "hot_two", "40.00", resource="hot", norms=norms, tariff={"heat_rate": Decimal(2000)}
    )
    change("hot", rate=Decimal("50.00"), heat_rate=Decimal(3000))
    away(flat, NOV, date(2026, 11, 20))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert Recalculation.objects.get(run=run).amount == Decimal("-282.00")
