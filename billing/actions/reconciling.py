"""What the network, a killed worker or a silent provider left open: asked for again, every ten minutes."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Manager
from django.db.models.functions import Coalesce

from billing.actions.hearing import look_into
from billing.actions.paying import note_silence, refresh
from billing.actions.refunding import send_refund
from billing.models import PaymentIntent, ProviderEvent, Refund
from billing.providers import ProviderError
from lib.errors import Busy, Refusal
from lib.locks import unless_locked

log = logging.getLogger("billing")

BATCH = 500  # of each kind in one round
ENOUGH = 20  # so many unanswered questions, and the rest waits for the next round
HEARD = timedelta(minutes=2)  # a notification that nobody looked into for so long was lost with its worker
Row = TypeVar("Row", PaymentIntent, ProviderEvent, Refund)


def reconcile(*, at: datetime) -> int:
    """Look into lost notifications, ask for silent payments, send refunds again; return how many rows were asked about.

    The one that was asked about longest ago comes first: what always fails, or whose book is held, keeps no other from it.
    """
    events = ProviderEvent.objects.filter(outcome=ProviderEvent.Outcome.NEW, received_at__lt=at - HEARD)
    intents = PaymentIntent.objects.to_reconcile(at).select_related("provider_account").order_by("asked_at")
    refunds = Refund.objects.filter(state=Refund.State.ASKED, created_at__lt=at - HEARD)
    refunds = refunds.select_related("payment__intent__provider_account")
    refunds = refunds.order_by(Coalesce("asked_at", "created_at"), "pk")
    return (
        _each(events.order_by(Coalesce("asked_at", "received_at"), "pk")[:BATCH], look_into, at=at)
        + _each(intents[:BATCH], ask_silent, at=at)
        + _each(refunds[:BATCH], ask_about, at=at)
    )


def ask_silent(intent: PaymentIntent, *, at: datetime) -> None:
    """Ask how a payment ended; one that the provider does not know is over after a day."""
    try:
        refresh(intent, at=at)
    except ProviderError as error:
        note_silence(intent, is_unknown=error.is_final, at=at)
        raise


def ask_about(refund: Refund, *, at: datetime) -> None:
    """A refund that the provider has is looked up with its payment; one it may not have is sent again.

    With the answer the payment is looked up, too: an unknown return that was seen meanwhile has waited for it.
    """
    sent = refund if refund.provider_id else send_refund(refund, at=at)
    if sent.payment.intent and not sent.is_unanswered:
        refresh(sent.payment.intent, at=at)


def _each(rows: Iterable[Row], ask: Callable[..., object], *, at: datetime) -> int:
    count = failures = 0
    for row in rows:
        count += 1
        try:
            with unless_locked(Busy("somebody else holds the rows")):
                _manager(row).filter(pk=row.pk).update(asked_at=at)  # before the question: a killed worker asked, too
                ask(row, at=at)
        except (ProviderError, Refusal) as error:
            failures += 1
            log.warning("%s %s is asked about later: %s", type(row).__name__, row.pk, error)
        if failures == ENOUGH:
            break
    return count


def _manager(row: Row) -> Manager[Any]:
    return type(row)._default_manager
