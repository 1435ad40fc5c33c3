"""Each wrong variable is named in one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from lib import env


def test_text_comes_trimmed_or_from_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "  value ")

    assert env.text("NAME") == "value"
    assert env.text("OTHER_NAME", "default") == "default"


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_variable_is_a_missing_one(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NAME", value)

    with pytest.raises(ImproperlyConfigured, match=r"Set the environment variable NAME\."):
        env.text("NAME")


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("off", False), ("", False)]
)
def test_flag(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("NAME", value)

    assert env.flag("NAME") is expected


def test_a_flag_that_says_maybe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "maybe")

    with pytest.raises(ImproperlyConfigured, match="NAME must be 1 or 0"):
        env.flag("NAME")


def test_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "12")
    assert env.whole("NAME", 5) == 12

    monkeypatch.setenv("NAME", "twelve")
    with pytest.raises(ImproperlyConfigured, match="NAME must be a whole number"):
        env.whole("NAME", 5)


def test_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "a.example.org, b.example.org,,")

    assert env.words("NAME") == ["a.example.org", "b.example.org"]


def test_a_database_url_is_taken_apart() -> None:
    assert env.database("postgres://portal:p%40ss@db.example.org:5433/resident?sslmode=require") == {
        "ENGINE": "django.db.backends.postgresql", "NAME": "resident", "USER": "portal", "PASSWORD": "p@ss",
        "HOST": "db.example.org", "PORT": "5433", "OPTIONS": {"sslmode": "require"},
    }  # fmt: skip


def test_a_database_on_a_unix_socket() -> None:
    settings = env.database("postgres://postgres@/portal?host=/var/run/pg")

    assert (settings["HOST"], settings["PORT"], settings["OPTIONS"]) == ("/var/run/pg", "", {})


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("sqlite:///portal.db", "PostgreSQL is the only"),
        ("mysql://root@localhost/portal", "PostgreSQL is the only"),
        ("postgres://localhost", "name a database"),
        ("postgres://localhost:port/portal", "port in DATABASE_URL"),
    ],
)
def test_a_database_url_that_cannot_be_used(url: str, word: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=word):
        env.database(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock"),
        ("unix:///run/valkey.sock?db=2", "redis+socket:///run/valkey.sock?virtual_host=2"),
    ],
)
def test_celery_writes_a_socket_in_its_own_way(url: str, expected: str) -> None:
    assert env.broker(url) == expected


@pytest.mark.parametrize(
    ("worker", "url", "expected"),
    [
        ("", "redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
        ("gw1", "redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/9"),
        ("gw0", "unix:///run/valkey.sock", "unix:///run/valkey.sock?db=8"),
        ("gw0", "unix:///run/valkey.sock?db=8", "unix:///run/valkey.sock?db=8"),
    ],
)
def test_each_test_process_has_a_broker_of_its_own(
    monkeypatch: pytest.MonkeyPatch, worker: str, url: str, expected: str
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)

    assert env.redis_of_test_worker(url) == expected
