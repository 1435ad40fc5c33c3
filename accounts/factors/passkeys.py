"""Passkeys (WebAuthn): keys that a phone or a computer keeps, and opens by a fingerprint, a face or the code of its lock.

`begin_adding` and `begin_asking` make the options for the browser, `add` and `check` read its answer. A challenge belongs to
one session, one person and one purpose, lives five minutes and is spent by the first answer, right or wrong.
"""

import json
import struct
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts import notices, sessions
from accounts.digests import digest
from accounts.factors import gate, resets
from accounts.factors.totp import HasFactor
from accounts.locks import lock, lock_same, must_be_open
from accounts.models import Submission, User
from lib.errors import Refusal
from notifications.actions import notify

MOST = 10  # passkeys of one person
LIFETIME = timedelta(minutes=5)
LARGEST = 32_000  # characters of a browser's answer; a real one has two thousand
SESSION_KEY = "passkey"
ADDING, ASKING = "adding", "asking"
# What the readers of CBOR, JSON and keys raise about an answer that no browser made.
NONSENSE = (
    ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RecursionError,
    NotImplementedError, struct.error, UnsupportedAlgorithm,
)  # fmt: skip


class PasskeyRefused(Refusal):
    """The browser's answer proves nothing; which part of it is wrong is not said."""

    status = 422


class PasskeysEnough(Refusal):
    """One person keeps a handful of passkeys, not a heap."""


class LastFactor(Refusal):
    """An employee without any second factor could not enter."""


def passkeys_of(user: User) -> "QuerySet[Authenticator]":
    """The person's passkeys, the first added first."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return found.order_by("created_at", "pk")


def read(text: str) -> dict[str, Any]:
    """The texts in the browser's answer; what is none is an empty one, which `add` and `check` refuse.

    A number where bytes are meant must not reach the library: it makes that many bytes, gigabytes if somebody likes.
    """
    try:
        answer = json.loads(text) if len(text) <= LARGEST else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        return {}
    response = answer.get("response")
    return _texts(answer) | {"response": _texts(response) if isinstance(response, dict) else {}}


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if isinstance(value, str)}


def begin_adding(request: HttpRequest, user: User, *, at: datetime) -> dict[str, Any]:
    """Options for the browser's `create`: a key it can find by itself, that opens only to its owner."""
    _must_have_room(user)
    options, state = _server(request).register_begin(
        user=auth.build_user_payload(user),
        credentials=auth.get_credentials(user),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _keep(request, state, ADDING, user, at)
    return dict(options.public_key)


def begin_asking(request: HttpRequest, user: User | None, *, at: datetime) -> dict[str, Any]:
    """Options for the browser's `get`: any passkey of this portal, or (`user`) one of this person."""
    credentials = auth.get_credentials(user) if user else None
    if user and not credentials:
        raise _refused()
    options, state = _server(request).authenticate_begin(
        credentials=credentials, user_verification=UserVerificationRequirement.REQUIRED
    )
    _keep(request, state, ASKING, user, at)
    return dict(options.public_key)


def add(request: HttpRequest, user: User, credential: Mapping[str, Any], name: str, *, at: datetime) -> Authenticator:
    """Keep the new passkey and tell the person."""
    state = _spend(request, ADDING, user, at)
    with _nonsense_is_refused():
        made = _server(request).register_complete(state, credential)
        kept = _kept(credential, made)
    with transaction.atomic():
        user = lock_same(user)
        _must_have_room(user)
        if user.is_staff and gate.has_strong_factor(user) and not sessions.has_passed_factor(request):
            raise HasFactor(_("A second factor is set up already. Use it to sign in."))
        if user.is_staff:
            resets.spend(request, user, at=at)
        same = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN, data__credential__id=kept["id"])
        if same.exists():
            raise _refused()
        row: Authenticator = auth.WebAuthn.add(user, name, kept).instance
        row.data["sign_count"], row.created_at = made.counter, at
        row.save(update_fields=["data", "created_at"])
        facts = {"subject": f"passkey:{row.pk}:added", "context": {"name": name}, "at": at}
        notify(notices.PASSKEY_ADDED, user=user, **facts)  # type: ignore[arg-type]
    return row


def check(
    request: HttpRequest, user: User | None, credential: Mapping[str, Any], *, at: datetime
) -> tuple[User, Authenticator]:
    """Whose passkey answered, and which; with `user` only one of this person's counts. Raises PasskeyRefused."""
    state = _spend(request, ASKING, user, at)
    with _nonsense_is_refused():
        answer = AuthenticationResponse.from_dict(credential)
        _must_be_of_our_page(answer.response.client_data)
        owner = _owner(answer.response.user_handle, user)
        _server(request).authenticate_complete(state, auth.get_credentials(owner), answer)
        used = auth.get_authenticator_by_credential_id(owner, answer.raw_id)
        counter = answer.response.authenticator_data.counter
    _count(used, counter, at=at)
    must_be_open(owner)
    return owner, used


