"""What the rooms below call upwards."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import erased
from meters.actions.forgetting import forget_person


@receiver(erased)
def person_is_erased(sender: Any, *, user: User, at: datetime, **kwargs: Any) -> None:
    """A deleted profile leaves no drafts and no photos; the readings stay with the flat."""
    forget_person(user)
