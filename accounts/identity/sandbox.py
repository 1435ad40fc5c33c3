"""The protocol of the demo's own identity services: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636). Never in production.

Nothing is kept between requests but which codes are spent: a code and an access token are sealed notes to ourselves, so any
of the web server's processes reads what another wrote. The key of the signatures follows from SECRET_KEY.
"""

import base64
import binascii
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlencode

import jwt
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.crypto import constant_time_compare

from accounts.identity.catalog import IdentityService
from accounts.identity.sandbox_catalog import NUMBERS, SCOPES, redirect_uri, sandbox_services
from accounts.identity.townsfolk import Person
from accounts.models import Submission

CODE_SECONDS, TOKEN_SECONDS = 60, 300
CHALLENGE, VERIFIER = re.compile(r"[\w-]{43}", re.ASCII), re.compile(r"[\w.~-]{43,128}", re.ASCII)
LONGEST = {"state": 500, "nonce": 250}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256: a private key is below it
ALGORITHM = "ES256"


class ProtocolError(Exception):
    """The request is answered with one of the protocol's words (RFC 6749, 4.1.2.1 and 5.2)."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(word)
        self.word, self.why = word, why


class UnknownClient(ProtocolError):
    """Nobody knows where to send an answer: it is said on the spot, never sent on to an unproved address."""


@dataclass(frozen=True)
class Ask:
    """A request for a person's data that may be put before the person."""

    redirect_uri: str
    scopes: list[str]
    state: str
    nonce: str
    challenge: str


def service_of(id: str) -> IdentityService | None:
    """The demo's service with this id, as the service itself knows it."""
    return next((one for one in sandbox_services(settings.PUBLIC_URL) if one.id == id), None)


# --- The person's browser: the authorize page -----------------------------------------------------------------------
def check_client(service: IdentityService, query: QueryDict) -> None:
    """Whether an answer may be sent to where the request says. Raises UnknownClient."""
    if query.getlist("client_id") != [service.client_id]:
        raise UnknownClient("unauthorized_client", "client_id is not registered")
    if query.getlist("redirect_uri") != [redirect_uri(service, settings.PUBLIC_URL)]:
        raise UnknownClient("invalid_request", "redirect_uri is not registered")


def read_ask(service: IdentityService, query: QueryDict) -> Ask:
    """Read what a known client asks for. Raises ProtocolError."""
    if twice := [name for name, values in query.lists() if len(values) > 1]:
        raise ProtocolError("invalid_request", f"{twice[0][:40]} is given twice")
    if "request" in query or "request_uri" in query:
        raise ProtocolError("request_not_supported", "parameters are taken from the address only")
    if query.get("response_type") != "code":
        raise ProtocolError("unsupported_response_type", "response_type must be code")
    if query.get("prompt") == "none":
        raise ProtocolError("login_required", "the sandbox always asks")
    if too_long := [name for name, most in LONGEST.items() if len(query.get(name, "")) > most]:
        raise ProtocolError("invalid_request", f"{too_long[0]} is too long")
    scopes = query.get("scope", "").split()
    if "openid" not in scopes:
        raise ProtocolError("invalid_scope", "scope must contain openid")
    challenge = query.get("code_challenge", "")
    if query.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge):
        raise ProtocolError("invalid_request", "code_challenge with the method S256 is required")
    return Ask(
        redirect_uri=redirect_uri(service, settings.PUBLIC_URL), scopes=[word for word in SCOPES if word in scopes],
        state=query.get("state", ""), nonce=query.get("nonce", ""), challenge=challenge,
    )  # fmt: skip


def way_back(service: IdentityService, state: str, **answer: str) -> str:
    """The client's address with the answer, the client's own state, and who answers (RFC 9207)."""
    answer |= {"state": state} if state else {}
    return f"{redirect_uri(service, settings.PUBLIC_URL)}?{urlencode(answer | {'iss': service.issuer})}"


def write_code(service: IdentityService, ask: Ask, person: Person, *, at: datetime) -> str:
    """The code that the browser carries back: sealed, so that no address tells who somebody is."""
    note = {"id": str(uuid.uuid4()), "service": service.id, "ask": asdict(ask), "person": asdict(person)}
    return _seal("code", note, at)


# --- The portal itself: token and userinfo --------------------------------------------------------------------------
def check_secret(service: IdentityService, form: QueryDict, authorization: str) -> None:
    """Whether this is the client, by its secret in the form or in the header (RFC 6749, 2.3.1). Raises ProtocolError."""
    id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if authorization:
        if secret:
            raise ProtocolError("invalid_request", "one way to authenticate is enough")
        id, secret = _basic(authorization)
    if not (id == service.client_id and constant_time_compare(secret, service.client_secret)):
        raise ProtocolError("invalid_client", "client_id and client_secret do not fit")


