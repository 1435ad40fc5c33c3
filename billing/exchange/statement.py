"""The bank statement `1CClientBankExchange` (kl_to_1c.txt): incoming payment orders and what they are for (pure).

    statement = read_statement(file)
    for document in statement: document.amount, document.account, document.transfer

An order that names an account in its purpose is one resident's payment. An order that brings the money of a register is
a Transfer, to be held against the register by `compare`. Both directions stand in the file; only money that came is read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar

from django.utils.translation import gettext_noop as _

from billing.exchange.receipts import LONGEST_NUMBER, ZERO, Footer, Receipt, once, whole_problem
from lib.text import account_key
from premises.registers import cells, sources
from premises.registers.encodings import encoding_of, text_lines
from premises.registers.tally import ERROR, WARNING, Problem

FIRST_LINE = "1CClientBankExchange"
MARK = FIRST_LINE.encode()
SAID = "Кодировка="  # the encoding in which these letters stand in the file is the file's
START, END, LAST = "СекцияДокумент", "КонецДокумента", "КонецФайла"
DAY_START, DAY_END = "СекцияРасчСчет", "КонецРасчСчет"
LONGEST_VALUE = 300
AMOUNT = cells.number(2, least=Decimal("0.01"), most=Decimal("99999999999.99"))
PURPOSE_ACCOUNT = re.compile(
    r"(?:\bл/?\s?с(?:ч[её]?т?)?\b|\bлиц(?:ево[йм]|ьовий|\.)?\s*сч[её]т\w*|\bо/?р\b|\bособов\w+\s+рахун\w+)"
    r"\s*[.:№#N]*\s*([0-9][0-9A-ZА-Я/-]{1,29})",
    re.IGNORECASE,
)
PURPOSE_PERIOD = re.compile(
    r"\bза\s+(?:период\s+|період\s+)?((?:0[1-9]|1[0-2])[./-]20\d\d|[^\W\d_]{3,9}\s+20\d\d)(?![\d.])", re.IGNORECASE
)
PURPOSE_REGISTER = re.compile(r"\b(?:реестр|реєстр)\w*\s*(?:№|N)?\s*([0-9A-ZА-Я/-]{1,30})", re.IGNORECASE)
PURPOSE_DAY = re.compile(r"\bза\s+(\d{2}\.\d{2}\.\d{4})")
PURPOSE_FEE = re.compile(r"\b(?:комисси\w+|комісі\w+)\s*:?\s*(\d{1,9}(?:[.,]\d{2})?)", re.IGNORECASE)


@dataclass(frozen=True)
class Transfer:
    """What a payment order says of the register whose money it brings."""

    register: str
    on: date | None
    fee: Decimal | None


@dataclass
class Order:
    """One incoming payment order of a statement."""

    line: int
    number: str
    on: date
    amount: Decimal
    payer: str
    payer_account: str
    payer_tax_id: str
    recipient_account: str
    purpose: str
    problems: list[Problem] = field(default_factory=list)

    @property
    def transfer(self) -> Transfer | None:
        """What it says of a register, or None for a payment of one resident."""
        found = PURPOSE_REGISTER.search(self.purpose)
        if not found:
            return None
        day, fee = PURPOSE_DAY.search(self.purpose), PURPOSE_FEE.search(self.purpose)
        return Transfer(found[1], _day(day[1]) if day else None, cells.as_decimal(fee[1]) if fee else None)

    @property
    def account(self) -> str:
        """The personal account that the purpose names, or ''."""
        found = PURPOSE_ACCOUNT.search(self.purpose)
        return account_key(found[1]).rstrip("-/") if found else ""

    @property
    def period(self) -> date | None:
        """The month that the purpose names."""
        found = PURPOSE_PERIOD.search(self.purpose)
        try:
            return cells.period(found[1]) if found else None
        except cells.Unreadable:
            return None

    def receipt(self) -> Receipt:
        """The order as a payment of one resident; without an account it is one nobody knows."""
        return Receipt(
            self.line, self.problems, account=self.account, on=self.on, number=self.number[:LONGEST_NUMBER],
            operation=f"{self.payer_account} {self.on:%Y%m%d} {self.number}"[:100], amount=self.amount,
            period=self.period, payer=self.payer, purpose=self.purpose,
        )  # fmt: skip


@dataclass
class Statement:
    """An opened statement: what it is about, its incoming orders, and problems of the whole file."""

    headers: ClassVar[dict[str, str]] = {
        "account": "НазначениеПлатежа", "period": "НазначениеПлатежа", "date": "Дата", "operation": "Номер"
    }  # fmt: skip

    accounts: set[str] = field(default_factory=set)
    orders: list[Order] = field(default_factory=list)
    stated: Decimal | None = None  # what came, as the bank adds it up
    outgoing: int = 0
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Receipt]:
        """Yield the payments of single residents, as every format of payments does."""
        return once(order.receipt() for order in self.orders if order.transfer is None)

    @property
    def transfers(self) -> list[Order]:
        """The orders that bring the money of registers."""
        return [order for order in self.orders if order.transfer]

    @property
    def amount(self) -> Decimal:
        return sum((order.amount for order in self.orders), ZERO)


def is_statement(file: BinaryIO) -> bool:
    """Whether the file begins as a statement does; its place is put back to the start."""
    file.seek(0)
    head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.seek(0)
    return head.startswith(MARK)


def read_statement(file: BinaryIO) -> Statement:
    """Read a statement through; what is wrong with the whole file is in `problems`."""
    statement = Statement()
    try:
        if file.seek(0, 2) > sources.MAX_FILE:
            raise cells.Unreadable(_("The file is too large."))
        if not is_statement(file):
            raise cells.Unreadable(_("This is no statement: its first line must be 1CClientBankExchange."))
        _read(file, statement)
    except cells.Unreadable as broken:
        statement.problems.append(Problem(0, ERROR, "", broken.text, broken.facts))
    return statement


def _read(file: BinaryIO, statement: Statement) -> None:
    section: dict[str, str] | None = None
    begins, is_whole, days = 0, False, ""
    documents: list[tuple[int, dict[str, str]]] = []
    for line, key, value in _pairs(file):
        if key == LAST:
            is_whole = True
        elif key == START:
            if section is not None:
                raise cells.Unreadable(_("A document of the statement begins before the one above it ends."))
            section, begins = {}, line
        elif key == END:
            if section is not None:
                documents.append((begins, section))
            section = None
        elif section is not None:
            section.setdefault(key, value)
        elif key in (DAY_START, DAY_END):
            days = key
        elif key == "РасчСчет":
            statement.accounts.add(value)
        elif key == "ВсегоПоступило" and days == DAY_START:
            statement.stated = (statement.stated or ZERO) + (cells.as_decimal(value) or ZERO)
    if section is not None or not is_whole:
        raise cells.Unreadable(_("The statement is cut off: its last line КонецФайла is missing."))
    for begins, written in documents:
        _sort(statement, begins, written)
    _judge(statement)


def _judge(statement: Statement) -> None:
    if not statement.accounts:
        statement.problems.append(whole_problem(0, _("The statement does not say whose account it is about.")))
    elif statement.outgoing:
        text = _("%(count)s orders of outgoing money are passed over.")
        statement.problems.append(Problem(0, WARNING, "", text, {"count": str(statement.outgoing)}))
    if statement.stated is not None and statement.stated != statement.amount:
        text = _("The statement says that %(stated)s came in, its orders make %(total)s.")
        facts = {"stated": str(statement.stated), "total": str(statement.amount)}
        statement.problems.append(whole_problem(0, text, **facts))


def _pairs(file: BinaryIO) -> Iterator[tuple[int, str, str]]:
    """The lines as (number, key, value)."""
    text = text_lines(file, _encoding(file))
    try:
        number = 0
        while line := text.readline(sources.MAX_LINE + 1):
            number += 1
            if len(line) > sources.MAX_LINE:
                raise cells.Unreadable(
                    _("A line of the file is longer than %(longest)s characters."), {"longest": str(sources.MAX_LINE)}
                )
            key, _sign, value = line.strip("\r\n\ufeff \t").partition("=")
            yield number, key.strip(), cells.plain(value)[:LONGEST_VALUE]
    except UnicodeDecodeError:
        raise cells.Unreadable(_("The text of the file cannot be decoded: save it as UTF-8 or windows-1251.")) from None
    finally:
        text.detach()


def _encoding(file: BinaryIO) -> str:
    """The encoding in which the file's own words are readable; what it says of itself is often wrong."""
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if b"\0" in head:
        raise cells.Unreadable(_("This is not a text file: send a CSV or an XLSX."))
    readable = (name for name in ("utf-8-sig", "cp1251", "cp866", "koi8-r") if SAID.encode(name)[-18:] in head)
    known = next((name for name in readable if _has_words(head, name)), "")
    return known or encoding_of(file)


