"""The demo's own identity services: the whole code flow, and everything the protocol must refuse."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
from django.conf import settings as conf
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django import Settings

from accounts.identity import sandbox
from accounts.identity.catalog import LEVELS, read_catalog
from accounts.identity.claims import read_claims
from accounts.identity.sandbox_catalog import CLIENT, SCOPES, SECRET, SERVICES, redirect_uri, sandbox_services
from accounts.identity.townsfolk import GUIDE_OWNER, LVIV_OWNER, MANY_FLATS, NAMELESS, TOWNSFOLK
from accounts.models import Submission
from accounts.tests.tools import at_once
from accounts.views import identity_sandbox
from lib.identifiers import is_inn, is_rnokpp

VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BANK, STATE = sandbox_services(conf.PUBLIC_URL)[:2]
BACK = redirect_uri(BANK, conf.PUBLIC_URL)
RIGHT = {
    "client_id": CLIENT, "redirect_uri": BACK, "response_type": "code", "scope": "openid profile identifiers",
    "state": "st&te", "nonce": "n-1", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip
AUTHORIZE, TOKEN = (reverse(name, args=[BANK.id]) for name in ("sandbox_identity", "sandbox_identity_token"))
USERINFO = reverse("sandbox_identity_userinfo", args=[BANK.id])
ELSE = {"who": "else", "last_name": "О'Коннор-Шевчук", "first_name": "Анна", "level": "low"}

pytestmark = pytest.mark.django_db


def asking(**changed: str | None) -> str:
    """The address the portal leads a browser to, with the named parameters changed or (None) taken away."""
    query = {name: value for name, value in (RIGHT | changed).items() if value is not None}
    return f"{AUTHORIZE}?{urlencode(query)}"


def answer_to(response: Any) -> dict[str, str]:
    """What the browser carries back to the portal's own callback, and nowhere else."""
    assert response.status_code == 302
    address = urlsplit(response["Location"])
    assert address._replace(query="").geturl() == BACK
    return dict(parse_qsl(address.query))


def code_for(client: Client, who: str = "demo-guide", **typed: str) -> str:
    return answer_to(client.post(asking(), {"press": "continue", "who": who} | typed))["code"]


def exchange(first: str, /, *, at: str = TOKEN, **changed: str | None) -> Any:
    """Bring the code as the portal does, with the named parameters changed or (None) taken away."""
    form: dict[str, str | None] = {
        "grant_type": "authorization_code", "code": first, "redirect_uri": BACK, "code_verifier": VERIFIER,
        "client_id": CLIENT, "client_secret": SECRET,
    }  # fmt: skip
    client = Client(enforce_csrf_checks=True)  # nobody's browser: it has no token and needs none
    return client.post(at, {name: value for name, value in (form | changed).items() if value is not None})


def told(client: Client, tokens: dict[str, Any]) -> dict[str, str]:
    return dict(client.get(USERINFO, headers={"authorization": f"Bearer {tokens['access_token']}"}).json())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let that much time pass at the service's doors."""

    def later(by: timedelta) -> None:
        then = timezone.now() + by

        class Clock:
            @staticmethod
            def now() -> datetime:
                return then

        monkeypatch.setattr(identity_sandbox, "timezone", Clock)

    return later


# --- The whole way --------------------------------------------------------------------------------------------------
def test_a_person_is_chosen_and_the_portal_gets_what_it_asked_for(client: Client) -> None:
    back = answer_to(client.post(asking(), {"press": "continue", "who": "demo-guide"}))
    assert (back["state"], back["iss"]) == ("st&te", BANK.issuer)

    answered = exchange(back["code"])
    assert (answered.status_code, answered["Cache-Control"]) == (200, "no-store")
    tokens = answered.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 300)
    assert told(client, tokens) == {
        "sub": "demo-guide", "acr": "substantial", "name": "Мартынович Александр Владимирович",
        "family_name": "Мартынович", "given_name": "Александр", "middle_name": "Владимирович",
        "birthdate": "1961-04-12", "rnokpp": GUIDE_OWNER.identifiers["rnokpp"],
    }  # fmt: skip


