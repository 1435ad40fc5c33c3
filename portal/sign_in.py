"""Sign-in by password: a person's own, or the login and password of a letter from the company (row D1).

Here because it asks both rooms: `accounts` knows passwords, `premises` knows letters.
"""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import addresses, sessions
from accounts.browser import network_of
from accounts.forms import PasswordSignInForm
from accounts.identity.held import held
from accounts.limits import LINK_PASSWORD_ACCOUNT, PASSWORD_LOGIN, PASSWORD_NETWORK, LimitReached, Taken, take
from accounts.models import User
from accounts.next_page import first_page, keep_next, take_next
from accounts.people import posted
from accounts.views.identity_door import allow_services
from lib.errors import Refusal
from lib.text import account_key
from premises.actions import recognise_letter


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def entry_password(request: HttpRequest) -> HttpResponse:
    """One field for phone, e-mail or issued login; every mismatch is answered alike."""
    keep_next(request)
    if request.user.is_authenticated:
        return redirect(take_next(request))
    form, status = PasswordSignInForm(posted(request)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _try(request, form.cleaned_data, at=timezone.now())
            except Refusal as refusal:
                form.add_error(None, str(refusal.message))
                status = refusal.status if isinstance(refusal, LimitReached) else 422
    context = {"form": form, "held": held(request, at=timezone.now())}
    return allow_services(render(request, "accounts/entry_password.html", context, status=status))


class Mismatch(Refusal):
    """Login and password do not belong together; which of them is wrong is not said."""


def _try(request: HttpRequest, facts: dict[str, str], *, at: datetime) -> HttpResponse:
    typed, password = facts["login"].strip(), facts["password"]
    address = _address(typed)
    taken = take([(PASSWORD_LOGIN, address or typed.casefold()), (PASSWORD_NETWORK, network_of(request))], at=at)
    user = _person(request, address, password)
    if user is not None:
        taken.give_back()
        sessions.sign_in(request, user, method="password", at=at, remember=bool(facts["remember"]))
        return redirect(first_page(request, user))
    if "@" not in typed:
        return _by_letter(request, typed, password, at=at, taken=taken)
    raise _mismatch()


def _by_letter(request: HttpRequest, login: str, password: str, *, at: datetime, taken: Taken) -> HttpResponse:
    """The letter names a flat, not a person: the person proves a phone or e-mail next and is then linked."""
    guesses = take([(LINK_PASSWORD_ACCOUNT, account_key(login))], at=at)
    letter = recognise_letter(login, password, at=at)
    if letter is None:
        raise _mismatch()
    taken.give_back()
    guesses.give_back()
    request.session["issued_letter"] = str(letter.pk)
    messages.info(request, _("The letter is right. Now confirm your phone or e-mail, and the flat is yours to see."))
    return redirect(f"{reverse('entry')}?next={reverse('link_issued')}")


def _address(typed: str) -> str:
    try:
        return addresses.parse(typed, settings.PHONE_COUNTRIES).value
    except addresses.BadAddress:
        return ""


def _person(request: HttpRequest, address: str, password: str) -> User | None:
    name = "phone" if addresses.is_phone(address) else "email"
    user = authenticate(request, password=password, **{name: address or "nobody@invalid"})
    return user if isinstance(user, User) else None


def _mismatch() -> Mismatch:
    return Mismatch(
        _("The login and the password do not fit together. Check both, or sign in with a code to your phone or e-mail.")
    )
