"""Language, text size and colours: by cookies for everybody, in the profile for those who are in."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from portal.testing import Cast

pytestmark = pytest.mark.django_db


def test_a_stranger_changes_the_look_of_this_browser(client: Client) -> None:
    sent = client.post("/look/", {"text_size": "150", "next": "/agreement/"})
    assert sent["Location"] == "/agreement/"
    client.post("/look/", {"theme": "dark"})
    page = client.get("/agreement/").content.decode()
    assert 'data-theme="dark"' in page
    assert 'data-text="150"' in page


def test_the_chosen_language_holds(client: Client) -> None:
    client.post("/look/", {"language": "uk"})
    assert client.get("/agreement/")["Content-Language"] == "uk"


def test_language_goes_person_then_cookie_then_browser_then_deployment(
    cast: Cast, enter: Callable[[User], Client], settings: Settings
) -> None:
    plain = Client()
    settings.LANGUAGE_CODE = "ru"
    assert plain.get("/agreement/")["Content-Language"] == "ru"
    assert plain.get("/agreement/", headers={"accept-language": "uk,en;q=0.5"})["Content-Language"] == "uk"
    plain.cookies["language"] = "en"
    assert plain.get("/agreement/", headers={"accept-language": "uk"})["Content-Language"] == "en"
    olga = enter(cast.olga)
    olga.cookies["language"] = "uk"
    assert olga.get("/profile/")["Content-Language"] == "en"


def test_a_signed_in_person_keeps_it_in_the_profile(cast: Cast, enter: Callable[[User], Client]) -> None:
    enter(cast.olga).post("/look/", {"language": "uk", "text_size": "125", "theme": "light"})
    cast.olga.refresh_from_db()
    assert (cast.olga.language, cast.olga.text_size, cast.olga.theme) == ("uk", 125, "light")


@pytest.mark.feature("E9")
def test_the_profile_page_sets_all_three(cast: Cast, enter: Callable[[User], Client]) -> None:
    client = enter(cast.olga)
    client.post("/profile/look/", {"language": "ru", "text_size": "150", "theme": "dark"})
    cast.olga.refresh_from_db()
    assert (cast.olga.language, cast.olga.text_size, cast.olga.theme) == ("ru", 150, "dark")
    assert client.post("/profile/look/", {"language": "xx", "text_size": "1", "theme": "pink"}).status_code == 422


@pytest.mark.parametrize("choice", [{"language": "xx"}, {"text_size": "500"}, {"theme": "<b>"}, {}])
def test_what_is_not_offered_changes_nothing(client: Client, choice: dict[str, str]) -> None:
    sent = client.post("/look/", choice | {"next": "//evil.example"})
    assert sent["Location"] == "/"
    assert not sent.cookies.keys() & {"language", "text_size", "theme"}


def test_a_look_is_changed_by_post_only(client: Client) -> None:
    assert client.get("/look/?theme=dark").status_code == 405


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_the_page_says_which_language_it_speaks(db: None, language: str) -> None:
    page = Client().get("/in/", headers={"accept-language": language}).content.decode()

    assert f'<html lang="{language}"' in page
    assert re.findall(r'value="(\w\w)" lang="\w\w" aria-pressed="true"', page) == [language]


def test_a_cache_keeps_the_languages_apart(client: Client) -> None:
    assert {"Accept-Language", "Cookie"} <= set(client.get("/")["Vary"].split(", "))
