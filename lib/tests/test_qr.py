"""QR codes as the scanner of a phone needs them."""

from io import BytesIO
from xml.etree import ElementTree as ET

from PIL import Image

from lib.qr import QUIET_ZONE, qr_png, qr_svg

TEXT = "https://portal.example/q/7F3KQ9ZT2MXA/"


def test_the_picture_is_black_on_white_with_a_quiet_zone_of_four_modules() -> None:
    picture = Image.open(BytesIO(qr_png(TEXT, module=5))).convert("L")
    zone = QUIET_ZONE * 5
    assert picture.size[0] == picture.size[1]
    assert picture.crop((0, 0, picture.size[0], zone)).getextrema() == (255, 255)
    assert picture.crop((0, 0, zone, picture.size[1])).getextrema() == (255, 255)
    assert picture.getpixel((zone, zone)) == 0  # the corner of the finder pattern


def test_the_svg_is_one_path_without_style_or_script() -> None:
    svg = ET.fromstring(qr_svg(TEXT))  # noqa: S314 - our own text
    paths = [node for node in svg.iter() if node.tag.endswith("path")]
    assert len(paths) == 1
    assert "style" not in qr_svg(TEXT)
    assert "script" not in qr_svg(TEXT)
