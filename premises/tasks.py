"""What the worker does with letters."""

from celery import shared_task
from django.utils import timezone

from premises import actions
from premises.models import LetterBatch


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
