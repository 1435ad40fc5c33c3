"""Reads whatever was scanned: tells the formats apart by how they begin."""

from billing.qr import epc, gost, nbu
from billing.qr.payment import UNKNOWN, NotAPaymentCode, PaymentCode

MOST_BYTES = 2953  # of the largest QR code


def read_payment_code(content: bytes | str) -> PaymentCode:
    """Return the payment that the content of a scanned code asks for, or raise NotAPaymentCode with a sentence.

    A scanner gives bytes, or text that it has already decoded: then the declared encoding is only a word.
    """
    if len(content) > MOST_BYTES:
        raise NotAPaymentCode(UNKNOWN)
    if nbu.is_link(content) or nbu.is_plain(content):
        return nbu.read(content)
    if epc.is_epc(content):
        return epc.read(content)
    return gost.read(content)
