"""Opens a CSV or an XLSX as numbered rows of cells, and refuses what only pretends to be one.

Nothing is evaluated: of a formula the value that Excel saved beside it is taken, and a formula without one is marked.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO
from xml.parsers import expat

import python_calamine
from django.utils.translation import gettext_noop as _

from premises.registers.cells import Cell, Unreadable
from premises.registers.encodings import encoding_of, text_lines

Cells = list[Cell]
CHUNK = 1 << 20
MAX_FILE = 100 << 20  # a command's limit; the page of the admin takes far less
MAX_UNPACKED = 400 << 20  # of all parts of an XLSX together
MAX_BESIDE = 150 << 20  # of its parts that are no sheets: the parser needs thrice as much for their texts
MAX_COLUMNS = 200
MAX_ROWS = 200_000
HEADER_WITHIN = 15  # rows: 1C prints a title above the table
MAX_LINE = 100_000  # characters
MAX_PARTS = 1000  # of an archive
MAX_RATIO, FREE_RATIO = 300, 20 << 20  # how much an archive may shrink its content, once that is so many bytes
MAX_AREA, FREE_AREA, MAX_SPARSE = 8_000_000, 1_000_000, 20  # cells of a sheet's rectangle; the last: for one written
ZIP = b"PK\x03\x04"
NOT_LETTER = re.compile(r"[\W_]+")
OTHER_BOOKS = frozenset({"content.xml", "xl/workbook.bin"})  # of an ODS, of an XLSB
SHEET_NAME = re.compile(r"xl/worksheets/[^/]+\.xml$")
CELL = re.compile(rb"""<(?:\w+:)?c r=["']([A-Z]{1,7})([0-9]{1,9})["']""")
ANY_CELL = re.compile(rb"""<(?:[^\s<>/:]+:)?c(?=[\s/>])""")
ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([0-9]{1,12})["']""")
FORMULA = re.compile(rb"<(?:[^\s<>/:]+:)?f[\s/>]")
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
UNPACKED = _("The file is small, but unpacked it would be too large.")
BROKEN_BOOK = _("The XLSX file is broken: save it again in Excel.")
NO_VALUE = _("The cell holds a formula without a saved result: open the file in Excel, save it and send it again.")


class Formula(str):
    """Stands in a cell whose formula has no saved result."""


def rows(
    file: BinaryIO, *, encoding: str = "", separator: str = "", is_quoted: bool = True, sheet: str = ""
) -> Iterator[tuple[int, Cells]]:
    """Yield (line number, cells) of a CSV or XLSX, streamed; a broken file raises Unreadable.

    The kind is told by the content, not by the name. Formulas without a saved result come as Formula cells. Encoding and
    separator of a CSV are told by its content unless given; without `is_quoted` a quotation mark is a sign like any other.
    Of a workbook the sheet with the name is read, else the first.
    """
    if file.seek(0, io.SEEK_END) > MAX_FILE:
        raise Unreadable(_("The file is too large."))
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if head.startswith(ZIP):
        return _xlsx_rows(file, sheet)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("This is an old Excel file (.xls): save it as .xlsx or CSV."))
    return _csv_rows(file, encoding, separator, is_quoted)


def rows_expected(file: BinaryIO) -> int:
    """About how many rows the file has, without reading them: lines of a CSV, what an XLSX says of itself; 0: unknown."""
    file.seek(0)
    if file.read(4) == ZIP:
        return _rows_stated(file)
    file.seek(0)
    lines = 0
    while chunk := file.read(CHUNK):
        lines += chunk.count(b"\n")
    return max(lines - 1, 0)


def _rows_stated(file: BinaryIO) -> int:
    """The last row of `<dimension ref="A1:L100001">` at the top of the first sheet."""
    try:
        with zipfile.ZipFile(file) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
            found = re.search(rb"""<(?:\w+:)?dimension\s+ref=["'][A-Z0-9]+:[A-Z]+(\d{1,7})["']""", sheet.read(4096))
    except (*BROKEN_ZIP, KeyError):
        return 0
    return max(int(found[1]) - 1, 0) if found else 0


# --- CSV ------------------------------------------------------------------------------------------------------------


def _csv_rows(file: BinaryIO, encoding: str, separator: str, is_quoted: bool) -> Iterator[tuple[int, Cells]]:
    lines = text_lines(file, encoding or encoding_of(file))
    try:
        short = _short_lines(lines)
        first = list(islice(short, HEADER_WITHIN))
        text, sign = chain(first, short), separator or _delimiter(first)
        quoted = csv.reader(text, delimiter=sign) if is_quoted else None
        reader = quoted or csv.reader(text, delimiter=sign, quoting=csv.QUOTE_NONE)
        for cells in reader:
            yield reader.line_num, cells  # type: ignore[misc]  # a list of text is a list of cells: nobody adds to it
    except UnicodeDecodeError:
        raise Unreadable(_("The text of the file cannot be decoded: save it as UTF-8 or windows-1251.")) from None
    except csv.Error:
        raise Unreadable(_("A quotation mark opens in the file and never closes.")) from None
    finally:
        lines.detach()


