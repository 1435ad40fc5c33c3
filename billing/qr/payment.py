"""What all payment codes have in common: what is read from one, and what is wrong with one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class CannotEncode(ValueError):
    """The values cannot make a code that a bank would read."""


class NotAPaymentCode(ValueError):
    """What was scanned pays nothing; the sentence says why in the reader's language."""

    def __init__(self, message: str | Promise, **facts: str) -> None:
        super().__init__(str(message), facts)
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return str(self.message) % self.facts if self.facts else str(self.message)


UNKNOWN = _("This is not a payment code.")
NO_ENCODING = _("The payment code names an encoding that does not exist.")
NOT_IN_ENCODING = _("The letters of the payment code are not in the encoding that it names.")
DAMAGED = _("The payment code is damaged: «%(part)s» cannot be read.")
MISSING = _("The payment code is incomplete: «%(part)s» is missing.")


@dataclass(frozen=True)
class PaymentCode:
    """A payment code that was read: the values that every format has by name, and all that it holds in `fields`.

    `format` is what the text declares (ST00012, NBU 003, EPC 002); `amount` is None where the payer chooses it.
    """

    format: str
    encoding: str
    recipient: str
    account: str
    amount: Decimal | None
    currency: str
    purpose: str = ""
    tax_id: str = ""
    bic: str = ""
    payer_account: str = ""
    period: date | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def decoded(content: bytes, encoding: str) -> str:
    """The text of a scanned code; a scanner may hand over a mark of byte order."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise NotAPaymentCode(NOT_IN_ENCODING) from None


def encoded(text: str, encoding: str) -> bytes:
    """The bytes that go into the code, really in the declared encoding."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise CannotEncode(f"{error.object[error.start]!r} does not exist in {encoding}") from None


def one_line(name: str, value: str, longest: int, *, shortest: int = 0) -> None:
    """Refuse a value that is too long or would break the line."""
    if not shortest <= len(value) <= longest or not value.isprintable():
        raise CannotEncode(f"{name} must have {shortest} to {longest} printable characters")


def positive(amount: Decimal) -> Decimal:
    """The amount in whole kopecks or cents and above zero, or a refusal."""
    if not amount.is_finite() or amount <= 0 or amount * 100 != (amount * 100).to_integral_value():
        raise CannotEncode("the sum must be above zero and whole to the hundredth")
    return amount


def short_sum(amount: Decimal) -> str:
    """«1245.6», «150»: the samples of 003 and of EPC069-12 drop the trailing zeros."""
    return f"{positive(amount):.2f}".rstrip("0").rstrip(".")


def read_sum(text: str, currency: str) -> Decimal | None:
    """The amount of `UAH1245.6` or `EUR12`; None where there is no amount."""
    found = re.fullmatch(rf"{currency}(?P<sum>[0-9]{{1,12}}(\.[0-9]{{1,2}})?)?", text, re.ASCII)
    if text and found is None:
        raise NotAPaymentCode(DAMAGED, part=text)
    return Decimal(found["sum"]).quantize(Decimal("0.01")) if found and found["sum"] else None
