"""The lock on a person's row. Whoever writes about a person takes it first, and then looks whether that is still allowed.

Deleting a profile, changing rights and resetting a factor take the same lock: what comes after them sees what they did.
The key stays free: rows that only point to the person, like a notice, are written meanwhile and wait for nobody.
"""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal


class ProfileClosed(Refusal):
    """The company has closed this profile, or its person has deleted it."""


class ChangedMeanwhile(Refusal):
    """What the person may, or how they sign in, is no longer what this request began with."""


def must_be_open(user: User) -> None:
    """Refuse to let anybody into a closed profile, and to write anything about its person."""
    if not user.is_active or user.erased_at is not None:
        raise ProfileClosed(_("This profile is closed. Please call your company."))


def lock(user: User) -> User:
    """The person's row as it is now, locked until the transaction ends; closed ones too."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def lock_open(user: User) -> User:
    """The same, of an open profile only; raises ProfileClosed."""
    row = lock(user)
    must_be_open(row)
    return row


def lock_same(user: User) -> User:
    """The same, of somebody whose rights and password are those that `user` was read with; raises ChangedMeanwhile."""
    row = lock_open(user)
    if any(getattr(row, name) != getattr(user, name) for name in ("is_staff", "is_superuser", "password")):
        raise changed_meanwhile()
    return row


def changed_meanwhile() -> ChangedMeanwhile:
    """One sentence for whatever changed."""
    return ChangedMeanwhile(_("Something in your profile has just been changed. Sign in again."))
