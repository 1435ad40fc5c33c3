"""What the post room does: write a notice down, claim a delivery, record how it went."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils import translation

from notifications import retrying
from notifications.kinds import KINDS, Kind
from notifications.models import Channel, Delivery, DeliveryQuerySet, Notice, NoticeQuerySet, OptOut, Preference
from notifications.nudge import nudge
from notifications.preferences import EVERY, allowed_channels, channels_of_many
from notifications.sealing import digest, seal

LEASE = timedelta(seconds=60)  # longer than any send may take (channels.SEND_TIMEOUT)
OPT_OUT = timedelta(days=30)
State = Delivery.State


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

    `user` is the recipient; `address` (phone in E.164 or e-mail) is the recipient where there is no user, or takes the
    place of all the user's own addresses (a code to a new phone goes to that phone and nowhere else). `channels` overrides
    the kind's. `secret` (a code; the kind must have a lifetime) is stored encrypted, is available to templates as `secret`
    and `digits`, and is erased once sent. `subject` names what the notice is about: the same kind, subject and recipient a
    second time returns the first notice and sends nothing. After commit the worker is nudged; if the broker is away, the
    sweep finds the row.
    """
    if user is None and not address:
        raise ValueError(f"{kind.name} has nobody to be told")
    if secret and kind.lifetime is None:
        raise ValueError(f"{kind.name} carries a secret and must have a lifetime")
    new = Notice(
        kind=kind.name,
        subject=subject,
        recipient=f"user:{user.pk}" if user else f"to:{digest(address)}",
        user_id=user.pk if user else None,
        language=_language(user, language),
        context=dict(context or {}),
        secret=seal(secret) if secret else None,
        url=url,
        created_at=at,
        expires_at=at + kind.lifetime if kind.lifetime else None,
    )
    Notice.objects.bulk_create(
        [new], ignore_conflicts=True
    )  # one INSERT … ON CONFLICT DO NOTHING: the race is the index's
    notice = Notice.objects.get(kind=new.kind, subject=new.subject, recipient=new.recipient)
    if notice.public_id == new.public_id:
        _write_deliveries(notice, kind, user, address, channels)
    return notice


@dataclass(frozen=True)
class Told:
    """One notice of many: whom, about what, and what the templates need."""

    user: AbstractBaseUser
    subject: str
    context: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""


@transaction.atomic
def notify_many(kind: Kind, wanted: Iterable[Told], *, at: datetime, channels: Sequence[str] | None = None) -> int:
    """What `notify` does, for any number of users in a constant number of queries; return how many notices were new.

    Without addresses and secrets. Who was told already (the same kind and subject) is left alone.
    """
    by_key = {(f"user:{one.user.pk}", one.subject): one for one in wanted}
    subjects = {subject for _recipient, subject in by_key}
    told = set(Notice.objects.filter(kind=kind.name, subject__in=subjects).values_list("recipient", "subject"))
    fresh = {key: one for key, one in by_key.items() if key not in told}
    rows = [
        Notice(
            kind=kind.name, subject=one.subject, recipient=recipient, user_id=one.user.pk, url=one.url,
            language=_language(one.user, ""), context=dict(one.context), created_at=at,
            expires_at=at + kind.lifetime if kind.lifetime else None,
        )
        for (recipient, _subject), one in fresh.items()
    ]  # fmt: skip
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    written = Notice.objects.filter(public_id__in=[row.public_id for row in rows])
    ways = channels_of_many([one.user for one in fresh.values()], kind, channels) if fresh else {}
    deliveries = []
    for notice in written:
        user = fresh[notice.recipient, notice.subject].user
        deliveries += _deliveries(notice, kind, user, "", ways[user.pk])
    _write(deliveries, at=at)
    return len(written)


def _write_deliveries(
    notice: Notice, kind: Kind, user: AbstractBaseUser | None, address: str, channels: Sequence[str] | None
) -> None:
    allowed = allowed_channels(user, kind, channels) if user else tuple(channels or kind.channels)
    _write(_deliveries(notice, kind, user, address, allowed), at=notice.created_at)


