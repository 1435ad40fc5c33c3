"""The table of services on the page: every column that has a figure, in the words and the order of the form."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from billing.models import Invoice, InvoiceLine
from billing.printing.charges import settled
from billing.wording import Wording
from lib.money import format_number
from lib.text import raised

ALWAYS = {"unit", "volume", "tariff", "accrued", "payable"}
# What only some forms print beside the usual columns; what is taken off is printed without a sign, so its head says so.
# Not translated: a form is data of its country.
MORE = {
    "ru": {
        "volume_common": "Объем на общедомовые нужды", "accrued_common": "Начислено на общедомовые нужды, руб.",
        "excess": "Размер превышения (повышающий коэффициент), руб.", "fine": "Штраф исполнителя, руб. (вычитается)",
        "taken_off": " (вычитаются)",
    },
    "uk": {
        "volume_common": "Обсяг на загальнобудинкові потреби", "accrued_common": "Нараховано на загальнобудинкові потреби, грн",
        "excess": "Підвищувальний коефіцієнт, грн", "fine": "Штраф виконавця, грн (віднімається)",
        "taken_off": " (віднімається)",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One figure with the head of its column, and the index that says how a volume was found."""

    label: str
    text: str
    name: str
    is_figure: bool = True
    mark: str = ""


@dataclass(frozen=True)
class Row:
    """One service."""

    line: InvoiceLine
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    """What the page draws: heads, rows by groups of services, the totals."""

    service: str
    heads: list[Cell]
    groups: list[tuple[str, list[Row]]]
    totals: list[Cell]
    settled: list[tuple[str, str]]  # under the total: money of the month, then the sum to pay

    @property
    def width(self) -> int:
        return len(self.heads) + 1


def table(invoice: Invoice, lines: Sequence[InvoiceLine], words: Wording) -> Table:
    """Return the table of a document; columns without a single figure are left out."""
    heads = _heads(words)
    used = [name for name in heads if name in ALWAYS or _is_used(name, invoice, lines)]
    groups: list[tuple[str, list[Row]]] = []
    for line in lines:
        if not groups or groups[-1][0] != line.group:
            groups.append((line.group, []))
        groups[-1][1].append(Row(line, [_cell(name, heads[name], line) for name in used]))
    found = settled(invoice)
    last = [*found, (words.payable, invoice.payable)] if found else []
    return Table(
        service=words.columns[0],
        heads=[Cell(heads[name], "", name, name != "unit") for name in used],
        groups=groups,
        totals=[Cell(heads[name], _total(name, invoice, lines), name) for name in used],
        settled=[(label, _sum(amount)) for label, amount in last],
    )


def _heads(words: Wording) -> dict[str, str]:
    _service, unit, volume, tariff, accrued, recalculated, benefit, balance, payable = words.columns
    more = MORE[words.language]
    return {
        "unit": unit, "volume": volume, "volume_common": more["volume_common"], "tariff": tariff, "accrued": accrued,
        "accrued_common": more["accrued_common"], "excess": more["excess"], "recalculated": recalculated,
        "benefit": benefit + more["taken_off"], "fine": more["fine"], "penalty": words.penalty, "balance": balance, "payable": payable,
    }  # fmt: skip


def _is_used(name: str, invoice: Invoice, lines: Iterable[InvoiceLine]) -> bool:
    if name == "balance":
        return any(line.balance is not None for line in lines) or invoice.opening is not None
    return any(getattr(line, name) for line in lines) or bool(getattr(invoice, name, None))


def _cell(name: str, label: str, line: InvoiceLine) -> Cell:
    return Cell(
        label,
        WRITE[name](line),
        name,
        name != "unit",
        line.mark if name == "volume" and line.volume is not None else "",
    )


def _total(name: str, invoice: Invoice, lines: Sequence[InvoiceLine]) -> str:
    """The document's own total of a column; the two halves of what was accrued are added up from the lines."""
    if name in {"unit", "volume", "volume_common", "tariff"}:
        return ""
    if name == "accrued_common":
        return _sum(sum((line.accrued_common for line in lines), Decimal(0)))
    if name == "accrued":
        return _sum(invoice.accrued - sum((line.accrued_common for line in lines), Decimal(0)))
    if name == "balance":
        return _sum(invoice.opening)
    if name == "payable":
        return _sum(invoice.payable - sum((amount for _label, amount in settled(invoice)), Decimal(0)))
    value: Decimal = getattr(invoice, name)
    return _sum(value) if value else ""


def _figure(value: Decimal | None, places: int | None = None) -> str:
    return "" if value is None else format_number(value, get_language() or "en", places)


def _sum(value: Decimal | None) -> str:
    return _figure(value, 2)


def _if_any(name: str) -> Callable[[InvoiceLine], str]:
    return lambda line: _sum(getattr(line, name)) if getattr(line, name) else ""


WRITE: dict[str, Callable[[Any], str]] = {
    "unit": lambda line: raised(line.unit),
    "volume": lambda line: _figure(line.volume),
    "volume_common": lambda line: _figure(line.volume_common),
    "tariff": lambda line: _figure(line.tariff, line.tariff_places),
    "accrued": lambda line: _sum(line.accrued),
    "balance": lambda line: _sum(line.balance),
    "payable": lambda line: _sum(line.payable),
} | {name: _if_any(name) for name in ("accrued_common", "excess", "recalculated", "benefit", "fine", "penalty")}
