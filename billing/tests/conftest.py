"""Fixtures of the billing tests."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from billing.demo_guide import load_guide
from billing.tests.firm import make_service
from billing.tests.till import stub  # noqa: F401  (a fixture)
from portal.testing import Cast
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
def december(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 1 December 2026 on every page."""
    noon = datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("Europe/Moscow"))
    monkeypatch.setattr(timezone, "now", lambda: noon)


@pytest.fixture
def firm(cast: Cast) -> Cast:
    """The company charges one service of area."""
    make_service(cast.house, "main", "area", "24.36", name="Содержание")
    return cast
