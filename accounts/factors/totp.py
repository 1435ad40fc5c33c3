"""The app's codes and the recovery codes: set up, checked, replaced. django-allauth knows the arithmetic and keeps the rows.

A code of the app is accepted once in all processes: the row remembers the newest step accepted, and is locked meanwhile.
"""

from datetime import datetime

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt, encrypt
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.factors import gate, telling
from accounts.locks import lock_open, lock_same
from accounts.models import User
from lib.errors import Refusal

TYPE = Authenticator.Type
# In the session: the key being set up, the moment of codes not yet read, and whether these are only new ones.
SECRET, SHOWN, RENEWED = "factor_secret", "factor_codes", "factor_codes_renewed"
STEP = "step"  # in the row: the newest step of half a minute whose code was accepted


class WrongCode(Refusal):
    """Neither a code of the app nor a recovery code that is still good."""

    status = 422


class HasFactor(Refusal):
    """Another session set up a factor meanwhile: this one must prove it."""


def secret_of(request: HttpRequest) -> str:
    """The key this browser is setting up; made once, sealed in the session."""
    if SECRET not in request.session:
        request.session[SECRET] = encrypt(generate_totp_secret())
    return str(decrypt(request.session[SECRET]))


def forget_secret(request: HttpRequest) -> None:
    """The key is set up, or is not wanted any more."""
    request.session.pop(SECRET, None)


def step_of(secret: str, typed: str, *, at: datetime) -> int | None:
    """Which step of half a minute this code belongs to; one step of a wrong clock is forgiven."""
    now, slack = int(at.timestamp()) // app_settings.TOTP_PERIOD, app_settings.TOTP_TOLERANCE
    steps = [now + shift for shift in range(-slack, slack + 1)]
    fits = [
        step for step in steps if compare_user_code(actual=typed, expected=format_hotp_value(hotp_value(secret, step)))
    ]
    return fits[-1] if fits else None


def code_at(secret: str, at: datetime) -> str:
    """The code that an app with this key shows at this moment."""
    return str(format_hotp_value(hotp_value(secret, int(at.timestamp()) // app_settings.TOTP_PERIOD)))


@transaction.atomic
def check(user: User, typed: str, *, at: datetime) -> Authenticator:
    """Accept a code of the app or a recovery code, once; raise WrongCode. Takes no limits: the view does.

    The person is locked before the factor, in the order of whoever takes the factor away.
    """
    user = lock_same(user)
    found = _check_app(user, typed, at=at) or _check_recovery(user, typed, at=at)
    if found is None:
        raise WrongCode(_misfit(user, typed))
    return found


def _misfit(user: User, typed: str) -> Promise:
    """What to do next, by what was typed and what the person has."""
    if sum(sign.isdigit() for sign in typed) > app_settings.TOTP_DIGITS:
        return _("This recovery code does not fit, or it was used already. Each works once: enter another one.")
    if has_app(user):
        return _("This code does not fit. Wait for the next code in your app and enter that one.")
    return _("This code does not fit. Enter one of your recovery codes: it has eight digits.")


@transaction.atomic
def _check_app(user: User, typed: str, *, at: datetime) -> Authenticator | None:
    row = Authenticator.objects.select_for_update().filter(user=user, type=TYPE.TOTP).first()
    step = step_of(decrypt(row.data["secret"]), typed, at=at) if row else None
    if row is None or step is None or step <= row.data.get(STEP, -1):
        return None
    row.data[STEP], row.last_used_at = step, at
    row.save(update_fields=["data", "last_used_at"])
    return row


@transaction.atomic
def _check_recovery(user: User, typed: str, *, at: datetime) -> Authenticator | None:
    row = Authenticator.objects.select_for_update().filter(user=user, type=TYPE.RECOVERY_CODES).first()
    if row is None or not gate.has_factor(user):
        return None
    codes = RecoveryCodes(row)
    if not codes.validate_code(typed):
        return None
    row = codes.instance
    row.last_used_at = at
    row.save(update_fields=["last_used_at"])
    telling.tell_recovery_used(user, len(codes.get_unused_codes()), at=at)
    return row


@transaction.atomic
def set_up(user: User, secret: str, typed: str, *, replacing: bool, at: datetime) -> Authenticator:
    """The app shows the right code: from now on its codes are the second factor. The code just typed is used up.

    `replacing` is whether this session has proved the old factor; without it only a person who has none may set one up.
    """
    user = lock_same(user)
    if not replacing and gate.has_strong_factor(user):
        raise HasFactor(_("A second factor is set up already. Use it to sign in."))
    step = step_of(secret, typed, at=at)
    if step is None:
        raise WrongCode(_("This is not the code that belongs to this key. Wait for the next one and enter it."))
    old, _count = Authenticator.objects.filter(user=user, type=TYPE.TOTP).delete()
    row = TOTP.activate(user, secret).instance
    row.data[STEP], row.created_at, row.last_used_at = step, at, at
    row.save()
    if old:
        telling.tell_removed(user, "app", at=at)
    telling.tell_added(user, "app", at=at)
    return row


@transaction.atomic
def make_recovery_codes(user: User) -> Authenticator:
    """Ten new codes; the old ones are void."""
    user = lock_open(user)
    Authenticator.objects.filter(user=user, type=TYPE.RECOVERY_CODES).delete()
    return RecoveryCodes.activate(user).instance


def has_app(user: User) -> bool:
    """Whether codes of an app prove that it is them."""
    return bool(Authenticator.objects.filter(user=user, type=TYPE.TOTP).exists())


def recovery_codes(user: User) -> RecoveryCodes | None:
    """The person's recovery codes, if they have any."""
    row = Authenticator.objects.filter(user=user, type=TYPE.RECOVERY_CODES).first()
    return RecoveryCodes(row) if row else None


def printed_code(user: User) -> str:
    """The demo only: an unused recovery code for its challenge page; new ones are made when all are used."""
    if not settings.DEMO:
        raise RuntimeError("Recovery codes are printed in the demo only.")
    if not gate.has_factor(user):
        raise RuntimeError("No recovery code is printed while a reset waits for its own.")
    codes = recovery_codes(user)
    left = codes.get_unused_codes() if codes else []
    if not left:
        left = RecoveryCodes(make_recovery_codes(user)).get_unused_codes()
    return str(left[0])
