"""An answer of a service about somebody who is not in yet: it waits, sealed, in this browser's session for ten minutes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.http import HttpRequest

from accounts import addresses
from accounts.identity.catalog import IdentityService
from accounts.identity.claims import PersonFacts
from accounts.models import Challenge
from notifications.sealing import seal, unseal

KEY = "identity_held"  # in the session
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Held:
    """Whom the service named, by which subject, and what of their addresses fits the entry form."""

    service: IdentityService
    subject: str
    facts: PersonFacts | None
    entry: dict[str, str] = field(default_factory=dict)


def hold(
    request: HttpRequest,
    service: IdentityService,
    subject: str,
    facts: PersonFacts | None,
    *,
    at: datetime,
    claims: Mapping[str, Any] | None = None,
) -> None:
    """Keep the answer until the person has proved a phone or an e-mail; a newer one takes its place."""
    answer = {
        "service": service.id,
        "subject": subject,
        "facts": asdict(facts) if facts else None,
        "entry": _entry(claims or {}),
        "until": (at + LIFETIME).timestamp(),
    }
    request.session[KEY] = seal(json.dumps(answer, default=date.isoformat)).decode()


def held(request: HttpRequest, *, at: datetime) -> Held | None:
    """The answer that waits in this browser. One that is too old, of no service or cannot be opened is forgotten."""
    if KEY not in request.session:
        return None
    try:
        found = _open(request.session[KEY], at=at)
    except (InvalidToken, ValueError, TypeError, KeyError, AttributeError):
        found = None
    if found is None:
        forget(request)
    return found


def _open(sealed: str, *, at: datetime) -> Held | None:
    answer = json.loads(unseal(sealed.encode()))
    service = next((one for one in settings.IDENTITY_SERVICES if one.id == answer["service"]), None)
    if service is None or at.timestamp() >= answer["until"]:
        return None
    return Held(service, answer["subject"], _facts(answer["facts"]), answer["entry"])


def forget(request: HttpRequest) -> None:
    """Nothing waits any more."""
    request.session.pop(KEY, None)


def _entry(claims: Mapping[str, Any]) -> dict[str, str]:
    """The phone or e-mail that the service named, as the entry form takes it, where it can be used."""
    for claim in ("phone_number", "email"):
        try:
            address = addresses.parse(str(claims.get(claim) or "")[:254], settings.PHONE_COUNTRIES)
        except addresses.BadAddress:
            continue
        channel = Challenge.Channel.SMS if address.is_phone else Challenge.Channel.EMAIL
        return {"address": address.value, "channel": channel.value}
    return {}


def _facts(kept: dict[str, Any] | None) -> PersonFacts | None:
    if kept is None:
        return None
    born = kept["birth_date"]
    return PersonFacts(**kept | {"birth_date": date.fromisoformat(born) if born else None})
