"""The Ukrainian payment code: versions 002 and 003 of the National Bank's rules, a link with base64url fields."""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

HOST_002 = "https://bank.gov.ua/qr/"
HOST_003 = "https://qr.bank.gov.ua/"
BYTES_002, BYTES_003, LINK_003 = 331, 475, 507  # the fields of 002; the base64 text and the whole link of 003
NAME, PURPOSE = 140, 420
KYIV = ZoneInfo("Europe/Kyiv")


class CannotEncode(ValueError):
    """The values cannot make a code that a bank would read."""


@dataclass(frozen=True)
class Payee:
    """Who is paid: a Ukrainian company's or association's bank details."""

    name: str
    iban: str
    tax_id: str


def payment_link_002(payee: Payee, *, amount: Decimal | None, purpose: str, line_end: str = "\n") -> str:
    """Return the link of version 002 in UTF-8; `amount` in hryvnias, None leaves it to the payer."""
    _check(payee)
    sum_text = "" if amount is None else f"UAH{_hryvnias(amount)}"
    head = ["BCD", "002", "1", "UCT", "", payee.name, payee.iban, sum_text, payee.tax_id, "", ""]
    return HOST_002 + _fit(head, purpose, [""], encoding="utf-8", line_end=line_end, longest=BYTES_002)[1]


def payment_link_003(
    payee: Payee,
    *,
    amount: Decimal | None,
    purpose: str,
    reference: str = "",
    category: str = "SUPP/SUPP",
    lock: str = "FEFF",
    valid_until: datetime | None = None,
    created: datetime | None = None,
    line_end: str = "\n",
) -> str:
    """Return the link of version 003 in windows-1251 (the shortest); moments are aware and written in Kyiv time.

    `lock` FEFF leaves only the amount to the payer. Only the purpose is ever shortened.
    """
    _check(payee)
    if len(reference) > 35 or not reference.isascii():
        raise CannotEncode("the reference must have up to 35 Latin characters")
    if not re.fullmatch(r"[A-Z]{4}/[A-Z]{4}", category) or not re.fullmatch(r"([0-9A-F]{4})?", lock):
        raise CannotEncode("the category is CCCC/PPPP and the lock four hexadecimal digits")
    sum_text = "" if amount is None else f"UAH{_short(amount)}"
    if len(sum_text) > 15:
        raise CannotEncode("the sum is too long")
    head = ["BCD", "003", "2", "UCT", "", payee.name, payee.iban, sum_text, payee.tax_id, category, reference]
    tail = ["", lock, _stamp(valid_until), _stamp(created), ""]
    _, text = _fit(head, purpose, tail, encoding="windows-1251", line_end=line_end, longest=BYTES_003 * 3 // 4)
    if len(HOST_003 + text) > LINK_003 or len(text) > BYTES_003:
        raise CannotEncode("the link is too long")
    return HOST_003 + text


def _fit(
    head: list[str], purpose: str, tail: list[str], *, encoding: str, line_end: str, longest: int
) -> tuple[bytes, str]:
    """Return the fields as bytes and as base64url, the purpose shortened until they fit."""
    purpose = " ".join(purpose.split())[:PURPOSE]
    if not purpose:
        raise CannotEncode("the purpose is missing")
    while True:
        payload = _encode(line_end.join([*head, purpose, *tail]), encoding)
        if len(payload) <= longest:
            return payload, urlsafe_b64encode(payload).decode().rstrip("=")
        if len(purpose) == 1:
            raise CannotEncode("the fields are too long even without a purpose")
        purpose = purpose[:-1].rstrip()


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise CannotEncode(f"{error.object[error.start]!r} does not exist in {encoding}") from None


def _check(payee: Payee) -> None:
    if not 1 <= len(payee.name) <= NAME or not payee.name.isprintable():
        raise CannotEncode(f"the recipient must have 1 to {NAME} printable characters")
    if not re.fullmatch(r"UA[0-9]{27}", payee.iban):
        raise CannotEncode("the IBAN is UA and 27 digits")
    if not re.fullmatch(r"[0-9]{8}|[0-9]{10}", payee.tax_id):
        raise CannotEncode("the recipient's code has 8 or 10 digits")


def _hryvnias(amount: Decimal) -> str:
    if amount <= 0 or amount * 100 != (amount * 100).to_integral_value():
        raise CannotEncode("the sum must be above zero and in whole kopiykas")
    return f"{amount:.2f}"


def _short(amount: Decimal) -> str:
    """«1245.6», «150»: the official samples of 003 drop the trailing zeros."""
    return _hryvnias(amount).rstrip("0").rstrip(".")


def _stamp(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(KYIV):%y%m%d%H%M%S}"
