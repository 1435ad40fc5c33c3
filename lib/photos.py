"""Photos that people send: only what is a picture by its content, always drawn anew, nothing of the sender's file kept.

Drawing anew drops whatever hides in the file: places where a phone was, scripts, archives behind the last byte. Sizes are
read from the header before anything is unpacked: a few kilobytes may unfold into gigabytes.
"""

import io
import secrets
from collections.abc import Mapping
from typing import IO, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from PIL import Image, ImageFile, ImageOps

from lib.uploads import MAX_UPLOAD

FORMATS = ("JPEG", "PNG", "WEBP")
ACCEPT = "image/jpeg,image/png,image/webp"  # names JPEG, so an iPhone converts its own format before it sends
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 2048  # pixels: figures on a dial stay readable
QUALITY = 82


class BadPhoto(ValueError):
    """The photo is not taken; `text` is an English sentence to translate, with the named `facts` in it."""

    def __init__(self, text: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.facts = dict(facts or {})

    @property
    def message(self) -> str:
        """The sentence in the language of the reader."""
        return gettext(self.text) % self.facts


def clean_photo(file: "IO[bytes] | File[bytes]") -> "ContentFile[bytes]":
    """Return the picture as a new JPEG under a random name, upright, at most 2048 pixels wide and high.

    Takes JPEG, PNG and WebP of at most 10 MB and 25 million pixels, told by their content. Raises BadPhoto. Costs about
    0.2 s and 4 bytes of memory per pixel; call it outside transactions.
    """
    _refuse_large(file)
    try:
        picture = _opened(file)
        body = io.BytesIO()
        _drawn(picture).save(body, "JPEG", quality=QUALITY, optimize=True)
    except BadPhoto:
        raise
    except Exception:  # a broken picture makes its decoder raise almost anything
        raise BadPhoto(_("The photo cannot be read. Take it again, or send it as JPEG or PNG.")) from None
    return ContentFile(body.getvalue(), name=f"{secrets.token_hex(16)}.jpg")


def _refuse_large(file: "IO[bytes] | File[bytes]") -> None:
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    if size > MAX_UPLOAD:
        raise BadPhoto(
            _("The photo is larger than %(most)s MB. Choose a smaller size in the camera, or crop it."),
            {"most": MAX_UPLOAD >> 20},
        )


def _opened(file: "IO[bytes] | File[bytes]") -> Image.Image:
    """The picture with its header read and nothing unpacked."""
    ImageFile.LOAD_TRUNCATED_IMAGES = (
        False  # WeasyPrint switches it on for the whole process; its own pictures are whole
    )
    _refuse_pixels(*_webp_size(file.read(30)))  # Pillow makes room for a WebP's pixels while it opens it
    file.seek(0)
    try:
        picture = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError:
        raise _too_many() from None
    except OSError:
        raise BadPhoto(_("This is not a photo we can take. Send it as JPEG, PNG or WebP.")) from None
    _refuse_pixels(*picture.size)
    return picture


def _webp_size(head: bytes) -> tuple[int, int]:
    """Width and height as the header of a WebP states them; (0, 0) for any other file."""
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return 0, 0
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


def _refuse_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_many()


def _too_many() -> BadPhoto:
    return BadPhoto(
        _("The photo has more than %(most)s megapixels. Choose a smaller size in the camera, or crop it."),
        {"most": MOST_PIXELS // 1_000_000},
    )


def _drawn(picture: Image.Image) -> Image.Image:
    """The pixels on a white sheet of their own: upright, without anything that came with them."""
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is unpacked small at once
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture = ImageOps.exif_transpose(picture)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        sheet = Image.new("RGB", picture.size, "white")
        sheet.paste(picture, mask=picture.getchannel("A"))
    else:
        sheet = Image.new("RGB", picture.size)
        sheet.paste(picture.convert("RGB"))
    return sheet


class PhotoField(forms.FileField):
    """A field for one photo; its value is the new JPEG, or None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ACCEPT}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the cleaned photo; what was wrong with it stands beside the field."""
        given = super().clean(data, initial)
        if not given or given is initial:
            return given
        try:
            return clean_photo(given)
        except BadPhoto as bad:
            raise ValidationError(bad.message, code="photo") from None
