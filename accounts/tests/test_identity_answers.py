"""Which answers of an identity service are believed, and what a person sees of all the others."""

import base64
import gzip
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.identity import wire
from accounts.identity.catalog import IdentityService, apps
from accounts.tests.identity_provider import Arrival, at_home, enter_freshly, query
from accounts.tests.identity_stub import DISCOVERY, KEYS, TOKEN, USER, Stub, packed, public, rsa, running
from portal.testing import Cast

pytestmark = pytest.mark.django_db
NOTHING = "Nothing has happened"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def stub(settings: Settings) -> Iterator[Stub]:
    """A provider that can be bent, as the one service of the portal."""
    at_home(settings)
    with running() as found:
        service = IdentityService(
            id="odd", name="Odd Bank ID", kind="bank", issuer=found.issuer, client_id="portal", client_secret="s3cret"
        )
        settings.IDENTITY_SERVICES = [service]
        settings.SOCIALACCOUNT_PROVIDERS = apps([service])
        cache.clear()
        yield found
    cache.clear()


def begin(client: Client, **form: str) -> Any:
    return client.post("/in/with/odd/", form)


def walk(client: Client, stub: Stub) -> Any:
    return client.get(stub.confirm(begin(client)["Location"]))


def test_a_right_answer_is_believed(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    assert walk(client, stub).content == b"arrived"
    claims = arrivals[0]["claims"]
    assert (arrivals[0]["subject"], claims["given_name"], claims["family_name"]) == ("olga-1", "Ольга", "Петренко")


def test_what_is_signed_goes_before_what_is_only_said(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    stub.claims, stub.user = {"acr": "low"}, {"acr": "high"}
    walk(client, stub)
    assert arrivals[0]["claims"]["acr"] == "low"


def test_a_service_without_userinfo_says_all_in_the_token(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    stub.document = {"userinfo_endpoint": None}
    walk(client, stub)
    assert arrivals[0]["subject"] == "olga-1"
    assert stub.count(USER) == 0


def test_a_token_for_several_is_believed_when_it_names_us(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    stub.claims = {"aud": ["portal", "other"], "azp": "portal"}
    walk(client, stub)
    assert len(arrivals) == 1


# --- Keys and algorithms --------------------------------------------------------------------------------------------


def packet(*parts: dict[str, Any]) -> str:
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)


def unsigned(claims: dict[str, Any]) -> str:
    return packet({"alg": "none", "kid": "1"}, claims) + "."


def by_public_key(claims: dict[str, Any]) -> str:
    """HS256 with the public key as the secret: what a library that trusts the header would accept."""
    pem = rsa("own").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    said = packet({"alg": "HS256", "kid": "1"}, claims)
    return f"{said}.{base64.urlsafe_b64encode(hmac.digest(pem, said.encode(), 'sha256')).rstrip(b'=').decode()}"


def by(key: Any, algorithm: str = "RS256", **headers: str) -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "1"} | headers)


def another_signature(claims: dict[str, Any]) -> str:
    """One claim changed under an honest signature."""
    head, _body, tail = by(rsa("own"))(claims).split(".")
    return f"{head}.{packet(claims | {'sub': 'nina-1'})}.{tail}"


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        (by(rsa("other")), "signature"),
        (another_signature, "signature"),
        (unsigned, "algorithm"),
        (by_public_key, "algorithm"),
        (by(rsa("own"), kid="2"), "key"),
        (by(rsa("own"), "PS256"), "key"),  # the key is published for RS256
        (lambda claims: "not.a.token", "token"),
        (lambda claims: "", "token"),
        (lambda claims: None, "no ID token"),
    ],
)
def test_a_token_nobody_signed_is_not_believed(
    client: Client, stub: Stub, arrivals: list[Arrival], caplog: pytest.LogCaptureFixture,
    sign: Callable[[dict[str, Any]], str | None], reason: str,
) -> None:  # fmt: skip
    stub.sign = sign
    page = walk(client, stub)
    assert (page.status_code, arrivals) == (403, [])
    assert NOTHING in page.content.decode()
    assert f"Identity service odd: untrusted ({reason})" in caplog.text


