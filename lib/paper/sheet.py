"""One document of a book: its pages, what is drawn on them from top to bottom, and the tags that say what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from lib.paper.file import string
from lib.paper.text import Line, Span, Style, lines_of
from lib.qr import QUIET_ZONE

if TYPE_CHECKING:
    from lib.paper.book import Book

MM = 72 / 25.4
PORTRAIT = (595.28, 841.89)  # A4
LANDSCAPE = (841.89, 595.28)
MARGIN = 12 * MM
FOOT = 15 * MM
LEAST_AIR = 0.4  # of every gap: the rows of a table still stand apart
FIRST_AIR = 0.7  # as much is taken where less would do: a row more or less must not decide
SPARE = 12.0  # points that are asked of the gaps beyond what is needed
FOOT_STYLE = Style(size=8.0, colour="0.29 0.33 0.38")
BASELINE = 0.36  # of the size, below the middle of the line: the middle of the capital letters
DARK = re.compile(b"\x01+")
LETTERS = {"text": "T", "bold": "B", "rest": "R"}
Align = Literal["left", "right", "center"]


@dataclass(slots=True)
class Element:
    """A tag: its object's number, its kind, where it hangs, the page and the marks of its content."""

    number: int
    tag: str
    parent: int
    page: int = 0
    kids: list[str] = field(default_factory=list)
    more: str = ""


@dataclass(slots=True)
class Box:
    """Paragraphs one under another: what stands in a column. Each with the space after it."""

    paragraphs: list[tuple[tuple[Span, ...], float]] = field(default_factory=list)

    def add(self, *spans: Span, after: float = 1.5) -> None:
        self.paragraphs.append((spans, after))

    def height(self, width: float) -> float:
        return sum(height_of(lines_of(spans, width)) + after for spans, after in self.paragraphs)


@dataclass(slots=True)
class Page:
    number: int
    drawing: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)  # the tag of each mark
    colour: str = ""


