"""Fixtures every test may ask for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import settings as trying
from psycopg2 import sql
from pytest_django import Settings

from accounts.models import User
from billing.actions.rules import load_defaults
from portal.testing import Cast, entered, make_cast

pytest_plugins = ["accounts.tests.identity_provider"]

trying.register_profile("portal", deadline=None)  # a busy machine is no failure
trying.load_profile("portal")

# Files that take long begin first, so that no worker is left with one of them at the end.
LONG = (
    "/journeys/",
    "test_run.py",
    "test_staff_crawl",
    "test_killed_worker.py",
    "test_doors.py",
    "test_town_meters.py",
)


KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
}  # what `migrate` wrote and Django's flush writes anew
FILLED = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
EMPTY = sql.SQL("DELETE FROM {}")
flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def empty_what_was_filled(test: Any) -> None:
    """Empty the tables after a test that committed: a tenth of the time of Django's TRUNCATE of all of them.

    Foreign keys and the triggers that guard books and histories are silent meanwhile, which only a superuser of the
    database may ask for: any other flushes as Django does.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        if cursor.fetchone() != (True,):
            flush(test)
            return
        tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - KEPT
        asked = [FILLED.format(sql.Literal(table), sql.Identifier(table)) for table in sorted(tables)]
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        emptying = [EMPTY.format(sql.Identifier(table)) for (table,) in cursor.fetchall()]
        before, after = (
            sql.SQL(words) for words in ("SET session_replication_role = replica", "RESET session_replication_role")
        )
        cursor.execute(sql.SQL("; ").join([before, *emptying, after]))
    load_defaults()


TransactionTestCase._fixture_teardown = empty_what_was_filled  # type: ignore[attr-defined]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, `test_pages.py` before all; what is inside a file keeps its order."""
    items.sort(key=lambda item: (item.path.name != "test_pages.py", not any(one in str(item.path) for one in LONG)))


@pytest.fixture
def cast(db: None) -> Cast:
    """The fixed cast, written anew for each test."""
    return make_cast()


@pytest.fixture
def enter() -> Callable[[User], Client]:
    """Return a browser in which the person is signed in; employees have passed the second factor (portal/testing.py)."""
    return entered


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is signed in has just confirmed that it is them."""
    monkeypatch.setattr("accounts.sessions.is_fresh", lambda request, *, at: True)


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: Settings, tmp_path: Path) -> None:
    """Files that a test makes go with the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
