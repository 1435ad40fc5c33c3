"""The act of reconciliation (акт сверки): every paper of an account in some months, debit and credit, and what covers what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.utils.translation import gettext as _

from billing.debts import Paper, Section, sections, words_of
from billing.models import LedgerEntry
from billing.movement import ZERO
from billing.statement import bounds
from lib.tables import Row
from premises.models import PersonalAccount

WANTED = (
    "kind", "on", "amount", "invoice__number", "invoice__period", "payment__number"
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One paper: it adds to the debt (debit) or lessens it (credit)."""

    on: date
    words: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Act:
    """What the two sides compare: opening + debit − credit = closing."""

    first: date
    last: date
    opening: Decimal
    lines: tuple[Line, ...]
    sections: tuple[Section, ...]

    @property
    def debit(self) -> Decimal:
        return sum((line.debit for line in self.lines), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((line.credit for line in self.lines), ZERO)

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit


def act(account: PersonalAccount, first: date, last: date) -> Act:
    """Return the act of the months from one to another; three queries, whatever the number of papers."""
    start, end = bounds(first, last)
    entries = LedgerEntry.objects.filter(account=account)
    opening = entries.before(start).balance()
    inside = entries.filter(on__range=(start, end), reverses=None, reversed_by=None)
    inside = inside.exclude(on=start, kind__in=LedgerEntry.OPENING_KINDS).order_by("on", "pk")
    rows = list(inside.values(*WANTED))
    balances = list(accumulate((row["amount"] for row in rows), initial=opening))[1:]
    lines = tuple(_line(row, balance) for row, balance in zip(rows, balances, strict=True))
    return Act(start, end, opening, lines, tuple(sections(account)))


def _line(row: dict[str, Any], balance: Decimal) -> Line:
    amount: Decimal = row["amount"]
    return Line(row["on"], words_of(row), max(amount, ZERO), max(-amount, ZERO), balance)


def table_head() -> Row:
    return (_("Date"), _("Paper"), _("Debit (charged)"), _("Credit (paid)"), _("Balance"))


def table_rows(found: Act) -> Iterator[Row]:
    """The act as cells, from the balance at the start to the one at the end."""
    yield (found.first, _("Balance at the start"), None, None, found.opening)
    for line in found.lines:
        yield (line.on, line.words, line.debit or None, line.credit or None, line.balance)
    yield (found.last, _("Total"), found.debit, found.credit, found.closing)


def covers(section: Section) -> Iterator[tuple[Paper, list[tuple[str, date, Decimal]]]]:
    """Each paper that was charged with what covered it: (words, day, sum)."""
    named: dict[object, str] = {money.row["pk"]: words_of(money.row) for money in section.money}
    named |= {paper.row["pk"]: paper.words for paper in section.papers}
    for paper in section.papers:
        found = [(named[cover.payment], cover.on, cover.principal + cover.penalty) for cover in paper.covers]
        yield paper, found
