"""Photos of strangers: pictures come out clean, everything else is refused with a sentence."""

import io
import random
import struct
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from lib import photos
from lib.photos import BadPhoto, PhotoField, clean_photo
from lib.uploads import MAX_UPLOAD


def picture(kind: str = "JPEG", size: tuple[int, int] = (80, 40), mode: str = "RGB", **options: Any) -> bytes:
    """A photo, red on its left half."""
    drawn = Image.new(mode, size)
    if mode == "RGB":
        drawn.paste((220, 0, 0), (0, 0, size[0] // 2, size[1]))
    body = io.BytesIO()
    drawn.save(body, kind, **options)
    return body.getvalue()


def png_header(width: int, height: int, tail: bytes = b"") -> bytes:
    """A PNG that claims to be this large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"") + tail


def webp_header(kind: bytes, width: int, height: int) -> bytes:
    if kind == b"VP8X":
        data = b"\0" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        data = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + b"\0" * 9
    else:
        data = b"\0\0\0\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\0" * 8
    chunk = kind + len(data).to_bytes(4, "little") + data
    return b"RIFF" + (len(chunk) + 4).to_bytes(4, "little") + b"WEBP" + chunk


def opened(body: bytes) -> Image.Image:
    cleaned = clean_photo(io.BytesIO(body))
    return Image.open(cleaned, formats=("JPEG",))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"),
     ("PNG", "LA"), ("WEBP", "RGB"), ("WEBP", "RGBA")],
)  # fmt: skip
def test_every_sort_of_photo_becomes_a_jpeg_with_a_name_of_ours(kind: str, mode: str) -> None:
    body = picture(kind, mode=mode)
    first, second = clean_photo(io.BytesIO(body)), clean_photo(io.BytesIO(body))
    result = Image.open(first)
    assert (result.format, result.mode, result.size) == ("JPEG", "RGB", (80, 40))
    assert first.name != second.name
    assert first.name is not None
    assert first.name.endswith(".jpg")
    assert len(first.name) == 36


def test_a_large_photo_is_made_smaller_and_keeps_its_shape() -> None:
    assert opened(picture(size=(5000, 2500))).size == (2048, 1024)


def test_what_is_transparent_becomes_white() -> None:
    assert opened(picture("PNG", mode="RGBA")).getpixel((5, 5)) == (255, 255, 255)


def test_a_photo_taken_sideways_stands_upright_and_says_nothing_of_where_and_when() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90° to the right
    exif[0x0132] = "2026:10:24 10:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 30.0, 0.0), 3: "E", 4: (42.0, 9.0, 0.0)})
    body = picture(exif=exif, comment=b"at home", dpi=(300, 300), icc_profile=b"profile of my phone")
    assert Image.open(io.BytesIO(body)).getexif().get_ifd(0x8825)  # it was there
    result = opened(body)
    assert result.size == (40, 80)
    upper, lower = result.getpixel((20, 10)), result.getpixel((20, 70))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert upper[0] > 180 > 40 > lower[0]
    assert not result.getexif()
    assert not {"exif", "comment", "icc_profile", "xmp", "photoshop"} & result.info.keys()
    raw = clean_photo(io.BytesIO(body)).read()
    assert b"Exif" not in raw
    assert b"at home" not in raw
    assert b"2026:10" not in raw


def test_a_photo_with_a_script_and_an_archive_behind_it_comes_out_clean() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("evil.html", "<script>alert(1)</script>")
    body = picture(comment=b"<script>alert(1)</script>") + b"<script>alert(1)</script>" + archive.getvalue()
    cleaned = clean_photo(io.BytesIO(body)).read()
    assert b"<script>" not in cleaned
    assert b"PK\x03\x04" not in cleaned
    assert not zipfile.is_zipfile(io.BytesIO(cleaned))


@pytest.mark.parametrize(
    "body",
    [png_header(12_000, 12_000), png_header(20_000, 20_000), png_header(5001, 5000),
     *(webp_header(kind, 16_000, 16_000) for kind in (b"VP8X", b"VP8L", b"VP8 "))],
    ids=["144 Mpx", "400 Mpx", "25.005 Mpx", "VP8X", "VP8L", "VP8"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_unpacked(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(*args: object, **kwargs: object) -> None:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(Image.Image, "load", unpack)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpack)
    monkeypatch.setattr("PIL.WebPImagePlugin.WebPImageFile._open", unpack)
    with pytest.raises(BadPhoto, match="megapixels"):
        clean_photo(io.BytesIO(body))


def test_the_most_pixels_and_bytes_are_still_taken_and_one_more_is_not() -> None:
    assert opened(picture(size=(5000, 5000))).size == (2048, 2048)
    body = picture()
    padded = body + b"\0" * (MAX_UPLOAD - len(body))
    assert clean_photo(io.BytesIO(padded))
    with pytest.raises(BadPhoto, match="MB") as bad:
        clean_photo(io.BytesIO(padded + b"\0"))
    assert "10 MB" in bad.value.message


def test_the_headers_size_of_a_webp_is_what_the_decoder_says() -> None:
    for options in ({"lossless": True}, {}, {"lossless": True, "exif": b"Exif\0\0MM"}):
        for size in ((1, 1), (77, 301)):
            body = picture("WEBP", size=size, **options)
            assert photos._webp_size(body[:30]) == size


@pytest.mark.parametrize(
    "body",
    [
        picture("GIF"),
        picture("TIFF"),
        picture("BMP"),
        picture("PPM"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"RIFF",
        b"x",
        b"",
    ],
)
def test_what_is_no_photo_is_refused_with_what_to_do(body: bytes) -> None:
    with pytest.raises(BadPhoto) as bad:
        clean_photo(io.BytesIO(body))
    assert "JPEG" in bad.value.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_broke_off_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    body = picture(kind, size=(300, 300))
    for kept in (31, len(body) // 2):
        with pytest.raises(BadPhoto, match="JPEG"):
            clean_photo(io.BytesIO(body[:kept]))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")
def test_damaged_photos_never_break_the_portal() -> None:
    chance = random.Random(5)
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in range(120):
        body = bytearray(picture(("JPEG", "PNG", "WEBP")[number % 3], exif=exif))
        for _time in range(1 + number % 9):
            body[chance.randrange(len(body))] = chance.randrange(256)
        with suppress(BadPhoto):  # and nothing else
            assert Image.open(clean_photo(io.BytesIO(bytes(body)))).format == "JPEG"


def test_a_form_takes_a_photo_or_says_beside_the_field_what_is_wrong() -> None:
    class Proof(forms.Form):
        photo = PhotoField(required=False)

    assert 'accept="image/jpeg,image/png,image/webp"' in str(Proof()["photo"])
    good = Proof({}, {"photo": SimpleUploadedFile("C:\\evil.php", picture())})  # type: ignore[arg-type]
    assert good.is_valid()
    assert good.cleaned_data["photo"].name.endswith(".jpg")
    bad = Proof({}, {"photo": SimpleUploadedFile("a.jpg", b"<html>")})  # type: ignore[arg-type]
    assert bad.errors == {"photo": ["This is not a photo we can take. Send it as JPEG, PNG or WebP."]}
    none = Proof({})
    assert none.is_valid()
    assert none.cleaned_data["photo"] is None
