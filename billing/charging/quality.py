"""A service that came short: reductions by hours (pure). ПП РФ № 354, appendix 1; the figures are dated rules."""

from decimal import Decimal

from billing.charging.exact import NOTHING
from lib.money import rounded


def for_interruption(charged: Decimal, over: Decimal, percent: Decimal) -> Decimal:
    """What an interruption takes off the month's charge, below zero: percent for every hour above the allowed ones."""
    return _off(charged, over * percent)


def for_temperature(charged: Decimal, degrees: Decimal, hours: Decimal, *, percent: Decimal, step: Decimal) -> Decimal:
    """What hot water that was too cold takes off: percent an hour for every full step of degrees below the allowed."""
    return _off(charged, (degrees // step) * hours * percent)


def together(charged: Decimal, *reductions: Decimal) -> Decimal:
    """Several reductions of one charge, not more than all of it."""
    return max(sum(reductions, NOTHING), -max(charged, NOTHING))


def _off(charged: Decimal, percent: Decimal) -> Decimal:
    if charged <= 0:
        return NOTHING
    return -min(rounded(charged * percent / 100), charged)