def test_the_signature_is_checked_with_the_published_key(client: Client) -> None:
    about = client.get(f"{urlsplit(BANK.issuer).path}/.well-known/openid-configuration").json()
    [key] = client.get(urlsplit(about["jwks_uri"]).path).json()["keys"]
    tokens = exchange(code_for(client)).json()

    assert jwt.get_unverified_header(tokens["id_token"]) == {"alg": "ES256", "typ": "JWT", "kid": key["kid"]}
    assert "d" not in key
    claims = jwt.decode(tokens["id_token"], jwt.PyJWK(key), ["ES256"], audience=CLIENT, issuer=about["issuer"])
    assert (claims["nonce"], claims["sub"], claims["acr"]) == ("n-1", "demo-guide", "substantial")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def test_the_doors_named_in_the_discovery_are_those_of_the_issuer(client: Client) -> None:
    for service in sandbox_services(conf.PUBLIC_URL):
        about = client.get(f"{urlsplit(service.issuer).path}/.well-known/openid-configuration").json()
        assert about["issuer"] == service.issuer
        doors = [value for name, value in about.items() if name.endswith("_endpoint") or name == "jwks_uri"]
        assert len(doors) == 4
        assert all(door.startswith(f"{service.issuer}/") for door in doors)
        assert about["code_challenge_methods_supported"] == ["S256"]


def test_the_key_is_the_same_in_every_process_and_another_with_another_secret(settings: Settings) -> None:
    first = sandbox.published_keys()
    sandbox._signing_key.cache_clear()
    assert sandbox.published_keys() == first
    settings.SECRET_KEY = "another" * 9
    assert sandbox.key_id() != first["keys"][0]["kid"]


def test_only_what_was_asked_for_is_told(client: Client) -> None:
    page = client.get(asking(scope="openid")).content.decode()
    assert "date of birth" not in page
    assert "taxpayer" not in page
    back = answer_to(client.post(asking(scope="openid email"), {"press": "continue", "who": "demo-guide"}))
    tokens = exchange(back["code"]).json()
    assert tokens["scope"] == "openid"
    assert told(client, tokens) == {"sub": "demo-guide", "acr": "substantial"}


def test_a_person_without_names_has_none(client: Client) -> None:
    assert told(client, exchange(code_for(client, NAMELESS.subject)).json()) == {
        "sub": NAMELESS.subject, "acr": "substantial"
    }  # fmt: skip


def test_somebody_else_is_as_written(client: Client) -> None:
    born = {"birth_date": "1950-02-28", "subject": "тот-же", "patronymic": "Ивановна"}
    claims = told(client, exchange(code_for(client, **(ELSE | born))).json())
    assert claims == {
        "sub": "тот-же", "acr": "low", "name": "О'Коннор-Шевчук Анна Ивановна", "family_name": "О'Коннор-Шевчук",
        "given_name": "Анна", "middle_name": "Ивановна", "birthdate": "1950-02-28",
    }  # fmt: skip


def test_the_number_of_somebody_else_is_stable(client: Client) -> None:
    one, same, other = (
        told(client, exchange(code_for(client, **(ELSE | more))).json())["sub"]
        for more in ({}, {"level": "high"}, {"birth_date": "1950-02-28"})
    )
    assert one == same != other


def test_no_address_names_the_person(client: Client) -> None:
    code = code_for(client, **ELSE)
    assert "Шевчук".encode() not in base64.urlsafe_b64decode(code)


def test_the_secret_may_stand_in_the_header(client: Client) -> None:
    words = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    form = {
        "grant_type": "authorization_code",
        "code": code_for(client),
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    assert client.post(TOKEN, form, headers={"authorization": f"Basic {words}"}).status_code == 200


# --- What the browser may not bring ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "other"}, {"client_id": None}, {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/in/with/sandbox-bank/back/"},
        {"redirect_uri": f"{BACK}?x=1"}, {"redirect_uri": BACK.rstrip("/")}, {"redirect_uri": BACK + "../"},
        {"redirect_uri": BACK.replace("sandbox-bank", "sandbox-state")},
    ],
)  # fmt: skip
def test_an_unknown_client_or_address_is_told_here_and_gets_nothing(
    client: Client, changed: dict[str, str | None]
) -> None:
    for response in (client.get(asking(**changed)), client.post(asking(**changed), {"who": "demo-guide"})):
        assert response.status_code == 400
        assert "evil.example" not in response.content.decode()
        assert "This request cannot be answered" in response.content.decode()


def test_an_address_given_twice_is_not_a_known_one(client: Client) -> None:
    assert client.get(f"{asking()}&redirect_uri=https://evil.example/").status_code == 400


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"nonce": "n" * 251}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"request_uri": "https://evil.example/r"}, "request_not_supported"),
    ],
)
def test_a_wrong_request_goes_back_with_the_protocols_word(
    client: Client, changed: dict[str, str | None], word: str
) -> None:
    back = answer_to(client.get(asking(**changed)))
    assert (back["error"], back["state"]) == (word, "st&te")
    assert "code" not in back


