"""What the post room does: write a notice down, claim a delivery, record how it went."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from notifications.kinds import Kind
from notifications.models import Notice


@transaction.atomic
def notify(
    kind: Kind,
    *,
    subject: str,
    at: datetime,
    user: AbstractBaseUser | None = None,
    address: str = "",
    language: str = "",
    context: Mapping[str, Any] | None = None,
    secret: str = "",
    url: str = "",
    channels: Sequence[str] | None = None,
) -> Notice:
    """Write one notice and one delivery per allowed channel, in the caller's transaction; return the notice.

    `user` is the recipient; `address` (phone in E.164 or e-mail) is the recipient where there is no user, or overrides
    the user's own address (a code to a new phone). `channels` overrides the kind's. `secret` (a code) is stored encrypted,
    is available to templates as `secret`, and is erased once sent. `subject` names what the notice is about: the same kind,
    subject and recipient a second time returns the first notice and sends nothing. After commit the worker is nudged; if
    the broker is away, the sweep finds the row.
    """
    raise NotImplementedError
