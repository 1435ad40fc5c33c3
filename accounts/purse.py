"""What the deployment spends on SMS codes: the day's budget, and the breaker that stops pumping.

Both ask what was sent, never who has a profile: known and unknown numbers get the same answer.
"""

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import median

from django.conf import settings
from django.utils import timezone

from accounts import limits
from accounts.limits import Limit, LimitReached, take
from accounts.models import Challenge
from accounts.notices import CODE
from notifications.models import Channel, Delivery

log = logging.getLogger("accounts.codes")

WEEKS = 4  # the same weekday of so many weeks tells what is usual
TIMES_USUAL = 3
WATCHED = 50  # the newest SMS codes the breaker looks at …
WATCHED_FOR = timedelta(minutes=15)  # … if they are not older
VERIFIED_AT_LEAST = 0.4


def sms_limit(at: datetime) -> Limit:
    """The portal's limit of SMS codes in a day. What is usual is counted only once the floor is reached."""
    floor = limits.ALL_SMS_DAY
    if not settings.SMS_CODES_A_DAY and not limits.is_full(floor, "all", at=at):
        return floor
    return replace(
        floor, count=settings.SMS_CODES_A_DAY or budget(timezone.localdate(at, timezone.get_default_timezone()))
    )


def budget(day: date) -> int:
    """Three times the median of this weekday over the last four weeks, and at least the floor of the limits table."""
    usual = median(_sent_on(day - timedelta(weeks=week)) for week in range(1, WEEKS + 1))
    return max(limits.ALL_SMS_DAY.count, int(TIMES_USUAL * usual))


def sms_rests(at: datetime) -> bool:
    """Whether so few of the newest SMS codes were used that somebody seems to be pumping; the first to see it raises the alarm."""
    sent = Challenge.objects.filter(channel=Challenge.Channel.SMS, expires_at__gt=at - WATCHED_FOR)
    newest = sent.filter(sent_at__gt=at - WATCHED_FOR, sent_at__lte=at).order_by("-sent_at")
    used = [used_at is not None for used_at in newest.values_list("used_at", flat=True)[:WATCHED]]
    if len(used) < WATCHED or sum(used) >= WATCHED * VERIFIED_AT_LEAST:
        return False
    _raise_alarm(sum(used), at)
    return True


def _raise_alarm(used: int, at: datetime) -> None:
    try:
        take([(limits.SMS_ALARM, "all")], at=at)
    except LimitReached:
        return  # it was raised already
    log.error("SMS codes to unknown devices are off: only %s of the last %s were used", used, WATCHED)


def _sent_on(day: date) -> int:
    """SMS codes of one day of the deployment's clock."""
    midnight = datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())
    sent = Delivery.objects.filter(channel=Channel.SMS, notice__kind=CODE.name)
    return sent.filter(created_at__gte=midnight, created_at__lt=midnight + timedelta(days=1)).count()
