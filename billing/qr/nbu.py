"""The Ukrainian payment code, versions 001, 002 and 003 of the National Bank's rules: plain lines, or a link with them."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

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
    positive,
    read_sum,
    short_sum,
)
from lib.identifiers import is_iban_ua

__all__ = ["CannotEncode", "Payee", "payment_link_002", "payment_link_003", "payment_text_001", "read"]

START_001 = " " * 23  # as long as either host, so that all three versions begin their fields in one place
HOST_002 = "https://bank.gov.ua/qr/"
HOST_003 = "https://qr.bank.gov.ua/"
BYTES_002, BYTES_003, LINK_003 = 331, 475, 507  # the fields of 001 and 002; the base64 text and the whole link of 003
NAME, PURPOSE, DISPLAY, REFERENCE, AMOUNT = 140, 420, 140, 35, 15
ENCODINGS = {"1": "utf-8", "2": "windows-1251"}
LINE_ENDS = ("\n", "\r\n")
FUNCTIONS = ("UCT", "ICT", "XCT")  # a transfer, an instant one, either
KYIV = ZoneInfo("Europe/Kyiv")
FIELDS_002 = ("service", "version", "encoding", "function", "bic", "recipient", "iban", "sum", "tax_id", "reserved_10",
              "reserved_11", "purpose", "display")  # fmt: skip
FIELDS_003 = ("service", "version", "encoding", "function", "unique_id", "recipient", "iban", "sum", "tax_id", "category",
              "reference", "purpose", "display", "lock", "valid_until", "created", "signature")  # fmt: skip


@dataclass(frozen=True)
class Payee:
    """Who is paid: a Ukrainian company's or association's bank details."""

    name: str
    iban: str
    tax_id: str


def payment_text_001(
    payee: Payee, *, amount: Decimal | None, purpose: str, display: str = "", encoding: str = "1"
) -> str:
    """Return the text of version 001: the start code and the lines of 002, always with CRLF."""
    return START_001 + _lines_002(payee, amount, purpose, display, encoding, "\r\n", version="001")


def payment_link_002(
    payee: Payee, *, amount: Decimal | None, purpose: str, display: str = "", encoding: str = "1", line_end: str = "\n"
) -> str:
    """Return the link of version 002; `amount` in hryvnias, None leaves it to the payer.

    The samples of the rules end lines with CRLF, most banks with LF: `line_end` says which.
    """
    return HOST_002 + _packed(_lines_002(payee, amount, purpose, display, encoding, line_end), encoding)


def payment_link_003(
    payee: Payee,
    *,
    amount: Decimal | None,
    purpose: str,
    display: str = "",
    function: str = "UCT",
    reference: str = "",
    category: str = "SUPP/SUPP",
    lock: str = "FEFF",
    valid_until: datetime | None = None,
    created: datetime | None = None,
    encoding: str = "2",
    line_end: str = "\n",
) -> str:
    """Return the link of version 003, in windows-1251 the shortest; moments are aware and written in Kyiv time.

    `lock` FEFF leaves only the amount to the payer (see lock_except). Only the purpose is ever shortened.
    """
    _check(payee, display, encoding, line_end)
    if len(reference) > REFERENCE or not reference.isascii() or not reference.isprintable():
        raise CannotEncode(f"the reference must have up to {REFERENCE} Latin characters")
    if not re.fullmatch(r"[A-Z]{4}/[A-Z]{4}", category) or not re.fullmatch(r"([0-9A-F]{4})?", lock):
        raise CannotEncode("the category is CCCC/PPPP and the lock four hexadecimal digits")
    if function not in FUNCTIONS:
        raise CannotEncode(f"there is no function {function!r}")
    until, made = _stamp(valid_until), _stamp(created)
    if valid_until and created and valid_until <= created:
        raise CannotEncode("the code would end before it is made")
    head = ["BCD", "003", encoding, function, "", payee.name, payee.iban, _sum(amount, short=True), payee.tax_id,
            category, reference]  # fmt: skip
    tail = [display, lock, until, made, ""]
    text = _packed(_fit(head, purpose, tail, encoding, line_end, BYTES_003 * 3 // 4), encoding)
    assert len(text) <= BYTES_003
    assert len(HOST_003 + text) <= LINK_003
    return HOST_003 + text


def lock_except(*fields: int) -> str:
    """The mask that locks all fields but these: bit N is field N, counted as in the rules.

    >>> lock_except(8), lock_except(8, 12), lock_except(6)
    ('FEFF', 'EEFF', 'FFBF')
    """
    return f"{0xFFFF & ~sum(1 << field for field in set(fields)):04X}"


def _lines_002(
    payee: Payee,
    amount: Decimal | None,
    purpose: str,
    display: str,
    encoding: str,
    line_end: str,
    version: str = "002",
) -> str:
    _check(payee, display, encoding, line_end)
    head = ["BCD", version, encoding, "UCT", "", payee.name, payee.iban, _sum(amount), payee.tax_id, "", ""]
    return _fit(head, purpose, [display], encoding, line_end, BYTES_002)


def _fit(head: list[str], purpose: str, tail: list[str], encoding: str, line_end: str, longest: int) -> str:
    """Return the lines, the purpose shortened until they fit."""
    purpose = " ".join(purpose.split())[:PURPOSE].rstrip()
    if not purpose or not purpose.isprintable():
        raise CannotEncode("the purpose is missing or cannot be printed")
    while True:
        text = line_end.join([*head, purpose, *tail])
        if len(encoded(text, ENCODINGS[encoding])) <= longest:
            return text
        if len(purpose) == 1:
            raise CannotEncode("the fields are too long even without a purpose")
        purpose = purpose[:-1].rstrip()


def _packed(text: str, encoding: str) -> str:
    return urlsafe_b64encode(encoded(text, ENCODINGS[encoding])).decode().rstrip("=")


def _check(payee: Payee, display: str, encoding: str, line_end: str) -> None:
    if encoding not in ENCODINGS or line_end not in LINE_ENDS:
        raise CannotEncode("the encoding is 1 or 2, a line ends with LF or CRLF")
    one_line("the recipient", payee.name, NAME, shortest=1)
    one_line("the text to display", display, DISPLAY)
    if not re.fullmatch(r"UA[0-9]{27}", payee.iban) or not is_iban_ua(payee.iban):
        raise CannotEncode("the IBAN is UA and 27 digits that agree with its check digits")
    if not re.fullmatch(r"[0-9]{8}|[0-9]{10}", payee.tax_id):
        raise CannotEncode("the recipient's code has 8 or 10 digits")


def _sum(amount: Decimal | None, *, short: bool = False) -> str:
    if amount is None:
        return ""
    text = f"UAH{short_sum(amount) if short else f'{positive(amount):.2f}'}"
    if len(text) > AMOUNT:
        raise CannotEncode("the sum is too long")
    return text


def _stamp(moment: datetime | None) -> str:
    if moment is None:
        return ""
    if moment.tzinfo is None:
        raise CannotEncode("the moment has no time zone")
    return f"{moment.astimezone(KYIV):%y%m%d%H%M%S}"


def read(content: bytes | str) -> PaymentCode:
    """Read any of the three versions: both hosts, both line ends, padded or not, 002 with 12 to 14 lines."""
    lines, encoding = _lines(_unpacked(content))
    if len(lines) < 12 or lines[0] != "BCD" or lines[1] not in {"001", "002", "003"} or lines[3] not in FUNCTIONS:
        raise NotAPaymentCode(UNKNOWN)
    if lines[1] == "003" and len(lines) != len(FIELDS_003):
        raise NotAPaymentCode(DAMAGED, part=f"{len(lines)} / {len(FIELDS_003)}")
    if lines[1] != "003" and (len(lines) > 14 or any(lines[13:])):
        raise NotAPaymentCode(DAMAGED, part=f"{len(lines)} / {len(FIELDS_002)}")
    fields = dict(zip(FIELDS_003 if lines[1] == "003" else FIELDS_002, [*lines, ""], strict=False))
    for name in ("recipient", "iban", "tax_id"):
        if not fields[name]:
            raise NotAPaymentCode(MISSING, part=name)
    if not re.fullmatch(r"([0-9A-Fa-f]{4})?", fields.get("lock", "")):
        raise NotAPaymentCode(DAMAGED, part=fields["lock"][:20])
    for name in ("valid_until", "created"):
        moment(fields.get(name, ""))
    return PaymentCode(
        format=f"NBU {fields['version']}",
        encoding=encoding,
        recipient=fields["recipient"],
        account=re.sub(r"\s", "", fields["iban"]).upper(),
        amount=read_sum(fields["sum"], "UAH"),
        currency="UAH",
        purpose=fields["purpose"],
        tax_id=fields["tax_id"],
        fields=fields,
    )


LINK = re.compile(r"https://(?:bank\.gov\.ua/qr/|qr\.bank\.gov\.ua/)", re.IGNORECASE)


def is_link(content: bytes | str) -> bool:
    """Whether this is a link of the National Bank, of either host."""
    text = content.decode("ascii", "replace") if isinstance(content, bytes) else content
    return bool(LINK.match(text.strip()))


def is_plain(content: bytes | str) -> bool:
    """Whether these are the lines of version 001, with the start code or without."""
    text = content.decode("latin-1") if isinstance(content, bytes) else content
    return bool(re.match(r"\s*BCD\r?\n001\r?\n[^\r\n]*\r?\n(UCT|ICT|XCT)\r?\n", text))


def _unpacked(content: bytes | str) -> bytes | str:
    """The lines that a link carries; of 001 without its start code."""
    if not is_link(content):
        return content.lstrip()
    text = (content.decode("ascii", "replace") if isinstance(content, bytes) else content).strip()
    packed = LINK.sub("", text, count=1).rstrip("=").replace("+", "-").replace("/", "_")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", packed) or len(packed) % 4 == 1:
        raise NotAPaymentCode(DAMAGED, part=packed[:20])
    return urlsafe_b64decode(packed + "=" * (-len(packed) % 4))


def _lines(content: bytes | str) -> tuple[list[str], str]:
    """The lines in the encoding that the third of them names, and that encoding."""
    start = content.decode("latin-1") if isinstance(content, bytes) else content
    third = [*re.split(r"\r?\n", start, maxsplit=3), "", "", ""][2]
    if not start.startswith("BCD"):
        raise NotAPaymentCode(UNKNOWN)
    if third not in ENCODINGS:
        raise NotAPaymentCode(NO_ENCODING)
    text = decoded(content, ENCODINGS[third]) if isinstance(content, bytes) else content
    return re.split(r"\r?\n", text), ENCODINGS[third]


def moment(text: str) -> datetime | None:
    """The moment of «261120235959» in Kyiv."""
    if not text:
        return None
    try:
        if not re.fullmatch(r"[0-9]{12}", text):
            raise ValueError(text)
        return datetime.strptime(text, "%y%m%d%H%M%S").replace(tzinfo=KYIV)
    except ValueError:
        raise NotAPaymentCode(DAMAGED, part=text[:20]) from None


def editable(fields: Mapping[str, str]) -> frozenset[int] | None:
    """The numbers of the fields that the payer may change, or None where the code sets no limits."""
    lock = fields.get("lock", "")
    return frozenset(bit for bit in range(1, 16) if not int(lock, 16) >> bit & 1) if lock else None
