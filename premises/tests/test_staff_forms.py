"""The staff's forms: another company's ids are refused, fields that are not on the page change nothing, lists are cheap."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from portal.testing import Cast, make_account, make_house, page_words
from premises.models import House, ImportRun, Organization, PersonalAccount, StaffMember, Unit

Enter = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F2"), pytest.mark.usefixtures("fresh")]

HOUSE = {"city": "г. Новый", "street": "ул. Новая", "number": "9", "entrances": "1", "floors": "5"}


def add(client: Client, model: str, **fields: Any) -> Any:
    return client.post(f"/admin/premises/{model}/add/", fields)


def change(client: Client, row: Any, **fields: Any) -> Any:
    """Send the form as the page shows it, with these fields changed or added."""
    url = reverse(f"admin:premises_{row._meta.model_name}_change", args=[row.pk])
    form = client.get(url).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    inlines = {
        f"{prefix}-{name}": "0"
        for prefix in ("units",)
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    sent = {name: "" if value is None else value for name, value in shown.items()}
    return client.post(url, inlines | sent | fields)


def test_a_manager_adds_a_house_of_the_own_company(cast: Cast, enter: Enter) -> None:
    response = add(enter(cast.mark), "house", organization=cast.company.pk, **HOUSE)
    assert response.status_code == 302
    assert House.objects.get(number="9").address_search == "г новый ул новая 9"


def test_the_other_companys_id_is_a_form_error(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    for model, fields, field in (
        ("house", HOUSE | {"organization": cast.other_company.pk}, "organization"),
        ("unit", {"house": cast.other_house.pk, "kind": "flat", "label": "9"}, "house"),
        ("personalaccount", {"organization": cast.company.pk, "unit": cast.other_account.unit_id, "number": "1"}, "unit"),
        ("personalaccount", {"organization": cast.other_company.pk, "unit": cast.account.unit_id, "number": "1"},
         "organization"),
    ):  # fmt: skip
        response = add(client, model, **fields)
        assert response.status_code == 200, model
        assert field in response.context["adminform"].form.errors
        assert "Чуж" not in response.content.decode()
    assert House.objects.count() == 2
    assert PersonalAccount.objects.count() == 4


def test_fields_that_are_not_on_the_page_change_nothing(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    change(client, cast.house, floors="7", organization=cast.other_company.pk, public_id="x", address_search="x")
    change(client, cast.account, number="1", organization=cast.other_company.pk, unit=cast.other_account.unit_id)
    change(client, cast.company, name="Захват", tax_id="1", kind="authority", phone="112", is_staff="1")
    job = StaffMember.objects.get(user=cast.dima)
    change(client, job, role="manager", user=cast.olga.pk, organization=cast.other_company.pk, is_active="on")
    cast.house.refresh_from_db()
    assert (cast.house.floors, cast.house.organization) == (7, cast.company)
    account = PersonalAccount.objects.get(pk=cast.account.pk)
    assert (account.number, account.organization, account.unit) == ("10012", cast.company, cast.account.unit)
    company = Organization.objects.get(pk=cast.company.pk)
    assert (company.name, company.tax_id, company.phone) == (cast.company.name, "3661057530", "112")
    job.refresh_from_db()
    assert (job.role, job.user, job.organization) == ("dispatcher", cast.dima, cast.company)


@pytest.mark.parametrize("name", ["anna", "dima", "olga", "pavel"])
def test_who_may_not_write_does_not(cast: Cast, enter: Enter, name: str) -> None:
    client = enter(getattr(cast, name))
    assert add(client, "house", organization=cast.company.pk, **HOUSE).status_code in {200, 302, 403}
    client.post(reverse("admin:premises_house_change", args=[cast.house.pk]), HOUSE)
    client.post(reverse("admin:premises_house_delete", args=[cast.house.pk]), {"post": "yes"})
    assert not House.objects.filter(organization=cast.company, number="9").exists()
    assert House.objects.filter(pk=cast.house.pk, number="1").exists()


def test_a_twin_is_told_in_words(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    twin = {"city": "г. ВОЛГОДОНСК", "street": "УЛ САДОВАЯ", "number": "1", "entrances": "1", "floors": "5"}
    response = add(client, "house", organization=cast.company.pk, **twin)
    assert response.status_code == 200
    assert response.context["adminform"].form.non_field_errors()
    response = add(client, "unit", house=cast.house.pk, kind="flat", label="12")
    assert response.context["adminform"].form.non_field_errors()


def test_a_house_with_flats_is_not_deleted_and_nothing_is_named(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    url = reverse("admin:premises_house_delete", args=[cast.house.pk])
    assert "10012" not in page_words(client.get(url))
    client.post(url, {"post": "yes"})
    assert House.objects.filter(pk=cast.house.pk).exists()
    empty = make_house(cast.company, "77")
    client.post(reverse("admin:premises_house_delete", args=[empty.pk]), {"post": "yes"})
    assert not House.objects.filter(pk=empty.pk).exists()


def test_a_job_elsewhere_gives_its_rights_only_there(cast: Cast, enter: Enter) -> None:
    StaffMember.objects.create(user=cast.mark, organization=cast.other_company, role="dispatcher")
    client = enter(cast.mark)
    assert client.get(reverse("admin:premises_house_change", args=[cast.other_house.pk])).status_code == 200
    url = reverse("admin:premises_house_change", args=[cast.other_house.pk])
    assert client.post(url, HOUSE).status_code == 403
    assert add(client, "house", organization=cast.other_company.pk, **HOUSE).status_code == 200
    assert client.post(
        "/admin/premises/house/",
        {"action": "delete_selected", "_selected_action": [cast.other_house.pk], "post": "yes"},
    ).status_code in {200, 302, 403}  # fmt: skip
    assert House.objects.filter(pk=cast.other_house.pk, number="99").exists()
    assert not House.objects.filter(number="9").exists()


@pytest.mark.parametrize("page", ["organization", "house", "unit", "personalaccount", "staffmember", "importrun"])
def test_a_list_of_ten_costs_as_much_as_a_list_of_one(cast: Cast, enter: Enter, page: str) -> None:
    client = enter(cast.mark)
    url = f"/admin/premises/{page}/"

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    def one_more(n: int) -> None:
        house = make_house(cast.company, f"7{n}")
        make_account(house, "1", f"7{n}")
        ImportRun.objects.create(
            organization=cast.company, kind="accounts", state="refused", file_name="x", by=cast.mark
        )

    one_more(0)
    cost()
    first = cost()
    for n in range(1, 10):
        one_more(n)
    assert cost() == first
    assert first <= 12


def test_a_unit_keeps_its_house(cast: Cast, enter: Enter) -> None:
    change(enter(cast.mark), cast.account.unit, label="12а", house=cast.other_house.pk)
    unit = Unit.objects.get(pk=cast.account.unit_id)
    assert (unit.label, unit.label_search, unit.house) == ("12а", "12а", cast.house)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"tax_id": "3661 057 530", "kpp": "3661 01 001"}, []),
        ({"tax_id": "3661057531"}, ["tax_id"]),
        ({"kpp": "36610100"}, ["kpp"]),
        ({"country": "UA", "tax_id": "30000005", "kpp": ""}, []),
        ({"country": "UA", "tax_id": "40121453", "kpp": ""}, ["tax_id"]),
    ],
)
def test_a_mistyped_tax_number_of_a_company_is_an_error_beside_it(
    cast: Cast, enter: Enter, fields: dict[str, str], wrong: list[str]
) -> None:
    response = change(enter(cast.sofia), cast.company, **fields)
    if wrong:
        assert list(response.context["adminform"].form.errors) == wrong
    else:
        assert response.status_code == 302
        cast.company.refresh_from_db()
        assert cast.company.tax_id == fields["tax_id"].replace(" ", "")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"els": "60ex 209700", "zhku": "60EX209700–10"}, []),
        ({"els": "60Х209700"}, ["els"]),
        ({"zhku": "60ЕХ209700"}, ["zhku"]),
        ({"els": "60ЕХ209700", "zhku": "61ЕХ209700-10"}, ["zhku"]),
    ],
)
def test_numbers_of_the_state_register_are_kept_in_one_form(
    cast: Cast, enter: Enter, fields: dict[str, str], wrong: list[str]
) -> None:
    response = change(enter(cast.mark), cast.account, **fields)
    if wrong:
        assert list(response.context["adminform"].form.errors) == wrong
    else:
        assert response.status_code == 302
        saved = PersonalAccount.objects.get(pk=cast.account.pk)
        assert (saved.els, saved.zhku) == ("60ЕХ209700", "60ЕХ209700-10")


def test_an_old_wrong_number_does_not_stop_other_changes(cast: Cast, enter: Enter) -> None:
    PersonalAccount.objects.filter(pk=cast.account.pk).update(els="6ОЕХ209700")
    assert change(enter(cast.mark), cast.account, holder="Новый").status_code == 302
