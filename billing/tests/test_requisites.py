"""Bank details: checked when they are written, changed by two people, in force a day later; everybody who watches is told."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from billing.actions.agreeing import AlreadyDecided, NotYours, apply_due_changes, approve_change, refuse_change
from billing.actions.requisites import ThereAlready, ask_change
from billing.models import Requisites, RequisitesChange
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.testing import Cast

ADD = "admin:billing_requisiteschange_add"
GOOD = {
    "kind": "main", "recipient": "ООО «Уютный дом»", "tax_id": "3661057530", "kpp": "366101001", "bank": "ПАО СБЕРБАНК",
    "bic": "044525225", "account": "40702810652000001234", "corr_account": "30101810400000000225",
}  # fmt: skip
WORDS = {name: GOOD[name] for name in Requisites.WORDS}
pytestmark = pytest.mark.usefixtures("fresh")


def asked(cast: Cast, **changes: Any) -> RequisitesChange:
    """Anna asks for the company's bank details."""
    values: dict[str, Any] = {"kind": "main", "by": cast.anna, "at": timezone.now()} | changes
    return ask_change(cast.company, WORDS, **values)


def posted(cast: Cast) -> dict[str, Any]:
    return GOOD | {"organization": cast.company.pk, "is_main": "on"}


@pytest.mark.feature("F2", "G10")
def test_nobody_writes_details_past_the_second_person(cast: Cast, enter: Any) -> None:
    for user in (cast.anna, cast.mark, cast.sofia):
        assert enter(user).get(reverse("admin:billing_requisites_add")).status_code == 403
    row = Requisites.objects.create(organization=cast.company, **WORDS)
    page = enter(cast.mark).get(reverse("admin:billing_requisites_change", args=[row.pk])).content.decode()
    assert 'name="_save"' not in page
    assert f"{reverse(ADD)}?requisites={row.pk}" in page


@pytest.mark.feature("F2")
def test_the_accountant_asks_for_the_own_company_only(cast: Cast, enter: Any) -> None:
    client = enter(cast.anna)
    assert client.post(reverse(ADD), posted(cast) | {"organization": cast.other_company.pk}).status_code == 200
    assert not RequisitesChange.objects.exists()
    assert client.post(reverse(ADD), posted(cast)).status_code == 302
    change = RequisitesChange.objects.get()
    assert (change.organization, change.state, change.asked_by) == (cast.company, "asked", cast.anna)
    assert change.values == WORDS
    assert not Requisites.objects.exists()
    assert enter(cast.dima).get(reverse(ADD)).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tax_id": "3661057531"}, "tax_id"),
        ({"kpp": "36610100"}, "kpp"),
        ({"bic": "44525225"}, "bic"),
        ({"account": "40702810338000000001"}, "account"),
        ({"corr_account": "30101810500000000225"}, "corr_account"),
    ],
)
def test_a_mistyped_number_is_an_error_beside_the_field(
    cast: Cast, enter: Any, change: dict[str, str], field: str
) -> None:
    response = enter(cast.anna).post(reverse(ADD), posted(cast) | change)
    assert field in response.context["adminform"].form.errors
    assert not RequisitesChange.objects.exists()


def test_missing_details_are_no_error_but_make_no_code(cast: Cast, enter: Any) -> None:
    bare = posted(cast) | {"bic": "", "bank": "", "corr_account": ""}
    assert enter(cast.anna).post(reverse(ADD), bare).status_code == 302


@pytest.mark.feature("G10")
def test_details_are_in_force_a_day_after_the_second_person_agreed(cast: Cast) -> None:
    at = timezone.now()
    old = Requisites.objects.create(organization=cast.company, **WORDS | {"account": "40702810338000000009"})
    change = approve_change(asked(cast, requisites=old), by=cast.mark, at=at)
    assert apply_due_changes(at=at + timedelta(hours=24, seconds=-1)) == 0
    old.refresh_from_db()
    assert old.account == "40702810338000000009"
    assert apply_due_changes(at=at + timedelta(hours=24)) == 1
    assert apply_due_changes(at=at + timedelta(hours=25)) == 0
    old.refresh_from_db()
    change.refresh_from_db()
    assert (old.account, change.state) == (WORDS["account"], "applied")


def test_new_details_take_the_place_of_the_main_ones(cast: Cast) -> None:
    at = timezone.now()
    old = Requisites.objects.create(organization=cast.company, **WORDS | {"account": "40702810338000000009"})
    approve_change(asked(cast), by=cast.mark, at=at)
    apply_due_changes(at=at + RequisitesChange.DELAY)
    main = Requisites.objects.get(organization=cast.company, kind="main", is_main=True)
    assert main.account == WORDS["account"]
    assert main.pk != old.pk
    assert not Requisites.objects.get(pk=old.pk).is_main


