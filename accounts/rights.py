"""Who is active, works in the staff room, or is a superuser: given and taken here.

Whatever changes ends all sessions of the person, in the same transaction; for what does not come through here a trigger
of the database does that (migration 0003). See docs/sessions.md.
"""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import notices, sessions
from accounts.models import User
from lib.errors import Refusal
from notifications.actions import notify


@dataclass(frozen=True)
class Rights:
    """What a person may, without a word about where."""

    is_active: bool
    is_staff: bool
    is_superuser: bool

    @classmethod
    def of(cls, user: User) -> "Rights":
        return cls(user.is_active, user.is_staff, user.is_superuser)


class OwnRights(Refusal):
    """Nobody changes what they may themselves: not by mistake, and not through a session that somebody else holds."""

    def __init__(self) -> None:
        super().__init__(_("Nobody changes their own rights. Ask a colleague who may."))


class LastSuperuser(Refusal):
    """Somebody must be left who can give rights."""


class NoSuperuserAnyMore(Refusal):
    """Whoever acts has lost this right meanwhile."""


def guard_own(user: User, by: User | None) -> None:
    """Refuse where a person acts on themselves."""
    if by is not None and by.pk == user.pk:
        raise OwnRights


@transaction.atomic
def change_rights(user: User, wanted: Rights, *, by: User | None, at: datetime) -> bool:
    """Give the person these rights, end their sessions and tell them; return whether anything changed.

    `by` is a superuser, or None for a command of the operator. A superuser always works in the staff room. The rows of all
    superusers are locked first: of two who take the right from each other only one succeeds.
    """
    guard_own(user, by)
    superusers = {one.pk for one in User.objects.superusers().select_for_update().order_by("pk")}
    if by is not None and by.pk not in superusers:
        raise NoSuperuserAnyMore(_("Your own rights have changed. Sign in again."))
    user = User.objects.select_for_update().get(pk=user.pk)
    old = Rights.of(user)
    new = Rights(wanted.is_active, wanted.is_staff or wanted.is_superuser, wanted.is_superuser)
    if new == old:
        return False
    if superusers == {user.pk} and not (new.is_active and new.is_superuser):
        raise LastSuperuser(_("This is the last superuser. Make somebody else a superuser first."))
    user.is_active, user.is_superuser = new.is_active, new.is_superuser
    user.save(update_fields=["is_active", "is_superuser"])
    removed = set_staff(user, new.is_staff)
    sessions.end_sessions(user)
    notify(
        notices.RIGHTS_CHANGED, user=user, subject=f"rights:{at.timestamp()}", at=at,
        context={"closed": not new.is_active, **removed},
    )  # fmt: skip
    return True


def set_staff(user: User, is_staff: bool) -> dict[str, bool]:
    """Let this person, whose row is locked, into the staff room or out of it; return what went, for the notice.

    Who becomes an employee sets a new password, if they want one: nobody can tell how long the old one is. Passkeys and
    codes of before go too: they were added as a resident, by a lesser proof than an employee's second factor asks for.
    """
    begins = is_staff and not user.is_staff
    removed = {"password_removed": begins and user.has_usable_password(), "passkeys_removed": False}
    if begins:
        deleted, _rows = Authenticator.objects.filter(user=user).delete()
        removed["passkeys_removed"] = deleted > 0
    if removed["password_removed"]:
        user.set_unusable_password()
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff", "password"])
    return removed
