"""The one provider that django-allauth finds here (it looks for <app>.provider): OpenID Connect as docs/identity.md says."""

import secrets
from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider as Base
from django.http import HttpRequest, HttpResponse

from accounts.identity import tokens
from accounts.identity.oidc import Adapter


class IdentityLogin(SocialLogin):
    """What the service said, held only during the request. It looks nobody up and changes no row."""

    claims: dict[str, Any]

    def lookup(self) -> None:
        """Whose identity this is, our own steps decide."""


class OpenIDConnectProvider(Base):
    """Any service of the catalogue."""

    oauth2_adapter_class = Adapter
    supports_token_authentication = False

    def get_pkce_params(self) -> dict[str, Any]:
        """Always (RFC 7636), with S256."""
        return dict(generate_code_challenge())

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """The deployment's; an address cannot ask for more."""
        return list(self.get_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """The deployment's; an address cannot add any."""
        return dict(self.get_auth_params())

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Lead the person to the service; a nonce ties the token that comes back to this very session."""
        nonce = secrets.token_urlsafe(32)
        kwargs |= {"auth_params": {**self.get_auth_params(), "nonce": nonce}, "scope": self.get_scope()}
        answer: HttpResponse = super().redirect(request, process, next_url, data, nonce=nonce, **kwargs)
        return answer

    def sociallogin_from_response(self, request: HttpRequest, response: dict[str, Any]) -> IdentityLogin:
        """Checked claims, and an identity that is not saved: nothing is copied from them into a user."""
        login = IdentityLogin(
            account=SocialAccount(provider=self.sub_id, uid=tokens.subject(response), extra_data={}), provider=self
        )
        login.claims = response
        return login

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """An address is proved by our own code only."""
        return []

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing raw is kept."""
        return {}

    def verify_token(self, request: HttpRequest, token: dict[str, Any]) -> SocialLogin:
        raise NotImplementedError("a token comes from the service itself, never from a browser")


provider_classes = [OpenIDConnectProvider]
