"""A real Chromium in front of a real server: what every journey starts from."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from portal.celery import app
from portal.testing import make_cast
from portal.tests.journeys.walk import Reader, Walk
from portal.tests.things import Things, make_things

OpenPortal = Callable[..., Walk]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; without one the journeys are errors that say what to do, never skipped."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps a loop in the thread of the tests
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.fail("Chromium is needed for the browser journeys: apt-get install chromium, or set CHROMIUM.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def worker(settings: Any) -> Iterator[None]:
    """Tasks run at once, in the server's own thread, as if a worker were very quick; letters go to the tray, too."""
    settings.EMAIL_BACKEND = "notifications.tray.EmailBackend"
    before, app.conf.task_always_eager = app.conf.task_always_eager, True
    yield
    app.conf.task_always_eager = before


@pytest.fixture
def town(transactional_db: None, worker: None) -> Things:
    """The cast and their things, visible to the server."""
    return make_things(make_cast())


@pytest.fixture
def open_portal(chromium: Browser, live_server: Any, worker: None, settings: Any) -> Iterator[OpenPortal]:
    """Return a function that opens a fresh browser at the portal, as this reader has it."""
    opened = []

    def open_(reader: Reader | None = None) -> Walk:
        reader = reader or Reader()
        context = chromium.new_context(**reader.context())
        context.set_default_timeout(8000)
        opened.append(context)
        settings.PUBLIC_URL = live_server.url.replace("127.0.0.1", "localhost")
        return Walk(context, settings.PUBLIC_URL, reader)

    yield open_
    for context in opened:
        context.close()
