"""Taking an import back: as a whole, once, by those who may import, and only where the register knows how."""

import io
from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Thread
from typing import BinaryIO

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from lib.errors import Refusal
from portal.testing import Cast, make_cast, make_house
from premises.actions.imports import apply_file, check_file, undo_import
from premises.models import House, ImportRun, Organization
from premises.registers import IMPORTERS, UNDOERS, Tally, declare

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


@pytest.mark.parametrize("kind", ["accounts", "documents", "payments"])
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


def test_the_same_kind_is_declared_once() -> None:
    declare(KIND, take_houses, undo=drop_houses)
    with pytest.raises(ValueError, match="twice"):
        declare(KIND, lambda *args, **more: None)
