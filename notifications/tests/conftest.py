"""What the post room's tests share: kinds of notices with their words, and a gateway that only writes down."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.template import engines

from notifications import nudge
from notifications.kinds import KINDS, Kind
from notifications.models import Channel, Delivery

WORDS = Path(__file__).parent / "words"
CODE = Kind("posttest.code", channels=(Channel.SMS,), lane=Delivery.Lane.URGENT, lifetime=timedelta(minutes=10))
NEWS = Kind("posttest.news", event="news", channels=(Channel.INBOX, Channel.EMAIL, Channel.SMS))


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of the tests' own; the broker is believed to be well at the start of each test."""
    monkeypatch.setitem(KINDS, CODE.name, CODE)
    monkeypatch.setitem(KINDS, NEWS.name, NEWS)
    monkeypatch.setattr(nudge, "_silent_until", 0.0)
    engine = engines["django"].engine  # type: ignore[attr-defined]
    monkeypatch.setattr(engine, "dirs", [*engine.dirs, WORDS])