class Sheet:
    """A document on pages of its own. `y` is how far down the page it has come, in points.

    `air` is the part of every gap that is left: 1 as the form was thought, less where a page is saved by it; `is_small`
    asks for smaller letters too, where the form has some.
    """

    def __init__(
        self, book: Book, size: tuple[float, float], label: str, bookmark: str, air: float = 1.0, is_small: bool = False
    ) -> None:
        self.air, self.is_small, self.top = air, is_small, MARGIN
        self.gaps = 0.0  # points of all gaps as they were thought
        self.given_up = self.repeated = (
            0.0  # points left at the foot of the page before, and of heads said again on this one
        )
        self.book, self.file, self.label, self.bookmark = book, book.file, label, bookmark
        self.page_width, self.page_height = size
        self.left, self.width = MARGIN, size[0] - 2 * MARGIN
        self.bottom = size[1] - FOOT
        self.pages: list[Page] = []
        self.new_page()
        self.part = Element(self.file.number(), "Part", book.whole, self.page.number)
        self.elements = [self.part]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    # What a form draws

    def new_page(self) -> None:
        self.given_up, self.repeated = (max(0.0, self.room), 0.0) if self.pages else (0.0, 0.0)
        self.page = Page(self.file.number())
        self.pages.append(self.page)
        self.y = self.top

    @property
    def room(self) -> float:
        return self.bottom - self.y

    def need(self, height: float) -> None:
        """Go to a new page where less than `height` is left of this one."""
        if self.room < height and self.y > self.top:
            self.new_page()

    def skip(self, height: float, *, air: float = 0.0) -> None:
        """Go down by `height`, in which there are gaps that were thought as `air` points."""
        self.y += height
        self.gaps += air

    def gap(self, height: float) -> None:
        """Leave a gap of so many points, or the part of it that this sheet has room for."""
        self.skip(height * self.air, air=height)

    def text(self, tag: str, *spans: Span, after: float = 2.0, align: Align = "left") -> None:
        """A paragraph or a heading over the whole width."""
        lines = lines_of(spans, self.width)
        height = height_of(lines)
        self.need(height)
        self.write(tag, lines, self.left, self.y, self.width, align)
        self.y += height
        self.gap(after)

    def columns(self, boxes: Sequence[Box], *, shares: Sequence[float] = (), gap: float = 16.0) -> None:
        """Boxes side by side, as high as the highest of them."""
        parts = shares or [1.0] * len(boxes)
        unit = (self.width - gap * (len(boxes) - 1)) / sum(parts)
        self.need(
            min(max(box.height(unit * part) for box, part in zip(boxes, parts, strict=True)), self.bottom - self.top)
        )
        x, top, lowest = self.left, self.y, self.y
        for box, part in zip(boxes, parts, strict=True):
            lowest = max(lowest, self.write_box(box, x, top, unit * part))
            x += unit * part + gap
        self.y = lowest

    def savings(self, more: Callable[[float], float]) -> list[tuple[float, bool]]:
        """Ways to save the last page: with which air, and whether with smaller letters. None where it cannot be saved.

        `more` tells how many points the drawing gives back with its smaller letters when so many are wanted. Of three pages
        and more only a part of the gaps can be told to help: after the way that is reckoned the tightest one is tried.
        """
        if len(self.pages) == 1:
            return []
        over = self.y - self.top - self.repeated - self.given_up + SPARE
        most = self.gaps * (1 - LEAST_AIR)
        is_small = over > most
        if is_small:
            over -= more(over - most)
        if over > most:
            return []
        ways = [(min(1 - over / self.gaps, FIRST_AIR), is_small)]
        return ways if len(self.pages) == 2 else [*ways, (LEAST_AIR, True)]

    # What those are made of

    def write_box(self, box: Box, x: float, y: float, width: float, align: Align = "left") -> float:
        """Draw the paragraphs from `y` down; returns where they end."""
        for spans, after in box.paragraphs:
            lines = lines_of(spans, width)
            self.write("P", lines, x, y, width, align)
            y += height_of(lines) + after
        return y

    def write(
        self,
        tag: str,
        lines: Sequence[Line],
        x: float,
        y: float,
        width: float,
        align: Align = "left",
        parent: Element | None = None,
    ) -> None:
        """Draw lines as one tagged piece of content."""
        self.mark(self.tag(tag, parent or self.part))
        self.draw_lines(lines, x, y, width, align)
        self.page.drawing.append("EMC")

    def tag(self, tag: str, parent: Element, more: str = "") -> Element:
        """A new tag under another; `more` is what PDF wants to know of it."""
        element = Element(self.file.number(), tag, parent.number, self.page.number, more=more)
        parent.kids.append(f"{element.number} 0 R")
        self.elements.append(element)
        return element

    def mark(self, element: Element) -> None:
        """What is drawn from here to EMC is the content of the tag."""
        page = self.page
        element.kids.append(str(len(page.marks)))
        page.drawing.append(f"/{element.tag} <</MCID {len(page.marks)}>> BDC")
        page.marks.append(element.number)

    def draw_lines(self, lines: Sequence[Line], x: float, y: float, width: float, align: Align = "left") -> None:
        """Draw lines from the top `y` down, without a tag of their own."""
        drawing, used = self.page.drawing, self.book.used
        for line in lines:
            start = x
            if align == "right":
                start = x + width - line.width
            elif align == "center":
                start = x + (width - line.width) / 2
            for piece in line.pieces:
                style = piece.style
                self.colour(style.colour)
                used[piece.face].add(piece.codes if piece.face == "rest" else "")
                base = self.page_height - y - line.height / 2 - style.size * BASELINE
                spacing = f" {style.spacing:g} Tc" if style.spacing else ""
                drawing.append(
                    f"BT /{LETTERS[piece.face]} {style.size:g} Tf{spacing} {start + piece.x:.2f} {base:.2f} Td"
                    f" <{piece.codes}> Tj{' 0 Tc' if spacing else ''} ET"
                )
            y += line.height

    def colour(self, colour: str) -> None:
        if self.page.colour != colour:
            self.page.colour = colour
            self.page.drawing.append(f"{colour} rg")

    def fill(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A plain area, for the eye only."""
        self.page.drawing.append(
            f"/Artifact BMC q {colour} rg {x:.2f} {self.page_height - y - height:.2f} {width:.2f} {height:.2f} re f Q EMC"
        )

    def frame(self, x: float, y: float, width: float, height: float, colour: str, line: float = 0.6) -> None:
        """The border of an area, for the eye only."""
        self.page.drawing.append(
            f"/Artifact BMC q {colour} RG {line:g} w {x:.2f} {self.page_height - y - height:.2f}"
            f" {width:.2f} {height:.2f} re S Q EMC"
        )

    def strokes(self, lines: Sequence[tuple[float, float, float, float]], colour: str, line: float = 0.4) -> None:
        """Straight lines, for the eye only: (x, y, x, y) each."""
        high = self.page_height
        paths = " ".join(f"{x:.2f} {high - y:.2f} m {to_x:.2f} {high - to_y:.2f} l" for x, y, to_x, to_y in lines)
        self.page.drawing.append(f"/Artifact BMC q {colour} RG {line:g} w {paths} S Q EMC")

    def code(self, rows: Sequence[bytes], x: float, y: float, size: float, alt: str) -> None:
        """A QR code with its quiet zone, a byte for each module (1 is dark), as areas: sharp on every printer."""
        bottom, scale = self.page_height - y - size, size / (len(rows) + 2 * QUIET_ZONE)
        shape = f"/A<</O/Layout/Placement/Block/BBox[{x:.2f} {bottom:.2f} {x + size:.2f} {bottom + size:.2f}]>>"
        self.mark(self.tag("Figure", self.part, f"/Alt{string(alt)}{shape}"))
        areas = _areas(tuple(rows))
        self.page.drawing.append(f"q 0 g {scale:.5f} 0 0 {scale:.5f} {x:.2f} {bottom:.2f} cm {areas} f Q EMC")

    # The end

    def close(self) -> None:
        """Number the pages and write everything; nothing of the sheet stays in memory."""
        if self.bookmark:
            self.book.bookmarks.append((self.bookmark, self.pages[0].number))
        self.book.parts.append(self.part.number)
        for index, page in enumerate(self.pages, start=1):
            self.page = page
            self._foot(index)
            self._write_page(page)
        for one in self.elements:
            kids = one.kids[0] if len(one.kids) == 1 else f"[{' '.join(one.kids)}]"
            self.file.put(one.number, f"<</S/{one.tag}/P {one.parent} 0 R/Pg {one.page} 0 R/K {kids}{one.more}>>")
        self.file.flush()

    def _foot(self, index: int) -> None:
        """The page's number, and whose page it is; a foot is no content."""
        self.page.drawing.append("/Artifact <</Type/Pagination/Subtype/Footer>> BDC")
        y = self.page_height - 9 * MM
        sides: tuple[tuple[str, Align], ...] = ((self.label, "left"), (f"{index} / {len(self.pages)}", "right"))
        for text, align in sides:
            if text:
                self.draw_lines(lines_of(((text, FOOT_STYLE),), self.width), self.left, y, self.width, align)
        self.page.drawing.append("EMC")

    def _write_page(self, page: Page) -> None:
        book = self.book
        content = self.file.stream("\n".join(page.drawing).encode("ascii"))
        key = len(book.parents)
        book.parents.append(self.file.add(f"[{' '.join(f'{number} 0 R' for number in page.marks)}]"))
        book.page_numbers.append(page.number)
        self.file.put(
            page.number,
            f"<</Type/Page/Parent {book.pages} 0 R/MediaBox[0 0 {self.page_width:.2f} {self.page_height:.2f}]"
            f"/Resources<</Font {book.fonts} 0 R>>/Contents {content} 0 R/StructParents {key}/Tabs/S>>",
        )


@lru_cache(maxsize=8)
def _areas(rows: tuple[bytes, ...]) -> str:
    """The dark modules of a code as areas; kept for the second drawing of the same form."""
    return " ".join(
        [
            f"{run.start() + QUIET_ZONE} {high} {run.end() - run.start()} 1 re"
            for high, row in enumerate(reversed(rows), start=QUIET_ZONE)
            for run in DARK.finditer(row)
        ]
    )


def height_of(lines: Sequence[Line]) -> float:
    return sum(line.height for line in lines)
