"""Reads a DBF (dBase III and FoxPro) as numbered rows of cells, the names of its fields first (pure).

Only what registers hold: texts, numbers, dates and yes/no. Rows are read one by one; memo files are not looked for.
"""

import datetime as dt
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from premises.registers.cells import Cell, Unreadable
from premises.registers.encodings import WORD, likeliest
from premises.registers.sources import MAX_COLUMNS, MAX_FILE, MAX_ROWS

KINDS = {0x03, 0x30, 0x31, 0x83, 0x8B, 0xF5}  # first bytes of dBase III to FoxPro
HEADER, FIELD = 32, 32
CODE_PAGES = {0x26: "cp866", 0x65: "cp866", 0x57: "cp1251", 0xC9: "cp1251", 0x7D: "cp1251"}
BROKEN = _("The DBF file is broken or cut off.")
SAMPLE = 200  # rows that tell the encoding


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    length: int


@dataclass(frozen=True)
class Head:
    """What stands above the rows: how many there are, where they begin and how long each is."""

    rows: int
    start: int
    length: int
    encoding: str
    fields: tuple[Field, ...]


def is_dbf(file: BinaryIO) -> bool:
    """Whether the file looks like a DBF; its place is put back to the start."""
    file.seek(0)
    head = file.read(HEADER)
    file.seek(0)
    if len(head) < HEADER or head[0] not in KINDS or not (1 <= head[2] <= 12 and 1 <= head[3] <= 31):
        return False
    start, length = struct.unpack_from("<HH", head, 8)
    return bool(start > HEADER and length > 1)


def rows(file: BinaryIO, *, encoding: str = "") -> Iterator[tuple[int, list[Cell]]]:
    """Yield (number, cells): the names of the fields as row 1, then the rows that are not deleted."""
    head = _head(file)
    encoding = encoding or head.encoding or _likeliest(file, head)
    yield 1, [field.name for field in head.fields]
    file.seek(head.start)
    for number in range(2, head.rows + 2):
        record = file.read(head.length)
        if len(record) < head.length:
            raise Unreadable(BROKEN)
        if record[:1] != b"*":
            yield number, list(_cells(record, head.fields, encoding))


def _head(file: BinaryIO) -> Head:
    size = file.seek(0, io.SEEK_END)
    if size > MAX_FILE:
        raise Unreadable(_("The file is too large."))
    file.seek(0)
    head = file.read(HEADER)
    if len(head) < HEADER:
        raise Unreadable(BROKEN)
    count, start, length = struct.unpack_from("<LHH", head, 4)
    if count > MAX_ROWS:
        raise Unreadable(_("The file has more than 200 000 rows: split it into several files."))
    fields = tuple(_fields(file.read(max(start - HEADER, 0))))
    if not fields or 1 + sum(field.length for field in fields) != length or start + count * length > size:
        raise Unreadable(BROKEN)
    return Head(count, start, length, CODE_PAGES.get(head[29], ""), fields)


def _fields(described: bytes) -> Iterator[Field]:
    for start in range(0, len(described), FIELD):
        one = described[start : start + FIELD]
        if one[:1] == b"\r":
            return
        if len(one) < FIELD or start // FIELD >= MAX_COLUMNS:
            raise Unreadable(BROKEN)
        name, kind = one[:11].split(b"\0")[0].decode("cp866").strip(), chr(one[11])
        if not name or kind not in "CNFDLIBMGTY0":
            raise Unreadable(BROKEN)
        yield Field(name, kind, one[16])


def _likeliest(file: BinaryIO, head: Head) -> str:
    """Where the file does not name its code page, the letters tell it."""
    file.seek(head.start)
    return likeliest(WORD.findall(file.read(head.length * min(head.rows, SAMPLE))))


def _cells(record: bytes, fields: tuple[Field, ...], encoding: str) -> Iterator[Cell]:
    place = 1
    for field in fields:
        written = record[place : place + field.length]
        place += field.length
        yield _cell(written, field.kind, encoding)


def _cell(written: bytes, kind: str, encoding: str) -> Cell:
    if kind == "I" and len(written) == 4:
        return int(struct.unpack("<l", written)[0])
    if kind not in "CNFDL":
        return ""  # what is kept in another file
    text = written.decode(encoding, "replace").strip("\0 ")
    if kind == "D" and text:
        try:
            return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        except ValueError:
            return text  # the reader of dates says what is wrong with it
    return text
