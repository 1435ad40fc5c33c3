"""What must not happen unseen: a superuser came in."""

import logging
from datetime import UTC, datetime

from accounts import notices
from accounts.models import User
from notifications.actions import Told, notify_many

log = logging.getLogger("accounts.alerts")


def superuser_signed_in(user: User, *, device: str, at: datetime, by_passkey: bool = False) -> None:
    """Tell every superuser, this one too, and the log: once for each sign-in.

    That is after the first step: earlier is safer. A passkey is both steps, and the words say so.
    The hour is said in UTC: superusers of one portal may live anywhere. The log has the public id and nothing personal.
    """
    log.error("superuser signed in: %s", user.public_id)
    hour = f"{at.astimezone(UTC):%d.%m.%Y %H:%M}"
    context = {"who": user.get_short_name(), "device": device, "hour": hour, "by_passkey": by_passkey}
    subject = f"superuser:{user.pk}:{at.timestamp()}"
    told = [Told(one, subject, context) for one in User.objects.superusers()]
    notify_many(notices.SUPERUSER_SIGNED_IN, told, at=at)
