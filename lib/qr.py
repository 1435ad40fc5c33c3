"""QR codes: in bytes mode, a quiet zone of four modules, as modules or as a PNG.

The tables and the patterns of a symbol are qrcode's, made once for a version. The data are laid over them here: in whole
numbers and one table of places instead of a loop over bits, about twenty times quicker than qrcode itself. The
tests compare every version with qrcode's own drawing and read the pictures with a scanner's library.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import NamedTuple

import qrcode
from qrcode import LUT, base, util
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q

QUIET_ZONE = 4  # modules; ISO/IEC 18004 asks for four
LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}
# A scanner reads the mask from the code itself. Trying all eight for the prettiest costs five times the drawing.
MASK = 3
# A picture of about this side is sharp on paper. WeasyPrint packs every pixel anew: 8 to a module cost more than drawing.
SIDE = 320


class DoesNotFit(ValueError):
    """The text needs a larger symbol than its format allows."""


class Layout(NamedTuple):
    """What every code of one version and level shares."""

    side: int
    patterns: int  # the modules from the top left as a number: finders, timing, format bits and the mask itself
    places: Callable[
        [bytes], tuple[int, ...]
    ]  # for every module, which bit of the data stands there; the last bit is always 0
    bits: int


def qr_png(
    content: str | bytes, *, module: int | None = None, level: str = "M", versions: Sequence[int] = range(1, 41)
) -> bytes:
    """Return a black-and-white PNG; `module` is the side of one module in pixels, by itself enough for paper.

    The smallest of `versions` that holds the content is drawn; DoesNotFit if none does.
    """
    rows = qr_rows(content, level=level, versions=versions)
    width = len(rows) + 2 * QUIET_ZONE
    module = module or -(-SIDE // width)
    shades = (b"\xff" * module, bytes(module))
    edge, border, same = b"\xff" * QUIET_ZONE * module, b"\0" + b"\xff" * width * module, b"\2" + bytes(width * module)
    picture = [border, same * (QUIET_ZONE * module - 1)]  # a line «2 0 0 …» is the line above once more
    for row in rows:
        picture += [b"\0", edge, *map(shades.__getitem__, row), edge, same * (module - 1)]
    picture += [border, same * (QUIET_ZONE * module - 1)]
    head = struct.pack(">IIBBBBB", width * module, width * module, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(b"".join(picture), 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def qr_rows(content: str | bytes, *, level: str = "M", versions: Sequence[int] = range(1, 41)) -> list[bytes]:
    """Return the modules line by line, 1 for dark, without the quiet zone."""
    data = content.encode() if isinstance(content, str) else content
    version = qr_version(data, level=level, versions=versions)
    layout = _layout(version, level)
    bits = f"{int.from_bytes(_codewords(data, version, level), 'big'):b}".zfill(layout.bits).ljust(layout.bits + 8, "0")
    placed = int(bytes(layout.places(bits.encode())), 2) ^ layout.patterns
    modules = f"{placed:b}".zfill(layout.side**2).encode().translate(bytes.maketrans(b"01", b"\0\1"))
    return [modules[at : at + layout.side] for at in range(0, len(modules), layout.side)]


def qr_version(content: str | bytes, *, level: str = "M", versions: Sequence[int] = range(1, 41)) -> int:
    """Return the smallest of these versions that holds the content at this level, or raise DoesNotFit."""
    data = content.encode() if isinstance(content, str) else content
    for version in versions:
        if 4 + _length_bits(version) + 8 * len(data) <= util.BIT_LIMIT_TABLE[LEVELS[level]][version]:
            return version
    raise DoesNotFit(f"{len(data)} bytes do not fit in version {versions[-1]}-{level}")


def _length_bits(version: int) -> int:
    return 8 if version < 10 else 16


def _codewords(data: bytes, version: int, level: str) -> bytes:
    """The data of a symbol with their corrections, in the order in which they are laid out (ISO/IEC 18004, 7.4–7.6)."""
    blocks = base.rs_blocks(version, LEVELS[level])
    length = sum(block.data_count for block in blocks)
    head = 4 << _length_bits(version) | len(data)  # 0100: bytes
    text = ((head << 8 * len(data) | int.from_bytes(data, "big")) << 4).to_bytes(
        len(data) + 1 + _length_bits(version) // 8, "big"
    )
    text = (text + b"\xec\x11" * (length // 2 + 1))[:length] if len(text) < length else text[:length]
    parts, fixes, at = [], [], 0
    for block in blocks:
        part = text[at : at + block.data_count]
        at += block.data_count
        parts.append(part)
        fixes.append(_correction(part, block.total_count - block.data_count))
    return _interleaved(parts) + _interleaved(fixes)


def _interleaved(parts: list[bytes]) -> bytes:
    """First bytes of all parts, second bytes of all, and so on; the last parts may be one byte longer."""
    short = min(map(len, parts))
    return bytes([byte for column in zip(*parts, strict=False) for byte in column]) + b"".join(
        part[short:] for part in parts
    )


def _correction(part: bytes, count: int) -> bytes:
    """The rest of a division by the generator polynomial: one shift and one look-up for a byte."""
    table, top, low = _remainders(count), 8 * (count - 1), (1 << 8 * (count - 1)) - 1
    rest = 0
    for byte in part:
        rest = (rest & low) << 8 ^ table[byte ^ rest >> top]
    return rest.to_bytes(count, "big")


@cache
def _remainders(count: int) -> list[int]:
    """The generator polynomial of so many corrections times every byte, as numbers."""
    if count in LUT.rsPoly_LUT:
        generator = LUT.rsPoly_LUT[count]
    else:
        product = base.Polynomial([1], 0)
        for power in range(count):
            product = product * base.Polynomial([1, base.gexp(power)], 0)
        generator = list(product)
    logs = [base.glog(factor) for factor in generator[1:]]
    return [0] + [
        int.from_bytes(bytes(base.gexp(log + base.glog(byte)) for log in logs), "big") for byte in range(1, 256)
    ]


@cache
def _layout(version: int, level: str) -> Layout:
    """Let qrcode draw the symbol with nothing but zeros, and number the free modules as the standard fills them."""
    blocks = base.rs_blocks(version, LEVELS[level])
    bits = 8 * sum(block.total_count for block in blocks)
    code = qrcode.QRCode(version=version, error_correction=LEVELS[level], mask_pattern=MASK)
    code.data_cache = [0] * (bits // 8)
    code.makeImpl(False, MASK)
    side = len(code.modules)
    taken = _taken(version)
    places, found = [bits] * side**2, 0
    for turn, right in enumerate((*range(side - 1, 6, -2), 5, 3, 1)):  # column 6 is the timing line
        for y in range(side - 1, -1, -1) if turn % 2 == 0 else range(side):
            for x in (right, right - 1):
                if not taken[y][x]:
                    places[y * side + x] = min(found, bits)
                    found += 1
    patterns = int("".join(str(int(bool(dark))) for row in code.modules for dark in row), 2)
    return Layout(side, patterns, itemgetter(*places), bits)


def _taken(version: int) -> list[list[bool]]:
    """Which modules are patterns: after makeImpl qrcode keeps them by version, without the format and version bits."""
    blank: list[list[bool | None]] = qrcode.main.precomputed_qr_blanks[version]
    side = len(blank)
    taken = [[dark is not None for dark in row] for row in blank]
    for at in range(9):
        taken[8][at] = taken[at][8] = True
    for at in range(side - 8, side):
        taken[8][at] = taken[at][8] = True
    if version >= 7:
        for at in range(18):
            taken[at // 3][at % 3 + side - 11] = taken[at % 3 + side - 11][at // 3] = True
    return taken


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
