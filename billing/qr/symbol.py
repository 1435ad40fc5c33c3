"""How the text of a payment code is drawn: the bytes in the encoding that it declares, the level and the size allowed."""

from collections.abc import Sequence

from billing.qr import epc, gost, nbu
from billing.qr.payment import CannotEncode
from billing.qr.payment import encoded as in_encoding
from lib.qr import DoesNotFit, qr_rows, qr_version

ANY = range(1, 41)
UP_TO_15, FROM_10_TO_17, UP_TO_13 = range(1, 16), range(10, 18), range(1, 14)


def rules(text: str) -> list[tuple[str, Sequence[int]]]:
    """The levels of correction that the format allows, the best first, each with its versions."""
    if text.startswith(nbu.HOST_003):
        return [("M", FROM_10_TO_17)]
    if nbu.is_link(text) or nbu.is_plain(text):
        return [("M", UP_TO_15), ("L", UP_TO_15)]
    return [("M", UP_TO_13)] if epc.is_epc(text) else [("M", ANY)]


def encoded(text: str) -> bytes:
    """The bytes of the code: every text names its encoding itself; a link is ASCII."""
    if nbu.is_link(text):
        return in_encoding(text, "ascii")
    if text.startswith("ST0001"):
        return in_encoding(text, gost.ENCODINGS[text[6]])
    digit = text.lstrip().splitlines()[2]
    return in_encoding(text, epc.ENCODINGS[digit] if epc.is_epc(text) else nbu.ENCODINGS[digit])


def fitting(text: str) -> tuple[bytes, str, Sequence[int]]:
    """The bytes with the level and the versions in which they fit; CannotEncode if the format allows none."""
    content = encoded(text)
    for level, versions in rules(text):
        try:
            qr_version(content, level=level, versions=versions)
        except DoesNotFit:
            continue
        return content, level, versions
    raise CannotEncode("the code is larger than its format allows")


def code_rows(text: str) -> list[bytes]:
    """The modules of a payment code, for a sheet."""
    content, level, versions = fitting(text)
    return qr_rows(content, level=level, versions=versions)
