"""Opens a table whose layout is a matter of contract: by the column profile (pure)."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange import dbf
from billing.exchange.profile import ENCODINGS, LABELS, Profile
from premises.register import Column, Register, header_key
from premises.registers import cells, sources
from premises.registers.encodings import encoding_of

Line = tuple[int, sources.Cells]
NUMBERS = frozenset({
    "amount", "transferred", "fee", "volume", "tariff", "accrued", "recalc", "benefit", "penalty", "balance", "paid", "payable",
})  # fmt: skip
DAYS = frozenset({"date", "issued", "due", "upto"})


def rows_of(file: BinaryIO, profile: Profile | None) -> Iterator[Line]:
    """The lines of a table of any kind, as the profile says or as the content tells."""
    if dbf.is_dbf(file):
        return dbf.rows(file, encoding=ENCODINGS[profile.encoding] if profile else "")
    if profile is None:
        return sources.rows(file)
    return sources.rows(
        file, encoding=_encoding(file, profile), separator=profile.separator, is_quoted=profile.is_quoted
    )


def _encoding(file: BinaryIO, profile: Profile) -> str:
    """What the profile says, but a file that can be read as UTF is UTF: names would turn into signs without an error."""
    said = ENCODINGS[profile.encoding]
    if not said or said.startswith("utf") or file.read(len(sources.ZIP)) == sources.ZIP:
        return said
    told = encoding_of(file)
    return told if told.startswith("utf") else said


def opened(rows: Iterator[Line], profile: Profile, known: Sequence[Column]) -> Register:
    """Open a table whose columns stand where the profile says."""
    by_name = {column.name: column for column in known}
    columns = {name: _column(by_name[name], profile) for name in profile.columns}
    if not profile.has_header:
        return _named(Register.placed(rows, {profile.place(name) or 0: one for name, one in columns.items()}), profile)
    if all(isinstance(place, str) for place in profile.columns.values()):
        return Register(rows, tuple(columns.values()))
    _line, header = next(((line, cells) for line, cells in rows if any(cells)), (0, []))
    keys = [header_key(cell) if isinstance(cell, str) else "" for cell in header]
    places = {}
    for name, column in columns.items():
        key = header_key(str(profile.columns[name]))
        place = profile.place(name)
        if place is None and key not in keys:
            raise cells.Unreadable(_("The file has no column «%(name)s»."), {"name": str(profile.columns[name])})
        places[keys.index(key) if place is None else place] = column
    return _named(Register.placed(rows, places), profile)


def _named(register: Register, profile: Profile) -> Register:
    """What reports call the columns: by the header where the profile says one, else by what stands at the place."""
    for name, place in profile.columns.items():
        if isinstance(place, str):
            register.headers[name] = place
        else:
            register.labels[name] = (LABELS[name], place)
    return register


def _column(usual: Column, profile: Profile) -> Column:
    name, place = usual.name, profile.columns[usual.name]
    read = usual.read
    if profile.decimal and name in NUMBERS:
        read = _with_decimal(read, profile.decimal)
    if profile.date_order and name in DAYS:
        read = _dated(profile.date_order)
    aliases = (place,) if isinstance(place, str) else ()
    return Column(name, read, aliases, required=True, filled=usual.filled, is_soft=usual.is_soft)


def _with_decimal(read: cells.Reader, sign: str) -> cells.Reader:
    """The same numbers, written with one sign before the fraction and no other."""
    other = "." if sign == "," else ","

    def reader(cell: cells.Cell) -> Decimal | None:
        if isinstance(cell, str) and other in cell:
            raise cells.Unreadable(_("The profile says that fractions are written with «%(sign)s»."), {"sign": sign})
        value: Decimal | None = read(cell)
        return value

    return reader


def _dated(order: str) -> cells.Reader:
    """Dates whose parts stand in this order; what a workbook keeps as a date is one already."""

    def reader(cell: cells.Cell) -> date | None:
        if not isinstance(cell, str) or not cell.strip():
            return cells.date(cell)
        digits = re.fullmatch(r"(\d{1,4})[.\-/]?(\d{2})[.\-/]?(\d{2,4})", cell.strip(), re.ASCII)
        parts = dict(zip(order, digits.groups(), strict=True)) if digits else {}
        if len(parts.get("y", "")) != 4:
            raise cells.Unreadable(_("This is not a date in the order that the profile says."))
        try:
            return cells.date(datetime(int(parts["y"]), int(parts["m"]), int(parts["d"])))  # noqa: DTZ001 (a day)
        except ValueError:
            raise cells.Unreadable(_("There is no such day in the calendar.")) from None

    return reader
