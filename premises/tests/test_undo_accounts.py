"""Taking a register of accounts back: what it brought goes while nobody uses it, what it changed becomes what it was."""

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.testing import make_invoice
from portal.testing import Cast, make_link, make_user
from premises.actions import undo_accounts
from premises.actions.imports import apply_file, check_file, undo_import
from premises.models import CouncilSeat, House, ImportRun, Ownership, PersonalAccount, Unit
from premises.models.imports import NotUndoable

pytestmark = pytest.mark.feature("G10")
HEAD = "account;address;flat;area_total;residents;owner;share\n"
NEW = "20117;г. Волгодонск, ул. Новая, 7;17;50,00;2;Мартынович А. В.;1/2\n"
SECOND = "20118;г. Волгодонск, ул. Новая, 7;18;40,00;1;;\n"
OLD = "10012;г. Волгодонск, ул. Садовая, 1;12;61,50;5;Новый Владелец;1/1\n"


def take(cast: Cast, rows: str) -> ImportRun:
    file = io.BytesIO((HEAD + rows).encode())
    run = check_file("accounts", cast.company, file, name="f.csv", by=None, at=timezone.now())
    run = apply_file(run, by=None, at=timezone.now())
    assert run.state == "applied", run.report
    return run


def back(run: ImportRun) -> ImportRun:
    return undo_import(run, by=None, at=timezone.now())


def world() -> tuple[Any, ...]:
    """Everything that a register writes."""
    return (
        sorted(House.objects.values_list("address_search", flat=True)),
        sorted(Unit.objects.values_list("house__address_search", "label", "area_total")),
        sorted(PersonalAccount.objects.values_list("number", "residents", "holder")),
        sorted(Ownership.objects.values_list("owner", "numerator", "denominator", "until"), key=str),
    )


def test_houses_flats_accounts_and_owners_go_and_come_again(cast: Cast) -> None:
    before = world()
    run = take(cast, NEW + SECOND)
    after = world()
    run = back(run)
    assert (run.state, run.totals["Accounts taken back"]) == ("undone", "2")
    assert world() == before
    assert take(cast, NEW + SECOND).created == 2
    assert world() == after


def test_what_was_changed_becomes_what_it_was(cast: Cast) -> None:
    before = world()
    run = take(cast, OLD + NEW)
    unit = cast.account.unit
    unit.refresh_from_db()
    assert (unit.area_total, run.updated, run.created) == (Decimal("61.50"), 1, 1)
    assert Ownership.objects.filter(unit=unit, until=timezone.localdate() - timedelta(days=1)).count() == 2
    back(run)
    assert world() == before


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda account, cast: make_link(make_user(), account), "links"),
        (lambda account, cast: make_invoice(account, date(2026, 3, 1)), "payment documents (1)"),
        (
            lambda account, cast: CouncilSeat.objects.create(
                user=cast.olga, house=account.unit.house, since=date(2026, 1, 1)
            ),
            "(1)",
        ),
        (lambda account, cast: Unit.objects.create(house=account.unit.house, label="99"), "units (1)"),
        (lambda account, cast: Ownership.objects.filter(source__isnull=False).update(user=cast.olga), "share"),
    ],
)
def test_what_is_used_stays_and_the_refusal_names_the_use(cast: Cast, use: Any, words: str) -> None:
    run = take(cast, NEW + SECOND)
    use(PersonalAccount.objects.get(number="20117"), cast)
    was = world()
    with pytest.raises(NotUndoable) as caught:
        back(run)
    assert words in str(caught.value)
    assert world() == was


def test_what_was_changed_again_since_is_not_overwritten(cast: Cast) -> None:
    run = take(cast, OLD + NEW)
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=9)
    was = world()
    with pytest.raises(NotUndoable, match="1 row that the import changed"):
        back(run)
    assert world() == was


def test_the_newest_register_goes_first(cast: Cast) -> None:
    first = take(cast, NEW)
    second = take(cast, NEW + SECOND)
    with pytest.raises(NotUndoable, match="A later register"):
        back(first)
    back(second)
    back(first)
    assert not House.objects.filter(street="ул. Новая").exists()


def test_too_many_changes_are_not_kept_and_said(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_accounts, "MOST_CHANGES", 0)
    run = take(cast, OLD)
    with pytest.raises(NotUndoable, match="too many to keep"):
        back(run)
