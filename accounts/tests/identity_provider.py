"""A real OpenID provider over HTTP for tests (oidc-provider-mock), and a browser's way through it."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.identity.catalog import IdentityService, apps
from accounts.models import User

SECONDS = 10
Arrival = dict[str, Any]


def query(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def enter_freshly(client: Client, user: User) -> None:
    """Sign this person in as if they had proved themselves a moment ago."""
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def at_home(settings: Settings) -> None:
    """The portal stands where the test client asks."""
    settings.PUBLIC_URL = "http://testserver"


@dataclass
class Provider:
    """One running provider, configured as a service of the portal."""

    issuer: str
    settings: Settings
    service: IdentityService = field(init=False)

    def __post_init__(self) -> None:
        self.service = IdentityService(
            id="testbank", name="Test Bank ID", kind="bank", issuer=self.issuer, client_id="portal",
            client_secret="s3cret", country="UA", level="substantial",
        )  # fmt: skip
        self.configure()

    def configure(self, *others: IdentityService, **changes: Any) -> IdentityService:
        """Change facts of the service, and perhaps add further ones: the portal knows exactly these."""
        self.service = replace(self.service, **changes)
        self.settings.IDENTITY_SERVICES = [self.service, *others]
        self.settings.SOCIALACCOUNT_PROVIDERS = apps(self.settings.IDENTITY_SERVICES)
        cache.clear()
        return self.service

    def person(self, sub: str, **claims: Any) -> None:
        """What the provider says of this person from now on."""
        requests.put(f"{self.issuer}/users/{sub}", json=claims, timeout=SECONDS).raise_for_status()

    def sign_in(self, client: Client, sub: str, service: IdentityService | None = None) -> Any:
        """The whole way of a person with this browser: the button, the provider's page, and back."""
        return client.get(self.answer(self.begin(client, service), sub))

    def begin(self, client: Client, service: IdentityService | None = None) -> str:
        """Press the button: the address at the provider that the browser is led to."""
        answer = client.post(reverse("identity_begin", args=[(service or self.service).id]))
        assert answer.status_code == 302, answer.status_code
        return str(answer["Location"])

    def answer(self, address: str, sub: str) -> str:
        """Be this person on the provider's page: the address in the portal that the browser is led back to."""
        return self._press(address, {"sub": sub})

    def cancel(self, address: str) -> str:
        """Press «Deny» on the provider's page, which forgets to send the state back as RFC 6749 (4.1.2.1) asks."""
        return f"{self._press(address, {'action': 'deny'})}&state={query(address)['state']}"

    def _press(self, address: str, data: dict[str, str]) -> str:
        answer = requests.post(address, data=data, allow_redirects=False, timeout=SECONDS)
        assert answer.status_code == 302, answer.status_code
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"


@pytest.fixture(scope="session")
def identity_server() -> Iterator[str]:
    """The address of a provider that runs as long as the tests do, on a port of its own."""
    with warnings.catch_warnings(record=True):  # its own imports are old; the filter would be overruled while they load
        from oidc_provider_mock import run_server_in_thread

    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provider(identity_server: str, settings: Settings) -> Provider:
    """The one identity service of the portal: `provider.person(sub, …)` and `provider.sign_in(client, sub)`."""
    at_home(settings)
    return Provider(identity_server, settings)


@pytest.fixture
def arrivals(monkeypatch: pytest.MonkeyPatch) -> list[Arrival]:
    """What reaches the step after the protocol, which itself is not made."""
    seen: list[Arrival] = []

    def arrived(
        request: HttpRequest, service: IdentityService, subject: str, claims: Mapping[str, Any], **more: Any
    ) -> HttpResponse:
        seen.append({"service": service.id, "subject": subject, "claims": dict(claims), **more})
        return HttpResponse("arrived")

    monkeypatch.setattr("accounts.views.identity.arrived", arrived)
    return seen
