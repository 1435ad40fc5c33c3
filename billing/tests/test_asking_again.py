"""The reconciliation: what can never be asked about keeps nobody else waiting, and neither does a book that is held."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from psycopg2.errors import LockNotAvailable

from billing.actions import paying
from billing.actions.hearing import hear
from billing.actions.ledger import hold_book
from billing.actions.paying import go_on, refresh
from billing.actions.reconciling import ENOUGH, reconcile
from billing.actions.refunding import ask_refund
from billing.models import Payment, PaymentIntent, ProviderEvent, Refund
from billing.providers import ProviderError
from billing.testing import make_intent, make_till
from billing.tests.till import Stub
from portal.testing import Cast
from premises.models import Organization

pytestmark = pytest.mark.feature("B14")
NOW = timezone.now()
ROUND = timedelta(minutes=10)


@pytest.fixture
def sent(cast: Cast, stub: Stub) -> PaymentIntent:
    make_till(cast.company, provider="yookassa")
    return go_on(make_intent(cast.account, cast.olga), at=NOW)


def note_of(provider_id: str, number: int, at: datetime) -> ProviderEvent:
    body = {"event": "payment.succeeded", "object": {"id": provider_id}, "n": number}
    event = hear("yookassa", json.dumps(body).encode(), at=at, nudge=lambda pk: None)
    assert event
    return event


def test_notifications_that_always_fail_do_not_starve_the_newer_ones(
    cast: Cast, stub: Stub, sent: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = go_on(make_intent(cast.account, cast.olga, "55.00"), at=NOW)
    real = stub.fetch

    def fetch(intent: PaymentIntent, **words: Any) -> Any:
        if intent.pk == lost.pk:
            raise ProviderError("always", is_final=True)
        return real(intent, **words)

    monkeypatch.setattr(stub, "fetch", fetch)
    for number in range(ENOUGH):
        note_of(lost.provider_id, number, NOW)
    stub.pay(sent)
    good = note_of(sent.provider_id, 0, NOW + timedelta(seconds=1))
    for turn in (1, 2):
        reconcile(at=NOW + timedelta(minutes=3) + turn * ROUND)
    good.refresh_from_db()
    assert good.outcome == "done"
    assert ProviderEvent.objects.filter(outcome="new").count() == ENOUGH


def test_refunds_that_always_fail_do_not_starve_the_newer_ones(
    cast: Cast, stub: Stub, sent: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.pay(sent)
    refresh(sent, at=NOW)
    payment = Payment.objects.get()
    asked = [
        ask_refund(payment, amount=Decimal("1.00"), reason="ошибка", by=cast.mark, at=NOW + timedelta(seconds=number))
        for number in range(ENOUGH + 1)
    ]
    real = stub.refund

    def refund(one: Refund) -> Any:
        if one.pk != asked[-1].pk:
            raise ProviderError("always")
        return real(one)

    monkeypatch.setattr(stub, "refund", refund)
    for turn in (1, 2):
        reconcile(at=NOW + turn * ROUND)
    assert [one.pk for one in Refund.objects.filter(state=Refund.State.DONE)] == [asked[-1].pk]


def test_a_book_that_is_held_keeps_only_its_own_payments_waiting(
    cast: Cast, stub: Stub, sent: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A register is being imported: after five seconds of waiting PostgreSQL gives up."""

    def hold(organization: Organization) -> None:
        if organization.pk == cast.company.pk:
            raise OperationalError("canceling statement due to lock timeout") from LockNotAvailable()
        hold_book(organization)

    make_till(cast.other_company, provider="yookassa")
    other = go_on(make_intent(cast.other_account, cast.pavel), at=NOW + timedelta(seconds=1))
    for intent in (sent, other):
        stub.pay(intent)
    with monkeypatch.context() as patch:
        patch.setattr(paying, "hold_book", hold)
        assert reconcile(at=NOW + timedelta(hours=1)) == 2
    assert [intent.pk for intent in PaymentIntent.objects.filter(state="paid")] == [other.pk]
    reconcile(at=NOW + timedelta(hours=2))
    assert PaymentIntent.objects.filter(state="paid").count() == 2
