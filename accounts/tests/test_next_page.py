"""T22: after signing in a person is only led to pages of this portal."""

import pytest
from django.test import Client

from accounts.next_page import safe_path

BAD = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example",
    "http://evil.example", "https://evil.example/", "HTTPS://EVIL.example", "https:evil.example", "http:/evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a@b.c", "ftp://evil.example",
    "/%0d%0aLocation:https://evil.example", "/%0aSet-Cookie:a=b", "/a\r\nX: y", "/%2f/evil.example", "/%5cevil.example",
    "/\tevil.example", "\t//evil.example", " //evil.example", "evil.example", "www.evil.example/in", "@evil.example",
    "/@evil.example", "//google.com%2f@evil.example", "/。evil.example", "/\u2215\u2215evil.example", "/a//evil.example",
    "/../evil", "/a/../../x", "?next=//evil.example", "#x", "/a#//evil", "/%e2%80%a8x", "/%00", "", None,
]  # fmt: skip


@pytest.mark.parametrize("path", BAD)
def test_a_path_that_leads_away_is_dropped(path: str | None) -> None:
    assert safe_path(path, "/home/") == "/home/"


@pytest.mark.parametrize("path", ["/", "/profile/", "/accounts/issued/", "/a/6f1f2a54-4f0f/bills/?page=2", "/q/ABC-1/"])
def test_a_page_of_the_portal_is_kept(path: str) -> None:
    assert safe_path(path, "/home/") == path


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "led"), [("/profile/names/", "/profile/names/"), ("//evil.example", "/home/")])
def test_a_person_is_led_to_the_page_they_wanted(client: Client, codes: list[str], asked: str, led: str) -> None:
    client.get("/in/", {"next": asked})
    client.post("/in/", {"address": "olga@example.com", "channel": "email"})
    client.post("/in/code/", {"code": codes[0]})
    assert client.post("/in/welcome/", {"skip": "1"})["Location"] == led
