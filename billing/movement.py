"""The movement of money over some months: the balance before, what came to it month by month, the balance after (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import accumulate

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Sums:
    """What came to the balance: above zero it is owed more, below less. All of them together are the whole change."""

    brought: Decimal = ZERO  # what the company's printed debts knew and the book did not
    charged: Decimal = ZERO  # services with the raised coefficient, less benefits and fines
    recalculated: Decimal = ZERO
    penalty: Decimal = ZERO
    fees: Decimal = ZERO
    subsidy: Decimal = ZERO
    paid: Decimal = ZERO
    returned: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return sum((getattr(self, name) for name in NAMES), ZERO)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in NAMES))


NAMES = tuple(one.name for one in fields(Sums))


@dataclass(frozen=True)
class Month:
    """One month of a statement with the balance at its end."""

    period: date
    sums: Sums
    closing: Decimal


@dataclass(frozen=True)
class Movement:
    """A statement: opening + every sum = closing, in each month and in all."""

    first: date
    last: date
    opening: Decimal
    months: tuple[Month, ...]

    @cached_property
    def total(self) -> Sums:
        return sum((month.sums for month in self.months), Sums())

    @property
    def closing(self) -> Decimal:
        return self.months[-1].closing if self.months else self.opening

    @cached_property
    def used(self) -> tuple[str, ...]:
        """The columns that have a figure in some month; what every statement shows is always there."""
        return tuple(
            name for name in NAMES if name in ALWAYS or any(getattr(month.sums, name) for month in self.months)
        )


ALWAYS = ("charged", "recalculated", "penalty", "paid")


def movement(first: date, last: date, opening: Decimal, found: Mapping[date, Sums]) -> Movement:
    """Return the statement from the month of `first` to that of `last`; a month in which nothing happened has zeros."""
    periods = list(months(first, last))
    sums = [found.get(period, Sums()) for period in periods]
    closings = accumulate((one.total for one in sums), initial=opening)
    next(closings)
    return Movement(first, last, opening, tuple(map(Month, periods, sums, closings)))


def months(first: date, last: date) -> Iterator[date]:
    """The first days of the months from one to another, both included."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)
