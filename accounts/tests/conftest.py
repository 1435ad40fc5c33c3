"""Fixtures of the tests of people."""

from typing import Any

import pytest


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that left, newest last."""
    from accounts import codes as room

    caught: list[str] = []

    def catching(kind: Any, **facts: Any) -> Any:
        caught.append(facts["secret"])
        return None

    monkeypatch.setattr(room, "notify", catching)
    return caught
