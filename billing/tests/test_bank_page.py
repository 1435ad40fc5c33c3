"""The sandbox bank: every way a payment may end, walked from the portal and back."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.actions.paying import go_on, refresh
from billing.actions.refunding import ask_refund, send_refund
from billing.models import LedgerEntry, Payment, PaymentIntent, ProviderEvent, SandboxPayment
from billing.providers.sandbox import give_back
from billing.testing import make_intent, make_till
from portal.testing import Cast

Committed = Callable[..., Any]


@pytest.fixture
def sent(cast: Cast) -> PaymentIntent:
    """Olga stands at the bank with 100.00 and a fee of 1.00."""
    make_till(cast.company)
    return go_on(make_intent(cast.account, cast.olga, method="card"), at=timezone.now())


@pytest.fixture
def press(sent: PaymentIntent, client: Client, django_capture_on_commit_callbacks: Committed) -> Callable[[str], Any]:
    """Press a button of the bank; the shop is told and the worker is quick."""

    def pressed(button: str) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(sent.pay_url, {"press": button})

    return pressed


def state_of(intent: PaymentIntent) -> str:
    return PaymentIntent.objects.get(pk=intent.pk).state


def balance(cast: Cast) -> Decimal:
    return LedgerEntry.objects.filter(account=cast.account).balance()


def test_the_bank_has_its_own_look_and_says_what_it_is(cast: Cast, sent: PaymentIntent, client: Client) -> None:
    page = client.get(sent.pay_url).content.decode().replace("\u00a0", " ")
    for words in (
        "This is not a real bank",
        cast.company.name.replace("«", "«"),
        "10012",
        "100.00 RUB",
        "1.00 RUB",
        "101.00 RUB",
    ):
        assert words in page
    assert "portal.css" not in page


@pytest.mark.feature("B14", "C4")
@pytest.mark.parametrize(
    ("button", "state", "owed", "heard"),
    [
        ("pay", "paid", "-100.00", [1]),
        ("repeat", "paid", "-100.00", [3]),
        ("decline", "failed", "0.00", [1]),
        ("stay", "sent", "0.00", []),
        ("leave", "sent", "0.00", []),
        ("late", "sent", "0.00", [1]),
        ("forge", "sent", "0.00", [1]),
    ],
)
def test_each_button_ends_as_it_says(
    cast: Cast, sent: PaymentIntent, press: Callable[[str], Any], button: str, state: str, owed: str, heard: list[int]
) -> None:
    answer = press(button)
    assert (state_of(sent), balance(cast)) == (state, Decimal(owed))
    assert list(ProviderEvent.objects.values_list("times", flat=True)) == heard
    home = reverse("pay_intent", args=[cast.account.public_id, sent.public_id])
    stays = button in {"stay", "leave", "forge"}
    assert answer["Location"] == (f"{sent.pay_url}?left={button}" if stays else home)


def test_who_paid_and_never_returned_is_found_by_the_next_question(
    cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]
) -> None:
    press("stay")
    refresh(sent, at=timezone.now())
    assert balance(cast) == Decimal("-100.00")


def test_the_late_bank_says_so_half_a_minute_later(
    cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]
) -> None:
    press("late")
    assert refresh(sent, at=timezone.now()).state == "sent"
    SandboxPayment.objects.update(decided_at=timezone.now() - timedelta(seconds=1))
    assert refresh(sent, at=timezone.now()).state == "paid"


def test_what_is_decided_stays_so(cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]) -> None:
    press("decline")
    press("pay")
    press("nonsense")
    assert state_of(sent) == "failed"
    assert balance(cast) == 0


def test_a_declined_payment_is_tried_again_and_paid(
    cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]
) -> None:
    press("decline")
    tried = go_on(PaymentIntent.objects.get(pk=sent.pk), at=timezone.now())
    assert (tried.pk, tried.tries) == (sent.pk, 2)
    assert tried.pay_url != sent.pay_url
    assert SandboxPayment.objects.count() == 2


def test_the_bank_takes_the_money_back(cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]) -> None:
    press("pay")
    press("chargeback")
    press("chargeback")
    assert balance(cast) == 0
    assert Payment.objects.get(intent=sent).refunded == Decimal("100.00")


def test_the_company_returns_money_through_the_bank(
    cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]
) -> None:
    press("pay")
    refund = ask_refund(
        Payment.objects.get(intent=sent), amount=Decimal("40.00"), reason="ошибка", by=cast.mark, at=timezone.now()
    )
    for _time in range(2):
        send_refund(refund, at=timezone.now())
    assert SandboxPayment.objects.get().refunded == Decimal("40.00")
    refresh(PaymentIntent.objects.select_related("provider_account").get(pk=sent.pk), at=timezone.now())
    assert balance(cast) == Decimal("-60.00")


def test_the_bank_itself_returns_no_more_than_was_paid(
    cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]
) -> None:
    assert (
        give_back(sent.provider_id, Decimal("1.00"), key="a", is_chargeback=False).status == "canceled"
    )  # not paid yet
    press("pay")
    answers = [give_back(sent.provider_id, Decimal("60.00"), key=key, is_chargeback=False).status for key in "aab"]
    assert answers == ["succeeded", "succeeded", "canceled"]


def test_the_way_back_stays_on_this_site_whatever_was_written_down(
    cast: Cast, sent: PaymentIntent, press: Callable[[str], Any]
) -> None:
    SandboxPayment.objects.update(return_url="https://evil.example/a/")
    assert press("pay")["Location"] == "/a/"


def test_in_production_there_is_no_bank(sent: PaymentIntent, client: Client, settings: Any) -> None:
    settings.DEV_PAGES = False
    assert client.get(sent.pay_url).status_code == 404
    assert client.post(sent.pay_url, {"press": "pay"}).status_code == 404
    assert SandboxPayment.objects.get().state == "pending"


def test_an_unknown_payment_is_no_page(client: Client, db: None) -> None:
    assert client.get(reverse("bank", args=[uuid.uuid4()])).status_code == 404
