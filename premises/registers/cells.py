"""How one cell of a register is read: numbers, dates, periods, account numbers. Values in, values out.

Every reader takes what a CSV (text) or an XLSX (text, number, date) holds and returns the value, None for an empty cell,
or raises Unreadable with a sentence for the person who prepared the file. Sources of the rules: 1C exports, Excel.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_noop as _

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Reader = Callable[[Cell], Any]

SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
MINUSES = str.maketrans({"−": "-", "–": "-", "—": "-", "‑": "-"})  # U+2212, en and em dash, non-breaking hyphen
EMPTY = {"", "-"}
PLAIN = re.compile(r"-?\d{1,18}(?:[.,]\d{1,12})?", re.ASCII)
LONG = re.compile(r"-?\d+(?:[.,]\d+)?", re.ASCII)
TOO_LONG = _("The number has too many digits.")
SIMPLE = re.compile(r"\d{1,9}(?:[.,]\d{1,2})?", re.ASCII)
GROUPED = re.compile(r"-?\d{1,3}(?: \d{3})+(?:[.,]\d{1,12})?", re.ASCII)
TIME = r"(?:[ T](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"  # 1C adds a midnight, others the hour; it goes
DATE = re.compile(r"(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4})" + TIME, re.ASCII)
ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})" + TIME, re.ASCII)
PERIOD = re.compile(r"(\d{1,2})[./-](\d{4})", re.ASCII)
ISO_PERIOD = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
NAMED_PERIOD = re.compile(r"([^\W\d_]+),? (\d{4})(?: ?[гр]\.?| года| року)?")
MONTHS = {
    name: number
    for names in (
        "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
    )
    for number, name in enumerate(names.split(), start=1)
}
EXCEL_EPOCH = dt.date(1899, 12, 30)  # day 0 for every serial after Excel's imaginary 29.02.1900
FIRST_YEAR, LAST_YEAR = 1900, 2100


class Unreadable(Exception):
    """The cell cannot be read; `text` is an English sentence to translate, with the named `facts` in it."""

    def __init__(self, text: str, facts: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.facts = dict(facts or {})


def plain(cell: Cell) -> str:
    """Return the cell as one line of text: single spaces, none around, minus signs kept as they are."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return format(cell, ".15g") if not cell.is_integer() or abs(cell) >= 1e15 else str(int(cell))
    return SPACES.sub(" ", str(cell)).strip()


def is_tidy(text: str) -> bool:
    """Whether text needs no mending: printable, no space at its ends, no two together."""
    return text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " "


def text(longest: int) -> Reader:
    """A reader of text of at most `longest` characters; the empty cell is ''."""

    def read(cell: Cell) -> str:
        if cell.__class__ is str and is_tidy(cell) and len(cell) <= longest:
            return cell
        value = plain(cell)
        if len(value) > longest:
            raise Unreadable(_("The text is longer than %(longest)s characters."), {"longest": str(longest)})
        if not value.isprintable():
            raise Unreadable(_("The text holds characters that cannot be printed."))
        return value

    return read


def number(places: int = 2, *, least: Decimal | None = None, most: Decimal = Decimal("999999999")) -> Reader:
    """A reader of exact numbers with at most `places` digits after the separator, from `least` to `most`."""
    low = -most if least is None else least

    def read(cell: Cell) -> Decimal | None:
        if cell.__class__ is str and places >= 2 and SIMPLE.fullmatch(cell):  # nearly every sum of a register
            value: Decimal | None = Decimal(cell.replace(",", "."))
        else:
            value = as_decimal(cell)
        if value is None:
            return None
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            exponent = value.normalize().as_tuple().exponent
        if not isinstance(exponent, int) or -exponent > places:
            raise Unreadable(_("At most %(places)s digits after the comma are allowed."), {"places": str(places)})
        if not low <= value <= most:
            raise Unreadable(
                _("The number must be between %(low)s and %(most)s."), {"low": f"{low:f}", "most": f"{most:f}"}
            )
        return value

    return read


def as_decimal(cell: Cell) -> Decimal | None:
    """Return the exact number of a cell: `3 680,39`, `1180.70`, `−96,48`; None for an empty cell and a lone dash.

    Both separators at once (`1,234.56`) could mean two numbers and are refused. A float of Excel is taken with the 15
    digits that Excel shows.

    >>> as_decimal("3 680,39"), as_decimal("-")
    (Decimal('3680.39'), None)
    """
    if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
        raise Unreadable(_("This is not a number."))
    if isinstance(cell, int | float):
        return _excel_number(cell)
    return _written_number(cell or "")


@lru_cache(maxsize=16384)  # areas and sums repeat: quicker, and one object for all of them
def _written_number(text: str) -> Decimal | None:
    written = SPACES.sub(" ", text).strip().translate(MINUSES)
    if written in EMPTY:
        return None
    written = written.replace("- ", "-", 1) if written.startswith("- ") else written
    if "," in written and "." in written:
        raise Unreadable(_("It is not clear which sign separates the fraction: write the number with one comma."))
    if not (PLAIN.fullmatch(written) or GROUPED.fullmatch(written)):
        raise Unreadable(TOO_LONG if LONG.fullmatch(written) else _("This is not a number."))
    return Decimal(written.replace(" ", "").replace(",", "."))


def _excel_number(cell: float) -> Decimal:
    value = Decimal(format(cell, ".15g"))
    if not value.is_finite():
        raise Unreadable(_("This is not a number."))
    if abs(value) >= Decimal("1e18"):
        raise Unreadable(TOO_LONG)
    return value


