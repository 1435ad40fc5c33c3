"""What the rooms below call upwards."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import erased
from premises.actions import end_links_of


@receiver(erased)
def person_is_erased(sender: Any, *, user: User, at: datetime, **kwargs: Any) -> None:
    """A deleted profile holds no accounts."""
    end_links_of(user, at=at)
