"""What the network, a killed worker or a silent provider left open: asked for again, every ten minutes."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from billing.actions.hearing import look_into
from billing.actions.paying import note_silence, refresh
from billing.actions.refunding import send_refund
from billing.models import PaymentIntent, ProviderEvent, Refund
from billing.providers import ProviderError

log = logging.getLogger("billing")

BATCH = 500  # of each kind in one round
ENOUGH = 20  # so many unanswered questions, and the rest waits for the next round
HEARD = timedelta(minutes=2)  # a notification that nobody looked into for so long was lost with its worker
Row = TypeVar("Row", PaymentIntent, ProviderEvent, Refund)


def reconcile(*, at: datetime) -> int:
    """Look into lost notifications, ask for silent payments, send refunds again; return how many rows were asked about.

    One that cannot be asked about does not keep the others from it.
    """
    events = ProviderEvent.objects.filter(outcome=ProviderEvent.Outcome.NEW, received_at__lt=at - HEARD)
    intents = PaymentIntent.objects.to_reconcile(at).select_related("provider_account").order_by("asked_at")
    refunds = Refund.objects.filter(state=Refund.State.ASKED, created_at__lt=at - HEARD)
    refunds = refunds.select_related("payment__intent__provider_account").order_by("created_at")
    return (
        _each(events.order_by("received_at")[:BATCH], lambda event: look_into(event, at=at))
        + _each(intents[:BATCH], lambda intent: ask_silent(intent, at=at))
        + _each(refunds[:BATCH], lambda refund: ask_about(refund, at=at))
    )


def ask_silent(intent: PaymentIntent, *, at: datetime) -> None:
    """Ask how a payment ended; one that cannot be asked about goes to the end of the line."""
    try:
        refresh(intent, at=at)
    except ProviderError as error:
        note_silence(intent, is_unknown=error.is_final, at=at)
        raise


def ask_about(refund: Refund, *, at: datetime) -> None:
    """A refund that the provider has is looked up with its payment; one it may not have is sent again."""
    if refund.provider_id and refund.payment.intent:
        refresh(refund.payment.intent, at=at)
    else:
        send_refund(refund, at=at)


def _each(rows: Iterable[Row], ask: Callable[[Row], object]) -> int:
    count = failures = 0
    for row in rows:
        count += 1
        try:
            ask(row)
        except ProviderError as error:
            failures += 1
            log.warning("%s %s is asked about later: %s", type(row).__name__, row.pk, error)
        if failures == ENOUGH:
            break
    return count
