"""Two years of one account: documents and payments that follow from each other (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache
from random import Random

from billing.charging import allocation
from billing.charging.defaults import DEFAULTS
from billing.charging.penalty import Terms, penalty
from billing.charging.rules import Rules
from portal.town.flats import Flat, Habit
from portal.town.utilities import Line, charged, penalty_line, repair

ZERO = Decimal("0.00")
LAW = Rules(DEFAULTS)
MONTHS = 24
DEBTOR_STOPS = 6  # months before the end
DUE_DAY = {"RU": 15, "UA": 20}
FREE = {"RU": timedelta(days=30), "UA": timedelta(0)}  # so late a payment costs nothing
CHANNELS = {"RU": ("СБП", "Банк онлайн", "Почта", "Касса"), "UA": ("Інтернет-банк", "Термінал", "Пошта", "Каса")}


@dataclass(frozen=True)
class Document:
    """One printed document of one month."""

    flat: Flat
    month: date
    kind: str
    lines: list[Line]
    opening: Decimal
    paid: Decimal

    @property
    def payable(self) -> Decimal:
        return self.opening + sum((line.payable for line in self.lines), ZERO) - self.paid


@dataclass(frozen=True)
class Receipt:
    """One payment."""

    flat: Flat
    on: date
    kind: str
    amount: Decimal
    channel: str


class Arrears:
    """One book of an account, and what its late payments cost by the law that the portal's own documents follow."""

    def __init__(self, country: str, kind: str) -> None:
        self.country, self.kind = country, kind
        self.papers: list[allocation.Document] = []
        self.money: list[allocation.Payment] = []
        self.settled: dict[allocation.Key, Decimal] = {}  # what the paid ones came to in all
        self.charged, self.is_late = ZERO, False

    def penalty(self, month: date) -> Decimal:
        """What has grown to the last day of a month beyond what was charged before."""
        if not self.is_late:
            return ZERO
        upto, covered = after(month) - timedelta(days=1), allocation.allocate(self.papers, self.money)
        grown = ZERO
        for one in self.papers:
            if one.key in self.settled or one.due >= upto:
                continue
            found = penalty(covered.portions(one.key), one.due, upto, _terms(self.country, self.kind, one.due))
            if covered.unpaid(one.key):
                grown += found
            else:
                self.settled[one.key] = found
        added = max(grown + sum(self.settled.values(), ZERO) - self.charged, ZERO)
        self.charged += added
        return added

    def take(self, document: Document) -> None:
        fine = sum((line.penalty for line in document.lines), ZERO)
        principal = sum((line.payable for line in document.lines), ZERO) - fine
        month, last = document.month, after(document.month) - timedelta(days=1)
        self.papers.append(allocation.Document(month, month, last, due(self.country, month), principal, fine))
        self.is_late = self.is_late or document.opening > document.paid

    def receive(self, receipt: Receipt) -> None:
        self.money.append(allocation.Payment(receipt.on, receipt.on, receipt.amount))
        self.is_late = self.is_late or receipt.on > self.papers[-1].due + FREE[self.country]


@cache
def _terms(country: str, kind: str, due_on: date) -> Terms:
    return Terms.of(LAW, country, due_on, repair=kind == "repair")


def months(today: date) -> list[date]:
    """Return the first days of the 24 months whose documents are out: the bill of a month comes on the 5th of the next."""
    last = (today - timedelta(days=5)).replace(day=1)
    found = [last]
    for _ in range(MONTHS):
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[:0:-1]


def before(month: date, count: int) -> date:
    """Return the first day of the month so many months earlier."""
    year, place = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(year, place + 1, 1)


def after(month: date) -> date:
    """Return the first day of the next month."""
    return (month + timedelta(days=31)).replace(day=1)


def issued(month: date) -> date:
    return after(month).replace(day=5)


def due(country: str, month: date) -> date:
    """Return the last day to pay: a day off moves to the next Monday."""
    day = after(month).replace(day=DUE_DAY[country])
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def book(country: str, flat: Flat, kind: str, today: date) -> Iterator[Document | Receipt]:
    """Yield the account's documents of one kind in order, each followed by the payment it caused, none after today."""
    chance = Random(f"book:{flat.account}:{kind}")  # noqa: S311  (made-up figures)
    balance, paid = ZERO, ZERO
    arrears = Arrears(country, kind)
    periods = months(today)
    for place, month in enumerate(periods):
        lines = charged(country, flat, month, chance) if kind == "main" else repair(flat, month)
        if fine := arrears.penalty(month):
            lines = [*lines, penalty_line(country, fine)]
        document = Document(flat, month, kind, lines, opening=balance, paid=paid)
        arrears.take(document)
        yield document
        previous, balance = balance, document.payable
        amount = _amount(flat, previous, balance, len(periods) - place)
        on = issued(month) + timedelta(days=chance.randint(1, 12))
        paid = amount if amount > 0 and on <= today else ZERO
        if paid:
            receipt = Receipt(flat, on, kind, paid, chance.choice(CHANNELS[country]))
            arrears.receive(receipt)
            yield receipt


def _amount(flat: Flat, previous: Decimal, balance: Decimal, months_left: int) -> Decimal:
    """What this household pays after a document: `previous` was owed before it, `balance` is owed with it."""
    if flat.habit == Habit.LATE:
        return max(previous, ZERO)
    if flat.habit == Habit.DEBTOR and months_left <= DEBTOR_STOPS:
        return ZERO
    if flat.habit == Habit.AHEAD:
        return (balance / 500).quantize(Decimal(1), ROUND_CEILING) * 500
    return max(balance, ZERO)


def walk(country: str, found: list[Flat], today: date, kinds: tuple[str, ...]) -> Iterator[Document | Receipt]:
    """Yield everything of all flats, flat by flat."""
    for flat in found:
        for kind in kinds:
            yield from book(country, flat, kind, today)
