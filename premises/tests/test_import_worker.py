"""Large registers in the hands of the worker: checked there, shown on the way, taken up again when it is killed."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import openpyxl
import pytest
from django.conf import settings as portal
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from lib import progress
from lib.progress import tell, told
from lib.tables import xlsx_file
from portal.testing import Cast, make_organization, make_user
from premises.actions import imports
from premises.actions.imports import apply_file, check_file, check_received, receive_file, requeue_stuck, start_import
from premises.models import ImportRun, Organization, PersonalAccount
from premises.models.imports import MOST_TRIES
from premises.registers import IMPORTERS, Tally
from premises.registers.sources import rows_expected
from premises.tasks import apply_import, check_import, sweep_imports

Enter = Callable[[User], Client]
HEADER = "account;address;flat\n"
ADDRESS = "г. Волгодонск, ул. Садовая, 1"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F2", "F4")]


def register(rows: int = 3) -> bytes:
    return (HEADER + "".join(f"{n};{ADDRESS};{n}\n" for n in range(1, rows + 1))).encode()


def received(company: Organization, content: bytes | None = None) -> ImportRun:
    """A file that is too large to be checked in the request."""
    file, by = io.BytesIO(content or register()), make_user("Марк", "Второй")
    return receive_file(
        "accounts", company, file, name="f.csv", by=by, at=timezone.now(), later=lambda pk: None
    )  # fmt: skip


def page_of(client: Client, run: ImportRun) -> str:
    return client.get(reverse("admin:premises_importrun_change", args=[run.pk])).content.decode()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large."""
    monkeypatch.setattr(imports, "CHECKED_AT_ONCE", 0)
    monkeypatch.setattr(imports, "AT_ONCE", 0)


# --- The check --------------------------------------------------------------------------------------------------------


