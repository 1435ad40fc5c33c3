"""Exact arithmetic: multiply first, divide once, round once (pure).

A `Decimal` product of the figures met here (volume with 6 decimals, tariff with 6, area, persons, days) has fewer than the 28
digits that Decimal keeps, so sums and products are exact. Only a division is not: it is done last, on the whole numerator,
and followed by the one rounding of the line. Where several fractions meet, `Fraction` is used.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from lib.money import CENT, rounded

ZERO = Decimal(0)
NOTHING = Decimal("0.00")
VOLUME = Decimal("0.000001")  # volumes that are computed are kept with 6 decimals


def volume_rounded(volume: Decimal) -> Decimal:
    """Return a computed volume with 6 decimals, half up."""
    return volume.quantize(VOLUME, ROUND_HALF_UP)


def cents(value: Fraction) -> Decimal:
    """Return the fraction in whole kopecks, half away from zero.

    >>> cents(Fraction(-5, 1000))
    Decimal('-0.01')
    """
    whole, rest = divmod(abs(value.numerator) * 100, value.denominator)
    whole += 2 * rest >= value.denominator
    return Decimal(whole if value >= 0 else -whole) * CENT


def in_steps(parts: Iterable[Decimal], divisor: int = 1, start: Decimal = ZERO) -> tuple[Decimal, ...]:
    """Round parts so that they add up to their rounded sum: each is the step between two rounded running totals.

    The parts and the start are given as numerators over the divisor. Whoever starts where another ended shares a whole
    with him to the kopeck.

    >>> in_steps([Decimal("0.005"), Decimal("0.005"), Decimal("0.005")])
    (Decimal('0.01'), Decimal('0.00'), Decimal('0.01'))
    """
    steps, running, before = [], start, rounded(start / divisor)
    for part in parts:
        running += part
        now = rounded(running / divisor)
        steps.append(now - before)
        before = now
    return tuple(steps)


def largest_remainder(amount: Decimal, weights: Iterable[Decimal]) -> list[Decimal]:
    """Share an amount in whole kopecks in proportion to the weights; the parts add up to it exactly.

    Every part is rounded down, the kopecks that are left go to the largest remainders, the first of equal ones first.

    >>> [str(part) for part in largest_remainder(Decimal("1000.00"), map(Decimal, ("299.33", "651.93", "64.05")))]
    ['294.82', '642.10', '63.08']
    """
    shares = [Fraction(weight) for weight in weights]
    total, kopecks = sum(shares), int(amount * 100)
    if not total:
        if kopecks:
            raise ValueError("An amount cannot be shared over weights that add up to nothing")
        return [NOTHING for _ in shares]
    exact = [kopecks * share / total for share in shares]
    parts = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in order[: kopecks - sum(parts)]:
        parts[place] += 1
    return [Decimal(part) * CENT for part in parts]
