"""Writes a PDF file from its objects as they come: nothing but their places stays in memory.

Dictionaries are packed together (object streams of PDF 1.5): the tags of a form are many and small.
"""

import hashlib
import sys
import zlib
from array import array
from typing import BinaryIO

PER_STREAM = 400  # objects packed together
LEVEL = 6


class PdfFile:
    """An open file. Numbers are given out first (`number`), so that objects may speak of one another before they are put."""

    def __init__(self, out: BinaryIO) -> None:
        self.out, self.place = out, 0
        self.where = array("Q", [_entry(0, 0, 65535)])  # of every object, 8 bytes each as the file will list them
        self.pending: list[tuple[int, str]] = []
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def number(self) -> int:
        self.where.append(0)
        return len(self.where) - 1

    def numbers(self, count: int) -> range:
        first = len(self.where)
        self.where.extend([0] * count)
        return range(first, first + count)

    @property
    def given(self) -> int:
        """How many numbers were given out: for `forget`."""
        return len(self.where)

    def forget(self, given: int) -> None:
        """Take back (or give again) the numbers after that many, of which none was put."""
        del self.where[given:]
        self.where.extend([0] * (given - len(self.where)))

    def put(self, number: int, body: str) -> None:
        """An object that is not a stream, in ASCII."""
        self.pending.append((number, body))
        if len(self.pending) >= PER_STREAM:
            self.flush()

    def add(self, body: str) -> int:
        number = self.number()
        self.put(number, body)
        return number

    def stream(self, data: bytes, head: str = "", *, number: int | None = None, packed: bool = False) -> int:
        """A stream object; `packed` data is compressed already."""
        if not packed:
            data = zlib.compress(data, LEVEL)
        return self._stream(data, f"{head}/Filter/FlateDecode", number)

    def plain(self, data: bytes, head: str) -> int:
        """A stream that every reader must be able to read without unpacking: the metadata."""
        return self._stream(data, head, None)

    def flush(self) -> None:
        """Pack what is pending into one stream."""
        if not self.pending:
            return
        numbers, bodies, at = [], [], 0
        for index, (number, body) in enumerate(self.pending):
            numbers.append(f"{number} {at}")
            bodies.append(body)
            at += len(body) + 1
            self.pending[index] = (number, "")
        head = " ".join(numbers) + " "
        data = (head + " ".join(bodies)).encode("ascii")
        stream = self.stream(data, f"/Type/ObjStm/N {len(numbers)}/First {len(head)}")
        for index, (number, _body) in enumerate(self.pending):
            self.where[number] = _entry(2, stream, index)
        self.pending = []

    def close(self, root: int, info: int) -> None:
        """Write the list of places and the trailer."""
        self.flush()
        start, own = self.place, self.number()
        self.where[own] = _entry(1, start, 0)
        if sys.byteorder == "little":
            self.where.byteswap()
        table = self.where.tobytes()
        name = hashlib.sha256(table).hexdigest()[:32]
        head = f"/Type/XRef/Size {len(self.where)}/W[1 5 2]/Root {root} 0 R/Info {info} 0 R/ID[<{name}><{name}>]"
        self.stream(table, head, number=own)
        self._write(f"startxref\n{start}\n%%EOF\n".encode())

    def _stream(self, data: bytes, head: str, number: int | None) -> int:
        number = number or self.number()
        self.where[number] = _entry(1, self.place, 0)
        self._write(f"{number} 0 obj\n<<{head}/Length {len(data)}>>\nstream\n".encode("ascii"))
        self._write(data)
        self._write(b"\nendstream\nendobj\n")
        return number

    def _write(self, data: bytes) -> None:
        self.out.write(data)
        self.place += len(data)


def _entry(kind: int, place: int, third: int) -> int:
    """Where an object is: 1 and its place in the file, or 2, its stream and which of the objects there it is."""
    return kind << 56 | place << 16 | third


def string(text: str) -> str:
    """A text string as PDF writes it, in ASCII."""
    return f"<feff{text.encode('utf-16-be').hex()}>"
