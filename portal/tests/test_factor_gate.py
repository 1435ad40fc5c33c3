"""The gate: an employee without a second factor reaches the short list and nothing else, by GET and by POST."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.utils import decrypt
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.factors import totp
from accounts.models import User
from accounts.sessions import FACTOR, FACTOR_OF
from accounts.tests.test_factor import SECRET, before_factor, with_app
from portal.testing import entered
from portal.tests.test_doors import DOORS
from portal.tests.things import Things

OPEN = {
    "sign_out", "look", "agreement", "consent_text", "privacy", "accessibility", "livez", "readyz", "status", "tray",
    "gallery", "phones",
}  # fmt: skip
WITH_FACTOR = OPEN | {"factor", "factor_passkey", "passkey_options"}
# «factor_returned» leads on to the first of them where no reset waits for its code (accounts/tests/test_factor_reset.py).
WITHOUT = OPEN | {"factor_enrol", "factor_app", "factor_passkey_add", "factor_passkey_options"}


def portal_urls(things: Things) -> dict[str, str]:
    return {name: reverse(name, args=args(things)) for name, (_expected, args) in DOORS.items()}


def admin_urls() -> dict[str, str]:
    """Every address of the staff room; rows and words of its own pages are invented, for the gate stands before them."""
    found = {}
    for pattern in admin.site.get_urls():
        for name, path in _paths(pattern, "/admin/"):
            found[f"{name} {path}"] = path
    return found


def _paths(pattern: object, prefix: str) -> Iterator[tuple[str, str]]:
    inside = getattr(pattern, "url_patterns", None)
    path = prefix + _filled(str(pattern.pattern))  # type: ignore[attr-defined]
    if inside is None:
        yield str(getattr(pattern, "name", "")), path
        return
    for one in inside:
        yield from _paths(one, path)


def _filled(pattern: str) -> str:
    """«<int:pk>/approve/» with a number in the place of what varies."""
    if "(?P" in pattern:
        pattern = (
            re.sub(r"\(\?P<\w+>([^)]*)\)", lambda found: found[1].split("|")[0], pattern).strip("^$").replace("\\Z", "")
        )
    return re.sub(r"<[^>]+>", "1", pattern)


def reached(client: Client, urls: dict[str, str], door: str) -> set[str]:
    """Which of the addresses answered something else than «first the second factor»."""
    answered = set()
    for name, url in urls.items():
        for ask in (client.get, client.post):
            response = ask(url)
            if response.status_code != 302 or response["Location"].split("?")[0] != door:
                answered.add(name)
    return answered


@pytest.fixture
def employees(things: Things) -> dict[str, tuple[User, str, set[str]]]:
    """Who stands at the gate, where they are led, and what opens to them."""
    with_app(things.cast.sofia)
    return {
        "no factor": (things.cast.mark, "/factor/set-up/", WITHOUT),
        "a factor that was not proved": (things.cast.sofia, "/factor/", WITH_FACTOR),
    }


@pytest.mark.parametrize("who", ["no factor", "a factor that was not proved"])
@pytest.mark.parametrize("mark", ["none", "another's"])
def test_nothing_but_the_short_list_answers(
    things: Things, employees: dict[str, tuple[User, str, set[str]]], who: str, mark: str
) -> None:
    user, door, open_doors = employees[who]

    def client() -> Client:
        browser = before_factor(user)
        if mark != "none":
            session = browser.session
            session[FACTOR], session[FACTOR_OF] = timezone.now().timestamp(), things.cast.anna.pk
            session.save()
        return browser

    portal = portal_urls(things)
    out = {"sign_out": portal.pop("sign_out")}
    own = {name for name, url in portal.items() if url == door}  # led to itself is an answer
    assert reached(client(), portal, door) - own == open_doors - {"sign_out"} - own
    assert reached(client(), out, door) == {"sign_out"}
    urls = admin_urls()
    assert len(urls) > 200
    assert reached(client(), urls, door) == set()


def test_what_is_not_there_is_no_way_round(things: Things) -> None:
    client = before_factor(things.cast.mark)
    assert client.get("/nowhere/")["Location"] == "/factor/set-up/?next=/nowhere/"
    assert client.get("/admin")["Location"] in {"/factor/set-up/?next=/admin", "/admin/"}


def test_a_page_that_was_asked_for_comes_after(things: Things) -> None:
    client = before_factor(things.cast.mark)
    assert client.get("/admin/?q=1&p=2")["Location"] == "/factor/set-up/?next=/admin/%3Fq%3D1%26p%3D2"
    assert client.post("/admin/")["Location"] == "/factor/set-up/"
    assert client.get("/admin/?next=//evil.example/")["Location"] == "/factor/set-up/"


def test_the_way_there_is_no_page_to_keep(things: Things) -> None:
    response = before_factor(things.cast.mark).get("/admin/")
    assert response["Cache-Control"] == "no-store"


def test_passing_costs_no_query(things: Things) -> None:
    """An employee who passed, and a resident: the gate asks the database nothing."""
    for user in (things.cast.mark, things.cast.olga):
        client = entered(user)
        client.get("/profile/names/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/profile/names/").status_code == 200
        assert not [query["sql"] for query in seen if "mfa_authenticator" in query["sql"]]


def test_the_whole_way_of_a_new_employee(things: Things) -> None:
    client = before_factor(things.cast.mark)
    client.get("/factor/set-up/?next=/admin/")
    client.get("/factor/set-up/app/")
    key = decrypt(client.session[totp.SECRET])
    assert key != SECRET
    code = totp.code_at(key, timezone.now())
    assert client.post("/factor/set-up/app/", {"code": code})["Location"] == "/factor/codes/"
    assert client.get("/factor/codes/").status_code == 200
    assert client.post("/factor/codes/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