@transaction.atomic
def remove(user: User, pk: int, *, at: datetime) -> None:
    """Forget one passkey and tell the person; the last second factor of an employee stays."""
    lock(user)
    row = passkeys_of(user).filter(pk=pk).first()
    if row is None:
        return
    if not gate.may_remove(row):
        raise LastFactor(_("This is your only second factor. Add another passkey or an app first."))
    facts = {"subject": f"passkey:{pk}:removed", "context": {"name": row.data["name"]}, "at": at}
    row.delete()
    notify(notices.PASSKEY_REMOVED, user=user, **facts)  # type: ignore[arg-type]


def _server(request: HttpRequest) -> Fido2Server:
    """The portal as this request's address names it; only a page of this very address may have asked."""

    def is_ours(origin: str) -> bool:
        parts = urlsplit(origin)
        schemes = {"https"} if settings.PRODUCTION else {"https", "http"}
        return parts.scheme in schemes and origin == f"{parts.scheme}://{request.get_host()}"

    entity = PublicKeyCredentialRpEntity(**get_adapter().get_public_key_credential_rp_entity())
    server = Fido2Server(entity, attestation=AttestationConveyancePreference.NONE, verify_origin=is_ours)
    server.timeout = int(LIFETIME.total_seconds() * 1000)  # type: ignore[assignment]
    return server


def _keep(request: HttpRequest, state: Mapping[str, Any], purpose: str, user: User | None, at: datetime) -> None:
    whose = user.pk if user else None
    request.session[SESSION_KEY] = {**state, "purpose": purpose, "user": whose, "at": at.timestamp()}


def _spend(request: HttpRequest, purpose: str, user: User | None, at: datetime) -> dict[str, Any]:
    """The session's challenge, which is used up by this. Two answers at once meet at the unique key of a row."""
    state: dict[str, Any] = request.session.pop(SESSION_KEY, None) or {}
    fits = state.get("purpose") == purpose and state.get("user") == (user.pk if user else None)
    if not fits or not 0 <= at.timestamp() - state["at"] <= LIFETIME.total_seconds():
        raise _refused()
    spent = digest("passkey", state["challenge"])
    try:
        with transaction.atomic():
            Submission.objects.create(key=uuid.UUID(spent[:32]), owner="", route="passkey", body_hash=spent)
    except IntegrityError:
        raise _refused() from None
    return state


@contextmanager
def _nonsense_is_refused() -> Iterator[None]:
    try:
        yield
    except NONSENSE as wrong:
        raise _refused() from wrong


def _kept(credential: Mapping[str, Any], made: AuthenticatorData) -> dict[str, Any]:
    """What is stored of the browser's answer: only what was read and understood, written anew."""
    answer = RegistrationResponse.from_dict(credential)
    data = made.credential_data
    assert data is not None
    identity = websafe_encode(data.credential_id)
    _must_be_of_our_page(answer.response.client_data)
    if answer.raw_id != data.credential_id:
        raise ValueError("The answer names another key.")
    if not 16 <= len(data.credential_id) <= 1023 or data.public_key.ALGORITHM not in CoseKey.supported_algorithms():
        raise ValueError("Not a key that could be checked.")
    response = {
        "clientDataJSON": websafe_encode(answer.response.client_data),
        "attestationObject": websafe_encode(answer.response.attestation_object),
    }
    return {"id": identity, "rawId": identity, "type": "public-key", "response": response}


def _must_be_of_our_page(client: CollectedClientData) -> None:
    if client.cross_origin:
        raise ValueError("Given inside of a foreign page.")


def _owner(handle: bytes | None, user: User | None) -> User:
    """Whose key it says to be: a browser that was asked for one person's keys need not say."""
    if handle is None and user is not None:
        return user
    owner = User.objects.filter(public_id=uuid.UUID(bytes=handle)).first()
    if owner is None or (user is not None and owner.pk != user.pk):
        raise ValueError("Another person's key, or nobody's.")
    return owner


@transaction.atomic
def _count(used: Authenticator, counter: int, *, at: datetime) -> None:
    """Note the use. A key that counts its uses and goes back is a copy of that key."""
    row = Authenticator.objects.select_for_update().filter(pk=used.pk).first()
    if row is None:  # removed at this very moment
        raise _refused()
    known = int(row.data.get("sign_count", 0))
    if (known or counter) and counter <= known:
        raise _refused()
    row.data["sign_count"], row.last_used_at = counter, at
    row.save(update_fields=["data", "last_used_at"])


def _must_have_room(user: User) -> None:
    if passkeys_of(user).count() >= MOST:
        raise PasskeysEnough(_("You have ten passkeys already. Remove one that you do not use, then add another."))


def _refused() -> PasskeyRefused:
    return PasskeyRefused(_("The passkey did not work. Try once more, or use a code: codes always work."))
