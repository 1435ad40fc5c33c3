"""One payment as any source states it, and an opened file of payments: what every format of payments yields (pure)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from django.utils.translation import gettext_noop as _

from lib.text import account_key
from premises.register import Row
from premises.registers import cells
from premises.registers.tally import ERROR, WARNING, Problem

ZERO = Decimal("0.00")
LONGEST_NUMBER = 40
AMOUNT = cells.number(2, least=Decimal("0.01"), most=Decimal("99999999.99"))


@dataclass(slots=True)
class Receipt:
    """One payment of a file; what could not be read is empty and has a problem.

    `document` is the number or identifier of the payment document where the source names that instead of the account;
    `period` is the month that the payer named; `transferred` is what reached the company.
    """

    line: int
    problems: list[Problem]
    account: str = ""
    on: date = date.min
    at: time | None = None
    number: str = ""
    operation: str = ""
    amount: Decimal = ZERO
    kind: str = ""  # '': the source does not say
    channel: str = ""
    period: date | None = None
    payer: str = ""
    address: str = ""
    fee: Decimal | None = None
    transferred: Decimal | None = None
    readings: str = ""
    document: str = ""
    purpose: str = ""  # of a payment order, in its own words
    lines: tuple[tuple[str, Decimal], ...] = ()  # services and their sums, where the source splits the payment
    told_by: str = "operation"  # the column that tells payments apart

    @classmethod
    def of(cls, row: Row) -> "Receipt":
        """The payment of a row whose values are named like the columns of a profile."""
        value = row.values.get
        account, number, operation = value("account") or "", value("number") or "", value("operation") or ""
        on, document = value("date"), value("document") or ""
        return cls(
            row.line, row.problems, account, on or date.min, value("time"), number or operation[:LONGEST_NUMBER],
            operation or f"{account_key(account or document)} {on} {number}", value("amount") or ZERO, value("kind") or "",
            value("channel") or "", value("period"), value("payer") or "", value("address") or "", value("fee"),
            value("transferred"), value("readings") or "", document, value("purpose") or "",
            told_by="operation" if operation else "number",
        )  # fmt: skip

    @property
    def key(self) -> str:
        """The account's number as it is compared."""
        return account_key(self.account)

    @property
    def is_good(self) -> bool:
        """Whether nothing but warnings was found."""
        return not self.problems or not any(problem.level == ERROR for problem in self.problems)

    def refuse(self, field: str, text: str, **facts: str) -> None:
        """Note an error: the file with it will not be imported."""
        self.problems.append(Problem(self.line, ERROR, field, text, facts))

    def warn(self, field: str, text: str, **facts: str) -> None:
        """Note something to look at that does not stop the import."""
        self.problems.append(Problem(self.line, WARNING, field, text, facts))


@dataclass(frozen=True)
class Footer:
    """A control line: None is what it does not state. The payment order is the one that brought the money."""

    line: int
    count: Decimal | None
    amount: Decimal | None
    transferred: Decimal | None = None
    fee: Decimal | None = None
    order: str = ""
    order_on: date | None = None


@dataclass
class Sums:
    """The payments of one batch, added up while they are read."""

    count: int = 0
    amount: Decimal = ZERO
    transferred: Decimal = ZERO
    fee: Decimal = ZERO

    def __iadd__(self, other: "Sums") -> "Sums":
        self.count += other.count
        self.amount += other.amount
        self.transferred += other.transferred
        self.fee += other.fee
        return self

    def add(self, receipt: Receipt) -> None:
        self.count += 1
        self.amount += receipt.amount
        if receipt.transferred is not None:
            self.transferred += receipt.transferred
        if receipt.fee is not None:
            self.fee += receipt.fee


class Payments(Protocol):
    """An opened file of payments. `problems` is complete only after the receipts were walked through."""

    problems: list[Problem]

    def __iter__(self) -> Iterator[Receipt]:
        """Yield the payments in the order of the file."""


@dataclass
class Receipts:
    """Payments of a file without control lines, each operation once."""

    rows: Iterable[Receipt]
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Receipt]:
        return once(self.rows)


def once(receipts: Iterable[Receipt]) -> Iterator[Receipt]:
    """The same payments; an operation that stands in the file twice is an error."""
    seen: set[str] = set()
    for receipt in receipts:
        if receipt.operation in seen and receipt.is_good:
            receipt.refuse(receipt.told_by, _("This operation stands in the file twice."))
        seen.add(receipt.operation)
        yield receipt


def whole_problem(line: int, text: str, **facts: str) -> Problem:
    """An error of the whole file, at a line or (0) nowhere in it."""
    return Problem(line, ERROR, "", text, facts)


# --- Cells of payments ----------------------------------------------------------------------------------------------

CLOCK = re.compile(r"([01]?\d|2[0-3])[-:.]([0-5]\d)(?:[-:.]([0-5]\d))?", re.ASCII)
SHORT_PERIOD = re.compile(r"(0[1-9]|1[0-2])(\d\d|20\d\d)", re.ASCII)


def clock(cell: cells.Cell) -> time | None:
    """Read `10-15-42`, `09:14:55` or Excel's time; None for an empty cell."""
    return cell.replace(microsecond=0) if isinstance(cell, time) else _clock_of(cells.plain(cell))


@lru_cache(maxsize=16384)
def _clock_of(text: str) -> time | None:
    if not text:
        return None
    found = CLOCK.fullmatch(text)
    if not found:
        raise cells.Unreadable(_("This is not a time: write it as 10:15:42."))
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def payer_period(cell: cells.Cell) -> date | None:
    """Read the month that a payer named: `0219`, `022019` and all that is read as a period elsewhere."""
    if isinstance(cell, int | float) and cell == int(cell) and 100 < cell < 1300:
        return _period_of(f"{int(cell):04}")  # Excel takes the zero from 0219
    return _period_of(cell) if isinstance(cell, str) else cells.period(cell)


@lru_cache(maxsize=1024)
def _period_of(text: str) -> date | None:
    if found := SHORT_PERIOD.fullmatch(text.strip()):
        year = int(found[2])
        return date(year if year > 99 else 2000 + year, int(found[1]), 1)
    return cells.period(text)
