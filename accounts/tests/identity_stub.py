"""A small OpenID provider that lies, dawdles or falls over as a test tells it; correct until then."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache as kept
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

Answer = tuple[int, dict[str, str], bytes]
DISCOVERY, TOKEN, KEYS, USER = "/.well-known/openid-configuration", "/token", "/keys", "/userinfo"


@kept
def rsa(name: str, bits: int = 2048) -> RSAPrivateKey:
    """The key of this name, the same in every test."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def public(key: RSAPrivateKey, **facts: Any) -> dict[str, Any]:
    """A key as a service publishes it."""
    found: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return found | {"use": "sig", "alg": "RS256"} | facts


def packed(words: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(words).encode()


@dataclass
class Stub:
    """Its fields are what a test bends; `seen` is what it was asked."""

    issuer: str
    document: dict[str, Any] = field(default_factory=dict)  # over what it publishes about itself
    claims: dict[str, Any] = field(default_factory=dict)  # over what the token says; None leaves a claim out
    user: dict[str, Any] = field(default_factory=dict)  # over what userinfo says
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public(rsa("own"), kid="1")])
    sign: Callable[[dict[str, Any]], str | None] = field(
        default=lambda claims: jwt.encode(claims, rsa("own"), algorithm="RS256", headers={"kid": "1"})
    )
    answers: dict[str, Answer] = field(default_factory=dict)  # path → what is answered instead
    slow: set[str] = field(default_factory=set)  # paths that wait until the test is over
    dripping: set[str] = field(default_factory=set)  # paths that answer letter by letter until the test is over
    seen: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def confirm(self, address: str, sub: str = "olga-1") -> str:
        """Be this person at the address where the portal leads; return the address in the portal to come back by."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked | {"sub": sub}
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"

    def count(self, path: str) -> int:
        return self.seen.count(path)

    def answer(self, path: str, form: dict[str, str], authorization: str) -> Answer:
        self.seen.append(path)
        if path in self.slow:
            self.over.wait(20)
        if path in self.answers:
            return self.answers[path]
        if path == DISCOVERY:
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": TOKEN, "jwks_uri": KEYS, "userinfo_endpoint": USER}  # fmt: skip
            told = {"issuer": self.issuer} | {name: f"{self.issuer}{end}" for name, end in ends.items()}
            return packed({name: value for name, value in (told | self.document).items() if value is not None})
        if path == KEYS:
            return packed({"keys": self.keys})
        if path == TOKEN:
            return self._token(form, authorization)
        if path == USER and authorization.startswith("Bearer at-"):
            return packed({"sub": authorization.removeprefix("Bearer at-"), "given_name": "Ольга"} | self.user)
        return packed({"error": "invalid_request"}, 400)

    def _token(self, form: dict[str, str], authorization: str) -> Answer:
        begun = self.codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        basic = "Basic " + base64.b64encode(b"portal:s3cret").decode()
        fits = begun and begun["code_challenge"] == challenge and begun["code_challenge_method"] == "S256"
        if not begun or not fits or authorization != basic or form["redirect_uri"] != begun["redirect_uri"]:
            return packed({"error": "invalid_grant"}, 400)
        now = int(time())
        claims = {
            "iss": self.issuer, "aud": "portal", "sub": begun["sub"], "iat": now, "exp": now + 300,
            "nonce": begun["nonce"], "family_name": "Петренко",
        }  # fmt: skip
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        token = self.sign(claims)
        answer = {"access_token": f"at-{begun['sub']}", "token_type": "Bearer"}
        return packed(answer | ({"id_token": token} if token is not None else {}))


@contextmanager
def running() -> Iterator[Stub]:
    """Such a provider on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._say(dict(parse_qsl(body)))

        def _say(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            status, headers, body = stub.answer(path, form, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                if path in stub.dripping:
                    for letter in body:
                        self.wfile.write(bytes([letter]))
                        if stub.over.wait(0.05):
                            return
                self.wfile.write(body)
            except OSError:
                return  # nobody listens any more

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub = Stub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
