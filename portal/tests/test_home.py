"""The home page of an account, and where `home` leads."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.ledger import post_documents
from billing.actions.paying import go_on
from billing.models import Payment
from billing.testing import make_intent
from meters.models import Meter
from meters.testing import make_meter, make_reading
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


@pytest.mark.feature("E6")
def test_a_payment_that_went_back_says_so(things: Things, enter: Enter) -> None:
    Payment.objects.filter(pk=things.payment.pk).update(refunded=Decimal("14.00"))
    page = enter(things.cast.olga).get(home_of(things.cast.account)).content.decode().replace("\xa0", " ")
    assert "returned: 14.00 RUB" in page


@pytest.mark.feature("E6")
def test_a_payment_that_waits_for_the_bank_is_seen_by_who_began_it(things: Things, enter: Enter) -> None:
    intent = go_on(make_intent(things.cast.account, things.cast.olga, "55.00"), at=timezone.now())
    own = enter(things.cast.olga).get(home_of(things.cast.account)).content.decode()
    assert "Waits for the bank" in own
    assert reverse("pay_intent", args=[things.cast.account.public_id, intent.public_id]) in own
    assert "Waits for the bank" not in enter(things.cast.oleg).get(home_of(things.cast.account)).content.decode()


@pytest.mark.feature("E2", "E3")
def test_home_leads_to_the_statement_and_the_services(things: Things, enter: Enter) -> None:
    here = [things.cast.account.public_id]
    owner, limited = (
        enter(one).get(home_of(things.cast.account)).content.decode() for one in (things.cast.olga, things.cast.tanya)
    )
    assert reverse("statement", args=here) in owner
    assert reverse("statement", args=here) not in limited
    assert reverse("services", args=here) in owner
    assert reverse("services", args=here) in limited


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


NOON = datetime(2026, 11, 21, 9, tzinfo=UTC)  # 12 in Moscow; the usual window is the 15th to the 25th


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today is the 21st of November, four days before the window closes."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def main_of(page: Any) -> str:
    text: str = page.content.decode()
    return text.split("<main")[1].split("</main")[0]


@pytest.mark.feature("B5", "C2")
def test_in_the_last_days_of_the_window_home_asks_olga_for_readings(cast: Cast, enter: Enter, november: None) -> None:
    make_meter(cast.account)
    hot = make_meter(cast.account, "hot", "H-2", place="kitchen", next_verification=date(2027, 1, 15))
    olga, readings = enter(cast.olga), reverse("readings", args=[cast.account.public_id])
    page = main_of(olga.get(home_of(cast.account)))
    assert "Send the readings by 25 November" in page
    assert "2 meters are waiting" in page
    assert "until 25 November" in page  # the tile
    assert "Verify the meter: Hot water, kitchen" in page
    assert page.count(f'href="{readings}"') == 3  # the step, the tile, the date
    for meter in (hot, Meter.objects.exclude(pk=hot.pk).get()):
        make_reading(meter, date(2026, 11, 1), "5")
    page = main_of(olga.get(home_of(cast.account)))
    assert "Send the readings" not in page
    assert "readings are sent" in page


def test_tanya_confirms_first_and_finds_the_readings_among_the_dates(cast: Cast, enter: Enter, november: None) -> None:
    make_meter(cast.account)
    page = main_of(enter(cast.tanya).get(home_of(cast.account)))
    assert "Confirm that the flat is yours" in page
    assert "Send the readings by" not in page
    assert "Send the readings" in page
    assert "until 25 November" in page


def test_before_the_window_home_says_when_it_opens(cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON - timedelta(days=11))
    olga = enter(cast.olga)
    assert "readings from" not in main_of(olga.get(home_of(cast.account)))  # no meters
    make_meter(cast.account)
    page = main_of(olga.get(home_of(cast.account)))
    assert "readings from 15 November" in page
    assert "Send the readings" not in page


def test_meters_to_be_verified_on_one_day_are_one_line(cast: Cast, enter: Enter, november: None) -> None:
    for resource, serial in (("cold", "C-1"), ("hot", "H-1")):
        make_meter(cast.account, resource, serial, next_verification=date(2027, 1, 20))
    make_meter(cast.account, "gas", "G-1", next_verification=date(2027, 1, 21))  # 61 days
    page = main_of(enter(cast.olga).get(home_of(cast.account)))
    assert "Verify 2 meters" in page
    assert "Gas" not in page


@pytest.mark.feature("C2")
def test_the_sections_lead_to_the_meters(cast: Cast, enter: Enter) -> None:
    page = enter(cast.olga).get(home_of(cast.account)).content.decode()
    bar = page.split('class="nav-bar"')[1].split("</nav>")[0]
    words = re.findall(r"<span>(.+?)</span>", bar)
    assert words == ["Home", "Meters", "Bills", "Inbox", "My flats", "More"]  # «My flats» only on wide screens
    assert reverse("readings", args=[cast.account.public_id]) in bar


@pytest.mark.feature("C2", "B14")
def test_whoever_may_not_read_bills_is_led_to_paying_and_to_the_proof(cast: Cast, enter: Enter) -> None:
    tanya, (pay, bills) = enter(cast.tanya), (reverse(name, args=[cast.account.public_id]) for name in ("pay", "bills"))
    bar = tanya.get(home_of(cast.account)).content.decode().split('class="nav-bar"')[1].split("</nav>")[0]
    assert f'href="{pay}"' in bar
    assert f'href="{bills}"' not in bar  # it would lead nowhere
    page = tanya.get(pay).content.decode()
    assert f'href="{pay}" aria-current="page"' in page
    assert f'href="{bills}"' not in page
    assert "Names, bills and their history open when you prove that the flat is yours." in page
    assert reverse("link_upgrade", args=[cast.account.public_id]) in page
    assert "when you prove" not in enter(cast.olga).get(pay).content.decode()
