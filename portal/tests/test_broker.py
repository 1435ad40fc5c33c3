"""A broker that is away delays nobody: to publish is tried once, without a pause, and fails."""

from collections.abc import Callable
from typing import Any

import kombu.utils.functional
import pytest
import redis.retry
from kombu.exceptions import OperationalError

from portal.celery import app


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every attempt to connect; a pause between attempts is a failure."""
    seen: list[str] = []
    connect: Callable[[Any], Any] = redis.Connection._connect

    def count(self: Any) -> Any:
        seen.append("try")
        return connect(self)

    def pause(seconds: float) -> None:
        raise AssertionError(f"It waits {seconds} s for the broker.")

    monkeypatch.setattr(redis.Connection, "_connect", count)
    for place in (kombu.utils.functional, redis.retry):
        monkeypatch.setattr(place, "sleep", pause)
    return seen


def test_publishing_to_a_broker_that_is_away_fails_at_the_first_try(tries: list[str]) -> None:
    with app.connection_for_write("redis://127.0.0.1:1/0") as link, pytest.raises(OperationalError):
        app.send_task("notifications.tasks.sweep", connection=link)

    assert len(tries) == 1
