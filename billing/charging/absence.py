"""A resident who was away: days and reductions (pure). ПП РФ № 354 п. 86–97.

Only full days count: those of leaving and of returning do not. More than five in a row, where the dwelling has no meter;
whoever has one pays for what ran through it. Waste is reduced as well (п. 148(44) of the rules on waste, to be checked).
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from billing.charging.days import Changes, stretches
from billing.charging.exact import NOTHING, ZERO
from lib.money import rounded

DAY = timedelta(days=1)


class Utility(StrEnum):
    """What a service is, where the law treats utilities differently."""

    COLD = "cold"
    HOT = "hot"
    SEWAGE = "sewage"
    ELECTRICITY = "electricity"
    GAS = "gas"
    GAS_HEATING = "gas_heating"
    HEAT = "heat"
    WASTE = "waste"
    COMMON = "common"
    HOUSING = "housing"


REDUCED = frozenset({Utility.COLD, Utility.HOT, Utility.SEWAGE, Utility.GAS, Utility.WASTE})


@dataclass(frozen=True, slots=True)
class Absence:
    """One person away: the days of leaving and of returning."""

    left: date
    returned: date

    @property
    def full_days(self) -> int:
        return max((self.returned - self.left).days - 1, 0)


def is_reduced(utility: Utility, *, has_meter: bool, meter_is_possible: bool = False) -> bool:
    """Whether an absence lessens this service. A dwelling where a meter is possible but missing gets nothing (п. 86)."""
    return utility in REDUCED and (utility == Utility.WASTE or not (has_meter or meter_is_possible))


def absent_days(absence: Absence, period: date, *, more_than: int = 5) -> int:
    """The full days of an absence that fall into a month; 0 where the whole absence is not longer than `more_than` days.

    >>> absent_days(Absence(date(2026, 6, 5), date(2026, 6, 20)), date(2026, 6, 1))
    14
    """
    first, last = _absent_span(absence, period, more_than)
    return max(last - first + 1, 0)


def priced_days(absence: Absence, period: date, tariff: Decimal, changes: Changes, *, more_than: int = 5) -> Decimal:
    """Σ tariff × full days of an absence in a month, each day at the tariff that holds on it.

    >>> away = Absence(date(2026, 11, 1), date(2026, 11, 20))  # 13 days at 131.20, 5 at 150.00
    >>> priced_days(away, date(2026, 11, 1), Decimal("131.20"), [(15, Decimal("150.00"))])
    Decimal('2455.60')
    """
    first, last = _absent_span(absence, period, more_than)
    return sum((days * price for days, price in stretches(first, last, tariff, changes)), ZERO)


def _absent_span(absence: Absence, period: date, more_than: int) -> tuple[int, int]:
    """The first and the last full day of an absence in a month, as its days; the last before the first where there is none."""
    end = period.replace(day=monthrange(period.year, period.month)[1])
    first, last = max(absence.left + DAY, period), min(absence.returned - DAY, end)
    if absence.full_days <= more_than or first > last:
        return 1, 0
    return first.day, last.day


def is_in_time(absence: Absence, applied_on: date, *, within: int = 30) -> bool:
    """Whether the person applied before leaving, or not later than so many days after returning (п. 91)."""
    return (applied_on - absence.returned).days <= within


def reduction(norm: Decimal, tariff: Decimal, days: int, of: int) -> Decimal:
    """What one absent person takes off a month of `of` days, below zero: −round(N × T × days / D)."""
    return -rounded(norm * tariff * days / of)


def reductions(norm: Decimal, priced: Sequence[Decimal], of: int, charged: Decimal) -> Decimal:
    """What all absent persons take off together, each rounded by itself; never more than was charged.

    `priced` is Σ tariff × days of each of them (see `priced_days`).
    """
    whole = sum((reduction(norm, one, 1, of) for one in priced), NOTHING)
    return max(whole, -max(charged, NOTHING))
