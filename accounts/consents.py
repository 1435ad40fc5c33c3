"""Giving an agreement. Withdrawing, which undoes more, is in accounts.actions."""

from datetime import datetime

from django.db import transaction

from accounts import texts
from accounts.locks import lock_open
from accounts.models import Consent, User
from notifications.actions import prefer

NOTICES_BY = (Consent.Purpose.SMS.value, Consent.Purpose.EMAIL.value)  # consents that open a channel of the same name


@transaction.atomic
def give_consent(
    user: User, purpose: str, *, channel: str, evidence: str = "", ip: str | None = None, at: datetime
) -> Consent:
    """Record an agreement to the text on the screen now; the same edition in force already is returned as it is.

    `channel` is how the person proved to be who they are (sms, voice, email, portal), `evidence` the code's id.
    """
    text = texts.edition(purpose)
    lock_open(user)
    if purpose in NOTICES_BY:
        prefer(user, purpose, is_on=True)
    live = user.consents.in_force().filter(purpose=purpose)
    same = live.filter(version=text.version).first()
    if same:
        return same
    live.update(revoked_at=at)
    return Consent.objects.create(
        user=user, purpose=purpose, version=text.version, text_hash=text.hash, language=text.language,
        channel=channel, evidence=evidence, ip=ip, given_at=at,
    )  # fmt: skip