def _short_lines(lines: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a text; one that never ends is no line of a register."""
    while line := lines.readline(CHUNK):
        if len(line) > MAX_LINE and '"' not in line:
            raise Unreadable(_("A line of the file is longer than %(longest)s characters."), {"longest": str(MAX_LINE)})
        yield line


def _delimiter(lines: list[str]) -> str:
    """The sign that separates columns. A comma only where no line has two of the others: it also stands inside numbers."""
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]
    for sign in ";\t":
        if any(line.count(sign) >= 2 for line in bare):
            return sign
    return max(",;\t", key=lambda sign: max((line.count(sign) for line in bare), default=0))


# --- XLSX -----------------------------------------------------------------------------------------------------------


def sheet_names(file: BinaryIO) -> list[str]:
    """The names of a workbook's sheets, in their order; a broken or hostile one raises Unreadable."""
    _guard(file)
    return list(_book(file).sheet_names)


def _book(file: BinaryIO) -> python_calamine.CalamineWorkbook:
    file.seek(0)
    try:
        return python_calamine.CalamineWorkbook.from_filelike(file)
    except Exception:  # the parser's own errors have no common class
        raise Unreadable(BROKEN_BOOK) from None


def _xlsx_rows(file: BinaryIO, name: str) -> Iterator[tuple[int, Cells]]:
    formulas = _guard(file)
    book = _book(file)
    index = _sheet_index(book.sheet_names, name)
    try:
        sheet = book.get_sheet_by_index(index)
        numbered = enumerate(
            () if sheet.start is None else sheet.iter_rows(), start=1
        )  # the parser dies on an empty one
    except Exception:  # the parser's own errors have no common class
        raise Unreadable(BROKEN_BOOK) from None
    for line, cells in numbered:
        for column in formulas.get(line, ()):
            if column < len(cells) and cells[column] in ("", None):
                cells[column] = Formula()
        yield line, list(cells)


def _sheet_index(names: list[str], wanted: str) -> int:
    """Where the sheet with this name stands; spaces, case and punctuation do not count."""
    keys = [NOT_LETTER.sub("", name.casefold()) for name in names]
    key = NOT_LETTER.sub("", wanted.casefold())
    if not key:
        return 0
    if key not in keys:
        raise Unreadable(_("The workbook has no sheet «%(name)s»."), {"name": wanted})
    return keys.index(key)


def _guard(file: BinaryIO) -> dict[int, list[int]]:
    """Refuse bombs before anything is unpacked into memory; return {row: [column]} of formulas without a result.

    Every part is read through, for what an archive and a sheet say of themselves may be a lie.
    """
    found: dict[int, list[int]] = {}
    unpacked, beside, sheets = 0, 0, 0
    try:
        with zipfile.ZipFile(file) as book:
            guard_sizes(book)
            for part in book.infolist():
                if part.filename.lower() in OTHER_BOOKS:  # the parser would take the whole for one of another program
                    raise Unreadable(BROKEN_BOOK)
                look = _Look(part.filename)
                for chunk in _read_to_the_end(book, part):
                    look.through(chunk)
                    unpacked += len(chunk)
                    beside += 0 if SHEET_NAME.match(part.filename) else len(chunk)
                    if unpacked > MAX_UNPACKED or beside > MAX_BESIDE:
                        raise Unreadable(UNPACKED)
                sheets += look.is_sheet
                look.end()
                if look.is_odd:
                    _extent_of(book, part).guard()
                if look.has_formulas:
                    found |= _empty_formulas(book, part)
    except (*BROKEN_ZIP, expat.ExpatError, ValueError):
        raise Unreadable(BROKEN_BOOK) from None
    if not sheets:
        raise Unreadable(BROKEN_BOOK)
    return found


def guard_sizes(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that says of itself that it would unpack into too much, or is packed as no office program does."""
    parts = archive.infolist()
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS or (unpacked > FREE_RATIO and unpacked > packed * MAX_RATIO):
        raise Unreadable(UNPACKED)
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise NotImplementedError  # of the others a few kilobytes become gigabytes in one step


def _read_to_the_end(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """All that a part unpacks into, in pieces. zipfile alone would stop where the directory says that the part ends."""
    endless = copy(part)
    endless.file_size = MAX_UNPACKED * 2
    size = 0
    with book.open(endless) as content:  # a wrong sum of check is a BadZipFile
        while chunk := content.read(CHUNK):
            size += len(chunk)
            yield chunk
    if size != part.file_size:
        raise zipfile.BadZipFile


@dataclass
class _Extent:
    """Between which cells a sheet stretches. The parser keeps the whole rectangle, 32 bytes for each cell of it."""

    cells: int = 0
    rows: tuple[int, int] = (MAX_ROWS, 1)
    columns: tuple[int, int] = (MAX_COLUMNS, 0)

    def take(self, rows: Collection[int], columns: Collection[int], cells: int) -> None:
        """Stretch it over these rows (from 1) and columns (from 0)."""
        if cells:
            self.cells += cells
            self.rows = min(self.rows[0], min(rows)), max(self.rows[1], max(rows))
            self.columns = min(self.columns[0], min(columns)), max(self.columns[1], max(columns))

    def guard(self) -> None:
        """Refuse a sheet that would need more memory than a register may."""
        if self.columns[1] >= MAX_COLUMNS:
            raise Unreadable(_("The sheet has too many columns: leave only the columns of the register."))
        if self.rows[1] > MAX_ROWS + 100:
            raise Unreadable(_("The file has more than 200 000 rows: split it into several files."))
        area = (self.rows[1] - self.rows[0] + 1) * (self.columns[1] - self.columns[0] + 1)
        if self.cells and area > min(MAX_AREA, FREE_AREA + self.cells * MAX_SPARSE):
            raise Unreadable(
                _("The sheet is too large for what is written in it: leave only the table of the register.")
            )


class _Look:
    """A look at one part in pieces, by its letters: a parser would take as long as the whole import."""

    def __init__(self, name: str) -> None:
        self.is_sheet = bool(SHEET_NAME.match(name))  # or wherever else the book says that a sheet is
        self.is_xml = name.lower().endswith((".xml", ".rels"))
        self.has_formulas = False
        self.is_odd = False  # cells without an address of their own, or written in an unusual way
        self.extent = _Extent()
        self._tail = b""

    def through(self, chunk: bytes) -> None:
        """Look at the next piece."""
        piece = self._tail + chunk
        self.is_sheet = self.is_sheet or b"sheetData" in piece
        # No part that Excel writes declares entities; one that does wants to grow while it is read.
        if (self.is_xml or self.is_sheet) and b"<!DOCTYPE" in piece:
            raise Unreadable(BROKEN_BOOK)
        if not self.is_sheet:
            self._tail = piece[-20:]
            return
        if b"\0" in piece:
            raise Unreadable(BROKEN_BOOK)
        cut = piece.rfind(b"<")
        self._tail = piece[max(cut, 0) :]
        if len(self._tail) > CHUNK:  # no cell holds so much
            raise Unreadable(BROKEN_BOOK)
        self._take(piece[: max(cut, 0)])

    def end(self) -> None:
        """Look at what is left and refuse a sheet that stretches too far."""
        if self.is_sheet:
            self._take(self._tail)
            self.extent.guard()

    def _take(self, piece: bytes) -> None:
        cells = CELL.findall(piece)
        self.is_odd = self.is_odd or len(cells) != len(ANY_CELL.findall(piece))
        self.has_formulas = self.has_formulas or bool(FORMULA.search(piece))
        columns = [column_index(column.decode()) for column in {column for column, _row in cells}]
        self.extent.take([int(row) for row in {row for _column, row in cells}], columns, len(cells))
        if max(map(int, ROW.findall(piece)), default=0) > MAX_ROWS + 100:
            raise Unreadable(_("The file has more than 200 000 rows: split it into several files."))


def _extent_of(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> _Extent:
    """Where the cells of a sheet stand that leaves out their addresses: each beside the one before it."""
    extent = _Extent()
    row, column = 0, -1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        name = tag.rpartition(":")[2]
        if name == "row":
            row, column = int(attributes.get("r", row + 1)), -1
        elif name == "c":
            column += 1
            if address := attributes.get("r"):
                place = re.fullmatch(r"([A-Za-z]{1,7})([0-9]{1,9})", address)
                if place is None:
                    raise Unreadable(BROKEN_BOOK)
                row, column = max(row, int(place[2])), column_index(place[1])
            extent.take((max(row, 1),), (column,), 1)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with book.open(part) as sheet:
        parser.ParseFile(sheet)
    return extent


def _empty_formulas(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> dict[int, list[int]]:
    """Find the cells that have a formula and no saved value, without building a tree."""
    found: dict[int, list[int]] = {}
    address, has_formula, value, inside = "", False, "", ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal address, has_formula, value, inside
        inside = tag.rpartition(":")[2]
        if inside == "c":
            address, has_formula, value = attributes.get("r", ""), False, ""
        elif inside == "f":
            has_formula = True

    def data(piece: str) -> None:
        nonlocal value
        if inside == "v":
            value += piece

    def end(tag: str) -> None:
        nonlocal inside
        inside = ""
        place = re.fullmatch(r"([A-Za-z]{1,3})(\d{1,7})", address)
        if tag.rpartition(":")[2] == "c" and has_formula and not value and place:
            found.setdefault(int(place[2]), []).append(column_index(place[1]))

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, data, end
    with book.open(part) as sheet:
        parser.ParseFile(sheet)
    return found


def column_index(letters: str) -> int:
    """Return the index of an Excel column from 0.

    >>> column_index("A"), column_index("AB")
    (0, 27)
    """
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1
