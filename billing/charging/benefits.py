"""Benefits of a line: kept positive, never above the charge (pure). A subsidy is no benefit: it is money of the document.

A benefit in percent covers the share of the persons who have it, and of the volume no more than the social norm.
"""

from collections.abc import Iterable, Sequence
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
    return max(min(cents(_exact(benefit, charged, volume, persons)) + benefit.flat, charged), NOTHING)


def _exact(benefit: Benefit, charged: Decimal | Fraction, volume: Decimal | None, persons: int) -> Fraction:
    exact = Fraction(charged) * Fraction(benefit.percent) * benefit.part / 100
    if benefit.norm is not None and volume and volume > benefit.norm:
        exact *= Fraction(benefit.norm) / Fraction(volume)
    if benefit.entitled is not None and persons > 0:
        exact *= Fraction(min(benefit.entitled, persons), persons)
    return exact


def benefits_of(
    benefits: Iterable[Benefit], charged: Decimal, *, volume: Decimal | None = None, persons: int = 1
) -> Decimal:
    """What several benefits take off a charge together."""
    whole = sum((benefit_of(one, charged, volume=volume, persons=persons) for one in benefits), NOTHING)
    return min(whole, max(charged, NOTHING))


def over_months(
    months: Iterable[tuple[Iterable[Benefit], int]], charged: Decimal, off: Sequence[Decimal] = ()
) -> Decimal:
    """What benefits in percent take off a sum that several months used together, rounded once.

    Nobody knows how much ran through in which of them: each has an even part of the sum, with its own benefits and people,
    less what was taken `off` it, below zero, for another reason.

    >>> half = Benefit(percent=Decimal(50))
    >>> over_months([([half], 3), ([half], 3)], Decimal("430.04")), over_months([([half], 3), ([], 3)], Decimal("430.04"))
    (Decimal('215.02'), Decimal('107.51'))
    """
    if charged <= 0:
        return NOTHING
    rows = list(months)
    parts = [Fraction(charged) / len(rows) + Fraction(less) for less in off or [NOTHING] * len(rows)]
    whole = Fraction(0)
    for (some, persons), part in zip(rows, parts, strict=True):
        whole += min(sum((_exact(one, part, None, persons) for one in some), Fraction(0)), part)
    return cents(whole)