def _has_words(head: bytes, encoding: str) -> bool:
    return SAID in head.decode(encoding, "replace")


def _sort(statement: Statement, line: int, written: dict[str, str]) -> None:
    """Keep an order that brings money; count one that takes it away."""
    recipient = written.get("ПолучательСчет") or written.get("ПолучательРасчСчет", "")
    payer = written.get("ПлательщикСчет") or written.get("ПлательщикРасчСчет", "")
    if recipient in statement.accounts:
        statement.orders.append(_order(line, written, payer, recipient))
    elif payer in statement.accounts:
        statement.outgoing += 1
    elif statement.accounts:
        text = _("The order is about other accounts than the statement: it is passed over.")
        statement.problems.append(Problem(line, WARNING, "", text))


def _order(line: int, written: dict[str, str], payer: str, recipient: str) -> Order:
    order = Order(
        line, written.get("Номер", ""), date.min, ZERO, payer=(written.get("Плательщик1") or written.get("Плательщик", ""))[:200],
        payer_account=payer, payer_tax_id=written.get("ПлательщикИНН", ""), recipient_account=recipient,
        purpose=written.get("НазначениеПлатежа", ""),
    )  # fmt: skip
    came = written.get("ДатаПоступило") or written.get("Дата", "")
    on: date | None = _filled(order, "Дата", came, cells.date)
    amount: Decimal | None = _filled(order, "Сумма", written.get("Сумма", ""), AMOUNT)
    order.on, order.amount = on or date.min, amount or ZERO
    if not order.number:
        order.problems.append(Problem(line, ERROR, "Номер", _("This cell must be filled in.")))
    return order


