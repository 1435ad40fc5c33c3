"""Nightly tidying of what was counted and sent."""

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.limits import KEPT
from accounts.models import Challenge, LimitHit, Submission


@shared_task
def forget_old() -> None:
    """Delete hits, codes and accepted forms that nothing looks at any more, and sessions that ran out."""
    at = timezone.now()
    LimitHit.objects.filter(at__lt=at - KEPT).delete()
    Challenge.objects.filter(expires_at__lt=at - KEPT).delete()
    Submission.objects.filter(created_at__lt=at - KEPT).delete()
    Session.objects.filter(expire_date__lt=at).delete()
