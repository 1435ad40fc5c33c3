"""The Russian payment code: ST00012 of ГОСТ Р 56042-2014, in UTF-8."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

SEPARATORS = "|#;:^_~{}!$%&()*+,/@"
MANDATORY_BYTES = 300  # the five obligatory fields with their separators, without the 8 bytes of the service block
PURPOSE = 160


class CannotEncode(ValueError):
    """The values cannot make a code that a bank would read."""


@dataclass(frozen=True)
class Payee:
    """Who is paid: a Russian company's bank details."""

    name: str
    account: str
    bank: str
    bic: str
    corr_account: str = ""
    tax_id: str = ""
    kpp: str = ""


@dataclass(frozen=True)
class Payer:
    """Who pays and for what account."""

    account_number: str
    last_name: str = ""
    first_name: str = ""
    patronymic: str = ""
    address: str = ""


LIMITS = {
    "Name": (1, 160), "PersonalAcc": (20, 20), "BankName": (1, 45), "BIC": (9, 9), "CorrespAcc": (1, 20),
    "PayeeINN": (10, 12), "KPP": (9, 9), "LastName": (1, 60), "FirstName": (1, 60), "MiddleName": (1, 60),
    "PayerAddress": (1, 200), "PersAcc": (1, 30), "PaymPeriod": (6, 6), "Sum": (1, 18), "Purpose": (1, PURPOSE),
    "TechCode": (2, 2),
}  # fmt: skip
DIGITS = {"PersonalAcc", "BIC", "CorrespAcc", "PayeeINN", "PaymPeriod", "Sum", "TechCode"}


def payment_text(payee: Payee, payer: Payer, *, period: date, amount: Decimal, purpose: str) -> str:
    """Return the text of the code for one document; `amount` in roubles. Wrong values raise CannotEncode.

    The obligatory fields come first and in the standard's order; a separator that no value holds is chosen.
    """
    mandatory = {
        "Name": payee.name,
        "PersonalAcc": payee.account,
        "BankName": payee.bank,
        "BIC": payee.bic,
        "CorrespAcc": payee.corr_account or "0",
    }
    optional = {
        "PayeeINN": payee.tax_id,
        "KPP": payee.kpp,
        "LastName": payer.last_name,
        "FirstName": payer.first_name,
        "MiddleName": payer.patronymic,
        "PayerAddress": payer.address,
        "PersAcc": payer.account_number,
        "PaymPeriod": f"{period:%m%Y}",
        "Sum": str(_kopecks(amount)),
        "Purpose": purpose[:PURPOSE].rstrip(),
        "TechCode": "02",
    }
    fields = mandatory | {name: value for name, value in optional.items() if value}
    for name, value in fields.items():
        _check(name, value)
    separator = _separator(fields)
    if len(_join(mandatory, separator).encode()) > MANDATORY_BYTES:
        raise CannotEncode(f"the obligatory fields are longer than {MANDATORY_BYTES} bytes")
    return f"ST00012{separator}{_join(fields, separator)}"


def _join(fields: Mapping[str, str], separator: str) -> str:
    return separator.join(f"{name}={value}" for name, value in fields.items())


def _separator(fields: Mapping[str, str]) -> str:
    used = set("".join(fields.values()))
    for separator in SEPARATORS:
        if separator not in used:
            return separator
    raise CannotEncode("the values hold every separator")


def _kopecks(amount: Decimal) -> int:
    kopecks = amount * 100
    if kopecks <= 0 or kopecks != kopecks.to_integral_value():
        raise CannotEncode("the sum must be above zero and in whole kopecks")
    return int(kopecks)


def _check(name: str, value: str) -> None:
    shortest, longest = LIMITS[name]
    if not shortest <= len(value) <= longest or not value.isprintable():
        raise CannotEncode(f"{name} must have {shortest} to {longest} printable characters")
    if name in DIGITS and not (value.isascii() and value.isdigit()):
        raise CannotEncode(f"{name} must be digits")
