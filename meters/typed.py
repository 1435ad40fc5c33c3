"""How a typed reading becomes a number: people copy a dial as they see it. Pure: no database."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_noop as _

# Spaces of every width, and the invisible signs that come along when a number is copied from a message.
SPACES = re.compile(r"[\s\u200b\u200e\u200f\u2060\ufeff]+")
SIGNS = re.compile(r"[+\-−–—]")
SHORTEST_SERIAL = 5  # shorter numbers meet readings by chance
SHAPE = re.compile(r"([0-9]*)(?:[.,]([0-9]*))?")


class Unreadable(ValueError):
    """The text is not a reading of this dial; `text` is an English sentence to translate, with the `facts` in it."""

    def __init__(self, text: str, facts: Mapping[str, str | int] | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.facts = dict(facts or {})


def read_value(text: str, *, int_digits: int, decimals: int, serial: str = "") -> Decimal:
    """Return the value with the dial's decimals; raises Unreadable with a sentence that says what to do.

    `serial` is the number of the meter: where no dial shows so many digits, they may have been copied from there.

    >>> read_value("00124,5", int_digits=5, decimals=3)
    Decimal('124.500')
    """
    plain = SPACES.sub("", text)
    _refuse_other_signs(plain, decimals)
    shape = SHAPE.fullmatch(plain)
    if shape is None:
        raise Unreadable(_("There is more than one comma or point: leave only the one before the last digits."))
    whole, part = shape[1].lstrip("0"), (shape[2] or "").rstrip("0")
    if len(whole) > int_digits:
        raise _too_long(plain, whole, int_digits, decimals, serial)
    if len(part) > decimals:
        raise _too_fine(decimals)
    return Decimal(f"{whole or 0}.{part.ljust(decimals, '0')}" if decimals else whole or "0")


def _too_long(plain: str, whole: str, int_digits: int, decimals: int, serial: str) -> Unreadable:
    """Too many digits before the comma: the meter's number was typed, or the comma left out, or a digit too many."""
    if plain.isdigit() and len(plain) >= SHORTEST_SERIAL and plain in _numbers(serial):
        return Unreadable(_("This is the number of the meter, not its value. Write the digits of its counter."))
    if plain.isdigit() and decimals and len(whole) <= int_digits + decimals:
        return Unreadable(
            _(
                "There are too many digits before the comma: at most %(digits)s fit this meter. "
                "If you left the comma out, write %(meant)s."
            ),
            {"digits": int_digits, "meant": f"{whole[:-decimals]},{whole[-decimals:]}"},
        )
    return Unreadable(
        _("There are too many digits before the comma: at most %(digits)s fit this meter."), {"digits": int_digits}
    )


def _numbers(serial: str) -> set[str]:
    """What people copy of «0123456-19»: all digits, or those of one part."""
    return {"".join(re.findall(r"[0-9]+", serial)), *re.findall(r"[0-9]+", serial)}


def _refuse_other_signs(plain: str, decimals: int) -> None:
    """Let nothing through but digits, commas and points, with at least one digit."""
    if not plain:
        raise Unreadable(_("Write the digits of the meter, for example %(example)s."), _example(decimals))
    if SIGNS.search(plain):
        raise Unreadable(_("Write the digits without plus and minus."))
    if not re.fullmatch(r"[0-9.,]+", plain) or not re.search(r"[0-9]", plain):
        raise Unreadable(
            _("Write only the digits of the meter and one comma or point, for example %(example)s."), _example(decimals)
        )


def _example(decimals: int) -> dict[str, str]:
    return {"example": f"124,{'5'.ljust(decimals, '0')}" if decimals else "124"}


def _too_fine(decimals: int) -> Unreadable:
    if not decimals:
        return Unreadable(_("This meter has no digits after the comma: write the whole number."))
    return Unreadable(
        _("There are too many digits after the comma: at most %(digits)s fit this meter."), {"digits": decimals}
    )


DAY = re.compile(r"(\d{1,2})[.,/\- ]+(\d{1,2})(?:[.,/\- ]+(\d{4}|\d{2}))?[.,]?")
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def read_day(text: str, *, today: date) -> date:
    """Return the day of «21.11.2026», «21.11.26», «21.11» or «2026-11-21»; raises Unreadable.

    Without a year it is the last such day up to today.

    >>> read_day("28.12", today=date(2026, 11, 21))
    datetime.date(2025, 12, 28)
    """
    plain = " ".join(text.split())
    parts = ISO_DAY.fullmatch(plain)
    if parts:
        return _day(int(parts[1]), int(parts[2]), int(parts[3]))
    parts = DAY.fullmatch(plain)
    if parts is None:
        raise _no_day()
    day, month = int(parts[1]), int(parts[2])
    if parts[3]:
        year = int(parts[3])
        return _day(year + 2000 if year < 100 else year, month, day)
    this_year = _day(today.year, month, day)
    return this_year if this_year <= today else _day(today.year - 1, month, day)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _no_day() from None


def _no_day() -> Unreadable:
    return Unreadable(_("Write the day as day, month and year, for example 21.11.2026."))