def _deliveries(
    notice: Notice, kind: Kind, user: AbstractBaseUser | None, address: str, allowed: Sequence[str]
) -> list[Delivery]:
    rows = []
    for channel in allowed:
        to = _address(channel, user, address)
        if channel == Channel.INBOX and user:  # the row itself is what the person reads
            rows.append(
                Delivery(notice=notice, channel=channel, lane=kind.lane, state=State.SENT, sent_at=notice.created_at)
            )
        elif to:
            stop = secrets.token_urlsafe(16) if notice.secret else None
            rows.append(Delivery(notice=notice, channel=channel, lane=kind.lane, address=to, stop_token=stop))
    return rows


def _write(rows: list[Delivery], *, at: datetime) -> None:
    for row in rows:
        row.created_at = row.next_at = at
    Delivery.objects.bulk_create(rows, batch_size=2000)
    if waiting := [(row.pk, row.lane) for row in rows if row.state == State.QUEUED]:
        transaction.on_commit(lambda: nudge(waiting))


def _address(channel: str, user: AbstractBaseUser | None, given: str) -> str:
    if channel == Channel.INBOX:
        return ""
    by_mail = channel == Channel.EMAIL
    if given:
        return given if ("@" in given) == by_mail else ""
    return getattr(user, "email" if by_mail else "phone", None) or ""


def _language(user: AbstractBaseUser | None, given: str) -> str:
    wish = getattr(user, "language", "") or given or translation.get_language() or settings.LANGUAGE_CODE
    return wish[:2] if wish[:2] in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def claim(delivery_id: UUID | str, *, at: datetime) -> Delivery | None:
    """Take one due delivery for sending, or None if it is not due or another worker has it.

    One conditional UPDATE decides: it sets a lease of ours, counts the attempt and moves `next_at` to the lease's end. Of
    two workers the second waits for the first one's row, sees the new `next_at` and changes nothing. A worker that dies
    leaves its lease to run out; then the delivery is due again.
    """
    lease = uuid4()
    due = Delivery.objects.due(at).filter(pk=delivery_id, attempts__lt=retrying.ATTEMPTS)
    won = due.update(state=State.SENDING, lease=lease, attempts=F("attempts") + 1, next_at=at + LEASE)
    return Delivery.objects.select_related("notice", "notice__user").get(lease=lease) if won else None


@transaction.atomic
def record_sent(delivery: Delivery, *, gateway_id: str = "", at: datetime) -> bool:
    """The gateway took it. False if the lease has passed to another worker meanwhile: then its answer counts.

    The secret is erased unless another channel still needs it.
    """
    own = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state=State.SENDING)
    done = own.update(state=State.SENT, gateway_id=gateway_id[:80], sent_at=at, lease=None, error="")
    if done:
        _erase_secrets(Notice.objects.filter(pk=delivery.notice_id))
    return bool(done)


def _erase_secrets(notices: NoticeQuerySet) -> None:
    """Erase what no channel still has to say."""
    still_open = Delivery.objects.open().filter(notice=OuterRef("pk"))
    notices.filter(secret__isnull=False).exclude(Exists(still_open)).update(secret=None)


def record_failed(delivery: Delivery, *, error: str, permanent: bool = False, at: datetime) -> bool:
    """The gateway did not take it: try later, or stop (refused for good → failed, out of attempts → dead).

    `error` is kept for the staff and must hold nothing personal. False if the lease is no longer ours.
    """
    own = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state=State.SENDING)
    pause = retrying.delay(delivery.attempts)
    if permanent or pause is None:
        return bool(own.update(state=State.FAILED if permanent else State.DEAD, lease=None, error=error[:300]))
    return bool(own.update(state=State.QUEUED, next_at=at + pause, nudged_at=None, lease=None, error=error[:300]))


