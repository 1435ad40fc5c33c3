"""The gate before everything an employee may do: without a second factor only a few doors open.

A resident and an employee who passed cost no query here; only who has not passed is looked up.
"""

from collections.abc import Callable
from urllib.parse import quote

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse

from accounts import sessions
from accounts.factors import resets
from accounts.models import User
from accounts.next_page import safe_path

# What opens before the second factor: the way out, how pages look, the legal texts, the emergency phones, the machine's
# health, the demo's pages.
OPEN = {
    "sign_out", "look", "agreement", "consent_text", "privacy", "accessibility", "livez", "readyz", "status", "tray",
    "gallery", "phones",
}  # fmt: skip
CHALLENGE = {"factor", "factor_passkey", "passkey_options"}  # for those who have a factor: prove it
# For those who have none: set one up.
ENROLMENT = {"factor_enrol", "factor_app", "factor_returned", "factor_passkey_add", "factor_passkey_options"}
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class StaffFactor:
    """Leads an employee whose session has no proof of a second factor to the page that asks for it, whatever they ask for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated or not is_closed(request):
            return self.get_response(request)
        doors = doors_before(user)
        if _name_of(request) in doors:
            return self.get_response(request)
        return _led_to("factor" if "factor" in doors else "factor_enrol", request)


def is_closed(request: HttpRequest) -> bool:
    """Whether the sections of the portal would only lead back to the second factor."""
    user = request.user
    return user.is_authenticated and user.is_staff and not sessions.has_passed_factor(request)


def has_strong_factor(user: User) -> bool:
    """Whether the person has an app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=STRONG).exists())


def has_factor(user: User) -> bool:
    """Whether the person can prove a second factor.

    In the demo the challenge prints a recovery code for every employee, but for one whose factor was reset: they enter the
    code that was handed over and set up a new one, as everywhere.
    """
    return has_strong_factor(user) or (settings.DEMO and resets.waiting(user) is None)


def may_remove(authenticator: Authenticator) -> bool:
    """Whether this app or passkey may go: never the last one of an employee."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=STRONG).exclude(pk=authenticator.pk)
    return not authenticator.user.is_staff or others.exists()


def doors_before(user: User) -> set[str]:
    """The names of the pages that open to this employee before the second factor."""
    doors = set(OPEN)
    if has_factor(user):
        doors |= CHALLENGE
    if not has_strong_factor(user):
        doors |= ENROLMENT
    return doors


def _name_of(request: HttpRequest) -> str:
    """The door that was knocked on; «admin:index» of the staff room."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _led_to(door: str, request: HttpRequest) -> HttpResponse:
    """There; back to the page that was asked for, if it was asked to be shown."""
    wanted = safe_path(request.get_full_path()) if request.method in {"GET", "HEAD"} else ""
    return redirect(reverse(door) + (f"?next={quote(wanted)}" if wanted else ""))
