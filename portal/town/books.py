"""Two years of one account: documents and payments that follow from each other (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from random import Random

from lib.money import rounded
from portal.town.flats import Flat, Habit
from portal.town.utilities import Line, charged, penalty_line, repair

ZERO = Decimal("0.00")
MONTHS = 24
DEBTOR_STOPS = 6  # months before the end
DUE_DAY = {"RU": 15, "UA": 20}
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
    periods = months(today)
    for place, month in enumerate(periods):
        lines = charged(country, flat, month, chance) if kind == "main" else repair(flat, month)
        lines = _with_penalty(country, lines, balance)
        document = Document(flat, month, kind, lines, opening=balance, paid=paid)
        yield document
        previous, balance = balance, document.payable
        amount = _amount(flat, previous, balance, len(periods) - place)
        on = issued(month) + timedelta(days=chance.randint(1, 12))
        paid = amount if amount > 0 and on <= today else ZERO
        if paid:
            yield Receipt(flat, on, kind, paid, chance.choice(CHANNELS[country]))


def _amount(flat: Flat, previous: Decimal, balance: Decimal, months_left: int) -> Decimal:
    """What this household pays after a document: `previous` was owed before it, `balance` is owed with it."""
    if flat.habit == Habit.LATE:
        return max(previous, ZERO)
    if flat.habit == Habit.DEBTOR and months_left <= DEBTOR_STOPS:
        return ZERO
    if flat.habit == Habit.AHEAD:
        return (balance / 500).quantize(Decimal(1), ROUND_CEILING) * 500
    return max(balance, ZERO)


def _with_penalty(country: str, lines: list[Line], opening: Decimal) -> list[Line]:
    """A debt of more than three months' charges bears a penalty."""
    usual = sum((line.accrued for line in lines), ZERO)
    if opening <= usual * 3:
        return lines
    penalty = rounded((opening - usual) * Decimal("0.0095"))
    return [*lines, penalty_line(country, penalty)]


def walk(country: str, found: list[Flat], today: date, kinds: tuple[str, ...]) -> Iterator[Document | Receipt]:
    """Yield everything of all flats, flat by flat."""
    for flat in found:
        for kind in kinds:
            yield from book(country, flat, kind, today)
