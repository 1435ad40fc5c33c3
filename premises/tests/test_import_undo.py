"""Taking an import back: as a whole, once, by those who may import, and only where the register knows how."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any, BinaryIO

import pytest
from celery.exceptions import Retry
from django.conf import settings as portal
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from lib.errors import Busy, Refusal
from lib.progress import tell
from portal.testing import Cast, make_cast, make_house
from premises.actions import imports
from premises.actions.imports import apply_file, check_file, start_undo, undo_import
from premises.models import House, ImportRun, Organization
from premises.models.imports import MOST_TRIES
from premises.registers import IMPORTERS, UNDOERS, Tally, declare
from premises.tasks import sweep_imports, take_import_back

Enter = Callable[[User], Client]
KIND = "readings"
FILE = b"houses\n101\n102\n"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F2")]


def take_houses(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """An importer of house numbers."""
    for number in file.read().decode().split()[1:]:
        tally.rows += 1
        tally.created += 1
        if write:
            make_house(run.organization, number, street=f"ул. Импорта {run.pk}")


def drop_houses(run: ImportRun, tally: Tally, *, at: datetime, by: User | None) -> None:
    """Its undoer; a house whose description somebody wrote since cannot go."""
    houses = House.objects.filter(street=f"ул. Импорта {run.pk}")
    if houses.filter(number="101а").exists():
        raise Refusal("House 101 was changed since.")
    tally.total("houses taken back", houses.count())
    houses.delete()


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register that can be taken back."""
    monkeypatch.setitem(IMPORTERS, KIND, take_houses)
    monkeypatch.setitem(UNDOERS, KIND, drop_houses)


def taken(company: Organization, content: bytes = FILE, kind: str = KIND) -> ImportRun:
    run = check_file(kind, company, io.BytesIO(content), name="дома.csv", by=None, at=timezone.now())
    return apply_file(run, by=None, at=timezone.now())


def houses() -> int:
    return House.objects.filter(street__startswith="ул. Импорта").count()


def undo_page(run: ImportRun) -> str:
    return reverse("admin:premises_importrun_undo", args=[run.pk])


def test_a_manager_takes_an_import_back_after_reading_how_much_it_was(cast: Cast, enter: Enter) -> None:
    run, mark = taken(cast.company), enter(cast.mark)
    report = reverse("admin:premises_importrun_change", args=[run.pk])
    assert undo_page(run) in mark.get(report).content.decode()
    asked = mark.get(undo_page(run)).content.decode()
    assert "2 rows" in asked
    assert houses() == 2  # asking takes nothing back
    response = mark.post(undo_page(run))
    assert response["Location"] == report
    page = mark.get(report).content.decode()
    run.refresh_from_db()
    assert (houses(), run.state, run.undone_by) == (0, "undone", cast.mark)
    assert run.undone_at
    assert run.totals == {"houses taken back": "2"}
    assert "houses taken back" in page
    assert undo_page(run) not in page
    assert reverse("admin:premises_importrun_import", args=[run.pk]) not in page


def test_afterwards_the_same_file_may_be_imported_again(cast: Cast) -> None:
    run = taken(cast.company)
    undo_import(run, by=cast.mark, at=timezone.now())
    assert houses() == 0
    again = taken(cast.company)
    assert (again.state, houses()) == ("applied", 2)


def test_after_the_newest_is_taken_back_the_one_before_it_is_the_newest(cast: Cast) -> None:
    taken(cast.company)
    undo_import(taken(cast.company, b"houses\n103\n"), by=None, at=timezone.now())
    again = check_file(KIND, cast.company, io.BytesIO(FILE), name="f", by=None, at=timezone.now())
    assert again.state == "refused"


def test_a_run_is_taken_back_once_and_not_imported_again(cast: Cast, enter: Enter) -> None:
    run, mark = taken(cast.company), enter(cast.mark)
    assert mark.post(undo_page(run)).status_code == 302
    for response in (mark.post(undo_page(run)), mark.get(undo_page(run))):
        assert response.status_code == 409
        assert "already taken back" in response.content.decode()
    response = mark.post(reverse("admin:premises_importrun_import", args=[run.pk]))
    assert response.status_code == 409
    assert "upload it again" in response.content.decode()


