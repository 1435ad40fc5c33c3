"""The one place where money is rounded."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def money(exact: Decimal) -> Decimal:
    """Return the sum in whole kopecks: half away from zero, the way both countries' forms are counted.

    >>> money(Decimal("2.675")), money(Decimal("-2.675"))
    (Decimal('2.68'), Decimal('-2.68'))
    """
    return exact.quantize(CENT, rounding=ROUND_HALF_UP)
