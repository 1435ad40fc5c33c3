"""Paying online in the staff room: who may what, and what a press does."""

import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from yookassa.domain.models.cancellation_details import CancellationDetailsReasonCode

from accounts.models import User
from billing.actions.paying import go_on, refresh
from billing.declines import WORDS
from billing.models import LedgerEntry, Payment, PaymentIntent, ProviderEvent, Refund
from billing.providers import Status
from billing.testing import make_intent, make_payment, make_till
from billing.tests.till import Stub
from portal.testing import Cast

Enter = Callable[[User], Client]


@pytest.fixture
def sent(cast: Cast, stub: Stub) -> PaymentIntent:
    make_till(cast.company, provider="yookassa", shop_id="100500")
    return go_on(make_intent(cast.account, cast.olga), at=timezone.now())


@pytest.fixture
def paid(stub: Stub, sent: PaymentIntent) -> Payment:
    stub.pay(sent)
    refresh(sent, at=timezone.now())
    return Payment.objects.get(intent=sent)


def balance(cast: Cast) -> Decimal:
    return LedgerEntry.objects.filter(account=cast.account).balance()


def give_back(client: Client, payment: Payment, **words: str) -> Any:
    values = {
        "kind": "refund",
        "amount": "30.00",
        "reason": "paid twice",
        "sure": "1",
        "idem": str(uuid.uuid4()),
    } | words
    return client.post(reverse("admin:billing_refund_begin", args=[payment.pk]), values)


# --- Payments -------------------------------------------------------------------------------------------------------


def test_mark_asks_the_provider_and_the_money_is_entered(
    cast: Cast, stub: Stub, sent: PaymentIntent, enter: Enter
) -> None:
    stub.pay(sent)
    mark, url = enter(cast.mark), reverse("admin:billing_paymentintent_ask", args=[sent.pk])
    assert mark.get(url).status_code == 200
    assert balance(cast) == 0
    for _press in range(2):
        page = mark.post(url, follow=True).content.decode()
        assert "The provider answered: Paid" in page
    assert balance(cast) == Decimal("-100.00")


def test_a_silent_provider_is_told_about(cast: Cast, stub: Stub, sent: PaymentIntent, enter: Enter) -> None:
    stub.is_silent = True
    page = enter(cast.mark).post(reverse("admin:billing_paymentintent_ask", args=[sent.pk]), follow=True)
    assert "The provider did not answer" in page.content.decode()


def test_what_does_not_fit_is_found_by_the_filter(cast: Cast, stub: Stub, sent: PaymentIntent, enter: Enter) -> None:
    stub.say(sent, status=Status.SUCCEEDED, amount=Decimal("1.00"))
    refresh(sent, at=timezone.now())
    page = enter(cast.anna).get(reverse("admin:billing_paymentintent_changelist"), {"state__exact": "mismatch"})
    assert "paid another sum: 1.00\xa0RUB" in page.content.decode()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("insufficient_funds", "not enough money on the card or in the wallet"),
        ("canceled_by_merchant", "cancelled by the payer or from here"),
        ("something_new", "declined; the provider&#x27;s word for it: something_new"),
    ],
)
def test_staff_read_why_a_payment_failed_in_words(
    cast: Cast, stub: Stub, sent: PaymentIntent, enter: Enter, reason: str, words: str
) -> None:
    stub.say(sent, status=Status.CANCELED, reason=reason)
    refresh(sent, at=timezone.now())
    mark = enter(cast.mark)
    pages = [reverse(f"admin:billing_paymentintent_{page}", args=[sent.pk]) for page in ("change", "ask")]
    for url in (reverse("admin:billing_paymentintent_changelist"), *pages):
        page = mark.get(url).content.decode()
        assert words in page
        assert reason not in page.replace(words, "")


def test_every_reason_of_the_providers_client_has_words() -> None:
    given = {word for name, word in vars(CancellationDetailsReasonCode).items() if name.isupper()}
    elsewhere = {"deal_expired", "loan_declined", "loan_declined_by_payer", "loan_application_expired", "unknown"}
    assert given - elsewhere <= WORDS.keys()


def test_sums_stand_as_the_reader_writes_them(cast: Cast, stub: Stub, sent: PaymentIntent, enter: Enter) -> None:
    """The title and the parts of an online payment in Russian: no code of a section, no point in a sum."""
    PaymentIntent.objects.update(sections={"main": "1241.83", "repair": "8.17"})
    cast.anna.language = "ru"
    cast.anna.save()
    page = enter(cast.anna).get(reverse("admin:billing_paymentintent_change", args=[sent.pk])).content.decode()
    assert "main" not in re.findall(r'field-parts.*?readonly">(.*?)<', page, re.DOTALL)[0]
    text = page.replace("\xa0", " ").replace("&nbsp;", " ")
    amount = f"{sent.amount:.2f}".replace(".", ",")
    assert "1 241,83 ₽, " in text
    assert ": 8,17 ₽" in text
    assert re.search(rf"<h2>\s*{amount} ₽", text)


