"""To an identity service and back, with a real provider: the doors, the buttons, and what a browser is sent on with."""

import json
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.browser import network_of
from accounts.identity.catalog import LANGUAGES, BadCatalog, IdentityService, read_catalog
from accounts.limits import IDENTITY_NETWORK
from accounts.models import LimitHit, User
from accounts.tests.identity_provider import Arrival, Provider, enter_freshly, query
from accounts.tests.tools import request_from
from portal.testing import Cast

pytestmark = pytest.mark.django_db
BEGIN = "/in/with/testbank/"


def test_an_answer_arrives_with_who_it_is_and_what_the_service_says(
    client: Client, provider: Provider, arrivals: list[Arrival]
) -> None:
    provider.person("olga-1", family_name="Петренко", given_name="Ольга", birthdate="1980-02-03")
    assert provider.sign_in(client, "olga-1").content == b"arrived"
    (arrival,) = arrivals
    assert (arrival["service"], arrival["subject"]) == ("testbank", "olga-1")
    assert (arrival["process"], arrival["began_as"]) == ("login", None)
    assert arrival["claims"]["family_name"] == "Петренко"
    assert arrival["claims"]["iss"] == provider.issuer


def test_nothing_is_written_before_our_own_step(client: Client, provider: Provider, arrivals: list[Arrival]) -> None:
    """Not even for somebody whose e-mail the service knows, or whose identity is linked: all that is our own step's."""
    olga = User.objects.create_user(email="olga@example.com")
    linked = SocialAccount.objects.create(
        user=olga, provider="testbank", uid="olga-1", extra_data={"kept": "as it was"}
    )
    provider.configure(scopes=("openid", "profile", "email"))
    provider.person("olga-1", email="olga@example.com", email_verified=True)
    provider.person("nina-1", email="olga@example.com", email_verified=True)
    before = list(SocialAccount.objects.values()), list(User.objects.values())
    provider.sign_in(client, "olga-1")
    provider.sign_in(client, "nina-1")
    assert len(arrivals) == 2
    assert (list(SocialAccount.objects.values()), list(User.objects.values())) == before
    assert "_auth_user_id" not in client.session
    linked.refresh_from_db()
    assert linked.extra_data == {"kept": "as it was"}


def test_what_is_asked_for_is_the_deployment_s(client: Client, provider: Provider) -> None:
    """Neither the address nor the form adds scopes or parameters; the proof and the nonce are always there."""
    address = client.post(f"{BEGIN}?scope=admin&auth_params=prompt%3Dnone&process=redirect&next=/x")["Location"]
    asked = query(address)
    assert set(asked["scope"].split()) == {"openid", "profile"}
    assert asked.keys() == {
        "client_id", "redirect_uri", "scope", "response_type", "state", "nonce", "code_challenge", "code_challenge_method",
    }  # fmt: skip
    assert asked["redirect_uri"] == "http://testserver/in/with/testbank/back/"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")


def test_a_visitor_of_another_host_is_led_to_the_portal_s_own(provider: Provider, settings: Settings) -> None:
    """The service brings back to PUBLIC_URL, where a session of 127.0.0.1 is not known."""
    settings.PUBLIC_URL = "http://localhost:8000"
    client = Client(headers={"accept-language": "en", "host": "127.0.0.1:8000"})
    client.get("/in/?next=/profile/names/")
    page = client.post(BEGIN)
    text = page.content.decode()
    assert page.status_code == 200
    assert 'href="http://localhost:8000/in/?next=%2Fprofile%2Fnames%2F"' in text
    assert "at the address localhost:8000 of the portal only" in text
    assert "socialaccount_states" not in client.session
    there = Client(headers={"host": "localhost:8000"})
    assert query(provider.begin(there))["redirect_uri"] == "http://localhost:8000/in/with/testbank/back/"


