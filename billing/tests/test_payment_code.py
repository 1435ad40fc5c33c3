"""The code of a document, read back by the portal's own reader, says what the document says."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Invoice
from billing.payment_code import payment_code
from billing.qr import symbol
from billing.qr.reading import read_payment_code
from billing.testing import make_invoice
from portal.testing import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B11", "G9")]

RUSSIAN = {
    "recipient": "ООО «Уютный дом»", "tax_id": "3661057530", "kpp": "366101001", "bank": "ПАО СБЕРБАНК",
    "bic": "044525225", "account": "40702810652000001234", "corr_account": "30101810400000000225",
}  # fmt: skip
UKRAINIAN = {"recipient": "ТОВ «Затишок»", "tax_id": "40121452", "account": "UA21 3223 1300 0002 6007 2335 6600 1"}


def document(cast: Cast, details: dict[str, str], **fields: Any) -> Invoice:
    return make_invoice(cast.account, date(2026, 3, 1), requisites=details, **fields)


@pytest.mark.parametrize("form", ["ru924", "ru43", "ua"])
@pytest.mark.parametrize("accrued", ["0.01", "3680.39", "150.00", "9999999.99"])
def test_the_code_of_every_form_says_what_the_document_says(cast: Cast, form: str, accrued: str) -> None:
    details = UKRAINIAN if form == "ua" else RUSSIAN
    invoice = document(cast, details, form=form, accrued=accrued)
    code = read_payment_code(symbol.encoded(payment_code(invoice)))
    assert code.amount == invoice.payable == Decimal(accrued)
    assert (code.recipient, code.tax_id) == (details["recipient"], details["tax_id"])
    assert code.account == details["account"].replace(" ", "")
    assert cast.account.number in code.purpose
    if form == "ua":
        assert (code.format, code.fields["reference"]) == ("NBU 003", f"{cast.account.number}-2026-03")
    else:
        assert (code.format, code.bic, code.period) == ("ST00012", details["bic"], invoice.period)
        assert (code.payer_account, code.fields["KPP"]) == (cast.account.number, details["kpp"])


@pytest.mark.parametrize(("form", "kind", "purpose"), [
    ("ru43", "main", "Оплата ЖКУ за 03.2026, ЛС"), ("ru924", "repair", "Взнос на капитальный ремонт за 03.2026, ЛС"),
    ("ru43", "repair", "Взнос на капитальный ремонт за 03.2026, ЛС"), ("ru43", "other", "Оплата услуг за 03.2026, ЛС"),
    ("ua", "main", "Оплата житлово-комунальних послуг за 03.2026, о/р"),
    ("ua", "repair", "Внесок на капітальний ремонт за 03.2026, о/р"), ("ua", "other", "Оплата послуг за 03.2026, о/р"),
])  # fmt: skip
def test_the_purpose_says_what_the_document_is_for(cast: Cast, form: str, kind: str, purpose: str) -> None:
    """Housing and capital repair often go to one account of the company: only the purpose tells them apart."""
    code = payment_code(document(cast, UKRAINIAN if form == "ua" else RUSSIAN, form=form, kind=kind))
    assert read_payment_code(symbol.encoded(code)).purpose == f"{purpose} {cast.account.number}"


def test_a_name_too_long_for_utf8_goes_out_in_windows_1251(cast: Cast) -> None:
    invoice = document(cast, RUSSIAN | {"recipient": "Общество " + "х" * 140})
    text = payment_code(invoice)
    assert text.startswith("ST00011")
    assert read_payment_code(symbol.encoded(text)).recipient == invoice.requisites["recipient"]


def test_a_letter_that_windows_1251_lacks_makes_a_code_in_utf8(cast: Cast) -> None:
    code = read_payment_code(payment_code(document(cast, UKRAINIAN | {"recipient": "ОСББ «Žalia»"}, form="ua")))
    assert (code.encoding, code.recipient) == ("utf-8", "ОСББ «Žalia»")


def test_spaces_that_do_not_break_do_not_cost_the_code(cast: Cast) -> None:
    code = read_payment_code(payment_code(document(cast, RUSSIAN | {"recipient": "ООО\xa0«Уютный дом»"})))
    assert code.recipient == "ООО «Уютный дом»"


@pytest.mark.parametrize("details", [RUSSIAN, UKRAINIAN])
@pytest.mark.parametrize("name", ["recipient", "tax_id", "account"])
def test_without_right_details_there_is_no_code(cast: Cast, details: dict[str, str], name: str) -> None:
    form = "ua" if details is UKRAINIAN else "ru43"
    for wrong in ("", details[name][:-1] + "9") if name != "recipient" else ("",):
        assert payment_code(document(cast, details | {name: wrong}, form=form, recipient=wrong)) == ""


def test_a_ukrainian_name_is_never_cut(cast: Cast) -> None:
    assert payment_code(document(cast, UKRAINIAN | {"recipient": "х" * 141}, form="ua")) == ""


def test_nothing_to_pay_makes_no_code(cast: Cast) -> None:
    assert payment_code(document(cast, RUSSIAN, accrued="0.00")) == ""