@pytest.mark.filterwarnings("ignore:The RSA key")  # that is what the test is about
def test_a_short_key_is_not_believed(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    stub.keys, stub.sign = [public(rsa("short", 1024), kid="1")], by(rsa("short", 1024))
    assert (walk(client, stub).status_code, arrivals) == (403, [])


def test_an_elliptic_key_is_as_good(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    key: EllipticCurvePrivateKey = generate_private_key(SECP256R1())
    stub.keys = [jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "e"}]
    stub.sign = by(key, "ES256", kid="e")
    walk(client, stub)
    assert len(arrivals) == 1


def test_new_keys_are_fetched_once_when_a_token_names_one(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    walk(client, stub)
    walk(client, stub)
    assert stub.count(KEYS) == 1
    stub.keys, stub.sign = [public(rsa("new"), kid="new")], by(rsa("new"), kid="new")
    walk(client, stub)
    assert (len(arrivals), stub.count(KEYS)) == (3, 2)
    stub.sign = by(rsa("other"), kid="never")
    assert walk(client, stub).status_code == 403
    assert (len(arrivals), stub.count(KEYS)) == (3, 3)


# --- Claims ---------------------------------------------------------------------------------------------------------

NOW = int(time())


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.example.org"}, "issuer"),
        ({"iss": None}, "claim missing"),
        ({"aud": "another-portal"}, "audience"),
        ({"aud": ["portal", "other"]}, "authorized party"),
        ({"aud": ["portal", "other"], "azp": "other"}, "authorized party"),
        ({"azp": "other"}, "authorized party"),
        ({"exp": NOW - 3600}, "expired"),
        ({"exp": None}, "claim missing"),
        ({"iat": NOW - 3600}, "old"),
        ({"iat": NOW + 24 * 3600}, "not yet valid"),
        ({"iat": None}, "claim missing"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": None}, "claim missing"),
        ({"sub": ""}, "subject"),
        ({"sub": "a" * 192}, "subject"),
        ({"sub": "oльга"}, "subject"),
    ],
)
def test_a_token_with_a_wrong_claim_is_not_believed(
    client: Client, stub: Stub, arrivals: list[Arrival], caplog: pytest.LogCaptureFixture,
    claims: dict[str, Any], reason: str,
) -> None:  # fmt: skip
    stub.claims = claims
    page = walk(client, stub)
    assert (page.status_code, arrivals) == (403, [])
    assert NOTHING in page.content.decode()
    assert f"untrusted ({reason})" in caplog.text


@pytest.mark.parametrize("user", [{"sub": "nina-1"}, {"sub": None}, {"sub": 5}])
def test_userinfo_of_somebody_else_is_not_believed(
    client: Client, stub: Stub, arrivals: list[Arrival], user: dict[str, Any]
) -> None:
    stub.user = user
    assert (walk(client, stub).status_code, arrivals) == (403, [])


def test_the_log_says_nothing_of_the_person(
    client: Client, stub: Stub, arrivals: list[Arrival], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.claims = {"sub": "olga-secret-1", "aud": "another-portal"}
    walk(client, stub)
    said = " ".join(record.getMessage() for record in caplog.records if record.name.startswith(("accounts", "allauth")))
    assert "audience" in said
    assert "olga" not in said
    assert "Петренко" not in said


# --- State, PKCE, nonce ---------------------------------------------------------------------------------------------


def test_the_proof_of_the_code_is_checked(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    """The stub compares S256 of the verifier with the challenge: with another challenge it refuses the code."""
    address = begin(client)["Location"]
    assert query(address)["code_challenge_method"] == "S256"
    back = stub.confirm(address.replace("code_challenge=", "code_challenge=x"))
    page = client.get(back)
    assert (page.status_code, arrivals) == (422, [])
    assert "did not confirm you" in page.content.decode()


def test_every_sign_in_has_its_own_state_nonce_and_proof(client: Client, stub: Stub) -> None:
    one, other = query(begin(client)["Location"]), query(begin(client)["Location"])
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name]) >= 32
        assert one[name] != other[name]


def test_an_answer_is_taken_once(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    back = stub.confirm(begin(client)["Location"])
    client.get(back)
    page = client.get(back)
    assert (page.status_code, len(arrivals), stub.count(TOKEN)) == (400, 1, 1)
    assert "This step is over" in page.content.decode()


def test_an_answer_is_not_taken_in_another_browser(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    """Whoever is sent somebody else's answer is not signed in as them."""
    back = stub.confirm(begin(client)["Location"])
    victim = Client()
    begin(victim)
    assert (victim.get(back).status_code, arrivals, stub.count(TOKEN)) == (400, [], 0)
    client.get(back)
    assert len(arrivals) == 1


@pytest.mark.parametrize("tail", ["", "?code=1", "?state=unknown", "?code=1&state=unknown", "?error=access_denied"])
def test_an_answer_nobody_waits_for_is_not_taken(
    client: Client, stub: Stub, arrivals: list[Arrival], tail: str
) -> None:
    begin(client)
    assert (client.get(f"/in/with/odd/back/{tail}").status_code, arrivals, stub.count(TOKEN)) == (400, [], 0)


def test_an_answer_that_comes_too_late_is_not_taken(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    back = stub.confirm(begin(client)["Location"])
    session = client.session
    states = session["socialaccount_states"]
    session["socialaccount_states"] = {name: [row[0], row[1] - 601, row[2]] for name, row in states.items()}
    session.save()
    assert (client.get(back).status_code, arrivals) == (400, [])


def test_an_answer_of_one_service_is_not_taken_for_another_one(
    client: Client, stub: Stub, arrivals: list[Arrival], settings: Settings
) -> None:
    settings.IDENTITY_SERVICES = [*settings.IDENTITY_SERVICES, replace(settings.IDENTITY_SERVICES[0], id="second")]
    settings.SOCIALACCOUNT_PROVIDERS = apps(settings.IDENTITY_SERVICES)
    back = stub.confirm(begin(client)["Location"])
    assert client.get(back.replace("/odd/", "/second/")).status_code == 400
    assert client.get(f"{back}&iss=https://evil.example.org").status_code == 403
    assert arrivals == []


@pytest.mark.parametrize(("promised", "tail", "status"), [
    (True, "", 403), (True, "&iss={0}", 200), (True, "&iss=https://evil.example.org&iss={0}", 403), (True, "&iss=", 403),
    (None, "", 200), (None, "&iss={0}", 200), ("true", "", 200),
])  # fmt: skip
def test_a_service_that_promises_to_name_itself_does(
    client: Client, stub: Stub, arrivals: list[Arrival], promised: Any, tail: str, status: int
) -> None:
    """RFC 9207: who mixes services up leaves the name out."""
    stub.document = {"authorization_response_iss_parameter_supported": promised}
    back = stub.confirm(begin(client)["Location"]) + tail.format(stub.issuer)
    assert (client.get(back).status_code, len(arrivals)) == (status, int(status == 200))


def test_a_token_of_another_step_is_not_taken(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    """The nonce of the second step does not open the first one, though both are this browser's."""
    first, second = begin(client)["Location"], begin(client)["Location"]
    back = stub.confirm(first)
    stub.claims = {"nonce": query(second)["nonce"]}
    assert (client.get(back).status_code, arrivals) == (403, [])


# --- Services that are away -----------------------------------------------------------------------------------------


def other_ways(client: Client, page: Any, codes: list[str]) -> None:
    """The page says what to do, and the code works as ever."""
    text = page.content.decode()
    assert NOTHING in text
    assert 'href="/in/"' in text
    assert 'href="/in/password/"' in text
    assert client.get("/in/").status_code == 200
    client.post("/in/", {"address": "+79123456789", "channel": "sms"})
    assert client.post("/in/code/", {"code": codes[-1]}).status_code == 302
    assert "_auth_user_id" in client.session


def test_a_service_that_is_down_closes_no_other_door(
    client: Client, stub: Stub, codes: list[str], settings: Settings
) -> None:
    service = replace(settings.IDENTITY_SERVICES[0], issuer="http://127.0.0.1:1")
    settings.IDENTITY_SERVICES, settings.SOCIALACCOUNT_PROVIDERS = [service], apps([service])
    page = begin(client)
    assert page.status_code == 503
    assert "Odd Bank ID does not work now" in page.content.decode()
    other_ways(client, page, codes)


@pytest.mark.parametrize("way", ["slow", "dripping"])
def test_a_slow_service_is_waited_for_once(
    client: Client, stub: Stub, codes: list[str], settings: Settings, way: str
) -> None:
    """The next person is told at once: the service is not even asked."""
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.3
    getattr(stub, way).add(DISCOVERY)
    page = begin(client)
    assert (page.status_code, stub.count(DISCOVERY)) == (503, 1)
    assert (begin(Client()).status_code, stub.count(DISCOVERY)) == (503, 1)
    other_ways(client, page, codes)
    cache.clear()  # as half a minute does
    begin(client)
    assert stub.count(DISCOVERY) == 2


@pytest.mark.parametrize("path", [TOKEN, KEYS, USER])
def test_a_service_may_fall_asleep_at_every_step(
    client: Client, stub: Stub, arrivals: list[Arrival], settings: Settings, path: str
) -> None:
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.5
    stub.slow.add(path)
    assert (walk(client, stub).status_code, arrivals) == (503, [])


def test_all_answers_of_a_step_together_have_their_time(
    client: Client, stub: Stub, arrivals: list[Arrival], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = begin(client)["Location"]
    monkeypatch.setattr(wire, "WHOLE", 0.0)
    assert (client.get(stub.confirm(address)).status_code, stub.count(TOKEN)) == (503, 0)


HTML = (200, {"Content-Type": "text/html"}, b"<h1>Maintenance</h1>")
ODD = [
    ((500, {}, b""), 503),
    ((503, {}, b"<h1>Maintenance</h1>"), 503),
    (HTML, 502),
    ((200, JSON, b""), 502),
    (packed(["a list"]), 502),
    ((302, {"Location": "http://127.0.0.1:1/elsewhere"}, b""), 502),
    ((200, JSON, b'{"a": "' + b"a" * wire.MOST + b'"}'), 502),
    ((200, JSON | {"Content-Encoding": "gzip"}, gzip.compress(b"{}")), 502),
]


@pytest.mark.parametrize("path", [DISCOVERY, TOKEN, KEYS, USER])
@pytest.mark.parametrize(("answer", "status"), ODD)
def test_an_answer_that_is_none_is_told_as_the_service_s_fault(
    client: Client, stub: Stub, arrivals: list[Arrival], path: str, answer: tuple[int, dict[str, str], bytes], status: int
) -> None:  # fmt: skip
    stub.answers[path] = answer
    page = begin(client) if path == DISCOVERY else walk(client, stub)
    assert (page.status_code, arrivals) == (status, [])
    assert "does not work now" in page.content.decode()
    assert NOTHING in page.content.decode()


@pytest.mark.parametrize("path", [DISCOVERY, KEYS, USER])
def test_a_page_that_is_not_there_is_told_as_the_service_s_fault(client: Client, stub: Stub, path: str) -> None:
    stub.answers[path] = packed({}, 404)
    page = begin(client) if path == DISCOVERY else walk(client, stub)
    assert page.status_code == 502


def test_redirects_of_a_service_are_not_followed(client: Client, stub: Stub) -> None:
    stub.answers[DISCOVERY] = (302, {"Location": f"{stub.issuer}{KEYS}"}, b"")
    begin(client)
    assert stub.seen == [DISCOVERY]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example.org"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": 5},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "https://[bad/"},
        {"authorization_endpoint": "https:///path"},
        {"token_endpoint": "https://id.example.org:port/"},
        {"jwks_uri": "https://id.example.org/a\r\nX: y"},
    ],
)
def test_a_service_that_describes_itself_wrongly_is_not_used(
    client: Client, stub: Stub, document: dict[str, Any]
) -> None:
    stub.document = document
    assert begin(client).status_code == 502
    assert (begin(client).status_code, stub.count(DISCOVERY)) == (503, 1)  # it rests


def test_production_asks_over_https_only(client: Client, stub: Stub, settings: Settings) -> None:
    settings.PRODUCTION = True
    assert begin(client).status_code == 502


def test_a_token_that_is_no_text_is_not_used(client: Client, stub: Stub, arrivals: list[Arrival]) -> None:
    stub.answers[TOKEN] = packed({"access_token": 5, "id_token": 7})
    assert (walk(client, stub).status_code, arrivals) == (403, [])


# --- What the service says instead of an answer ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"), [("temporarily_unavailable", 503), ("server_error", 503), ("invalid_request", 422)]
)
def test_an_error_of_the_service_is_told(
    client: Client, stub: Stub, arrivals: list[Arrival], error: str, status: int
) -> None:
    state = query(begin(client)["Location"])["state"]
    page = client.get(f"/in/with/odd/back/?error={error}&error_description=x<b>y&state={state}")
    assert (page.status_code, arrivals) == (status, [])
    assert "x<b>y" not in page.content.decode()
    assert NOTHING in page.content.decode()


def test_somebody_signed_in_is_led_back_to_the_profile(stub: Stub, cast: Cast, arrivals: list[Arrival]) -> None:
    olga = Client(headers={"accept-language": "en"})
    enter_freshly(olga, cast.olga)
    stub.claims = {"aud": "another-portal"}
    text = walk(olga, stub).content.decode()
    assert "nothing in your profile was changed" in text
    assert 'href="/profile/"' in text
    assert 'href="/in/"' not in text
