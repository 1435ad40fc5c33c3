"""Benefits of a line: kept positive, never above the charge (pure). A subsidy is no benefit: it is money of the document.

A benefit in percent covers the share of the persons who have it, and of the volume no more than the social norm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from billing.charging.exact import NOTHING, cents


@dataclass(frozen=True, slots=True)
class Benefit:
    """Either a percent or a flat sum a month. `entitled` None: the whole household has it."""

    percent: Decimal = Decimal(0)
    flat: Decimal = NOTHING
    entitled: int | None = None  # persons who have it
    norm: Decimal | None = None  # social norm of the whole household, in the unit of the volume; None: no limit


@dataclass(frozen=True, slots=True)
class Held:
    """A benefit in percent on some days of a month, both included and counted from 1."""

    percent: Decimal
    first: int
    last: int
    entitled: int | None = None  # persons who have it; None: the whole household


def benefit_of(benefit: Benefit, charged: Decimal, *, volume: Decimal | None = None, persons: int = 1) -> Decimal:
    """What one benefit takes off a charge, rounded once."""
    if charged <= 0:
        return NOTHING
    return max(min(cents(_exact(benefit, charged, volume, persons)) + benefit.flat, charged), NOTHING)


def _exact(benefit: Benefit, charged: Decimal, volume: Decimal | None, persons: int) -> Fraction:
    exact = Fraction(charged) * Fraction(benefit.percent) / 100
    if benefit.norm is not None and volume and volume > benefit.norm:
        exact *= Fraction(benefit.norm) / Fraction(volume)
    return exact * _of_people(benefit.entitled, persons)


def _of_people(entitled: int | None, persons: int) -> Fraction:
    return Fraction(min(entitled, persons), persons) if entitled is not None and persons > 0 else Fraction(1)


def benefits_of(
    benefits: Iterable[Benefit], charged: Decimal, *, volume: Decimal | None = None, persons: int = 1
) -> Decimal:
    """What several benefits take off a charge together."""
    whole = sum((benefit_of(one, charged, volume=volume, persons=persons) for one in benefits), NOTHING)
    return min(whole, max(charged, NOTHING))


def share_of_month(benefits: Sequence[Held], days: int, persons: int = 1) -> Fraction:
    """The part of a month's charge that benefits take off together: on each of its days not more than all of it.

    >>> half, more = Held(Decimal(50), 1, 30), Held(Decimal(70), 16, 30)
    >>> share_of_month([half, more], 30)  # 15 days of a half, 15 of all
    Fraction(3, 4)
    """
    begins = {1} | {one.first for one in benefits} | {one.last + 1 for one in benefits if one.last < days}
    whole = Fraction(0)
    for begin, end in pairwise([*sorted(begins), days + 1]):
        here = (
            Fraction(one.percent) / 100 * _of_people(one.entitled, persons)
            for one in benefits
            if one.first <= begin <= one.last
        )
        whole += min(sum(here, Fraction(0)), Fraction(1)) * (end - begin)
    return whole / days


def over_months(shares: Sequence[Fraction], charged: Decimal, off: Sequence[Decimal] = ()) -> Decimal:
    """What benefits take off a sum that several months used together, rounded once.

    Nobody knows how much ran through in which of them: each has an even part of the sum, with the share of its own benefits,
    less what was taken `off` it, below zero, for another reason.

    >>> half = Fraction(1, 2)
    >>> over_months([half, half], Decimal("430.04")), over_months([half, Fraction(0)], Decimal("430.04"))
    (Decimal('215.02'), Decimal('107.51'))
    """
    if charged <= 0:
        return NOTHING
    even = Fraction(charged) / len(shares)
    less = off or [NOTHING] * len(shares)
    return cents(sum(((even + Fraction(one)) * share for share, one in zip(shares, less, strict=True)), Fraction(0)))
