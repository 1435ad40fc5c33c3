"""The files the demo companies send: registers of payment documents and of payments (pure)."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from portal.town.books import Document, Receipt, after, due, issued
from portal.town.flats import as_csv
from portal.town.places import Company
from portal.town.utilities import Line

DOCUMENTS_HEADER = (
    "period", "account", "doc_no", "kind", "group", "service_code", "service", "unit", "volume", "method", "tariff",
    "accrued", "recalc", "benefit", "penalty", "balance", "paid", "payable", "form", "issued", "due", "upto",
)  # fmt: skip
PAYMENTS_HEADER = ("account", "date", "number", "operation", "amount", "kind", "channel")
TOTAL = {"RU": "ИТОГО", "UA": "РАЗОМ"}


def documents_register(company: Company, documents: Iterable[Document]) -> bytes:
    """Return one month's register of payment documents, totals included."""
    rows: list[tuple[str, ...]] = [DOCUMENTS_HEADER]
    for document in documents:
        rows += _document(company.country, document)
    return as_csv(rows, company.encoding)


def _document(country: str, document: Document) -> Iterator[tuple[str, ...]]:
    month, account = document.month, document.flat.account
    number = f"{month:%y%m}-{document.flat.number:04d}{'К' if document.kind == 'repair' else ''}"
    start = (f"{month:%m.%Y}", account, number, document.kind)
    last = after(month).toordinal() - 1
    end = (
        "ru43" if country == "RU" else "ua",
        _day(issued(month)),
        _day(due(country, month)),
        _day(date.fromordinal(last)),
    )
    for line in document.lines:
        yield (*start, *_words(line), *_sums(line), "", "", _number(line.payable), *end)
    lines = document.lines
    sums = (
        sum((getattr(line, name) for line in lines), Decimal(0))
        for name in ("accrued", "recalculated", "benefit", "penalty")
    )
    money = (*sums, document.opening, document.paid, document.payable)
    yield (*start, "", "", TOTAL[country], "", "", "", "", *map(_number, money), *end)


def _words(line: Line) -> tuple[str, ...]:
    return (
        line.group, line.code, line.service, line.unit, _number(line.volume), line.method, _number(line.tariff),
    )  # fmt: skip


def _sums(line: Line) -> tuple[str, ...]:
    return tuple(map(_number, (line.accrued, line.recalculated, line.benefit, line.penalty)))


def payments_register(company: Company, receipts: Iterable[Receipt]) -> bytes:
    """Return one month's register of payments with its control line."""
    rows: list[tuple[str, ...]] = [PAYMENTS_HEADER]
    total, count = Decimal(0), 0
    for count, receipt in enumerate(receipts, start=1):  # noqa: B007
        account = receipt.flat.account
        operation = f"{receipt.on:%y%m%d}-{account}-{receipt.kind}"
        rows.append(
            (account, _day(receipt.on), f"{receipt.on:%m%d}{receipt.flat.number:04d}", operation, _number(receipt.amount),
             receipt.kind, receipt.channel)
        )  # fmt: skip
        total += receipt.amount
    rows.append((f"={count}", _number(total)))
    return as_csv(rows, company.encoding)


def _number(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}".replace(".", ",")


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
