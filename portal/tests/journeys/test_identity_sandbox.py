"""A visitor of the demo signs in with its sandbox of BankID: there and back over real HTTP, and once more without a code."""

from typing import Any

import pytest
from django.core.cache import cache

from accounts.identity.catalog import apps
from accounts.identity.sandbox_catalog import sandbox_services
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader
from portal.tests.things import Things

READERS = [Reader(PHONE, javascript=False), Reader(PHONE), Reader(DESKTOP, theme="dark")]
GUIDE_OWNER = "Мартынович Александр Владимирович — the owner of the guide's flat, account 10117"


@pytest.fixture
def services(live_server: Any, settings: Any) -> None:
    """The portal as a demo would have configured it, at the address of this test's server."""
    settings.PUBLIC_URL = live_server.url.replace("127.0.0.1", "localhost")
    settings.IDENTITY_SERVICES = sandbox_services(settings.PUBLIC_URL)
    settings.SOCIALACCOUNT_PROVIDERS = apps(settings.IDENTITY_SERVICES)
    cache.clear()  # what the service of an earlier test said of itself


@pytest.mark.browser
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_there_and_back_with_the_sandbox_of_bankid(
    town: Things, services: None, open_portal: OpenPortal, reader: Reader
) -> None:
    walk = open_portal(reader)
    walk.go("/in/")
    walk.press("BankID (demo)")
    assert walk.heading == "Sign in with BankID (demo)"
    assert "This is a sandbox of the demo, not the real service." in walk.text
    walk.look_over()

    walk.press("Continue")  # nobody is chosen yet
    assert "Choose a person." in walk.text
    walk.look_over()
    walk.press("Cancel")
    assert "You cancelled. Nothing has changed." in walk.text

    walk.press("BankID (demo)")
    walk.choose(GUIDE_OWNER)
    walk.press("Continue")
    assert "«Мартынович Александр Владимирович» is confirmed by BankID (demo)" in walk.text


@pytest.mark.browser
def test_somebody_else_is_whoever_is_written(town: Things, services: None, open_portal: OpenPortal) -> None:
    walk = open_portal(Reader(PHONE, javascript=False))
    walk.go("/in/")
    walk.press("Gosuslugi (demo)")
    walk.choose("Somebody else, as written below")
    walk.fill("Last name", "САЛТЫКОВ-ЩЕДРИН")
    walk.press("Continue")
    assert "Enter the first name." in walk.text
    walk.fill("First name", "МИХАИЛ")
    walk.press("Continue")
    assert "«Салтыков-Щедрин Михаил» is confirmed by Gosuslugi (demo)" in walk.text