def test_the_table_of_apps_is_not_read(client: Client, provider: Provider) -> None:
    """A service is known by the file of the deployment, never by a row that somebody wrote."""
    SocialApp.objects.create(provider="openid_connect", provider_id="testbank", client_id="evil", settings={})
    SocialApp.objects.create(provider="openid_connect", provider_id="another", client_id="evil", settings={})
    assert query(provider.begin(client))["client_id"] == "portal"
    assert client.post("/in/with/another/").status_code == 404


@pytest.mark.parametrize("id", ["nobody", "openid_connect"])
def test_an_unknown_service_is_not_there(client: Client, provider: Provider, id: str) -> None:
    assert client.post(f"/in/with/{id}/").status_code == 404
    assert client.get(f"/in/with/{id}/back/").status_code == 404


def test_looking_begins_nothing_and_uses_nothing_up(
    client: Client, provider: Provider, arrivals: list[Arrival]
) -> None:
    assert client.get(BEGIN)["Location"] == reverse("entry")  # the page with the button
    back = provider.answer(provider.begin(client), "olga-1")
    assert client.post(back).status_code == 405
    client.head(back)
    client.get(back)
    assert len(arrivals) == 1


def test_a_button_on_another_site_begins_nothing(provider: Provider) -> None:
    assert Client(enforce_csrf_checks=True).post(BEGIN).status_code == 403


def test_who_cancels_is_where_they_began(client: Client, provider: Provider, arrivals: list[Arrival]) -> None:
    answer = client.get(provider.cancel(provider.begin(client)), follow=True)
    assert answer.redirect_chain == [("/in/", 302)]
    assert "You cancelled. Nothing has changed." in answer.content.decode()
    assert arrivals == []


@pytest.mark.parametrize(
    ("back", "place"), [("/profile/names/", "/profile/names/"), ("//evil.example.org", "/profile/")]
)
def test_who_cancels_linking_is_back_on_that_page(provider: Provider, cast: Cast, back: str, place: str) -> None:
    olga = Client()
    enter_freshly(olga, cast.olga)
    address = olga.post(BEGIN, {"back": back})["Location"]
    assert olga.get(provider.cancel(address))["Location"] == place


def test_where_a_person_wanted_to_go_is_kept(client: Client, provider: Provider, arrivals: list[Arrival]) -> None:
    client.get("/in/?next=/profile/names/")
    provider.sign_in(client, "olga-1")
    assert client.session["next"] == "/profile/names/"


def test_a_visitor_keeps_a_short_session(client: Client, provider: Provider) -> None:
    provider.begin(client)
    assert client.session.get_expiry_age() <= 3600


def test_who_is_in_links(provider: Provider, cast: Cast, arrivals: list[Arrival]) -> None:
    olga = Client()
    enter_freshly(olga, cast.olga)
    provider.sign_in(olga, "olga-1")
    assert (arrivals[0]["process"], arrivals[0]["began_as"]) == ("connect", cast.olga.pk)


def test_who_is_in_confirms_first(provider: Provider, cast: Cast) -> None:
    """And comes back to a page that can be opened, not to this button."""
    olga = Client()
    olga.force_login(cast.olga)
    answer = olga.post(BEGIN, {"back": "/profile/names/"})
    assert answer["Location"] == "/profile/confirm/?next=%2Fprofile%2Fnames%2F"
    assert "socialaccount_states" not in olga.session


def test_a_network_that_begins_too_often_is_told_so_beside_the_other_ways_in(
    client: Client, provider: Provider
) -> None:
    network = IDENTITY_NETWORK.key(network_of(request_from("127.0.0.1")))
    LimitHit.objects.bulk_create([LimitHit(key=network, at=timezone.now()) for _ in range(IDENTITY_NETWORK.count - 1)])
    provider.begin(client)
    page = client.post(BEGIN, follow=True)
    assert page.redirect_chain[0][0] == reverse("entry")
    assert "This was tried many times from here." in page.content.decode()
    assert client.post(BEGIN, REMOTE_ADDR="198.51.100.9")["Location"] != reverse("entry")


