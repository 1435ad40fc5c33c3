"""The Russian payment code: ГОСТ Р 56042-2014, written and read in windows-1251, UTF-8 and KOI8-R."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
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
    positive,
)

__all__ = ["CannotEncode", "Payee", "Payer", "payment_text", "read", "write"]

SEPARATORS = "|#;:^_~{}!$%&()*+,/@"
ENCODINGS = {"1": "windows-1251", "2": "utf-8", "3": "koi8-r"}
MANDATORY = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
MANDATORY_BYTES = 300  # the five obligatory fields with their separators, without the 8 bytes of the service block
PURPOSE = 160

# How many characters a value has. The standard limits neither names nor counters: there the bound is our own.
LIMITS = {
    "Name": (1, 160), "PersonalAcc": (20, 20), "BankName": (1, 45), "BIC": (9, 9), "CorrespAcc": (1, 20),
    "PayeeINN": (10, 12), "KPP": (9, 9), "PayerINN": (10, 12), "DrawerStatus": (2, 2), "CBC": (1, 20), "OKTMO": (1, 11),
    "DocNo": (1, 15), "DocDate": (10, 10), "LastName": (1, 60), "FirstName": (1, 60), "MiddleName": (1, 60),
    "PayerAddress": (1, 200), "PersAcc": (1, 30), "Contract": (1, 60), "Flat": (1, 20), "Phone": (1, 20),
    "PaymTerm": (1, 20), "PaymPeriod": (6, 6), "Category": (1, 60), "ServiceName": (1, 160), "CounterId": (1, 50),
    "CounterVal": (1, 20), "QuittId": (1, 30), "QuittDate": (10, 10), "AddAmount": (1, 18), "UIN": (1, 25),
    "Sum": (1, 18), "Purpose": (1, PURPOSE), "TechCode": (2, 2),
}  # fmt: skip
SHAPES = {"KPP": r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}"}
SHAPES |= dict.fromkeys(("PayeeINN", "PayerINN"), "[0-9]{10}|[0-9]{12}")
SHAPES |= dict.fromkeys(("DocDate", "QuittDate"), r"(0[1-9]|[12][0-9]|3[01])\.(0[1-9]|1[0-2])\.[0-9]{4}")
SHAPES |= dict.fromkeys(("PersonalAcc", "BIC", "DrawerStatus", "CBC", "OKTMO", "AddAmount", "UIN", "Sum"), "[0-9]+")
SHAPES |= {"CorrespAcc": "0|[0-9]{20}", "PaymPeriod": "(0[1-9]|1[0-2])[0-9]{4}", "TechCode": "[0-9]{2}"}
KEYS = {name.lower(): name for name in LIMITS}


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


def payment_text(
    payee: Payee,
    payer: Payer,
    *,
    period: date,
    amount: Decimal,
    purpose: str,
    encoding: str = "2",
    separator: str = "",
    more: Mapping[str, str] | None = None,
) -> str:
    """Return the text of the code for one document; `amount` in roubles, `more` other keys of the standard.

    Wrong values raise CannotEncode. `encoding` is the digit of ENCODINGS; the text says it, `symbol.encoded` follows it.
    """
    fields = {
        "Name": payee.name,
        "PersonalAcc": payee.account,
        "BankName": payee.bank,
        "BIC": payee.bic,
        "CorrespAcc": payee.corr_account or "0",
        "PayeeINN": payee.tax_id,
        "KPP": payee.kpp,
        "LastName": payer.last_name,
        "FirstName": payer.first_name,
        "MiddleName": payer.patronymic,
        "PayerAddress": payer.address,
        "PersAcc": payer.account_number,
        "PaymPeriod": f"{period:%m}{period.year:04}",
        "Sum": kopecks(amount),
        "Purpose": purpose[:PURPOSE].rstrip(),
        "TechCode": "02",
    } | dict(more or {})
    return write(fields, encoding=encoding, separator=separator)


def write(fields: Mapping[str, str], *, encoding: str = "2", separator: str = "") -> str:
    """Return the text of these keys, empty values left out; the obligatory ones come first and in the standard's order.

    Without a `separator` the first one is taken that no value holds, and stands everywhere.
    """
    if encoding not in ENCODINGS:
        raise CannotEncode(f"there is no encoding {encoding!r}")
    mandatory = {name: fields.get(name, "") for name in MANDATORY}
    chosen = mandatory | {name: value for name, value in fields.items() if value and name not in mandatory}
    for name, value in chosen.items():
        _check(name, value)
    mark = _separator(chosen, separator)
    if len(encoded(_join(mandatory, mark), ENCODINGS[encoding])) > MANDATORY_BYTES:
        raise CannotEncode(f"the obligatory fields are longer than {MANDATORY_BYTES} bytes")
    text = f"ST0001{encoding}{mark}{_join(chosen, mark)}"
    encoded(text, ENCODINGS[encoding])
    return text


def kopecks(amount: Decimal) -> str:
    """The sum as the code holds it: «4704800» for 47048.00."""
    return str(int(positive(amount) * 100))


def day(moment: date) -> str:
    """A date as DocDate and QuittDate hold it: «05.02.2019»."""
    return f"{moment:%d.%m}.{moment.year:04}"


def _join(fields: Mapping[str, str], separator: str) -> str:
    return separator.join(f"{name}={value}" for name, value in fields.items())


def _separator(fields: Mapping[str, str], wanted: str) -> str:
    if len(wanted) > 1 or wanted not in SEPARATORS:
        raise CannotEncode(f"{wanted!r} cannot be a separator")
    used = set("".join(fields.values()))
    for separator in wanted or SEPARATORS:
        if separator not in used:
            return separator
    raise CannotEncode("the values hold the separator")


def _check(name: str, value: str) -> None:
    if name not in LIMITS:
        raise CannotEncode(f"the standard has no key {name!r}")
    shortest, longest = LIMITS[name]
    one_line(name, value, longest, shortest=shortest)
    if name in SHAPES and not re.fullmatch(SHAPES[name], value):
        raise CannotEncode(f"{name} cannot be {value!r}")


def read(content: bytes | str) -> PaymentCode:
    """Read a code of any system: keys in any case and order, any separator, a trailing one; unknown keys are kept."""
    encoding = _declared(content)
    text = decoded(content, encoding) if isinstance(content, bytes) else content
    text = text.removeprefix("\ufeff").rstrip("\r\n\0")
    separator = text[7:8]
    if not separator or separator.isalnum() or separator == "=":
        raise NotAPaymentCode(UNKNOWN)
    fields = _fields(text[8:].split(separator))
    for name in MANDATORY:
        if not fields.get(name):
            raise NotAPaymentCode(MISSING, part=name)
    return PaymentCode(
        format=text[:7],
        encoding=encoding,
        recipient=fields["Name"],
        account=fields["PersonalAcc"],
        amount=roubles(fields["Sum"]) if fields.get("Sum") else None,
        currency="RUB",
        purpose=fields.get("Purpose", ""),
        tax_id=fields.get("PayeeINN", ""),
        bic=fields["BIC"],
        payer_account=fields.get("PersAcc", ""),
        period=month(fields.get("PaymPeriod", "")),
        fields=fields,
    )


def _declared(content: bytes | str) -> str:
    head = (
        content.removeprefix(b"\xef\xbb\xbf")[:7] if isinstance(content, bytes) else content.removeprefix("\ufeff")[:7]
    )
    start = head.decode("ascii", "replace") if isinstance(head, bytes) else head
    if not re.fullmatch("ST0001.", start):
        raise NotAPaymentCode(UNKNOWN)
    if start[6] not in ENCODINGS:
        raise NotAPaymentCode(NO_ENCODING)
    return ENCODINGS[start[6]]


def _fields(parts: list[str]) -> dict[str, str]:
    """The keys as the standard writes them. A key twice would leave it open what is paid."""
    fields: dict[str, str] = {}
    for part in parts:
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        name = KEYS.get(key.strip().lower(), key.strip())
        if not equals or not name or name in fields:
            raise NotAPaymentCode(DAMAGED, part=part[:40])
        fields[name] = value
    return fields


def roubles(text: str) -> Decimal:
    """The sum of a code in roubles: «4704800» is 47048.00."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise NotAPaymentCode(DAMAGED, part=f"Sum={text[:30]}")
    return Decimal(text).scaleb(-2)


PERIODS = (r"(?P<m>..)(?P<y>20..)", r"(?P<m>..)\.(?P<y>20..)", r"(?P<y>20..)(?P<m>..)", r"(?P<m>..)(?P<y>..)")


def month(text: str) -> date | None:
    """The month of «022019», «02.2019», «201902» or «0219»; None where it is none of them."""
    for shape in PERIODS:
        found = re.fullmatch(shape, text)
        if found and re.fullmatch("[0-9]+", found["m"] + found["y"]) and 1 <= int(found["m"]) <= 12:
            return date(2000 + int(found["y"]) % 100, int(found["m"]), 1)
    return None
