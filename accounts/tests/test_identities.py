"""P31, identity: each service with its state, what it confirms stands locked, and each can be let go."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from accounts.identity import linking
from accounts.models import Consent, User, VerifiedPerson
from accounts.tests.test_linking import BANK, BORN, OLGA, STATE
from portal.testing import Cast, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A4")]
Enter = Callable[[User], Client]
PAGE = "/profile/identity/"
DISCONNECT = "/profile/identity/bank/disconnect/"


@pytest.fixture(autouse=True)
def services(settings: Any) -> None:
    settings.IDENTITY_SERVICES = [BANK, STATE]


@pytest.fixture
def olga(cast: Cast, client: Client, codes: list[str]) -> Client:
    """Olga, who has just come in by a code."""
    client.post("/in/", {"address": cast.olga.phone, "channel": "sms"})
    client.post("/in/code/", {"code": codes.pop()})
    return client


def link(user: User, *, facts: Any = OLGA, service: Any = BANK) -> SocialAccount:
    return linking.link(user, service, f"s-{user.pk}", facts, at=timezone.now())


def read(client: Client, url: str = PAGE) -> str:
    page = client.get(url)
    assert page.status_code == 200
    return page.content.decode()


# --- the page -------------------------------------------------------------------------------------------------------
def test_services_that_are_not_connected_offer_it(cast: Cast, olga: Client) -> None:
    page = read(olga)
    assert page.count("not connected") == 2
    assert 'action="/in/with/bank/"' in page
    assert 'href="/consent/identity/"' in page
    assert "Confirmed data" not in page


def test_a_connected_service_says_what_it_confirms(cast: Cast, olga: Client) -> None:
    link(cast.olga)
    page = read(olga)
    assert page.count("not connected") == 1
    assert "Confirmed by Банк, " in page
    assert "Олина Ольга Олеговна" in page
    assert date_format(BORN, "DATE_FORMAT") in page
    assert "•••• 2259" in page
    assert "500100732259" not in page
    assert "Substantial" in page
    assert "Банк" in read(olga, "/profile/")


def test_a_service_that_only_signs_in_says_so(cast: Cast, olga: Client) -> None:
    link(cast.olga, facts=None)
    page = read(olga)
    assert "none, it only signs you in" in page
    assert "Confirmed data" not in page


def test_without_services_the_page_says_that_nothing_is_missing(olga: Client, settings: Any) -> None:
    settings.IDENTITY_SERVICES = []
    assert "No identity services" in read(olga)
    assert "Not confirmed by any service" in read(olga, "/profile/")


def test_a_service_that_is_gone_can_still_be_disconnected(cast: Cast, olga: Client, settings: Any) -> None:
    link(cast.olga)
    settings.IDENTITY_SERVICES = [STATE]
    assert DISCONNECT in read(olga)
    olga.post(DISCONNECT)
    assert not SocialAccount.objects.exists()
    assert olga.post(DISCONNECT).status_code == 404


def test_two_services_cost_as_many_queries_as_none(cast: Cast, olga: Client) -> None:
    def count() -> int:
        read(olga)
        with CaptureQueriesContext(connection) as seen:
            read(olga)
        return len(seen)

    link(cast.olga)
    with_one = count()
    link(cast.olga, service=STATE)
    assert count() == with_one


# --- disconnecting --------------------------------------------------------------------------------------------------
def test_a_service_is_disconnected_after_a_question(cast: Cast, olga: Client) -> None:
    link(cast.olga)
    assert "Disconnect Банк?" in read(olga, DISCONNECT)
    assert SocialAccount.objects.exists()
    assert olga.post(DISCONNECT)["Location"] == PAGE
    assert not SocialAccount.objects.exists()
    assert not VerifiedPerson.objects.exists()
    assert "Банк is disconnected." in read(olga)
    assert not Consent.objects.in_force().filter(purpose="identity").exists()


def test_an_old_sign_in_confirms_first(cast: Cast, olga: Client, clock: Callable[[int], None]) -> None:
    link(cast.olga)
    clock(601)
    assert olga.post(DISCONNECT)["Location"] == f"/profile/confirm/?next={DISCONNECT}"
    assert SocialAccount.objects.exists()


def test_a_second_tab_is_told_that_it_is_done(cast: Cast, olga: Client) -> None:
    link(cast.olga)
    olga.post(DISCONNECT)
    for once_more in (olga.get, olga.post):
        assert once_more(DISCONNECT)["Location"] == PAGE
        assert "Банк is not connected: there is nothing to disconnect." in read(olga)


def test_somebody_elses_service_does_not_exist(cast: Cast, olga: Client) -> None:
    link(cast.nina)
    assert olga.get("/profile/identity/nobodys/disconnect/").status_code == 404
    assert olga.post(DISCONNECT)["Location"] == PAGE
    assert SocialAccount.objects.exists()
    assert "Олина Ольга Олеговна" not in read(olga)


def test_a_newcomer_whose_names_are_confirmed_is_not_asked_for_them(cast: Cast, olga: Client) -> None:
    link(cast.olga)
    page = read(olga, "/in/welcome/")
    assert "What is your name?" not in page
    assert "Confirmed by Банк" in page


def test_a_profile_without_names_is_known_by_a_phone_that_can_be_read() -> None:
    assert User(phone="+79991234567").get_short_name() == "+7 999 123-45-67"


# --- names that nobody can type over --------------------------------------------------------------------------------
def test_confirmed_names_are_shown_and_cannot_be_changed(cast: Cast, olga: Client) -> None:
    link(cast.olga)
    page = read(olga, "/profile/names/")
    assert "Confirmed by Банк" in page
    assert 'name="last_name"' not in page
    olga.post("/profile/names/", {"last_name": "Чужая", "first_name": "Анна", "patronymic": "Ивановна"})
    assert User.objects.get(pk=cast.olga.pk).get_full_name() == "Олина Ольга Олеговна"


def test_a_patronymic_that_the_service_does_not_tell_stays_a_field(cast: Cast, olga: Client) -> None:
    link(cast.olga, facts=replace(OLGA, patronymic=""))
    page = read(olga, "/profile/names/")
    assert 'name="last_name"' not in page
    assert 'name="patronymic"' in page
    olga.post("/profile/names/", {"last_name": "Чужая", "patronymic": "Иринична"})
    assert User.objects.get(pk=cast.olga.pk).get_full_name() == "Олина Ольга Иринична"


LATIN = replace(OLGA, last_name="Olina", first_name="Olha", patronymic="Olehivna")


def test_the_locked_names_are_those_of_the_profile(cast: Cast, olga: Client) -> None:
    User.objects.filter(pk=cast.olga.pk).update(patronymic="Олеговна")
    link(cast.olga, facts=LATIN)
    page = read(olga, "/profile/names/")
    assert all(f"<dd>{name}</dd>" in page for name in ("Олина", "Ольга", "Олеговна"))
    assert "Olina" not in page
    assert '<form method="post" novalidate' not in page
    assert "Olina Olha Olehivna" in read(olga)  # what this service says


def test_a_patronymic_told_in_latin_letters_is_typed_in_cyrillic_ones(cast: Cast, olga: Client) -> None:
    link(cast.olga, facts=LATIN)
    assert 'name="patronymic"' in read(olga, "/profile/names/")
    answer = olga.post("/profile/names/", {"patronymic": "Петровна"})
    assert answer.status_code == 422
    assert "Банк names another patronymic: Olehivna." in answer.content.decode()
    olga.post("/profile/names/", {"patronymic": "Олеговна"})
    assert User.objects.get(pk=cast.olga.pk).get_full_name() == "Олина Ольга Олеговна"
    assert 'name="patronymic"' not in read(olga, "/profile/names/")


def test_after_disconnecting_the_names_are_fields_again(cast: Cast, olga: Client) -> None:
    linking.unlink(link(cast.olga), at=timezone.now())
    assert 'name="last_name" value="Олина"' in read(olga, "/profile/names/")


def test_the_first_visit_shows_confirmed_names(enter: Enter) -> None:
    user = make_user(welcomed_at=None)
    link(user)
    client = enter(user)
    page = read(client, "/in/welcome/")
    assert "Confirmed by Банк" in page
    assert 'name="last_name"' not in page
    client.post("/in/welcome/", {"language": "uk", "last_name": "Чужая", "first_name": "Анна"})
    user.refresh_from_db()
    assert (user.get_full_name(), user.language) == ("Олина Ольга Олеговна", "uk")
    assert user.welcomed_at is not None


# --- the consent ----------------------------------------------------------------------------------------------------
def test_the_consent_is_given_only_by_connecting(cast: Cast, olga: Client) -> None:
    page = read(olga, "/profile/consents/")
    assert "It is given when you connect a service" in page
    assert olga.post("/profile/consents/", {"purpose": "identity", "on": "1"})["Location"] == PAGE
    assert not Consent.objects.filter(purpose="identity").exists()


def test_withdrawing_it_disconnects_everything(cast: Cast, olga: Client) -> None:
    link(cast.olga)
    assert "all these services are disconnected" in read(olga, "/profile/consents/")
    olga.post("/profile/consents/", {"purpose": "identity", "on": "0"})
    assert not SocialAccount.objects.exists()
    assert not Consent.objects.in_force().filter(purpose="identity").exists()


def test_withdrawing_personal_data_is_said_to_disconnect_them_too(cast: Cast, olga: Client) -> None:
    warning = "your identity services are disconnected too"
    assert warning not in read(olga, "/profile/consents/")
    link(cast.olga)
    assert warning in read(olga, "/profile/consents/")
    olga.post("/profile/consents/", {"purpose": "personal_data", "on": "0"})
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_the_text_says_who_gets_what_and_how_it_ends(client: Client, language: str) -> None:
    page = client.get("/consent/identity/", headers={"accept-language": language}).content.decode()
    assert page.count("<h2") >= 4
    assert page.count("<h1") == 1
