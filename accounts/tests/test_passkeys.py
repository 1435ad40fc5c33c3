"""Passkeys: added, used to come in and to confirm, removed; and everything that is not the right answer is refused alike."""

import json
import re
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from fido2.utils import websafe_decode, websafe_encode
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from accounts.identity.held import KEY as HELD
from accounts.identity.held import hold
from accounts.models import User
from accounts.tests.soft_key import PRESENT, SoftKey, add_passkey, ask, send
from accounts.tests.test_linking import BANK, OLGA
from accounts.tests.tools import at_once, request_from
from accounts.zones import ZONE
from notifications.models import Notice
from portal.testing import Cast, last_message, make_user

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
SIGN_IN, CONFIRM = "/in/passkey/", "/profile/confirm/passkey/"
WORDS = "The passkey did not work"


@pytest.fixture
def fresh(enter: Enter) -> Enter:
    """A browser of somebody who has just proved themselves."""

    def entered(user: User) -> Client:
        if not user.has_usable_password():
            user.set_password("длинная фраза 1977")
            user.save()
        client = enter(user)
        assert client.post("/profile/confirm/password/", {"password": "длинная фраза 1977"}).status_code == 302
        return client

    return entered


@pytest.fixture
def key(cast: Cast, fresh: Enter) -> SoftKey:
    """A passkey of Olga's that counts its uses."""
    made = SoftKey(counts=True)
    assert add_passkey(fresh(cast.olga), made).status_code == 302
    return made


def is_entry_page(page: Any, sentence: str) -> bool:
    """The page of the residents' door, with this in the focused place of errors and a form that asks for a code."""
    html = page.content.decode()
    summary = re.search(r'<div class="summary" role="alert" tabindex="-1" autofocus.*?</div>', html, re.DOTALL)
    return (
        bool(summary and sentence in summary[0] and "Please check" not in summary[0])
        and '<form method="post" action="/in/"' in html  # not to the door that refused
        and 'name="address"' in html
        and "aria-invalid" not in html
        and "Sign in with a passkey" in html
        and page["Cache-Control"] == "no-store"
    )


def is_in(client: Client, user: User) -> bool:
    return client.session.get("_auth_user_id") == str(user.pk)


# --- Adding ---------------------------------------------------------------------------------------------------------
def test_a_passkey_is_added_and_told(cast: Cast, fresh: Enter) -> None:
    olga = fresh(cast.olga)
    assert add_passkey(olga, SoftKey(), "Мой телефон")["Location"] == "/profile/passkeys/"
    page = olga.get("/profile/passkeys/").content.decode()
    assert "Мой телефон" in page
    assert "Not yet" in page
    session = olga.session
    session[ZONE] = "Asia/Vladivostok"  # where the house stands whose account she looked at last
    session.save()
    added = timezone.localtime(Authenticator.objects.get().created_at, ZoneInfo("Asia/Vladivostok"))
    assert date_format(added, "DATETIME_FORMAT") in olga.get("/profile/passkeys/").content.decode()
    assert "passkey was added" in last_message(cast.olga.phone or "").text
    assert Notice.objects.filter(user_id=cast.olga.pk, kind="accounts.passkey_added").exists()


def test_the_options_name_nobody_openly_and_ask_for_the_owner(cast: Cast, fresh: Enter) -> None:
    olga = fresh(cast.olga)
    key = SoftKey()
    add_passkey(olga, key)
    options = ask(olga, "/profile/passkeys/options/")
    assert websafe_decode(options["user"]["id"]) == cast.olga.public_id.bytes
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [one["id"] for one in options["excludeCredentials"]] == [websafe_encode(key.credential_id)]
    assert options["rp"]["id"] == "testserver"


def test_a_passkey_is_added_only_by_who_is_fresh(cast: Cast, enter: Enter) -> None:
    olga = enter(cast.olga)
    for door in ("/profile/passkeys/add/", "/profile/passkeys/options/"):
        assert olga.post(door)["Location"].startswith("/profile/confirm/?next=")


def test_the_same_key_is_kept_once_and_is_nobody_elses(cast: Cast, fresh: Enter, key: SoftKey) -> None:
    assert add_passkey(fresh(cast.olga), key).status_code == 422
    assert add_passkey(fresh(cast.nina), key).status_code == 422
    assert Authenticator.objects.count() == 1


