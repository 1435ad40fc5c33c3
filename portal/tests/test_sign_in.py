"""Sign-in by password: one's own, or the letter of the company; every mismatch is answered alike."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from portal.testing import Cast, make_user
from premises.models import AccessLetter

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A2")]
PASSWORD = "длинная фраза 1977"


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def olga(cast: Cast) -> User:
    cast.olga.set_password(PASSWORD)
    cast.olga.email = "olga@example.com"
    cast.olga.phone = "+79123456789"
    cast.olga.save()
    return cast.olga


@pytest.fixture
def letter(cast: Cast) -> tuple[str, str]:
    """Login and password of a letter for flat 12."""
    at = timezone.now()
    AccessLetter.objects.create(
        account=cast.account, login="10012", login_search="10012", password_hash=make_password("7F3KQ9ZT2M"),
        code_digest="0" * 64, issued_by=cast.mark, issued_at=at, expires_at=at + AccessLetter.LIFETIME,
    )  # fmt: skip
    return "10012", "7F3KQ-9ZT2M"


def enter_with(client: Client, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/in/password/", {"login": login, "password": password, **more})


@pytest.mark.parametrize("login", ["olga@example.com", " OLGA@Example.com ", "+79123456789", "8 (912) 345-67-89"])
def test_olga_enters_with_phone_or_email(olga: User, client: Client, login: str) -> None:
    assert client.get("/in/password/").status_code == 200
    assert enter_with(client, login)["Location"] == "/home/"
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize(("ticked", "lasts"), [("on", True), ("", False)])
def test_remember_me(olga: User, client: Client, ticked: str, lasts: bool) -> None:
    sent = enter_with(client, "olga@example.com", remember=ticked)
    assert bool(sent.cookies["session"]["max-age"]) is lasts
    assert client.session.get_expire_at_browser_close() is not lasts


def test_every_mismatch_is_answered_alike(olga: User, cast: Cast, client: Client) -> None:
    make_user(phone="+79120000777", email="codes-only@example.com")
    pages = [
        enter_with(client, "olga@example.com", "wrong"),
        enter_with(client, "nobody@example.com"),
        enter_with(client, "codes-only@example.com"),
        enter_with(client, "+79130000000"),
        enter_with(client, "10012"),
    ]
    assert [page.status_code for page in pages] == [422] * 5
    sentence = "The login and the password do not fit together"
    assert all(sentence in page.content.decode() for page in pages)


def test_the_sixth_try_in_ten_minutes_waits(olga: User, client: Client) -> None:
    for _turn in range(5):
        enter_with(client, "olga@example.com", "wrong")
    page = enter_with(client, "olga@example.com")
    assert page.status_code == 429
    assert "sign in with a code" in page.content.decode()
    assert enter_with(client, "nobody@example.com").status_code == 422


def test_the_twenty_first_try_of_a_network_waits(client: Client, db: None) -> None:
    for turn in range(20):
        assert enter_with(client, f"nobody{turn}@example.com").status_code == 422
    assert enter_with(client, "olga@example.com").status_code == 429
    assert enter_with(Client(REMOTE_ADDR="203.0.113.9"), "olga@example.com").status_code == 422


def test_right_passwords_are_not_counted(olga: User) -> None:
    for _turn in range(6):
        assert enter_with(Client(), "olga@example.com").status_code == 302


def test_a_closed_profile_looks_like_a_mismatch(olga: User, client: Client) -> None:
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert enter_with(client, "olga@example.com").status_code == 422


def test_nothing_typed_is_lost_but_the_password(client: Client, db: None) -> None:
    page = enter_with(client, "olga@example.com", "secret-word").content.decode()
    assert 'value="olga@example.com"' in page
    assert "secret-word" not in page
    assert client.post("/in/password/", {}).status_code == 422


@pytest.mark.feature("A2")
def test_a_forgotten_password_is_renewed_by_a_code(olga: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("accounts.codes.notify", lambda *_args, **facts: sent.append(facts["secret"]))
    assert 'href="/in/?next=/profile/password/"' in client.get("/in/password/").content.decode()
    client.get("/in/?next=/profile/password/")
    client.post("/in/", {"address": "olga@example.com", "channel": "email"})
    assert client.post("/in/code/", {"code": sent[0]})["Location"] == "/profile/password/"
    client.post("/profile/password/", {"password": "другая фраза 2026"})
    olga.refresh_from_db()
    assert olga.check_password("другая фраза 2026")


@pytest.mark.feature("D1")
def test_the_letter_leads_through_a_code_to_the_flat(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch, letter: tuple[str, str]
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("accounts.codes.notify", lambda *_args, **facts: sent.append(facts["secret"]))
    found = enter_with(client, *letter)
    assert found["Location"] == "/in/?next=/accounts/issued/"
    assert "confirm your phone or e-mail" in client.get(found["Location"]).content.decode()
    client.post("/in/", {"address": "+79135550011", "channel": "sms"})
    assert client.post("/in/code/", {"code": sent[0]})["Location"] == "/in/welcome/"
    assert client.post("/in/welcome/", {"skip": "1"})["Location"] == "/accounts/issued/"
    client.get("/accounts/issued/")
    assert cast.account.links.filter(user__phone="+79135550011", state="active", grade="confirmed").exists()


@pytest.mark.feature("D1")
def test_a_wrong_password_of_a_letter_is_a_mismatch(client: Client, letter: tuple[str, str]) -> None:
    assert enter_with(client, letter[0], "wrong").status_code == 422
    assert "issued_letter" not in client.session


def test_a_signed_in_person_is_sent_on(cast: Cast, enter: Callable[[User], Client]) -> None:
    assert enter(cast.olga).get("/in/password/")["Location"] == "/home/"


def test_the_page_speaks_the_readers_language(client: Client, db: None) -> None:
    with translation.override("ru"):
        assert client.get("/in/password/")["Content-Language"] == "en"
