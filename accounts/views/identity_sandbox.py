"""The doors of the demo's own identity services: other sites that happen to stand here. Never in production."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.identity import sandbox
from accounts.identity.catalog import LEVELS, IdentityService
from accounts.identity.sandbox_catalog import NUMBERS, SCOPES
from accounts.identity.townsfolk import TOWNSFOLK, Person, townsperson
from accounts.models import VerifiedPerson

ELSE = "else"
KINDS = {"bank": _("Sandbox of BankID"), "state": _("Sandbox of the state's service"), "signature": _("Sandbox of signatures")}  # fmt: skip
ASKED = {
    "openid": _("the number by which this service knows you"),
    "profile": _("surname, name, patronymic and date of birth"),
    "identifiers": _("the taxpayer's number"),
}
OWN_SPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


class WhoForm(forms.Form):
    """Who signs in: one of the demo's people, or whoever is written below."""

    use_required_attribute = False  # only of somebody else

    who = forms.ChoiceField(
        label=_("Who are you?"), widget=forms.RadioSelect,
        error_messages={"required": _("Choose a person."), "invalid_choice": _("Choose a person of the list.")},
    )  # fmt: skip
    last_name = forms.CharField(
        label=_("Last name"), max_length=80, error_messages={"required": _("Enter the last name.")}
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=80, error_messages={"required": _("Enter the first name.")}
    )
    patronymic = forms.CharField(label=_("Patronymic"), max_length=80, required=False)
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    level = forms.ChoiceField(
        label=_("How sure the service is"), initial="substantial",
        choices=list(zip(LEVELS, VerifiedPerson.Level.labels, strict=True)),
    )  # fmt: skip
    subject = forms.CharField(
        label=_("Number of the person"), max_length=64, required=False,
        help_text=_("The same number is the same person. Empty: it follows from the names and the date."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(one.person.subject, label(one.person.full_name, str(one.about))) for one in TOWNSFOLK]
        self.fields["who"].choices = [*people, (ELSE, _("Somebody else, as written below"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What is written below for nothing is not looked at."""
        facts: dict[str, Any] = super().clean() or {}
        if facts.get("who") != ELSE:
            for name in [one for one in self.errors if one != "who"]:
                del self.errors[name]
        return facts

    def person(self) -> Person:
        """The chosen or written person."""
        facts = self.cleaned_data
        if known := townsperson(facts["who"]):
            return known
        born = facts["birth_date"].isoformat() if facts["birth_date"] else ""
        names = {name: facts[name] for name in ("last_name", "first_name", "patronymic")}
        follows = f"demo-{uuid.uuid5(OWN_SPACE, repr((*names.values(), born)))}"
        return Person(facts["subject"] or follows, **names, birth_date=born, level=facts["level"])


def label(name: str, about: str) -> str:
    """How a person stands in the list."""
    return f"{name} — {about}" if name else about


def service_or_404(id: str) -> IdentityService:
    """The demo's service; in production there is none."""
    service = sandbox.service_of(id) if settings.DEV_PAGES else None
    if service is None:
        raise Http404
    return service


@require_safe
def discovery(request: HttpRequest, service_id: str) -> HttpResponse:
    """What the service can and where its doors are (OpenID Connect Discovery 1.0)."""
    service = service_or_404(service_id)
    doors = {
        "authorization_endpoint": "sandbox_identity", "token_endpoint": "sandbox_identity_token",
        "userinfo_endpoint": "sandbox_identity_userinfo", "jwks_uri": "sandbox_identity_keys",
    }  # fmt: skip
    return JsonResponse(
        {
            "issuer": service.issuer,
            **{word: settings.PUBLIC_URL + reverse(name, args=[service.id]) for word, name in doors.items()},
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [sandbox.ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": True,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "acr_values_supported": list(LEVELS),
            "scopes_supported": list(SCOPES),
            "claims_supported": [
                "sub", "acr", "family_name", "given_name", "middle_name", "name", "birthdate", *NUMBERS[service.country],
            ],
        }
    )  # fmt: skip


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest, service_id: str) -> HttpResponse:
    """The page before the person: who asks for what, whom to be, and the way back with a code or without."""
    service = service_or_404(service_id)
    try:
        sandbox.check_client(service, request.GET)
    except sandbox.UnknownClient as fault:
        words = {"service": service, "kind": KINDS[service.kind], "fault": fault}
        return _never_kept(render(request, "sandbox_identity/refused.html", words, status=400))
    try:
        ask = sandbox.read_ask(service, request.GET)
    except sandbox.ProtocolError as fault:
        return _back(service, request.GET.get("state", ""), error=fault.word, error_description=fault.why)
    if request.POST.get("press") == "cancel":
        return _back(service, ask.state, error="access_denied", error_description="the person pressed Cancel")
    form = WhoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _back(service, ask.state, code=sandbox.write_code(service, ask, form.person(), at=timezone.now()))
    words = {
        "service": service, "kind": KINDS[service.kind], "form": form, "portal": settings.PUBLIC_HOST,
        "asked": [ASKED[word] for word in ask.scopes],
    }  # fmt: skip
    return _never_kept(render(request, "sandbox_identity/authorize.html", words))


@csrf_exempt
@sensitive_post_parameters()
@require_POST
def token(request: HttpRequest, service_id: str) -> HttpResponse:
    """The portal brings a code and gets the tokens: no browser comes here, the client's secret is the proof."""
    service = service_or_404(service_id)
    try:
        sandbox.check_secret(service, request.POST, request.headers.get("Authorization", ""))
        return _never_kept(JsonResponse(sandbox.exchange(service, request.POST, at=timezone.now())))
    except sandbox.ProtocolError as fault:
        is_stranger = fault.word == "invalid_client"
        response = JsonResponse(
            {"error": fault.word, "error_description": fault.why}, status=401 if is_stranger else 400
        )
        if is_stranger:
            response["WWW-Authenticate"] = f'Basic realm="{service.id}"'
        return _never_kept(response)


@require_safe
def userinfo(request: HttpRequest, service_id: str) -> HttpResponse:
    """What the service knows of the person, for the bearer of an access token."""
    service = service_or_404(service_id)
    try:
        claims = sandbox.userinfo(service, request.headers.get("Authorization", ""), at=timezone.now())
    except sandbox.ProtocolError as fault:
        response = JsonResponse({"error": fault.word, "error_description": fault.why}, status=401)
        response["WWW-Authenticate"] = f'Bearer error="{fault.word}"'
        return _never_kept(response)
    return _never_kept(JsonResponse(claims))


@require_safe
def keys(request: HttpRequest, service_id: str) -> HttpResponse:
    """The key with which the portal checks what is signed here."""
    service_or_404(service_id)
    return JsonResponse(sandbox.published_keys())


def _back(service: IdentityService, state: str, **answer: str) -> HttpResponse:
    return _never_kept(HttpResponseRedirect(sandbox.way_back(service, state, **answer)))


def _never_kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
