"""The staff's pages of money: read by those who count it, written by nobody; bank details are checked."""

import re
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import admin as pages
from billing.actions.pdf import make_pdf
from billing.models import Invoice
from billing.testing import make_invoice, reprint
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
    refused = enter(cast.dima).get(url)
    assert refused.status_code == 403
    assert 'rel="icon"' in enter(cast.anna).get(url).content.decode()  # else browsers ask for /favicon.ico
    assert "Your job does not open this page." in refused.content.decode()


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


def test_the_page_of_a_document_leads_to_the_bill_as_its_payer_sees_it(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[int] = []
    monkeypatch.setattr(pages, "nudge", told.append)
    invoice = make_invoice(cast.account, MARCH)
    here, drawing, file = (
        reverse(f"admin:billing_invoice_{name}", args=[invoice.pk]) for name in ("change", "drawing", "pdf")
    )
    anna = enter(cast.anna)
    assert drawing in anna.get(here).content.decode()
    for user in (cast.pavel, cast.dima):
        assert enter(user).get(drawing).status_code == 404
        assert enter(user).post(drawing, {"idem": str(uuid.uuid4())}).status_code == 404
    assert "Make the file" in anna.get(drawing).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert anna.post(drawing, {"idem": str(uuid.uuid4())})["Location"] == drawing
    assert told == [invoice.pk]
    assert "is being made" in anna.get(drawing).content.decode()
    invoice.refresh_from_db()
    make_pdf(invoice, at=timezone.now())
    assert file in anna.get(drawing).content.decode()
    assert file in anna.get(here).content.decode()


def test_the_tariffs_of_a_month_stand_with_their_volumes_and_sums(cast: Cast, enter: Any) -> None:
    """61 m² × 24.36 × 10 / 30 = 495.32 and 61 × 30.00 × 20 / 30 = 1220.00; no tariff beside the whole volume."""
    bill = make_invoice(cast.account, MARCH, accrued="1715.32")
    reprint(bill, tariff=Decimal("24.36"), parts=[["20.333333", "24.36", "495.32"], ["40.666667", "30.00", "1220.00"]])
    text = enter(cast.anna).get(reverse("admin:billing_invoice_change", args=[bill.pk])).content.decode()
    assert "20.333333 × 24.36 = 495.32" in text
    assert "40.666667 × 30.00 = 1,220.00" in text
    assert text.count("24.36") == 1


def test_the_page_of_a_document_adds_up(cast: Cast, enter: Any) -> None:
    """Every column that makes the sum to pay is shown, of the document and of its lines."""
    bill = make_invoice(
        cast.account, date(2026, 3, 1), accrued="100", excess=Decimal("11.11"), fine=Decimal("2.22"),
        fees=Decimal("3.33"), subsidy=Decimal("4.44"), payable=Decimal("107.78"),
    )  # fmt: skip
    bill.lines.create(
        position=2, service="Вода", accrued=Decimal("80"), accrued_common=Decimal("20.55"), excess=Decimal("11.11"),
        payable=Decimal("111.66"),
    )  # fmt: skip
    text = enter(cast.anna).get(reverse("admin:billing_invoice_change", args=[bill.pk])).content.decode()
    for figure in ("11.11", "2.22", "3.33", "4.44", "20.55"):
        assert figure in text


def test_the_lines_have_names_and_only_columns_with_a_figure(cast: Cast, enter: Any) -> None:
    bill = make_invoice(cast.account, MARCH)
    text = enter(cast.anna).get(reverse("admin:billing_invoice_change", args=[bill.pk])).content.decode()
    table = re.sub(r"\s+", " ", text[text.index("Lines of the document") :])
    heads = [re.sub("<[^>]*>", "", head).strip() for head in re.findall(r"<th[^>]*>.*?</th>", table)]
    assert [head for head in heads if head][1:6] == ["Unit of measure", "Volume", "Tariff", "Accrued", "To pay"]
    for figure in ("61.0000000", "Invoice lines", "Volume common"):
        assert figure not in text
    assert "60.334262" in table
