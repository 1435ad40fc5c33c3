"""How far a work is: told to whoever looks, cheap, and silent when Redis is away."""

import uuid
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from lib import progress
from lib.progress import tell, told


@pytest.fixture
def key() -> str:
    return f"test:{uuid.uuid4()}"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that told nothing yet and has no connection."""
    monkeypatch.setattr(progress._Pace, "key", "")
    monkeypatch.setattr(progress._Pace, "silent_until", 0.0)
    progress._link.cache_clear()
    yield
    progress._link.cache_clear()


def test_what_is_told_is_seen(key: str) -> None:
    assert told(key) is None
    tell(key, 5, 10)
    assert told(key) == (5, 10)


def test_a_note_does_not_live_long(key: str) -> None:
    tell(key, 5, 10)
    left = progress._link().ttl(f"progress:{key}")
    assert isinstance(left, int)
    assert 0 < left <= progress.KEPT


def test_a_hundred_thousand_rows_are_a_few_notes(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    link = progress._link()
    monkeypatch.setattr(link, "set", lambda *words, **more: written.append(words))
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for row in range(1000):  # two seconds of work
        now[0] = row / 500
        tell(key, row, 1001)
    assert 5 <= len(written) <= 10
    tell(key, 1001, 1001)
    assert written[-1] == (f"progress:{key}", "1001 1001")  # the end is always told


def test_another_work_is_told_at_once(key: str) -> None:
    tell(key, 1, 10)
    tell(f"{key}:2", 2, 10)
    assert (told(key), told(f"{key}:2")) == ((1, 10), (2, 10))


def test_without_redis_nothing_is_told_and_nothing_breaks(
    key: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    tell(key, 5, 10)
    assert told(key) is None
    monkeypatch.setattr(progress, "_name", lambda key: pytest.fail("asked again at once"))
    tell(key, 10, 10)
