"""Every page about oneself is one page: one heading, labelled fields, no inline code, no placeholders."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from portal.testing import Cast

pytestmark = pytest.mark.django_db
OPEN = ["/in/", "/in/password/", "/in/check/", "/agreement/", "/consent/", "/privacy/"]
OWN = [
    "/profile/",
    "/profile/names/",
    "/profile/look/",
    "/profile/consents/",
    "/profile/sessions/",
    "/profile/passkeys/",
    "/profile/confirm/",
]
FRESH = [
    "/profile/phone/",
    "/profile/email/",
    "/profile/password/",
    "/profile/delete/",
    "/profile/phone/remove/",
    "/profile/passkeys/add/",
]


def is_clean(html: str) -> bool:
    fields = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', html)
    return (
        html.count("<h1") == 1
        and not re.search(r"<[^>]+\s(?:style|onclick|placeholder)=", html)
        and all(f'for="{field}"' in html or '<label class="row-choice"><input' in html for field in fields)
        and html.count('class="button"') <= 2  # the page's own and the header's
    )


@pytest.mark.parametrize("path", OPEN)
def test_open_pages_are_clean(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert is_clean(page.content.decode())


@pytest.mark.parametrize("path", OWN + FRESH)
def test_own_pages_are_clean_and_never_cached(
    cast: Cast, enter: Callable[[User], Client], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.sessions.is_fresh", lambda *_args, **_facts: True)
    page = enter(cast.olga).get(path)
    assert page.status_code == 200
    assert is_clean(page.content.decode())
    assert page["Cache-Control"] == "no-store"


def test_the_list_of_sessions_costs_the_same_for_one_and_ten(
    cast: Cast, enter: Callable[[User], Client], django_assert_max_num_queries: Callable[..., object]
) -> None:
    here = enter(cast.olga)
    here.get("/profile/sessions/")
    for _turn in range(9):
        enter(cast.olga).get("/profile/")
    with django_assert_max_num_queries(15):  # type: ignore[attr-defined]
        here.get("/profile/sessions/")
