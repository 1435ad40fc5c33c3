"""What the worker does for readings: reminders by day, estimates and tidying by night."""

from celery import shared_task
from django.utils import timezone

from meters.actions.drafts import forget_old_drafts
from meters.actions.estimating import estimate_houses
from meters.actions.reminding import remind_houses


@shared_task
def remind() -> None:
    """Say what is due in the houses where it is day."""
    remind_houses(at=timezone.now())


@shared_task
def close_months() -> None:
    """Estimate what nobody sent for the windows that have closed, and forget drafts nobody came back for."""
    at = timezone.now()
    estimate_houses(at=at)
    forget_old_drafts(at=at)