def exchange(service: IdentityService, form: QueryDict, *, at: datetime) -> dict[str, Any]:
    """Take a code once and return the tokens. Raises ProtocolError."""
    if twice := [name for name, values in form.lists() if len(values) > 1]:
        raise ProtocolError("invalid_request", f"{twice[0][:40]} is given twice")
    if form.get("grant_type") != "authorization_code":
        raise ProtocolError("unsupported_grant_type", "grant_type must be authorization_code")
    verifier = form.get("code_verifier", "")
    if not VERIFIER.fullmatch(verifier):
        raise ProtocolError("invalid_request", "code_verifier is required")
    note = _unseal("code", form.get("code", ""), CODE_SECONDS, at)
    if note is None or note["service"] != service.id:
        raise ProtocolError("invalid_grant", "the code is not known, or older than a minute")
    ask, person = Ask(**note["ask"]), Person(**note["person"])
    if form.get("redirect_uri") != ask.redirect_uri:
        raise ProtocolError("invalid_grant", "redirect_uri is not that of the code")
    if not constant_time_compare(_digest(verifier), ask.challenge):
        raise ProtocolError("invalid_grant", "code_verifier does not fit the code")
    _spend(note["id"], at)
    return _tokens(service, ask, person, at)


def userinfo(service: IdentityService, authorization: str, *, at: datetime) -> dict[str, Any]:
    """What the bearer of this access token may know. Raises ProtocolError."""
    scheme, _space, token = authorization.partition(" ")
    note = _unseal("access", token.strip(), TOKEN_SECONDS, at) if scheme.lower() == "bearer" else None
    if note is None or note["service"] != service.id:
        raise ProtocolError("invalid_token", "the access token is not known, or older than five minutes")
    claims: dict[str, Any] = note["claims"]
    return claims


def claims_of(service: IdentityService, person: Person, scopes: list[str]) -> dict[str, str]:
    """What the service tells of the person for these scopes; what it does not know is left out."""
    told = {"sub": person.subject, "acr": person.level or service.level}
    if "profile" in scopes:
        names = {"family_name": person.last_name, "given_name": person.first_name, "middle_name": person.patronymic}
        told |= names | {"name": person.full_name, "birthdate": person.birth_date}
    if "identifiers" in scopes:
        told |= {name: person.identifiers.get(name, "") for name in NUMBERS[service.country]}
    return {name: value for name, value in told.items() if value}


def published_keys() -> dict[str, Any]:
    """The JSON Web Key Set with which anybody checks the signatures (RFC 7517)."""
    return {"keys": [_published() | {"kid": key_id(), "use": "sig", "alg": ALGORITHM}]}


def key_id() -> str:
    """The thumbprint of the key (RFC 7638)."""
    words = json.dumps(_published(), sort_keys=True, separators=(",", ":"))
    return _digest(words)


def _tokens(service: IdentityService, ask: Ask, person: Person, at: datetime) -> dict[str, Any]:
    claims, now = claims_of(service, person, ask.scopes), int(at.timestamp())
    access = _seal("access", {"service": service.id, "claims": claims}, at)
    half = hashlib.sha256(access.encode()).digest()[:16]
    signed = {
        "iss": service.issuer, "sub": claims["sub"], "aud": service.client_id, "iat": now, "exp": now + TOKEN_SECONDS,
        "auth_time": now, "acr": claims["acr"], "at_hash": _base64(half),
    }  # fmt: skip
    signed |= {"nonce": ask.nonce} if ask.nonce else {}
    return {
        "access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": " ".join(ask.scopes),
        "id_token": jwt.encode(signed, _signing_key(settings.SECRET_KEY), ALGORITHM, headers={"kid": key_id()}),
    }  # fmt: skip


def _spend(id: str, at: datetime) -> None:
    """Note that a code is used: the second one to come, in whichever process, finds the row."""
    note = {"owner": "", "route": "sandbox identity code", "body_hash": "", "created_at": at}
    try:
        with transaction.atomic():
            Submission.objects.create(key=uuid.UUID(id), **note)
    except IntegrityError:
        raise ProtocolError("invalid_grant", "the code was used already") from None


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _space, words = authorization.partition(" ")
    try:
        id, _colon, secret = base64.b64decode(words, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return (unquote_plus(id), unquote_plus(secret)) if scheme.lower() == "basic" else ("", "")


# --- Keys -----------------------------------------------------------------------------------------------------------
def _seal(use: str, note: Mapping[str, Any], at: datetime) -> str:
    words = json.dumps(note, ensure_ascii=False).encode()
    return _box(settings.SECRET_KEY, use).encrypt_at_time(words, int(at.timestamp())).decode()


def _unseal(use: str, sealed: str, seconds: int, at: datetime) -> dict[str, Any] | None:
    """The note, unless it is another's, another use's or too old."""
    try:
        words = _box(settings.SECRET_KEY, use).decrypt_at_time(sealed.encode(), seconds, int(at.timestamp()))
    except (InvalidToken, UnicodeEncodeError):
        return None
    note: dict[str, Any] = json.loads(words)
    return note


@cache
def _box(secret: str, use: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(secret, use, 32)))


@cache
def _signing_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """The same P-256 key in every process: 128 bits more than the order, so that no remainder is likelier (FIPS 186-5)."""
    number = int.from_bytes(_derived(secret, "signature", 48), "big") % (ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def _derived(secret: str, use: str, length: int) -> bytes:
    info = f"sandbox identity: {use}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(secret.encode())


def _published() -> dict[str, str]:
    """The required members of the public key, and no others (RFC 7638)."""
    point = _signing_key(settings.SECRET_KEY).public_key().public_numbers()
    x, y = (_base64(number.to_bytes(32, "big")) for number in (point.x, point.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _digest(words: str) -> str:
    """S256 of PKCE, and of thumbprints."""
    return _base64(hashlib.sha256(words.encode()).digest())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
