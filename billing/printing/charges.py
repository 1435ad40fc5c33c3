"""The table of services: only the columns that have a value, as large as they fit, on a lying sheet if they must."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from billing.models import Invoice, InvoiceLine
from billing.models.invoice import places_of
from billing.printing.figures import figure, money
from billing.printing.labels import Labels, labels_of
from billing.sublines import days_of
from billing.wording import Wording, wording_of
from lib.paper import LANDSCAPE, PORTRAIT, Cell, Column, Row, Style, Table
from lib.paper.sheet import MARGIN
from lib.paper.table import natural
from lib.paper.text import measure
from lib.text import raised

SIZES = (8.8, 8.2, 7.7, 7.2)
SAVING_SIZE = 7.7  # the letters with which a page is saved
LEAST_SERVICE, MOST_SERVICE = 96.0, 190.0  # points for the names of the services
NAME_LINES = 2.5  # over so many lines of its column goes an average name, where a sheet allows it
HEAD_SIZE = 6.8
MARK_SIZE, MARK_WIDTH = 6.0, 12.0
OF = {"ru": "из", "uk": "із"}  # 14 days of 30
MARKED = {"volume": "method", "volume_common": "method_common"}


@dataclass(frozen=True)
class Charges:
    """The table, broken down to fit, and the sheet it fits on."""

    size: tuple[float, float]
    columns: Sequence[Column]
    rows: Sequence[Row]
    style: Style
    head_style: Style

    def table(self) -> Table:
        return Table(self.columns, self.rows, self.style, self.head_style)


def charges(
    invoice: Invoice, lines: Sequence[InvoiceLine], words: Wording, labels: Labels, *, largest: float = SIZES[0]
) -> Charges:
    """Choose the columns, then the largest letters with which they fit, none larger than `largest`."""
    totals, has_marks = totals_of(invoice, lines), bool(methods(lines, words))
    names = columns_with_values(lines, totals, labels)
    cells = {name: [CELLS[name](line) for line in lines] for name in names}
    parts = [part for line in lines for part in parts_of(line, words, invoice.period)]
    last = [totals["payable"], money(invoice.payable), *(money(amount) for _label, amount in settled(invoice))]
    for size, style in (
        (sheet, Style(size=points)) for sheet in (PORTRAIT, LANDSCAPE) for points in SIZES if points <= largest
    ):
        head_style = Style(size=HEAD_SIZE, bold=True, leading=1.2)
        bold = Style(size=style.size, bold=True)
        widths = {
            name: max(
                natural(labels.columns[name], [*cells[name], *(one.get(name, "") for one in parts)], style, head_style),
                natural("", last if name == "payable" else [totals.get(name, "")], bold, head_style),
            )
            + (MARK_WIDTH if name in MARKED and has_marks else 0.0)
            for name in names[1:]
        }
        rest = size[0] - 2 * MARGIN - sum(widths.values())
        if rest >= service_width(cells["service"], style):
            break
    widths = spread(widths, rest, max(MOST_SERVICE, average_width(cells["service"], style)))
    service = size[0] - 2 * MARGIN - sum(widths.values())
    columns = [Column(labels.columns["service"], service)]
    columns += [Column(labels.columns[name], width, right=name != "unit") for name, width in widths.items()]
    table = [
        *rows(lines, names, cells, totals, words, invoice.period, style),
        *closing_rows(invoice, words, len(names)),
    ]
    return Charges(size, columns, table, style, head_style)


def service_width(names: Sequence[str], style: Style) -> float:
    """What the column of names should have at least: a bill of long names is easier to read lying than in ten lines a name."""
    return min(MOST_SERVICE, max(LEAST_SERVICE, average_width(names, style) / NAME_LINES))


def average_width(names: Sequence[str], style: Style) -> float:
    return sum(measure(name, style) for name in names) / max(1, len(names))


def spread(widths: dict[str, float], rest: float, names: float) -> dict[str, float]:
    """Give the columns of figures some of the room beyond what the names of the services need."""
    spare = max(0.0, rest - names)
    return {name: width + spare / len(widths) for name, width in widths.items()}


def columns_with_values(lines: Sequence[InvoiceLine], totals: dict[str, str], labels: Labels) -> list[str]:
    """The form's own columns and those with a value in them; a total of the period only where it says something new."""
    filled = {name for name, cell in CELLS.items() if totals.get(name) or any(cell(line) for line in lines)}
    if not any(line.total not in (line.accrued, line.payable) for line in lines):
        filled.discard("total")
    return [name for name in CELLS if name in labels.always or name in filled]


