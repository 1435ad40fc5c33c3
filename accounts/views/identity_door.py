"""The doors to an identity service and back, and the pages of what went wrong between them."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import sessions
from accounts.browser import network_of
from accounts.identity.catalog import IdentityService
from accounts.identity.discovery import origin
from accounts.identity.failures import Failure, Fault
from accounts.identity.oidc import Adapter, service_or_404
from accounts.limits import IDENTITY_NETWORK, LimitReached, take
from accounts.next_page import keep_next, safe_path

AWAY = {"temporarily_unavailable", "server_error"}  # RFC 6749, 4.1.2.1
log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def identity_begin(request: HttpRequest, service: str) -> HttpResponse:
    """Lead to the service (POST): who is in links it, after a fresh confirmation; everybody else signs in with it.

    Who opens the address by hand finds the page with its button.
    """
    found, at = service_or_404(service), timezone.now()
    if request.method != "POST":
        return redirect("identities" if request.user.is_authenticated else "entry")
    keep_next(request)
    back = safe_path(request.POST.get("back"), reverse("profile" if request.user.is_authenticated else "entry"))
    if request.get_host() != urlsplit(settings.PUBLIC_URL).netloc:
        return _elsewhere(request, found, back)
    if request.user.is_authenticated and not sessions.is_fresh(request, at=at):
        return redirect(f"{reverse('confirm')}?{urlencode({'next': back})}")
    try:
        take([(IDENTITY_NETWORK, network_of(request))], at=at)
    except LimitReached as reached:  # said where the other ways in are
        messages.error(request, str(reached.message))
        return redirect(back)
    sessions.begin_visit(request)
    process, began_as = ("connect", request.user.pk) if request.user.is_authenticated else ("login", None)
    provider = get_adapter(request).get_provider(request, found.id)
    try:
        answer: HttpResponse = provider.redirect(request, process, began_as=began_as, back=back)
    except Fault as fault:
        return failed(request, found, fault.failure, fault.reason)
    if origin(answer["Location"]) in origins(found):
        return answer
    page = render(request, "accounts/identity_leave.html", {"service": found, "url": answer["Location"], "back": back})
    page["Cache-Control"] = "no-store"
    return page


def _elsewhere(request: HttpRequest, service: IdentityService, back: str) -> HttpResponse:
    """The service brings people back to PUBLIC_URL only, and the session of another host is not there: begin there."""
    path = safe_path(request.session.get("next")) if back == reverse("entry") else ""
    query = f"?{urlencode({'next': path})}" if path else ""
    url = f"{settings.PUBLIC_URL}{back}{query}"
    context = {"service": service, "url": url, "back": back, "host": urlsplit(settings.PUBLIC_URL).netloc}
    return render(request, "accounts/identity_leave.html", context)


@require_safe
def openid_connect_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the service: its answer is checked, then accounts.views.identity says what it means."""
    service = service_or_404(provider_id)
    if request.method == "HEAD":
        return HttpResponse()  # who only looks must not use the answer up
    try:
        answer: HttpResponse = Back.adapter_view(Adapter(request, service.id))(request)
    except Fault as fault:
        answer = failed(request, service, fault.failure, fault.reason)
    if not answer.has_header("Cache-Control"):
        answer["Cache-Control"] = "no-store"
    return answer


class Back(OAuth2CallbackView):
    """django-allauth's step, with the nonce of the state and the name of the answering service (RFC 9207)."""

    adapter: Adapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, answer = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = str(state.get("nonce", ""))
            said = request.GET.getlist("iss")
            if any(one != self.adapter.service.issuer for one in said):
                raise Fault("another issuer answers")
            if not said and self.adapter.openid_config.get("authorization_response_iss_parameter_supported") is True:
                raise Fault("no issuer answers")
        return state, answer


def origins(service: IdentityService) -> set[str]:
    """Where the form of its button may lead, as far as the deployment knows without asking the service."""
    return {origin(service.issuer), *service.origins}


def allow_services(response: HttpResponse) -> HttpResponse:
    """Let the buttons of this page lead to the services: browsers ask the policy where a form is led on to, too."""
    allowed = sorted({one for service in settings.IDENTITY_SERVICES for one in origins(service)})
    if allowed:
        response._csp_update = {"form-action": allowed}  # type: ignore[attr-defined]
    return response


def cancelled(request: HttpRequest, service: IdentityService, state: dict[str, Any]) -> HttpResponse:
    """The person turned back: they are where they began."""
    messages.info(request, _("You cancelled. Nothing has changed."))
    return redirect(safe_path(state.get("back"), reverse("entry")))


def refused(request: HttpRequest, service: IdentityService) -> HttpResponse:
    """The service sent the person back with an error instead of an answer."""
    is_away = request.GET.get("error") in AWAY
    return failed(request, service, Failure.AWAY if is_away else Failure.DENIED, "error of the service")


def failed(request: HttpRequest, service: IdentityService, failure: Failure, reason: str) -> HttpResponse:
    """Say in plain words that nothing happened, with the other ways in at hand. The log learns nothing of the person."""
    log.warning("Identity service %s: %s (%s)", service.id, failure.name.lower(), reason)
    context = {"service": service, "failure": failure.name}
    response = render(request, "accounts/identity_failed.html", context, status=failure.value)
    response["Cache-Control"] = "no-store"
    return allow_services(response)
