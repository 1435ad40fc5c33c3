"""A service on an origin of its own: what a real browser makes of the policy of forms, and of a service that is away."""

from typing import Any

import pytest

from accounts.tests.identity_provider import Arrival, Provider
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader
from portal.tests.things import Things


@pytest.mark.browser
@pytest.mark.parametrize("is_named", [True, False], ids=["by the form", "by the link"])
def test_a_browser_is_led_to_another_origin_and_back(
    town: Things, provider: Provider, arrivals: list[Arrival], open_portal: OpenPortal, monkeypatch: Any, is_named: bool
) -> None:
    """The policy names the service, so the form may lead there; where it cannot, a plain link does."""
    if not is_named:
        monkeypatch.setattr("accounts.views.identity_door.origins", lambda service: {"https://id.example.org"})
    walk = open_portal(Reader(PHONE, javascript=False))
    walk.go("/in/")
    walk.look_over()
    walk.press("Test Bank ID")
    if not is_named:
        walk.look_over()
        walk.follow("Continue")
    assert walk.page.url.startswith(f"{provider.issuer}/oauth2/authorize?")
    walk.page.fill("input[name=sub]", "olga-1")
    walk.page.get_by_role("button", name="Authorize", exact=True).click()
    walk.page.wait_for_url("**/back/**")
    assert [one["subject"] for one in arrivals] == ["olga-1"]


@pytest.mark.browser
@pytest.mark.parametrize("reader", [Reader(PHONE, javascript=False), Reader(DESKTOP, theme="dark")], ids=str)
def test_who_meets_a_service_that_is_away_takes_the_code(
    town: Things, provider: Provider, open_portal: OpenPortal, reader: Reader
) -> None:
    provider.configure(issuer="http://localhost:1")
    walk = open_portal(reader)
    walk.go("/in/")
    walk.press("Test Bank ID")
    assert walk.heading == "Test Bank ID does not work now"
    assert "Nothing has happened" in walk.text
    walk.complaints.clear()  # that the answer was 503, which it was meant to be
    walk.look_over()
    walk.follow("Sign in with a code")
    walk.fill("Phone or e-mail", "8 (912) 777-66-55")
    walk.press("Get the code")
    assert walk.path == "/in/code/"
