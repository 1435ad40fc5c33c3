"""Bills by e-mail: the switch, the letters, and the one click that ends them."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from billing.actions.receipts import NoAddress, send_receipts, stop, subscribe, unsubscribe
from billing.actions.telling import tell_issued
from billing.models import ReceiptSubscription
from billing.testing import make_invoice
from notifications.actions import prefer
from notifications.models import Channel, Delivery, Notice
from portal.testing import Cast, post
from premises.models import AccountLink

pytestmark = pytest.mark.feature("E9")
AT = datetime(2026, 11, 3, 12, tzinfo=ZoneInfo("Europe/Moscow"))
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def olga(cast: Cast) -> User:
    cast.olga.email = "olga@example.com"
    cast.olga.save()
    return cast.olga


def url(cast: Cast) -> str:
    return reverse("receipts", args=[cast.account.public_id])


def test_the_switch_goes_on_and_off(cast: Cast, olga: User, enter: Any) -> None:
    client = enter(olga)
    assert "Switched off" in client.get(url(cast)).content.decode()
    for _ in range(2):  # pressed twice it is still one subscription
        assert client.post(url(cast), {"on": "1"}).status_code == 302
    assert ReceiptSubscription.objects.get().user == olga
    assert "Switched on" in client.get(url(cast)).content.decode()
    client.post(url(cast))
    assert ReceiptSubscription.objects.filter(ended_at=None).count() == 0
    client.post(url(cast), {"on": "1"})
    assert ReceiptSubscription.objects.filter(ended_at=None).count() == 1


def test_without_an_e_mail_the_page_leads_to_the_profile(cast: Cast, enter: Any) -> None:
    client = enter(cast.oleg)
    html = client.get(url(cast)).content.decode()
    assert f"{reverse('profile_email')}?next={reverse('receipts', args=[cast.account.public_id])}" in html
    assert "Send bills by e-mail" not in html
    assert client.post(url(cast), {"on": "1"}).status_code == 409
    with pytest.raises(NoAddress):
        subscribe(cast.account, by=cast.oleg, at=AT)


def test_a_limited_link_gets_no_bills_by_e_mail(cast: Cast, enter: Any) -> None:
    assert enter(cast.tanya).get(url(cast)).status_code == 404
    assert enter(cast.tanya).post(url(cast), {"on": "1"}).status_code == 404


def test_a_subscriber_gets_one_letter_for_a_month_with_the_sum_the_day_and_the_way_out(
    cast: Cast, olga: User, settings: Settings
) -> None:
    subscription = subscribe(cast.account, by=olga, at=AT)
    bills = [
        make_invoice(cast.account, OCTOBER, due_on=date(2026, 11, 16)),
        make_invoice(cast.account, OCTOBER, accrued="335.50", kind="repair"),
        make_invoice(cast.nina_account, OCTOBER, accrued="99.00"),
    ]
    assert send_receipts(bills, at=AT) == 1
    assert send_receipts(bills, at=AT) == 0  # told once
    post()
    (letter,) = mail.outbox
    text = str(letter.body).replace("\xa0", " ")
    assert letter.to == ["olga@example.com"]
    assert "October 2026" in letter.subject
    for words in ("4,015.89 RUB", "Nov. 16, 2026", f"{settings.PUBLIC_URL}/a/{cast.account.public_id}/bills/"):
        assert words in text
    address = f"{settings.PUBLIC_URL}{reverse('receipts_stop', args=[subscription.token])}"
    assert address in text
    headers = letter.message()
    assert headers["List-Unsubscribe"] == f"<{address}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_nobody_is_written_to_who_did_not_ask_or_may_no_longer_look(cast: Cast, olga: User) -> None:
    subscribe(cast.account, by=olga, at=AT)
    bill = make_invoice(cast.account, OCTOBER)
    assert send_receipts([make_invoice(cast.nina_account, OCTOBER)], at=AT) == 0
    assert send_receipts([make_invoice(cast.account, date(2026, 8, 1))], at=AT) == 0  # history is no news
    AccountLink.objects.filter(user=olga).update(state="revoked")
    assert send_receipts([bill], at=AT) == 0
    AccountLink.objects.filter(user=olga).update(state="active")
    unsubscribe(cast.account, by=olga, at=AT)
    assert send_receipts([bill], at=AT) == 0


def test_a_subscriber_is_told_once_by_e_mail_though_notices_by_e_mail_are_on(cast: Cast, olga: User) -> None:
    prefer(olga, Channel.EMAIL, is_on=True)
    subscribe(cast.account, by=olga, at=AT)
    tell_issued([make_invoice(cast.account, OCTOBER)], at=AT)
    sent = Delivery.objects.filter(notice__user_id=olga.pk).values_list("notice__kind", "channel")
    assert set(sent) == {("billing.receipt", "email"), ("billing.bill_issued", "inbox")}


def test_many_subscribers_cost_as_many_queries_as_one(
    cast: Cast, olga: User, django_assert_max_num_queries: Any
) -> None:
    cast.oleg.email = "oleg@example.com"
    cast.oleg.save()
    subscribe(cast.account, by=olga, at=AT)
    subscribe(cast.account, by=cast.oleg, at=AT)
    bills = [make_invoice(cast.account, OCTOBER, kind=kind) for kind in ("main", "repair", "other")]
    with django_assert_max_num_queries(9):
        assert send_receipts(bills, at=AT) == 2


def test_the_page_of_the_letter_asks_and_the_button_ends_it_without_signing_in(cast: Cast, olga: User) -> None:
    token = subscribe(cast.account, by=olga, at=AT).token
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(reverse("receipts_stop", args=[token]))
    assert "Send no more bills" in page.content.decode()
    assert ReceiptSubscription.objects.get().ended_at is None
    assert browser.post(reverse("receipts_stop", args=[token])).status_code == 200
    assert ReceiptSubscription.objects.get().ended_at is not None


def test_a_mail_program_ends_it_by_one_click(cast: Cast, olga: User) -> None:
    """RFC 8058: a POST without cookies, answered without a redirect."""
    token = subscribe(cast.account, by=olga, at=AT).token
    answer = Client(enforce_csrf_checks=True).post(
        reverse("receipts_stop", args=[token]), {"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    assert ReceiptSubscription.objects.get().ended_at is not None


def test_what_is_stopped_already_says_so(cast: Cast, olga: User) -> None:
    """A mail program stops it, the page of the letter is opened afterwards."""
    address = reverse("receipts_stop", args=[subscribe(cast.account, by=olga, at=AT).token])
    browser = Client()
    assert "Already stopped" not in browser.post(address).content.decode()
    for method in ("get", "post"):
        page = getattr(browser, method)(address).content.decode()
        assert "Already stopped" in page
        assert "Send no more bills" not in page


def test_an_unknown_token_answers_like_a_known_one(cast: Cast, olga: User) -> None:
    token = subscribe(cast.account, by=olga, at=AT).token
    strange = "A" * len(token)
    browser = Client()

    def page(method: str, one: str) -> str:
        html = getattr(browser, method)(reverse("receipts_stop", args=[one])).content.decode()
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html.replace(one, "TOKEN"))

    for method in ("get", "post"):
        assert page(method, strange) == page(method, token)
    stop(strange, at=timezone.now())
    assert ReceiptSubscription.objects.count() == 1


def test_a_letter_says_that_nothing_is_to_pay(cast: Cast, olga: User) -> None:
    subscribe(cast.account, by=olga, at=AT)
    send_receipts([make_invoice(cast.account, OCTOBER, accrued="10.00", opening="-50.00")], at=AT)
    post()
    assert "There is nothing to pay." in str(mail.outbox[0].body)
    assert Notice.objects.get(kind="billing.receipt").context["payable"] == Decimal("-40.00")