def test_ten_passkeys_are_enough(cast: Cast, fresh: Enter) -> None:
    olga = fresh(cast.olga)
    for number in range(10):
        assert add_passkey(olga, SoftKey(), f"Ключ {number}").status_code == 302
    refused = olga.post("/profile/passkeys/options/")
    assert refused.status_code == 409
    assert "ten passkeys" in refused.content.decode()
    assert "that is the most" in olga.get("/profile/passkeys/").content.decode()
    assert olga.get("/profile/passkeys/add/")["Location"] == "/profile/passkeys/"


def test_a_name_is_asked_for_and_shown_as_text(cast: Cast, fresh: Enter) -> None:
    olga = fresh(cast.olga)
    assert add_passkey(olga, SoftKey(), " ").status_code == 422
    add_passkey(olga, SoftKey(), "<b>я</b>")
    assert "&lt;b&gt;я&lt;/b&gt;" in olga.get("/profile/passkeys/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:8000"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
)
def test_a_key_made_elsewhere_or_without_its_owner_is_not_added(
    cast: Cast, fresh: Enter, wrong: dict[str, Any]
) -> None:
    assert add_passkey(fresh(cast.olga), SoftKey(**wrong)).status_code == 422
    assert not Authenticator.objects.exists()


def test_http_is_no_origin_in_production(cast: Cast, fresh: Enter, settings: Any) -> None:
    olga = fresh(cast.olga)
    options = ask(olga, "/profile/passkeys/options/")
    settings.PRODUCTION = True
    refused = send(olga, "/profile/passkeys/add/", SoftKey().create(options), name="Телефон")
    assert refused.status_code == 422
    assert WORDS in refused.content.decode()
    assert 'value="Телефон"' in refused.content.decode()  # what was typed is still there


# --- Coming in ------------------------------------------------------------------------------------------------------
def test_a_passkey_opens_the_session(cast: Cast, key: SoftKey, client: Client) -> None:
    client.get("/in/?next=/profile/")
    options = ask(client)
    assert "allowCredentials" not in options or options["allowCredentials"] in (None, [])
    assert options["userVerification"] == "required"
    assert send(client, SIGN_IN, key.get(options))["Location"] == "/profile/"
    assert is_in(client, cast.olga)
    assert Authenticator.objects.get().last_used_at is not None
    assert client.get("/profile/delete/").status_code == 200  # it counts as a fresh proof


def test_who_waits_to_be_joined_is_asked_after_a_passkey_too(
    cast: Cast, key: SoftKey, client: Client, settings: Any
) -> None:
    settings.IDENTITY_SERVICES = [BANK]
    client.get("/in/?next=/profile/")
    request = request_from()
    hold(request, BANK, "s-1", OLGA, at=timezone.now())
    session = client.session
    session[HELD] = request.session[HELD]
    session.save()
    assert send(client, SIGN_IN, key.get(ask(client)))["Location"] == "/in/join/"
    assert client.post(SIGN_IN)["Location"] == "/in/join/"  # a second click
    assert client.post("/in/join/", {"answer": "no"})["Location"] == "/profile/"


def test_the_entry_page_says_codes_first_and_hides_the_button_until_a_script_runs(client: Client) -> None:
    page = client.get("/in/").content.decode()
    assert page.index("Get the code") < page.index("Sign in with a passkey")
    assert "data-with-passkeys hidden" in page
    assert client.post("/in/passkey/options/")["Cache-Control"] == "no-store"


def test_an_answer_opens_once(key: SoftKey, client: Client) -> None:
    answer = key.get(ask(client))
    assert send(client, SIGN_IN, answer).status_code == 302
    client.post("/out/")
    again = send(client, SIGN_IN, answer)
    assert again.status_code == 422
    assert is_entry_page(again, WORDS)


def test_a_challenge_is_spent_by_a_wrong_answer_too(key: SoftKey, client: Client) -> None:
    options = ask(client)
    assert send(client, SIGN_IN, {}).status_code == 422
    assert send(client, SIGN_IN, key.get(options)).status_code == 422


def test_a_challenge_lives_five_minutes(key: SoftKey, client: Client, clock: Callable[[int], None]) -> None:
    options = ask(client)
    clock(301)
    late = send(client, SIGN_IN, key.get(options))
    assert late.status_code == 422
    assert is_entry_page(late, WORDS)


def test_a_challenge_belongs_to_its_session(key: SoftKey, client: Client) -> None:
    assert send(Client(), SIGN_IN, key.get(ask(client))).status_code == 422


