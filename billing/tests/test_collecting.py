"""Collections and debtors: every figure is of the book, ages by the day to pay, files counted and reasoned."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.actions.exporting import TooMany, note_export
from billing.actions.ledger import post_documents, post_payments
from billing.collecting import debtors, months_of, older_than, totals
from billing.models import BankDocument, Export, PaymentIntent, ProviderAccount, StrayPayment
from billing.testing import make_invoice, make_payment
from notifications.models import Notice
from portal.testing import Cast, make_account, page_words
from premises.models import PersonalAccount

pytestmark = pytest.mark.usefixtures("fresh")

TODAY = date(2026, 11, 30)
DEBTORS = "admin:billing_ledgerentry_debtors"


def owe(account: PersonalAccount, period: date, amount: str, due: date, **fields: Any) -> None:
    post_documents([make_invoice(account, period, accrued=amount, due_on=due, **fields)])


@pytest.fixture
def debts(cast: Cast) -> Cast:
    """Flat 12 owes three bills, the neighbour one that is not payable yet, the chair nothing."""
    owe(cast.account, date(2026, 5, 1), "100.00", date(2026, 6, 15))  # 168 days
    owe(cast.account, date(2026, 9, 1), "200.00", date(2026, 10, 15))  # 46 days
    owe(cast.account, date(2026, 10, 1), "300.00", date(2026, 11, 16))  # 14 days
    owe(cast.nina_account, date(2026, 11, 1), "50.00", date(2026, 12, 15))
    owe(cast.vera_account, date(2026, 10, 1), "70.00", date(2026, 11, 16))
    post_payments(
        [make_payment(cast.account, "20.11.2026", "30.00"), make_payment(cast.vera_account, "1.11.2026", "70.00")]
    )
    return cast


def ages(rows: Any) -> dict[str, list[str]]:
    return {row["number"]: [str(row[f"age_{index}"]) for index in range(6)] for row in rows}


@pytest.mark.feature("B5")
def test_a_debt_is_as_old_as_the_bill_that_money_did_not_reach(debts: Cast) -> None:
    rows = debtors(debts.company, today=TODAY)
    assert [(row["number"], row["balance"]) for row in rows] == [
        ("10012", Decimal("570.00")), ("10013", Decimal("50.00"))
    ]  # fmt: skip
    assert ages(rows) == {
        "10012": ["0.00", "300.00", "200.00", "70.00", "0.00", "0.00"],
        "10013": ["50.00", "0.00", "0.00", "0.00", "0.00", "0.00"],
    }
    assert totals(rows)["balance"] == Decimal("620.00")
    assert not debtors(debts.other_company, today=TODAY).exists()


def test_an_old_debt_that_a_document_brought_in_is_old(cast: Cast) -> None:
    owe(cast.account, date(2026, 10, 1), "10.00", date(2026, 11, 16), opening="500.00")
    assert ages(debtors(cast.company, today=TODAY)) == {"10012": ["0.00", "10.00", "500.00", "0.00", "0.00", "0.00"]}


@pytest.mark.parametrize(("days", "numbers"), [(0, ["10012"]), (30, ["10012"]), (90, ["10012"]), (180, [])])
def test_older_than_leaves_those_who_owe_for_longer(debts: Cast, days: int, numbers: list[str]) -> None:
    assert [row["number"] for row in older_than(debtors(debts.company, today=TODAY), days)] == numbers


def test_months_say_how_much_of_the_charged_was_paid(debts: Cast) -> None:
    found = months_of(debts.company, since=date(2026, 10, 1))
    assert [(row.month, row.charged, row.paid) for row in found] == [
        (date(2026, 11, 1), Decimal("50.00"), Decimal("100.00")), (date(2026, 10, 1), Decimal("370.00"), Decimal("0.00")),
    ]  # fmt: skip
    assert found[0].rate == Decimal("200.0")


@pytest.mark.feature("F2")
def test_the_pages_are_the_accountants_and_the_managers(debts: Cast, enter: Any) -> None:
    for name in ("collections", "debtors", "mismatches"):
        url = reverse(f"admin:billing_ledgerentry_{name}")
        assert enter(debts.anna).get(url).status_code == 200
        assert enter(debts.mark).get(url).status_code == 200
        assert enter(debts.dima).get(url).status_code == 404
        page = enter(debts.pavel).get(f"{url}?organization={debts.company.pk}")
        assert "10012" not in page_words(page)
        assert debts.company.short_name not in page.content.decode()


def test_collections_and_debtors_show_the_figures(debts: Cast, enter: Any) -> None:
    page = enter(debts.anna).get(reverse("admin:billing_ledgerentry_collections")).content.decode()
    assert "620.00" in page
    assert "2 accounts owe" in page
    page = enter(debts.anna).get(reverse(DEBTORS) + f"?q=10013&over=&house=&organization={debts.company.pk}")
    assert "10013" in page_words(page)
    assert "10012" not in page_words(page)


def test_a_list_of_debtors_costs_as_many_queries_for_fifty_as_for_one(debts: Cast, enter: Any) -> None:
    client, url = enter(debts.anna), reverse(DEBTORS)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number in range(60):
        owe(make_account(debts.house, f"9{number}", f"900{number}"), date(2026, 10, 1), "5.00", date(2026, 11, 16))
    with CaptureQueriesContext(connection) as many:
        page = client.get(url)
    assert len(many) <= len(few) + 1
    assert "Page 1 of 2" in page.content.decode()


def test_a_file_is_taken_with_a_reason_and_leaves_a_row(debts: Cast, enter: Any) -> None:
    client, url = enter(debts.anna), reverse(DEBTORS) + f"?organization={debts.company.pk}&over=30"
    assert client.post(url, {"file": "csv", "reason": ""}).status_code == 422
    assert not Export.objects.exists()
    response = client.post(url, {"file": "csv", "reason": "Для суда"})
    text = response.content.decode()
    assert "10012" in text
    assert "10013" not in text
    assert "Copy of Штатный Анна" in text
    row = Export.objects.get()
    assert (row.rows, row.reason, row.by, row.what) == (1, "Для суда", debts.anna, "debtors")
    assert enter(debts.dima).post(url, {"file": "csv", "reason": "Посмотреть"}).status_code == 404
    theirs = enter(debts.pavel).post(url, {"file": "csv", "reason": "Посмотреть"})
    assert "10012" not in page_words(theirs)
    assert Export.objects.count() == 1


def test_nobody_takes_more_than_the_limit_and_many_files_are_told(cast: Cast) -> None:
    at = timezone.now()
    with pytest.raises(TooMany):
        note_export(cast.company, "debtors", rows=Export.MOST_ROWS + 1, reason="Все сразу", by=cast.anna, at=at)
    assert not Export.objects.exists()
    for day in range(2):
        for _ in range(Export.USUAL_A_DAY):
            moment = at + timedelta(days=2 * day)
            note_export(cast.company, "debtors", rows=Export.MOST_ROWS, reason="Работа", by=cast.anna, at=moment)
    assert not Notice.objects.filter(kind="billing.many_exports").exists()
    note_export(cast.company, "debtors", rows=1, reason="Ещё", by=cast.anna, at=at + timedelta(days=2))
    told = Notice.objects.filter(kind="billing.many_exports")
    assert list(told.values_list("user", flat=True)) == [cast.mark.pk]


def test_what_does_not_fit_is_listed(cast: Cast, enter: Any) -> None:
    url = reverse("admin:billing_ledgerentry_mismatches")
    assert "every payment has its account" in enter(cast.anna).get(url).content.decode()
    StrayPayment.objects.create(
        organization=cast.company, account_text="99999", payer="ПЕТРОВ П.П.", number="77", operation="77",
        paid_on=TODAY, amount="1000.00",
    )  # fmt: skip
    BankDocument.objects.create(
        organization=cast.company, number="123456", on=TODAY, amount="4955.70", purpose="Реестр"
    )
    page = enter(cast.anna).get(url).content.decode()
    assert "99999" in page
    assert "123456" in page


@pytest.mark.feature("F2")
def test_the_first_page_of_the_staff_room_leads_to_the_work(cast: Cast, enter: Any) -> None:
    StrayPayment.objects.create(
        organization=cast.company, number="77", operation="77", paid_on=TODAY, amount="1000.00", payer="ПЕТРОВ П.П."
    )
    page = enter(cast.anna).get(reverse("admin:index")).content.decode()
    assert reverse(DEBTORS) in page
    assert "<strong>1</strong>" in page
    assert reverse(DEBTORS) not in enter(cast.dima).get(reverse("admin:index")).content.decode()


def test_an_unclear_online_payment_leads_to_its_page(cast: Cast, enter: Any) -> None:
    account = ProviderAccount.objects.create(organization=cast.company, provider="sandbox")
    intent = PaymentIntent.objects.create(
        organization=cast.company, account=cast.account, user=cast.olga, provider_account=account, amount="100.00",
        currency="RUB", method="card", state="mismatch",
    )  # fmt: skip
    page = enter(cast.anna).get(reverse("admin:billing_ledgerentry_mismatches")).content.decode()
    assert reverse("admin:billing_paymentintent_change", args=[intent.pk]) in page


def test_both_pages_say_why_their_ages_may_differ(debts: Cast, enter: Any) -> None:
    """Ages by the list count penalties in, those of the account's page count them apart: each page says so."""
    anna = enter(debts.anna)
    assert "Penalties are part of the debt here." in anna.get(reverse(DEBTORS)).content.decode()
    row = debtors(debts.company, today=TODAY)[0]
    page = anna.get(reverse("admin:billing_ledgerentry_account", args=[row["account"]])).content.decode()
    assert "Penalties are a line of their own here" in page


def test_how_long_somebody_owes_is_asked_in_the_readers_language(debts: Cast, enter: Any) -> None:
    type(debts.anna).objects.filter(pk=debts.anna.pk).update(language="uk")
    page = enter(type(debts.anna).objects.get(pk=debts.anna.pk)).get(reverse(DEBTORS)).content.decode()
    assert ">30 днів</option>" in page
    assert "дней" not in page
