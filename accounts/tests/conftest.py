"""Fixtures of the tests of people."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that left, newest last."""
    from accounts import codes as room
    from notifications import actions

    caught: list[str] = []
    send = actions.notify

    def catching(kind: Any, **facts: Any) -> Any:
        if facts.get("secret"):
            caught.append(facts["secret"])
        return send(kind, **facts)

    monkeypatch.setattr(room, "notify", catching)
    return caught


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Move the portal's clock on by so many seconds."""
    real, ahead = timezone.now, timedelta()

    def move(seconds: int) -> None:
        nonlocal ahead
        ahead += timedelta(seconds=seconds)

    monkeypatch.setattr(timezone, "now", lambda: real() + ahead)
    return move


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The sentences of the tests are the source's, whatever the deployment speaks."""
    with translation.override("en"):
        yield


@pytest.fixture
def client() -> Client:
    """A fresh browser of an English reader."""
    return Client(headers={"accept-language": "en"})
