"""Olga pays: by wallet and by card, after a decline, at a late bank; on a phone, with and without scripts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from billing.actions.ledger import post_documents
from billing.models import LedgerEntry, Payment, PaymentIntent, Requisites, SandboxPayment
from billing.testing import make_invoice
from notifications.models import TrayMessage
from portal.testing import post
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things

READERS = [Reader(PHONE), Reader(PHONE, javascript=False), Reader(DESKTOP, theme="dark")]


def owe(town: Things) -> str:
    """Flat 12 owes 3680.39; the company has bank details. Return the address of the page."""
    account = town.cast.account
    PaymentIntent.objects.all().delete()
    SandboxPayment.objects.all().delete()
    post_documents([make_invoice(account, date(2026, 11, 1))])
    Requisites.objects.create(
        organization=town.cast.company, recipient="ООО «Уютный дом»", tax_id="3661057530", account="4" * 20
    )
    return f"/a/{account.public_id}/"


def balance(town: Things) -> Decimal:
    return LedgerEntry.objects.filter(account=town.cast.account).balance()


def to_the_bank(walk: Walk, way: str, email: str = "") -> None:
    """From the first step to the page of the bank, with a look at everything on the way."""
    walk.look_over()
    walk.choose(way)
    walk.fill("E-mail for the receipt (optional)", email)
    walk.press("Continue")
    assert walk.heading == "Check the payment"
    assert "ООО «Уютный дом»" in walk.text
    assert "10012" in walk.text
    walk.look_over()
    walk.press("Go to the payment")
    assert walk.heading.startswith("Payment 3,")
    if walk.reader.javascript:
        assert not walk.problems()


@pytest.mark.browser
@pytest.mark.feature("B14", "C4", "B5")
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_by_wallet_from_the_card_of_the_home_page(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    home = owe(town)
    walk = open_portal(reader).enter_as(town.cast.olga)
    walk.go(home)
    walk.look_over()
    walk.follow("Pay")
    assert "The whole debt: 3,680.39 RUB" in walk.text
    assert "Wallet: no fee" in walk.text
    to_the_bank(walk, "Wallet: no fee", "olga@example.com")
    walk.press("Pay 3,680.39 RUB")

    assert walk.heading == "Paid"
    assert "The receipt is on its way to olga@example.com" in walk.text
    walk.look_over()
    assert balance(town) == 0
    post()
    letters = [*TrayMessage.objects.filter(address="olga@example.com"), *mail.outbox]
    assert len(letters) == 1
    walk.go(home)
    assert "Nothing to pay" in walk.text


@pytest.mark.browser
@pytest.mark.feature("B14", "C4")
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_by_card_after_a_decline(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """The fee is said before leaving; the second try is the same payment; Back and a second press pay nothing twice."""
    home = owe(town)
    walk = open_portal(reader).enter_as(town.cast.olga)
    walk.go(f"{home}pay/")
    to_the_bank(walk, "Bank card: fee 1 % (36.80 RUB of 3,680.39 RUB)")
    assert "3,717.19 RUB" in walk.text
    walk.press("Decline: not enough money")
    assert walk.heading == "Not paid"
    assert "there is not enough money" in walk.text
    walk.look_over()
    walk.press("Try again")
    walk.press("Pay 3,717.19 RUB")
    assert walk.heading == "Paid"
    assert "36.80 RUB" in walk.text
    walk.page.go_back()
    walk.page.go_back()
    walk.page.go_forward()
    [intent] = PaymentIntent.objects.all()
    assert (intent.state, intent.tries) == ("paid", 2)
    assert Payment.objects.filter(intent=intent).count() == 1
    assert balance(town) == 0


@pytest.mark.browser
@pytest.mark.feature("B14")
@pytest.mark.parametrize("reader", [Reader(PHONE), Reader(PHONE, javascript=False)], ids=str)
def test_a_late_bank(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    home = owe(town)
    walk = open_portal(reader).enter_as(town.cast.olga)
    walk.go(f"{home}pay/")
    to_the_bank(walk, "Wallet: no fee")
    walk.press("Pay, and let the bank be half a minute late")
    assert walk.heading == "The payment is being processed"
    assert "We are asking the bank" in walk.text
    assert balance(town) == Decimal("3680.39")
    walk.look_over()
    SandboxPayment.objects.update(decided_at=timezone.now() - timedelta(seconds=1))
    PaymentIntent.objects.update(asked_at=timezone.now() - timedelta(minutes=1))
    if reader.javascript:
        walk.page.wait_for_selector(".receipt", timeout=15000)  # the page finds out by itself
    else:
        walk.follow("Look again")
    assert walk.heading == "Paid"
    assert balance(town) == 0


@pytest.mark.browser
@pytest.mark.feature("B14")
def test_who_never_returned_is_asked_before_paying_again(town: Things, open_portal: OpenPortal) -> None:
    home = owe(town)
    walk = open_portal(Reader(PHONE)).enter_as(town.cast.olga)
    walk.go(f"{home}pay/")
    to_the_bank(walk, "Wallet: no fee")
    walk.press("Do not pay and never return")
    assert "Nothing was paid, the shop was told nothing." in walk.text
    walk.go(f"{home}pay/")
    assert "waits for the bank" in walk.text
    walk.press("Continue")
    assert "still waits for the bank" in walk.text
    problems = walk.problems()
    assert not problems, problems
    walk.follow("Look at that payment")
    walk.press("Back to the page of the bank")
    walk.press("Pay 3,680.39 RUB")
    assert walk.heading == "Paid"
    assert PaymentIntent.objects.count() == 1


@pytest.mark.browser
@pytest.mark.feature("B14")
def test_a_wrong_sum_is_put_right_where_it_stands(town: Things, open_portal: OpenPortal) -> None:
    home = owe(town)
    walk = open_portal(Reader(PHONE)).enter_as(town.cast.tanya)  # a limited link pays too
    walk.go(f"{home}pay/")
    walk.choose("Another sum")
    walk.fill("Another sum, if chosen above", "много")
    walk.press("Continue")
    assert "Write the sum in figures" in walk.text
    problems = walk.problems()
    assert not problems, problems
    walk.fill("Another sum, if chosen above", "100000")
    walk.press("Continue")
    assert "This is more than ten times what is owed." in walk.text
    yes = walk.page.get_by_role("button", name="Yes, pay 100,000.00 RUB")
    assert (yes.bounding_box() or {"y": 999})["y"] < PHONE[1]  # the answer stands where the question is
    problems = walk.problems()
    assert not problems, problems
    yes.click()
    assert walk.heading == "Check the payment"
    assert "100,000.00 RUB" in walk.text


@pytest.mark.browser
@pytest.mark.feature("A9")
def test_without_a_provider_the_other_ways_are_shown(town: Things, open_portal: OpenPortal) -> None:
    home = owe(town)
    town.cast.company.provider_accounts.all().delete()
    walk = open_portal(Reader(PHONE)).enter_as(town.cast.olga)
    walk.go(f"{home}pay/")
    assert "takes no payments on this site yet" in walk.text
    assert "By bank details" in walk.text
    walk.look_over()
