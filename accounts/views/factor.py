"""An employee's second factor: proving it, and setting it up."""

from base64 import b64encode
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import sessions
from accounts.browser import network_of
from accounts.confirm import confirmed_recently
from accounts.factors import gate, resets, totp
from accounts.factors.passkeys import passkeys_of
from accounts.forms import say_in
from accounts.forms_factor import AppCodeForm, FactorForm, ResetCodeForm
from accounts.limits import FACTOR_NETWORK, FACTOR_PAUSE, FACTOR_RESET, FACTOR_USER, take
from accounts.models import User
from accounts.next_page import keep_next, safe_path, take_next
from accounts.once import once
from accounts.people import person, posted
from accounts.second_click import View, follows_key
from lib.errors import Refusal
from lib.qr import qr_png
from lib.text import in_fours

PAGE = ["GET", "HEAD", "POST"]
SHOWN_FOR = timedelta(minutes=10)  # how long new recovery codes may be read, in the session that made them


def _after_factor(request: HttpRequest) -> str:
    """Where proving or setting up a factor leads."""
    return safe_path(request.GET.get("next"), reverse("factor_codes" if totp.SHOWN in request.session else "home"))


def for_staff(view: View) -> View:
    """For residents there is no such page. A second click finds the session under its new key and goes on."""

    @wraps(view)
    @follows_key(_after_factor)
    @login_required
    def shown(request: HttpRequest) -> HttpResponse:
        if not person(request).is_staff:
            raise Http404
        response = view(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return shown


@sensitive_post_parameters("code")
@for_staff
@require_http_methods(PAGE)
@once
def factor(request: HttpRequest) -> HttpResponse:
    """The challenge: a code of the app or a recovery code; also the confirmation before an important step."""
    user = person(request)
    keep_next(request)
    if not gate.has_factor(user):
        return redirect("factor_enrol")
    if request.method != "POST":
        return factor_page(request)
    form, status = FactorForm(request.POST, has_app=totp.has_app(user)), 422
    if form.is_valid():
        try:
            return _prove(request, user, form.cleaned_data["code"], at=timezone.now())
        except Refusal as refusal:
            form.add_error("code", str(refusal.message))
            status = refusal.status
    return factor_page(request, status, form)


def factor_page(
    request: HttpRequest, status: int = 200, form: FactorForm | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    """All ways to prove the factor that this employee has. The refusal is that of a passkey."""
    user = person(request)
    has_app, has_passkey = totp.has_app(user), passkeys_of(user).exists()
    form = form or say_in(FactorForm(has_app=has_app), refusal)
    demo_code = totp.printed_code(user) if settings.DEMO else ""
    context = {
        "form": form,
        "demo_code": demo_code,
        "has_app": has_app,
        "has_passkey": has_passkey,
        "has_strong": has_app or has_passkey,
        "is_again": sessions.has_passed_factor(request),
    }
    return render(request, "accounts/factor.html", context, status=status)


def _prove(request: HttpRequest, user: User, typed: str, *, at: datetime) -> HttpResponse:
    """Count the try, check the code, and go where the person was going."""
    taken = take([(FACTOR_USER, user.pk), (FACTOR_PAUSE, user.pk), (FACTOR_NETWORK, network_of(request))], at=at)
    row = totp.check(user, typed, at=at)
    taken.give_back()
    sessions.pass_factor(request, user, kind=row.type, at=at)
    return redirect(take_next(request))


def may_enrol(view: View) -> View:
    """For who has no factor yet; who has one proves it first, and whose factor was reset enters the code that was given."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if gate.has_strong_factor(person(request)):
            return confirmed_recently(view)(request)
        if not resets.is_admitted(request, person(request)):
            keep_next(request)
            return redirect("factor_returned")
        return view(request)

    return wrapped


@sensitive_post_parameters("code")
@for_staff
@require_http_methods(PAGE)
@once
def factor_returned(request: HttpRequest) -> HttpResponse:
    """After a reset: the code that was handed over."""
    user, at, status = person(request), timezone.now(), 200
    if gate.has_strong_factor(user) or resets.is_admitted(request, user):
        return redirect("factor_enrol")
    form = ResetCodeForm(posted(request))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                taken = take([(FACTOR_RESET, user.pk), (FACTOR_NETWORK, network_of(request))], at=at)
                resets.admit(request, user, form.cleaned_data["code"], at=at)
            except Refusal as refusal:
                form.add_error("code", str(refusal.message))
                status = refusal.status
            else:
                taken.give_back()
                return redirect("factor_enrol")
    context = {"form": form, "by_code": sessions.signed_in_by_code(request)}
    return render(request, "accounts/factor_returned.html", context, status=status)


@for_staff
@require_safe
@may_enrol
def factor_enrol(request: HttpRequest) -> HttpResponse:
    """Step 1: why, and what to choose."""
    keep_next(request)
    return render(request, "accounts/factor_enrol.html", {"has_factor": gate.has_strong_factor(person(request))})


@sensitive_post_parameters("code")
@for_staff
@require_http_methods(PAGE)
@may_enrol
@once
def factor_app(request: HttpRequest) -> HttpResponse:
    """Step 2: the key as a picture and in letters, and the first code of the app."""
    user, at, status = person(request), timezone.now(), 200
    form = AppCodeForm(posted(request))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _set_up(request, user, form.cleaned_data["code"], at=at)
            except (totp.WrongCode, resets.CodeNeeded) as refusal:
                form.add_error("code", str(refusal.message))
    return render(request, "accounts/factor_app.html", {"form": form, **_key(request, user)}, status=status)


def _key(request: HttpRequest, user: User) -> dict[str, str]:
    """What the app reads: the picture, and the same in letters."""
    secret = totp.secret_of(request)
    picture = b64encode(qr_png(get_adapter().build_totp_url(user, secret), module=6)).decode()
    return {"picture": f"data:image/png;base64,{picture}", "key": " ".join(in_fours(secret)), "secret": secret}


def _set_up(request: HttpRequest, user: User, typed: str, *, at: datetime) -> HttpResponse:
    """The app is the factor now, and this session has just proved it; recovery codes come next."""
    passed, is_first = sessions.has_passed_factor(request), not gate.has_strong_factor(user)
    with transaction.atomic():
        totp.set_up(user, totp.secret_of(request), typed, replacing=passed, at=at)
        resets.spend(request, user, at=at)
    totp.forget_secret(request)
    give_codes(request, user, is_first=is_first, at=at)
    sessions.pass_factor(request, user, kind="totp", at=at)
    messages.success(request, _("The app is set up. From now on you sign in with its code."))
    return redirect("factor_codes" if totp.SHOWN in request.session else "factors")


def give_codes(request: HttpRequest, user: User, *, is_first: bool, at: datetime) -> None:
    """The last step of the first factor: ten fresh codes, to be shown once. Those made before nobody may ever have seen."""
    if is_first or totp.recovery_codes(user) is None:
        totp.make_recovery_codes(user)
        request.session[totp.SHOWN] = at.timestamp()
        request.session.pop(totp.RENEWED, None)


@for_staff
@require_http_methods(PAGE)
def factor_codes(request: HttpRequest) -> HttpResponse:
    """The ten recovery codes, once: in the session that made them, until they are written down."""
    at, codes = timezone.now(), totp.recovery_codes(person(request))
    made = request.session.get(totp.SHOWN, 0)
    if request.method == "POST":
        request.session.pop(totp.SHOWN, None)
        return redirect("factors" if request.session.pop(totp.RENEWED, False) else _workplace(request))
    if codes is None or at.timestamp() - made > SHOWN_FOR.total_seconds():
        return redirect("factors")
    context = {
        "codes": [" ".join(in_fours(code)) for code in codes.get_unused_codes()],
        "is_renewed": request.session.get(totp.RENEWED, False),
    }
    return render(request, "accounts/factor_codes.html", context)


def _workplace(request: HttpRequest) -> str:
    """The page that was asked for before the set-up; else the staff room."""
    path = take_next(request)
    return reverse("admin:index") if path == reverse("home") else path


@for_staff
@require_http_methods(PAGE)
@confirmed_recently
@once
def factor_codes_new(request: HttpRequest) -> HttpResponse:
    """Ten new codes in the place of the old ones."""
    if request.method == "POST":
        totp.make_recovery_codes(person(request))
        request.session[totp.SHOWN], request.session[totp.RENEWED] = timezone.now().timestamp(), True
        return redirect("factor_codes")
    return render(request, "accounts/factor_codes_new.html")


@for_staff
@require_safe
def factors(request: HttpRequest) -> HttpResponse:
    """What is set up, in the profile."""
    user = person(request)
    return render(request, "accounts/factors.html", factors_of(user))


def factors_of(user: User) -> dict[str, Any]:
    """The app, the passkeys and how many recovery codes are left."""
    rows = list(user.authenticator_set.order_by("created_at", "pk"))  # type: ignore[attr-defined]
    codes = totp.recovery_codes(user)
    return {
        "app": next((row for row in rows if row.type == totp.TYPE.TOTP), None),
        "passkeys": [row for row in rows if row.type == totp.TYPE.WEBAUTHN],
        "codes_left": len(codes.get_unused_codes()) if codes else 0,
    }
