"""The identity services of this deployment, read once from the file that IDENTITY_SERVICES names.

The file is a JSON list; docs/identity.md explains each key:

    [{"id": "bankid", "name": "BankID НБУ", "kind": "bank", "country": "UA", "issuer": "https://id.example.org",
      "client_id": "portal", "client_secret": "…", "scopes": ["openid", "profile"], "level": "substantial"}]
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import lazy
from django.utils.translation import get_language

LANGUAGES = ("ru", "uk", "en")  # of the portal; its settings read this file first
KINDS = ("state", "bank", "signature")
LEVELS = {"low": 1, "substantial": 2, "high": 3}  # those of eIDAS; VerifiedPerson.Level
DEFAULT_SCOPES = ("openid", "profile")
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?")  # what a Content-Security-Policy may name, and nothing more


class BadCatalog(ValueError):
    """The file of services cannot be used; says why, for whoever deploys the portal."""


@dataclass(frozen=True)
class IdentityService:
    """One service as the deployment configured it."""

    id: str  # part of addresses and of the identity (provider, subject): never changed once people are linked
    name: str  # as people know it: «BankID НБУ», «Госуслуги»; lazy where the file has it in several languages
    kind: str  # one of KINDS: the picture and the words beside the name
    issuer: str  # its OpenID Connect issuer; /.well-known/openid-configuration is found below it
    client_id: str
    client_secret: str
    country: str = ""  # «RU», «UA» or nothing: which identifiers are taken
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    level: str = "low"  # of everybody it names, where it says no word of `levels`
    levels: Mapping[str, str] = field(default_factory=dict)  # its own words in the claim `level_claim` → one of LEVELS
    level_claim: str = "acr"
    claims: Mapping[str, str] = field(default_factory=dict)  # our field → its claim, where it is not the standard one
    origins: tuple[str, ...] = ()  # «https://login.example.org»: where its sign-in page leads on, besides the issuer's

    @property
    def app(self) -> dict[str, Any]:
        """The same in django-allauth's words."""
        settings = {"server_url": self.issuer, "oauth_pkce_enabled": True, "scope": list(self.scopes)}
        return {
            "provider_id": self.id, "name": self.name, "client_id": self.client_id, "secret": self.client_secret,
            "settings": settings,
        }  # fmt: skip


def read_catalog(path: str) -> list[IdentityService]:
    """Read the file; an empty path means no services. Raises BadCatalog."""
    if not path:
        return []
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise BadCatalog(f"IDENTITY_SERVICES: {path} cannot be read: {fault}.") from fault
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadCatalog("IDENTITY_SERVICES must hold a list of services.")
    services = [_service(row) for row in rows]
    if len({one.id for one in services}) < len(services):
        raise BadCatalog("IDENTITY_SERVICES names one id twice.")
    return services


def apps(services: Iterable[IdentityService]) -> dict[str, Any]:
    """The value of SOCIALACCOUNT_PROVIDERS."""
    return {"openid_connect": {"APPS": [one.app for one in services]}}


def name_in_languages(given: Any, id: str) -> str:
    """The name as it was given, or the one of the reader's language; the first one where that language has none."""
    names = given if isinstance(given, dict) else {"": given}
    if isinstance(given, dict) and (wrong := set(given) - set(LANGUAGES)):
        raise BadCatalog(
            f"IDENTITY_SERVICES: {id} has a name in {', '.join(sorted(wrong))!r}, not one of {', '.join(LANGUAGES)}."
        )
    if not names or not all(isinstance(one, str) and one.strip() for one in names.values()):
        raise BadCatalog(f"IDENTITY_SERVICES: {id} needs a name, or names by language like {{'ru': …, 'uk': …}}.")
    first: str = next(iter(names.values()))
    return _spoken(names, first) if len(names) > 1 else first


def _of_the_reader(names: Mapping[str, str], first: str) -> str:
    return names.get((get_language() or "")[:2], first)


_spoken = lazy(_of_the_reader, str)


def _service(row: dict[str, Any]) -> IdentityService:
    known = set(IdentityService.__dataclass_fields__)
    if unknown := set(row) - known:
        raise BadCatalog(f"IDENTITY_SERVICES: unknown keys {', '.join(sorted(unknown))}.")
    if missing := {"id", "name", "kind", "issuer", "client_id", "client_secret"} - set(row):
        raise BadCatalog(f"IDENTITY_SERVICES: {row.get('id', '?')} lacks {', '.join(sorted(missing))}.")
    lists = {"scopes": tuple(row.get("scopes", DEFAULT_SCOPES)), "origins": tuple(row.get("origins", ()))}
    service = IdentityService(**row | lists | {"name": name_in_languages(row["name"], row["id"])})
    levels = {service.level, *service.levels.values()}
    if not NAME.fullmatch(service.id):
        raise BadCatalog(f"IDENTITY_SERVICES: the id {service.id!r} must be small Latin letters, digits and hyphens.")
    if service.kind not in KINDS:
        raise BadCatalog(
            f"IDENTITY_SERVICES: {service.id} has the kind {service.kind!r}, not one of {', '.join(KINDS)}."
        )
    if not levels <= set(LEVELS):
        raise BadCatalog(f"IDENTITY_SERVICES: {service.id} has a level that is not one of {', '.join(LEVELS)}.")
    if urlsplit(service.issuer).scheme not in {"https", "http"}:
        raise BadCatalog(f"IDENTITY_SERVICES: the issuer of {service.id} must be an https:// address.")
    if wrong := [one for one in service.origins if not ORIGIN.fullmatch(one)]:
        raise BadCatalog(f"IDENTITY_SERVICES: {service.id} has origins that are not like https://host: {wrong}.")
    if "openid" not in service.scopes:
        raise BadCatalog(f"IDENTITY_SERVICES: {service.id} must ask for the scope openid.")
    return service
