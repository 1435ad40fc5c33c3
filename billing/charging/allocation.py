"""How money covers documents: a replay of one account's documents and payments of one section, in order of days (pure).

The order: a payment that names a period goes to its documents first, their principal and then their penalty, so that what
was paid for a month clears it; the rest, and money that names none, goes to the oldest unpaid, all principal before any
penalty (ГК РФ ст. 319, Постановление Пленума ВС № 22 of 2017 п. 32); what is left is an advance and covers the documents to
come. A document below zero gives its sum as an advance. A refund is a payment below zero: it takes back the advance, then
what was covered last. Nothing is stored: the same papers always give the same answer.

    covered = allocate(documents, payments)
    covered.covers                 # which payment covered how much of which document, and when
    covered.unpaid(key, day)       # principal of a document at the end of a day
    covered.portions(key)          # for the penalty
    covered.by_age(day)            # debt by age
"""

from bisect import bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from billing.charging.exact import NOTHING
from billing.charging.penalty import Portion

DAY = timedelta(days=1)
AGES = (30, 90, 180, 365, 1095)
Key = Hashable


class Document(NamedTuple):
    """What was charged: `on` is the day it enters the book, `principal` all of it but the penalty."""

    key: Key
    period: date
    on: date
    due: date
    principal: Decimal
    penalty: Decimal = NOTHING


class Payment(NamedTuple):
    """Money in, or out if below zero. `period` is what the payer named; `of` is the payment that a refund takes back."""

    key: Key
    on: date
    amount: Decimal
    period: date | None = None
    of: Key | None = None


class Cover(NamedTuple):
    """A part of a payment (or of a document below zero) on a document; below zero where a refund took it back."""

    payment: Key
    document: Key
    on: date
    principal: Decimal
    penalty: Decimal


class Age(NamedTuple):
    """Debt that is overdue by so many days, both included; `last` is None for the oldest."""

    first: int
    last: int | None
    amount: Decimal


class Ages(NamedTuple):
    not_due: Decimal
    overdue: tuple[Age, ...]

    @property
    def total(self) -> Decimal:
        return self.not_due + sum((age.amount for age in self.overdue), NOTHING)


@dataclass(slots=True, eq=False)
class _Paper:
    """A document while money is laid on it."""

    document: Document
    order: tuple[date, date, int]
    principal: Decimal
    penalty: Decimal
    steps: list[tuple[date, Decimal]]
    covers: list[Cover] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Covered:
    """The answer: who covered what, and what was unpaid on every day."""

    covers: tuple[Cover, ...]
    advance: Decimal  # below zero where more was refunded than ever came in
    papers: dict[Key, _Paper]

    def history(self, key: Key) -> tuple[tuple[date, Decimal], ...]:
        """The unpaid principal of a document: (day, from the end of that day on), oldest first."""
        last = dict(self.papers[key].steps)
        return tuple(last.items())

    def unpaid(self, key: Key, on: date | None = None) -> Decimal:
        """The unpaid principal of a document at the end of a day, or at the end of all."""
        paper = self.papers[key]
        if on is None:
            return paper.principal
        index = bisect_right(paper.steps, on, key=itemgetter(0))
        return paper.steps[index - 1][1] if index else NOTHING

    def unpaid_penalty(self, key: Key) -> Decimal:
        return self.papers[key].penalty

    def portions(self, key: Key) -> tuple[Portion, ...]:
        """The principal of a document cut by the days on which its parts were paid, or became a debt again."""
        paper = self.papers[key]
        opened: deque[Portion] = deque()
        closed: list[Portion] = []
        if paper.document.principal > 0:
            opened.append(Portion(paper.document.principal))
        for cover in paper.covers:
            if cover.principal < 0:
                opened.append(Portion(-cover.principal, since=cover.on + DAY))
            left = cover.principal
            while left > 0:
                first = opened.popleft()
                paid = min(left, first.amount)
                closed.append(Portion(paid, cover.on, first.since))
                if paid < first.amount:
                    opened.appendleft(first._replace(amount=first.amount - paid))
                left -= paid
        return (*closed, *opened)

    def by_age(self, on: date, bounds: Sequence[int] = AGES, *, seen: date | None = None) -> Ages:
        """The unpaid principal at the end of a day by days overdue: 1–30, 31–90, 91–180, 181–365, 366–1095 and older.

        `seen` is a later day up to which papers and money count: what came in after `on` is not due, or covers already.
        """
        sums: dict[int, Decimal] = defaultdict(lambda: NOTHING)
        not_due = NOTHING
        for key, paper in self.papers.items():
            amount = self.unpaid(key, seen or on)
            late = (on - max(paper.document.due, paper.document.on)).days
            if late <= 0:
                not_due += amount
            elif amount:
                sums[bisect_right(bounds, late - 1)] += amount
        ends = [*bounds, None]
        starts = [1, *(bound + 1 for bound in bounds)]
        return Ages(
            not_due, tuple(Age(a, b, sums[place]) for place, (a, b) in enumerate(zip(starts, ends, strict=True)))
        )


def brought_in(key: Key, on: date, amount: Decimal) -> Document:
    """A debt that came into the book without a document: older than the month of its day, and of no month that a payer names."""
    return Document(key, on.replace(day=1) - DAY, on, on, amount)


