"""The PDF of a document: asked for by a reader, drawn once by the worker, told about when it was long in coming."""

from collections.abc import Callable
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from accounts.models import User
from billing.invoice_pdf import draw
from billing.models import Invoice
from billing.notices import PDF_READY
from notifications.actions import notify
from premises.actions import connect_code_for
from premises.models import PersonalAccount

Nudge = Callable[[int], object]  # tells the worker the document's id


@transaction.atomic
def ask_for_pdf(invoice: Invoice, *, by: User, at: datetime, nudge: Nudge) -> None:
    """Queue the drawing once, however often and by however many it is asked for; they all are told when it is late."""
    if Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk).pdf_state == Invoice.Pdf.READY:
        return
    invoice.awaited_by.add(by)
    waiting = Invoice.objects.filter(pk=invoice.pk, pdf_state__in=[Invoice.Pdf.NONE, Invoice.Pdf.FAILED])
    if waiting.update(pdf_state=Invoice.Pdf.QUEUED, pdf_queued_at=at, pdf_attempts=1):
        transaction.on_commit(lambda: nudge(invoice.pk))


def make_pdf(invoice: Invoice, *, at: datetime) -> bool:
    """Draw a queued document and keep the file outside the web root; return whether this call did it.

    Safe to run twice and in parallel: only the first to finish is kept.
    """
    if invoice.pdf_state != Invoice.Pdf.QUEUED:
        return False
    sheet = draw(invoice, connect_code(invoice, at=at))
    name = default_storage.save(f"invoices/{invoice.public_id}.pdf", ContentFile(sheet))
    if not _mark_ready(invoice, name, at):
        default_storage.delete(name)
        return False
    return True


@transaction.atomic
def connect_code(invoice: Invoice, *, at: datetime) -> str:
    """Return the code that this sheet prints to link its account; '' on all but the account's newest bills.

    The account is locked first: an import that brings a newer bill now either waits for us and then ends this code, or we
    wait for it and see its bill.
    """
    account = PersonalAccount.objects.select_for_update().get(pk=invoice.account_id)
    if not Invoice.objects.newest().filter(pk=invoice.pk).exists():
        return ""
    return connect_code_for(account, invoice.period, at=at)


@transaction.atomic
def _mark_ready(invoice: Invoice, name: str, at: datetime) -> bool:
    queued = Invoice.objects.filter(pk=invoice.pk, pdf_state=Invoice.Pdf.QUEUED)
    if not queued.update(pdf=name, pdf_state=Invoice.Pdf.READY):
        return False
    url = reverse("bill", args=[invoice.account.public_id, invoice.public_id])
    context = {"number": invoice.number, "period": invoice.period.isoformat()}
    for reader in invoice.awaited_by.all() if _is_late(invoice, at) else ():
        if Invoice.objects.visible_to(reader).filter(pk=invoice.pk).exists():
            subject = f"invoice:{invoice.public_id}"
            notify(PDF_READY, subject=subject, at=at, user=reader, context=context, url=url)
    invoice.awaited_by.clear()
    return True


def _is_late(invoice: Invoice, at: datetime) -> bool:
    """Whether who asked may have left: the page that waits shows a quick file itself, and a notice would repeat it."""
    queued_at = invoice.pdf_queued_at
    return invoice.pdf_attempts > 1 or queued_at is None or at - queued_at >= Invoice.PDF_QUICK


def give_up_pdf(invoice: Invoice) -> None:
    """The sheet could not be drawn: a reader may ask again."""
    Invoice.objects.filter(pk=invoice.pk, pdf_state=Invoice.Pdf.QUEUED).update(pdf_state=Invoice.Pdf.FAILED)


def requeue_stuck_pdfs(*, at: datetime, nudge: Nudge) -> int:
    """Nudge the worker about documents it lost; after too many attempts give up. Return how many were nudged."""
    stuck = Invoice.objects.stuck(at)
    stuck.filter(pdf_attempts__gte=Invoice.PDF_ATTEMPTS).update(pdf_state=Invoice.Pdf.FAILED)
    lost = list(stuck.values_list("pk", flat=True)[:500])
    for pk in lost:
        if Invoice.objects.stuck(at).filter(pk=pk).update(pdf_queued_at=at, pdf_attempts=F("pdf_attempts") + 1):
            nudge(pk)
    return len(lost)
