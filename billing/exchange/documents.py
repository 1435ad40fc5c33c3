"""The register of payment documents: rows of service lines in, whole documents with their problems out (pure).

One row is one line of a document; the rows of a document stand together. A row without a service code that says ИТОГО
carries the document's printed totals. Format: domain handbook 8.2, checks 1.6; docs/money.md tells them in words.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_noop as _

from lib.money import CENT, rounded
from lib.text import account_key
from premises.register import Column, Row
from premises.registers import cells

ZERO = Decimal("0.00")
TOTAL = "ИТОГО"
TOTAL_WORDS = {TOTAL.casefold(), "всего", "разом", "всього", "total"}
AGAIN = _(
    "This account already has a document of this period and kind in the file. The rows of one document must stand together."
)
VOLUME, SUM = "volume", "sum"  # the checks that a printed line may fail


def one_of(*words: str, default: str = "") -> cells.Reader:
    """A reader of a word from a short list, any case; the empty cell is the default."""

    def read(cell: cells.Cell) -> str:
        word = cells.plain(cell).casefold()
        if word and word not in words:
            raise cells.Unreadable(_("Only these words are known here: %(words)s."), {"words": ", ".join(words)})
        return word or default

    return read


AMOUNT = cells.number(2)
COLUMNS = (
    Column("period", cells.period, ("период", "період", "расчетный период"), required=True, filled=True),
    Column("account", cells.account(), ("лицевой счет", "особовий рахунок", "лс"), required=True, filled=True),
    Column("doc_no", cells.text(30), ("номер документа", "номер"), required=True, filled=True),
    Column("kind", one_of("main", "repair", "other", default="main"), ("вид",)),
    Column("group", cells.text(100), ("раздел", "розділ", "группа услуг")),
    Column("service_code", cells.text(30), ("код услуги", "код послуги"), required=True),
    Column("service", cells.text(200), ("услуга", "вид услуг", "послуга"), required=True, filled=True),
    Column("unit", cells.text(20), ("единица", "ед изм", "одиниця")),
    Column("volume", cells.number(7), ("объем", "обсяг")),
    Column("method", one_of("n", "m", "o"), ("способ", "спосіб")),
    Column("tariff", cells.number(6), ("тариф",)),
    Column("accrued", AMOUNT, ("начислено", "нараховано"), required=True, filled=True),
    Column("recalc", AMOUNT, ("перерасчет", "перерахунок")),
    Column("benefit", cells.number(2, least=Decimal(0)), ("льгота", "пільга")),
    Column("penalty", AMOUNT, ("пени", "пеня")),
    Column("balance", AMOUNT, ("долг", "задолженность", "борг")),
    Column("paid", AMOUNT, ("оплачено", "сплачено")),
    Column("payable", AMOUNT, ("к оплате", "до сплати"), required=True, filled=True),
    Column("form", one_of("ru924", "ru43", "ua"), ("форма",)),
    Column("issued", cells.date, ("выставлен", "виставлено")),
    Column("due", cells.date, ("оплатить до", "сплатити до")),
    Column("upto", cells.date, ("оплаты по", "платежі по")),
)


@dataclass(frozen=True)
class Line:
    """One service line as printed; `warnings` names the checks its figures do not pass."""

    group: str
    code: str
    service: str
    unit: str
    volume: Decimal | None
    method: str
    tariff: Decimal | None
    accrued: Decimal
    recalculated: Decimal
    benefit: Decimal
    penalty: Decimal
    balance: Decimal | None
    payable: Decimal
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Line":
        line = cls(
            group=values.get("group") or "", code=values.get("service_code") or "", service=values["service"],
            unit=values.get("unit") or "", volume=values.get("volume"), method=(values.get("method") or "").upper(),
            tariff=values.get("tariff"), **Sums.of(values).of_line(),
        )  # fmt: skip
        return cls(**(vars(line) | {"warnings": tuple(line.doubts())}))

    def doubts(self) -> Iterator[str]:
        """The checks that the printed figures do not pass (the handbook's 1.6)."""
        if self.volume is not None and self.tariff is not None and abs(self.volume * self.tariff - self.accrued) > CENT:
            yield VOLUME
        total = self.accrued + self.recalculated - self.benefit + self.penalty + (self.balance or ZERO)
        if abs(total - self.payable) > CENT:
            yield SUM


@dataclass(frozen=True)
class Sums:
    """The money of a row or of a whole document; `balance` is None where no opening debt is printed."""

    accrued: Decimal
    recalculated: Decimal
    benefit: Decimal
    penalty: Decimal
    balance: Decimal | None
    paid: Decimal
    payable: Decimal

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Sums":
        return cls(
            accrued=values["accrued"], recalculated=values.get("recalc") or ZERO, benefit=values.get("benefit") or ZERO,
            penalty=values.get("penalty") or ZERO, balance=values.get("balance"), paid=values.get("paid") or ZERO,
            payable=values["payable"],
        )  # fmt: skip

    @classmethod
    def over(cls, rows: Iterable["Sums"]) -> "Sums":
        """The totals of a document that prints none: its lines added up."""
        rows = list(rows)
        balances = [row.balance for row in rows if row.balance is not None]
        total = cls(
            accrued=sum((row.accrued for row in rows), ZERO),
            recalculated=sum((row.recalculated for row in rows), ZERO),
            benefit=sum((row.benefit for row in rows), ZERO),
            penalty=sum((row.penalty for row in rows), ZERO),
            balance=sum(balances, ZERO) if balances else None,
            paid=max((row.paid for row in rows), default=ZERO),  # a sum of the document, repeated in its rows
            payable=ZERO,
        )
        return total.with_payable(total.exact)

    @property
    def exact(self) -> Decimal:
        """What is to be paid by the other figures; below zero is an advance."""
        charged = self.accrued + self.recalculated - self.benefit + self.penalty
        return charged + (self.balance or ZERO) - self.paid

    @property
    def adds_up(self) -> bool:
        """Whether the printed sum to pay follows from the others; an advance may be printed as nothing to pay."""
        return self.payable in (self.exact, max(self.exact, ZERO))

    def with_payable(self, payable: Decimal) -> "Sums":
        return Sums(**(vars(self) | {"payable": payable}))

    def of_line(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "paid"}


@dataclass
class Document:
    """One payment document of the file: `sums` are None and `rows` hold the reasons when it cannot be read."""

    rows: list[Row]
    period: date | None
    account: str
    number: str
    kind: str
    form: str = ""
    issued: date | None = None
    due: date | None = None
    upto: date | None = None
    lines: list[Line] = field(default_factory=list)
    sums: Sums | None = None
    zhku: str = ""  # the flat's ИЖКУ and the document's identifier, where ГИС ЖКХ tells them
    identifier: str = ""

    @property
    def key(self) -> tuple[str, date | None, str]:
        """What may stand in a file once; the recipient follows from the kind."""
        return account_key(self.account), self.period, self.kind

    @property
    def is_good(self) -> bool:
        return self.sums is not None and all(row.is_good for row in self.rows)

    def refuse(self, name: str, text: str, **facts: str) -> None:
        self.rows[0].refuse(name, text, **facts)

    @property
    def digest(self) -> str:
        """The same for the same printed words and figures: tells a repeated import from a changed document."""
        words = [self.number, self.form, self.issued, self.due, self.upto, vars(self.sums) if self.sums else None]
        printed = json.dumps([words, [vars(line) for line in self.lines]], default=_printed, ensure_ascii=False)
        return hashlib.sha256(printed.encode()).hexdigest()


def _printed(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def documents(rows: Iterable[Row]) -> Iterator[Document]:
    """Gather neighbouring rows of one document, check the figures, note warnings and errors in the rows.

    Rows that could not be read at all come as a document without sums, so that no problem is lost.
    """
    seen: set[tuple[str, date | None, str]] = set()
    for _key, group in groupby(rows, key=_of_document):
        document = _document(list(group))
        if document.is_good and document.key in seen:
            document.refuse("doc_no", AGAIN)
        seen.add(document.key)
        yield document


def _of_document(row: Row) -> tuple[Any, ...]:
    return tuple(row.values.get(name) for name in ("period", "account", "doc_no", "kind"))


def _document(rows: list[Row]) -> Document:
    first = rows[0].values
    document = Document(
        rows, first.get("period"), first.get("account") or "", first.get("doc_no") or "", first.get("kind") or "main",
        form=_first(rows, "form") or "", issued=_first(rows, "issued"), due=_first(rows, "due"), upto=_first(rows, "upto"),
    )  # fmt: skip
    if not all(row.is_good for row in rows):
        return document
    totals = [row for row in rows if _is_total(row)]
    lines = [row for row in rows if not _is_total(row)]
    _refuse_repeated(lines)
    document.lines = [Line.of(row.values) for row in lines]
    for row, line in zip(lines, document.lines, strict=True):
        _warn(row, line)
    document.sums = _sums(document, lines, totals)
    return document


def _first(rows: list[Row], name: str) -> Any:
    """A value of the document, given in any of its rows."""
    return next((row.values[name] for row in rows if row.values.get(name)), None)


def _is_total(row: Row) -> bool:
    return not row.values.get("service_code") and row.values["service"].casefold().strip(" :") in TOTAL_WORDS


def _refuse_repeated(lines: list[Row]) -> None:
    seen = set()
    for row in lines:
        words = tuple(sorted((name, str(value)) for name, value in row.values.items()))
        if words in seen:
            row.refuse("", _("The same row stands in the file twice."))
        seen.add(words)


def _warn(row: Row, line: Line) -> None:
    if VOLUME in line.warnings and line.volume is not None and line.tariff is not None:
        row.warn(
            "accrued", _("%(service)s: %(volume)s × %(tariff)s is %(exact)s, printed %(printed)s."),
            service=line.service, volume=f"{line.volume.normalize():f}", tariff=str(line.tariff),
            exact=str(rounded(line.volume * line.tariff)), printed=str(line.accrued),
        )  # fmt: skip
    if SUM in line.warnings:
        exact = line.accrued + line.recalculated - line.benefit + line.penalty + (line.balance or ZERO)
        row.warn(
            "payable", _("%(service)s: the figures add up to %(exact)s, printed %(printed)s."),
            service=line.service, exact=str(exact), printed=str(line.payable),
        )  # fmt: skip


def _sums(document: Document, lines: list[Row], totals: list[Row]) -> Sums | None:
    """The document's money: the printed totals where there are any, checked against the lines; else the lines' sum."""
    if not lines:
        document.refuse("service", _("The document has no service lines."))
        return None
    added = Sums.over(Sums.of(row.values) for row in lines)
    if not totals:
        return added
    if len(totals) > 1:
        totals[1].refuse("service", _("The document has two rows of totals."))
    printed = Sums.of(totals[0].values)
    _compare(totals[0], printed, added)
    return printed.with_payable(printed.exact)


def _compare(row: Row, printed: Sums, added: Sums) -> None:
    """The printed totals must follow from each other and from the lines; printed sums of lines may be misprinted."""
    if not printed.adds_up:
        row.refuse(
            "payable", _("The totals add up to %(exact)s, printed %(printed)s."),
            exact=str(printed.exact), printed=str(printed.payable),
        )  # fmt: skip
    for name in ("accrued", "recalculated", "benefit", "penalty", "balance"):
        total, lines = getattr(printed, name), getattr(added, name)
        if (total or ZERO) != (lines or ZERO) and not (name == "balance" and lines is None):
            row.refuse(
                name, _("The lines add up to %(lines)s, the total says %(total)s."), lines=str(lines), total=str(total)
            )
