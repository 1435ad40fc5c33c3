"""What a watchman is told, and what a reader sees while the database is away."""

import shutil
from collections import namedtuple

import pytest
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import Settings

from portal import health

Usage = namedtuple("Usage", "total used free")
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to reach the database fails, as when its server is gone."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("could not connect to server: secret-host.example.org")

    monkeypatch.setattr(connections["default"].__class__, "get_new_connection", refuse)
    monkeypatch.setattr(connections["default"].__class__, "cursor", refuse)


def test_livez_asks_nobody(client: Client) -> None:
    answer = client.get("/livez")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_says_ok_when_all_is_there(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100, 50, 50))

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "migrations": "ok", "disk": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_readyz_stays_ok_without_the_broker(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100, 50, 50))
    settings.REDIS_URL = NOWHERE

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["broker"]) == (200, "away")


@pytest.mark.django_db
@pytest.mark.parametrize(("free", "status"), [(10, 200), (9, 503)])
def test_readyz_minds_the_last_tenth_of_the_disk(
    client: Client, monkeypatch: pytest.MonkeyPatch, free: int, status: int
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100, 100 - free, free))

    assert client.get("/readyz").status_code == status


@pytest.mark.django_db
def test_readyz_refuses_while_a_migration_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", [])
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("one", False)])

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["migrations"]) == (503, "missing")


@pytest.mark.django_db
def test_readyz_refuses_without_the_database(client: Client, database_away: None) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, "away")
    assert b"secret-host" not in answer.content


@pytest.mark.django_db
def test_a_database_that_hangs_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "DATABASE_SECONDS", 0.0)

    assert client.get("/readyz").json()["database"] == "away"


@pytest.mark.django_db
def test_the_status_page_says_in_words_that_the_portal_works(client: Client) -> None:
    page = client.get("/status/", headers={"accept-language": "en"})

    assert page.status_code == 200
    assert "Yes, the portal works." in page.content.decode()


def test_any_page_says_kindly_that_the_database_is_away(
    client: Client, settings: Settings, database_away: None
) -> None:
    settings.CONTACT_PHONE = "8 (800) 550-07-35"
    client.raise_request_exception = False
    client.cookies[settings.SESSION_COOKIE_NAME] = "a-session-that-must-be-looked-up"

    page = client.get("/admin/", headers={"accept-language": "en"})
    text = page.content.decode()

    assert (page.status_code, page["Retry-After"]) == (503, "60")
    assert "try again in a few minutes" in text
    assert 'href="tel:88005500735"' in text
    assert page["X-Request-Id"] in text
    assert "secret-host" not in text
