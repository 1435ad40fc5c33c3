"""A passkey in software: what a phone does behind `navigator.credentials`, and where a thief would do otherwise."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """One passkey of one person: a key of the curve P-256 that may count its uses."""

    origin: str = "http://testserver"
    rp_id: str = "testserver"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    counts: bool = False
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    secret: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any], **client: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        self.handle = websafe_decode(options["user"]["id"])
        public = cbor.encode(dict(ES256.from_cryptography_key(self.secret.public_key())))  # type: ignore[no-untyped-call]
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public
        data = self._data(ATTESTED) + attested
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        words = self._client("webauthn.create", options, client)
        return self._answer({"clientDataJSON": words, "attestationObject": made})

    def get(self, options: dict[str, Any], **client: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        if self.counts:
            self.counter += 1
        words, data = self._client("webauthn.get", options, client), self._data()
        signature = self.secret.sign(data + sha256(words).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": words, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._answer(parts)

    def _data(self, more: int = 0) -> bytes:
        rp = sha256(self.rp_id.encode()).digest()
        return rp + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any], more: dict[str, Any]) -> bytes:
        words = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(words | more).encode()

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        parts = {key: websafe_encode(value) for key, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": parts}


def ask(client: Client, door: str = "/in/passkey/options/") -> dict[str, Any]:
    """The options a browser gets before it asks the passkey."""
    answer = client.post(door)
    assert answer.status_code == 200, answer.content
    options: dict[str, Any] = answer.json()
    return options


def send(client: Client, door: str, answer: object, **more: str) -> Any:
    """Post the browser's answer as the form of the page does."""
    return client.post(door, {"credential": json.dumps(answer), **more})


def add_passkey(client: Client, key: SoftKey, name: str = "Телефон") -> Any:
    """Add this key in the profile of whoever is signed in and fresh."""
    options = ask(client, "/profile/passkeys/options/")
    return send(client, "/profile/passkeys/add/", key.create(options), name=name)
