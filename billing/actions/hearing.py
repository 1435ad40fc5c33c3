"""Notifications of providers: kept as they came, then looked into. Nothing they say is believed."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from billing.actions.paying import refresh
from billing.models import PaymentIntent, ProviderEvent, Refund
from billing.models.online import PaymentIntentQuerySet
from billing.providers import payment_named_in

Outcome = ProviderEvent.Outcome
KEPT = timedelta(days=90)
Nudge = Callable[[int], object]  # tells the worker the event's id


@transaction.atomic
def hear(provider: str, body: bytes, *, at: datetime, nudge: Nudge) -> ProviderEvent | None:
    """Keep a notification; the same words again are only counted.

    One that names no payment of ours is not kept, for anybody may write. If it came before we knew the payment's id, the
    reconciliation asks about the payment all the same.
    """
    if not _names_ours(provider, body):
        return None
    text = body.decode(errors="replace").replace("\x00", "\ufffd")
    event, is_new = ProviderEvent.objects.get_or_create(
        provider=provider, digest=hashlib.sha256(body).hexdigest(), defaults={"body": text, "received_at": at}
    )
    if not is_new:
        ProviderEvent.objects.filter(pk=event.pk).update(times=F("times") + 1)
    if event.outcome == Outcome.NEW:
        transaction.on_commit(lambda: nudge(event.pk))
    return event


def look_into(event: ProviderEvent, *, at: datetime) -> ProviderEvent:
    """Ask the provider about the payment that the notification names, if it is one of ours. Not in a transaction.

    A provider that does not answer leaves the notification new: the reconciliation takes it up again. So does a refund of
    ours without an answer: until then nobody knows whether what went back is that one.
    """
    if event.outcome != Outcome.NEW:
        return event
    try:
        found = list(_named(event.provider, event.body.encode()).select_related("provider_account"))
    except ValueError:
        return _end(event, Outcome.BROKEN)
    for intent in found:
        refresh(intent, at=at)
    if Refund.objects.unanswered().filter(payment__intent__in=found).exists():
        return event
    return _end(event, Outcome.DONE if found else Outcome.UNKNOWN)


def _names_ours(provider: str, body: bytes) -> bool:
    try:
        return _named(provider, body).exists()
    except ValueError:
        return False


def _named(provider: str, body: bytes) -> PaymentIntentQuerySet:
    """The payments of ours that a notification names; raises ValueError where it cannot be read."""
    return PaymentIntent.objects.filter(
        provider_account__provider=provider, provider_id=payment_named_in(provider, body)
    )


def _end(event: ProviderEvent, outcome: str) -> ProviderEvent:
    event.outcome = outcome
    event.save(update_fields=["outcome"])
    return event


def forget_events(*, at: datetime) -> int:
    """Notifications that were looked into are thrown away after three months, noise too."""
    return ProviderEvent.objects.filter(received_at__lt=at - KEPT).exclude(outcome=Outcome.NEW).delete()[0]
