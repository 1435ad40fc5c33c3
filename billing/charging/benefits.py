"""Benefits of a line: kept positive, never above the charge (pure). A subsidy is no benefit: it is money of the document.

A benefit in percent covers the share of the persons who have it, and of the volume no more than the social norm.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.charging.exact import NOTHING, cents


@dataclass(frozen=True, slots=True)
class Benefit:
    """Either a percent or a flat sum a month. `entitled` None: the whole household has it."""

    percent: Decimal = Decimal(0)
    flat: Decimal = NOTHING
    entitled: int | None = None  # persons who have it
    norm: Decimal | None = None  # social norm of the whole household, in the unit of the volume; None: no limit
    part: Fraction = Fraction(1)  # of the month, by days: what the percent holds for


def benefit_of(benefit: Benefit, charged: Decimal, *, volume: Decimal | None = None, persons: int = 1) -> Decimal:
    """What one benefit takes off a charge, rounded once."""
    if charged <= 0:
        return NOTHING
    exact = Fraction(charged) * Fraction(benefit.percent) * benefit.part / 100
    if benefit.norm is not None and volume and volume > benefit.norm:
        exact *= Fraction(benefit.norm) / Fraction(volume)
    if benefit.entitled is not None and persons > 0:
        exact *= Fraction(min(benefit.entitled, persons), persons)
    return max(min(cents(exact) + benefit.flat, charged), NOTHING)


def benefits_of(
    benefits: Iterable[Benefit], charged: Decimal, *, volume: Decimal | None = None, persons: int = 1
) -> Decimal:
    """What several benefits take off a charge together."""
    whole = sum((benefit_of(one, charged, volume=volume, persons=persons) for one in benefits), NOTHING)
    return min(whole, max(charged, NOTHING))