def test_a_challenge_for_adding_opens_nothing(cast: Cast, key: SoftKey, fresh: Enter) -> None:
    olga = fresh(cast.olga)
    options = ask(olga, "/profile/passkeys/options/")
    assert send(olga, CONFIRM, key.get(options)).status_code == 422


WRONG: dict[str, Callable[[SoftKey], SoftKey]] = {
    "another origin": lambda key: replace(key, origin="https://testserver.evil.example"),
    "another site": lambda key: replace(key, rp_id="evil.example"),
    "nobody verified": lambda key: replace(key, flags=PRESENT),
    "another secret": lambda key: replace(key, secret=SoftKey().secret),
    "an unknown key": lambda key: replace(key, credential_id=b"x" * 32),
    "nobody's handle": lambda key: replace(key, handle=b"x" * 16),
    "a phone for a handle": lambda key: replace(key, handle=b"+79120000000"),
    "no handle": lambda key: replace(key, handle=b""),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_every_wrong_answer_is_refused_in_the_same_words(key: SoftKey, client: Client, wrong: str) -> None:
    refused = send(client, SIGN_IN, WRONG[wrong](key).get(ask(client)))
    assert refused.status_code == 422
    assert is_entry_page(refused, WORDS)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("more", [{"type": "webauthn.create"}, {"crossOrigin": True}, {"challenge": "AAAA"}])
def test_words_of_another_ceremony_are_refused(key: SoftKey, client: Client, more: dict[str, Any]) -> None:
    assert send(client, SIGN_IN, key.get(ask(client), **more)).status_code == 422


def test_a_copied_key_is_known_by_its_count(key: SoftKey, client: Client) -> None:
    thief = replace(key)
    assert send(client, SIGN_IN, key.get(ask(client))).status_code == 302
    client.post("/out/")
    assert send(client, SIGN_IN, thief.get(ask(client))).status_code == 422
    silent = replace(key, counts=False, counter=0)
    assert send(client, SIGN_IN, silent.get(ask(client))).status_code == 422


def test_a_key_that_never_counts_is_fine(cast: Cast, fresh: Enter, client: Client) -> None:
    key = SoftKey()
    add_passkey(fresh(cast.nina), key)
    for _turn in range(2):
        assert send(client, SIGN_IN, key.get(ask(client))).status_code == 302
        client.post("/out/")


def test_a_closed_profile_is_refused_in_words(cast: Cast, key: SoftKey, client: Client) -> None:
    User.objects.filter(pk=cast.olga.pk).update(is_active=False)
    refused = send(client, SIGN_IN, key.get(ask(client)))
    assert refused.status_code == 409
    assert is_entry_page(refused, "This profile is closed")


def test_after_a_refused_passkey_a_code_leads_where_the_person_was_going(
    cast: Cast, client: Client, codes: list[str]
) -> None:
    """What was typed before the passkey was tried stands in the field again."""
    client.get("/in/?next=/profile/sessions/")
    client.post("/in/", {"address": cast.olga.phone, "channel": "sms"})
    page = send(client, SIGN_IN, {})
    assert is_entry_page(page, WORDS)
    assert f'value="{cast.olga.phone}"' in page.content.decode()
    assert client.post("/in/code/", {"code": codes[0]})["Location"] == "/profile/sessions/"


def test_who_is_new_is_asked_for_names(fresh: Enter, client: Client) -> None:
    user, key = make_user(welcomed_at=None), SoftKey()
    add_passkey(fresh(user), key)
    assert send(client, SIGN_IN, key.get(ask(client)))["Location"] == "/in/welcome/"


def test_why_nothing_is_begun_is_said_to_the_script(cast: Cast, client: Client, fresh: Enter) -> None:
    """It says so where the button is, as it says that a prompt was closed."""
    olga = fresh(cast.olga)
    for _turn in range(60):
        ask(client)
        ask(olga, "/profile/passkeys/options/")
    for browser, door in ((client, "/in/passkey/options/"), (olga, "/profile/passkeys/options/")):
        enough = browser.post(door)
        assert enough.status_code == 429
        assert "There were too many tries" in enough.json()["refusal"]


def test_failures_are_counted_and_successes_are_not(key: SoftKey, client: Client) -> None:
    for _turn in range(3):
        assert send(client, SIGN_IN, key.get(ask(client))).status_code == 302
        client.post("/out/")
    for _turn in range(30):
        assert send(client, SIGN_IN, {}).status_code == 422
    enough = send(client, SIGN_IN, key.get(ask(client)))
    assert enough.status_code == 429
    assert is_entry_page(enough, "There were too many tries")


# --- What no browser sends ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "1",
        '"x"',
        "{",
        "[" * 20_000,
        '{"a":' * 5000,
        "x" * 100_000,
        '{"rawId": "\\u0000"}',
        "NaN",
        "\x00",
    ],
    ids=lambda body: body[:12],
)
def test_what_is_no_answer_is_refused(client: Client, body: str) -> None:
    ask(client)
    assert client.post(SIGN_IN, {"credential": body}).status_code == 422