def test_what_cannot_be_taken_back_any_more_is_said_and_stays(cast: Cast, enter: Enter) -> None:
    run, mark = taken(cast.company), enter(cast.mark)
    House.objects.filter(number="101").update(number="101а")
    response = mark.post(undo_page(run))
    assert response.status_code == 409
    assert "House 101 was changed since." in response.content.decode()
    run.refresh_from_db()
    assert (houses(), run.state) == (2, "applied")


@pytest.mark.parametrize("kind", ["requisites"])
def test_what_nobody_knows_how_to_take_back_has_no_button(cast: Cast, enter: Enter, kind: str) -> None:
    run = ImportRun.objects.create(organization=cast.company, kind=kind, state="applied", file_name="f.csv")
    mark = enter(cast.mark)
    page = mark.get(reverse("admin:premises_importrun_change", args=[run.pk])).content.decode()
    assert undo_page(run) not in page
    assert mark.post(undo_page(run)).status_code == 409
    run.refresh_from_db()
    assert run.state == "applied"


@pytest.mark.parametrize("state", ["checked", "refused", "applying", "checking"])
def test_what_was_not_imported_has_nothing_to_take_back(cast: Cast, enter: Enter, state: str) -> None:
    run = ImportRun.objects.create(organization=cast.company, kind=KIND, state=state, file_name="f.csv")
    assert enter(cast.mark).post(undo_page(run)).status_code == 409


def test_others_find_no_such_page(cast: Cast, enter: Enter, client: Client) -> None:
    run = taken(cast.company)
    for user in (cast.pavel, cast.dima):
        assert enter(user).get(undo_page(run)).status_code == 404
        assert enter(user).post(undo_page(run)).status_code == 404
    assert client.post(undo_page(run)).status_code == 302  # to the entry page
    for user in (cast.olga, cast.vera):
        assert enter(user).post(undo_page(run), follow=True).status_code == 404
    run.refresh_from_db()
    assert run.state == "applied"
    assert enter(cast.anna).post(undo_page(run)).status_code == 302
    assert houses() == 0


@pytest.mark.django_db(transaction=True)
def test_two_parallel_presses_take_it_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    run, start, results = taken(cast.company), Barrier(8), list[object]()
    calls: list[int] = []

    def counted(held: ImportRun, tally: Tally, *, at: datetime, by: User | None) -> None:
        calls.append(held.pk)
        drop_houses(held, tally, at=at, by=by)

    monkeypatch.setitem(UNDOERS, KIND, counted)

    def press() -> None:
        start.wait()
        try:
            results.append(undo_import(run, by=cast.mark, at=timezone.now()))
        except Refusal as refusal:
            results.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=press) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(results) == 8
    assert len([one for one in results if isinstance(one, ImportRun)]) == 1
    run.refresh_from_db()
    assert (run.state, houses()) == ("undone", 0)


# --- By the worker ----------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every import counts as large; the runs that the worker was asked to take back."""
    sent: list[int] = []
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    monkeypatch.setattr(take_import_back, "delay", sent.append)
    return sent


def asked(cast: Cast) -> ImportRun:
    """An import that somebody wants taken back, not begun yet."""
    return start_undo(taken(cast.company), by=cast.mark, at=timezone.now(), later=lambda pk: None)


def grow_old(run: ImportRun) -> None:
    ImportRun.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(minutes=11))


def report_of(client: Client, run: ImportRun) -> str:
    return client.get(reverse("admin:premises_importrun_change", args=[run.pk])).content.decode()


