"""Payment documents out of workbooks of ГИС ЖКХ as documents of the register: only their sums are known (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext_noop as _

from billing.exchange import gis
from billing.exchange.documents import AGAIN, ZERO, Document, Line, Sums
from lib.text import account_key, search_key
from premises.register import Row
from premises.registers.tally import Problem

MAIN, REPAIR = "main", "repair"
SERVICE: Mapping[str, str] = {MAIN: "Жилищно-коммунальные услуги", REPAIR: "Взнос на капитальный ремонт"}
WITHDRAWN, OF_DEBT = ("отозван", "аннулирован"), "долгов"


class Known(NamedTuple):
    """What a document's number says of another document of the flat."""

    account: str
    period: date


@dataclass
class GisDocuments:
    """The documents of a workbook; `problems` is complete when they were walked through.

    `known` tells account and period of documents that are here already: the sheet of capital repair names nothing else.
    """

    file: BinaryIO
    known: Mapping[str, Known] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Document]:
        seen: set[object] = set()
        for document in self._all():
            if document.is_good and document.key in seen:
                document.refuse("number", AGAIN)
            seen.add(document.key)
            yield document

    def _all(self) -> Iterator[Document]:
        numbers = dict(self.known)
        for one in self._opened():
            document = _document(one)
            if document is None:
                yield Document([one.row], None, "", "", MAIN)  # withdrawn, or unreadable: its row says so
                continue
            if document.period:
                numbers[document.number] = Known(document.account, document.period)
            yield document
        if has_repair(self.file):
            yield from (_of_repair(row, numbers) for row in gis.repair(self.file))

    def _opened(self) -> Iterator[gis.GisDocument]:
        if not gis.has_sheet(self.file, gis.DOCUMENTS):
            return
        opened = gis.documents(self.file)
        self.problems += opened.problems
        yield from opened


def numbers_of_repair(file: BinaryIO) -> set[str]:
    """The numbers of documents that the sheet of capital repair names."""
    found = {row.values.get("number") or "" for row in gis.repair(file)} if has_repair(file) else set()
    return found - {""}


def has_repair(file: BinaryIO) -> bool:
    return gis.has_sheet(file, gis.REPAIR)


def _document(one: gis.GisDocument) -> Document | None:
    status, kind = search_key(one.status), search_key(one.kind)
    if not one.is_good:
        return None
    if status.startswith(WITHDRAWN):
        one.row.warn("status", _("The document is withdrawn: it is passed over."))
        return None
    if kind.startswith(OF_DEBT):
        one.row.warn("kind", _("This document only states an old debt: it is passed over."))
        return None
    if one.charged is None:
        one.row.refuse("charged", _("This cell must be filled in."))
        return None
    balance = None if one.due is None else one.due - one.charged
    sums = Sums(one.charged, ZERO, ZERO, ZERO, balance, ZERO, one.charged + (balance or ZERO))
    return _with_line(one.row, one.period, one.account, one.number, MAIN, sums, one.zhku, one.identifier)


def _of_repair(row: Row, numbers: Mapping[str, Known]) -> Document:
    value = row.values.get
    number = value("number") or ""
    known = numbers.get(number)
    if not row.is_good:
        return Document([row], None, "", number, REPAIR)
    if known is None:
        row.refuse("number", _("There is no document with this number here that tells the account and the period."))
        return Document([row], None, "", number, REPAIR)
    benefit = abs(value("benefit") or ZERO)
    accrued: Decimal = row.values["accrued"]
    sums = Sums(accrued, value("recalculated") or ZERO, benefit, ZERO, None, ZERO, ZERO)
    return _with_line(row, known.period, known.account, number, REPAIR, sums.with_payable(sums.exact))


def _with_line(
    row: Row,
    period: date | None,
    account: str,
    number: str,
    kind: str,
    sums: Sums,
    zhku: str = "",
    identifier: str = "",
) -> Document:
    line = Line(
        group="", code="", service=SERVICE[kind], unit="", volume=None, method="", tariff=None, accrued=sums.accrued,
        recalculated=sums.recalculated, benefit=sums.benefit, penalty=Decimal("0.00"), balance=sums.balance,
        payable=sums.payable,
    )  # fmt: skip
    return Document([row], period, account_key(account), number[:30], kind, lines=[line], sums=sums, zhku=zhku,
                    identifier=identifier[:18])  # fmt: skip
