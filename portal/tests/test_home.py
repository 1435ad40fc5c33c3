"""The home page of an account, and where `home` leads."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.actions.ledger import post_documents
from portal.home import next_month
from portal.testing import Cast, make_link
from portal.tests.things import Things

Enter = Callable[[User], Client]


def home_of(account: object) -> str:
    return reverse("account_home", args=[account.public_id])  # type: ignore[attr-defined]


@pytest.mark.feature("B6")
def test_home_leads_to_the_only_flat(cast: Cast, enter: Enter) -> None:
    assert enter(cast.nina).get(reverse("home"))["Location"] == home_of(cast.nina_account)


@pytest.mark.feature("B6")
def test_home_leads_back_to_the_flat_looked_at_last(cast: Cast, enter: Enter) -> None:
    make_link(cast.olga, cast.nina_account)
    olga = enter(cast.olga)
    assert olga.get(reverse("home"))["Location"] == reverse("accounts")
    olga.get(home_of(cast.nina_account))
    assert olga.get(reverse("home"))["Location"] == home_of(cast.nina_account)


def test_a_cookie_of_another_person_leads_nowhere(cast: Cast, enter: Enter) -> None:
    nina = enter(cast.nina)
    nina.cookies["account"] = str(cast.account.public_id)
    assert nina.get(reverse("home"))["Location"] == home_of(cast.nina_account)


def test_home_leads_a_newcomer_to_linking_and_a_waiting_one_to_the_list(cast: Cast, enter: Enter) -> None:
    igor = enter(cast.igor)
    assert igor.get(reverse("home"))["Location"] == reverse("account_add")
    make_link(cast.igor, cast.account, state="pending")
    assert igor.get(reverse("home"))["Location"] == reverse("accounts")


@pytest.mark.feature("B5", "E2")
def test_olga_sees_what_is_owed_and_the_facts_of_the_flat(things: Things, enter: Enter) -> None:
    post_documents([things.invoice])
    page = enter(things.cast.olga).get(home_of(things.cast.account)).content.decode()
    for words in ("3,680.39", "10012", "Олина Ольга Олеговна", "+7 912 000-09-99", "2 / 2", "ул. Садовая, 1"):
        assert words in page
    for block in ("Account and flat", "Meters", "Appeals", "Payment documents", "Payments", "meetings", "Notices"):
        assert block in page


@pytest.mark.feature("G1")
def test_tanya_sees_the_balance_and_nothing_that_tells_the_history(things: Things, enter: Enter) -> None:
    post_documents([things.invoice])
    page = enter(things.cast.tanya).get(home_of(things.cast.account)).content.decode()
    assert "3,680.39" in page
    assert "Confirm that the flat is yours" in page
    main = page.split("<main")[1].split("</main")[0]
    for secret in ("Олина", "000-09-99", things.invoice.number, reverse("bills", args=[things.cast.account.public_id])):
        assert secret not in main


def test_an_empty_account_says_when_the_first_bill_comes(cast: Cast, enter: Enter) -> None:
    page = enter(cast.olga).get(home_of(cast.account)).content.decode()
    assert "There are no bills yet" in page
    assert "at the beginning of" in page


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 21), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_the_next_month_begins_after_this_one(today: date, expected: date) -> None:
    assert next_month(today) == expected


def test_staff_without_a_flat_of_their_own_are_led_to_work(cast: Cast, enter: Enter) -> None:
    assert enter(cast.anna).get(reverse("home"))["Location"] == reverse("admin:index")
