"""What the answer of an identity service does: sign in, join a profile, link, unlink (P31)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sessions
from accounts.browser import ip_of
from accounts.confirm import confirmed_recently
from accounts.identity import held, linking
from accounts.identity.catalog import IdentityService
from accounts.identity.claims import PersonFacts, read_claims
from accounts.identity.shown import locked
from accounts.models import User, VerifiedPerson
from accounts.next_page import first_page
from accounts.once import once
from accounts.people import person
from accounts.views.identity_door import allow_services
from lib.errors import Refusal


class SomebodyElse(Refusal):
    """The person who began to connect a service is not the one who is signed in now."""


def arrived(
    request: HttpRequest,
    service: IdentityService,
    subject: str,
    claims: Mapping[str, Any],
    *,
    process: str,
    began_as: int | None,
) -> HttpResponse:
    """The service has said who came, and everything about the protocol is right.

    `process` is «login» or «connect», `began_as` the user who began to connect. Raises a Refusal the person reads.
    """
    at, facts = timezone.now(), read_claims(service, claims)
    if process == "connect":
        return _connect(request, service, subject, facts, began_as, at=at)
    identity = SocialAccount.objects.select_related("user").filter(provider=service.id, uid=subject).first()
    if identity is not None:
        try:
            return _sign_in(request, service, identity, facts, at=at)
        except Refusal as refusal:  # said where the other ways in are
            messages.error(request, str(refusal.message))
            return redirect("entry")
    held.hold(request, service, subject, facts, at=at, claims=claims)
    if request.user.is_authenticated:
        return redirect("identity_join")
    return redirect("entry")


def _connect(
    request: HttpRequest,
    service: IdentityService,
    subject: str,
    facts: PersonFacts | None,
    began_as: int | None,
    *,
    at: datetime,
) -> HttpResponse:
    if not request.user.is_authenticated or request.user.pk != began_as:
        raise SomebodyElse(
            _("You are no longer signed in as the person who began. Nothing was connected: sign in and begin again.")
        )
    is_known = SocialAccount.objects.filter(provider=service.id, uid=subject).exists()
    if facts and not is_known and linking.are_other_names(person(request), facts):
        held.hold(request, service, subject, facts, at=at)
        request.session["next"] = reverse("identities")
        return redirect("identity_join")
    _link(request, service, subject, facts, at=at)
    return redirect("identities")


def _link(
    request: HttpRequest, service: IdentityService, subject: str, facts: PersonFacts | None, *, at: datetime
) -> None:
    """Link and say what happened on the next page."""
    try:
        linking.link(person(request), service, subject, facts, at=at, ip=ip_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        return
    if facts:
        messages.success(
            request, _("%(service)s is connected and has confirmed your names.") % {"service": service.name}
        )
    else:
        messages.success(
            request,
            _("%(service)s is connected for signing in. It did not tell your names, so none are confirmed.")
            % {"service": service.name},
        )


def _sign_in(
    request: HttpRequest, service: IdentityService, identity: SocialAccount, facts: PersonFacts | None, *, at: datetime
) -> HttpResponse:
    user: User = identity.user
    linking.refresh(identity, service, facts, at=at)
    held.forget(request)
    sessions.sign_in(request, user, method="identity", at=at)
    return redirect(first_page(request, user))


@require_POST
def identity_forget(request: HttpRequest) -> HttpResponse:
    """«This is not me»: whoever came from the service has left this browser."""
    held.forget(request)
    request.session.pop("entry", None)
    return redirect("entry")


@login_required
@require_http_methods(["GET", "POST"])
@once
def identity_join(request: HttpRequest) -> HttpResponse:
    """The service named somebody, and somebody has proved an address: are they one person? Never linked unasked."""
    at, user = timezone.now(), User.objects.get(pk=person(request).pk)
    was_there, waiting = held.KEY in request.session, held.held(request, at=at)
    if request.method == "POST":
        held.forget(request)
    if waiting is None:
        if was_there:
            messages.warning(
                request,
                _(
                    "More than ten minutes have passed, so the service was not connected. You can connect it in your profile."
                ),
            )
        return redirect(first_page(request, user))
    if request.method == "POST":
        if request.POST.get("answer") == "yes":
            _link(request, waiting.service, waiting.subject, waiting.facts, at=at)
        else:
            messages.info(request, _("%(service)s was not connected.") % {"service": waiting.service.name})
        return redirect(first_page(request, user))
    takes_names = waiting.facts is not None and not linking.is_in_own_letters(user, waiting.facts)
    owner = user.get_full_name() or user.get_short_name()
    context = {"waiting": waiting, "owner": owner, "takes_names": takes_names}
    return render(request, "accounts/identity_join.html", context)


@login_required
def identities(request: HttpRequest) -> HttpResponse:
    """P31: every service of the deployment, connected or not, and what the services confirm."""
    user = person(request)
    links = {link.provider: link for link in SocialAccount.objects.filter(user=user).select_related("verified")}
    configured = [one.id for one in settings.IDENTITY_SERVICES]
    rows = [_row(provider, links.get(provider)) for provider in [*configured, *sorted(links.keys() - set(configured))]]
    return allow_services(render(request, "accounts/identities.html", {"rows": rows, "locked": locked(user)}))


def _row(provider: str, link: SocialAccount | None) -> dict[str, Any]:
    """One service: its link, if any, and what it confirms."""
    found: VerifiedPerson | None = getattr(link, "verified", None)
    facts: list[tuple[str, Any]] = []
    if link is not None:
        facts.append((_("Connected since"), date_format(timezone.localtime(link.date_joined), "DATE_FORMAT")))
        facts.append((_("Names it confirms"), found.get_full_name() if found else _("none, it only signs you in")))
    if found is not None:
        facts.append((_("Certainty"), found.get_level_display()))
    return {
        "provider": provider,
        "name": linking.name_of(provider),
        "link": link,
        "facts": [{"name": name, "value": value} for name, value in facts],
    }


@confirmed_recently
@require_http_methods(["GET", "POST"])
@once
def identity_unlink(request: HttpRequest, provider: str) -> HttpResponse:
    """Disconnect one service, after a question. Who did so in another tab is told that it is done."""
    link = SocialAccount.objects.filter(user=person(request), provider=provider).first()
    if link is None and provider not in {one.id for one in settings.IDENTITY_SERVICES}:
        raise Http404
    name = linking.name_of(provider)
    if link is None:
        messages.info(request, _("%(service)s is not connected: there is nothing to disconnect.") % {"service": name})
        return redirect("identities")
    if request.method == "POST":
        linking.unlink(link, at=timezone.now())
        messages.success(request, _("%(service)s is disconnected.") % {"service": name})
        return redirect("identities")
    return render(request, "accounts/identity_unlink.html", {"name": name})
