"""How money enters one section of an account's book (pure: values in, values out).

The company's documents print the debt at the start of their period. That printed figure is an *anchor*: whatever the
book knew before, at the start of that day its balance is the anchor's. What arrives later with an earlier date is already
inside the anchor, so it is entered twice: on its own date, and with the opposite sign on the day of the next anchor.
By induction the balance at every anchor is the printed one and the last balance is the last anchor plus what is dated on
or after it, in whatever order the papers came (docs/money.md).
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

BROUGHT_IN, CHARGE, PAYMENT, INCLUDED, SUBSIDY = "brought_in", "charge", "payment", "included", "subsidy"
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Posting:
    """One ± line to be entered: above zero is owed, below is paid."""

    kind: str
    on: date
    amount: Decimal


@dataclass
class Section:
    """One section (main, repair, other) of one account's book while new papers are entered.

    `anchors` are the days of the openings already printed; `opened` gives the balance at the start of each day that a
    new paper may anchor, as the book knows it before the new papers.
    """

    anchors: list[date] = field(default_factory=list)
    opened: Mapping[date, Decimal] = field(default_factory=dict)
    entered: list[Posting] = field(default_factory=list)

    def document(
        self, period: date, last_day: date, opening: Decimal | None, charged: Decimal, subsidy: Decimal = ZERO
    ) -> list[Posting]:
        """Enter a payment document: the printed debt at the start of its period (if any), its own sum, its subsidy."""
        brought = ZERO if opening is None else self._anchor(period, opening)
        found = [Posting(BROUGHT_IN, period, brought)] if brought else []
        found.append(Posting(CHARGE, last_day, charged))
        if subsidy:
            found.append(Posting(SUBSIDY, last_day, -subsidy))
        return self._enter(found, brought + charged - subsidy, period)

    def payment(self, on: date, amount: Decimal) -> list[Posting]:
        """Enter money received: it lessens the debt."""
        return self._enter([Posting(PAYMENT, on, -amount)], -amount, on)

    def balance_at_start(self, day: date) -> Decimal:
        """The balance at the start of a day named in `opened`, the new papers included."""
        new = (line.amount for line in self.entered if line.on < day or (line.on == day and _opens(line)))
        return self.opened.get(day, ZERO) + sum(new, ZERO)

    def _anchor(self, day: date, opening: Decimal) -> Decimal:
        """What must be brought in so that the balance at the start of the day is the printed one.

        A second document of the same day (another recipient) adds its own opening to the first one's.
        """
        at = bisect_left(self.anchors, day)
        if at < len(self.anchors) and self.anchors[at] == day:
            return opening
        insort(self.anchors, day)
        return opening - self.balance_at_start(day)

    def _enter(self, lines: list[Posting], total: Decimal, since: date) -> list[Posting]:
        later = bisect_right(self.anchors, since)
        if later < len(self.anchors) and total:
            lines.append(Posting(INCLUDED, self.anchors[later], -total))
        self.entered += lines
        return lines


def _opens(line: Posting) -> bool:
    return line.kind in (BROUGHT_IN, INCLUDED)


def unpaid(balance: Decimal, charges: Iterable[Decimal]) -> Iterator[Decimal]:
    """What is still owed of each charge, newest first, when money pays the oldest debt first.

    >>> list(unpaid(Decimal(130), [Decimal(100), Decimal(50), Decimal(20)]))
    [Decimal('100'), Decimal('30'), Decimal('0')]
    """
    left = max(balance, Decimal(0))
    for charge in charges:
        owed = min(left, max(charge, Decimal(0)))
        left -= owed
        yield owed
