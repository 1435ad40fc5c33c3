"""Fixtures of the billing tests."""

import pytest
from django.utils import timezone

from billing.demo_guide import load_guide
from billing.tests.till import stub  # noqa: F401  (a fixture)
from premises.models import PersonalAccount


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Files of a test stay in its own folder."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def guide(db: None) -> PersonalAccount:
    """Account 10117 of the guide, imported from demo/guide."""
    return load_guide(at=timezone.now()).accounts.get(number="10117")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """The employee has just confirmed that it is them."""
    monkeypatch.setattr("accounts.sessions.is_fresh", lambda request, *, at: True)
