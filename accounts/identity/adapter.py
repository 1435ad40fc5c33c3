"""What django-allauth asks while an identity service answers."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError, Provider
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from accounts.identity.failures import Failure, Fault
from accounts.identity.oidc import service_or_404
from accounts.views import identity, identity_door

STATE_LENGTH = 32


class IdentityAdapter(DefaultSocialAccountAdapter):
    """Nobody is registered or matched by what a service says: our own steps decide."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The protocol is done; what the answer means is ours, so django-allauth goes no further."""
        state, account = sociallogin.state, sociallogin.account
        answer = identity.arrived(
            request,
            service_or_404(account.provider),
            account.uid,
            sociallogin.claims,
            process=state["process"],
            began_as=state["began_as"],
        )
        raise ImmediateHttpResponse(answer)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Our own pages for what ends here."""
        service, state = service_or_404(provider.sub_id), (extra_context or {}).get("state")
        if error == AuthError.CANCELLED:
            answer = identity_door.cancelled(request, service, state or {})
        elif isinstance(exception, Fault):
            answer = identity_door.failed(request, service, exception.failure, exception.reason)
        elif state is None:
            answer = identity_door.failed(request, service, Failure.STALE, "state")
        else:
            answer = identity_door.refused(request, service)
        raise ImmediateHttpResponse(answer)

    def generate_state_param(self, state: dict[str, Any]) -> str:
        return get_random_string(STATE_LENGTH)

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The services of the deployment's file, and no others: the table of apps is not read."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return False

    def is_email_verified(self, provider: Provider, email: str) -> bool:
        return False