def test_who_asked_does_not_approve_and_nobody_decides_twice(cast: Cast, enter: Any) -> None:
    at, change = timezone.now(), asked(cast)
    with pytest.raises(NotYours):
        approve_change(change, by=cast.anna, at=at)
    url = reverse("admin:billing_requisiteschange_approve", args=[change.pk])
    assert enter(cast.anna).post(url).status_code == 409
    assert enter(cast.pavel).post(url).status_code == 404
    assert enter(cast.dima).post(url).status_code == 404
    assert enter(cast.mark).get(url).status_code == 404
    assert enter(cast.mark).post(url).status_code == 302
    with pytest.raises(AlreadyDecided):
        approve_change(change, by=cast.sofia, at=at)
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("approved", cast.mark)


def test_the_database_itself_refuses_one_person_alone(cast: Cast) -> None:
    change = asked(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        RequisitesChange.objects.filter(pk=change.pk).update(state="approved", decided_by=cast.anna)


def test_a_second_change_of_the_same_details_waits_its_turn(cast: Cast) -> None:
    asked(cast)
    with pytest.raises(AlreadyDecided):
        asked(cast, by=cast.mark)
    assert asked(cast, kind="repair").kind == "repair"


def test_an_approved_change_can_be_stopped_until_its_hour(cast: Cast, enter: Any) -> None:
    at = timezone.now()
    change = approve_change(asked(cast), by=cast.mark, at=at)
    url = reverse("admin:billing_requisiteschange_refuse", args=[change.pk])
    assert enter(cast.anna).post(url).status_code == 302
    assert apply_due_changes(at=at + timedelta(days=2)) == 0
    assert not Requisites.objects.exists()
    with pytest.raises(AlreadyDecided):
        refuse_change(change, by=cast.anna, at=at)


def test_old_refusals_move_to_their_own_column(cast: Cast) -> None:
    """Until now the approver's column held who refused; one that fitted no more had been refused by nobody."""
    at, rows = timezone.now(), RequisitesChange.objects
    decided: dict[str, Any] = {"state": "refused", "decided_by": cast.mark, "decided_at": at}
    refused, stopped, failed = (asked(cast, kind=kind) for kind in ("main", "repair", "other"))
    rows.filter(pk=refused.pk).update(**decided)
    rows.filter(pk=stopped.pk).update(**decided, effective_at=at + timedelta(hours=20))
    rows.filter(pk=failed.pk).update(**decided, effective_at=at + timedelta(hours=24))
    import_module("billing.migrations.0024_move_who_stopped_a_change_to_its_own_column").move(apps, None)
    for change, approver, who in ((refused, None, cast.mark), (stopped, None, cast.mark), (failed, cast.mark, None)):
        change.refresh_from_db()
        assert (change.decided_by, change.stopped_by, change.effective_at) == (approver, who, None)
        assert change.stopped_at == (at if who else at + timedelta(hours=24))


def test_who_approved_stays_written_beside_who_stopped_it(cast: Cast, enter: Any) -> None:
    """Mark approved, Anna stopped it: the page said that Anna had decided, and from when it was in force."""
    at = timezone.now()
    stopped = approve_change(asked(cast), by=cast.mark, at=at)
    refuse_change(stopped, by=cast.anna, at=at + timedelta(hours=1))
    stopped.refresh_from_db()
    assert (stopped.decided_by, stopped.decided_at) == (cast.mark, at)
    assert (stopped.stopped_by, stopped.stopped_at) == (cast.anna, at + timedelta(hours=1))
    assert stopped.effective_at is None
    refused = refuse_change(asked(cast), by=cast.mark, at=at)
    assert (refused.decided_by, refused.stopped_by) == (None, cast.mark)
    page = enter(cast.sofia).get(reverse("admin:billing_requisiteschange_change", args=[stopped.pk]))
    fields = {
        field.field["name"]: field.contents() for one in page.context["adminform"] for line in one for field in line
    }
    assert (fields["decided_by"], fields["stopped_by"]) == tuple(
        f'<a href="/admin/accounts/user/{one.pk}/change/">{one}</a>' for one in (cast.mark, cast.anna)
    )


def test_colleagues_hear_of_the_wish_and_councils_and_signatories_of_the_change(cast: Cast) -> None:
    at = timezone.now()
    first = approve_change(asked(cast), by=cast.mark, at=at)
    told = Notice.objects.filter(kind="billing.requisites_asked")
    assert set(told.values_list("user", flat=True)) == {cast.mark.pk}
    told = Notice.objects.filter(kind="billing.requisites_changed", subject=f"requisites:{first.pk}")
    assert told.get().context["zone"] == cast.company.time_zone
    assert set(told.values_list("user", flat=True)) == {cast.vera.pk}
    apply_due_changes(at=at + RequisitesChange.DELAY)
    second = approve_change(asked(cast, by=cast.mark, requisites=Requisites.objects.get()), by=cast.sofia, at=at)
    told = Notice.objects.filter(kind="billing.requisites_changed", subject=f"requisites:{second.pk}")
    assert set(told.values_list("user", flat=True)) == {cast.vera.pk, cast.anna.pk, cast.mark.pk}


def test_the_page_of_a_change_shows_the_old_word_beside_the_new(cast: Cast, enter: Any) -> None:
    row = Requisites.objects.create(organization=cast.company, **WORDS | {"bank": "Старый банк"})
    change = asked(cast, requisites=row)
    page = reverse("admin:billing_requisiteschange_change", args=[change.pk])
    body = enter(cast.mark).get(page).content.decode()
    assert "was: Старый банк" in body
    assert "Approve" in body
    own = enter(cast.anna).get(page).content.decode()
    assert reverse("admin:billing_requisiteschange_approve", args=[change.pk]) not in own
    assert "Somebody else must approve" in own
    enter(cast.mark).post(reverse("admin:billing_requisiteschange_approve", args=[change.pk]))
    for person in (cast.anna, cast.mark):
        after = enter(person).get(reverse("admin:billing_requisiteschange_change", args=[change.pk])).content.decode()
        assert "Somebody else must approve" not in after


def test_numbers_pasted_in_groups_are_kept_without_spaces(cast: Cast, enter: Any) -> None:
    pasted = {"account": "4070 2810 6520 0000 1234", "bic": " 044 525 225", "tax_id": "3661\xa0057530"}
    assert enter(cast.anna).post(reverse(ADD), posted(cast) | pasted).status_code == 302
    assert RequisitesChange.objects.get().values == WORDS


OTHER = WORDS | {"recipient": "ПАО Теплосеть", "account": "40702810338000000009"}


def test_details_that_stand_there_already_are_not_asked_for_again(cast: Cast, enter: Any) -> None:
    row = Requisites.objects.create(organization=cast.company, is_main=False, **WORDS)
    page = enter(cast.anna).post(reverse(ADD), posted(cast))
    assert list(page.context["adminform"].form.errors) == ["account"]
    with pytest.raises(ThereAlready):
        asked(cast)
    assert asked(cast, requisites=row).requisites == row  # to become the main ones
    assert asked(cast, kind="repair").kind == "repair"


def test_a_change_that_fits_no_more_is_refused_alone_and_told_about(cast: Cast) -> None:
    """Another change took its place meanwhile: those of other companies come into force as agreed."""
    at = timezone.now()
    bad = approve_change(asked(cast), by=cast.mark, at=at)
    Requisites.objects.create(organization=cast.company, is_main=False, **WORDS)
    main = Requisites.objects.create(organization=cast.company, **OTHER)
    good = ask_change(cast.other_company, WORDS, kind="main", by=cast.sofia, at=at)
    RequisitesChange.objects.filter(pk=good.pk).update(state="approved", effective_at=at + timedelta(hours=25))
    for hours in (26, 27):
        apply_due_changes(at=at + timedelta(hours=hours))
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.applied_at, good.state) == ("refused", None, "applied")
    assert (bad.decided_by, bad.stopped_by, bad.effective_at) == (cast.mark, None, None)
    main.refresh_from_db()
    assert main.is_main
    told = Notice.objects.filter(kind="billing.requisites_failed", subject=f"requisites:{bad.pk}")
    assert set(told.values_list("user", flat=True)) == {cast.anna.pk, cast.mark.pk, cast.vera.pk}
    title, text = title_and_text(told.first())  # type: ignore[arg-type]
    assert "did not come into force" in title
    assert WORDS["account"] in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, ""),
        ({"tax_id": "30000005"}, ""),  # the second pass of the check digit
        ({"tax_id": "3287300012"}, ""),  # a person
        ({"account": "ua21 3223 1300 0002 6007 2335 6600 1"}, ""),
        ({"tax_id": "40121453"}, "tax_id"),
        ({"tax_id": "3287300013"}, "tax_id"),
        ({"account": "UA213223130000026007233566002"}, "account"),
        ({"recipient": "х" * 141}, "recipient"),
    ],
)
def test_ukrainian_details_are_checked_by_ukrainian_rules(
    cast: Cast, enter: Any, change: dict[str, str], field: str
) -> None:
    cast.company.country = "UA"
    cast.company.save()
    details = {"recipient": "ТОВ", "tax_id": "40121452", "account": "UA213223130000026007233566001"}
    bare = posted(cast) | dict.fromkeys(("kpp", "bank", "bic", "corr_account"), "")
    response = enter(cast.anna).post(reverse(ADD), bare | details | change)
    if field:
        assert list(response.context["adminform"].form.errors) == [field]
    else:
        assert response.status_code == 302
        assert " " not in RequisitesChange.objects.get().values["account"]


def test_of_a_treasury_account_only_the_shape_is_checked(cast: Cast, enter: Any) -> None:
    client = enter(cast.anna)
    treasury = {"bic": "014525988", "account": "03100643000000013200", "corr_account": "40102810545370000003"}
    short = client.post(reverse(ADD), posted(cast) | treasury | {"account": "0310064300000001320"})
    assert list(short.context["adminform"].form.errors) == ["account"]
    assert client.post(reverse(ADD), posted(cast) | treasury).status_code == 302
