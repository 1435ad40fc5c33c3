"""What the workers of the post room run. Every task is safe to run twice."""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from notifications import actions
from notifications.models import Delivery, Notice, OptOut, TrayMessage
from notifications.nudge import nudge
from notifications.sending import send

BATCH = 1000  # deliveries of one lane that one sweep puts into its queue
PATIENCE = timedelta(minutes=2)  # how long a nudge is believed to be still waiting in the queue
TRAY_KEPT = timedelta(days=1)
ADDRESS_KEPT = timedelta(days=30)  # after a delivery ended; as long as its «not you?» link works


@shared_task(ignore_result=True, time_limit=50)  # below the lease: a hanging send ends before another worker may start
def deliver(delivery_id: str) -> None:
    """Claim one delivery, send it, record how it went."""
    send(delivery_id, at=timezone.now())


@shared_task(ignore_result=True)
def sweep() -> None:
    """Re-queue what is due, lane by lane; close what is too late; erase old secrets, opt-outs and tray messages."""
    tidy(timezone.now())
    for lane in Delivery.Lane.values:
        requeue(lane, timezone.now())


def tidy(at: datetime) -> None:
    """Close and erase what has had its time."""
    actions.expire(Delivery.objects.all(), at=at)
    actions.bury(Delivery.objects.all(), at=at)
    Notice.objects.with_old_secret(at).update(secret=None)
    OptOut.objects.filter(until__lte=at).delete()
    TrayMessage.objects.filter(at__lt=at - TRAY_KEPT).delete()


@shared_task(ignore_result=True)
def forget_receivers() -> None:
    """Nightly: take phones and e-mails out of old deliveries."""
    forget_before(timezone.now())


def forget_before(at: datetime) -> None:
    """Forget to whom deliveries went that ended thirty days before this moment."""
    Delivery.objects.ended_before(at - ADDRESS_KEPT).update(address="", stop_token=None)


def requeue(lane: str, at: datetime) -> int:
    """Nudge for a batch of due deliveries of a lane that nobody was told about lately; return how many."""
    unheard = Delivery.objects.due(at).filter(lane=lane).exclude(nudged_at__gt=at - PATIENCE)
    taken = nudge(unheard.order_by("next_at").values_list("pk", "lane")[:BATCH])
    return Delivery.objects.due(at).filter(pk__in=taken).update(nudged_at=at)
