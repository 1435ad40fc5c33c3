"""What must not happen unseen: a superuser came in."""

import logging
from datetime import UTC, datetime

from accounts import notices
from accounts.models import User
from notifications.actions import Told, notify_many

log = logging.getLogger("accounts.alerts")


def superuser_signed_in(user: User, *, device: str, at: datetime) -> None:
    """Tell every superuser, this one too, and the log: once for each sign-in.

    The hour is said in UTC: superusers of one portal may live anywhere. The log has the public id and nothing personal.
    """
    log.error("superuser signed in: %s", user.public_id)
    context = {"who": user.get_short_name(), "device": device, "hour": f"{at.astimezone(UTC):%d.%m.%Y %H:%M}"}
    subject = f"superuser:{user.pk}:{at.timestamp()}"
    told = [Told(one, subject, context) for one in User.objects.superusers()]
    notify_many(notices.SUPERUSER_SIGNED_IN, told, at=at)
