"""Tables that leave the portal: CSV and XLSX in which no cell is ever a formula or a link.

    return download("xlsx", "readings-2026-10", [_("Flat"), _("Value")], rows)

Text that begins like a formula is dangerous to whoever opens the file: in CSV it gets an apostrophe in front, in XLSX every
text is stored as text. Numbers stay numbers and dates stay dates.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, count, islice, repeat
from typing import Literal, TypeVar
from xml.sax.saxutils import escape

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import get_language
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

Value = str | Promise | int | Decimal | dt.date | dt.datetime | None
Row = Sequence[Value]
Kind = Literal["csv", "xlsx"]
Response = TypeVar("Response", HttpResponse, StreamingHttpResponse)

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
MARK = "\ufeff"  # tells Excel that the text is UTF-8
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML has no way to write these
NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\]")
NARROWEST, WIDEST, MEASURED = 8, 60, 200  # characters, characters, rows
LONGEST_TEXT = 32767  # of one cell of Excel
MOST_PLACES = 12
DAY, MOMENT = "dd.mm.yyyy", "dd.mm.yyyy hh:mm"
BLOCK = 64 * 1024  # bytes of a CSV that are sent together


def download(kind: Kind, name: str, header: Row, rows: Iterable[Row]) -> HttpResponse:
    """Return the table as a file to keep; `name` is ours, without the ending. Memory grows with the rows."""
    body = xlsx_file(name, header, rows) if kind == "xlsx" else b"".join(csv_file(header, rows))
    return _to_keep(HttpResponse(body, content_type=TYPES[kind]), kind, name)


def stream(kind: Kind, name: str, header: Row, rows: Iterable[Row]) -> StreamingHttpResponse:
    """The same for a long table, which leaves while its rows are read.

    So no transaction of the view waits for them, and the memory is that of a few hundred. `rows` must read what they need
    themselves; a sentence among them is in the reader's language. What fails on the way breaks the transfer off, and the
    browser says that the file did not come whole.
    """
    made = workbook_parts([(name, header, rows)]) if kind == "xlsx" else _blocks(csv_file(header, rows))
    return streamed(kind, name, made)


def streamed(kind: Kind, name: str, parts: Iterator[bytes]) -> StreamingHttpResponse:
    """A file whose parts are made one after the other when the view is over."""
    spoken = _in_language(get_language(), parts)
    return _to_keep(StreamingHttpResponse(spoken, content_type=TYPES[kind]), kind, name)


def _to_keep(response: Response, kind: Kind, name: str) -> Response:
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "table"
    response["Content-Disposition"] = f'attachment; filename="{safe}.{kind}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The header at once, then as many lines together as are worth a packet."""
    yield next(lines)
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _in_language(language: str | None, parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts in the language of a page that is over by the time they are made."""
    with translation.override(language):
        yield from filter(None, parts)


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
    if isinstance(value, str):  # the most usual ones first: a file may hold 25 million cells
        return f"'{value}" if value.startswith(FORMULA_SIGNS) else value
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, dt.datetime):
        return _local(value).strftime("%d.%m.%Y %H:%M")
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def xlsx_file(title: str, header: Row, rows: Iterable[Row]) -> bytes:
    """Return a workbook of one sheet; the header row stays in sight, columns are as wide as their first rows need."""
    return workbook([(title, header, rows)])


def workbook(sheets: Iterable[tuple[str, Row, Iterable[Row]]]) -> bytes:
    """Return a workbook of several sheets: name, header, rows."""
    return b"".join(workbook_parts(sheets))


def workbook_parts(sheets: Iterable[tuple[str, Row, Iterable[Row]]]) -> Iterator[bytes]:
    """Yield a workbook of several sheets as its rows are read.

    openpyxl makes the frame with styles and headers; the rows, five times as quick as cell by cell, are written into it.
    """
    book = Workbook(write_only=True)
    styles = _Styles(book)
    bodies: dict[str, Iterator[Row]] = {}
    for title, header, rows in sheets:
        rest = iter(rows)
        first = list(islice(rest, MEASURED))
        styles.open(title, header, first)
        bodies[f"xl/worksheets/sheet{len(bodies) + 1}.xml"] = chain(first, rest)
    frame, pipe = io.BytesIO(), _Pipe()
    book.save(frame)
    with zipfile.ZipFile(frame) as made, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:  # type: ignore[call-overload]
        for name in made.namelist():
            head, end, tail = made.read(name).partition(b"</sheetData>")
            with file.open(name, "w") as part:
                part.write(head)
                for block in styles.blocks(bodies.get(name, ())):
                    part.write(block)
                    yield pipe.taken()
                part.write(end + tail)
            yield pipe.taken()
    yield pipe.taken()


class _Pipe:
    """A file that is only written: what came since it was emptied last."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class _Styles:
    """How the cells of a workbook look, by the number that its table of styles gives to each format."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._numbers: dict[str, int] = {}

    def open(self, title: str, header: Row, first: Sequence[Row]) -> None:
        """A sheet with its header; the columns are as wide as its first rows need."""
        sheet = self._book.create_sheet(NOT_IN_TITLE.sub(" ", UNPRINTABLE.sub("", title))[:31].strip("' ") or "1")
        sheet.freeze_panes = "A2"
        for index, width in enumerate(_widths([header, *first]), start=1):
            sheet.column_dimensions[get_column_letter(index)].width = width
        heads = [WriteOnlyCell(sheet, UNPRINTABLE.sub("", str(value))[:LONGEST_TEXT]) for value in header]
        for cell in heads:
            cell.data_type, cell.font = (
                "s",
                Font(bold=True),
            )  # openpyxl takes «=…» for a formula and «#N/A» for an error
        sheet.append(heads)
        if not self._numbers:
            for look in (DAY, MOMENT, *map(_look, range(MOST_PLACES + 1))):
                cell = WriteOnlyCell(sheet, 0)
                cell.number_format = look
                self._numbers[look] = cell.style_id

    def blocks(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """The rows as XML, some hundreds together."""
        rest = enumerate(rows, start=2)
        while some := list(islice(rest, MEASURED)):
            yield "".join(
                f'<row r="{place}">{"".join(map(self._cell, map(get_column_letter, count(1)), repeat(place), row))}</row>'
                for place, row in some
            ).encode()

    def _cell(self, letter: str, place: int, value: Value) -> str:
        """A cell of the value's own type; a text is stored as text whatever it looks like."""
        if value is None or value == "":
            return ""
        at = f"{letter}{place}"
        if isinstance(value, str | Promise):
            text = escape(UNPRINTABLE.sub("", str(value))[:LONGEST_TEXT])
            return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        if isinstance(value, Decimal):
            number = f"{value:f}"
            look = _look(min(len(number.partition(".")[2]), MOST_PLACES))
        elif isinstance(value, dt.datetime):
            number, look = str(to_excel(_local(value))), MOMENT
        elif isinstance(value, dt.date):
            number, look = str(to_excel(value)), DAY
        else:
            return f'<c r="{at}"><v>{value:d}</v></c>'
        return f'<c r="{at}" s="{self._numbers[look]}"><v>{number}</v></c>'


def _look(places: int) -> str:
    """The format of a number with so many digits after the comma."""
    return f"0.{'0' * places}" if places else "0"


def _widths(rows: Sequence[Row]) -> Iterator[int]:
    """The width of each column in characters: its longest printed value, within reason."""
    for index in range(max(map(len, rows))):
        longest = max(len(_printed(row[index])) for row in rows if index < len(row))
        yield min(max(longest + 2, NARROWEST), WIDEST)


def _local(moment: dt.datetime) -> dt.datetime:
    """The moment as clocks on the wall show it: a spreadsheet knows no time zones."""
    return timezone.make_naive(moment) if timezone.is_aware(moment) else moment
