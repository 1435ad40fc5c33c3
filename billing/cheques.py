"""The fiscal cheque (54-ФЗ) of an online payment as ЮKassa takes it: who gets it, what was paid and with which VAT (pure).

Names and numbers: yookassa.ru/developers, «Отправка чеков»; the objects `receipt`, `customer`, `items` of its library.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billing.models import Invoice, ProviderAccount
from billing.wording import wording_of

LONGEST = 128  # signs of an item's description
FEE = "Комиссия за оплату"
NO_VAT = ProviderAccount.Vat.NONE


def terms(till: ProviderAccount, *, email: str | None, phone: str | None) -> dict[str, Any]:
    """What the cheque of a payment says beside its parts: kept with the payment, so that its refund says the same.

    {} where the company makes its cheques elsewhere. `email` and `phone` are the payer's proved ones; the first is taken.
    """
    contact = {"email": email} if email else {"phone": (phone or "").removeprefix("+")}
    if till.provider != ProviderAccount.Provider.YOOKASSA or till.cheque_vat is None or not all(contact.values()):
        return {}
    found = {"customer": contact, "vat": till.cheque_vat}
    return found | ({"tax_system": till.cheque_tax_system} if till.cheque_tax_system else {})


def receipt(
    cheque: Mapping[str, Any], parts: Mapping[str, Decimal], *, fee: Decimal = Decimal(0), currency: str, number: str
) -> dict[str, Any]:
    """The cheque of a payment, or of what goes back of it: {"receipt": …} for the request, {} where none is made.

    `parts` are sums by section of the book; with the fee they are the amount of the request, to the kopeck. `number` is that
    of the personal account.
    """
    if not cheque:
        return {}
    items = [
        _item(_words(section, number), part, _vat(section, cheque), _subject(section), currency)
        for section, part in parts.items()
    ]
    if fee:
        items.append(_item(FEE, fee, cheque["vat"], "service", currency))
    found: dict[str, Any] = {"customer": dict(cheque["customer"]), "items": items}
    if "tax_system" in cheque:
        found["tax_system_code"] = cheque["tax_system"]
    return {"receipt": found}


def _item(words: str, amount: Decimal, vat: int, subject: str, currency: str) -> dict[str, Any]:
    return {
        "description": words,
        "quantity": "1",
        "amount": {"value": f"{amount:.2f}", "currency": currency},
        "vat_code": vat,
        "payment_subject": subject,
        "payment_mode": "full_payment",
    }


def _words(section: str, number: str) -> str:
    tail = f", лицевой счёт {number}"
    return (wording_of(Invoice.Form.RU_43, section).all_services[: LONGEST - len(tail)] + tail)[:LONGEST]


def _vat(section: str, cheque: Mapping[str, Any]) -> int:
    """What is gathered for capital repair bears no VAT (НК РФ, ст. 162 п. 3), whatever the company's own rate is."""
    return NO_VAT.value if section == Invoice.Kind.REPAIR else int(cheque["vat"])


def _subject(section: str) -> str:
    return "payment" if section == Invoice.Kind.REPAIR else "service"
