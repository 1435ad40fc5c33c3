"""A register of bank details asks for changes; a second person approves them as any other."""

from io import BytesIO

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import Requisites, RequisitesChange
from billing.tests.test_exchange_papers import HEAD, RUSSIAN
from portal.testing import Cast
from premises.actions.imports import apply_file, check_file
from premises.models import ImportRun

pytestmark = pytest.mark.feature("G10")
OTHER = RUSSIAN.replace("ПАО Банк", "АО Другой банк")


def take(cast: Cast, text: str, by: User | None) -> ImportRun:
    file = BytesIO((HEAD + text).encode())
    run = check_file("requisites", cast.company, file, name="f.csv", by=by, at=timezone.now())
    return apply_file(run, by=by, at=timezone.now()) if run.state == "checked" else run


def test_details_wait_for_a_second_person_and_are_asked_once(cast: Cast) -> None:
    run = take(cast, RUSSIAN, cast.anna)
    assert (run.state, run.created, run.warnings) == ("applied", 1, 1), run.report
    change = RequisitesChange.objects.get()
    assert (change.state, change.asked_by, change.values["account"]) == ("asked", cast.anna, "40702810652000001234")
    assert not Requisites.objects.exists()
    again = take(cast, RUSSIAN + "\n", cast.mark)
    assert (again.state, again.unchanged, RequisitesChange.objects.count()) == ("applied", 1, 1)


def test_other_details_do_not_push_aside_what_waits(cast: Cast) -> None:
    take(cast, RUSSIAN, cast.anna)
    run = take(cast, OTHER, cast.anna)
    assert (run.state, "waits already" in run.problems[0].message) == ("refused", True)


def test_what_is_in_force_is_unchanged_and_what_differs_is_a_change_of_it(cast: Cast) -> None:
    values = dict(
        zip(("recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account"), RUSSIAN.split(";"), strict=False)
    )
    row = Requisites.objects.create(organization=cast.company, **values)
    assert take(cast, RUSSIAN, cast.anna).unchanged == 1
    run = take(cast, OTHER, cast.anna)
    assert (run.state, run.updated, RequisitesChange.objects.get().requisites) == ("applied", 1, row)


def test_nobody_asks_from_the_command_line_and_wrong_digits_are_refused(cast: Cast) -> None:
    assert take(cast, RUSSIAN, None).state == "refused"
    assert take(cast, RUSSIAN.replace("3661057530", "3661057531"), cast.anna).state == "refused"
    assert not RequisitesChange.objects.exists()


def test_details_of_another_recipient_of_the_company_are_not_asked_for(cast: Cast) -> None:
    names = ("recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account")
    values = dict(zip(names, RUSSIAN.split(";"), strict=False))
    Requisites.objects.create(organization=cast.company, is_main=False, **values)
    run = take(cast, RUSSIAN, cast.anna)
    assert (run.state, "already" in run.problems[0].message) == ("refused", True)