def test_a_parameter_given_twice_is_refused(client: Client) -> None:
    assert answer_to(client.get(f"{asking()}&nonce=other"))["error"] == "invalid_request"


def test_who_cancels_goes_back_without_a_code(client: Client) -> None:
    back = answer_to(client.post(asking(), {"press": "cancel", "who": "demo-guide"}))
    assert (back["error"], back["state"], "code" in back) == ("access_denied", "st&te", False)


# --- What the portal may not bring ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "status", "word"),
    [
        ({"code_verifier": "w" * 50}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_request"),
        ({"code_verifier": "short"}, 400, "invalid_request"),
        ({"redirect_uri": BACK.replace("sandbox-bank", "sandbox-state")}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_secret": "не латиница"}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": "gAAAA"}, 400, "invalid_grant"),
        ({"code": "ключ\x00"}, 400, "invalid_grant"),
        ({"code": None}, 400, "invalid_grant"),
    ],
)
def test_what_does_not_fit_the_code_gets_no_token_and_spends_nothing(
    client: Client, changed: dict[str, str | None], status: int, word: str
) -> None:
    code = code_for(client)
    refused = exchange(code, at=TOKEN, **changed)
    assert (refused.status_code, refused.json()["error"]) == (status, word)
    assert refused["Cache-Control"] == "no-store"
    assert exchange(code).status_code == 200


def test_a_code_is_good_once(client: Client) -> None:
    code = code_for(client)
    assert [exchange(code).status_code for _time in range(3)] == [200, 400, 400]
    assert exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_takes_the_code(client: Client) -> None:
    code = code_for(client)
    assert sorted(answer.status_code for answer in at_once(6, lambda number: exchange(code))) == [200, *[400] * 5]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(("seconds", "status"), [(55, 200), (65, 400)])
def test_a_code_is_good_for_a_minute(
    client: Client, clock: Callable[[timedelta], None], seconds: int, status: int
) -> None:
    code = code_for(client)
    clock(timedelta(seconds=seconds))
    assert exchange(code).status_code == status


def test_a_code_of_one_service_is_none_of_another(client: Client) -> None:
    refused = exchange(code_for(client), at=reverse("sandbox_identity_token", args=[STATE.id]))
    assert refused.json()["error"] == "invalid_grant"


