"""Notifications of providers: kept, counted, looked into; what they claim moves no balance."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.limits import PAY_NOISE, PAY_NOTICE
from accounts.models import LimitHit
from billing.actions.hearing import forget_events, hear, look_into
from billing.actions.paying import go_on
from billing.actions.reconciling import reconcile
from billing.models import LedgerEntry, Payment, PaymentIntent, ProviderEvent
from billing.providers import Status
from billing.testing import make_intent, make_till
from billing.tests.till import Stub
from portal.testing import Cast

URL = "/gateway/pay/yookassa/"
Committed = Callable[..., Any]


@pytest.fixture
def sent(cast: Cast, stub: Stub) -> PaymentIntent:
    make_till(cast.company, provider="yookassa")
    return go_on(make_intent(cast.account, cast.olga), at=timezone.now())


@pytest.fixture
def tell(client: Client, django_capture_on_commit_callbacks: Committed) -> Callable[..., int]:
    """The provider writes to us and, as the worker is quick, it is looked into at once."""

    def told(body: object, url: str = URL, **headers: str) -> int:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url, data, content_type="application/json", **headers).status_code  # type: ignore[arg-type]

    return told


def paid(provider_id: str, **more: object) -> dict[str, object]:
    thing = {"id": provider_id, "status": "succeeded", "amount": {"value": "100.00", "currency": "RUB"}}
    return {"type": "notification", "event": "payment.succeeded", "object": thing | more}


def balance(cast: Cast) -> Decimal:
    return LedgerEntry.objects.filter(account=cast.account).balance()


@pytest.mark.feature("B14")
def test_a_genuine_notification_leads_to_one_credit(
    cast: Cast, stub: Stub, sent: PaymentIntent, tell: Callable[..., int]
) -> None:
    stub.pay(sent)
    assert [tell(paid("p-1", n=number % 2)) for number in range(6)] == [200] * 6
    assert balance(cast) == Decimal("-100.00")
    assert sorted(ProviderEvent.objects.values_list("times", "outcome")) == [(3, "done"), (3, "done")]


def test_a_forged_one_changes_nothing_however_often_it_comes(
    cast: Cast, stub: Stub, sent: PaymentIntent, tell: Callable[..., int]
) -> None:
    for number in range(1000):
        ProviderEvent.objects.all().delete() if number % 100 == 0 else None  # a digest that was forgotten
        assert tell(paid("p-1")) == 200
    assert balance(cast) == 0
    assert not Payment.objects.exists()
    sent.refresh_from_db()
    assert sent.state == "sent"
    assert ProviderEvent.objects.get().times == 100


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (paid("p-999"), "unknown"),
        (paid("../payments/p-1"), "unknown"),
        ({"event": "payment.succeeded"}, "broken"),
        ({"event": "payment.succeeded", "object": {"id": ["p-1"]}}, "broken"),
        ({"event": "payment.succeeded", "object": {"id": "x" * 65}}, "broken"),
        ([], "broken"),
        (b"\xff\xfe\x00 not json", "broken"),
        (b"", "broken"),
        (b"[" * 5000, "broken"),
    ],
)
def test_unknown_and_broken_ones_are_answered_and_not_even_kept(
    cast: Cast, stub: Stub, sent: PaymentIntent, tell: Callable[..., int], body: object, outcome: str
) -> None:
    stub.asked.clear()
    assert tell(body) == 200
    assert not ProviderEvent.objects.exists()  # anybody may write, as often as they like
    assert stub.asked == []  # nobody is asked about a payment that is not ours
    assert balance(cast) == 0
    text = json.dumps(body) if not isinstance(body, bytes) else body.decode(errors="replace").replace("\x00", "")
    kept = ProviderEvent.objects.create(provider="yookassa", digest="d", body=text)  # of a time when all were kept
    assert look_into(kept, at=timezone.now()).outcome == outcome
    assert stub.asked == []


def test_they_may_come_out_of_order(cast: Cast, stub: Stub, sent: PaymentIntent, tell: Callable[..., int]) -> None:
    stub.pay(sent)
    tell(paid("p-1"))
    stub.say(sent, status=Status.CANCELED)
    tell({"event": "payment.canceled", "object": {"id": "p-1"}})
    stub.say(sent, status=Status.PENDING)
    tell({"event": "payment.waiting_for_capture", "object": {"id": "p-1"}})
    sent.refresh_from_db()
    assert sent.state == "paid"
    assert balance(cast) == Decimal("-100.00")


def test_a_refund_names_its_payment(cast: Cast, stub: Stub, sent: PaymentIntent, tell: Callable[..., int]) -> None:
    stub.pay(sent)
    tell(paid("p-1"))
    stub.takes_back(sent, "40.00", is_chargeback=False)
    tell({"event": "refund.succeeded", "object": {"id": "cb-1", "payment_id": "p-1"}})
    assert balance(cast) == Decimal("-60.00")


def test_a_large_one_is_not_read(tell: Callable[..., int], db: None) -> None:
    assert tell(b"x" * (64 * 1024 + 1)) == 413
    assert not ProviderEvent.objects.exists()


def test_a_flood_from_one_address_is_answered_cheaply_and_others_are_heard(
    cast: Cast,
    stub: Stub,
    sent: PaymentIntent,
    client: Client,
    tell: Callable[..., int],
    settings: Any,
    django_assert_max_num_queries: Any,
) -> None:
    """Behind our proxy the address is the one that the proxy saw, whatever the sender writes left of it."""
    settings.TRUSTED_PROXIES = 1
    flood = [
        tell(paid(f"p-{number + 7}"), HTTP_X_FORWARDED_FOR=f"192.0.2.{number}, 203.0.113.9") for number in range(61)
    ]
    assert flood == [200] * 60 + [429]
    with django_assert_max_num_queries(1):
        answer = client.post(URL, b"x", content_type="text/plain", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert answer.status_code == 429
    assert 500 < int(answer["Retry-After"]) <= 600
    stub.pay(sent)
    assert tell(paid("p-1"), HTTP_X_FORWARDED_FOR="203.0.113.10") == 200
    assert balance(cast) == Decimal("-100.00")


def test_a_flood_about_a_payment_of_ours_ends_too(cast: Cast, sent: PaymentIntent, tell: Callable[..., int]) -> None:
    """A payer knows the id of their own payment: each other word about it would be kept."""
    key, now = PAY_NOTICE.key("127.0.0.1"), timezone.now()
    LimitHit.objects.bulk_create(LimitHit(key=key, at=now) for _ in range(PAY_NOTICE.count - 1))
    assert [tell(paid("p-1", n=number)) for number in range(3)] == [200, 429, 429]
    assert ProviderEvent.objects.count() == 1


def test_a_payment_whose_notification_was_not_heard_is_credited_by_the_reconciliation(
    cast: Cast, stub: Stub, sent: PaymentIntent, tell: Callable[..., int]
) -> None:
    stub.pay(sent)
    now = timezone.now()
    LimitHit.objects.bulk_create(LimitHit(key=PAY_NOISE.key("127.0.0.1"), at=now) for _ in range(PAY_NOISE.count))
    assert tell(paid("p-1")) == 429
    assert not ProviderEvent.objects.exists()
    assert balance(cast) == 0
    reconcile(at=now + timedelta(minutes=16))
    sent.refresh_from_db()
    assert (sent.state, balance(cast)) == ("paid", Decimal("-100.00"))


def test_only_known_providers_have_an_address(tell: Callable[..., int], settings: Any, db: None) -> None:
    assert tell({}, url="/gateway/pay/nobody/") == 404
    settings.DEV_PAGES = False
    assert tell({}, url="/gateway/pay/sandbox/") == 404


def test_a_list_of_networks_only_keeps_noise_out(
    cast: Cast, stub: Stub, sent: PaymentIntent, tell: Callable[..., int], settings: Any
) -> None:
    settings.PAY_NOTICE_NETWORKS = ["185.71.76.0/27", "2a02:5180::/32"]
    assert tell(paid("p-1"), REMOTE_ADDR="10.1.1.1") == 403
    assert tell(paid("p-1"), REMOTE_ADDR="185.71.76.5") == 200
    assert balance(cast) == 0  # from the right network, and still not believed


def test_one_that_was_lost_with_its_worker_is_taken_up_again(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    """Killed between hearing and asking, or the provider was silent: the reconciliation credits it, once."""
    stub.pay(sent)
    now = timezone.now()
    event = hear("yookassa", json.dumps(paid("p-1")).encode(), at=now, nudge=lambda pk: None)
    assert event
    assert reconcile(at=now + timedelta(minutes=1)) == 0
    for _round in range(2):
        reconcile(at=now + timedelta(minutes=12))
    assert balance(cast) == Decimal("-100.00")
    event.refresh_from_db()
    assert event.outcome == "done"
    asked = len(stub.asked)
    assert look_into(event, at=now).outcome == "done"
    assert len(stub.asked) == asked


def test_old_ones_are_forgotten(db: None) -> None:
    now = timezone.now()
    for days, outcome in ((91, "unknown"), (91, "new"), (89, "done")):
        ProviderEvent.objects.create(
            provider="yookassa",
            digest=f"{days}{outcome}",
            body="",
            outcome=outcome,
            received_at=now - timedelta(days=days),
        )
    assert forget_events(at=now) == 1
    assert reverse("pay_notice", args=["yookassa"]) == URL
