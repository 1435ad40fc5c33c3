"""Lines and documents added up: the signs of a payment document (pure).

A recalculation is signed (more +, less −), a benefit and a provider's fine are kept positive and lessen the sum. Above zero a
balance is a debt, below it an advance. Only lines are rounded; a document is the sum of its lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from billing.charging.exact import NOTHING
from lib.money import rounded


class Sums(Protocol):
    """The money of one line, in kopecks: a row of a run has it, so has a line that is only being made."""

    accrued: Decimal
    accrued_common: Decimal
    excess: Decimal
    recalculated: Decimal
    benefit: Decimal
    fine: Decimal


@dataclass(slots=True)
class Line:
    """The money of one line of a service by itself."""

    service: str
    accrued: Decimal = NOTHING
    accrued_common: Decimal = NOTHING
    excess: Decimal = NOTHING
    recalculated: Decimal = NOTHING
    benefit: Decimal = NOTHING
    fine: Decimal = NOTHING

    @property
    def charge(self) -> Decimal:
        """What the period itself comes to, without recalculations of earlier ones."""
        return line_total(self) - self.recalculated


def line_total(line: Sums) -> Decimal:
    """accrued + accrued_common + excess + recalculated − benefit − fine of the provider."""
    return line.accrued + line.accrued_common + line.excess + line.recalculated - line.benefit - line.fine


def total_period(lines: Iterable[Sums]) -> Decimal:
    """Σ line totals."""
    return sum((line_total(line) for line in lines), NOTHING)


def total_overall(lines: Iterable[Sums], penalty: Decimal) -> Decimal:
    """The period's total with the penalty of the document."""
    return total_period(lines) + penalty


def closing(opening: Decimal, overall: Decimal, paid: Decimal) -> Decimal:
    """The balance at the end of the period."""
    return opening + overall - paid


def to_pay(balance: Decimal) -> Decimal:
    """What the document asks for: a debt; nothing where there is an advance."""
    return max(balance, NOTHING)


def vat_inside(amount: Decimal, percent: Decimal) -> Decimal:
    """The tax that a sum already contains.

    >>> vat_inside(Decimal("241.07"), Decimal(20))
    Decimal('40.18')
    """
    return rounded(amount * percent / (100 + percent))
