"""The profile (P31): its sections, names, look and agreements."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import actions, consents, sessions
from accounts.browser import ip_of
from accounts.factors.passkeys import passkeys_of
from accounts.factors.words import factor_in_words
from accounts.forms import LookForm, NamesForm
from accounts.identity.linking import name_of
from accounts.identity.shown import locked
from accounts.models import Consent, User
from accounts.once import once
from accounts.people import person, posted
from accounts.views.look import keep_look
from lib.phones import display_phone

SWITCHED = [Consent.Purpose.PERSONAL_DATA, Consent.Purpose.IDENTITY, Consent.Purpose.SMS, Consent.Purpose.EMAIL]


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """The list of sections, each with what is set now."""
    user = person(request)
    return render(request, "accounts/profile.html", {"rows": _sections(user)})


def _sections(user: User) -> list[dict[str, Any]]:
    look = f"{user.get_text_size_display()}, {user.get_theme_display()}"
    password = _("Set") if user.has_usable_password() else _("Not set: you sign in with codes")
    rows = [
        (_("Names"), user.get_full_name(), "profile_names"),
        (_("Identity"), _services_in_words(user), "identities"),
        (_("Phone"), display_phone(user.phone) if user.phone else "", "profile_phone"),
        (_("E-mail"), user.email or "", "profile_email"),
        (_("Language, text size, colours"), look, "profile_look"),
        (_("Password"), password, "profile_password"),
        (_("Passkeys"), str(passkeys_of(user).count() or _("Not set")), "passkeys"),
        (_("Consents"), _consents_in_words(user), "profile_consents"),
        (_("Where you are signed in"), str(sessions.sessions_of(user).count()), "sessions"),
    ]
    if user.is_staff:
        rows.insert(5, (_("Second factor"), factor_in_words(user), "factors"))
    return [{"name": name, "value": value, "url": reverse(page)} for name, value, page in rows]


def _services_in_words(user: User) -> str:
    """The names of the services that open this profile."""
    linked = SocialAccount.objects.filter(user=user).order_by("pk").values_list("provider", flat=True)
    return ", ".join(name_of(provider) for provider in linked) or _("Not confirmed by any service")


def _consents_in_words(user: User) -> str:
    given = [consent.get_purpose_display() for consent in user.consents.in_force().order_by("given_at")]
    return ", ".join(str(name) for name in given)


@login_required
@require_http_methods(["GET", "POST"])
@once
def profile_names(request: HttpRequest) -> HttpResponse:
    """Last name, first name, patronymic; those that a service confirms are only shown."""
    user = User.objects.get(pk=person(request).pk)
    confirmed = locked(user)
    form = NamesForm(posted(request), instance=user, confirmed=confirmed)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your names are saved."))
        return redirect("profile")
    return render(
        request, "accounts/names.html", {"form": form, "locked": confirmed}, status=422 if form.errors else 200
    )


@login_required
@require_http_methods(["GET", "POST"])
def profile_look(request: HttpRequest) -> HttpResponse:
    """Language, text size and colours."""
    user = User.objects.get(pk=person(request).pk)
    form = LookForm(posted(request), instance=user, initial={"language": user.language or request.LANGUAGE_CODE})
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        response = redirect("profile")
        keep_look(response, {name: str(value) for name, value in form.cleaned_data.items()})
        return response
    return render(request, "accounts/look.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def profile_consents(request: HttpRequest) -> HttpResponse:
    """Each agreement with its switch, and the history of all."""
    user, at = person(request), timezone.now()
    if request.method == "POST":
        purpose = request.POST.get("purpose", "")
        if purpose in SWITCHED:
            if request.POST.get("on") == "1" and purpose == Consent.Purpose.IDENTITY:
                return redirect("identities")  # given by connecting a service
            if request.POST.get("on") == "1":
                consents.give_consent(user, purpose, channel="portal", ip=ip_of(request), at=at)
                messages.success(request, _("Your consent is recorded."))
            else:
                actions.revoke_consents(user, [purpose], at=at)
                messages.success(request, _("Your consent is withdrawn."))
        return redirect("profile_consents")
    history = list(user.consents.order_by("-given_at", "-pk"))
    live = {row.purpose: row for row in history if row.revoked_at is None}
    switches = [
        {"purpose": purpose, "live": live.get(purpose.value), "text": f"accounts/texts/_{purpose}.html"}
        for purpose in SWITCHED
    ]
    context = {"switches": switches, "history": history, "has_services": Consent.Purpose.IDENTITY in live}
    return render(request, "accounts/consents.html", context)
