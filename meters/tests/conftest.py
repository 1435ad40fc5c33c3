"""What the tests of meters' pages share: a day on which readings are taken, and English sentences."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

Clock = Callable[[datetime], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the portal's clock; it begins on 21 November 2026, noon in Moscow: four days before the window closes."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(datetime(2026, 11, 21, 9, tzinfo=UTC))
    return set_to


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The sentences of the tests are the source's, whatever the deployment speaks."""
    with translation.override("en"):
        yield
