"""What the rooms below call upwards."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from accounts.history import forget_name
from accounts.models import User, VerifiedPerson
from accounts.signals import erased, person_verified
from premises.actions import end_links_of, forget_requests_of, prove_owner, withdraw_unproved
from premises.models import AccountLink, CouncilSeat, StaffMember


@receiver(erased)
def person_is_erased(sender: Any, *, user: User, at: datetime, **kwargs: Any) -> None:
    """A deleted profile holds no accounts and asks for none; its name does not stay in the History of what it held."""
    end_links_of(user, at=at)
    forget_requests_of(user, at=at)
    for model in (AccountLink, StaffMember, CouncilSeat):
        forget_name(user, model._default_manager.filter(user=user))


@receiver(person_verified)
def person_is_verified(sender: Any, *, user: User, at: datetime, **kwargs: Any) -> None:
    """Compare the confirmed name with the registers once it is written: the user is locked until then, and those who hold
    an account may be telling them something. What fails here is found again at night."""
    transaction.on_commit(partial(prove_owner, user, at), robust=True)


@receiver(post_delete, sender=VerifiedPerson)
def person_is_not_verified(sender: Any, *, instance: VerifiedPerson, **kwargs: Any) -> None:
    """The service was unlinked or the consent withdrawn: what waits for the company is withdrawn, too."""
    transaction.on_commit(partial(withdraw_unproved, instance.user, at=timezone.now()), robust=True)
