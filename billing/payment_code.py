"""Whether a document can carry a payment code, and its text, from the document's frozen words."""

from collections.abc import Callable
from decimal import Decimal

from billing.models import Invoice
from billing.qr import gost, nbu, symbol
from billing.qr.payment import CannotEncode
from billing.wording import Wording, wording_of
from lib import identifiers

Details = dict[str, str]  # Invoice.requisites
Write = Callable[[Invoice, Decimal, str], str]


def is_payable(details: Details, country: str) -> list[str]:
    """Return what is wrong with the bank details, as names of fields; an empty list means a bank would take them.

    Lengths and check digits, so that placeholders never become a payment code.
    """
    return ukrainian_problems(details) if country == "UA" else russian_problems(details)


def russian_problems(details: Details) -> list[str]:
    bic, account, corr = details.get("bic", ""), details.get("account", ""), details.get("corr_account", "")
    checks = {
        "recipient": bool(details.get("recipient")),
        "tax_id": identifiers.is_inn(details.get("tax_id", "")),
        "kpp": not details.get("kpp") or identifiers.is_kpp(details["kpp"]),
        "bank": bool(details.get("bank")),
        "bic": identifiers.is_bik(bic),
        "account": identifiers.is_bank_account(account, bic),
        "corr_account": not corr or identifiers.is_correspondent_account(corr, bic),
    }
    return [name for name, is_right in checks.items() if not is_right]


def ukrainian_problems(details: Details) -> list[str]:
    checks = {
        "recipient": 1 <= len(details.get("recipient", "")) <= nbu.NAME,
        "tax_id": identifiers.is_edrpou(details.get("tax_id", "")) or identifiers.is_rnokpp(details.get("tax_id", "")),
        "account": identifiers.is_iban_ua(details.get("account", "")),
    }
    return [name for name, is_right in checks.items() if not is_right]


def payment_code(invoice: Invoice, amount: Decimal | None = None) -> str:
    """Return the text of the code that pays this document, or '' where nothing is due or the details are not payable.

    The code asks for `amount`: what is left of the document today; on paper it is the printed sum, as of the day of issue.
    The text names its encoding: `billing.qr.symbol` makes the bytes and the picture of it.
    """
    country = "UA" if invoice.form == Invoice.Form.UA else "RU"
    asked = invoice.payable if amount is None else amount
    if asked <= 0 or is_payable(invoice.requisites, country):
        return ""
    if country == "UA":  # windows-1251 makes half the length; UTF-8 has every letter
        return _first_that_fits(invoice, asked, _ukrainian, "21")
    return _first_that_fits(invoice, asked, _russian, "21")  # in windows-1251 a long name fits that does not in UTF-8


def _first_that_fits(invoice: Invoice, amount: Decimal, write: Write, encodings: str) -> str:
    for encoding in encodings:
        try:
            text = write(invoice, amount, encoding)
            symbol.fitting(text)
        except CannotEncode:
            continue
        return text
    return ""


def _russian(invoice: Invoice, amount: Decimal, encoding: str) -> str:
    details, payer = invoice.requisites, invoice.payer
    names = (payer.get("name") or "").split()
    last, first, patronymic = (*names, "", "", "")[:3] if 2 <= len(names) <= 3 else ("", "", "")
    number = payer["account_number"]
    return gost.payment_text(
        gost.Payee(
            name=_plain(details["recipient"]), account=details["account"], bank=_plain(details["bank"])[:45].rstrip(),
            bic=details["bic"], corr_account=details["corr_account"], tax_id=details["tax_id"], kpp=details["kpp"],
        ),
        gost.Payer(number, last, first, patronymic, _plain(payer["address"])[:200].rstrip()),
        period=invoice.period,
        amount=amount,
        purpose=purpose_of(invoice),
        encoding=encoding,
    )  # fmt: skip


def _ukrainian(invoice: Invoice, amount: Decimal, encoding: str) -> str:
    details, number = invoice.requisites, invoice.payer["account_number"]
    reference = f"{number}-{invoice.period:%Y-%m}"
    return nbu.payment_link_003(
        nbu.Payee(_plain(details["recipient"]), details["account"].replace(" ", "").upper(), details["tax_id"]),
        amount=amount,
        purpose=purpose_of(invoice),
        reference=reference if reference.isascii() and len(reference) <= nbu.REFERENCE else "",
        encoding=encoding,
    )


def purpose_of(invoice: Invoice) -> str:
    """«Оплата ЖКУ за 10.2026, ЛС 10012»: banks of both countries write the month the same way."""
    words = wording_of(invoice.form, invoice.kind)
    return purpose_in_words(words, invoice.payer["account_number"], f" за {invoice.period:%m.%Y}")


def purpose_in_words(words: Wording, number: str, month: str = "") -> str:
    """What a payment is for, as a person or a code writes it: without a month it is of the whole debt."""
    return f"{words.code_purpose}{month}, {words.code_account} {number}"


def _plain(text: str) -> str:
    """The text in one line with single spaces; a code knows neither tabs nor spaces that do not break."""
    return " ".join(text.split())