def test_a_large_import_is_taken_back_by_the_worker_once(
    cast: Cast, enter: Enter, queue: list[int], django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, mark = taken(cast.company), enter(cast.mark)
    with django_capture_on_commit_callbacks(execute=True):
        for _press in range(2):
            response = mark.post(undo_page(run))
            assert response["Location"] == reverse("admin:premises_importrun_change", args=[run.pk])
    assert (queue, houses()) == ([run.pk], 2)
    page = report_of(mark, run)
    assert "The import is being taken back. You may leave this page." in page
    assert "<progress" in page
    assert undo_page(run) not in page
    take_import_back(run.pk)
    run.refresh_from_db()
    assert (run.state, run.undone_by, houses()) == ("undone", cast.mark, 0)
    monkeypatch.setitem(UNDOERS, KIND, lambda *args, **more: pytest.fail("it was taken back again"))
    take_import_back(run.pk)


def test_how_far_it_is_is_seen(cast: Cast, enter: Enter, queue: list[int]) -> None:
    run = asked(cast)
    tell(run.progress_key, 1200, 4000)
    assert "1,200 of about 4,000 rows" in report_of(enter(cast.mark), run)


def test_what_the_worker_cannot_take_back_stays_and_the_page_says_why(
    cast: Cast, enter: Enter, queue: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = asked(cast)
    House.objects.filter(number="101").update(number="101а")
    take_import_back(run.pk)
    run.refresh_from_db()
    assert (run.state, run.undone_by, houses()) == ("applied", None, 2)
    mark = enter(cast.mark)
    page = report_of(mark, run)
    assert "House 101 was changed since." in page
    assert undo_page(run) in page
    House.objects.filter(number="101а").update(number="101")
    take_import_back(run.pk)  # a message that comes late: nobody asks for it any more
    assert houses() == 2
    mark.post(undo_page(run))
    assert "House 101 was changed since." not in report_of(mark, run)
    take_import_back(run.pk)
    assert houses() == 0


def test_until_it_is_taken_back_the_file_is_imported(cast: Cast, enter: Enter, queue: list[int]) -> None:
    run = asked(cast)
    response = enter(cast.mark).post(reverse("admin:premises_importrun_import", args=[run.pk]))
    assert response.status_code == 409
    assert "already imported" in response.content.decode()
    again = check_file(KIND, cast.company, io.BytesIO(FILE), name="f", by=None, at=timezone.now())
    assert again.state == "refused"
    assert enter(cast.mark).get(undo_page(run)).status_code == 409


def test_while_something_holds_its_rows_the_worker_comes_back_later(
    cast: Cast, queue: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: object, **more: object) -> None:
        raise Busy("In a minute.")

    run = asked(cast)
    monkeypatch.setitem(UNDOERS, KIND, busy)
    with pytest.raises(Retry):
        take_import_back(run.pk)
    run.refresh_from_db()
    assert (run.state, run.why_not_undone) == ("undoing", "")


def test_what_stops_every_worker_stays_imported_in_the_end(cast: Cast, enter: Enter, queue: list[int]) -> None:
    run = asked(cast)
    for _time in range(MOST_TRIES + 1):
        grow_old(run)
        sweep_imports()
    run.refresh_from_db()
    assert (run.state, run.errors) == ("applied", 0)
    assert "did not manage to take this import back" in report_of(enter(cast.mark), run)


KILLED = """
import os, signal, django
django.setup()
from django.db import connections
connections.databases["default"]["NAME"] = os.environ["TEST_DATABASE"]
from premises.models import House, ImportRun
from premises.registers import UNDOERS
def die(run, tally, *, at, by):
    House.objects.filter(number="101").delete()
    os.kill(os.getpid(), signal.SIGKILL)
UNDOERS["readings"] = die
from premises.tasks import take_import_back
take_import_back(ImportRun.objects.get().pk)
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_taking_back_loses_nothing(queue: list[int]) -> None:
    run = asked(make_cast())
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "MEDIA_ROOT": str(portal.MEDIA_ROOT),
    }  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    run.refresh_from_db()
    assert (run.state, houses()) == ("undoing", 2)
    grow_old(run)
    sweep_imports()
    assert queue == [run.pk]
    take_import_back(*queue)
    run.refresh_from_db()
    assert (run.state, houses()) == ("undone", 0)


def test_the_same_kind_is_declared_once() -> None:
    declare(KIND, take_houses, undo=drop_houses)
    with pytest.raises(ValueError, match="twice"):
        declare(KIND, lambda *args, **more: None)
