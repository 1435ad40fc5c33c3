"""Workbooks of ГИС ЖКХ: payment documents, accounts, payments, capital repair (pure).

The words of the headers are the contract, and nothing else: columns move between versions, headers have line breaks in
them and sub-headers below, a word may be written with a Latin letter. So headers are compared by their letters alone,
most of them by how they begin. A sheet is found by its name.

    for receipt in payments(file): receipt.document        # payments name a document, not an account
    for document in documents(file): ...
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange.receipts import AMOUNT, LONGEST_NUMBER, ZERO, Receipt, once
from lib.identifiers import LOOK_ALIKES, is_document_id, normal_gis
from premises.register import Column, Register, Row, header_key
from premises.registers import cells, sources
from premises.registers.tally import ERROR, Problem

DOCUMENTS, ADDRESSES, ACCOUNTS, PAYMENTS, REPAIR = (
    "Основная информация", "Адрес плательщика", "ЛС", "Оплаты", "Платежки (капитальный ремонт)"
)  # fmt: skip
MOST_PAIRS = 25
SERVICE, SUM = re.compile(r"услуга\d{0,2}"), re.compile(r"сумма(руб)?\d{0,2}")
MONEY = cells.number(2)
Headers = Sequence[tuple[str, str]]  # how a header begins → the column's name; the first that fits is taken

DOCUMENT_HEADERS: Headers = (
    ("Идентификатор лицевого счета", "els"), ("Единый лицевой счет", "els"),
    ("Номер ЛС", "account"), ("Номер лицевого счета", "account"),
    ("Идентификатор ЖКУ", "zhku"), ("Идентификатор жилищно-коммунальных услуг", "zhku"),
    ("Тип платежного документа", "kind"), ("Форма платежного документа", "form"),
    ("Идентификатор платежного документа", "identifier"), ("Номер платежного документа", "number"),
    ("Статус платежного документа", "status"), ("Расчетный период", "period"),
    ("Сумма к оплате за расчетный период", "charged"), ("Оплачено денежных средств", "paid"),
    ("Дата последней поступившей оплаты", "paid_on"),
    ("Итого к оплате за расчетный период c учетом задолженности", "due"), ("ИТОГО К ОПЛАТЕ (по всем услугам", "payable"),
    ("Дата размещения", "placed"),
)  # fmt: skip
ADDRESS_HEADERS: Headers = (*DOCUMENT_HEADERS, ("Адрес ОЖФ", "address"), ("Адрес", "address"))
ACCOUNT_HEADERS: Headers = (
    ("Статус лицевого счета", "status"), ("Номер лицевого счета", "account"), ("Номер ЛС", "account"),
    ("Идентификатор ЖКУ", "zhku"), ("Единый лицевой счет", "els"), ("Идентификатор лицевого счета", "els"),
    ("Тип лицевого счета", "kind"), ("Является нанимателем", "is_tenant"), ("Фамилия", "last_name"), ("Имя", "first_name"),
    ("Отчество", "patronymic"), ("Общая площадь", "area_total"), ("Жилая площадь", "area_living"),
    ("Отапливаемая площадь", "area_heated"), ("Кол-во проживающих", "residents"), ("Количество проживающих", "residents"),
    ("Доля внесения платы", "share"), ("Адрес", "address"), ("Номер помещения", "flat"),
)  # fmt: skip
PAYMENT_HEADERS: Headers = (
    ("Номер платежного документа", "document"), ("Идентификатор платежного документа", "document"),
    ("Дата внесения платы", "date"), ("Месяц", "month"), ("Год", "year"), ("Уникальный номер платежа", "operation"),
    ("Сумма", "amount"),
)  # fmt: skip
REPAIR_HEADERS: Headers = (
    ("Номер платежного документа", "number"), ("Размер взноса", "rate"), ("Всего начислено", "accrued"),
    ("Перерасчеты", "recalculated"), ("Льготы", "benefit"), ("Итого к оплате", "payable"),
)  # fmt: skip


def gis_key(header: str) -> str:
    """Return a header as it is compared here: as everywhere, and with Cyrillic for Latin letters of the same shape.

    >>> gis_key("Итого к оплате\\n(c учетом долга)") == gis_key("ИТОГО К ОПЛАТЕ с учётом долга")
    True
    """
    return header_key(header.upper().translate(LOOK_ALIKES))


def has_sheet(file: BinaryIO, name: str) -> bool:
    """Whether a workbook has a sheet of this name."""
    try:
        return header_key(name) in {header_key(one) for one in sources.sheet_names(file)}
    except cells.Unreadable:
        return False


# --- Reading a sheet ------------------------------------------------------------------------------------------------


def _sheet(
    file: BinaryIO,
    name: str,
    headers: Headers,
    columns: Sequence[Column],
    *,
    pairs: bool = False,
    sub_header: bool = True,
) -> Register:
    """Open one sheet with its headers named as the columns; the many columns that nobody reads are no news."""
    try:
        rows = _named(sources.rows(file, sheet=name), headers, pairs)
        register = Register(rows, columns, sub_header=sub_header)
    except cells.Unreadable as broken:
        return Register.refused(broken)
    register.problems = [problem for problem in register.problems if problem.level == ERROR]
    return register


def _named(
    rows: Iterator[tuple[int, sources.Cells]], headers: Headers, pairs: bool
) -> Iterator[tuple[int, sources.Cells]]:
    """The rows; in the first ones headers are replaced by the names of columns."""
    keys = [(gis_key(beginning), name) for beginning, name in headers]
    left = sources.HEADER_WITHIN + 1
    for line, written in rows:
        if left and any(written):
            left -= 1
            names = _names(written, keys, pairs)
            if len(names) >= 2:  # one cell may be a value that begins like a header
                written = [names.get(index, cell) for index, cell in enumerate(written)]
        yield line, written


def _names(written: sources.Cells, keys: Sequence[tuple[str, str]], pairs: bool) -> dict[int, str]:
    """What stands under each header of a row; services and their sums get numbers: service1, sum1, service2…"""
    names: dict[int, str] = {}
    pair = 0
    for index, cell in enumerate(written):
        key = gis_key(cell) if isinstance(cell, str) else ""
        if not key:
            continue
        if pairs and SERVICE.fullmatch(key):
            pair += 1
            names[index] = f"service{pair}"
        elif pairs and pair and SUM.fullmatch(key):
            names[index] = f"sum{pair}"
        else:
            name = next((name for beginning, name in keys if key.startswith(beginning)), None)
            if name and name not in names.values():
                names[index] = name
    return names


def _text(name: str, longest: int = 100, *, is_needed: bool = False) -> Column:
    return Column(name, cells.text(longest), required=is_needed, filled=is_needed)


# --- Payment documents ----------------------------------------------------------------------------------------------


@dataclass
class GisDocument:
    """One payment document as ГИС ЖКХ exports it; the sums are what it prints, not what is owed today."""

    row: Row
    els: str = ""
    account: str = ""
    zhku: str = ""
    kind: str = ""
    form: str = ""
    identifier: str = ""
    number: str = ""
    status: str = ""
    period: date | None = None
    charged: Decimal | None = None
    paid: Decimal | None = None
    paid_on: date | None = None
    due: Decimal | None = None
    payable: Decimal | None = None
    placed: date | None = None
    address: str = ""

    @property
    def is_good(self) -> bool:
        return self.row.is_good


DOCUMENT_COLUMNS = (
    _text("els", 30), _text("account", 30, is_needed=True), _text("zhku", 30), _text("kind"), _text("form"),
    _text("identifier", 40), _text("number", 40, is_needed=True), _text("status"),
    Column("period", cells.period, required=True, filled=True), Column("charged", MONEY), Column("paid", MONEY),
    Column("paid_on", cells.date), Column("due", MONEY), Column("payable", MONEY), Column("placed", cells.date),
)  # fmt: skip
ADDRESS_COLUMNS = (
    _text("els", 30),
    _text("account", 30),
    _text("identifier", 40),
    _text("number", 40),
    _text("address", 300),
)


def documents(file: BinaryIO) -> "Documents":
    """Open the export of payment documents; addresses come from a sheet of their own, where there is one."""
    return Documents(_sheet(file, DOCUMENTS, DOCUMENT_HEADERS, DOCUMENT_COLUMNS), _addresses(file))


@dataclass
class Documents:
    """An opened export of payment documents."""

    register: Register
    addresses: Mapping[str, str]

    @property
    def problems(self) -> list[Problem]:
        return self.register.problems

    def __iter__(self) -> Iterator[GisDocument]:
        for row in self.register:
            document = GisDocument(row, **{name: value for name, value in row.values.items() if value is not None})
            for name in ("els", "zhku", "identifier"):
                setattr(document, name, normal_gis(getattr(document, name)))
            if document.identifier and not is_document_id(document.identifier):
                row.warn(
                    "identifier", _("This is no identifier of a payment document: 18 signs like 60ЕХ209700-10-6021.")
                )
            keys = (document.identifier, document.number, document.account, document.els)
            document.address = next((self.addresses[key] for key in keys if self.addresses.get(key)), "")
            yield document


def _addresses(file: BinaryIO) -> dict[str, str]:
    """Addresses by whatever the sheet names its rows with: identifier, number or account."""
    found: dict[str, str] = {}
    for row in _sheet(file, ADDRESSES, ADDRESS_HEADERS, ADDRESS_COLUMNS, sub_header=False):
        address = row.values.get("address") or ""
        for name in ("identifier", "number", "account", "els"):
            value = row.values.get(name) or ""
            key = normal_gis(value) if name in ("identifier", "els") else value
            if key and address:
                found.setdefault(key, address)
    return found


# --- Accounts -------------------------------------------------------------------------------------------------------

ACCOUNT_COLUMNS = (
    _text("status", is_needed=True), Column("account", cells.account(), required=True, filled=True), _text("zhku", 30),
    _text("els", 30), _text("kind"), _text("is_tenant", 10), _text("last_name"), _text("first_name"), _text("patronymic"),
    Column("area_total", MONEY), Column("area_living", MONEY), Column("area_heated", MONEY),
    Column("residents", cells.whole(999)), _text("share", 20), _text("address", 300), _text("flat", 30),
)  # fmt: skip


def accounts(file: BinaryIO) -> Register:
    """Open the workbook of accounts; values are named as the second words of ACCOUNT_HEADERS."""
    return _sheet(file, ACCOUNTS, ACCOUNT_HEADERS, ACCOUNT_COLUMNS)


# --- Payments -------------------------------------------------------------------------------------------------------

PAIRS = tuple(
    column
    for number in range(1, MOST_PAIRS + 1)
    for column in (_text(f"service{number}", 200), Column(f"sum{number}", MONEY))
)
PAYMENT_COLUMNS = (
    _text("document", 40, is_needed=True), Column("date", cells.date, required=True, filled=True),
    Column("month", cells.whole(12)), Column("year", cells.whole(2100)), Column("amount", AMOUNT, required=True, filled=True),
    _text("operation", 60), *PAIRS,
)  # fmt: skip


@dataclass
class GisPayments:
    """An opened workbook of payments; each names a payment document and may be split over services."""

    register: Register
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Receipt]:
        return once(map(_receipt, self.register))


def payments(file: BinaryIO) -> GisPayments:
    """Open the sheet «Оплаты»: a payment names the number or the identifier of a document."""
    register = _sheet(file, PAYMENTS, PAYMENT_HEADERS, PAYMENT_COLUMNS, pairs=True)
    return GisPayments(register, register.problems)


def _receipt(row: Row) -> Receipt:
    values = row.values
    document, on, amount = values.get("document") or "", values.get("date"), values.get("amount")
    if is_document_id(document):
        document = normal_gis(document)
    lines = tuple(_lines(values))
    total = sum((sum_ for _service, sum_ in lines), ZERO)
    if lines and amount is not None and total != amount:
        row.warn(
            "amount",
            _("The sums of the services make %(total)s, the payment is %(amount)s."),
            total=str(total),
            amount=str(amount),
        )
    operation = values.get("operation") or f"{document} {on} {amount}"
    return Receipt(
        row.line, row.problems, on=on or date.min, number=(values.get("operation") or document)[:LONGEST_NUMBER],
        operation=operation, amount=amount or ZERO, period=_period(row), document=document, lines=lines,
    )  # fmt: skip


def _lines(values: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    for number in range(1, MOST_PAIRS + 1):
        service, amount = values.get(f"service{number}"), values.get(f"sum{number}")
        if service and amount:
            yield service, amount


def _period(row: Row) -> date | None:
    """The month and the year in their own columns."""
    month, year = row.values.get("month"), row.values.get("year")
    if not month or not year:
        return None
    if year < cells.FIRST_YEAR:
        row.warn("year", _("The year must be between 1900 and 2100."))
        return None
    return date(year, month, 1)


# --- Capital repair -------------------------------------------------------------------------------------------------

REPAIR_COLUMNS = (
    _text("number", 40, is_needed=True), Column("rate", cells.number(6)), Column("accrued", MONEY, required=True, filled=True),
    Column("recalculated", MONEY), Column("benefit", MONEY), Column("payable", MONEY, required=True, filled=True),
)  # fmt: skip


def repair(file: BinaryIO) -> Iterator[Row]:
    """The rows of the sheet for capital repair; a sum that does not follow from the others is a warning of its row."""
    register = _sheet(file, REPAIR, REPAIR_HEADERS, REPAIR_COLUMNS)
    if register.problems:
        yield Row(0, {}, register.problems)
    for row in register:
        value = row.values.get
        exact = (value("accrued") or ZERO) + (value("recalculated") or ZERO) - abs(value("benefit") or ZERO)
        if row.is_good and exact != value("payable"):
            row.warn(
                "payable",
                _("The figures make %(exact)s, printed %(printed)s."),
                exact=str(exact),
                printed=str(value("payable")),
            )
        yield row