def test_a_token_ends_after_five_minutes(client: Client, clock: Callable[[timedelta], None]) -> None:
    tokens = exchange(code_for(client)).json()
    clock(timedelta(seconds=310))
    response = client.get(USERINFO, headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


def test_neither_a_code_nor_another_services_token_opens_userinfo(client: Client) -> None:
    code = code_for(client)
    token = exchange(code).json()["access_token"]
    theirs = reverse("sandbox_identity_userinfo", args=[STATE.id])
    assert client.get(USERINFO, headers={"authorization": f"Bearer {code}"}).status_code == 401
    assert client.get(theirs, headers={"authorization": f"Bearer {token}"}).status_code == 401
    assert client.get(USERINFO, headers={"authorization": f"Basic {token}"}).status_code == 401


# --- The page -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_the_page_says_what_it_is_in_the_readers_language(client: Client, language: str) -> None:
    client.cookies[conf.LANGUAGE_COOKIE_NAME] = language
    page = client.get(asking()).content.decode()
    with translation.override(language):
        says = translation.gettext(
            "This is a sandbox of the demo, not the real service. Do not write anything real here."
        )
    assert says in page
    assert f'<html lang="{language}">' in page
    assert page.count("<h1>") == 1
    assert conf.PUBLIC_HOST in page
    assert "portal.css" not in page
    assert all(one.person.full_name in page for one in TOWNSFOLK)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Choose a person."),
        ({"who": "nobody"}, "Choose a person of the list."),
        ({"who": "else"}, "Enter the last name."),
        (ELSE | {"birth_date": "31.31.1950"}, "Enter a valid date."),
        (ELSE | {"level": "divine"}, "Select a valid choice"),
        (ELSE | {"last_name": "Щ" * 81}, "at most 80 characters"),
        (ELSE | {"first_name": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_told_is_said_beside_its_field(client: Client, typed: dict[str, str], says: str) -> None:
    response = client.post(asking(), {"press": "continue"} | typed)
    assert response.status_code == 200
    assert says in response.content.decode()


def test_what_is_typed_stays_and_runs_nothing(client: Client) -> None:
    page = client.post(asking(), ELSE | {"last_name": '"><script>alert(1)</script>', "first_name": ""}).content.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_is_written_below_does_not_hinder_a_person_of_the_list(client: Client) -> None:
    assert code_for(client, LVIV_OWNER.subject, birth_date="never", last_name="Щ" * 500)


def test_what_the_portal_reads_of_the_towns_people_is_what_they_are_called() -> None:
    """The portal's own reading agrees with what the services tell: numbers fit the dates, capitals become names."""
    read = {
        (service.id, one.person.subject): read_claims(service, sandbox.claims_of(service, one.person, list(SCOPES)))
        for service in sandbox_services(conf.PUBLIC_URL)
        for one in TOWNSFOLK
    }
    guide, capitals = read[BANK.id, "demo-guide"], read[STATE.id, "demo-capitals"]
    assert guide
    assert (guide.get_full_name(), guide.level, guide.identifiers) == (
        GUIDE_OWNER.full_name, 2, {"rnokpp": GUIDE_OWNER.identifiers["rnokpp"]}
    )  # fmt: skip
    assert capitals
    assert (capitals.get_full_name(), capitals.level) == ("Орлова Мария Павловна", 3)
    assert capitals.identifiers == {"inn": MANY_FLATS.identifiers["inn"]}
    lviv = read[BANK.id, "demo-lviv"]
    assert lviv
    assert lviv.identifiers == LVIV_OWNER.identifiers
    assert {one for (_service, one), facts in read.items() if facts is None} == {"demo-nameless"}


def test_the_page_takes_no_press_from_another_site() -> None:
    assert (
        Client(enforce_csrf_checks=True).post(asking(), {"press": "continue", "who": "demo-guide"}).status_code == 403
    )


# --- Where it stands ------------------------------------------------------------------------------------------------
def test_without_the_pages_of_the_demo_there_is_no_service(client: Client, settings: Settings) -> None:
    code = code_for(client)
    settings.DEV_PAGES = False
    gets = (asking(), USERINFO, f"{urlsplit(BANK.issuer).path}/.well-known/openid-configuration",
            reverse("sandbox_identity_keys", args=[BANK.id]))  # fmt: skip
    assert {client.get(url).status_code for url in gets} == {404}
    assert exchange(code).status_code == 404


def test_an_unknown_service_is_no_page(client: Client) -> None:
    assert client.get(reverse("sandbox_identity", args=["sandbox-none"])).status_code == 404


def test_the_catalog_of_the_demo_is_one_that_a_file_could_hold(tmp_path: Path) -> None:
    services = sandbox_services("https://demo.example")
    file = tmp_path / "services.json"
    names = [names for _id, names, *_rest in SERVICES]
    rows = [asdict(replace(one, name="")) | {"name": given} for one, given in zip(services, names, strict=True)]
    file.write_text(json.dumps(rows))
    assert read_catalog(str(file)) == services
    assert [(one.kind, one.level) for one in services] == [
        ("bank", "substantial"), ("state", "high"), ("signature", "high")
    ]  # fmt: skip
    assert len(SERVICES) == 3


@pytest.mark.parametrize(("language", "mark"), [("ru", "подпись (демо)"), ("uk", "підпис"), ("en", "(demo)")])
def test_the_services_of_the_demo_have_names_in_each_language(language: str, mark: str) -> None:
    with translation.override(language):
        assert mark in str(sandbox_services("https://demo.example")[2].name)


def test_tests_are_configured_with_no_service() -> None:
    assert conf.IDENTITY_SERVICES == []


def test_the_people_differ_and_their_numbers_are_well_formed() -> None:
    people = [one.person for one in TOWNSFOLK]
    assert len({one.subject for one in people}) == len(people)
    assert {one.level for one in people} <= {"", *LEVELS}
    checks = {"inn": is_inn, "rnokpp": is_rnokpp}
    assert all(checks[name](number) for one in people for name, number in one.identifiers.items())


def test_parameters_of_the_client_itself_are_kept_whole(client: Client) -> None:
    """A state that looks like more parameters comes back as the one value it is."""
    response = client.post(asking(state="a&code=forged#x"), {"press": "cancel"})
    query = parse_qs(urlsplit(response["Location"]).query)
    assert (query["state"], "code" in query) == (["a&code=forged#x"], False)


def test_the_registered_address_is_the_portals_own_callback() -> None:
    for service in sandbox_services(conf.PUBLIC_URL):
        callback = conf.PUBLIC_URL + reverse("openid_connect_callback", args=[service.id])
        assert redirect_uri(service, conf.PUBLIC_URL) == callback
