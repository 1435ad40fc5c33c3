"""Reads a company's register: finds the columns by their headers and yields checked rows. Pure: no database.

    register = read(file, COLUMNS)
    for row in register:
        row.line, row.values["account"], row.problems

The whole file is never held in memory, except an XLSX, whose cells the parser keeps (about 100 MB per 100 000 rows).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

from django.utils.translation import gettext_noop as _

from lib.text import search_key
from premises.registers import sources
from premises.registers.cells import Cell, Reader, Unreadable
from premises.registers.tally import ERROR, WARNING, Problem

__all__ = ["ERROR", "WARNING", "Column", "Problem", "Register", "Row", "header_key", "read"]

NO_COLUMN = _("The file has no such column. Write one of these words into the header: %(words)s.")
MOST_WORDS = 8


@dataclass(frozen=True)
class Column:
    """One column of a register.

    `name` is the header and the key in Row.values; `aliases` are other headers, in any language. A `required` column must
    be in the header, a `filled` one must have a value in every row. Of an `is_soft` one a cell that cannot be read is a
    warning.
    """

    name: str
    read: Reader
    aliases: tuple[str, ...] = ()
    required: bool = False
    filled: bool = False
    is_soft: bool = False


@dataclass(slots=True)
class Row:
    """One line of the file; values that could not be read are None and have a problem."""

    line: int
    values: dict[str, Any]
    problems: list[Problem]

    @property
    def is_good(self) -> bool:
        """Whether nothing but warnings was found."""
        return not self.problems or not any(problem.level == ERROR for problem in self.problems)

    def refuse(self, field: str, text: str, **facts: str) -> None:
        """Note an error: the file with it will not be imported."""
        self.problems.append(Problem(self.line, ERROR, field, text, facts))

    def warn(self, field: str, text: str, **facts: str) -> None:
        """Note something to look at that does not stop the import."""
        self.problems.append(Problem(self.line, WARNING, field, text, facts))


class Register:
    """An opened register: `problems` of the whole file (no rows follow when one is an error), then the rows."""

    def __init__(
        self, rows: Iterator[tuple[int, sources.Cells]], columns: Sequence[Column], *, sub_header: bool = False
    ) -> None:
        self.problems: list[Problem] = []
        self._rows = rows
        self._columns = columns
        self._place: list[tuple[int, Column]] = []
        self._width = 0
        self.headers: dict[str, str] = {}  # name of a column → its header as the file writes it
        self.labels: dict[
            str, tuple[str, int]
        ] = {}  # of one without a header: what it is in English words, its place from 1
        try:
            self._find_header(sub_header)
            if not self._is_broken:
                self._look_for_rows()
        except Unreadable as broken:
            self._refuse(broken, 0)

    @classmethod
    def placed(cls, rows: Iterator[tuple[int, sources.Cells]], places: Mapping[int, Column]) -> "Register":
        """Open a table without a header: the columns stand at these indexes, others are passed over.

        Every row is as wide as the first one.
        """
        register = cls(iter(()), ())
        register.problems = []
        register._rows, register._place = rows, sorted(places.items(), key=lambda place: place[0])
        register._columns = list(places.values())
        try:
            register._look_for_rows()
            line, cells = next(register._rows)
            register._rows = chain([(line, cells)], register._rows)
            register._width = max(len(cells), *(index + 1 for index in places))
        except Unreadable as broken:
            register._refuse(broken, 0)
        return register

    @classmethod
    def refused(cls, broken: Unreadable) -> "Register":
        """A register that cannot be opened: the reason and no rows."""
        register = cls(iter(()), ())
        register.problems = [Problem(0, ERROR, "", broken.text, broken.facts)]
        return register

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; a file that breaks off in the middle ends with a row that says so."""
        if self._is_broken:
            return
        line, count = 0, 0
        try:
            for line, cells in self._rows:
                if _is_blank(cells):
                    continue
                count += 1
                if count > sources.MAX_ROWS:
                    raise Unreadable(_("The file has more than 200 000 rows: split it into several files."))
                yield self._row(line, cells)
        except Unreadable as broken:
            yield Row(line, {}, [Problem(line, ERROR, "", broken.text, broken.facts)])

    def has(self, name: str) -> bool:
        """Whether the file has this column."""
        return any(column.name == name for _index, column in self._place)

    def index(self, name: str) -> int | None:
        """Where the column stands, from 0."""
        return next((index for index, column in self._place if column.name == name), None)

    def lack(self, name: str, line: int = 0) -> None:
        """Note that the file must have this column, and which words its header may be."""
        words = next(((one.name, *one.aliases) for one in self._columns if one.name == name), (name,))
        facts = {"words": ", ".join(words[:MOST_WORDS])}
        self.problems.append(Problem(line, ERROR, name, NO_COLUMN, facts))

    @property
    def _is_broken(self) -> bool:
        return any(problem.level == ERROR for problem in self.problems)

    def _refuse(self, broken: Unreadable, line: int) -> None:
        self.problems.append(Problem(line, ERROR, "", broken.text, broken.facts))

    def _find_header(self, sub_header: bool) -> None:
        """Take the first row that names all the required columns; else report what the best row lacks."""
        best: tuple[int, sources.Cells] = (0, [])
        found = -1
        for number, (line, cells) in enumerate(self._rows, start=1):
            known, complete = len(self._known(cells)), not self._missing(cells)
            if (complete or known > found) and any(cells):
                best, found = (line, cells), known
            if complete or number >= sources.HEADER_WITHIN:
                break
        line, cells = best
        if not cells:
            raise Unreadable(_("The file is empty."))
        if sub_header:
            cells = self._with_sub_header(cells)
        for column in self._missing(cells):
            self.lack(column.name, line)
        self._width = len(cells)
        self._place = self._known(cells)
        self.headers = {column.name: " ".join(str(cells[index]).split())[:100] for index, column in self._place}
        self._look_at_header(line, cells)

    def _with_sub_header(self, cells: sources.Cells) -> sources.Cells:
        """The header, after a look below it: a row of sub-headers is no data, and names the columns of merged cells."""
        following = self._next_row()
        if following is None:
            return cells
        if not self._is_sub_header(cells, following[1]):
            self._rows = chain([following], self._rows)
            return cells
        below = [*following[1], *[""] * (len(cells) - len(following[1]))]
        named = {index for index, _column in self._known(below)}
        above = [*cells, *[""] * (len(below) - len(cells))]
        return [below[index] if index in named else cell for index, cell in enumerate(above)]

    def _is_sub_header(self, header: sources.Cells, cells: sources.Cells) -> bool:
        """Whether a row holds words only, and not even a digit in the first column that must be filled."""
        key = next((index for index, column in self._known(header) if column.filled), -1)
        if 0 <= key < len(cells) and re.search(r"\d", str(cells[key])):
            return False
        return all(cell in ("", None) or (isinstance(cell, str) and re.search(r"[^\W\d_]", cell)) for cell in cells)

    def _look_for_rows(self) -> None:
        """A register without a single row is a mistake of whoever made the file."""
        first = self._next_row()
        if first is None:
            raise Unreadable(_("The file has no rows."))
        self._rows = chain([first], self._rows)

    def _next_row(self) -> tuple[int, sources.Cells] | None:
        """Take the next row that is not blank."""
        return next(((line, cells) for line, cells in self._rows if not _is_blank(cells)), None)

    def _known(self, cells: Iterable[Cell]) -> list[tuple[int, Column]]:
        by_header = {
            header_key(header): column for column in self._columns for header in (column.name, *column.aliases)
        }
        headers = [header_key(cell) if isinstance(cell, str) else "" for cell in cells]
        return [(index, by_header[header]) for index, header in enumerate(headers) if header in by_header]

    def _missing(self, cells: Iterable[Cell]) -> list[Column]:
        known = {column.name for _index, column in self._known(cells)}
        return [column for column in self._columns if column.required and column.name not in known]

    def _look_at_header(self, line: int, cells: sources.Cells) -> None:
        """Report a column that stands twice and columns that nobody reads."""
        seen: set[str] = set()
        for _index, column in self._place:
            if column.name in seen:
                self.problems.append(Problem(line, ERROR, column.name, _("The column stands in the file twice.")))
            seen.add(column.name)
        placed = {index for index, _column in self._place}
        for index, cell in enumerate(cells):
            if index not in placed and str(cell or "").strip():
                self.problems.append(
                    Problem(line, WARNING, str(cell)[:100], _("The column is not known and will not be read."))
                )

    def _row(self, line: int, cells: sources.Cells) -> Row:
        values: dict[str, Any] = {}
        row = Row(line, values, [])
        if len(cells) < self._width or (len(cells) > self._width and not _is_blank(cells[self._width :])):
            row.refuse(
                "", _("The row has %(has)s columns, the header has %(needs)s."),
                has=str(len(cells)), needs=str(self._width),
            )  # fmt: skip
            cells = cells + [""] * (self._width - len(cells))
        for index, column in self._place:  # a hundred thousand rows go through here: no call that can be spared
            cell = cells[index]
            try:
                if cell.__class__ is sources.Formula:
                    raise Unreadable(sources.NO_VALUE)
                value = column.read(cell)
            except Unreadable as broken:
                note = row.warn if column.is_soft else row.refuse
                note(column.name, broken.text, **broken.facts)
                values[column.name] = None
                continue
            if column.filled and (value is None or (value.__class__ is str and not value)):
                row.refuse(column.name, _("This cell must be filled in."))
            values[column.name] = value
        return row


def _is_blank(cells: sources.Cells) -> bool:
    return not any(cells) and all(cell in ("", None) for cell in cells)


def read(file: BinaryIO, columns: Sequence[Column], *, sub_header: bool = False) -> Register:
    """Open a CSV (`;`, tab or comma; UTF-8, windows-1251, cp866) or an XLSX, told by its content.

    With `sub_header` a row of words right below the header belongs to it, as in workbooks of ГИС ЖКХ.
    A file that cannot be opened gives a Register with the reason in `problems` and no rows.
    """
    try:
        rows = sources.rows(file)
    except Unreadable as broken:
        return Register.refused(broken)
    return Register(rows, columns, sub_header=sub_header)


def header_key(header: str) -> str:
    """Return a header as it is compared: letters and digits only, any case, ё as е.

    >>> header_key("Площадь, общая (м²)")
    'площадьобщаям²'
    """
    return re.sub(r"[\W_]+", "", search_key(header))
