"""What the worker does for billing: draw a document, look for lost ones."""

import logging

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from billing.actions.pdf import give_up_pdf, make_pdf, requeue_stuck_pdfs
from billing.actions.requisites import apply_due_changes
from billing.models import Invoice

log = logging.getLogger("billing")


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
    """Put bank details in force whose hour has come."""
    apply_due_changes(at=timezone.now())


def nudge(invoice_id: int) -> None:
    """Tell the worker; a broker that is away is no harm, the sweep will find the row."""
    try:
        draw_pdf.delay(invoice_id)
    except Exception as error:  # every broker library has its own
        log.warning("the broker is away (%s); document %s waits for the sweep", type(error).__name__, invoice_id)
