"""Keeps what a resident typed while nothing can be sent."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from meters.models import Meter, ReadingDraft

KEPT = timedelta(days=45)  # longer than any window stays closed


@transaction.atomic
def save_drafts(typed: Iterable[tuple[Meter, list[str], date | None]], *, by: User, at: datetime) -> int:
    """Remember the typed text of each meter in place of what was remembered before; return how many have text."""
    rows = [
        ReadingDraft(user=by, meter=meter, typed=[text[:40] for text in texts], taken_on=taken_on, saved_at=at)
        for meter, texts, taken_on in typed
    ]
    ReadingDraft.objects.filter(user=by, meter__in=[row.meter_id for row in rows]).delete()
    return len(ReadingDraft.objects.bulk_create([row for row in rows if any(row.typed)], ignore_conflicts=True))


def drop_drafts(meters: Iterable[Meter], *, by: User) -> None:
    """Forget what was sent meanwhile."""
    ReadingDraft.objects.filter(user=by, meter__in=[meter.pk for meter in meters]).delete()


def forget_old_drafts(*, at: datetime) -> int:
    """Forget drafts nobody came back for; return how many."""
    return ReadingDraft.objects.filter(saved_at__lt=at - KEPT).delete()[0]
