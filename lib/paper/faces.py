"""The two weights of the print face: cut once per process to the letters of our languages, then embedded as they are.

Cutting a face for each document costs more than drawing the document. The whole repertoire is 18 KB in the file.
A letter outside of it is taken from DejaVu Sans, of which only the letters that occurred are embedded.
"""

import os
import zlib
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

INTER = Path(os.environ.get("FONT_DIR") or "/usr/share/fonts/opentype/inter")
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
FILES = {  # the first that exists
    "text": (INTER / "Inter-Regular.otf", DEJAVU / "DejaVuSans.ttf"),
    "bold": (INTER / "Inter-SemiBold.otf", DEJAVU / "DejaVuSans-Bold.ttf"),
    "rest": (DEJAVU / "DejaVuSans.ttf",),
}
# Latin with its accents, Cyrillic of Russian and Ukrainian and their neighbours, punctuation, currencies, the signs of units.
REPERTOIRE = frozenset(
    (
        *range(0x20, 0x7F),
        *range(0xA0, 0x180),
        *range(0x400, 0x460),
        0x490,
        0x491,
        *range(0x2010, 0x2023),
        0x2026,
        0x02BC,
        0x202F,
        0x2030,
        0x20AC,
        0x20B4,
        0x20BD,
        0x2116,
        0x2192,
        0x2212,
        0x2264,
        0x2265,
    )
)  # fmt: skip


class Face:
    """One weight: what each letter is in the file and how wide it is."""

    def __init__(self, name: str, data: bytes, *, repertoire: frozenset[int] | None = None) -> None:
        from fontTools.ttLib import TTFont  # here: the web server knows of these faces but never prints

        self.name, self.data = name, data
        font = TTFont(BytesIO(data))
        order = {glyph: number for number, glyph in enumerate(font.getGlyphOrder())}
        self.letters = {letter: order[glyph] for letter, glyph in font.getBestCmap().items()}
        self.per_em: int = font["head"].unitsPerEm
        advances = font["hmtx"].metrics
        self.advances = [advances[glyph][0] * 1000 / self.per_em for glyph in font.getGlyphOrder()]
        for letter, glyph in _equal_figures(font).items():
            self.letters[letter] = order[glyph]
        known = self.letters if repertoire is None else self.letters.keys() & repertoire
        self.codes = {chr(letter): f"{self.letters[letter]:04x}" for letter in known}
        self.widths: dict[str, float] = {chr(letter): self.advances[self.letters[letter]] / 1000 for letter in known}
        self.is_outline = "CFF " in font  # Type 1 outlines, otherwise TrueType
        self.box = [
            round(getattr(font["head"], side) * 1000 / self.per_em) for side in ("xMin", "yMin", "xMax", "yMax")
        ]
        self.ascent = round(font["hhea"].ascent * 1000 / self.per_em)
        self.descent = round(font["hhea"].descent * 1000 / self.per_em)

    @property
    def packed(self) -> bytes:
        return _packed(self.data)


@cache
def face(name: str) -> Face:
    """«text», «bold», or «rest» for what those two have no letter for."""
    path = next((path for path in FILES[name] if path.exists()), None)
    if path is None:
        raise FileNotFoundError(f"no font for {name}: {FILES[name]}")
    if name == "rest":
        return Face(name, path.read_bytes())
    return Face(name, cut(path.read_bytes(), REPERTOIRE), repertoire=REPERTOIRE)


def cut(data: bytes, letters: Iterable[int], *, keep_numbers: bool = False) -> bytes:
    """The font with only these letters; with `keep_numbers` every glyph stays under the number it had."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(layout_features=["tnum"], hinting=False, desubroutinize=True, notdef_outline=True)
    options.name_IDs, options.retain_gids = [], keep_numbers
    options.drop_tables += ["GPOS", "GDEF", "DSIG", "STAT", "FFTM"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=letters)
    font = TTFont(BytesIO(data), lazy=True)
    cutter.subset(font)
    out = BytesIO()
    font.save(out)
    return out.getvalue()


def _equal_figures(font: "TTFont") -> dict[int, str]:
    """Figures of one width, so that sums stand under one another: the font's own substitutes (`tnum`)."""
    if "GSUB" not in font:
        return {}
    table, letters = font["GSUB"].table, font.getBestCmap()
    lookups = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    swapped: dict[str, str] = {}
    for index in lookups:
        for sub in table.LookupList.Lookup[index].SubTable:
            swapped |= getattr(getattr(sub, "ExtSubTable", sub), "mapping", {})
    return {letter: swapped[letters[letter]] for letter in range(0x30, 0x3A) if letters[letter] in swapped}


@cache
def _packed(data: bytes) -> bytes:
    return zlib.compress(data, 9)
