"""What the worker does with letters and large registers."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.models import User
from lib.errors import Busy
from premises import actions
from premises.actions.imports import apply_file, check_received, refuse_queued, requeue_stuck, undo_queued
from premises.models import ImportRun, LetterBatch
from premises.models.imports import NotImportable


@shared_task
def make_letters(batch_id: int) -> None:
    """Make the PDF of one batch; a batch that is gone or made already is left alone."""
    batch = LetterBatch.objects.select_related("house__organization", "by").filter(pk=batch_id).first()
    if batch is not None:
        actions.make_letters(batch, at=timezone.now())


@shared_task
def sweep_letters() -> None:
    """Throw away files with secrets after a day, and wake the worker for batches it did not hear of."""
    now = timezone.now()
    actions.throw_away_stale(at=now)
    actions.nudge_late(at=now)


@shared_task
def check_import(run_id: int) -> None:
    """Check one large file that was uploaded; one that is checked already is left alone."""
    run = ImportRun.objects.select_related("organization").filter(pk=run_id).first()
    if run is not None:
        check_received(run, at=timezone.now())


@shared_task(bind=True, max_retries=20)
def apply_import(self: Any, run_id: int, user_id: int) -> None:
    """Import one checked file; while another import of the same register runs, come back in half a minute."""
    run = ImportRun.objects.get(pk=run_id)
    try:
        apply_file(run, by=User.objects.get(pk=user_id), at=timezone.now())
    except Busy:
        if ImportRun.objects.filter(pk=run_id, state=ImportRun.State.APPLYING).exists():
            raise self.retry(countdown=30) from None
    except NotImportable as refusal:
        refuse_queued(run, refusal)


@shared_task(bind=True, max_retries=20)
def take_import_back(self: Any, run_id: int) -> None:
    """Take one import back; while something else writes to its register or its rows, come back in half a minute."""
    try:
        undo_queued(ImportRun.objects.get(pk=run_id), at=timezone.now())
    except Busy:
        if ImportRun.objects.filter(pk=run_id, state=ImportRun.State.UNDOING).exists():
            raise self.retry(countdown=30) from None


@shared_task
def sweep_imports() -> None:
    """Put imports that a killed worker left into the queue again."""
    requeue_stuck(
        at=timezone.now(), check_later=check_import.delay, apply_later=apply_import.delay,
        undo_later=take_import_back.delay,
    )  # fmt: skip


@shared_task
def prove_owners() -> None:
    """Compare verified persons with the registers of owners, which change by imports and by hand."""
    actions.prove_owners(timezone.now())
