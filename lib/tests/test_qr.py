"""QR codes as the scanner of a phone needs them."""

from collections.abc import Iterator
from io import BytesIO

import pytest
import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode import util

from lib.qr import LEVELS, QUIET_ZONE, DoesNotFit, qr_png, qr_rows, qr_version

TEXT = "https://portal.example/q/7F3KQ9ZT2MXA/"


def test_the_picture_is_black_on_white_with_a_quiet_zone_of_four_modules() -> None:
    picture = Image.open(BytesIO(qr_png(TEXT, module=5))).convert("L")
    zone = QUIET_ZONE * 5
    assert picture.size[0] == picture.size[1]
    assert picture.crop((0, 0, picture.size[0], zone)).getextrema() == (255, 255)
    assert picture.crop((0, 0, zone, picture.size[1])).getextrema() == (255, 255)
    assert picture.getpixel((zone, zone)) == 0  # the corner of the finder pattern


def test_the_picture_reads_back_as_the_text() -> None:
    """Read as a scanner reads it: the mask from the code's own format bits, then the data in its zigzag."""
    dark = modules(qr_png(TEXT, module=5), 5)
    side = len(dark)
    assert side == 29  # version 3: 44 bytes of data in one block, one alignment pattern
    format_bits = [dark[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [dark[y][8] for y in (7, 5, 4, 3, 2, 1, 0)]
    assert "".join(str(int(bit)) for bit in format_bits) == "101101101001011"  # level M, mask 3 (ISO/IEC 18004, C.1)
    bits = "".join(str(int(dark[y][x] ^ ((x + y) % 3 == 0))) for y, x in zigzag(side))
    assert bits[:4] == "0100"  # bytes
    length = int(bits[4:12], 2)
    text = bytes(int(bits[at : at + 8], 2) for at in range(12, 12 + 8 * length, 8))
    assert text.decode() == TEXT


@pytest.mark.parametrize("level", LEVELS)
def test_every_module_of_every_version_is_where_qrcode_puts_it(level: str) -> None:
    for version in range(1, 41) if level == "M" else (1, 6, 7, 9, 10, 17, 27, 40):
        content = bytes(at * 7 % 256 for at in range(room(version, level) - version % 3))
        theirs = qrcode.QRCode(version=version, error_correction=LEVELS[level], mask_pattern=3)
        theirs.add_data(util.QRData(content, mode=util.MODE_8BIT_BYTE))
        theirs.make(fit=False)
        ours = qr_rows(content, level=level, versions=[version])
        assert [[bool(dark) for dark in row] for row in ours] == theirs.modules, version


def test_a_symbol_is_filled_to_its_last_byte_and_no_further() -> None:
    for version in (1, 9, 10, 13, 15, 17, 40):
        most = room(version, "M")
        assert qr_version(b"x" * most) == version
        with pytest.raises(DoesNotFit):
            qr_version(b"x" * (most + 1), versions=range(1, version + 1))
    assert qr_version("x", versions=range(10, 18)) == 10


def room(version: int, level: str) -> int:
    return int((util.BIT_LIMIT_TABLE[LEVELS[level]][version] - (12 if version < 10 else 20)) // 8)


@settings(max_examples=30)
@given(st.binary(min_size=1, max_size=400), st.sampled_from("LMQH"), st.sampled_from([None, 2, 3]))
def test_a_scanner_reads_any_bytes(content: bytes, level: str, module: int | None) -> None:
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(qr_png(content, level=level, module=module))))
    assert (bytes(found.bytes), found.ec_level) == (content, level)


def modules(png: bytes, module: int) -> list[list[bool]]:
    """The dark modules without the quiet zone."""
    picture = Image.open(BytesIO(png)).convert("L")
    middles = range(QUIET_ZONE * module + module // 2, picture.size[0] - QUIET_ZONE * module, module)
    return [[picture.getpixel((x, y)) == 0 for x in middles] for y in middles]


def zigzag(side: int) -> Iterator[tuple[int, int]]:
    """The data modules in the order of reading: pairs of columns from the right, up and down by turns."""
    for turn, right in enumerate((*range(side - 1, 6, -2), 5, 3, 1)):
        for y in range(side - 1, -1, -1) if turn % 2 == 0 else range(side):
            yield from ((y, x) for x in (right, right - 1) if not is_pattern(side, y, x))


def is_pattern(side: int, y: int, x: int) -> bool:
    """Finders with their format bits, timing lines, and the alignment pattern of versions 2 to 6."""
    in_finder = (y < 9 and (x < 9 or x >= side - 8)) or (y >= side - 8 and x < 9)
    in_alignment = side - 9 <= y < side - 4 and side - 9 <= x < side - 4
    return in_finder or in_alignment or y == 6 or x == 6
