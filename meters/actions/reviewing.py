"""The company has looked at doubtful readings and found them right."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from meters.models.reading import ReadingQuerySet


@transaction.atomic
def review(readings: ReadingQuerySet, *, by: User, at: datetime) -> int:
    """Take these readings off the queue of doubtful ones; return how many were still on it."""
    return readings.doubtful().update(reviewed_by=by, reviewed_at=at)
