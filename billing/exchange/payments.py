"""Registers of payments: a table of operations and its control lines (pure). CSV, XLSX or DBF.

    for receipt in payments(file):                       # columns told by their headers
    for receipt in payments(file, profile=SBERBANK):     # as a contract says

A control line guards against a file that was cut off: `=count;sum;transferred;fee;order;date` or `РАЗОМ;count;…` with sums
below those of the rows. A register of operations, which a bank makes, must have one; a wrong one refuses the whole file.
Several registers may be joined in one file, each with its control line. docs/exchange.md tells the layouts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange.documents import TOTAL_WORDS, one_of
from billing.exchange.layout import opened, rows_of
from billing.exchange.profile import NO_FOOTER, SIGN, Profile
from billing.exchange.receipts import AMOUNT, Footer, Receipt, Sums, clock, once, payer_period, whole_problem
from premises.register import Column, Register
from premises.registers import cells, sources
from premises.registers.tally import WARNING, Problem

Line = tuple[int, sources.Cells]
FEE = cells.number(2, least=Decimal(0), most=Decimal("99999999.99"))
COLUMNS = (
    Column("account", cells.account(), ("лицевой счет", "особовий рахунок", "лс", "о/р", "номер лс", "lchet"), required=True, filled=True),
    Column("date", cells.date, ("дата", "дата платежа", "дата платежу", "дата оплаты"), required=True, filled=True),
    Column("time", clock, ("час", "время", "час платежу", "время платежа"), is_soft=True),
    Column("number", cells.text(40), ("номер", "номер платежа", "номер платежу")),
    Column("operation", cells.text(60), ("операция", "операція", "id операции", "id операції", "номер операции")),
    Column("amount", AMOUNT, ("сумма", "сума", "сумма платежа", "сума платежу"), required=True, filled=True),
    Column("transferred", FEE, ("сумма к перечислению", "перечислено", "к перечислению", "перераховано")),
    Column("fee", FEE, ("комиссия", "комісія")),
    Column("kind", one_of("main", "repair", "other", default="main"), ("вид",)),
    Column("channel", cells.text(60), ("канал", "способ", "спосіб", "устройство", "пристрій")),
    Column("period", payer_period, ("период", "період"), is_soft=True),
    Column("payer", cells.text(200), ("фио", "піб", "плательщик", "платник"), is_soft=True),
    Column("address", cells.text(300), ("адрес", "адреса"), is_soft=True),
    Column("purpose", cells.text(300), ("назначение", "назначение платежа", "призначення платежу"), is_soft=True),
    Column("readings", cells.text(200), ("показания", "показання"), is_soft=True),
)  # fmt: skip
SIGN_LINE = re.compile(r"\s*=\s*\d")
DISAGREES = _(
    "The control line does not agree. It says: payments %(said_count)s, sum %(said_total)s. The rows give: payments "
    "%(count)s, sum %(total)s."
)
SUMS_DISAGREE = _(
    "The control line does not agree. It says: to transfer %(said_transferred)s, fees %(said_fee)s. The rows give: to "
    "transfer %(transferred)s, fees %(fee)s."
)
UNSURE = _("The file has no control line with the count and the sum: whether it was cut off cannot be told.")
MISSING = _("The control line with the count and the sum is missing: the file may be cut off.")


@dataclass
class TableOfPayments:
    """An opened register of payments. `problems`, `sums` and `footers` are complete after the rows were walked through."""

    register: Register
    control: "Control"
    sums: Sums = field(default_factory=Sums)  # of the whole file
    problems: list[Problem] = field(default_factory=list)
    footers: list[Footer] = field(default_factory=list)

    def __iter__(self) -> Iterator[Receipt]:
        """Yield the payments, and judge each control line when it is reached."""
        self.problems += self.register.problems
        return self._walk()

    def _walk(self) -> Iterator[Receipt]:
        batch = Sums()
        for receipt in once(map(Receipt.of, self.register)):
            if self.control.found and self.control.found[0][0] < receipt.line:
                batch = self._close(batch, receipt.line)
            batch.add(receipt)
            _look_at_sums(receipt)
            yield receipt
        self.sums += self._close(batch, 0)
        if not self.footers and self.control.is_needed(self.register):
            self.problems.append(whole_problem(0, MISSING))
        elif not self.footers and not self.control.is_known and not self.register.problems:
            self.problems.append(Problem(0, WARNING, "", UNSURE))
        self.problems += self.control.problems

    def _close(self, batch: Sums, before: int) -> Sums:
        """Judge the control lines above the line `before` (0: all) and begin the next batch."""
        found = self.control.found
        while found and (not before or found[0][0] < before):
            line, written = found.pop(0)
            footer = self.control.read(line, written, self.register)
            if self.footers and not self.control.profile.has_batches:
                self.problems.append(whole_problem(line, _("The file has two control lines.")))
            self.footers.append(footer)
            self._judge(footer, batch)
            self.sums += batch
            batch = Sums()
        if before and self.footers and not self.control.profile.has_batches:
            self.problems.append(whole_problem(before, _("Payments follow below the control line.")))
        elif not before and batch.count and self.footers:
            self.problems.append(whole_problem(0, MISSING))
        return batch

    def _judge(self, footer: Footer, batch: Sums) -> None:
        if footer.count != batch.count or footer.amount != batch.amount:
            text, facts = DISAGREES, {"count": str(batch.count), "total": str(batch.amount)}
            facts |= {"said_count": _said(footer.count), "said_total": _said(footer.amount)}
            self.problems.append(whole_problem(footer.line, text, **facts))
            return
        for name in ("transferred", "fee"):
            stated = getattr(footer, name)
            if stated is not None and self.register.has(name) and stated != getattr(batch, name):
                facts = {"transferred": str(batch.transferred), "fee": str(batch.fee)}
                facts |= {"said_transferred": _said(footer.transferred), "said_fee": _said(footer.fee)}
                self.problems.append(whole_problem(footer.line, SUMS_DISAGREE, **facts))
                return


def _said(figure: Decimal | None) -> str:
    """A figure of the control line as it stands there; a dash where it states none."""
    return "—" if figure is None else f"{figure:f}"


def _look_at_sums(receipt: Receipt) -> None:
    if receipt.transferred is None or receipt.fee is None:
        return
    if receipt.transferred + receipt.fee != receipt.amount:
        receipt.warn("transferred", _("The sum to transfer and the fee do not make the sum of the payment."))


# --- Control lines --------------------------------------------------------------------------------------------------


class Control:
    """Sets control lines and headers of batches aside: they have columns of their own."""

    def __init__(self, profile: Profile, is_known: bool) -> None:
        self.profile = profile
        self.is_known = is_known  # whether the profile says which footer there must be
        self.found: list[Line] = []
        self.problems: list[Problem] = []
        self._is_open = not profile.batch_mark

    def without(self, rows: Iterator[Line]) -> Iterator[Line]:
        """The rows of payments alone."""
        mark, batches = self.profile.batch_mark, self.profile.has_batches
        header: sources.Cells | None = None
        for line, written in rows:
            first = written[0] if written else ""
            if isinstance(first, str) and first:
                if (first[0] in " =" and SIGN_LINE.match(first)) or first.strip(" :").casefold() in TOTAL_WORDS:
                    self.found.append((line, written))
                    self._is_open = not mark
                    continue
                if mark and first.startswith(mark):
                    self._open(line)
                    continue
            if batches:
                if header is None:
                    header = written
                elif self.profile.has_header and written == header:
                    continue
                if not self._is_open and any(written):
                    self.problems.append(whole_problem(line, _("A batch begins without its first line.")))
                    self._is_open = True
            yield line, written

    def _open(self, line: int) -> None:
        if self._is_open:
            self.problems.append(whole_problem(line, MISSING))
        self._is_open = True

    def is_needed(self, register: Register) -> bool:
        """Whether a file without a control line must be refused."""
        return self.profile.footer != NO_FOOTER if self.is_known else register.has("operation")

    def read(self, line: int, written: sources.Cells, register: Register) -> Footer:
        """What a control line states."""
        if isinstance(written[0], str) and written[0].lstrip().startswith("="):
            count, amount, transferred, fee = (_number(cell) for cell in [*written[:4], "", "", "", ""][:4])
            order, on = [*written[4:6], "", ""][:2]
            return Footer(line, count, amount, transferred, fee, cells.plain(order), _day(on))
        places = [register.index(name) for name in ("amount", "transferred", "fee")]
        amount, transferred, fee = (
            _number(written[index]) if index is not None and index < len(written) else None for index in places
        )
        count = next((_number(cell) for cell in written[1 : places[0]] if cells.plain(cell)), None)
        return Footer(line, count, amount, transferred, fee)


def _number(cell: cells.Cell) -> Decimal | None:
    try:
        return cells.as_decimal(cell.strip().lstrip("=") if isinstance(cell, str) else cell)
    except cells.Unreadable:
        return None


def _day(cell: cells.Cell) -> date | None:
    try:
        return cells.date(cell)
    except cells.Unreadable:
        return None


# --- Opening --------------------------------------------------------------------------------------------------------


def payments(file: BinaryIO, *, profile: Profile | None = None) -> TableOfPayments:
    """Open a register of payments; without a profile its columns are told by their headers."""
    control = Control(profile or ANY, bool(profile))
    try:
        rows = control.without(rows_of(file, profile))
        register = opened(rows, profile, COLUMNS) if profile else Register(rows, COLUMNS)
    except cells.Unreadable as broken:
        register = Register.refused(broken)
    if not profile and not register.problems and not (register.has("number") or register.has("operation")):
        register.problems.append(whole_problem(1, _("The file must have a column of numbers or of operations.")))
    return TableOfPayments(register, control)


ANY = Profile({"account": "account", "date": "date", "amount": "amount"}, has_header=True, footer=SIGN)
