"""A resident who was away: days and reductions (pure). ПП РФ № 354 п. 86–97.

Only full days count: those of leaving and of returning do not. More than five in a row, where the dwelling has no meter;
whoever has one pays for what ran through it. Waste is reduced as well (п. 148(44) of the rules on waste, to be checked).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from billing.charging.exact import NOTHING
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
    if absence.full_days <= more_than:
        return 0
    last = period.replace(day=monthrange(period.year, period.month)[1])
    return max((min(absence.returned - DAY, last) - max(absence.left + DAY, period)).days + 1, 0)


def is_in_time(absence: Absence, applied_on: date, *, within: int = 30) -> bool:
    """Whether the person applied before leaving, or not later than so many days after returning (п. 91)."""
    return (applied_on - absence.returned).days <= within


def reduction(norm: Decimal, tariff: Decimal, days: int, of: int) -> Decimal:
    """What one absent person takes off a month of `of` days, below zero: −round(N × T × days / D)."""
    return -rounded(norm * tariff * days / of)


def reductions(norm: Decimal, tariff: Decimal, days: list[int], of: int, charged: Decimal) -> Decimal:
    """What all absent persons take off together, each rounded by itself; never more than was charged."""
    whole = sum((reduction(norm, tariff, one, of) for one in days), NOTHING)
    return max(whole, -max(charged, NOTHING))
