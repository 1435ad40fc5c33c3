"""Text as pieces of one weight, broken into lines. What was broken once is remembered: forms repeat their words."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lib.paper.faces import Face, face

WORD = re.compile(r"[^ ]+")
JOINED = re.compile(r"^.*[-‐–/@.,;_]")  # up to the last sign after which a word too wide for its line may be parted
UNSEEN = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
HARD_SPACES = "\u00a0\u202f"
UNKNOWN = "\ufffd"  # printed for what no face of ours has; DejaVu Sans knows this one


@dataclass(frozen=True, slots=True)
class Style:
    """How a piece of text looks: sizes in points, the colour as PDF writes it."""

    size: float = 9.0
    bold: bool = False
    colour: str = "0.08 0.09 0.12"
    leading: float = 1.32  # of the size
    spacing: float = 0.0  # between letters


Span = tuple[str, Style]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of one face and style: its letters in the font's numbers, where it starts in the line and how wide it is."""

    face: str
    style: Style
    codes: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    pieces: tuple[Piece, ...]
    width: float
    height: float


def clean(text: str) -> str:
    """The text on one line, composed, without control signs and direction marks; hard spaces stay."""
    kept = unicodedata.normalize("NFC", text)
    return UNSEEN.sub(lambda match: match[0] if match[0].strip(HARD_SPACES) == "" else " ", kept)


@lru_cache(maxsize=8192)
def measure(text: str, style: Style) -> float:
    """The width of the text in points."""
    widths = _face(style).widths
    try:
        wide = sum([widths[sign] for sign in text])
    except KeyError:
        wide = sum(_widths(face(name), run) for name, run in _runs(text, style))
    return wide * style.size + style.spacing * len(text)


def longest_word(text: str, style: Style) -> float:
    """The width below which a word of the text would be cut."""
    return max((measure(word, style) for word in WORD.findall(text)), default=0.0)


@lru_cache(maxsize=8192)
def lines_of(spans: tuple[Span, ...], width: float) -> tuple[Line, ...]:
    """Break the spans into lines no wider than `width`, at spaces; a word that is wider is broken anywhere."""
    lines: list[list[Span]] = [[]]
    used = 0.0
    for word, is_glued in _words(spans, width):
        line = lines[-1]
        space = (" ", line[-1][1] if line else word[0][1])
        gap = measure(*space) if line and not is_glued else 0.0
        wide = sum(measure(text, style) for text, style in word)
        if line and not is_glued:
            line.append(space)  # at the end of a line too: nobody sees it, but readers aloud need it
        if line and used + gap + wide > width + 0.01:
            lines.append([])
            used = gap = 0.0
        lines[-1] += word
        used += gap + wide
    return tuple(_line(line) for line in lines if line)


def _words(spans: tuple[Span, ...], width: float) -> Iterator[tuple[list[Span], bool]]:
    """Words, each of one or more spans where the style changes inside it, and whether it sticks to the one before."""
    word: list[Span] = []
    is_glued = False
    for raw, style in spans:
        for index, part in enumerate(clean(raw).split(" ")):
            if index and word:
                yield word, is_glued
                word, is_glued = [], False
            if not part:
                continue
            *full, last = _fitting(part, style, width)
            for piece in full:
                yield [*word, (piece, style)], is_glued
                word, is_glued = [], True
            word.append((last, style))
    if word:
        yield word, is_glued


def _fitting(word: str, style: Style, width: float) -> list[str]:
    """The word, in pieces where it is wider than the line: parted after a sign that joins two words, else anywhere."""
    if measure(word, style) <= width:
        return [word]
    parts, used = [""], 0.0
    for sign in word:
        wide = measure(sign, style)
        if parts[-1] and used + wide > width:
            rest = JOINED.sub("", parts[-1])
            if rest == parts[-1] or measure(rest, style) + wide > width:
                rest = ""
            parts[-1] = parts[-1].removesuffix(rest)
            parts.append(rest)
            used = measure(rest, style)
        parts[-1] += sign
        used += wide
    return parts


def _line(spans: list[Span]) -> Line:
    merged: list[tuple[str, Style]] = []
    for text, style in spans:
        if merged and merged[-1][1] is style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    pieces: list[Piece] = []
    x = 0.0
    for text, style in merged:
        for name, run in _runs(text, style):
            wide = measure(run, style)
            pieces.append(Piece(name, style, _codes(run, face(name)), x, wide))
            x += wide
    shown = x - (measure(" ", merged[-1][1]) if merged[-1][0].endswith(" ") else 0.0)
    return Line(tuple(pieces), shown, max(style.size * style.leading for _text, style in merged))


def _face(style: Style) -> Face:
    return face("bold" if style.bold else "text")


def _runs(text: str, style: Style) -> list[tuple[str, str]]:
    """The text in runs of one face: its own weight, or the face of the rest."""
    own = _face(style)
    if own.codes.keys() >= set(text):
        return [(own.name, text)]
    runs: list[tuple[str, str]] = []
    for sign in text:
        name = own.name if sign in own.codes else "rest"
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + sign)
        else:
            runs.append((name, sign))
    return runs


def _codes(text: str, one: Face) -> str:
    return "".join([one.codes.get(sign) or one.codes[UNKNOWN] for sign in text])


def _widths(one: Face, text: str) -> float:
    return sum(one.widths[sign if sign in one.widths else UNKNOWN] for sign in text)
