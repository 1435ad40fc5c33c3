"""QR codes: correction level M, a quiet zone of four modules, as one SVG path or as a PNG."""

from io import BytesIO

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

QUIET_ZONE = 4  # modules; ISO/IEC 18004 asks for four
# A scanner reads the mask from the code itself. Trying all eight for the prettiest costs five times the drawing.
MASK = 3


def qr_png(text: str, *, module: int = 8) -> bytes:
    """Return a black-and-white PNG; `module` is the side of one module in pixels. For PDFs: a third cheaper than SVG."""
    dark = _code(text, module).get_matrix()
    side = len(dark)
    picture = Image.frombytes("L", (side, side), bytes(0 if is_dark else 255 for row in dark for is_dark in row))
    out = BytesIO()
    picture.convert("1").resize((side * module, side * module), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def qr_svg(text: str) -> str:
    """Return an `<svg>` element with one path and no style, for a page."""
    image = _code(text, 10).make_image(image_factory=SvgPathImage)
    svg: str = image.to_string(encoding="unicode")
    return svg


def _code(text: str, module: int) -> qrcode.QRCode:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, box_size=module, mask_pattern=MASK)
    code.add_data(text)
    code.make(fit=True)
    return code
