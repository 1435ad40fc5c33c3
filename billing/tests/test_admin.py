"""The staff's pages of money: read by those who count it, written by nobody; bank details are checked."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import admin as pages
from billing.actions.pdf import make_pdf
from billing.models import Invoice
from billing.testing import make_invoice
from portal.testing import Cast

MARCH = date(2026, 3, 1)


@pytest.mark.feature("F2")
@pytest.mark.parametrize("name", ["invoice", "payment", "ledgerentry", "requisites"])
def test_the_accountant_and_the_manager_read_money_and_the_dispatcher_does_not(
    cast: Cast, enter: Any, name: str
) -> None:
    url = reverse(f"admin:billing_{name}_changelist")
    assert enter(cast.anna).get(url).status_code == 200
    assert enter(cast.mark).get(url).status_code == 200
    assert enter(cast.dima).get(url).status_code == 403


@pytest.mark.feature("F2")
def test_nobody_edits_or_deletes_a_document_a_payment_or_the_book(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, MARCH)
    client = enter(cast.mark)
    page = client.get(reverse("admin:billing_invoice_change", args=[invoice.pk])).content.decode()
    assert "Содержание жилья" in page
    assert 'name="_save"' not in page
    for name in ("invoice", "payment", "ledgerentry"):
        assert client.get(reverse(f"admin:billing_{name}_add")).status_code == 403
    assert client.post(reverse("admin:billing_invoice_delete", args=[invoice.pk]), {"post": "yes"}).status_code == 403
    assert Invoice.objects.filter(pk=invoice.pk).exists()


@pytest.mark.feature("F2", "F3")
def test_an_employee_gets_the_file_and_pavel_does_not(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[int] = []
    monkeypatch.setattr(pages, "nudge", told.append)
    invoice = make_invoice(cast.account, MARCH)
    url = reverse("admin:billing_invoice_pdf", args=[invoice.pk])
    assert enter(cast.pavel).get(url).status_code == 404
    assert enter(cast.dima).get(url).status_code == 404
    assert enter(cast.anna).get(url).status_code == 404  # not made yet
    chosen = {"action": "make_files", "_selected_action": [invoice.pk]}
    with django_capture_on_commit_callbacks(execute=True):
        for employee in (cast.pavel, cast.anna):
            enter(employee).post(reverse("admin:billing_invoice_changelist"), chosen)
    assert told == [invoice.pk]
    invoice.refresh_from_db()
    make_pdf(invoice, at=timezone.now())
    response = enter(cast.anna).get(url)
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    assert enter(cast.pavel).get(url).status_code == 404
<<<<<<< HEAD


@pytest.mark.feature("F2")
def test_the_accountant_writes_bank_details_for_the_own_company_only(cast: Cast, enter: Any) -> None:
    client, url = enter(cast.anna), reverse("admin:billing_requisites_add")
    assert client.post(url, GOOD | {"organization": cast.other_company.pk}).status_code == 200
    assert not Requisites.objects.exists()
    assert client.post(url, GOOD | {"organization": cast.company.pk}).status_code == 302
    assert Requisites.objects.get().organization == cast.company


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
    client, url = enter(cast.anna), reverse("admin:billing_requisites_add")
    response = client.post(url, GOOD | change | {"organization": cast.company.pk})
    assert field in response.context["adminform"].form.errors
    assert not Requisites.objects.exists()


def test_missing_details_are_no_error_but_make_no_code(cast: Cast, enter: Any) -> None:
    client, url = enter(cast.anna), reverse("admin:billing_requisites_add")
    bare = GOOD | {"organization": cast.company.pk, "bic": "", "bank": "", "corr_account": ""}
    assert client.post(url, bare).status_code == 302


def test_numbers_pasted_in_groups_are_kept_without_spaces(cast: Cast, enter: Any) -> None:
    client, url = enter(cast.anna), reverse("admin:billing_requisites_add")
    pasted = {"account": "4070 2810 6520 0000 1234", "bic": " 044 525 225", "tax_id": "3661\xa0057530"}
    assert client.post(url, GOOD | pasted | {"organization": cast.company.pk}).status_code == 302
    saved = Requisites.objects.get()
    assert (saved.account, saved.bic, saved.tax_id) == (GOOD["account"], GOOD["bic"], GOOD["tax_id"])


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
    client, url = enter(cast.anna), reverse("admin:billing_requisites_add")
    details = {"kind": "main", "recipient": "ТОВ", "tax_id": "40121452", "account": "UA213223130000026007233566001"}
    response = client.post(url, details | change | {"organization": cast.company.pk})
    if field:
        assert list(response.context["adminform"].form.errors) == [field]
    else:
        assert response.status_code == 302
        assert " " not in Requisites.objects.get().account


def test_of_a_treasury_account_only_the_shape_is_checked(cast: Cast, enter: Any) -> None:
    client, url = enter(cast.anna), reverse("admin:billing_requisites_add")
    treasury = {"bic": "014525988", "account": "03100643000000013200", "corr_account": "40102810545370000003"}
    short = client.post(url, GOOD | treasury | {"organization": cast.company.pk, "account": "0310064300000001320"})
    assert list(short.context["adminform"].form.errors) == ["account"]
    assert client.post(url, GOOD | treasury | {"organization": cast.company.pk}).status_code == 302
=======
>>>>>>> a64e012 (Let staff keep services, tariffs and norms, and change bank details by two people)
