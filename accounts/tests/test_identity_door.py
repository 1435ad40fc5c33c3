"""To an identity service and back, with a real provider: the doors, the buttons, and what a browser is sent on with."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.http import HttpRequest, HttpResponse
from django.test import Client

from accounts.identity.catalog import IdentityService
from accounts.models import User
from accounts.tests.identity_provider import Provider

pytestmark = pytest.mark.django_db
Arrival = dict[str, Any]


@pytest.fixture
def arrivals(monkeypatch: pytest.MonkeyPatch) -> list[Arrival]:
    """What reaches the step after the protocol."""
    seen: list[Arrival] = []

    def arrived(
        request: HttpRequest, service: IdentityService, subject: str, claims: Mapping[str, Any], **more: Any
    ) -> HttpResponse:
        seen.append({"service": service.id, "subject": subject, "claims": dict(claims), **more})
        return HttpResponse("arrived")

    monkeypatch.setattr("accounts.views.identity.arrived", arrived)
    return seen


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_an_answer_arrives_with_who_it_is_and_what_the_service_says(
    client: Client, provider: Provider, arrivals: list[Arrival]
) -> None:
    provider.person("olga-1", family_name="Петренко", given_name="Ольга", birthdate="1980-02-03")
    assert provider.sign_in(client, "olga-1").content == b"arrived"
    (arrival,) = arrivals
    assert (arrival["service"], arrival["subject"]) == ("testbank", "olga-1")
    assert (arrival["process"], arrival["began_as"]) == ("login", None)
    assert arrival["claims"]["family_name"] == "Петренко"
    assert arrival["claims"]["iss"] == provider.issuer


def test_nothing_is_written_before_our_own_step(client: Client, provider: Provider, arrivals: list[Arrival]) -> None:
    provider.person("olga-1", email="olga@example.com", email_verified=True)
    people = User.objects.count()
    provider.sign_in(client, "olga-1")
    assert (User.objects.count(), SocialAccount.objects.count()) == (people, 0)
    assert "_auth_user_id" not in client.session
