"""Fixtures every test may ask for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import settings as trying
from pytest_django import Settings

from accounts.models import User
from portal.testing import Cast, make_cast

trying.register_profile("portal", deadline=None)  # a busy machine is no failure
trying.load_profile("portal")


@pytest.fixture
def cast(db: None) -> Cast:
    """The fixed cast, written anew for each test."""
    return make_cast()


@pytest.fixture
def enter() -> Callable[[User], Client]:
    """Return a browser in which the person is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: Settings, tmp_path: Path) -> None:
    """Files that a test makes go with the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
