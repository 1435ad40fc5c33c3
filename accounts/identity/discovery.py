"""What a service publishes about itself: its addresses and its keys, kept for a few minutes."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache

from accounts.identity.catalog import IdentityService
from accounts.identity.failures import Broken
from accounts.identity.wire import Line

KEPT = 5 * 60
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ADDRESSES = (*NEEDED, "userinfo_endpoint")


def document(service: IdentityService, line: Line) -> dict[str, Any]:
    """The discovery document, once it is what OpenID Connect Discovery 4.3 asks for. Raises a Fault."""
    kept: dict[str, Any] | None = cache.get(_key("document", service))
    if kept is None:
        kept = line.ask("GET", f"{service.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            _check(kept, service)
        except Broken:
            line.rest()
            raise
        cache.set(_key("document", service), kept, KEPT)
    return kept


def keys(service: IdentityService, line: Line, *, anew: bool = False) -> list[Any]:
    """The service's public keys; `anew` when a token names one that is not among them."""
    kept: list[Any] | None = None if anew else cache.get(_key("keys", service))
    if kept is None:
        answer = line.ask("GET", document(service, line)["jwks_uri"])
        found = answer.get("keys")
        if not isinstance(found, list):
            raise Broken("no keys")
        kept = found
        cache.set(_key("keys", service), kept, KEPT)
    return kept


def origin(url: str) -> str:
    """«https://id.example.org» of any address below it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _check(answer: dict[str, Any], service: IdentityService) -> None:
    if answer.get("issuer") != service.issuer:
        raise Broken("another issuer")
    if not all(isinstance(answer.get(name), str) for name in NEEDED):
        raise Broken("no addresses")
    for name in ADDRESSES:
        if (url := answer.get(name)) is not None and not _is_address(url):
            raise Broken("insecure address")


def _is_address(url: Any) -> bool:
    schemes = {"https"} if settings.PRODUCTION else {"https", "http"}
    try:
        parts = urlsplit(url) if isinstance(url, str) and url.isascii() and url.isprintable() else None
        return parts is not None and parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _key(what: str, service: IdentityService) -> str:
    return f"identity:{what}:{service.id}:{service.issuer}"
