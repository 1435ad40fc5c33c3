"""The print file of a house: all documents of a month for the printer, drawn by the worker, in the order of the flats."""

import logging
import tempfile
from collections.abc import Iterator
from datetime import date, datetime

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.pdf import connect_code
from billing.actions.running import Clock, Later
from billing.invoice_pdf import Printable, draw_batch
from billing.models import Invoice, InvoiceLine, PrintBatch
from lib.errors import Refusal
from lib.progress import tell
from premises.models import House, Organization

log = logging.getLogger("billing")
LOADED = 200  # documents held in memory


class NothingToPrint(Refusal):
    """The house has no documents of that month."""


def documents_of(organization: Organization, house: House, period: date) -> list[int]:
    """The ids of a company's live documents of a house and month, in the order of the flats."""
    rows = _live(organization, house, period)
    found = rows.values_list("pk", "account__unit__label_search", "account_id", "kind")
    ordered = sorted(found, key=lambda row: (_natural(row[1]), row[2], row[3], row[0]))
    return [row[0] for row in ordered]


def _live(organization: Organization, house: House, period: date) -> QuerySet[Invoice]:
    return Invoice.objects.live().filter(organization=organization, account__unit__house=house, period=period)


def _natural(label: str) -> tuple[int, str]:
    """Flats in the order of their numbers: 2 before 10, «н/п 3» after all."""
    digits = label[: len(label) - len(label.lstrip("0123456789"))]
    return (int(digits) if digits else 10**9, label)


@transaction.atomic
def order_print(house: House, period: date, *, by: User, at: datetime, later: Later) -> PrintBatch:
    """Ask for the print file of a house and month; while one is being made, or nothing changed since, that one is returned."""
    held = House.objects.select_for_update(no_key=True, of=("self",)).select_related("organization").get(pk=house.pk)
    count = _live(held.organization, held, period).count()
    if not count:
        raise NothingToPrint(_("This house has no documents of this month."))
    made = PrintBatch.objects.filter(organization=held.organization, house=held, period=period)
    ready = made.filter(state=PrintBatch.State.READY, documents=count).current()
    if known := made.filter(state=PrintBatch.State.QUEUED).first() or ready.first():
        return known
    batch = PrintBatch.objects.create(
        organization_id=held.organization_id, house=held, period=period, by=by, created_at=at, queued_at=at
    )
    transaction.on_commit(lambda: later(batch.pk), robust=True)  # the sweep finds what the broker did not hear
    return batch


def make_print(batch_id: int, *, now: Clock) -> bool:
    """Draw a queued print file; return whether this call did it. Of two workers the first to finish is kept."""
    batch = PrintBatch.objects.select_related("organization", "house").filter(pk=batch_id).first()
    if batch is None or batch.state != PrintBatch.State.QUEUED:
        return False
    ids = documents_of(batch.organization, batch.house, batch.period)
    with tempfile.TemporaryFile() as out:
        try:
            done = draw_batch(
                _sheets(ids, now), out, title=f"{batch.house}, {batch.period:%m.%Y}",
                language=batch.organization.language, progress=lambda count: tell(batch.progress_key, count, len(ids)),
            )  # fmt: skip
        except ValueError as error:
            log.error("print file %s was not drawn: %s", batch.pk, type(error).__name__)
            PrintBatch.objects.filter(pk=batch.pk, state=PrintBatch.State.QUEUED).update(state=PrintBatch.State.FAILED)
            return False
        out.seek(0)
        name = default_storage.save(f"prints/{batch.public_id}.pdf", File(out))
    queued = PrintBatch.objects.filter(pk=batch.pk, state=PrintBatch.State.QUEUED)
    if queued.update(state=PrintBatch.State.READY, file=name, documents=done):
        return True
    default_storage.delete(name)
    return False


def _sheets(ids: list[int], now: Clock) -> Iterator[Printable]:
    """The documents with their lines and codes, a few hundred at a time."""
    for first in range(0, len(ids), LOADED):
        wanted = ids[first : first + LOADED]
        invoices = Invoice.objects.select_related("account").in_bulk(wanted)
        lines: dict[int, list[InvoiceLine]] = {}
        for line in InvoiceLine.objects.filter(invoice__in=wanted).order_by("invoice", "position"):
            lines.setdefault(line.invoice_id, []).append(line)
        for pk in wanted:
            if invoice := invoices.get(pk):
                yield Printable(invoice, lines.get(pk, []), connect_code(invoice, at=now()))


@transaction.atomic
def requeue_stuck_prints(*, at: datetime, later: Later) -> int:
    """Nudge the worker about print files it lost; after too many tries give up. Return how many were nudged."""
    stuck = PrintBatch.objects.stuck(at)
    stuck.filter(tries__gte=PrintBatch.MOST_TRIES).update(state=PrintBatch.State.FAILED)
    lost = list(stuck.select_for_update(skip_locked=True).values_list("pk", flat=True))
    PrintBatch.objects.filter(pk__in=lost).update(queued_at=at, tries=F("tries") + 1)
    for pk in lost:
        transaction.on_commit(lambda pk=pk: later(pk), robust=True)  # type: ignore[misc]
    return len(lost)
