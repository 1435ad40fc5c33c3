"""Whole ways through a real provider: sign in, connect, disconnect, and what must never happen on them."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import User, VerifiedPerson
from accounts.sessions import sessions_of
from accounts.tests.identity_provider import Provider
from notifications.models import Notice
from portal.testing import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A4")]
Come = Callable[[User], Client]
OLGA = {"family_name": "ОЛИНА", "given_name": "Ольга", "middle_name": "Олеговна", "birthdate": "1990-01-01"}


@pytest.fixture
def come(codes: list[str]) -> Come:
    """A browser in which this person has just come in by a code."""

    def by_code(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.post("/in/", {"address": user.phone, "channel": "sms"})
        assert client.post("/in/code/", {"code": codes[-1]}).status_code == 302
        return client

    return by_code


def names(user: User) -> str:
    return User.objects.get(pk=user.pk).get_full_name()


def test_a_person_connects_signs_in_and_disconnects(cast: Cast, come: Come, provider: Provider, client: Client) -> None:
    provider.person("olga-1", **OLGA, rnokpp="3287300012")
    olga = come(cast.olga)
    assert provider.sign_in(olga, "olga-1")["Location"] == "/profile/identity/"
    page = olga.get("/profile/identity/").content.decode()
    assert "Test Bank ID is connected and has confirmed your names" in page
    assert "•••• 0012" in page
    assert names(cast.olga) == "Олина Ольга Олеговна"
    client.get("/in/?next=/profile/names/")
    assert provider.sign_in(client, "olga-1")["Location"] == "/profile/names/"
    assert "Confirmed by Test Bank ID" in client.get("/profile/names/").content.decode()
    assert client.post(f"/profile/identity/{provider.service.id}/disconnect/")["Location"] == "/profile/identity/"
    stranger = Client(headers={"accept-language": "en"})
    stranger.get("/in/")
    assert provider.sign_in(stranger, "olga-1")["Location"] == "/in/"
    assert "_auth_user_id" not in stranger.session


def test_a_stranger_registers_through_a_service(provider: Provider, client: Client, codes: list[str]) -> None:
    provider.configure(scopes=("openid", "profile", "email"))
    provider.person("new-1", **OLGA, email="New@Example.com")
    client.get("/in/")
    provider.sign_in(client, "new-1")
    assert 'value="new@example.com"' in client.get("/in/").content.decode()
    client.post("/in/", {"address": "new@example.com", "channel": "email"})
    assert client.post("/in/code/", {"code": codes[-1]})["Location"] == "/in/join/"
    assert client.post("/in/join/", {"answer": "yes"})["Location"] == "/in/welcome/"
    assert "Confirmed by Test Bank ID" in client.get("/in/welcome/").content.decode()
    assert names(User.objects.get(email="new@example.com")) == "Олина Ольга Олеговна"


def test_one_subject_on_two_profiles(cast: Cast, come: Come, provider: Provider) -> None:
    provider.person("olga-1", **OLGA)
    provider.sign_in(come(cast.olga), "olga-1")
    nina = come(cast.nina)
    provider.sign_in(nina, "olga-1")
    page = nina.get("/profile/identity/").content.decode()
    assert "already opens another profile" in page
    assert SocialAccount.objects.get().user == cast.olga
    assert "Олина" not in names(cast.nina)


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"family_name": "Петрова"}, "Петрова Ольга Олеговна"),  # married
        # A passport:
        ({"family_name": "OLINA", "given_name": "OLGA", "middle_name": "OLEGOVNA"}, "Олина Ольга Олеговна"),
        ({"family_name": "олина", "given_name": "ольга"}, "Олина Ольга Олеговна"),
    ],
)
def test_changed_claims_are_taken_over(
    cast: Cast, come: Come, provider: Provider, client: Client, changed: dict[str, Any], kept: str
) -> None:
    provider.person("olga-1", **OLGA)
    provider.sign_in(come(cast.olga), "olga-1")
    provider.person("olga-1", **OLGA | changed)
    client.get("/in/")
    provider.sign_in(client, "olga-1")
    assert client.get("/profile/").status_code == 200
    assert names(cast.olga) == kept


def test_another_person_behind_the_same_subject_is_refused_and_the_owner_is_told(
    cast: Cast, come: Come, provider: Provider, client: Client
) -> None:
    provider.person("olga-1", **OLGA)
    provider.sign_in(come(cast.olga), "olga-1")
    provider.person("olga-1", **OLGA | {"given_name": "Анна", "birthdate": "1992-05-05"})
    client.get("/in/")
    answer = provider.sign_in(client, "olga-1")
    assert answer["Location"] == "/in/"
    assert "named another person" in client.get("/in/").content.decode()
    assert "_auth_user_id" not in client.session
    assert sessions_of(cast.olga).count() == 1
    assert VerifiedPerson.objects.get().first_name == "Ольга"
    assert Notice.objects.filter(kind="accounts.identity_refused", user=cast.olga).count() == 1


def test_a_subject_without_names(cast: Cast, come: Come, provider: Provider, client: Client) -> None:
    provider.person("quiet-1", name="Olga")
    before = names(cast.olga)
    olga = come(cast.olga)
    provider.sign_in(olga, "quiet-1")
    assert "It did not tell your names" in olga.get("/profile/identity/").content.decode()
    assert not VerifiedPerson.objects.exists()
    assert names(cast.olga) == before
    client.get("/in/")
    assert provider.sign_in(client, "quiet-1")["Location"] == "/home/"


def test_a_connection_that_another_person_ends_is_refused(cast: Cast, come: Come, provider: Provider) -> None:
    """Olga began; by the time the service answers, Nina sits at the computer."""
    provider.person("olga-1", **OLGA)
    browser = come(cast.olga)
    back = provider.answer(provider.begin(browser), "olga-1")
    browser.force_login(cast.nina)
    assert browser.get(back).status_code in {403, 409, 400}
    assert not SocialAccount.objects.exists()