def test_nobody_edits_a_payment(cast: Cast, sent: PaymentIntent, enter: Enter) -> None:
    for user in (cast.mark, cast.sofia):
        client = enter(user)
        page = client.get(reverse("admin:billing_paymentintent_change", args=[sent.pk])).content.decode()
        assert 'name="state"' not in page
        assert client.get(reverse("admin:billing_paymentintent_add")).status_code == 403
        assert client.get(reverse("admin:billing_paymentintent_delete", args=[sent.pk])).status_code == 403


# --- Refunds --------------------------------------------------------------------------------------------------------


def test_anna_returns_a_part_from_the_page_of_the_payment(
    cast: Cast, stub: Stub, paid: Payment, enter: Enter, fresh: None, django_capture_on_commit_callbacks: Any
) -> None:
    anna = enter(cast.anna)
    page = anna.get(reverse("admin:billing_payment_change", args=[paid.pk])).content.decode()
    assert reverse("admin:billing_refund_begin", args=[paid.pk]) in page
    with django_capture_on_commit_callbacks(execute=True):
        assert give_back(anna, paid).status_code == 302
    refund = Refund.objects.get()
    assert (refund.state, refund.by, refund.amount) == ("done", cast.anna, Decimal("30.00"))
    assert balance(cast) == Decimal("-70.00")


def test_money_goes_back_after_a_second_look(
    cast: Cast, stub: Stub, paid: Payment, enter: Enter, fresh: None, django_capture_on_commit_callbacks: Any
) -> None:
    """One press of «Write down» sent money back: now the sum stands on the button, and only the second press does it."""
    anna, url = enter(cast.anna), reverse("admin:billing_refund_begin", args=[paid.pk])
    assert "Write down" not in anna.get(url).content.decode()
    answer = anna.post(url, {"kind": "refund", "amount": "30.00", "reason": "paid twice"})
    page = answer.content.decode().replace("\xa0", " ")
    assert answer.status_code == 200
    assert not Refund.objects.exists()
    for words in (">Return 30.00 RUB</button>", "<dd>70.00 RUB</dd>", "paid twice"):
        assert words in page
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    with django_capture_on_commit_callbacks(execute=True):
        assert anna.post(url, again).status_code == 302
    assert Refund.objects.get().amount == Decimal("30.00")
    back = anna.post(url, {"kind": "chargeback", "amount": "70.00", "reason": "letter"}).content.decode()
    assert "Write down 70.00" in back


def test_a_session_that_was_left_open_returns_nothing(cast: Cast, stub: Stub, paid: Payment, enter: Enter) -> None:
    answer = give_back(enter(cast.mark), paid)
    assert answer.url.startswith(reverse("factor"))
    assert not Refund.objects.exists()
    assert give_back(enter(cast.pavel), paid).status_code == 404


def test_a_double_click_returns_once(
    cast: Cast, stub: Stub, paid: Payment, enter: Enter, fresh: None, django_capture_on_commit_callbacks: Any
) -> None:
    mark, key = enter(cast.mark), str(uuid.uuid4())
    with django_capture_on_commit_callbacks(execute=True):
        for _click in range(2):
            assert give_back(mark, paid, idem=key).status_code == 302
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"amount": "100.01"}, "At most 100.00 can go back."),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "1,5x"}, "Enter a number"),
        ({"reason": ""}, "This field is required"),
        ({"kind": "gift"}, "Select a valid choice"),
    ],
)
def test_wrong_refunds_are_refused_beside_their_field(
    cast: Cast, stub: Stub, paid: Payment, enter: Enter, fresh: None, words: dict[str, str], said: str
) -> None:
    answer = give_back(enter(cast.mark), paid, **words)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Refund.objects.exists()


def test_a_chargeback_is_written_down(cast: Cast, stub: Stub, paid: Payment, enter: Enter, fresh: None) -> None:
    give_back(enter(cast.mark), paid, kind="chargeback", amount="100.00", reason="letter of the bank")
    assert balance(cast) == 0
    assert stub.returned == {}  # the provider is not asked: the bank took it


def test_others_find_no_such_page(
    cast: Cast, stub: Stub, sent: PaymentIntent, paid: Payment, enter: Enter, fresh: None
) -> None:
    by_register = make_payment(cast.account, "01.11.2026", "5.00")
    assert give_back(enter(cast.mark), by_register).status_code == 404
    for user in (cast.dima, cast.pavel):
        client = enter(user)
        assert give_back(client, paid).status_code == 404
        assert client.post(reverse("admin:billing_paymentintent_ask", args=[sent.pk])).status_code == 404
    assert give_back(enter(cast.olga), paid).status_code == 302  # led to the door of the staff room
    assert not Refund.objects.exists()


# --- Notifications ----------------------------------------------------------------------------------------------------


def test_notifications_are_for_the_superuser(cast: Cast, enter: Enter) -> None:
    event = ProviderEvent.objects.create(provider="yookassa", digest="d", body='{"id": "p-1"}')
    url = reverse("admin:billing_providerevent_change", args=[event.pk])
    assert "p-1" in enter(cast.sofia).get(url).content.decode()
    for user in (cast.mark, cast.anna):
        assert enter(user).get(url).status_code in {302, 403}
        assert enter(user).get(reverse("admin:billing_providerevent_changelist")).status_code == 403