@pytest.mark.parametrize("path", [("rawId",), ("response", "signature"), ("response", "authenticatorData")], ids=str)
def test_a_number_where_bytes_are_meant_costs_no_memory(client: Client, key: SoftKey, path: tuple[str, ...]) -> None:
    """The library's decoder makes that many bytes of it: 22 GB, by one request of anybody."""
    answer = spoilt(key.get(ask(client)), path, 60_000_000)
    tracemalloc.start()
    refused = send(client, SIGN_IN, answer)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.status_code == 422
    assert peak < 30_000_000


def test_a_body_larger_than_any_form_is_refused(client: Client) -> None:
    ask(client)
    assert client.post(SIGN_IN, {"credential": "x" * 3_000_000}).status_code == 413


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=40).map(websafe_encode),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = [
    ("id",), ("rawId",), ("type",), ("response",), ("response", "clientDataJSON"), ("response", "attestationObject"),
    ("response", "authenticatorData"), ("response", "signature"), ("response", "userHandle"),
    ("clientExtensionResults",), ("authenticatorAttachment",),
]  # fmt: skip


def spoilt(answer: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """The answer with one thing in it replaced."""
    copy: dict[str, Any] = json.loads(json.dumps(answer))
    place = copy if len(path) == 1 else copy[path[0]]
    place[path[-1]] = value
    return copy


@trying(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=values)
def test_a_spoilt_answer_is_never_a_fault_of_ours(
    cast: Cast, key: SoftKey, no_limits: None, path: tuple[str, ...], value: object
) -> None:
    client = Client(raise_request_exception=True)
    response = send(client, SIGN_IN, spoilt(key.get(ask(client)), path, value))
    assert response.status_code in {302, 422}  # a part that nobody reads may be anything


@trying(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=values, cbor=st.binary(max_size=80))
def test_a_spoilt_new_key_is_never_a_fault_of_ours(
    cast: Cast, fresh: Enter, no_limits: None, path: tuple[str, ...], value: object, cbor: bytes
) -> None:
    olga = fresh(cast.olga)
    Authenticator.objects.all().delete()
    for bad in (value, websafe_encode(cbor)):
        answer = spoilt(SoftKey().create(ask(olga, "/profile/passkeys/options/")), path, bad)
        assert send(olga, "/profile/passkeys/add/", answer, name="Ключ").status_code in {302, 422}
        olga.get("/profile/passkeys/")
        Authenticator.objects.all().delete()


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred wrong answers in a second are what these tests are about."""

    class Nothing:
        def give_back(self) -> None:
            """Nothing was taken."""

    for room in ("passkeys", "confirming"):
        monkeypatch.setattr(f"accounts.views.{room}.take", lambda *_hits, **_at: Nothing())


# --- Confirming -----------------------------------------------------------------------------------------------------
def test_a_passkey_confirms_an_important_step(
    cast: Cast, key: SoftKey, enter: Enter, clock: Callable[[int], None]
) -> None:
    olga = enter(cast.olga)
    assert "Confirm with a passkey" in olga.get(olga.get("/profile/delete/")["Location"]).content.decode()
    options = ask(olga)
    assert [one["id"] for one in options["allowCredentials"]] == [websafe_encode(key.credential_id)]
    assert send(olga, CONFIRM, key.get(options))["Location"] == "/profile/delete/"
    assert olga.get("/profile/delete/").status_code == 200
    clock(601)
    assert olga.get("/profile/delete/").status_code == 302


def test_without_a_passkey_none_is_offered(cast: Cast, enter: Enter) -> None:
    nina = enter(cast.nina)
    assert "passkey" not in nina.get("/profile/confirm/").content.decode()
    assert nina.post("/in/passkey/options/").status_code == 422


def test_another_persons_passkey_confirms_nothing(cast: Cast, key: SoftKey, fresh: Enter) -> None:
    nina = fresh(cast.nina)
    add_passkey(nina, SoftKey())
    options = ask(nina)
    refused = send(nina, CONFIRM, key.get(options))
    assert refused.status_code == 422
    assert WORDS in refused.content.decode()
    assert f'action="{reverse("confirm")}"' in refused.content.decode()
    assert send(nina, CONFIRM, replace(key, handle=b"").get(ask(nina))).status_code == 422


def test_a_refused_passkey_leaves_the_other_ways_to_confirm(cast: Cast, key: SoftKey, fresh: Enter) -> None:
    olga = fresh(cast.olga)
    ask(olga)
    for _turn in range(10):
        refused = send(olga, CONFIRM, {})
        assert refused.status_code == 422
        assert is_confirm_page(refused, WORDS)
    enough = send(olga, CONFIRM, {})
    assert enough.status_code == 429
    assert is_confirm_page(enough, "There were too many tries")


def is_confirm_page(page: Any, sentence: str) -> bool:
    """The code, the passkey and the password, and this in the focused place of errors."""
    html = page.content.decode()
    ways = ('action="/profile/confirm/"', f'action="{CONFIRM}"', 'action="/profile/confirm/password/"')
    return sentence in html.split('autofocus aria-labelledby="summary-title"')[1].split("</div>")[0] and all(
        way in html for way in ways
    )


def test_a_challenge_of_before_signing_in_confirms_nothing(cast: Cast, key: SoftKey, client: Client) -> None:
    options = ask(client)
    client.force_login(cast.olga)
    assert send(client, CONFIRM, key.get(options)).status_code == 422


# --- Removing -------------------------------------------------------------------------------------------------------
def test_a_removed_passkey_opens_nothing_and_is_told(cast: Cast, key: SoftKey, fresh: Enter, client: Client) -> None:
    olga, pk = fresh(cast.olga), Authenticator.objects.get().pk
    assert "Телефон" in olga.get(f"/profile/passkeys/{pk}/remove/").content.decode()
    assert olga.post(f"/profile/passkeys/{pk}/remove/")["Location"] == "/profile/passkeys/"
    assert "passkey was removed" in last_message(cast.olga.phone or "").text
    assert send(client, SIGN_IN, key.get(ask(client))).status_code == 422


def test_another_persons_passkey_is_not_there(cast: Cast, key: SoftKey, fresh: Enter) -> None:
    pk = Authenticator.objects.get().pk
    nina = fresh(cast.nina)
    assert nina.get(f"/profile/passkeys/{pk}/remove/").status_code == 404
    assert nina.post(f"/profile/passkeys/{pk}/remove/").status_code == 404
    assert Authenticator.objects.exists()


def test_a_passkey_is_removed_only_by_who_is_fresh(cast: Cast, key: SoftKey, enter: Enter) -> None:
    pk = Authenticator.objects.get().pk
    assert enter(cast.olga).post(f"/profile/passkeys/{pk}/remove/")["Location"].startswith("/profile/confirm/")
    assert Authenticator.objects.exists()


def test_passkeys_go_with_the_profile(cast: Cast, key: SoftKey, fresh: Enter) -> None:
    fresh(cast.olga).post("/profile/delete/", {"agreed": "on"})
    assert not Authenticator.objects.exists()


# --- At once --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_one_answer_sent_ten_times_at_once_opens_once(cast: Cast, fresh: Enter) -> None:
    key, client = SoftKey(), Client()
    add_passkey(fresh(cast.olga), key)
    answer, cookie = key.get(ask(client)), client.cookies["session"].value

    def job(_number: int) -> int:
        browser = Client()
        browser.cookies["session"] = cookie
        return int(send(browser, SIGN_IN, answer).status_code)

    statuses = at_once(10, job)
    assert statuses.count(302) == 1, statuses
    assert set(statuses) <= {302, 422, 400}  # 400: whose session has just been given another key


@pytest.mark.django_db(transaction=True)
def test_the_tenth_place_is_given_once(cast: Cast, fresh: Enter) -> None:
    browsers = [fresh(cast.olga) for _turn in range(2)]
    for number in range(9):
        assert add_passkey(browsers[number % 2], SoftKey()).status_code == 302
    answers = [SoftKey().create(ask(one, "/profile/passkeys/options/")) for one in browsers]

    def job(number: int) -> int:
        return int(send(browsers[number], "/profile/passkeys/add/", answers[number], name="Ключ").status_code)

    assert sorted(at_once(2, job)) == [302, 409]
    assert Authenticator.objects.count() == 10
