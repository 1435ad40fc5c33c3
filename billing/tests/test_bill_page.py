"""One document: sections of the form, honest notes, bank details, the payment code."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from billing.actions.ledger import post_documents, post_payments
from billing.models import Invoice, Requisites
from billing.qr.reading import read_payment_code
from billing.testing import make_invoice, make_payment, make_till, reprint
from portal.testing import Cast

MARCH = date(2026, 3, 1)
CODE = "Payment code for the app of a bank"
GOOD = {
    "recipient": "ООО «Уютный дом»", "tax_id": "3661057530", "kpp": "366101001", "bank": "ПАО СБЕРБАНК",
    "bic": "044525225", "account": "40702810652000001234", "corr_account": "30101810400000000225",
}  # fmt: skip
YALYNKA = {
    "recipient": 'ОСББ "Ялинка"', "tax_id": "40000011", "kpp": "", "bank": "АТ «Банк»", "bic": "",
    "account": "UA223052990000026001234567890", "corr_account": "",
}  # fmt: skip


def url(invoice: Invoice) -> str:
    return reverse("bill", args=[invoice.account.public_id, invoice.public_id])


@pytest.mark.feature("B10", "E4")
def test_nina_tanya_pavel_and_strangers_see_no_document(cast: Cast, enter: Any, client: Any) -> None:
    invoice = make_invoice(cast.account, MARCH)
    for stranger in (cast.nina, cast.tanya, cast.pavel, cast.vera, cast.anna, cast.igor, cast.sofia):
        assert enter(stranger).get(url(invoice)).status_code == 404, stranger
    assert client.get(url(invoice)).status_code == 302
    # The neighbour's own account in the address does not open it either.
    mixed = reverse("bill", args=[cast.nina_account.public_id, invoice.public_id])
    assert enter(cast.nina).get(mixed).status_code == 404


@pytest.mark.feature("B10", "E4")
def test_olga_reads_the_sum_the_due_date_and_the_table(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, MARCH, accrued="3680.39", opening="100.00", due_on=date(2026, 4, 15))
    post_documents([invoice])
    html = enter(cast.olga).get(url(invoice)).content.decode().replace("\xa0", " ")
    for words in (
        "3,780.39 RUB",
        "Содержание жилья",
        "60.334262",
        "м²",
        "Сведения о плательщике",
        "Олина Ольга Олеговна",
    ):
        assert words in html
    assert "Раздел" not in html  # the page has its own order, the numbers are for the paper
    assert "To pay, overdue since April 16, 2026" in html


def paid(account: Any, amount: str, **fields: Any) -> None:
    post_payments([make_payment(account, "20.11.2026", amount, **fields)])


@pytest.mark.feature("B10")
def test_the_large_sum_is_what_is_left_of_this_bill_and_a_paid_one_asks_for_nothing(cast: Cast, enter: Any) -> None:
    make_till(cast.company)
    invoice = make_invoice(cast.account, MARCH, accrued="100.00", opening="30.00", due_on=date(2026, 12, 15))
    post_documents([invoice])
    client = enter(cast.olga)

    def text() -> str:
        html = client.get(url(invoice)).content.decode().replace("\xa0", " ")
        return re.sub(r"(\s|<[^>]*>)+", " ", html[html.index('"bill-head"') : html.index('id="why"')])

    assert "Pay 100.00 RUB" in text()
    paid(cast.account, "40.00", period=MARCH)
    part = text()
    assert "Partly paid" in part
    assert "To pay by Dec. 15, 2026 60.00 RUB" in part
    assert "Pay 60.00 RUB" in part
    assert "In the bill 130.00 RUB" in part
    assert "Today the account owes 90.00 RUB" in part
    paid(cast.account, "60.00", period=MARCH)
    done = text()
    assert done.count("Paid ") == 3  # the tag, the large word, «Paid in this month»
    assert "To pay" not in done
    assert "Pay 1" not in done
    assert reverse("pay", args=[cast.account.public_id]) not in client.get(url(invoice)).content.decode()
    assert "Today the account owes 30.00 RUB" in done


def test_a_sum_with_the_penalty_inside_says_so(cast: Cast, enter: Any) -> None:
    plain = make_invoice(cast.account, date(2026, 2, 1))
    fined = make_invoice(cast.account, MARCH, penalty=Decimal("1.00"), payable=Decimal("3681.39"))
    client = enter(cast.olga)
    assert "<dt>For the month, with penalty</dt>" in client.get(url(fined)).content.decode()
    assert "<dt>For this month</dt>" in client.get(url(plain)).content.decode()


@pytest.mark.parametrize(("form", "requisites", "is_there"), [
    ("ru43", GOOD, True), ("ru924", GOOD, True), ("ua", YALYNKA, True),
    ("ru43", GOOD | {"bic": ""}, False), ("ru43", GOOD | {"account": "79187987987971987987"}, False),
    ("ru43", GOOD | {"tax_id": "3661057531"}, False), ("ua", YALYNKA | {"tax_id": "40121453"}, False),
    ("ua", YALYNKA | {"account": "UA213223130000026007233566002"}, False), ("ua", GOOD, False),
])  # fmt: skip
@pytest.mark.feature("F3")
def test_the_payment_code_is_there_only_for_details_a_bank_would_take(
    cast: Cast, enter: Any, form: str, requisites: dict[str, str], is_there: bool
) -> None:
    invoice = make_invoice(cast.account, MARCH, form=form, requisites=requisites)
    post_documents([invoice])
    html = enter(cast.olga).get(url(invoice)).content.decode()
    assert (CODE in html) is is_there
    assert ("so there is no payment code" in html) is not is_there


def test_nothing_to_pay_needs_no_code_and_no_excuse(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, MARCH, accrued="10.00", opening="-50.00", requisites=GOOD)
    post_documents([invoice])
    paid(cast.account, "50.00")
    html = enter(cast.olga).get(url(invoice)).content.decode()
    assert CODE not in html
    assert "no payment code" not in html
    assert "Overpaid" in html


@pytest.mark.parametrize(("form", "requisites"), [("ru43", GOOD), ("ua", YALYNKA)])
@pytest.mark.feature("F3")
def test_the_code_asks_for_what_is_left_and_a_paid_bill_has_none(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch, form: str, requisites: dict[str, str]
) -> None:
    """The printed sum is of the day of issue: whoever has paid since would pay twice by it."""
    drawn: list[str] = []

    def picture(code: str) -> str:
        drawn.append(code)
        return "data:,"

    monkeypatch.setattr("billing.views.bills.picture", picture)
    invoice = make_invoice(cast.account, MARCH, accrued="100.00", opening="30.00", form=form, requisites=requisites)
    post_documents([invoice])
    client = enter(cast.olga)
    for amount, left in (("40.00", "60.00"), ("60.00", "")):
        paid(cast.account, amount, period=MARCH)
        drawn.clear()
        html = client.get(url(invoice)).content.decode().replace("\xa0", " ")
        assert (CODE in html) is bool(left)
        assert (f"<b>Pay {left} RUB</b>" in html) is bool(left)
        assert "so there is no payment code" not in html
        assert [str(read_payment_code(code).amount) for code in drawn[:-1]] == ([left] if left else [])


def test_a_phone_gets_the_code_behind_a_link(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, MARCH, requisites=GOOD)
    post_documents([invoice])
    client = enter(cast.olga)
    assert "?code=1#code" in client.get(url(invoice)).content.decode()
    assert "?code=1#code" not in client.get(url(invoice) + "?code=1").content.decode()


def test_a_line_that_does_not_add_up_says_so_and_others_do_not(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, MARCH)
    note = "The printed figures of this line do not add up."
    client = enter(cast.olga)
    assert note not in client.get(url(invoice)).content.decode()
    reprint(invoice, warnings=["sum"])
    assert client.get(url(invoice)).content.decode().count(note) == 1


def test_the_document_keeps_the_details_it_was_issued_with(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, MARCH, requisites=GOOD)
    Requisites.objects.create(organization=cast.company, recipient="Другой", tax_id="7707083893", account="0" * 20)
    cast.account.unit.house.street = "ул. Новая"
    cast.account.unit.house.save()
    html = enter(cast.olga).get(url(invoice)).content.decode()
    assert "40702810652000001234" in html
    assert "Другой" not in html
    assert "ул. Садовая, 1, кв. 12" in html


@pytest.mark.feature("G5")
def test_the_small_changes_can_be_opened_one_by_one(cast: Cast, enter: Any) -> None:
    months = [make_invoice(cast.account, month, accrued="900.00") for month in (date(2026, 2, 1), MARCH)]
    for place, invoice in enumerate(months):
        line = invoice.lines.get()
        for number in range(8):
            line.pk, line.position, line.service = None, number + 2, f"Service {number}"
            line.tariff = line.volume = None
            line.accrued = line.payable = Decimal(100 + place * (2 + number))
            line.save()
    page = enter(cast.olga).get(url(months[1])).content.decode()
    shown, hidden = page.split("All smaller changes together")
    assert ("Service 7</b>" in shown, "Service 0</b>" in shown) == (True, False)
    assert "+2.00" in hidden.partition("Service 0</b>")[2][:200]


@pytest.mark.parametrize("count", [1, 10])
def test_the_page_costs_at_most_twelve_queries(
    cast: Cast, enter: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    invoice = make_invoice(cast.account, MARCH, penalty=Decimal("1.00"), payable=Decimal("3681.39"))
    line = invoice.lines.get()
    for position in range(2, count + 1):
        line.pk, line.position = None, position
        line.save()
    client = enter(cast.olga)
    client.get(url(invoice))  # the first page of a session also writes its row down
    with django_assert_max_num_queries(12):
        assert client.get(url(invoice)).status_code == 200
