"""Cuts the web font from Debian's package fonts-inter: only the letters, figures and features the pages use."""

import os
from pathlib import Path

from fontTools import subset

# Latin of our three languages, Russian and Ukrainian Cyrillic, punctuation, currency and the few signs the pages print.
LETTERS = (
    "".join(map(chr, range(0x20, 0x7F)))
    + "".join(map(chr, range(0x410, 0x450)))
    + "ЁёЄєІіЇїҐґ"
    + "\u00a0«»§°±²³·×ʼ–—‘’“”„…−≈≤≥€₴₽№→←↑↓✓"
)
FEATURES = ["kern", "tnum", "lnum", "ccmp", "locl", "mark"]
WEIGHTS = {"inter-400.woff2": "Inter-Regular.otf", "inter-650.woff2": "Inter-SemiBold.otf"}


def source() -> Path:
    """The folder of the package's fonts."""
    return Path(os.environ.get("FONT_DIR") or "/usr/share/fonts/opentype/inter")


def cut(target: Path) -> list[Path]:
    """Write the woff2 files that are missing or older than their source; nothing when the package is not there.

    Pages then fall back to the reader's own fonts.
    """
    target.mkdir(parents=True, exist_ok=True)
    made = []
    for name, original in WEIGHTS.items():
        font, file = source() / original, target / name
        if font.exists() and not (file.exists() and file.stat().st_mtime >= font.stat().st_mtime):
            _cut_one(font, file)
            made.append(file)
    return made


def _cut_one(font: Path, file: Path) -> None:
    options = subset.Options(flavor="woff2", layout_features=FEATURES, hinting=False, desubroutinize=True)
    options.name_IDs, options.notdef_outline, options.glyph_names = [1, 2], True, False
    options.drop_tables += ["DSIG", "STAT"]
    loaded = subset.load_font(str(font), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=LETTERS)
    cutter.subset(loaded)
    draft = file.with_suffix(".new")
    subset.save_font(loaded, str(draft), options)
    draft.rename(file)
