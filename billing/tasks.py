"""What the worker does for billing: close months, draw documents, look for what was lost."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone

from billing.actions.agreeing import apply_due_changes
from billing.actions.calculate import calculate, clear_dropped
from billing.actions.hearing import forget_events, hear, look_into
from billing.actions.issuing import issue
from billing.actions.paying import refresh
from billing.actions.pdf import give_up_pdf, make_pdf, requeue_stuck_pdfs
from billing.actions.prints import make_print, requeue_stuck_prints
from billing.actions.reconciling import ask_about, reconcile
from billing.actions.running import fail, take_up_stuck
from billing.models import Invoice, PaymentIntent, ProviderAccount, ProviderEvent, Refund
from billing.providers import ProviderError

log = logging.getLogger("billing")


@shared_task
def calculate_run(run_id: int) -> None:
    """Calculate a run from where it stands; one that another worker has is left alone."""
    _work(calculate, run_id)


@shared_task
def issue_run(run_id: int) -> None:
    """Issue a calculated run from where it stands."""
    _work(issue, run_id)


@shared_task
def clear_run(run_id: int) -> None:
    """Clear the rows of a dropped run away."""
    clear_dropped(run_id, now=timezone.now)


@shared_task
def sweep_runs() -> None:
    """Take up runs whose worker was killed, or never heard of them."""
    take_up_stuck(
        at=timezone.now(), calculate_later=calculate_run.delay, issue_later=issue_run.delay, clear_later=clear_run.delay
    )


def _work(step: Callable[..., bool], run_id: int) -> None:
    """Do a worker's part of a run. What the database may do better next time is left to the sweep, a bug stops the run."""
    try:
        step(run_id, now=timezone.now)
    except OperationalError as error:
        log.warning("run %s waits for the sweep: %s", run_id, type(error).__name__)
    except Exception as error:
        log.error("run %s stopped: %s", run_id, type(error).__name__)
        fail(run_id, type(error).__name__)
        raise


@shared_task
def draw_print_batch(batch_id: int) -> None:
    """Draw the print file of a house; one that is ready is left alone."""
    make_print(batch_id, now=timezone.now)


@shared_task
def sweep_prints() -> None:
    """Find print files that were asked for and lost."""
    requeue_stuck_prints(at=timezone.now(), later=draw_print_batch.delay)


@shared_task(soft_time_limit=15, time_limit=30)
def draw_pdf(invoice_id: int) -> None:
    """Draw one document; a sheet that takes too long or cannot be drawn is given up, a reader may ask again."""
    invoice = Invoice.objects.select_related("account").get(pk=invoice_id)
    try:
        make_pdf(invoice, at=timezone.now())
    except (SoftTimeLimitExceeded, Exception) as error:
        log.error("document %s was not drawn: %s", invoice.pk, type(error).__name__)
        give_up_pdf(invoice)
        if not isinstance(error, SoftTimeLimitExceeded | ValueError):
            raise


@shared_task
def sweep_pdfs() -> None:
    """Find documents that were queued and never drawn (a killed worker, a broker that was away)."""
    requeue_stuck_pdfs(at=timezone.now(), nudge=nudge)


@shared_task
def apply_requisites() -> None:
    """Put bank details and payment providers in force whose hour has come."""
    apply_due_changes(at=timezone.now())


def nudge(invoice_id: int) -> None:
    """Tell the worker; a broker that is away is no harm, the sweep will find the row."""
    try:
        draw_pdf.delay(invoice_id)
    except Exception as error:  # every broker library has its own
        log.warning("the broker is away (%s); document %s waits for the sweep", type(error).__name__, invoice_id)


# --- Paying online: rows are the truth, a nudge may be lost, the reconciliation finds what waits ---------------------


@shared_task(soft_time_limit=40, time_limit=50)
def hear_out(event_id: int) -> None:
    """Ask the provider about the payment that a notification names."""
    _asking(lambda: look_into(ProviderEvent.objects.get(pk=event_id), at=timezone.now()), "notification", event_id)


@shared_task(soft_time_limit=40, time_limit=50)
def ask_provider(intent_id: int) -> None:
    """Ask how a payment ended."""
    intent = PaymentIntent.objects.select_related("provider_account").get(pk=intent_id)
    _asking(lambda: refresh(intent, at=timezone.now()), "payment", intent_id)


@shared_task(soft_time_limit=40, time_limit=50)
def return_money(refund_id: int) -> None:
    """Send a refund to the provider."""
    refund = Refund.objects.select_related("payment__intent__provider_account").get(pk=refund_id)
    _asking(lambda: ask_about(refund, at=timezone.now()), "refund", refund_id)


@shared_task(soft_time_limit=540, time_limit=580)
def reconcile_payments() -> None:
    """Every ten minutes: what is still open is asked about."""
    reconcile(at=timezone.now())


@shared_task
def forget_notifications() -> None:
    """Throw old notifications of providers away."""
    forget_events(at=timezone.now())


@shared_task
def bank_notifies(body: str) -> None:
    """The sandbox bank writes to the portal, as a real one would; never in production."""
    hear(ProviderAccount.Provider.SANDBOX, body.encode(), at=timezone.now(), nudge=nudge_event)


def nudge_event(event_id: int) -> None:
    nudge_one(hear_out, event_id)


def nudge_intent(intent_id: int) -> None:
    nudge_one(ask_provider, intent_id)


def nudge_refund(refund_id: int) -> None:
    nudge_one(return_money, refund_id)


def nudge_one(task: Any, word: int | str, *, after: timedelta | None = None) -> None:
    """Tell the worker; a broker that is away is no harm."""
    try:
        task.apply_async([word], countdown=after.total_seconds() if after else None)
    except Exception as error:  # every broker library has its own
        log.warning("the broker is away (%s); %s waits", type(error).__name__, task.name)


def _asking(ask: Callable[[], object], what: str, pk: int) -> None:
    """A provider that does not answer is asked again by the reconciliation."""
    try:
        ask()
    except ProviderError as error:
        log.warning("%s %s is asked about later: %s", what, pk, error)
