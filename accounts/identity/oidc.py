"""OpenID Connect with an identity service, over django-allauth: its steps, our checks (docs/identity.md)."""

from base64 import b64encode
from hmac import compare_digest
from typing import Any
from urllib.parse import quote_plus

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.identity import discovery, tokens
from accounts.identity.catalog import IdentityService
from accounts.identity.failures import Fault
from accounts.identity.wire import Line


def service_or_404(service_id: str) -> IdentityService:
    """The configured service of this name."""
    for service in settings.IDENTITY_SERVICES:
        if isinstance(service, IdentityService) and service.id == service_id:
            return service
    raise Http404


class Client(OAuth2Client):
    """Asks for the tokens over our line, with the proof of RFC 7636."""

    line: Line

    def get_access_token(
        self, code: str, pkce_code_verifier: str | None = None, extra_data: dict[str, str] | None = None
    ) -> dict[str, Any]:
        if not code or not pkce_code_verifier:
            raise Fault("no code")
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback_url,
            "code_verifier": pkce_code_verifier,
        }
        headers: dict[str, str] = {}
        if self.basic_auth:
            pair = f"{quote_plus(self.consumer_key)}:{quote_plus(self.consumer_secret)}"  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            data |= {"client_id": self.consumer_key, "client_secret": self.consumer_secret}
        return self.line.ask("POST", self.access_token_url, data=data, headers=headers)


class Adapter(OpenIDConnectOAuth2Adapter):
    """One step of one person with one service."""

    client_class = Client

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request, provider_id)
        self.service = service_or_404(provider_id)
        self.line = Line(provider_id)
        self.nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        return discovery.document(self.service, self.line)

    @property
    def basic_auth(self) -> bool:
        """The standard's own way, unless the service says that it takes only the other one."""
        ways = self.openid_config.get("token_endpoint_auth_methods_supported")
        return not isinstance(ways, list) or "client_secret_post" not in ways or "client_secret_basic" in ways

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """The one address that is registered with the service, whatever host the browser named."""
        return settings.PUBLIC_URL + reverse("openid_connect_callback", args=[self.service.id])

    def get_client(self, request: HttpRequest, app: SocialApp) -> Client:
        client: Client = super().get_client(request, app)
        client.line = self.line
        return client

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Held only while we ask who it is; never stored."""
        token = data.get("access_token")
        if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
            raise Fault("no access token")
        return SocialToken(token=token)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Check what the service says and make one set of claims of it; what it signed goes before what it only said."""
        said = self._id_token(kwargs["response"].get("id_token"))
        if self.openid_config.get("userinfo_endpoint"):
            headers = {"Authorization": f"Bearer {token.token}"}
            more = self.line.ask("GET", self.openid_config["userinfo_endpoint"], headers=headers)
            if not compare_digest(tokens.subject(more), said["sub"]):  # OpenID Connect Core, 5.3.2
                raise Fault("another subject")
            said = more | said
        return self.get_provider().sociallogin_from_response(request, said)

    def _id_token(self, token: Any) -> dict[str, Any]:
        if not isinstance(token, str):
            raise Fault("no ID token")
        facts = {"issuer": self.service.issuer, "audience": self.service.client_id, "nonce": self.nonce}
        try:
            return tokens.read(token, discovery.keys(self.service, self.line), **facts, at=timezone.now())
        except tokens.UnknownKey:
            newer = discovery.keys(self.service, self.line, anew=True)
            return tokens.read(token, newer, **facts, at=timezone.now())
