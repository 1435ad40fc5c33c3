"""The account of a debtor in the staff room: the act adds up, what covers what, and who may see it."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from billing.actions.ledger import post_documents, post_payments
from billing.models import Export
from billing.reconciling import act, covers
from billing.testing import make_invoice, make_payment
from portal.testing import Cast

pytestmark = [pytest.mark.feature("E6", "F2"), pytest.mark.usefixtures("fresh")]
JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)
SPAN = {"from_month": "1", "from_year": "2026", "to_month": "3", "to_year": "2026"}


def url(pk: int, **query: str) -> str:
    return reverse("admin:billing_ledgerentry_account", args=[pk], query=query)


@pytest.fixture
def debtor(cast: Cast) -> Cast:
    """Flat 12: 500.00 before the year, 1000.00 in January, 300.00 in February; 1200.00 paid, 60.00 of it for February."""
    post_documents(
        [
            make_invoice(cast.account, date(2025, 12, 1), accrued="500.00", number="12"),
            make_invoice(cast.account, JANUARY, accrued="1000.00", number="1"),
            make_invoice(cast.account, date(2026, 2, 1), accrued="300.00", number="2"),
        ]
    )
    post_payments([make_payment(cast.account, "10.03.2026", "1200.00", number="77")])
    return cast


def test_the_act_is_opening_and_debit_less_credit(debtor: Cast, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        found = act(debtor.account, JANUARY, MARCH)
    assert (found.opening, found.debit, found.credit, found.closing) == (
        Decimal("500.00"), Decimal("1300.00"), Decimal("1200.00"), Decimal("600.00")
    )  # fmt: skip
    assert [(line.words, line.balance) for line in found.lines] == [
        ("Bill № 1 for January 2026", Decimal("1500.00")),
        ("Bill № 2 for February 2026", Decimal("1800.00")),
        ("Payment № 77", Decimal("600.00")),
    ]


def test_it_says_what_covers_what(debtor: Cast) -> None:
    (section,) = act(debtor.account, JANUARY, MARCH).sections
    assert [(paper.words, [(words, sum_) for words, _day, sum_ in found], paper.left) for paper, found in covers(section)] == [
        ("Bill № 12 for December 2025", [("Payment № 77", Decimal("500.00"))], Decimal(0)),
        ("Bill № 1 for January 2026", [("Payment № 77", Decimal("700.00"))], Decimal("300.00")),
        ("Bill № 2 for February 2026", [], Decimal("300.00")),
    ]  # fmt: skip


def test_the_manager_and_the_accountant_read_it_and_take_it_along(debtor: Cast, enter: Any) -> None:
    for employee in (debtor.mark, debtor.anna):
        client = enter(employee)
        page = client.get(url(debtor.account.pk, **SPAN)).content.decode().replace("\xa0", " ")
        assert "Олина Ольга Олеговна" in page
        assert "1,800.00 RUB" in page
        book = client.post(url(debtor.account.pk, **SPAN), {"file": "xlsx", "reason": "For the court"})
        rows = list(load_workbook(BytesIO(book.content)).active.iter_rows(values_only=True))
        assert rows[-1][2:] == (1300, 1200, 600)
        paper = client.post(url(debtor.account.pk, **SPAN), {"file": "pdf", "reason": "For the court"})
        text = PdfReader(BytesIO(paper.content)).pages[0].extract_text().replace("\xa0", " ")
        assert "10012" in text
        assert "1 800,00" in text or "1,800.00" in text


def test_the_act_is_taken_with_a_reason_and_leaves_a_row(debtor: Cast, enter: Any) -> None:
    client, page = enter(debtor.anna), url(debtor.account.pk, **SPAN)
    assert client.get(url(debtor.account.pk, **SPAN, file="pdf"))["Content-Type"].startswith("text/html")
    for words in ({"file": "pdf", "reason": ""}, {"file": "exe", "reason": "For the court"}):
        assert client.post(page, words).status_code == 422
    assert not Export.objects.exists()
    client.post(page, {"file": "pdf", "reason": "For the court"})
    row = Export.objects.get()
    assert (row.what, row.rows, row.reason, row.by) == ("act", 3, "For the court", debtor.anna)
    assert row.query == f"{debtor.account.number} 2026-01 2026-03 pdf"


def test_nobody_else_finds_it(debtor: Cast, enter: Any) -> None:
    for stranger in (debtor.pavel, debtor.dima):
        assert enter(stranger).get(url(debtor.account.pk)).status_code == 404
        taken = enter(stranger).post(url(debtor.account.pk), {"file": "pdf", "reason": "For the court"})
        assert taken.status_code == 404
    assert enter(debtor.olga).get(url(debtor.account.pk)).status_code == 302  # to the door of the staff room
    assert enter(debtor.mark).get(url(debtor.other_account.pk)).status_code == 404
    assert enter(debtor.sofia).get(url(debtor.other_account.pk)).status_code == 200
