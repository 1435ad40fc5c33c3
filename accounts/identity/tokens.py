"""The ID token: what the service says of the person, and why we believe it (OpenID Connect Core, 3.1.3.7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import jwt
from jwt.types import Options

from accounts.identity.failures import Fault

ALGORITHMS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
}  # never «none», never HS*: the public key is no secret
LEEWAY = timedelta(seconds=60)  # between two clocks
YOUNG = timedelta(minutes=10)
LONGEST_SUBJECT = 191  # of the column
SHORTEST_RSA = 2048
OPTIONS: Options = {"require": ["iss", "sub", "aud", "exp", "iat"]}


class UnknownKey(Fault):
    """No key of the service fits the token; perhaps there are newer keys."""


def read(token: str, keys: Sequence[Any], *, issuer: str, audience: str, nonce: str, at: datetime) -> dict[str, Any]:
    """The claims of a token that passes every check; else raises Fault."""
    header = _header(token)
    algorithm, key = _key(header, keys)
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[algorithm], issuer=issuer, audience=audience, leeway=LEEWAY, options=OPTIONS
        )
    except jwt.PyJWTError as fault:
        raise Fault(REASONS.get(type(fault), "token")) from fault
    _check(claims, audience=audience, nonce=nonce, at=at)
    return claims


REASONS: dict[type[Exception], str] = {
    jwt.InvalidSignatureError: "signature",
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "not yet valid",
    jwt.InvalidIssuerError: "issuer",
    jwt.InvalidAudienceError: "audience",
    jwt.MissingRequiredClaimError: "claim missing",
}


def _header(token: str) -> dict[str, Any]:
    try:
        return dict(jwt.get_unverified_header(token))
    except jwt.PyJWTError as fault:
        raise Fault("token") from fault


def _key(header: Mapping[str, Any], keys: Sequence[Any]) -> tuple[str, Any]:
    """The algorithm and the one key of the service that may have signed this."""
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Fault("algorithm")
    fit = [key for key in keys if isinstance(key, dict) and _fits(key, algorithm, kid)]
    if len(fit) != 1:
        raise UnknownKey("key")
    try:
        key = jwt.PyJWK(fit[0], algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as fault:
        raise Fault("key unreadable") from fault
    if ALGORITHMS[algorithm] == "RSA" and key.key_size < SHORTEST_RSA:
        raise Fault("key too short")
    return algorithm, key


def _fits(key: Mapping[str, Any], algorithm: str, kid: object) -> bool:
    named = kid is None or key.get("kid") == kid
    return (
        named
        and key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _check(claims: Mapping[str, Any], *, audience: str, nonce: str, at: datetime) -> None:
    """What the library does not check."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else audience) != audience:
        raise Fault("authorized party")
    issued = claims["iat"]
    if not isinstance(issued, int | float) or at.timestamp() - issued > (YOUNG + LEEWAY).total_seconds():
        raise Fault("old")
    if not nonce or not compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Fault("nonce")
    subject(claims)


def subject(claims: Mapping[str, Any]) -> str:
    """Who it is for the service: plain letters, as the standard asks."""
    sub = claims.get("sub")
    if not isinstance(sub, str) or not sub or len(sub) > LONGEST_SUBJECT or not (sub.isascii() and sub.isprintable()):
        raise Fault("subject")
    return sub
