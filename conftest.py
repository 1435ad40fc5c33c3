"""Fixtures every test may ask for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import settings as trying
from pytest_django import Settings

from accounts.models import User
from portal.testing import Cast, entered, make_cast

pytest_plugins = ["accounts.tests.identity_provider"]

trying.register_profile("portal", deadline=None)  # a busy machine is no failure
trying.load_profile("portal")

# Files that take long begin first, so that no worker is left with one of them at the end.
LONG = (
    "/journeys/",
    "test_run.py",
    "test_staff_crawl",
    "test_killed_worker.py",
    "test_doors.py",
    "test_town_meters.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, `test_pages.py` before all; what is inside a file keeps its order."""
    items.sort(key=lambda item: (item.path.name != "test_pages.py", not any(one in str(item.path) for one in LONG)))


@pytest.fixture
def cast(db: None) -> Cast:
    """The fixed cast, written anew for each test."""
    return make_cast()


@pytest.fixture
def enter() -> Callable[[User], Client]:
    """Return a browser in which the person is signed in; employees have passed the second factor (portal/testing.py)."""
    return entered


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is signed in has just confirmed that it is them."""
    monkeypatch.setattr("accounts.sessions.is_fresh", lambda request, *, at: True)


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: Settings, tmp_path: Path) -> None:
    """Files that a test makes go with the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
