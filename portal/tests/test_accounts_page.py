"""The list of accounts: what each card says, and to whom."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.models import LedgerEntry
from portal.testing import Cast, make_link, page_words
from premises.models import PersonalAccount

Enter = Callable[[User], Client]


def owes(account: PersonalAccount, amount: str) -> None:
    LedgerEntry.objects.create(
        account=account, kind=LedgerEntry.Kind.BROUGHT_IN, amount=Decimal(amount), on=date(2026, 10, 1)
    )


def read(browser: Client) -> str:
    return page_words(browser.get(reverse("accounts")))


@pytest.mark.feature("E2")
@pytest.mark.parametrize(
    ("amount", "word", "figure"),
    [("1500.50", "To pay", "1 500,50"), ("-20.00", "Overpaid", "20,00"), ("0.00", "Nothing to pay", "0,00")],
)
def test_a_card_says_what_is_owed(cast: Cast, enter: Enter, amount: str, word: str, figure: str) -> None:
    if amount != "0.00":
        owes(cast.account, amount)
    page = read(enter(cast.olga))
    assert word in page
    assert figure in page.replace(".", ",").replace("1,500,50", "1 500,50")
    assert "10012" in page
    assert cast.company.short_name in page
    assert "61" in page
    assert "Confirmed, owner" in page


@pytest.mark.feature("E2")
def test_every_card_has_its_own_balance(cast: Cast, enter: Enter) -> None:
    make_link(cast.olga, cast.nina_account)
    owes(cast.account, "777.00")
    owes(cast.nina_account, "-333.00")
    page = read(enter(cast.olga))
    assert "777" in page
    assert "333" in page
    assert page.count("To pay") == page.count("Overpaid") == 1


def test_a_limited_link_learns_the_balance_and_no_name(cast: Cast, enter: Enter) -> None:
    type(cast.account).objects.filter(pk=cast.account.pk).update(holder="Мартинович Ольга")
    owes(cast.account, "777.00")
    page = read(enter(cast.tanya))
    assert "777" in page
    assert "Мартинович" not in page
    assert "Мартинович" in read(enter(cast.oleg))


def test_who_waits_for_the_company_learns_no_balance(cast: Cast, enter: Enter) -> None:
    make_link(cast.igor, cast.account, grade="limited", state="pending")
    owes(cast.account, "777.00")
    page = read(enter(cast.igor))
    assert "Waits for the company" in page
    assert "777" not in page
    assert "To pay" not in page


def test_a_stranger_sees_nothing_of_it(cast: Cast, enter: Enter) -> None:
    owes(cast.account, "777.00")
    for who in (cast.nina, cast.pavel):
        assert "777" not in read(enter(who))