def allocate(documents: Iterable[Document], payments: Iterable[Payment]) -> Covered:
    """Lay the payments on the documents. Keys of documents are unique; on one day documents come before payments."""
    till = _Till()
    events: list[tuple[date, int, int, Document | Payment]] = []
    events += [(paper.on, 0, place, paper) for place, paper in enumerate(documents)]
    events += [(money.on, 1, place, money) for place, money in enumerate(payments)]
    for _, _, place, event in sorted(events, key=itemgetter(0, 1, 2)):
        if isinstance(event, Document):
            till.take_document(event, place)
        else:
            till.take_payment(event)
    advance = sum((left for _, left in till.advance), NOTHING) - till.hole
    return Covered(tuple(till.covers), advance, till.papers)


class _Till:
    """Money and papers as they come. While there is an advance nothing is unpaid, and the other way round."""

    def __init__(self) -> None:
        self.papers: dict[Key, _Paper] = {}
        self.covers: list[Cover] = []
        self.standing: list[Cover] = []  # those that a refund may still take back
        self.advance: deque[tuple[Key, Decimal]] = deque()
        self.hole = NOTHING  # refunded though it never came in
        self.owing: list[_Paper] = []  # with unpaid principal, oldest first
        self.penalized: list[_Paper] = []  # with an unpaid penalty, oldest first
        self.periods: dict[date, list[_Paper]] = defaultdict(list)

    def take_document(self, document: Document, place: int) -> None:
        if document.key in self.papers:
            raise ValueError(f"Two documents with the key {document.key!r}")
        principal, penalty = max(document.principal, NOTHING), max(document.penalty, NOTHING)
        order = (document.period, document.due, place)
        paper = _Paper(document, order, principal, penalty, [(document.on, principal)])
        self.papers[document.key] = paper
        insort(self.periods[document.period], paper, key=_order)
        self._open(paper)
        credit = principal + penalty - document.principal - document.penalty
        waiting, self.advance = self.advance, deque()
        for key, left in waiting:
            self._pay(key, document.on, left, None)
        if credit:
            self._pay(document.key, document.on, credit, None)

    def take_payment(self, payment: Payment) -> None:
        if payment.amount < 0:
            self._give_back(payment, -payment.amount)
        else:
            self._pay(payment.key, payment.on, payment.amount, payment.period)

    def _open(self, paper: _Paper) -> None:
        for papers, amount in ((self.owing, paper.principal), (self.penalized, paper.penalty)):
            if amount and paper not in papers:
                insort(papers, paper, key=_order)

    def _pay(self, key: Key, on: date, amount: Decimal, period: date | None) -> None:
        filled = min(amount, self.hole)
        self.hole -= filled
        left = amount - filled
        if period is not None:
            left -= self._pay_period(key, on, left, self.periods.get(period, ()))
        while left and self.owing:
            left -= self._cover(self.owing[0], key, on, min(left, self.owing[0].principal), NOTHING)
            if not self.owing[0].principal:
                del self.owing[0]
        while left and self.penalized:
            left -= self._cover(self.penalized[0], key, on, NOTHING, min(left, self.penalized[0].penalty))
            if not self.penalized[0].penalty:
                del self.penalized[0]
        if left:
            self.advance.append((key, left))

    def _pay_period(self, key: Key, on: date, amount: Decimal, papers: Sequence[_Paper]) -> Decimal:
        """Pay the documents of the period that was named: all their principal, then their penalties; return the sum."""
        left = amount
        for paper in papers:
            left -= self._cover(paper, key, on, min(left, paper.principal), NOTHING)
        for paper in papers:
            left -= self._cover(paper, key, on, NOTHING, min(left, paper.penalty))
        self.owing = [paper for paper in self.owing if paper.principal]
        self.penalized = [paper for paper in self.penalized if paper.penalty]
        return amount - left

    def _cover(self, paper: _Paper, key: Key, on: date, principal: Decimal, penalty: Decimal) -> Decimal:
        """Write down a cover (below zero: taken back); return how much money it took."""
        if principal or penalty:
            paper.principal -= principal
            paper.penalty -= penalty
            cover = Cover(key, paper.document.key, on, principal, penalty)
            self.covers.append(cover)
            paper.covers.append(cover)
            if principal:
                paper.steps.append((on, paper.principal))
            if principal > 0 or penalty > 0:
                self.standing.append(cover)
        return principal + penalty

    def _give_back(self, refund: Payment, amount: Decimal) -> None:
        while amount and self.advance:
            key, left = self.advance.pop()
            taken = min(left, amount)
            amount -= taken
            if taken < left:
                self.advance.append((key, left - taken))
        named = [cover for cover in self.standing if refund.of is not None and cover.payment == refund.of]
        others = [cover for cover in self.standing if refund.of is None or cover.payment != refund.of]
        kept = [*others, *named]  # taken back from the end
        while amount and kept:
            cover = kept.pop()
            penalty = min(cover.penalty, amount)
            principal = min(cover.principal, amount - penalty)
            paper = self.papers[cover.document]
            amount += self._cover(paper, refund.key, refund.on, -principal, -penalty)
            self._open(paper)
            rest = cover._replace(principal=cover.principal - principal, penalty=cover.penalty - penalty)
            if rest.principal or rest.penalty:
                kept.append(rest)
        self.standing = kept
        self.hole += amount


def _order(paper: _Paper) -> tuple[date, date, int]:
    return paper.order
