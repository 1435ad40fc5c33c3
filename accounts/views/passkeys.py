"""Passkeys: the list in the profile, adding and removing, and the doors of signing in by one."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sessions
from accounts.browser import network_of
from accounts.confirm import confirmed_recently
from accounts.devices import device_name
from accounts.factors import gate, passkeys
from accounts.forms import PasskeyForm
from accounts.limits import PASSKEY_BEGUN, PASSKEY_NETWORK, PASSKEY_USER, take
from accounts.models import User
from accounts.next_page import first_page
from accounts.once import once
from accounts.people import person, posted
from accounts.views.entry import entry_page
from lib.errors import Refusal

View = Callable[[HttpRequest], HttpResponse]
ADDED = 201  # the answer of `add_answer` when the passkey is kept


def refused_on(page: Callable[..., HttpResponse]) -> Callable[[View], View]:
    """A refused passkey is answered by the page that asked for it: the reason where errors stand, and the other ways (R1)."""

    def wrap(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            try:
                return view(request)
            except Refusal as refusal:
                return page(request, refusal.status, refusal=refusal)

        return wrapped

    return wrap


@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser asks a passkey: of the person who is in, or of whoever wants to come in. Names nobody."""
    user = request.user if request.user.is_authenticated else None
    at = timezone.now()
    sessions.begin_visit(request)
    return _options(request, lambda: passkeys.begin_asking(request, user, at=at), at=at)


@require_POST
@refused_on(entry_page)
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """The answer of a passkey opens the session; it is two factors in one, a key and what opens it."""
    if request.user.is_authenticated:
        return redirect(first_page(request, person(request)))
    at = timezone.now()
    taken = take([(PASSKEY_NETWORK, network_of(request))], at=at)
    user, _used = passkeys.check(request, None, passkeys.read(request.POST.get("credential", "")), at=at)
    taken.give_back()
    sessions.sign_in(request, user, method="passkey", at=at)
    if user.is_staff:
        sessions.pass_factor(request, user, kind="webauthn", at=at)
    return redirect(first_page(request, user))


def check_answer(request: HttpRequest, user: User, *, at: datetime) -> None:
    """The signed-in person's passkey answered; only failures count against the limits."""
    taken = take([(PASSKEY_USER, user.pk), (PASSKEY_NETWORK, network_of(request))], at=at)
    passkeys.check(request, user, passkeys.read(request.POST.get("credential", "")), at=at)
    taken.give_back()


@login_required
def passkey_list(request: HttpRequest) -> HttpResponse:
    """Each passkey with its name and when it was last used."""
    rows = [
        {"pk": row.pk, "name": row.data["name"], "facts": _facts(row)} for row in passkeys.passkeys_of(person(request))
    ]
    return render(request, "accounts/passkeys.html", {"passkeys": rows, "has_room": len(rows) < passkeys.MOST})


def _facts(row: Authenticator) -> list[dict[str, str]]:
    used = date_format(timezone.localtime(row.last_used_at), "DATETIME_FORMAT") if row.last_used_at else _("Not yet")
    added = date_format(timezone.localtime(row.created_at), "DATETIME_FORMAT")
    return [{"name": _("Added"), "value": added}, {"name": pgettext("a code or a passkey", "Last used"), "value": used}]


@confirmed_recently
@require_http_methods(["GET", "HEAD", "POST"])
@once
def passkey_add(request: HttpRequest) -> HttpResponse:
    """A name, and the browser's answer beside it. An employee's first factor brings recovery codes: it has a page of its own."""
    user, at, status = person(request), timezone.now(), 200
    if user.is_staff and not gate.has_strong_factor(user):
        return redirect("factor_passkey_add")
    if passkeys.passkeys_of(user).count() >= passkeys.MOST and request.method != "POST":
        return redirect("passkeys")  # which says that ten is the most
    form = name_form(request)
    if request.method == "POST":
        status = add_answer(request, user, form, at=at)
        if status == ADDED:
            messages.success(request, _("The passkey is added. Next time you can sign in with it."))
            return redirect("passkeys")
    return render(request, "accounts/passkey_add.html", {"form": form, "back_to": "passkeys"}, status=status)


def add_answer(request: HttpRequest, user: User, form: PasskeyForm, *, at: datetime) -> int:
    """Keep the passkey that came with the form: ADDED, or the status of the page on which the form says why not.

    Only failures count against the limit.
    """
    if not form.is_valid():
        return 422
    try:
        taken = take([(PASSKEY_USER, user.pk)], at=at)
        answer = passkeys.read(request.POST.get("credential", ""))
        passkeys.add(request, user, answer, form.cleaned_data["name"], at=at)
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        return refusal.status
    taken.give_back()
    return ADDED


def name_form(request: HttpRequest) -> PasskeyForm:
    """The form of the name, which is the device's at first."""
    return PasskeyForm(posted(request), initial={"name": device_name(request.META.get("HTTP_USER_AGENT", ""))[:60]})


@confirmed_recently
@require_POST
def passkey_add_options(request: HttpRequest) -> HttpResponse:
    """What the browser makes a passkey from."""
    return adding_options(request)


def adding_options(request: HttpRequest) -> HttpResponse:
    """The same for every page where one is added."""
    at = timezone.now()
    return _options(request, lambda: passkeys.begin_adding(request, person(request), at=at), at=at)


@confirmed_recently
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more, then forget it."""
    user = person(request)
    row = get_object_or_404(passkeys.passkeys_of(user), pk=pk)
    if request.method == "POST":
        passkeys.remove(user, pk, at=timezone.now())
        messages.success(request, _("The passkey is removed. It no longer opens the portal."))
        return redirect("passkeys")
    return render(request, "accounts/passkey_remove.html", {"name": row.data["name"]})


def _options(request: HttpRequest, make: Callable[[], dict[str, Any]], *, at: datetime) -> HttpResponse:
    """What the script hands to the browser, or the sentence of a refusal for it to say."""
    status = 200
    try:
        take([(PASSKEY_BEGUN, network_of(request))], at=at)
        answer = make()
    except Refusal as refusal:
        answer, status = {"refusal": str(refusal.message)}, refusal.status
    return JsonResponse(answer, status=status, headers={"Cache-Control": "no-store"})
