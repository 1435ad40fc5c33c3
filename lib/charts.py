"""Geometry of bar charts: two series of values become widths in percent. Pure, no words of the business.

The chart is an HTML table whose bars are drawn by SVG rectangles: its figures are text at every size of screen and paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

STEP = Decimal("0.1")
LEAST = Decimal("0.5")  # percent: what is more than nothing can be seen


@dataclass(frozen=True)
class Bar:
    """One row: this value and the one to compare with; None is «not known» and is not drawn. Texts are printed as they are."""

    label: str
    value: Decimal | None
    text: str
    before: Decimal | None = None
    before_text: str = ""
    is_estimate: bool = False


@dataclass(frozen=True)
class Drawn:
    """A row with the widths of its bars, in percent of the longest: «63.5»; empty where nothing is drawn."""

    bar: Bar
    width: str
    before_width: str


def bars(rows: Sequence[Bar]) -> list[Drawn]:
    """Return the rows with widths in proportion to the longest bar of both series; values below zero have no width."""
    longest = max((value for row in rows for value in (row.value, row.before) if value is not None), default=Decimal(0))
    return [Drawn(row, _width(row.value, longest), _width(row.before, longest)) for row in rows]


def _width(value: Decimal | None, longest: Decimal) -> str:
    if value is None:
        return ""
    if value <= 0 or longest <= 0:
        return "0"
    share = (value * 100 / longest).quantize(STEP, ROUND_HALF_UP)
    return f"{max(share, LEAST).normalize():f}"
