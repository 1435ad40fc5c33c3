"""Paying where one section of the book has an advance: it pays no debt of another, so the whole debt is that of the sections."""

import re
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.actions.ledger import post_documents, post_payments
from billing.actions.paying import go_on, refresh
from billing.debts import standing_of
from billing.models import LedgerEntry, PaymentIntent
from billing.testing import make_invoice, make_payment, make_till
from billing.tests.till import Stub
from portal.testing import Cast

OCTOBER = date(2026, 10, 1)
pytestmark = pytest.mark.feature("B14")


def owes(cast: Cast, advance: str) -> None:
    """Flat 12 owes 300.00 for September and 700.00 for October; for the repair of the house it has paid ahead."""
    make_till(cast.company, provider="yookassa")
    post_documents(
        [
            make_invoice(cast.account, date(2026, 9, 1), accrued="300.00"),
            make_invoice(cast.account, OCTOBER, accrued="700.00"),
        ]
    )
    post_payments([make_payment(cast.account, "01.10.2026", advance, kind="repair")])


def pay_page(cast: Cast) -> str:
    return reverse("pay", args=[cast.account.public_id])


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode().replace("\u00a0", " "))


def begin(client: Any, cast: Cast, what: str, amount: str = "") -> Any:
    values = {"what": what, "amount": amount, "method": "wallet", "email": "", "idem": str(uuid.uuid4())}
    return client.post(pay_page(cast), values)


@pytest.mark.parametrize("advance", ["300.00", "1000.00", "1200.00"])  # the balance: 700.00 owed, nothing, an advance
def test_the_whole_debt_leaves_no_section_in_debt(cast: Cast, stub: Stub, enter: Any, advance: str) -> None:
    owes(cast, advance)
    olga = enter(cast.olga)
    page = words(olga.get(pay_page(cast)))
    assert "The whole debt: 1,000.00 RUB" in page
    assert "An advance of one part pays no debt of another: 1,000.00 RUB is owed." in page
    check = begin(olga, cast, "due")
    intent = PaymentIntent.objects.get()
    assert (intent.amount, intent.sections) == (Decimal("1000.00"), {"main": "1000.00"})
    assert "advance" not in words(olga.get(check["Location"]))
    stub.pay(go_on(intent, at=timezone.now()))
    refresh(PaymentIntent.objects.get(), at=timezone.now())
    assert LedgerEntry.objects.balances_by_section(cast.account) == {"main": 0, "repair": -Decimal(advance)}
    assert not [left for left in standing_of(cast.account).left.values() if left]


def test_the_newest_month_is_offered_beside_the_whole_debt(cast: Cast, enter: Any) -> None:
    owes(cast, "300.00")
    assert "Only for October 2026: 700.00 RUB" in words(enter(cast.olga).get(pay_page(cast)))


def test_what_is_above_the_debt_of_the_sections_will_be_an_advance(cast: Cast, enter: Any) -> None:
    owes(cast, "1200.00")
    olga = enter(cast.olga)
    check = begin(olga, cast, "other", "1050")
    assert "This is 50.00 RUB more than is owed." in words(olga.get(check["Location"]))


def test_without_an_advance_nothing_is_said_of_parts(cast: Cast, enter: Any) -> None:
    make_till(cast.company)
    post_documents([make_invoice(cast.account, OCTOBER, accrued="700.00")])
    page = words(enter(cast.olga).get(pay_page(cast)))
    assert "The whole debt: 700.00 RUB" in page
    assert "An advance of one part" not in page


@pytest.mark.parametrize("advance", ["300.00", "1200.00"])
def test_every_page_leads_to_the_debt_of_the_sections(cast: Cast, enter: Any, advance: str) -> None:
    owes(cast, advance)
    olga = enter(cast.olga)
    for name in ("bills", "payments"):
        assert "Pay 1,000.00 RUB" in words(olga.get(reverse(name, args=[cast.account.public_id])))
    home = words(olga.get(reverse("account_home", args=[cast.account.public_id])))
    assert "There is a bill to pay" in home
    assert f'href="{pay_page(cast)}"' in home
