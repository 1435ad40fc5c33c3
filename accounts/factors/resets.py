"""A lost second factor: a superuser takes it away and hands over a one-time code, with which a new one is set up.

Two facts are asked then: a code to the person's own phone or e-mail, by which they sign in, and the code that they were
given in person. While a reset waits for its code, nobody sets up a factor without it, however old it is.
"""

import logging
import secrets
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.digests import digest
from accounts.factors import telling
from accounts.models import FactorReset, User
from lib.errors import Refusal

log = logging.getLogger("accounts.factors")
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else
LENGTH = 16  # 79 bits
ADMITTED = "factor_reset"  # in the session: the reset whose code was entered here


class NotResettable(Refusal):
    """Not an employee, or oneself."""


class WrongResetCode(Refusal):
    """This is not the code of a reset that is still good."""

    status = 422


class CodeNeeded(Refusal):
    """The factor was taken away: without the code nobody sets up another."""


@transaction.atomic
def reset(user: User, *, by: User | None, reason: str, at: datetime) -> str:
    """Take away all factors, end all sessions, tell the person; return the code to hand over, which is not kept.

    `by` is a superuser, None for the command of whoever runs the server: that is written to the log as an error.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_staff:
        raise NotResettable(_("This person is not an employee: there is no second factor to reset."))
    if by is not None and by.pk == user.pk:
        raise NotResettable(_("Nobody resets their own second factor. Ask another superuser."))
    Authenticator.objects.filter(user=user).delete()
    FactorReset.objects.filter(user=user, used_at=None).update(used_at=at, expires_at=at)
    code = "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))
    row = FactorReset(user=user, by=by, reason=reason, at=at, expires_at=at + FactorReset.LIFETIME)
    row.code_hash = make_password(_peppered(user, code))
    row.save()
    sessions.end_sessions(user)
    telling.tell_removed(user, "all", at=at)
    _write_down(row)
    return code


def _write_down(row: FactorReset) -> None:
    if row.by_id is None:
        log.error("the second factor of user %s was reset from the command line", row.user_id)
        return
    message = gettext("Second factor reset: %(reason)s") % {"reason": row.reason}
    people = User.objects.filter(pk=row.user_id)
    LogEntry.objects.log_actions(row.by_id, people, CHANGE, change_message=message, single_object=True)


def waiting(user: User) -> FactorReset | None:
    """The reset after which no new factor was set up yet."""
    return FactorReset.objects.filter(user=user, used_at=None).first()


def is_admitted(request: HttpRequest, user: User) -> bool:
    """Whether this session may set up a first factor: nothing waits for a code, or the code was entered here."""
    row = waiting(user)
    return row is None or request.session.get(ADMITTED) == row.pk


def admit(request: HttpRequest, user: User, typed: str, *, at: datetime) -> None:
    """Accept the code that was handed over; raise WrongResetCode. Takes no limits: the view does."""
    row = waiting(user)
    if row is None or at >= row.expires_at:
        raise WrongResetCode(_("This code is too old. Ask the person who runs the portal for a new one."))
    if not sessions.signed_in_by_code(request):
        raise WrongResetCode(_("Sign out, and sign in with a code to your phone or e-mail, not by password."))
    if not check_password(_peppered(user, _plain(typed)), row.code_hash):
        raise WrongResetCode(
            _(
                "This is not the code that you were given. Look at each sign. If the paper is lost or older than 24 hours, "
                "ask the person who runs the portal for a new code."
            )
        )
    request.session[ADMITTED] = row.pk


def spend(request: HttpRequest, user: User, *, at: datetime) -> None:
    """A new factor is being set up: use up the code, in the transaction of whoever sets it up; raise CodeNeeded."""
    row = FactorReset.objects.select_for_update().filter(user=user, used_at=None).first()
    if row is None:
        return
    if request.session.get(ADMITTED) != row.pk or at >= row.expires_at:
        raise CodeNeeded(_("Your second factor was reset. Enter the code that you were given first."))
    row.used_at = at
    row.save(update_fields=["used_at"])
    request.session.pop(ADMITTED)


def _peppered(user: User, code: str) -> str:
    return digest("factor reset", str(user.pk), code)


def _plain(typed: str) -> str:
    """The signs without what people write between them."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())
