"""A passkey as an employee's second factor: proving it, and adding the first one instead of an app."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sessions
from accounts.factors import gate, totp
from accounts.next_page import take_next
from accounts.once import once
from accounts.people import person
from accounts.views.factor import PAGE, factor_page, for_staff, give_codes, may_enrol
from accounts.views.passkeys import ADDED, add_answer, adding_options, check_answer, name_form, refused_on


@for_staff
@require_POST
@refused_on(factor_page)
def factor_passkey(request: HttpRequest) -> HttpResponse:
    """The challenge, answered by a passkey instead of a code."""
    user, at = person(request), timezone.now()
    check_answer(request, user, at=at)
    sessions.pass_factor(request, user, kind="webauthn", at=at)
    return redirect(take_next(request))


@for_staff
@require_http_methods(PAGE)
@may_enrol
@once
def factor_passkey_add(request: HttpRequest) -> HttpResponse:
    """The passkey is the factor now, and this session has just proved it; recovery codes come next."""
    user, at, status = person(request), timezone.now(), 200
    form = name_form(request)
    if request.method == "POST":
        is_first = not gate.has_strong_factor(user)
        status = add_answer(request, user, form, at=at)
        if status == ADDED:
            give_codes(request, user, is_first=is_first, at=at)
            sessions.pass_factor(request, user, kind="webauthn", at=at)
            messages.success(request, _("The passkey is added. From now on you sign in with it."))
            return redirect("factor_codes" if totp.SHOWN in request.session else "factors")
    return render(request, "accounts/passkey_add.html", {"form": form, "back_to": "factor_enrol"}, status=status)


@for_staff
@require_POST
@may_enrol
def factor_passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser makes that passkey from."""
    return adding_options(request)
