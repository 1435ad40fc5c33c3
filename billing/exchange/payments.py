"""The register of payments: account, date, operation, sum, and a control line at the end (pure).

The control line `=count;sum` guards against a file that was cut off: a register of operations, which a bank makes, must
have one; a wrong one refuses the whole file. Format: domain handbook 8.2 and 8.3; docs/money.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange.documents import one_of
from lib.text import account_key
from premises.register import Column, Register, Row
from premises.registers import cells, sources
from premises.registers.tally import ERROR, Problem

ZERO = Decimal("0.00")
COLUMNS = (
    Column("account", cells.account(), ("лицевой счет", "особовий рахунок", "лс"), required=True, filled=True),
    Column("date", cells.date, ("дата", "дата платежа"), required=True, filled=True),
    Column("number", cells.text(40), ("номер", "номер платежа"), required=True, filled=True),
    Column("operation", cells.text(60), ("операция", "операція", "id операции")),
    Column("amount", cells.number(2, least=Decimal("0.01")), ("сумма", "сума"), required=True, filled=True),
    Column("kind", one_of("main", "repair", "other", default="main"), ("вид",)),
    Column("channel", cells.text(60), ("канал", "способ", "спосіб")),
)


@dataclass
class Receipt:
    """One payment of the file; `is_good` tells whether its row could be read."""

    row: Row
    account: str = ""
    on: date = date.min
    number: str = ""
    operation: str = ""
    amount: Decimal = ZERO
    kind: str = "main"
    channel: str = ""

    @property
    def key(self) -> str:
        return account_key(self.account)

    @property
    def is_good(self) -> bool:
        return self.row.is_good


@dataclass
class Payments:
    """An opened register of payments. `problems` is complete only after the rows were walked through."""

    register: Register
    control: list[tuple[int, sources.Cells]]
    count: int = 0
    total: Decimal = ZERO
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Receipt]:
        """Yield the payments, then judge the control line."""
        self.problems += self.register.problems
        seen: set[str] = set()
        for row in self.register:
            receipt = _receipt(row)
            if receipt.operation in seen and receipt.is_good:
                row.refuse("operation", _("This operation stands in the file twice."))
            seen.add(receipt.operation)
            self.count += 1
            self.total += receipt.amount
            yield receipt
        self._judge_control()

    def _judge_control(self) -> None:
        if not self.control:
            if self.register.has("operation"):
                self._refuse(0, _("The control line with the count and the sum is missing: the file may be cut off."))
            return
        line, written = self.control[-1]
        if len(self.control) > 1:
            self._refuse(line, _("The file has two control lines."))
        found = [_number(cell) for cell in written[:2]]
        if found != [Decimal(self.count), self.total]:
            self._refuse(
                line, _("The control line does not agree: the rows are %(count)s payments of %(total)s in all."),
                count=str(self.count), total=str(self.total),
            )  # fmt: skip

    def _refuse(self, line: int, text: str, **facts: str) -> None:
        self.problems.append(Problem(line, ERROR, "", text, facts))


def payments(file: BinaryIO) -> Payments:
    """Open a register of payments, CSV or XLSX."""
    control: list[tuple[int, sources.Cells]] = []
    try:
        register = Register(_without_control(sources.rows(file), control), COLUMNS)
    except cells.Unreadable as broken:
        register = Register(iter(()), ())
        register.problems = [Problem(0, ERROR, "", broken.text, broken.facts)]
    return Payments(register, control)


def _without_control(
    rows: Iterator[tuple[int, sources.Cells]], control: list[tuple[int, sources.Cells]]
) -> Iterator[tuple[int, sources.Cells]]:
    """Set the control line aside: it has its own columns."""
    for line, written in rows:
        if written and isinstance(written[0], str) and re.match(r"\s*=\s*\d", written[0]):
            control.append((line, written))
        else:
            yield line, written


def _number(cell: cells.Cell) -> Decimal | None:
    try:
        return cells.as_decimal(cell.strip().lstrip("=") if isinstance(cell, str) else cell)
    except cells.Unreadable:
        return None


def _receipt(row: Row) -> Receipt:
    values = row.values
    account, number = values.get("account") or "", values.get("number") or ""
    return Receipt(
        row,
        account=account,
        on=values.get("date") or date.min,
        number=number,
        operation=values.get("operation") or f"{account_key(account)} {values.get('date')} {number}",
        amount=values.get("amount") or ZERO,
        kind=values.get("kind") or "main",
        channel=values.get("channel") or "",
    )
