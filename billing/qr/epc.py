"""The European payment code: EPC069-12, a SEPA credit transfer in euro, written and read."""

import re
from decimal import Decimal

from billing.qr.payment import (
    DAMAGED,
    MISSING,
    NO_ENCODING,
    UNKNOWN,
    CannotEncode,
    NotAPaymentCode,
    PaymentCode,
    decoded,
    encoded,
    one_line,
    read_sum,
    short_sum,
)
from lib.identifiers import is_iban

ENCODINGS = {
    "1": "utf-8", "2": "iso-8859-1", "3": "iso-8859-2", "4": "iso-8859-4", "5": "iso-8859-5", "6": "iso-8859-7",
    "7": "iso-8859-10", "8": "iso-8859-15",
}  # fmt: skip
BYTES = 331
MOST = Decimal("999999999.99")
LIMITS = {"recipient": (1, 70), "purpose_code": (0, 4), "reference": (0, 35), "text": (0, 140), "info": (0, 70)}
FIELDS = ("service", "version", "encoding", "function", "bic", "recipient", "iban", "sum", "purpose_code", "reference",
          "text", "info")  # fmt: skip


def payment_text(
    *,
    recipient: str,
    iban: str,
    amount: Decimal | None = None,
    bic: str = "",
    purpose_code: str = "",
    reference: str = "",
    text: str = "",
    info: str = "",
    version: str = "002",
    encoding: str = "1",
    line_end: str = "\n",
) -> str:
    """Return the lines of the code, nothing after the last that is used; wrong values raise CannotEncode.

    A structured `reference` or a `text`, not both. Only version 002 may leave the BIC out.
    """
    values = {"recipient": recipient, "purpose_code": purpose_code, "reference": reference, "text": text, "info": info}
    for name, value in values.items():
        one_line(name, value, LIMITS[name][1], shortest=LIMITS[name][0])
    if version not in {"001", "002"} or encoding not in ENCODINGS or line_end not in {"\n", "\r\n"}:
        raise CannotEncode("the version is 001 or 002, the encoding 1 to 8, a line ends with LF or CRLF")
    if not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", bic) and (bic or version == "001"):
        raise CannotEncode("the BIC has 8 or 11 characters and is left out only in version 002")
    if iban != iban.upper() or " " in iban or not is_iban(iban):
        raise CannotEncode("the IBAN does not agree with its check digits")
    if not re.fullmatch(r"[A-Z0-9]*", purpose_code) or (reference and text):
        raise CannotEncode("the purpose is up to four capitals; a reference excludes a text")
    if amount is not None and amount > MOST:
        raise CannotEncode(f"the sum is above {MOST}")
    total = "" if amount is None else f"EUR{short_sum(amount)}"
    lines = ["BCD", version, encoding, "SCT", bic, recipient, iban, total, purpose_code, reference, text, info]
    while not lines[-1]:
        lines.pop()
    whole = line_end.join(lines)
    if len(encoded(whole, ENCODINGS[encoding])) > BYTES:
        raise CannotEncode(f"the code is longer than {BYTES} bytes")
    return whole


def is_epc(content: bytes | str) -> bool:
    """Whether these are the lines of a SEPA transfer."""
    text = content.decode("latin-1") if isinstance(content, bytes) else content
    return bool(re.match(r"BCD\r?\n00[12]\r?\n[^\r\n]*\r?\nSCT\r?\n", text))


def read(content: bytes | str) -> PaymentCode:
    """Read a code of any system, with LF or CRLF and with empty lines left or written at the end."""
    if not is_epc(content):
        raise NotAPaymentCode(UNKNOWN)
    start = content.decode("latin-1") if isinstance(content, bytes) else content
    digit = re.split(r"\r?\n", start, maxsplit=3)[2]
    if digit not in ENCODINGS:
        raise NotAPaymentCode(NO_ENCODING)
    whole = decoded(content, ENCODINGS[digit]) if isinstance(content, bytes) else content
    lines = re.split(r"\r?\n", whole)
    if any(lines[len(FIELDS) :]):
        raise NotAPaymentCode(DAMAGED, part=lines[len(FIELDS)][:40])
    fields = dict(zip(FIELDS, lines + [""] * len(FIELDS), strict=False))
    for name in ("recipient", "iban"):
        if not fields[name]:
            raise NotAPaymentCode(MISSING, part=name)
    if fields["reference"] and fields["text"]:
        raise NotAPaymentCode(DAMAGED, part=fields["reference"])
    return PaymentCode(
        format=f"EPC {fields['version']}",
        encoding=ENCODINGS[digit],
        recipient=fields["recipient"],
        account=re.sub(r"\s", "", fields["iban"]).upper(),
        amount=read_sum(fields["sum"], "EUR"),
        currency="EUR",
        purpose=fields["text"] or fields["reference"],
        bic=fields["bic"],
        fields=fields,
    )
