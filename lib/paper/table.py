"""Tables of fixed columns: heads repeated on every page, rows that are never torn or alone, figures under one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lib.paper.breaks import breaks
from lib.paper.sheet import Align, Element, Sheet, height_of
from lib.paper.text import Line, Span, Style, lines_of, longest_word, measure

Cell = str | tuple[Span, ...]
GRID, EDGE = "0.80 0.78 0.74", "0.48 0.45 0.40"
FILLS = {"head": "0.93 0.91 0.87", "group": "0.965 0.957 0.937", "total": "0.93 0.91 0.87"}
PAD_X, PAD_Y = 3.0, 2.2
CUT = ("…", Style())


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, its width in points and where its text stands."""

    head: str
    width: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row; the first cell goes over `span` columns. The first cell of `body` and `total` names the row.

    A row that is `joined` stays on the page of the one before it; so do a total and the row after the name of a group.
    """

    cells: Sequence[Cell]
    kind: Literal["body", "group", "total"] = "body"
    span: int = 1
    joined: bool = False


@dataclass
class Table:
    """A table to be drawn on a sheet, from where the sheet is."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    style: Style = field(default_factory=Style)
    head_style: Style = field(default_factory=lambda: Style(size=7.0, bold=True, leading=1.2))

    def __post_init__(self) -> None:
        size = self.style.size
        self.styles = {"body": self.style, "group": Style(size=size, bold=True), "total": Style(size=size, bold=True)}
        self.lefts = [sum(column.width for column in self.columns[:index]) for index in range(len(self.columns) + 1)]

    def begins_here(self, sheet: Sheet, *, above: float = 0.0, tail: float = 0.0) -> bool:
        """Whether the table begins on this page when `above` points come before it: for its heading, which goes with it."""
        self._measure(sheet)
        return 0 not in self._breaks(above, tail)

    def height(self, sheet: Sheet) -> float:
        """How high it is in one piece."""
        self._measure(sheet)
        return self.head_height + sum(high for _cells, high in self.measured)

    def spare(self, size: float) -> float:
        """At most how many points lower letters of this size would make it, measured as it is: if no cell had two lines."""
        least = size * self.style.leading + 2 * self.pad
        return sum([max(0.0, high - least) for _cells, high in self.measured])

    def draw(self, sheet: Sheet, *, after: float = 4.0, tail: float = 0.0) -> None:
        """Draw it over as many pages as it takes; its last rows keep `tail` points of the page for what follows them."""
        self._measure(sheet)
        self.table = sheet.tag("Table", sheet.part)
        starts = frozenset(self._breaks(0.0, tail))
        if 0 in starts:
            sheet.new_page()
        self._start(first=True)
        body = sheet.tag("TBody", self.table)
        for index, (row, (cells, high)) in enumerate(zip(self.rows, self.measured, strict=True)):
            if index and index in starts:
                self._finish()
                sheet.new_page()
                self._start(first=False)
            self._row(row, cells, high, body)
        self._finish()
        sheet.gap(after)

    def _measure(self, sheet: Sheet) -> None:
        """Break every cell into lines, once for the sheet."""
        if getattr(self, "sheet", None) is sheet:
            return
        self.sheet, self.pad = sheet, PAD_Y * sheet.air
        self.head = [lines_of(((column.head, self.head_style),), column.width - 2 * PAD_X) for column in self.columns]
        self.head_height = max(map(height_of, self.head)) + 2 * self.pad
        self.measured = [self._measured(row) for row in self.rows]

    def _breaks(self, above: float, tail: float) -> list[int]:
        sheet = self.sheet
        heights = [high for _cells, high in self.measured]
        fresh = sheet.bottom - sheet.top - self.head_height
        return breaks(heights, self._tied(), sheet.room - above - self.head_height, fresh, tail)

    def _tied(self) -> list[bool]:
        """Of each row whether it stays with the one before it; a total has two rows with it."""
        tied = [
            index > 0 and (row.joined or row.kind == "total" or self.rows[index - 1].kind == "group")
            for index, row in enumerate(self.rows)
        ]
        for index, row in enumerate(self.rows):
            if row.kind == "total" and index > 1:
                tied[index - 1] = True
        return tied

    def _measured(self, row: Row) -> tuple[list[tuple[Line, ...]], float]:
        """The broken lines of each cell and the height of the row, at most half a page."""
        style, cells = self.styles[row.kind], []
        for index, cell in enumerate(row.cells):
            column = index + row.span - 1 if index else 0
            width = self.lefts[column + (row.span if index == 0 else 1)] - self.lefts[column] - 2 * PAD_X
            cells.append(lines_of(((cell, style),) if isinstance(cell, str) else cell, width) if cell else ())
        most = int((self.sheet.bottom / 2) / (style.size * style.leading))
        cells = [cell if len(cell) <= most else (*cell[: most - 1], *lines_of((CUT,), 50)) for cell in cells]
        return cells, max([height_of(cell) for cell in cells] + [style.size * style.leading]) + 2 * self.pad

    def _start(self, *, first: bool) -> None:
        """The head; on the pages after the first it only repeats what was said and is no content."""
        sheet = self.sheet
        self.top, self.marks = sheet.y, [sheet.y]
        self.whole: list[tuple[float, float, int]] = []  # where cells go over several columns: from, to, how many
        sheet.fill(sheet.left, sheet.y, self.lefts[-1], self.head_height, FILLS["head"])
        row = sheet.tag("TR", sheet.tag("THead", self.table)) if first else None
        if row is None:
            sheet.page.drawing.append("/Artifact BMC")
        for index, (column, lines) in enumerate(zip(self.columns, self.head, strict=True)):
            x, width = sheet.left + self.lefts[index] + PAD_X, column.width - 2 * PAD_X
            y = sheet.y + self.head_height - self.pad - height_of(lines)
            align: Align = "right" if column.right else "left"
            if row is None:
                sheet.draw_lines(lines, x, y, width, align)
            else:
                cell = sheet.tag("TH", row, "/A<</O/Table/Scope/Column>>")
                self._content(cell, lines, x, y, width, align)
        if row is None:
            sheet.page.drawing.append("EMC")
        sheet.skip(self.head_height, air=2 * PAD_Y if first else 0.0)
        sheet.repeated = 0.0 if first else self.head_height
        self.marks.append(sheet.y)

    def _row(self, row: Row, cells: list[tuple[Line, ...]], high: float, body: Element) -> None:
        sheet = self.sheet
        if row.kind != "body":
            sheet.fill(sheet.left, sheet.y, self.lefts[-1], high, FILLS[row.kind])
        line = sheet.tag("TR", body)
        for index, lines in enumerate(cells):
            column = index + row.span - 1 if index else 0
            over = row.span if index == 0 else 1
            span = f"/ColSpan {over}" if over > 1 else ""
            names = index == 0
            more = f"/A<</O/Table{'/Scope/Row' if names else ''}{span}>>" if names or span else ""
            cell = sheet.tag("TH" if names else "TD", line, more)
            if lines:
                x = sheet.left + self.lefts[column] + PAD_X
                width = self.lefts[column + over] - self.lefts[column] - 2 * PAD_X
                align: Align = "right" if self.columns[column].right and over == 1 else "left"
                self._content(cell, lines, x, sheet.y + self.pad, width, align)
        if row.span > 1:
            self.whole.append((sheet.y, sheet.y + high, row.span))
        sheet.skip(high, air=2 * PAD_Y)
        self.marks.append(sheet.y)

    def _content(self, cell: Element, lines: Sequence[Line], x: float, y: float, width: float, align: Align) -> None:
        self.sheet.mark(cell)
        self.sheet.draw_lines(lines, x, y, width, align)
        self.sheet.page.drawing.append("EMC")

    def _finish(self) -> None:
        """The lines between the rows and the columns, and the edge."""
        sheet, right = self.sheet, self.sheet.left + self.lefts[-1]
        inner = [(sheet.left, y, right, y) for y in self.marks[1:-1]]
        inner += [
            (sheet.left + x, top, sheet.left + x, bottom)
            for index, x in enumerate(self.lefts[1:-1], start=1)
            for top, bottom in self._open(index)
        ]
        sheet.strokes(inner, GRID)
        sheet.frame(sheet.left, self.top, self.lefts[-1], sheet.y - self.top, EDGE, 0.6)

    def _open(self, index: int) -> Iterator[tuple[float, float]]:
        """Where the line before a column runs: not through the cells that go over it."""
        top = self.top
        for start, end, span in self.whole:
            if index < span:
                if start > top:
                    yield top, start
                top = end
        if self.sheet.y > top:
            yield top, self.sheet.y


def natural(head: str, cells: Sequence[Cell], style: Style, head_style: Style) -> float:
    """The least width that breaks neither a word of the head nor a figure of the cells."""
    widest = max((measure(cell, style) for cell in cells if isinstance(cell, str)), default=0.0)
    return max(widest, longest_word(head, head_style)) + 2 * PAD_X + 0.5
