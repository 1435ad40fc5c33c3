"""The page with one field for a code (P02): the same for signing in, changing a contact and confirming a step."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import codes
from accounts.forms import AgainForm, CodeForm
from accounts.limits import LimitReached, moment
from accounts.models import Challenge
from lib.errors import Refusal
from notifications.kinds import Kind

LONG = timedelta(minutes=5)  # nobody waits longer for another SMS if a call comes at once


def is_right(request: HttpRequest, challenge: Challenge, form: CodeForm, *, at: datetime) -> bool:
    """Whether the typed code is accepted; if not, the form says why."""
    if not form.is_valid():
        return False
    try:
        codes.check_code(challenge, form.cleaned_data["code"], request=request, at=at)
    except (codes.WrongCode, codes.DeadCode, LimitReached) as refusal:
        form.add_error("code", str(refusal.message))
        return False
    return True


def show(
    request: HttpRequest, challenge: Challenge, form: CodeForm, *, again: str, change: str, submit: str, at: datetime
) -> HttpResponse:
    """Draw the page; `again` and `change` are the addresses of «send again» and «another phone or e-mail»."""
    wait = codes.again_at(request, challenge, at=at)
    context = {
        "challenge": challenge,
        "form": form,
        "again_form": AgainForm(address=challenge.address, initial={"channel": _next_way(challenge, wait, at)}),
        "again_url": again,
        "change_url": change,
        "submit": submit,
        "until": moment(challenge.expires_at, at),
        "wait": moment(wait, at) if wait else "",
        "is_open": challenge.is_open(at),
    }
    response = render(request, "accounts/code.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


def _next_way(challenge: Challenge, wait: datetime | None, at: datetime) -> str:
    """What «send a new code» offers first: a call where another SMS would be refused for long."""
    sms = challenge.channel == Challenge.Channel.SMS
    if sms and wait and wait - at > LONG and codes.may_call(at):
        return Challenge.Channel.VOICE
    return challenge.channel


def send_again(
    request: HttpRequest, challenge: Challenge | None, *, back: str, at: datetime, instead: Kind | None = None
) -> HttpResponse:
    """Send another code for the same purpose to the same address, and say how it went on the code page."""
    if challenge is None:
        return redirect(back)
    form = AgainForm(request.POST, address=challenge.address)
    if not form.is_valid():
        messages.error(request, _("Choose how to get the code."))
        return redirect(back)
    try:
        codes.send_code(
            challenge.purpose, challenge.address, form.cleaned_data["channel"],
            request=request, at=at, user=challenge.user, instead=instead,
        )  # fmt: skip
    except codes.HumanCheckNeeded:
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("A new code is on its way. Only the newest code works."))
    return redirect(back)