def _filled(order: Order, name: str, cell: str, read: cells.Reader) -> Any:
    """Read a value that must be there; a problem is noted in the order and the value is None."""
    try:
        value = read(cell)
        if value is None:
            raise cells.Unreadable(_("This cell must be filled in."))
    except cells.Unreadable as broken:
        order.problems.append(Problem(order.line, ERROR, name, broken.text, broken.facts))
        return None
    return value


def _day(text: str) -> date | None:
    try:
        return cells.date(text)
    except cells.Unreadable:
        return None


# --- Registers against the statement --------------------------------------------------------------------------------

SUM_DIFFERS, NO_MONEY, NO_REGISTER = "sum_differs", "no_money", "no_register"


@dataclass(frozen=True)
class Expected:
    """A register whose money must have come: its totals and, where known, its number, day and payment order."""

    name: str
    transferred: Decimal
    register: str = ""
    on: date | None = None
    order: str = ""
    order_on: date | None = None

    @classmethod
    def of(cls, name: str, footer: Footer, *, register: str = "", on: date | None = None) -> "Expected":
        """What a control line promises; where it states no sum to transfer, all of it less the fee."""
        sent = footer.transferred
        if sent is None:
            sent = (footer.amount or ZERO) - (footer.fee or ZERO)
        return cls(name, sent, register, on, footer.order, footer.order_on)


@dataclass(frozen=True)
class Mismatch:
    """Money and register that do not agree: a register without money, money without a register, or another sum."""

    kind: str
    register: Expected | None
    order: Order | None

    @property
    def difference(self) -> Decimal:
        """How much more came than the register says."""
        came = self.order.amount if self.order else ZERO
        return came - (self.register.transferred if self.register else ZERO)


def pairs(expected: Iterable[Expected], orders: Iterable[Order]) -> Iterator[tuple[Expected, Order]]:
    """Yield each register with the order that brings its money, each used once, whether the sums agree or not.

    An order belongs to a register by its own number and date, else by the register's number and day in its purpose, else
    by the same sum.
    """
    left = [order for order in orders if order.transfer]
    waiting = list(expected)
    for is_meant in (_by_order, _by_purpose, _by_sum):
        for register in list(waiting):
            order = next((one for one in left if is_meant(register, one)), None)
            if order is not None:
                waiting.remove(register)
                left.remove(order)
                yield register, order


def compare(expected: Iterable[Expected], orders: Iterable[Order]) -> list[Mismatch]:
    """Hold registers against the orders that bring their money; an empty list means all agree."""
    registers, transfers = list(expected), [order for order in orders if order.transfer]
    found = []
    for register, order in pairs(registers, transfers):
        registers.remove(register)
        transfers.remove(order)
        if order.amount != register.transferred:
            found.append(Mismatch(SUM_DIFFERS, register, order))
    found += [Mismatch(NO_MONEY, register, None) for register in registers]
    return found + [Mismatch(NO_REGISTER, None, order) for order in transfers]


def _by_order(register: Expected, order: Order) -> bool:
    same_day = register.order_on is None or register.order_on == order.on
    return bool(register.order) and register.order.lstrip("0") == order.number.lstrip("0") and same_day


def _by_purpose(register: Expected, order: Order) -> bool:
    said = order.transfer
    if said is None or not register.register:
        return False
    same_number = said.register.lstrip("0").casefold() == register.register.lstrip("0").casefold()
    return same_number and (said.on is None or register.on is None or said.on == register.on)


def _by_sum(register: Expected, order: Order) -> bool:
    return order.amount == register.transferred
