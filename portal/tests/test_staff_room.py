"""The staff room: every page of the admin, seen by the employees of two companies. No byte of the other one appears."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

import billing.tests.town  # noqa: F401  (adds its rows to both sides)
import meters.tests.town  # noqa: F401  (adds its rows to both sides)
from accounts.models import User
from portal.testing import Cast
from premises.admin_scope import ScopedAdmin, organization_path_of
from premises.models import Organization, StaffMember
from premises.tests.town import Side, make_side

pytestmark = pytest.mark.usefixtures("fresh")

Enter = Callable[[User], Client]
LINK = re.compile(r'href="(\?[^"#]*)"')
OURS, THEIRS = "Нашмаркер", "Ихмаркер"


@pytest.fixture
def sides(db: None) -> dict[str, Side]:
    """Two companies with a marked row of every model of the admin."""
    return {OURS: make_side(OURS), THEIRS: make_side(THEIRS)}


def pages(model: type[models.Model]) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def scoped_admins() -> list[ScopedAdmin]:
    return [one for one in admin.site._registry.values() if isinstance(one, ScopedAdmin)]


def rows_of(model: type[models.Model], organization: Organization) -> Any:
    path = organization_path_of(admin.site, model)
    return model._default_manager.filter(**{path or "": organization.pk})


def doors(one: ScopedAdmin, own: Organization, other: Organization) -> Iterator[str]:
    """Every GET address of one admin class: lists, searches, forms, one's own rows and the other company's."""
    name = pages(one.model)
    changelist = reverse(f"{name}_changelist")
    yield changelist
    yield reverse(f"{name}_add")
    for word in ("1", "маркер"):
        yield f"{changelist}?q={word}"
    for row in [*rows_of(one.model, own), *rows_of(one.model, other)]:
        for page in ("change", "delete", "history"):
            yield reverse(f"{name}_{page}", args=[row.pk])
    for row in rows_of(one.model, other):
        yield changelist + f"?pk__exact={row.pk}"
    for field in one.get_autocomplete_fields(None):  # type: ignore[arg-type]
        where = f"app_label={one.model._meta.app_label}&model_name={one.model._meta.model_name}&field_name={field}"
        yield reverse("admin:autocomplete") + f"?{where}&term="
        yield reverse("admin:autocomplete") + f"?{where}&term=маркер"


def everything_of(client: Client, url: str) -> Iterator[tuple[str, str]]:
    """The page and, for a bare list, every filter it offers."""
    response = client.get(url)
    assert response.status_code in {200, 302, 403, 404}, url
    body = unescape(response.content.decode())
    yield url, body
    for query in set(LINK.findall(body)) if "?" not in url else ():
        if query.startswith("?o="):
            continue  # the same rows in another order
        yield url + query, unescape(client.get(url + query).content.decode())


def crawl(sides: dict[str, Side], enter: Enter, role: str, own: str, other: str) -> None:
    """Go through every page as an employee of one company: none says a word of the other."""
    client = enter(sides[own].staff[role])
    for one in scoped_admins():
        for url in doors(one, sides[own].organization, sides[other].organization):
            for place, body in everything_of(client, url):
                assert other not in body, place
    assert other not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("one", scoped_admins(), ids=lambda one: one.model._meta.label)
def test_there_is_a_row_of_every_model_on_both_sides(one: ScopedAdmin, sides: dict[str, Side]) -> None:
    for side in sides.values():
        assert rows_of(one.model, side.organization).exists(), f"add {one.model._meta.label} to premises/tests/town.py"


@pytest.mark.feature("F2")
def test_a_manager_reads_the_own_company_on_every_list(sides: dict[str, Side], enter: Enter) -> None:
    client = enter(sides[OURS].staff["manager"])
    for one in scoped_admins():
        if "view" in one.may.get("manager", ()):
            assert OURS in client.get(reverse(f"{pages(one.model)}_changelist")).content.decode(), one


@pytest.mark.feature("F2")
@pytest.mark.parametrize("role", ["manager", "accountant", "dispatcher"])
def test_deleting_and_acting_on_the_other_companys_rows_does_nothing(
    sides: dict[str, Side], enter: Enter, role: str
) -> None:
    client = enter(sides[OURS].staff[role])
    for one in scoped_admins():
        theirs = list(rows_of(one.model, sides[THEIRS].organization))
        url = reverse(f"{pages(one.model)}_changelist")
        for action in ["delete_selected", *(getattr(act, "__name__", str(act)) for act in one.actions or ())]:
            response = client.post(
                url, {"action": action, "_selected_action": [row.pk for row in theirs], "post": "yes"}, follow=True
            )
            assert THEIRS not in response.content.decode()
        for row in theirs:
            client.post(reverse(f"{pages(one.model)}_delete", args=[row.pk]), {"post": "yes"})
            client.post(reverse(f"{pages(one.model)}_change", args=[row.pk]), {"organization": row.pk})
        assert list(rows_of(one.model, sides[THEIRS].organization)) == theirs


def foreign_keys(one: ScopedAdmin) -> list[Any]:
    return [field for field in one.model._meta.fields if field.remote_field and field.editable]


@pytest.mark.feature("F2")
@pytest.mark.parametrize("one", scoped_admins(), ids=lambda one: one.model._meta.label)
def test_no_form_offers_or_takes_a_row_of_the_other_company(one: ScopedAdmin, sides: dict[str, Side], rf: Any) -> None:
    request = rf.get("/")
    for role, user in sides[OURS].staff.items():
        request.user = user
        request._jobs = [(sides[OURS].organization.pk, role)]
        for field in foreign_keys(one):
            offered = one.formfield_for_foreignkey(field, request).queryset
            theirs = sides[THEIRS].ids_of(field.remote_field.model)
            assert not offered.filter(pk__in=theirs).exists(), field


def test_the_traps_of_the_stock_admin_are_not_used() -> None:
    for one in scoped_admins():
        assert not one.raw_id_fields, f"{one}: shows the name of any row"
        assert not one.list_editable, f"{one}: asks no right per row"
        assert one.organization_path, one


def test_only_superusers_meet_admin_classes_without_a_company(sides: dict[str, Side], enter: Enter) -> None:
    others = [one for one in admin.site._registry.values() if not isinstance(one, ScopedAdmin)]
    client = enter(sides[OURS].staff["manager"])
    for one in others:
        body = client.get(reverse(f"{pages(one.model)}_changelist")).content.decode()
        assert THEIRS not in body, one


# --- The door -------------------------------------------------------------------------------------------------------


@pytest.mark.feature("F2")
def test_a_stranger_is_sent_to_the_entry_page(client: Client, db: None) -> None:
    response = client.get("/admin/premises/house/")
    response = client.get(response["Location"])
    assert response["Location"].endswith("/in/?next=/admin/premises/house/")


@pytest.mark.feature("F2")
def test_for_a_resident_the_staff_room_does_not_exist(cast: Cast, enter: Enter) -> None:
    for user in (cast.olga, cast.vera, cast.igor):
        assert enter(user).get("/admin/", follow=True).status_code == 404


def test_a_job_that_ended_closes_the_door_at_the_next_request(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    assert client.get("/admin/").status_code == 200
    StaffMember.objects.filter(user=cast.mark).update(is_active=False)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/in/?next=/admin/"  # the session ended with it


def test_a_job_without_the_staff_mark_opens_nothing(cast: Cast, enter: Enter) -> None:
    User.objects.filter(pk=cast.mark.pk).update(is_staff=False)
    assert enter(cast.mark).get("/admin/", follow=True).status_code == 404


def test_signing_out_is_a_post_and_ends_the_session(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    assert client.get(reverse("admin:logout")).status_code == 405
    assert client.post(reverse("admin:logout"))["Location"] == "/"
    assert "_auth_user_id" not in client.session


@pytest.mark.feature("F2")
def test_the_index_shows_what_the_job_may(cast: Cast, enter: Enter) -> None:
    seen = {user: enter(user).get("/admin/").content.decode() for user in (cast.mark, cast.dima)}
    assert "/admin/premises/staffmember/" in seen[cast.mark]
    assert "/admin/premises/staffmember/" not in seen[cast.dima]
    assert "/admin/premises/house/" in seen[cast.dima]
    assert "/admin/premises/house/add/" not in seen[cast.dima]


def test_the_superuser_sees_both_companies(sides: dict[str, Side], cast: Cast, enter: Enter) -> None:
    body = enter(cast.sofia).get("/admin/premises/organization/").content.decode()
    assert OURS in body
    assert THEIRS in body