def test_a_large_file_is_not_read_in_the_request(
    cast: Cast, enter: Enter, large: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(check_import, "delay", sent.append)
    monkeypatch.setitem(IMPORTERS, "accounts", lambda *args, **more: pytest.fail("it was read"))
    mark = enter(cast.mark)
    file = SimpleUploadedFile("реестр.csv", register())
    with django_capture_on_commit_callbacks(execute=True):
        response = mark.post(
            "/admin/premises/importrun/add/", {"organization": cast.company.pk, "kind": "accounts", "file": file}
        )
    run = ImportRun.objects.get()
    assert (run.state, run.by, sent) == ("checking", cast.mark, [run.pk])
    assert response["Location"] == reverse("admin:premises_importrun_change", args=[run.pk])


def test_the_worker_checks_it_once(large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run = received(make_organization())
    check_import(run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows, run.created, run.warnings) == ("checked", 3, 3, 1)
    monkeypatch.setitem(IMPORTERS, "accounts", lambda *args, **more: pytest.fail("it was read again"))
    check_import(run.pk)
    check_import(0)  # one that is gone


def test_two_workers_write_one_report(large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run = received(make_organization())
    twin = ImportRun.objects.get(pk=run.pk)
    check_received(run, at=timezone.now())
    ImportRun.objects.filter(pk=run.pk).update(state="applied", rows=7)
    assert check_received(twin, at=timezone.now()).rows == 7


def test_a_small_file_is_checked_at_once(cast: Cast) -> None:
    run = received(cast.company)
    assert run.state == "checked"


def test_a_large_file_with_errors_is_refused_by_the_worker(large: None) -> None:
    run = received(make_organization(), b"account;address;flat\n1;here;1\n")
    check_import(run.pk)
    run.refresh_from_db()
    assert (run.state, run.errors) == ("refused", 1)


def test_while_it_is_checked_nobody_imports_it(cast: Cast, enter: Enter, large: None) -> None:
    run = received(cast.company)
    mark = enter(cast.mark)
    response = mark.post(reverse("admin:premises_importrun_import", args=[run.pk]))
    assert response.status_code == 409
    assert "still being checked" in response.content.decode()
    assert reverse("admin:premises_importrun_import", args=[run.pk]) not in page_of(mark, run)


# --- The bar ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_how_far_the_worker_is_and_how_to_look_again(cast: Cast, enter: Enter, large: None) -> None:
    run, mark = received(cast.company), enter(cast.mark)
    page = page_of(mark, run)
    here = reverse("admin:premises_importrun_change", args=[run.pk])
    assert f'<a class="button" href="{here}">Look again</a>' in page  # without scripts; with them it looks by itself
    assert "js/progress.js" in page
    assert "http-equiv" not in page  # a page that opens itself anew takes the reader's place away
    assert "waits for its turn" in page
    assert "<progress aria" in page  # a bar without a value: not known yet
    tell(run.progress_key, 12000, 100000)
    page = page_of(mark, run)
    assert 'value="12000" max="100000"' in page
    assert "12,000 of about 100,000 rows" in page
    tell(run.progress_key, 100001, 100001)
    assert "100,001 rows so far" in page_of(mark, run)


def test_a_page_of_a_finished_run_stays_as_it_is(cast: Cast, enter: Enter) -> None:
    run, mark = received(cast.company), enter(cast.mark)
    assert "progress.js" not in page_of(mark, run)
    assert "<progress" not in page_of(mark, run)


def test_the_page_works_without_redis(
    cast: Cast, enter: Enter, large: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_link", lambda: progress.redis.Redis.from_url("redis://127.0.0.1:1/0"))  # type: ignore[attr-defined]
    run = received(cast.company)
    assert "waits for its turn" in page_of(enter(cast.mark), run)
    check_import(run.pk)
    run.refresh_from_db()
    assert run.state == "checked"


def test_check_and_import_both_tell_how_far_they_are(large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []
    monkeypatch.setattr(imports, "tell", lambda key, done, total: seen.append((key.rpartition(":")[2], done, total)))
    run = received(make_organization(), register(500))
    check_import(run.pk)
    run.refresh_from_db()
    assert run.by
    start_import(run, by=run.by, at=timezone.now(), later=lambda *ids: None)
    apply_import(run.pk, run.by.pk)
    assert seen == [("checking", 200, 500), ("checking", 400, 500), ("applying", 200, 500), ("applying", 400, 500)]


def test_rows_that_are_counted_in_threes_are_told_as_often() -> None:
    seen: list[int] = []
    tally = Tally(on_progress=seen.append)
    tally.rows += 1
    for _time in range(200):
        tally.rows += 3
    assert seen == [202, 400, 601]


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_from_outside_the_transaction(large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import holds its row until the end; the note travels past it."""
    company = make_organization()
    run = check_file("accounts", company, io.BytesIO(register()), name="f.csv", by=None, at=timezone.now())
    key, notes = run.progress_key, list[object]()

    def slow(run: ImportRun, file: object, tally: Tally, *, write: bool, at: object) -> None:
        tally.rows = 200
        notes.append(told(key))

    monkeypatch.setitem(IMPORTERS, "accounts", slow)
    apply_file(run, by=None, at=timezone.now())
    assert notes == [(200, 3)]


def test_the_number_of_rows_is_told_without_reading_them() -> None:
    assert rows_expected(io.BytesIO(register(500))) == 500
    book = openpyxl.Workbook()
    for row in range(1, 41):
        book.active.append([row, "a", "b"])
    body = io.BytesIO()
    book.save(body)
    assert rows_expected(body) == 39
    assert rows_expected(io.BytesIO(xlsx_file("t", ["a"], [["b"]] * 40))) == 0  # it does not say
    for broken in (b"", b"PK\x03\x04", body.getvalue()[:-100]):
        assert rows_expected(io.BytesIO(broken)) == 0


# --- The sweep --------------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """What the sweep put into the queue: (run,) to be checked, (run, user) to be imported."""
    sent: list[tuple[int, ...]] = []
    monkeypatch.setattr(check_import, "delay", lambda *ids: sent.append(ids))
    monkeypatch.setattr(apply_import, "delay", lambda *ids: sent.append(ids))
    return sent


def grow_old(run: ImportRun, minutes: int = 11) -> None:
    ImportRun.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(minutes=minutes))


def test_what_the_worker_left_is_queued_again_after_ten_minutes(
    large: None, queue: list[tuple[int, ...]], django_capture_on_commit_callbacks: Any
) -> None:
    run = received(make_organization())
    with django_capture_on_commit_callbacks(execute=True):
        grow_old(run, minutes=9)
        sweep_imports()
        assert queue == []
        grow_old(run)
        sweep_imports()
        sweep_imports()  # it was queued just now
    assert queue == [(run.pk,)]
    check_import(run.pk)
    run.refresh_from_db()
    assert run.by
    start_import(run, by=run.by, at=timezone.now(), later=lambda *ids: None)
    grow_old(run)
    with django_capture_on_commit_callbacks(execute=True):
        sweep_imports()
    assert queue[1:] == [(run.pk, run.by.pk)]
    apply_import(*queue[1])
    grow_old(run)
    with django_capture_on_commit_callbacks(execute=True):
        sweep_imports()  # it is done
    assert len(queue) == 2


def test_a_file_that_stops_every_worker_is_refused_in_the_end(large: None, queue: list[tuple[int, ...]]) -> None:
    run = received(make_organization())
    for _time in range(MOST_TRIES):
        grow_old(run)
        sweep_imports()
    run.refresh_from_db()
    assert run.state == "checking"
    grow_old(run)
    sweep_imports()
    run.refresh_from_db()
    assert (run.state, run.errors) == ("refused", 1)
    assert "did not manage" in run.problems[0].message


def test_a_run_that_waits_for_an_import_of_the_same_file_ends_with_its_reason(large: None) -> None:
    company = make_organization()
    first, second = received(company), received(company)
    for run in (first, second):
        check_import(run.pk)
        run.refresh_from_db()
        assert run.by
        start_import(run, by=run.by, at=timezone.now(), later=lambda *ids: None)
    assert first.by
    apply_import(first.pk, first.by.pk)
    apply_import(second.pk, first.by.pk)
    second.refresh_from_db()
    assert second.state == "refused"
    assert "already imported" in second.problems[0].message


# --- Killed -----------------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, django
django.setup()
from django.db import connections
connections.databases["default"]["NAME"] = os.environ["TEST_DATABASE"]
from premises.models import ImportRun
from premises.registers import IMPORTERS, Tally
rows = Tally.rows
def die_at_300(tally, count):
    rows.fset(tally, count)
    if count == 300:
        os.kill(os.getpid(), signal.SIGKILL)
Tally.rows = property(rows.fget, die_at_300)
from premises.tasks import apply_import, check_import
run = ImportRun.objects.get()
check_import(run.pk) if run.state == "checking" else apply_import(run.pk, run.by_id)
"""


def die_with(run: ImportRun) -> None:
    """A worker takes the run and is killed at the three hundredth row."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "MEDIA_ROOT": str(portal.MEDIA_ROOT),
    }  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_checking_and_while_importing_loses_and_doubles_nothing(
    large: None, queue: list[tuple[int, ...]]
) -> None:
    run = received(make_organization(), register(500))
    die_with(run)
    run.refresh_from_db()
    assert run.state == "checking"
    grow_old(run)
    sweep_imports()
    check_import(*queue.pop())
    run.refresh_from_db()
    assert (run.state, run.rows) == ("checked", 500)
    assert run.by
    start_import(run, by=run.by, at=timezone.now(), later=lambda *ids: None)
    die_with(run)
    run.refresh_from_db()
    assert run.state == "applying"
    assert not PersonalAccount.objects.exists()
    grow_old(run)
    sweep_imports()
    ids = queue.pop()
    apply_import(*ids)
    apply_import(*ids)
    run.refresh_from_db()
    assert (run.state, PersonalAccount.objects.count()) == ("applied", 500)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_being_imported_is_not_queued_again(large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one who imports holds the row: the sweep passes it over, however old it is."""
    run = check_file(
        "accounts", make_organization(), io.BytesIO(register()), name="f", by=make_user("A"), at=timezone.now()
    )
    assert run.by
    start_import(run, by=run.by, at=timezone.now(), later=lambda *ids: None)
    grow_old(run)
    seen: list[int] = []

    def look(held: ImportRun, file: object, tally: Tally, *, write: bool, at: object) -> None:
        def sweep() -> None:
            seen.append(requeue_stuck(at=timezone.now(), check_later=print, apply_later=print, undo_later=print))
            connection.close()

        sweeper = Thread(target=sweep)
        sweeper.start()
        sweeper.join()

    monkeypatch.setitem(IMPORTERS, "accounts", look)
    apply_file(run, by=run.by, at=timezone.now())
    assert seen == [0]
