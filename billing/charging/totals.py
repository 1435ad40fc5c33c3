"""Lines and documents added up: the signs of a payment document (pure).

A recalculation is signed (more +, less −), a benefit and a provider's fine are kept positive and lessen the sum. Above zero a
balance is a debt, below it an advance. Only lines are rounded; a document is the sum of its lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from billing.charging.exact import NOTHING
from lib.money import rounded


@dataclass(frozen=True, slots=True)
class Line:
    """The money of one line, in kopecks."""

    service: str
    accrued: Decimal = NOTHING
    accrued_common: Decimal = NOTHING
    excess: Decimal = NOTHING
    recalculated: Decimal = NOTHING
    benefit: Decimal = NOTHING
    provider_fine: Decimal = NOTHING
    penalty: Decimal = NOTHING
    state_fee: Decimal = NOTHING
    court_costs: Decimal = NOTHING

    @property
    def charge(self) -> Decimal:
        """What the period itself comes to, without recalculations of earlier ones."""
        return self.accrued + self.accrued_common + self.excess - self.benefit - self.provider_fine

    @property
    def total(self) -> Decimal:
        return self.charge + self.recalculated

    @property
    def extras(self) -> Decimal:
        return self.penalty + self.state_fee + self.court_costs


def line_total(line: Line) -> Decimal:
    """accrued + accrued_common + excess + recalculated − benefit − provider_fine."""
    return line.total


def total_period(lines: Iterable[Line]) -> Decimal:
    """Σ line totals."""
    return sum((line.total for line in lines), NOTHING)


def total_overall(lines: Iterable[Line]) -> Decimal:
    """The period's total with penalty, state fee and court costs."""
    return sum((line.total + line.extras for line in lines), NOTHING)


def closing(opening: Decimal, overall: Decimal, paid: Decimal) -> Decimal:
    """The balance at the end of the period."""
    return opening + overall - paid


def to_pay(balance: Decimal) -> Decimal:
    """What the document asks for: a debt; nothing where there is an advance."""
    return max(balance, NOTHING)


def debt_and_advance(balance: Decimal) -> tuple[Decimal, Decimal]:
    """The balance as two columns, both at least zero and one of them zero."""
    return max(balance, NOTHING), max(-balance, NOTHING)


def vat_inside(amount: Decimal, percent: Decimal) -> Decimal:
    """The tax that a sum already contains.

    >>> vat_inside(Decimal("241.07"), Decimal(20))
    Decimal('40.18')
    """
    return rounded(amount * percent / (100 + percent))