def totals_of(invoice: Invoice, lines: Sequence[InvoiceLine]) -> dict[str, str]:
    """The row of totals: what the document says of itself; its accrued sum has both parts.

    Across it adds up to what was to be paid before the money of the month, which `settled` takes off in rows of its own.
    """
    common = sum((line.accrued_common for line in lines), Decimal(0))
    return {
        "accrued": money(invoice.accrued - common),
        "accrued_common": money(common or None),
        "excess": money(invoice.excess or None),
        "fine": money(invoice.fine or None),
        "recalculated": money(invoice.recalculated or None),
        "benefit": money(invoice.benefit or None),
        "total": money(invoice.principal),
        "penalty": money(invoice.penalty or None),
        "balance": money(invoice.opening),
        "payable": money(invoice.payable - sum((amount for _label, amount in settled(invoice)), Decimal(0))),
    }


def settled(invoice: Invoice) -> list[tuple[str, Decimal]]:
    """What stands between the total of the services with the old debt and the sum to pay, in the order of the form."""
    words, labels = wording_of(invoice.form), labels_of(invoice.form)
    sums = ((labels.fees, invoice.fees), (labels.subsidy, -invoice.subsidy), (words.paid, -invoice.paid))
    return [(label, amount) for label, amount in sums if amount]


def closing_rows(invoice: Invoice, words: Wording, columns: int) -> list[Row]:
    """The rows under the total: money of the month, and what is left to pay; none where the total is that already."""
    found = settled(invoice)
    table = [Row([label, money(amount)], "body", columns - 1, joined=True) for label, amount in found]
    return [*table, Row([words.payable, money(invoice.payable)], "total", columns - 1)] if found else []


def rows(
    lines: Sequence[InvoiceLine],
    names: Sequence[str],
    cells: dict[str, list[str]],
    totals: dict[str, str],
    words: Wording,
    period: date,
    style: Style,
) -> list[Row]:
    """A row per line under the name of its group, and the total."""
    table: list[Row] = []
    small = Style(size=MARK_SIZE)
    for group, members in groupby(enumerate(lines), key=lambda pair: pair[1].group):
        if group:
            table.append(Row([group], "group", len(names)))
        for index, line in members:
            row: list[Cell] = [cells[name][index] for name in names]
            for at, name in enumerate(names):
                mark = InvoiceLine.METHOD_MARKS.get(getattr(line, MARKED[name])) if name in MARKED else None
                if mark and row[at]:
                    row[at] = ((cells[name][index], style), (f"\u00a0({mark})", small))
            table.append(Row(row))
            found = parts_of(line, words, period)
            table += [Row([part.get(name, "") for name in names], joined=True) for part in found]
    span = names.index("accrued")
    table.append(Row([words.total, *(totals.get(name, "") for name in names[span:])], "total", span))
    return table


def parts_of(line: InvoiceLine, words: Wording, period: date) -> list[dict[str, str]]:
    """The sub-lines under a line whose month has several tariffs, by column: with them the sheet multiplies out."""
    volume, accrued = ("volume_common", "accrued_common") if line.volume is None else ("volume", "accrued")
    found = []
    for used, rate, amount in line.by_tariff:
        days = days_of(used, getattr(line, volume), period)
        service = f"– {words.part}" + (f", {days[0]} {OF[words.language]} {days[1]} дн." if days else "")
        figures = {volume: figure(used), "tariff": figure(rate, places_of(rate)), accrued: money(amount)}
        found.append({"service": service, "unit": raised(line.unit)} | figures)
    return found


def methods(lines: Iterable[InvoiceLine], words: Wording) -> list[tuple[str, str]]:
    """The footnotes under the table: only the methods that a line has, as (index, words)."""
    used = {line.method for line in lines} | {line.method_common for line in lines}
    return [(InvoiceLine.METHOD_MARKS[method], text) for method, text in words.methods.items() if method in used]


CELLS: dict[str, Callable[[InvoiceLine], str]] = {
    "service": lambda line: line.service,
    "unit": lambda line: raised(line.unit),
    "volume": lambda line: "" if line.volume is None else figure(line.volume),
    "volume_common": lambda line: "" if line.volume_common is None else figure(line.volume_common),
    "tariff": lambda line: "" if line.tariff is None else figure(line.tariff, line.tariff_places),
    "accrued": lambda line: money(line.accrued),
    "accrued_common": lambda line: money(line.accrued_common or None),
    "coefficient": lambda line: "" if line.coefficient is None else figure(line.coefficient, 2),
    "excess": lambda line: money(line.excess or None),
    "recalculated": lambda line: money(line.recalculated or None),
    "benefit": lambda line: money(line.benefit or None),
    "fine": lambda line: money(line.fine or None),
    "total": lambda line: money(line.total),
    "penalty": lambda line: money(line.penalty or None),
    "balance": lambda line: money(line.balance),
    "payable": lambda line: money(line.payable),
}
