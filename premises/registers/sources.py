"""Opens a CSV or an XLSX as numbered rows of cells, and refuses what only pretends to be one.

Nothing is evaluated: of a formula the value that Excel saved beside it is taken, and a formula without one is marked.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
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
MAX_COLUMNS = 200
MAX_ROWS = 200_000
HEADER_WITHIN = 15  # rows: 1C prints a title above the table
MAX_LINE = 100_000  # characters
MAX_PARTS = 1000  # of an archive
MAX_RATIO, FREE_RATIO = 300, 20 << 20  # how much an archive may shrink its content, once that is so many bytes
HEAD = 64 << 10  # where an XML file declares entities, if it does
ZIP = b"PK\x03\x04"
NOT_LETTER = re.compile(r"[\W_]+")
CELL_ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,7})(\d{1,9})["']""")
ROW_ADDRESS = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["'](\d{1,12})["']""")
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
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
    """Refuse bombs before anything is unpacked into memory; return {row: [column]} of formulas without a result."""
    try:
        with zipfile.ZipFile(file) as book:
            guard_sizes(book)
            _refuse_entities(book)
            sheets = [
                part.filename for part in book.infolist() if re.match(r"xl/worksheets/[^/]+\.xml$", part.filename)
            ]
            if not sheets:
                raise Unreadable(BROKEN_BOOK)
            found: dict[int, list[int]] = {}
            for name in sheets:
                if _has_formulas(book, name):
                    found |= _empty_formulas(book, name)
            return found
    except (*BROKEN_ZIP, expat.ExpatError):
        raise Unreadable(BROKEN_BOOK) from None


def guard_sizes(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that says of itself that it would unpack into too much."""
    parts = archive.infolist()
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS or (unpacked > FREE_RATIO and unpacked > packed * MAX_RATIO):
        raise Unreadable(_("The file is too large."))


def _refuse_entities(book: zipfile.ZipFile) -> None:
    """No part that Excel writes declares entities; one that does wants to grow while it is read."""
    for part in book.infolist():
        if part.filename.lower().endswith((".xml", ".rels")):
            with book.open(part) as content:
                if b"<!DOCTYPE" in content.read(HEAD):
                    raise Unreadable(BROKEN_BOOK)


def _has_formulas(book: zipfile.ZipFile, name: str) -> bool:
    """Read one sheet through in small pieces: a cell far to the right or below, or a DTD, would cost gigabytes."""
    unpacked, tail, formulas = 0, b"", False
    with book.open(name) as sheet:
        while chunk := sheet.read(CHUNK):
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED:  # the directory of the archive may lie about sizes
                raise Unreadable(_("The file is too large."))
            piece = tail + chunk
            if b"<!DOCTYPE" in piece or b"\0" in piece:
                raise Unreadable(BROKEN_BOOK)
            _refuse_far_cells(piece)
            formulas = formulas or bool(re.search(rb"<(?:\w+:)?f[\s/>]", piece))
            tail = piece[-200:]
    return formulas


def _refuse_far_cells(piece: bytes) -> None:
    columns = {column.upper() for column, _row in set(CELL_ADDRESS.findall(piece))}
    last_row = max((int(row) for row in ROW_ADDRESS.findall(piece)), default=0)
    last_cell_row = max((int(row) for _column, row in CELL_ADDRESS.findall(piece)), default=0)
    if any(column_index(column.decode()) >= MAX_COLUMNS for column in columns):
        raise Unreadable(_("The sheet has too many columns: leave only the columns of the register."))
    if max(last_row, last_cell_row) > MAX_ROWS + 100:
        raise Unreadable(_("The file has more than 200 000 rows: split it into several files."))


def _empty_formulas(book: zipfile.ZipFile, name: str) -> dict[int, list[int]]:
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
    with book.open(name) as sheet:
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
