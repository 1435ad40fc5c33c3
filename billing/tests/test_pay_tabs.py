"""P24 in two tabs, and with payments left at the bank: a press holds for what was shown, a waiting payment has a way on."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.paying import go_on
from billing.models import PaymentIntent, SandboxPayment
from billing.providers import Status
from billing.providers.sandbox import decide
from billing.testing import make_intent, make_till
from billing.tests.till import Stub
from portal.testing import Cast

Enter = Callable[[User], Client]
Is = PaymentIntent.State


def url(name: str, intent: PaymentIntent) -> str:
    return reverse(name, args=[intent.account.public_id, intent.public_id])


def begin(client: Client, cast: Cast, amount: str, method: str, **typed: str) -> Any:
    values = {"what": "other", "amount": amount, "sure": amount, "method": method, "email": ""} | typed
    return client.post(reverse("pay", args=[cast.account.public_id]), values)


def shown_on(page: Any) -> str:
    """What the form of the check page carries."""
    return str(page.content.decode().split('name="shown" value="')[1].split('"')[0])


def text(page: Any) -> str:
    return " ".join(page.content.decode().replace("\u00a0", " ").split())


# --- Two tabs -------------------------------------------------------------------------------------------------------


def test_a_press_in_an_old_tab_shows_the_changed_payment_and_sends_nothing(cast: Cast, enter: Enter) -> None:
    make_till(cast.company)
    olga = enter(cast.olga)
    first_tab = olga.get(begin(olga, cast, "10.00", "card")["Location"])
    begin(olga, cast, "20.00", "wallet")
    [intent] = PaymentIntent.objects.all()

    page = olga.post(url("pay_go", intent), {"shown": shown_on(first_tab)}, follow=True)

    assert "The payment was changed in another tab. Check it once more." in text(page)
    assert "20.00 RUB" in text(page)
    assert not SandboxPayment.objects.exists()
    assert olga.post(url("pay_go", intent), {"shown": shown_on(page)})["Location"].startswith("/bank/")


def test_an_old_tab_does_not_lead_to_what_another_tab_sent(cast: Cast, enter: Enter) -> None:
    make_till(cast.company)
    olga = enter(cast.olga)
    first_tab = olga.get(begin(olga, cast, "10.00", "card")["Location"])
    second_tab = olga.get(begin(olga, cast, "20.00", "wallet")["Location"])
    [intent] = PaymentIntent.objects.all()
    olga.post(url("pay_go", intent), {"shown": shown_on(second_tab)})
    for shown in (shown_on(first_tab), "", "0" * 64):
        assert olga.post(url("pay_go", intent), {"shown": shown})["Location"] == url("pay_intent", intent)


@pytest.mark.parametrize("typed", [{}, {"idem": ""}, {"idem": "nonsense"}])
def test_what_was_sent_is_never_changed(cast: Cast, enter: Enter, typed: dict[str, str]) -> None:
    make_till(cast.company)
    sent = go_on(make_intent(cast.account, cast.olga, "47383.50"), at=timezone.now())
    begin(enter(cast.olga), cast, "21.00", "wallet", **typed)
    sent.refresh_from_db()
    assert (sent.amount, sent.state) == (Decimal("47383.50"), Is.SENT)
    assert PaymentIntent.objects.get(state=Is.CREATED).amount == Decimal("21.00")


def test_a_payment_that_is_tried_again_is_not_changed(cast: Cast) -> None:
    make_till(cast.company)
    old = make_intent(cast.account, cast.olga, "100.00")
    PaymentIntent.objects.filter(pk=old.pk).update(tries=2)  # the old try failed, the new one is about to be sent
    assert make_intent(cast.account, cast.olga, "21.00").pk != old.pk


# --- Left at the bank -----------------------------------------------------------------------------------------------


@pytest.fixture
def three(cast: Cast) -> list[PaymentIntent]:
    """Olga has opened the page of the sandbox bank three times."""
    make_till(cast.company)
    sums = ("10.00", "20.00", "30.00")
    return [go_on(make_intent(cast.account, cast.olga, one), at=timezone.now()) for one in sums]


@pytest.mark.feature("B14")
def test_who_left_three_payments_at_the_bank_cancels_one_and_pays(
    cast: Cast, three: list[PaymentIntent], enter: Enter
) -> None:
    olga = enter(cast.olga)
    page = olga.get(reverse("pay", args=[cast.account.public_id]))
    assert 'name="amount"' not in text(page)
    for one in three:
        assert url("pay_intent", one) in text(page)
        assert url("pay_cancel", one) in text(page)
    assert begin(olga, cast, "40.00", "wallet").status_code == 409
    page = olga.post(url("pay_cancel", three[0]), follow=True)
    assert "The payment was cancelled. Nothing was paid." in text(page)
    assert 'name="amount"' in text(page)
    three[0].refresh_from_db()
    assert (three[0].state, three[0].failure) == (Is.FAILED, "canceled_by_merchant")
    assert SandboxPayment.objects.get(token=three[0].provider_id).state == "canceled"
    assert begin(olga, cast, "40.00", "wallet").status_code == 302


def test_what_is_paid_is_credited_and_not_cancelled(cast: Cast, three: list[PaymentIntent], enter: Enter) -> None:
    decide(uuid.UUID(three[0].provider_id), SandboxPayment.State.SUCCEEDED, at=timezone.now())
    answer = enter(cast.olga).post(url("pay_cancel", three[0]))
    assert answer["Location"] == url("pay_intent", three[0])
    three[0].refresh_from_db()
    assert three[0].state == Is.PAID


def test_what_was_begun_and_not_sent_takes_no_place(cast: Cast, enter: Enter) -> None:
    make_till(cast.company)
    for user in (cast.oleg, cast.tanya, cast.sofia):
        make_intent(cast.account, user)
    assert begin(enter(cast.olga), cast, "40.00", "wallet").status_code == 302


def test_a_fourth_that_was_begun_earlier_is_not_sent(cast: Cast, enter: Enter) -> None:
    make_till(cast.company)
    early = make_intent(cast.account, cast.tanya)
    for number in range(3):
        go_on(make_intent(cast.account, cast.olga, f"{10 + number}.00"), at=timezone.now())
    answer = enter(cast.tanya).post(url("pay_go", early), {"shown": early.facts})
    assert answer["Location"] == reverse("pay", args=[cast.account.public_id])
    assert SandboxPayment.objects.count() == 3
    page = enter(cast.tanya).get(answer["Location"])
    assert "Another person is paying for this account." in text(page)
    assert "10.00 RUB" not in text(page)


def test_what_the_provider_cannot_cancel_stays_and_says_until_when(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    sent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    olga = enter(cast.olga)
    page = text(olga.get(reverse("pay", args=[cast.account.public_id])))
    assert "It cannot be cancelled. If it is not paid, it ends by itself by" in page
    assert url("pay_cancel", sent) not in page
    page = text(olga.post(url("pay_cancel", sent), follow=True))
    assert "The bank does not let this payment be cancelled now." in page
    assert not [question for question in stub.asked if question.startswith("cancel")]
    sent.refresh_from_db()
    assert sent.state == Is.SENT


def test_a_payment_whose_sending_was_lost_is_cancelled_here(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    lost = make_intent(cast.account, cast.olga)
    PaymentIntent.objects.filter(pk=lost.pk).update(state=Is.SENT)
    enter(cast.olga).post(url("pay_cancel", lost))
    lost.refresh_from_db()
    assert lost.state == Is.FAILED
    assert stub.asked == []


def test_a_silent_bank_cancels_nothing(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    sent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    stub.is_silent = True
    assert "The bank has not answered yet" in text(enter(cast.olga).post(url("pay_cancel", sent), follow=True))


def test_a_payment_is_cancelled_by_who_makes_it_alone(cast: Cast, three: list[PaymentIntent], enter: Enter) -> None:
    for user in (cast.oleg, cast.tanya, cast.nina, cast.mark):
        assert enter(user).post(url("pay_cancel", three[0])).status_code == 404


# --- Coming back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "words"), [(Status.SUCCEEDED, "already taken off"), (Status.CANCELED, "declined")])
def test_the_first_page_after_the_bank_knows_how_it_ended(
    cast: Cast, stub: Stub, enter: Enter, monkeypatch: pytest.MonkeyPatch, status: Status, words: str
) -> None:
    monkeypatch.setattr("billing.views.paying.nudge_intent", lambda pk: None)  # the worker is busy
    make_till(cast.company, provider="yookassa")
    sent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    stub.say(sent, status=status)
    assert words in text(enter(cast.olga).get(url("pay_intent", sent)))


def test_pages_looked_at_again_and_again_ask_once_in_a_while(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    sent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    olga = enter(cast.olga)
    for _time in range(5):
        olga.get(url("pay_intent", sent))
    assert stub.asked.count(f"fetch {sent.provider_id}") == 1
    PaymentIntent.objects.update(asked_at=timezone.now() - timedelta(seconds=4))
    olga.get(url("pay_intent", sent))
    assert stub.asked.count(f"fetch {sent.provider_id}") == 2
