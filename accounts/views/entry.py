"""Signing in, which is also registering: a phone or e-mail (P01), the code (P02), the names (P03)."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, codes, consents, sessions
from accounts.browser import ip_of
from accounts.forms import CodeForm, EntryForm, HumanForm, WelcomeForm, say_in
from accounts.human import ask, is_answer
from accounts.identity.held import held
from accounts.identity.shown import locked
from accounts.models import Challenge, Consent, User
from accounts.next_page import first_page, keep_next, safe_path, take_next
from accounts.once import once
from accounts.people import person, posted
from accounts.views import code_page
from accounts.views.identity_door import allow_services
from lib.errors import Refusal

ENTER = Challenge.Purpose.ENTER


@require_http_methods(["GET", "POST"])
@once
def entry(request: HttpRequest) -> HttpResponse:
    """P01: one field; the button is the acceptance of the user agreement."""
    keep_next(request)
    if request.user.is_authenticated:
        return redirect(take_next(request))
    sessions.begin_visit(request)
    if request.method != "POST":
        return entry_page(request)
    form, status = EntryForm(request.POST), 422
    if form.is_valid():
        try:
            return _send(request, form)
        except codes.HumanCheckNeeded:
            raise
        except Refusal as refusal:
            form.add_error("address", str(refusal.message))
            status = refusal.status
    return entry_page(request, status, form)


def entry_page(
    request: HttpRequest, status: int = 200, form: EntryForm | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    """All ways in. Without a form, the one of the code holds what was typed before or what a service has told.

    The refusal is that of another way in.
    """
    waiting = held(request, at=timezone.now())
    told = waiting.entry if waiting else None
    form = form or say_in(EntryForm(initial=request.session.get("entry", told)), refusal)
    context = {"form": form, "held": waiting}
    response = render(request, "accounts/entry.html", context, status=status)
    response["Cache-Control"] = "no-store"  # what was typed before stands in the field
    return allow_services(response)


def _send(request: HttpRequest, form: EntryForm) -> HttpResponse:
    request.session["entry"] = form.cleaned_data
    codes.send_code(
        ENTER, form.cleaned_data["address"], form.cleaned_data["channel"], request=request, at=timezone.now()
    )
    return redirect("entry_code")


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@once
def entry_code(request: HttpRequest) -> HttpResponse:
    """P02: the code; a right one opens the session and, the first time, makes the profile."""
    challenge, at = codes.pending(request, ENTER), timezone.now()
    if request.user.is_authenticated:
        return redirect(take_next(request))
    if challenge is None:
        return redirect("entry")
    form = CodeForm(posted(request))
    if request.method == "POST" and code_page.is_right(request, challenge, form, at=at):
        return _let_in(request, challenge, at=at)
    again, change = reverse("entry_again"), reverse("entry")
    return code_page.show(request, challenge, form, again=again, change=change, submit=_("Sign in"), at=at)


def _let_in(request: HttpRequest, challenge: Challenge, *, at: datetime) -> HttpResponse:
    """The address is proved: find or make its user, record what was agreed to, open the session."""
    user, is_new = actions.find_or_create_user(challenge.address, language=get_language() or "")
    purposes = [Consent.Purpose.AGREEMENT.value]
    if request.session.pop("entry", {}).get("personal_data"):
        purposes.append(Consent.Purpose.PERSONAL_DATA.value)
    for purpose in purposes:
        proof = {"channel": challenge.channel, "evidence": str(challenge.pk), "ip": ip_of(request)}
        consents.give_consent(user, purpose, at=at, **proof)
    sessions.sign_in(request, user, method="code", at=at, is_new=is_new)
    return redirect(first_page(request, user))


@require_POST
@once
def entry_again(request: HttpRequest) -> HttpResponse:
    """Another code for the same address, the same way or another."""
    challenge = codes.pending(request, ENTER)
    return code_page.send_again(request, challenge, back=reverse("entry_code"), at=timezone.now())


@require_http_methods(["GET", "POST"])
def human_check(request: HttpRequest) -> HttpResponse:
    """One question in words, when too much came from one network; works by ear and without JavaScript."""
    if "next" in request.GET:
        request.session["human_next"] = safe_path(request.GET["next"])
    form = HumanForm(posted(request))
    if request.method == "POST" and form.is_valid():
        if is_answer(request, form.cleaned_data["answer"]):
            request.session["human"] = True
            messages.success(request, _("Thank you. Now press the button again."))
            return redirect(request.session.pop("human_next", "") or "entry")
        form.add_error("answer", _("That is not it. Here is another question."))
    question = ask(request)
    return render(
        request, "accounts/human.html", {"form": form, "question": question}, status=422 if form.errors else 200
    )


@login_required
@require_http_methods(["GET", "POST"])
@once
def welcome(request: HttpRequest) -> HttpResponse:
    """P03: names, language and notices of a new person; may be skipped."""
    user, at = User.objects.get(pk=person(request).pk), timezone.now()
    confirmed = locked(user)
    form = WelcomeForm(posted(request), instance=user, initial={"language": get_language()}, confirmed=confirmed)
    if request.method == "POST" and "skip" in request.POST:
        User.objects.filter(pk=user.pk).update(welcomed_at=at)
        return redirect(take_next(request))
    if request.method == "POST" and form.is_valid():
        form.instance.welcomed_at = at
        form.save()
        for purpose in form.consents():
            consents.give_consent(user, purpose, channel="portal", ip=ip_of(request), at=at)
        messages.success(request, _("You are registered. Welcome!"))
        return redirect(take_next(request))
    return render(
        request, "accounts/welcome.html", {"form": form, "locked": confirmed}, status=422 if form.errors else 200
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    sessions.sign_out(request)
    messages.success(request, _("You have signed out."))
    return redirect("landing")
