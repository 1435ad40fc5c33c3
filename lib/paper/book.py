"""The PDF as a whole: fonts, pages, the tree of tags, bookmarks and what PDF/UA wants said about the file."""

import zlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import BinaryIO, Self
from xml.sax.saxutils import escape

from lib.paper.faces import Face, cut, face
from lib.paper.file import LEVEL, PdfFile, string
from lib.paper.sheet import PORTRAIT, Sheet

FONT_NAMES = {"text": "T", "bold": "B", "rest": "R"}
TO_UNICODE = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <ffff> endcodespacerange
{blocks}
endcmap CMapName currentdict /CMap defineresource pop end end"""
METADATA = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>{made}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


class Book:
    """A PDF being written to an open file, sheet after sheet; what is finished leaves the memory."""

    def __init__(self, out: BinaryIO, *, title: str, language: str, made: datetime | None = None) -> None:
        self.file = PdfFile(out)
        self.title, self.language, self.made = title, language, made
        self.pages, self.fonts, self.tree, self.whole, self.root = self.file.numbers(5)
        self.page_numbers: list[int] = []
        self.parents: list[int] = []  # for each page the object that lists the tags of its marks
        self.parts: list[int] = []
        self.bookmarks: list[tuple[str, int]] = []
        self.used: dict[str, set[str]] = {"text": set(), "bold": set(), "rest": set()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def sheet(self, *, size: tuple[float, float] = PORTRAIT, label: str = "", bookmark: str = "") -> Sheet:
        """A document in the book, on pages of its own; `label` stands at their foot. Use it as a context manager."""
        return Sheet(self, size, label, bookmark)

    def fitted(
        self,
        draw: Callable[[Sheet], object],
        *,
        size: tuple[float, float] = PORTRAIT,
        label: str = "",
        bookmark: str = "",
        more: Callable[[float], float] = lambda wanted: 0.0,
    ) -> None:
        """Let `draw` draw a document; where smaller gaps save its last page, it is drawn once more with those.

        `more` tells how many points `draw` saves beside the gaps on a sheet that `is_small`; where it can see that they are
        fewer than wanted, any number below.
        """
        free = self.file.given
        sheet = Sheet(self, size, label, bookmark)
        draw(sheet)
        taken = self.file.given
        for way in sheet.savings(more):
            self.file.forget(free)
            tighter = Sheet(self, size, label, bookmark, *way)
            draw(tighter)
            if len(tighter.pages) < len(sheet.pages):
                sheet = tighter
                break
            self.file.forget(taken)
        sheet.close()

    def close(self) -> None:
        """Write what belongs to the whole file."""
        kids = " ".join(f"{number} 0 R" for number in self.page_numbers)
        self.file.put(self.pages, f"<</Type/Pages/Count {len(self.page_numbers)}/Kids[{kids}]>>")
        self._write_fonts()
        self._write_tree()
        language, title = string(self.language), string(self.title)
        catalog = (
            f"<</Type/Catalog/Pages {self.pages} 0 R/StructTreeRoot {self.tree} 0 R/MarkInfo<</Marked true>>"
            f"/Lang{language}/ViewerPreferences<</DisplayDocTitle true>>/Metadata {self._metadata()} 0 R"
            f"{self._outline()}>>"
        )
        self.file.put(self.root, catalog)
        self.file.close(self.root, self.file.add(f"<</Title{title}>>"))

    def _metadata(self) -> int:
        made = f"<xmp:CreateDate>{self.made.isoformat(timespec='seconds')}</xmp:CreateDate>" if self.made else ""
        words = METADATA.format(title=escape(self.title), language=escape(self.language), made=made)
        return self.file.plain(words.encode(), "/Type/Metadata/Subtype/XML")

    def _outline(self) -> str:
        """Bookmarks, one for each sheet that has a name."""
        if not self.bookmarks:
            return ""
        root, *items = self.file.numbers(len(self.bookmarks) + 1)
        for index, (words, page) in enumerate(self.bookmarks):
            before = f"/Prev {items[index - 1]} 0 R" if index else ""
            after = f"/Next {items[index + 1]} 0 R" if index + 1 < len(items) else ""
            self.file.put(
                items[index], f"<</Title{string(words)}/Parent {root} 0 R{before}{after}/Dest[{page} 0 R/Fit]>>"
            )
        self.file.put(root, f"<</Type/Outlines/First {items[0]} 0 R/Last {items[-1]} 0 R/Count {len(items)}>>")
        return f"/Outlines {root} 0 R/PageMode/UseOutlines"

    def _write_tree(self) -> None:
        kids = " ".join(f"{number} 0 R" for number in self.parts)
        self.file.put(self.whole, f"<</S/Document/P {self.tree} 0 R/K[{kids}]>>")
        marks = " ".join(f"{key} {number} 0 R" for key, number in enumerate(self.parents))
        self.file.put(
            self.tree,
            f"<</Type/StructTreeRoot/K {self.whole} 0 R/ParentTree<</Nums[{marks}]>>/ParentTreeNextKey {len(self.parents)}>>",
        )

    def _write_fonts(self) -> None:
        fonts = "".join(f"/{FONT_NAMES[name]} {self._font(name)} 0 R" for name, used in self.used.items() if used)
        self.file.put(self.fonts, f"<<{fonts}>>")

    def _font(self, name: str) -> int:
        one = face(name)
        letters, program = one.letters, one.packed
        if name == "rest":
            seen = "".join(self.used["rest"])
            glyphs = {int(seen[at : at + 4], 16) for at in range(0, len(seen), 4)}
            letters = {letter: glyph for letter, glyph in one.letters.items() if glyph in glyphs}
            program = zlib.compress(cut(one.data, letters, keep_numbers=True))
        return write_font(self.file, one, letters, program)


def write_font(file: PdfFile, one: Face, letters: dict[int, int], program: bytes) -> int:
    """The font's objects: the program itself, its widths and which letter each of its glyphs is."""
    kind = "/Subtype/OpenType" if one.is_outline else ""
    data = file.stream(program, kind, packed=True)
    base = f"PORTAL+{'Inter' if one.is_outline else 'DejaVuSans'}{'-SemiBold' if one.name == 'bold' else ''}"
    x_min, y_min, x_max, y_max = one.box
    descriptor = file.add(
        f"<</Type/FontDescriptor/FontName/{base}/Flags 4/FontBBox[{x_min} {y_min} {x_max} {y_max}]/ItalicAngle 0"
        f"/Ascent {one.ascent}/Descent {one.descent}/CapHeight 728/StemV 80"
        f"/{'FontFile3' if one.is_outline else 'FontFile2'} {data} 0 R>>"
    )
    widths, names = said_of(one.name) if letters is one.letters else _said(one, letters)
    cid = file.add(
        f"<</Type/Font/Subtype/CIDFontType{'0' if one.is_outline else '2'}/BaseFont/{base}"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        f"/FontDescriptor {descriptor} 0 R/W[{widths}]{'' if one.is_outline else '/CIDToGIDMap/Identity'}>>"
    )
    table = file.stream(names, packed=True)
    return file.add(
        f"<</Type/Font/Subtype/Type0/BaseFont/{base}/Encoding/Identity-H/DescendantFonts[{cid} 0 R]/ToUnicode {table} 0 R>>"
    )


@cache
def said_of(name: str) -> tuple[str, bytes]:
    """The widths of a whole face and the packed table of its letters: the same in every file of a process."""
    return _said(face(name), face(name).letters)


def _said(one: Face, letters: dict[int, int]) -> tuple[str, bytes]:
    glyphs = {0: 0} | {glyph: letter for letter, glyph in sorted(letters.items(), reverse=True)}
    widths = " ".join(f"{glyph}[{one.advances[glyph]:.0f}]" for glyph in sorted(glyphs))
    names = to_unicode({glyph: letter for glyph, letter in glyphs.items() if letter}).encode("ascii")
    return widths, zlib.compress(names, LEVEL)


def to_unicode(glyphs: dict[int, int]) -> str:
    """The table that gives the text back to whoever copies it or reads it aloud."""
    pairs = [f"<{glyph:04x}> <{chr(letter).encode('utf-16-be').hex()}>" for glyph, letter in sorted(glyphs.items())]
    blocks = [pairs[at : at + 100] for at in range(0, len(pairs), 100)]
    return TO_UNICODE.format(
        blocks="\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    )
