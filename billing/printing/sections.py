"""The sections beside the charges: each a table of a frozen block, only where the block has rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from billing.models import Invoice
from billing.printing.figures import given, month_given, whole
from billing.printing.labels import Labels
from lib.paper import Column, Row, Sheet, Style, Table
from lib.paper.table import natural
from lib.text import raised

Block = Sequence[Mapping[str, Any]]
TEXT = Style(size=8.2)
HEAD = Style(size=7.0, bold=True, leading=1.2)
WORDS = frozenset({"resource", "service", "serial", "zone", "unit", "reason", "period"})
WIDE = ("reason", "service", "resource")  # the first of them in a table takes what room is left
SHARED = ("house_volume", "rooms_volume", "common_volume")
MONEY = frozenset({"earlier", "interest", "payable", "amount"})


def readings(sheet: Sheet, invoice: Invoice, labels: Labels) -> Table:
    """Section «readings»: the flat's meters, then the house's, each with what it showed before and now."""
    rows = [
        {**one, "serial": f"{one.get('serial') or ''} ({labels.house_meter})"} if one.get("house") else one
        for one in sorted(invoice.readings, key=lambda one: bool(one.get("house")))
    ]
    return block(sheet, rows, labels.readings_columns)


def reference(sheet: Sheet, invoice: Invoice, labels: Labels) -> Table:
    rows = [{**one, **{name: whole(one.get(name)) for name in SHARED}} for one in invoice.reference]
    return block(sheet, rows, labels.reference_columns)


def instalments(sheet: Sheet, invoice: Invoice, labels: Labels) -> Table:
    return block(sheet, invoice.instalments, labels.instalments_columns)


def recalculations(sheet: Sheet, invoice: Invoice, labels: Labels, language: str) -> Table:
    rows = [{**one, "period": month_given(one.get("period"), language)} for one in invoice.recalculations]
    return block(sheet, rows, labels.recalculations_columns)


def block(sheet: Sheet, rows: Block, heads: Mapping[str, str]) -> Table:
    """A table of the columns that some row fills; the widest words take the room that the figures leave."""
    names = [name for name in heads if any(row.get(name) not in (None, "") for row in rows)]
    cells = {name: [cell(name, row.get(name)) for row in rows] for name in names}
    widths = {name: natural(heads[name], cells[name], TEXT, HEAD) for name in names}
    wide = next(name for name in (*WIDE, *names) if name in names)
    limit = sheet.width / (2.2 if wide == "reason" else 3)
    widths = {name: min(width, limit) for name, width in widths.items()}
    rest = sheet.width - sum(widths.values())
    if rest > 0:
        spare = rest / (len(names) + 2)
        widths = {name: width + spare * (3 if name == wide else 1) for name, width in widths.items()}
    else:
        widths = {name: width * sheet.width / sum(widths.values()) for name, width in widths.items()}
    columns = [Column(heads[name], widths[name], right=name not in WORDS) for name in names]
    return Table(columns, [Row([cells[name][at] for name in names]) for at in range(len(rows))], TEXT, HEAD)


def cell(name: str, value: object) -> str:
    """A value as it is printed: sums in kopecks, volumes with their own decimals, words as they are."""
    if name == "unit":
        return raised(str(value or ""))
    return str(value or "") if name in WORDS else given(value, 2 if name in MONEY else None)