# --- The buttons ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/in/", "/in/password/"])
def test_every_service_has_its_button(client: Client, provider: Provider, page: str) -> None:
    state = IdentityService("gov", "State ID", "state", "https://id.example.org", "portal", "s")
    provider.configure(state)
    answer = client.get(page)
    text = answer.content.decode()
    assert "Or sign in with" in text
    assert text.index("Test Bank ID") < text.index("State ID")
    assert f'<form method="post" action="{BEGIN}">' in text
    assert f"form-action 'self' {provider.issuer} https://id.example.org;" in answer["Content-Security-Policy"] + ";"


@pytest.mark.parametrize("page", ["/in/", "/in/password/"])
def test_without_services_there_is_no_word_of_them(client: Client, settings: Settings, page: str) -> None:
    settings.IDENTITY_SERVICES = []
    answer = client.get(page)
    assert "Or sign in with" not in answer.content.decode()
    assert "form-action 'self';" in answer["Content-Security-Policy"] + ";"


def test_a_service_elsewhere_is_reached_by_a_link(client: Client, provider: Provider, monkeypatch: Any) -> None:
    """A browser blocks a form that is led on to an address the page does not name; nobody is left before a dead button."""
    monkeypatch.setattr("accounts.views.identity_door.origins", lambda service: {"https://id.example.org"})
    page = client.post(BEGIN)
    text = page.content.decode()
    assert page.status_code == 200
    assert f'href="{provider.issuer}/oauth2/authorize?' in text
    assert "You leave the portal now." in text
    assert 'href="/in/"' in text


def test_a_button_leads_on_to_the_addresses_of_the_file(client: Client, provider: Provider) -> None:
    provider.configure(origins=("https://login.example.org",))
    assert "https://login.example.org" in client.get("/in/")["Content-Security-Policy"]


@pytest.mark.parametrize(
    "origin", ["https://id.example.org/", "id.example.org", "https://a b", "https://x; script-src *"]
)
def test_an_origin_is_a_host_and_nothing_more(tmp_path: Any, origin: str) -> None:
    file = tmp_path / "services.json"
    row = '{"id": "a", "name": "A", "kind": "bank", "issuer": "https://a.example.org", "client_id": "c", "client_secret": "s", "origins": [%s]}'
    file.write_text("[" + row % '"https://ok.example.org:8443"' + "]")
    assert read_catalog(str(file))[0].origins == ("https://ok.example.org:8443",)
    file.write_text("[" + row % f'"{origin}"' + "]")
    with pytest.raises(BadCatalog):
        read_catalog(str(file))


def test_a_service_has_a_name_in_each_language(tmp_path: Any, client: Client, settings: Settings) -> None:
    file = tmp_path / "services.json"
    row = {"id": "a", "kind": "bank", "issuer": "https://a.example.org", "client_id": "c", "client_secret": "s"}
    file.write_text(json.dumps([row | {"name": {"uk": "Дія", "ru": "Дия"}}]))
    settings.IDENTITY_SERVICES = read_catalog(str(file))
    for language, name in (("uk", "Дія"), ("ru", "Дия"), ("en", "Дія")):
        assert f"<span>{name}</span>" in client.get("/in/", headers={"accept-language": language}).content.decode()


def test_names_may_be_given_in_the_languages_of_the_portal(settings: Settings) -> None:
    assert tuple(code for code, _name in settings.LANGUAGES) == LANGUAGES


@pytest.mark.parametrize("name", ["", " ", {}, {"ru": ""}, {"ru": 1}, {"ua": "Дія"}, {"": "A"}, ["A"], None])
def test_a_service_without_a_name_stops_the_start(tmp_path: Any, name: Any) -> None:
    file = tmp_path / "services.json"
    row = {"id": "a", "kind": "bank", "issuer": "https://a.example.org", "client_id": "c", "client_secret": "s"}
    file.write_text(json.dumps([row | {"name": name}]))
    with pytest.raises(BadCatalog):
        read_catalog(str(file))
