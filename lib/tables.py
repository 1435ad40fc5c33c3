"""Tables that leave the portal: CSV and XLSX in which no cell is ever a formula or a link.

    return download("xlsx", "readings-2026-10", [_("Flat"), _("Value")], rows)

Text that begins like a formula is dangerous to whoever opens the file: in CSV it gets an apostrophe in front, in XLSX every
text is stored as text. Numbers stay numbers and dates stay dates.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Value = str | Promise | int | Decimal | dt.date | dt.datetime | None
Row = Sequence[Value]
Kind = Literal["csv", "xlsx"]

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
MARK = "\ufeff"  # tells Excel that the text is UTF-8
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML has no way to write these
NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\]")
NARROWEST, WIDEST, MEASURED = 8, 60, 200  # characters, characters, rows
LONGEST_TEXT = 32767  # of one cell of Excel


def download(kind: Kind, name: str, header: Row, rows: Iterable[Row]) -> HttpResponse:
    """Return the table as a file to keep; `name` is ours, without the ending. Memory grows with the rows."""
    body = xlsx_file(name, header, rows) if kind == "xlsx" else b"".join(csv_file(header, rows))
    response = HttpResponse(body, content_type=TYPES[kind])
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "table"
    response["Content-Disposition"] = f'attachment; filename="{safe}.{kind}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def csv_file(header: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the lines of a CSV as Excel of both countries opens it: UTF-8 with mark, `;`, CRLF, decimal comma."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")
    mark = MARK
    for row in chain([header], rows):
        writer.writerow([_printed(value) for value in row])
        yield (mark + line.getvalue()).encode("utf-8", "replace")
        mark = ""
        line.seek(0)
        line.truncate()


def _printed(value: Value) -> str:
    """A value as text of a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return _local(value).strftime("%d.%m.%Y %H:%M")
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def xlsx_file(title: str, header: Row, rows: Iterable[Row]) -> bytes:
    """Return a workbook of one sheet; the header row stays in sight, columns are as wide as their first rows need."""
    return workbook([(title, header, rows)])


def workbook(sheets: Iterable[tuple[str, Row, Iterable[Row]]]) -> bytes:
    """Return a workbook of several sheets: name, header, rows."""
    book = Workbook(write_only=True)
    for title, header, rows in sheets:
        _sheet(book, title, header, rows)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def _sheet(book: Workbook, title: str, header: Row, rows: Iterable[Row]) -> None:
    sheet = book.create_sheet(NOT_IN_TITLE.sub(" ", UNPRINTABLE.sub("", title))[:31].strip("' ") or "1")
    sheet.freeze_panes = "A2"
    rest = iter(rows)
    first = list(islice(rest, MEASURED))
    for index, width in enumerate(_widths([header, *first]), start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    bold = Font(bold=True)
    heads = [_cell(sheet, value) for value in header]
    for cell in heads:
        cell.font = bold
    sheet.append(heads)
    for row in chain(first, rest):
        sheet.append([_cell(sheet, value) for value in row])


def _widths(rows: Sequence[Row]) -> Iterator[int]:
    """The width of each column in characters: its longest printed value, within reason."""
    for index in range(max(map(len, rows))):
        longest = max(len(_printed(row[index])) for row in rows if index < len(row))
        yield min(max(longest + 2, NARROWEST), WIDEST)


def _cell(sheet: Any, value: Value) -> Any:
    """A cell of the value's own type; a text is stored as text whatever it looks like."""
    if isinstance(value, str | Promise):
        cell = WriteOnlyCell(sheet, UNPRINTABLE.sub("", str(value))[:LONGEST_TEXT])
        cell.data_type = "s"  # openpyxl takes «=…» for a formula and «#N/A» for an error
        return cell
    if isinstance(value, dt.datetime):
        cell = WriteOnlyCell(sheet, _local(value))
        cell.number_format = "dd.mm.yyyy hh:mm"
        return cell
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, dt.date):
        cell.number_format = "dd.mm.yyyy"
    elif isinstance(value, Decimal):
        places = max(0, -int(value.as_tuple().exponent))
        cell.number_format = f"0.{'0' * places}" if places else "0"
    return cell


def _local(moment: dt.datetime) -> dt.datetime:
    """The moment as clocks on the wall show it: a spreadsheet knows no time zones."""
    return timezone.make_naive(moment) if timezone.is_aware(moment) else moment
