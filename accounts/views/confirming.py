"""«Confirm that it is you»: by a code to one's own phone or e-mail, by the password, or by a passkey."""

from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import browser, codes, sessions
from accounts.factors import passkeys
from accounts.forms import CodeForm, CurrentPasswordForm, WayForm, say_in
from accounts.limits import PASSWORD_LOGIN, PASSWORD_NETWORK, take
from accounts.models import Challenge, User
from accounts.next_page import safe_path
from accounts.once import once
from accounts.people import person, posted
from accounts.views import code_page
from accounts.views.passkeys import check_answer, refused_on
from lib.errors import Refusal
from lib.phones import masked_email, masked_phone

CONFIRM = Challenge.Purpose.CONFIRM


@login_required
@require_http_methods(["GET", "POST"])
@once
def confirm(request: HttpRequest) -> HttpResponse:
    """Choose where the code goes; with a password, that is enough too."""
    user, status = person(request), 200
    if user.is_staff:
        return redirect(f"{reverse('factor')}?next={quote(safe_path(request.GET.get('next')))}")
    if "next" in request.GET:
        request.session["confirm_next"] = safe_path(request.GET["next"])
    form = WayForm(posted(request), user=user, masked=_masked(user))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _send(request, user, form.cleaned_data["channel"])
            except codes.HumanCheckNeeded:
                raise
            except Refusal as refusal:
                form.add_error("channel", str(refusal.message))
                status = refusal.status
    return _page(request, user, form, CurrentPasswordForm(), status)


def _send(request: HttpRequest, user: User, channel: str) -> HttpResponse:
    address = (user.email if channel == Challenge.Channel.EMAIL else user.phone) or ""
    codes.send_code(CONFIRM, address, channel, request=request, user=user, at=timezone.now())
    return redirect("confirm_code")


@sensitive_post_parameters("password")
@login_required
@require_POST
def confirm_password(request: HttpRequest) -> HttpResponse:
    """The current password instead of a code."""
    user, form, status = person(request), CurrentPasswordForm(request.POST), 422
    if form.is_valid():
        counted = [(PASSWORD_LOGIN, f"user {user.pk}"), (PASSWORD_NETWORK, browser.network_of(request))]
        try:
            taken = take(counted, at=timezone.now())
        except Refusal as refusal:
            form.add_error("password", str(refusal.message))
            status = refusal.status
        else:
            if user.check_password(form.cleaned_data["password"]):
                taken.give_back()
                return _done(request, user, "password")
            form.add_error("password", _("This is not your password. Try again, or get a code."))
    return _page(request, user, WayForm(user=user, masked=_masked(user)), form, status)


@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "POST"])
@once
def confirm_code(request: HttpRequest) -> HttpResponse:
    """The code that came to one's own phone or e-mail."""
    challenge, user, at = codes.pending(request, CONFIRM), person(request), timezone.now()
    if challenge is None or challenge.user_id != user.pk:
        return redirect("confirm")
    form = CodeForm(posted(request))
    if request.method == "POST" and code_page.is_right(request, challenge, form, at=at):
        return _done(request, user, "code")
    again, change = reverse("confirm_again"), reverse("confirm")
    return code_page.show(request, challenge, form, again=again, change=change, submit=_("Confirm"), at=at)


@login_required
@require_POST
@once
def confirm_again(request: HttpRequest) -> HttpResponse:
    """Another code."""
    challenge = codes.pending(request, CONFIRM)
    return code_page.send_again(request, challenge, back=reverse("confirm_code"), at=timezone.now())


def confirm_page(request: HttpRequest, status: int, refusal: Refusal) -> HttpResponse:
    """All ways to confirm, nothing typed, and why a passkey was refused."""
    user = person(request)
    form = say_in(WayForm(user=user, masked=_masked(user)), refusal)
    return _page(request, user, form, CurrentPasswordForm(), status)


@login_required
@require_POST
@refused_on(confirm_page)
def confirm_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey instead of a code; an employee's proves the second factor, at its own door."""
    user = person(request)
    if user.is_staff:
        return redirect("factor")
    check_answer(request, user, at=timezone.now())
    return _done(request, user, "passkey")


def _done(request: HttpRequest, user: User, method: str) -> HttpResponse:
    sessions.confirm(request, user, method=method)
    return redirect(safe_path(request.session.pop("confirm_next", ""), reverse("profile")))


def _masked(user: User) -> dict[str, str]:
    phone = masked_phone(user.phone) if user.phone else ""
    return {"sms": phone, "voice": phone, "email": masked_email(user.email) if user.email else ""}


def _page(request: HttpRequest, user: User, form: WayForm, password: CurrentPasswordForm, status: int) -> HttpResponse:
    context = {
        "form": form,
        "password_form": password if user.has_usable_password() else None,
        "has_passkey": passkeys.passkeys_of(user).exists(),
    }
    return render(request, "accounts/confirm.html", context, status=status)