def whole(most: int) -> Reader:
    """A reader of whole numbers from 0 to `most`; the empty cell is None."""
    read_number = number(0, least=Decimal(0), most=Decimal(most))

    def read(cell: Cell) -> int | None:
        value = read_number(cell)
        return None if value is None else int(value)

    return read


def date(cell: Cell) -> dt.date | None:
    """Return the day of `24.10.2026`, `24-10-2026`, `2026-10-24` or an Excel serial; None for an empty cell."""
    if cell.__class__ is str:
        return _date_in(cell)
    if isinstance(cell, dt.datetime):
        return _in_range(cell.date())
    if isinstance(cell, dt.date):
        return _in_range(cell)
    written = plain(cell)
    if written in EMPTY:
        return None
    if isinstance(cell, bool | dt.time | dt.timedelta):
        raise Unreadable(_("This is not a date: write it as 24.10.2026."))
    return _date_of(written)


@lru_cache(maxsize=4096)
def _date_in(cell: str) -> dt.date | None:
    written = plain(cell)
    return None if written in EMPTY else _date_of(written)


@lru_cache(maxsize=4096)
def _date_of(written: str) -> dt.date:
    try:
        if found := DATE.fullmatch(written):
            day, month, year = map(int, found.groups())
            return _in_range(dt.date(year, month, day))
        if found := ISO_DATE.fullmatch(written):
            return _in_range(dt.date(*map(int, found.groups())))
        if re.fullmatch(r"[0-9]{5}", written):  # 1927…2173; four digits are rather a year
            return _in_range(EXCEL_EPOCH + dt.timedelta(days=int(written)))
    except ValueError:
        raise Unreadable(_("There is no such day in the calendar.")) from None
    raise Unreadable(_("This is not a date: write it as 24.10.2026."))


def _in_range(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unreadable(_("The year must be between 1900 and 2100."))
    return day


def period(cell: Cell) -> dt.date | None:
    """Return the first day of the month of `02.2019`, `2019-02`, `Февраль 2019`, a date, or Excel's number 2.2019."""
    if isinstance(cell, dt.date):
        return _in_range(dt.date(cell.year, cell.month, 1))
    # Excel turns the typed 02.2020 into the number 2.202: the last zero of the year comes back.
    written = f"{cell:.4f}" if isinstance(cell, float) else plain(cell)
    if written in EMPTY:
        return None
    if found := PERIOD.fullmatch(written):
        return _month(int(found[2]), int(found[1]))
    if found := ISO_PERIOD.fullmatch(written):
        return _month(int(found[1]), int(found[2]))
    if DATE.fullmatch(written) or ISO_DATE.fullmatch(written):
        return _date_of(written).replace(day=1)
    found = NAMED_PERIOD.fullmatch(written.casefold())
    if found and found[1] in MONTHS:
        return _month(int(found[2]), MONTHS[found[1]])
    raise Unreadable(_("This is not a period: write it as 02.2019."))


def _month(year: int, month: int) -> dt.date:
    if not 1 <= month <= 12:
        raise Unreadable(_("There is no such month in the calendar."))
    return _in_range(dt.date(year, month, 1))


def account(length: int = 0, longest: int = 30) -> Reader:
    """A reader of account numbers, which are text; a number that Excel made of one gets its zeros back up to `length`.

    In a CSV that Excel has saved such a number is text again: digits that begin with another than zero.
    """

    def read(cell: Cell) -> str:
        if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
            raise Unreadable(_("This is not an account number."))
        if isinstance(cell, int | float):
            if cell < 0 or cell != int(cell) or cell >= 1e15:
                raise Unreadable(_("The account number was spoilt by Excel: format the column as text."))
            return str(int(cell)).zfill(length)
        value = SPACES.sub("", cell or "")
        if len(value) > longest:
            raise Unreadable(_("The text is longer than %(longest)s characters."), {"longest": str(longest)})
        if value.isascii() and value.isdigit():
            return value if value[0] == "0" else value.zfill(length)
        if not value.isprintable() or re.fullmatch(r"\d[.,]\d+[eE]\+\d+", value):
            raise Unreadable(_("The account number was spoilt by Excel: format the column as text."))
        return value.zfill(length) if re.fullmatch(r"[1-9][0-9]*", value) else value

    return read


def share(cell: Cell) -> Fraction | None:
    """Return an owner's share as an exact fraction: `1/2`, `1` or `50%`; None for an empty cell."""
    if isinstance(cell, dt.date):
        raise Unreadable(_("Excel took the share for a date: format the column as text and write it as 1/2."))
    return _share_of(plain(cell))


@lru_cache(maxsize=1024)
def _share_of(written: str) -> Fraction | None:
    if written in EMPTY:
        return None
    if found := re.fullmatch(r"([0-9]{1,9}) ?/ ?([0-9]{1,9})", written):
        value = Fraction(int(found[1]), int(found[2])) if int(found[2]) else Fraction(0)
    elif found := re.fullmatch(r"([0-9]{1,3}) ?%", written):
        value = Fraction(int(found[1]), 100)
    elif found := re.fullmatch(r"([0-9])(?:[.,]([0-9]{1,2}))?", written):
        value = Fraction(f"{found[1]}.{found[2] or 0}")
    else:
        raise Unreadable(_("This is not a share: write it as 1/2."))
    if not 0 < value <= 1:
        raise Unreadable(_("A share must be more than 0 and at most 1."))
    return value