@transaction.atomic
def record_receipt(
    gateway_id: str, *, delivered: bool, delivery_id: UUID | None = None, error: str = "", at: datetime
) -> bool:
    """The gateway tells what became of a message it took; only the first word about a message counts.

    The word may come before our own record of the sending, or in its place when the worker died: then `delivery_id` finds
    the row. What has arrived is not tried again; a failed attempt says nothing about a later one that waits.
    """
    state = State.DELIVERED if delivered else State.FAILED
    early = [State.SENDING, State.QUEUED] if delivered else [State.SENDING]
    named = Q(gateway_id=gateway_id, state=State.SENT) | Q(pk=delivery_id, state__in=early)
    rows = Delivery.objects.filter(named) if gateway_id else Delivery.objects.none()
    found = list(rows.values_list("pk", "notice"))
    done = rows.filter(pk__in=[pk for pk, _ in found]).update(
        state=state, gateway_id=gateway_id[:80], error=error[:300], lease=None, sent_at=Coalesce("sent_at", Value(at))
    )
    if done:
        _erase_secrets(Notice.objects.filter(pk__in=[notice for _, notice in found]))
    return bool(done)


def expire(deliveries: DeliveryQuerySet, *, at: datetime) -> int:
    """Close what is too late to say; return how many."""
    return deliveries.too_late(at).update(state=State.EXPIRED, lease=None)


def bury(deliveries: DeliveryQuerySet, *, at: datetime) -> int:
    """Give up what used its last attempt and was never answered for: its worker died each time; return how many."""
    spent = deliveries.due(at).filter(attempts__gte=retrying.ATTEMPTS)
    return spent.update(state=State.DEAD, lease=None, error="no answer from the worker")


@transaction.atomic
def retry(deliveries: DeliveryQuerySet, *, at: datetime) -> int:
    """Send again what failed or was given up, with all attempts anew; what is out of date stays. Return how many."""
    chosen = list(deliveries.resendable(at).select_for_update(of=("self",)).values_list("pk", "lane"))
    rows = Delivery.objects.filter(pk__in=[pk for pk, _ in chosen])
    count = rows.update(state=State.QUEUED, attempts=0, next_at=at, nudged_at=None, lease=None)
    transaction.on_commit(lambda: nudge(chosen))
    return count


def mark_read(notices: NoticeQuerySet, *, at: datetime) -> int:
    """Mark these notices as read; the moment of the first reading stays. Return how many were unread."""
    return Notice.objects.filter(pk__in=notices.unread().order_by().values("pk")).update(read_at=at)


@transaction.atomic
def prefer(user: AbstractBaseUser, channel: str, *, is_on: bool, event: str = EVERY) -> None:
    """The person agrees to notices of this event (or of all) on this channel, or does so no longer.

    A «no» also stops what waits to be sent. Kinds without an event are not asked about.
    """
    Preference.objects.update_or_create(user_id=user.pk, event=event, channel=channel, defaults={"is_on": is_on})
    if not is_on:
        kinds = [kind.name for kind in KINDS.values() if kind.event and event in (EVERY, kind.event)]
        waiting = Delivery.objects.filter(channel=channel, state=State.QUEUED)
        waiting.filter(notice__user_id=user.pk, notice__kind__in=kinds).update(state=State.EXPIRED)


def opt_out(address: str, *, at: datetime) -> OptOut:
    """«This was not me»: for 30 days no codes go to this address."""
    row, _ = OptOut.objects.update_or_create(key=digest(address), defaults={"until": at + OPT_OUT})
    return row


def is_opted_out(address: str, at: datetime) -> bool:
    """Whether the owner of this address asked not to be sent codes now."""
    return OptOut.objects.filter(key=digest(address), until__gt=at).exists()


@transaction.atomic
def forget(user: AbstractBaseUser, *addresses: str) -> None:
    """Erase what the post room holds of a person: inbox, messages sent, preferences, and letters to these addresses."""
    Notice.objects.filter(user_id=user.pk).delete()
    Notice.objects.filter(recipient__in=[f"to:{digest(address)}" for address in addresses if address]).delete()
    Preference.objects.filter(user_id=user.pk).delete()
