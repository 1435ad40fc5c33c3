"""The list of bills: months, statuses, what is owed, the picker of a month."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from billing.actions.ledger import post_documents, post_payments
from billing.models import Invoice
from billing.testing import make_invoice, make_payment
from portal.testing import Cast
from premises.models import PersonalAccount

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def url(account: PersonalAccount, **query: str) -> str:
    return reverse("bills", args=[account.public_id], query=query)


def two_months(account: PersonalAccount) -> list[Invoice]:
    invoices = [
        make_invoice(account, JANUARY, accrued="1000.00", due_on=date(2026, 2, 15)),
        make_invoice(account, FEBRUARY, accrued="500.00", due_on=date(2026, 3, 15)),
    ]
    post_documents(invoices)
    return invoices


@pytest.mark.feature("B10", "E4")
def test_nina_tanya_pavel_and_strangers_see_no_bills(cast: Cast, enter: Any, client: Any) -> None:
    two_months(cast.account)
    for stranger in (cast.nina, cast.tanya, cast.pavel, cast.vera, cast.anna, cast.igor, cast.sofia):
        assert enter(stranger).get(url(cast.account)).status_code == 404, stranger
    assert client.get(url(cast.account)).status_code == 302


@pytest.mark.feature("B10")
def test_olga_and_oleg_see_every_bill_with_its_amount_and_status(cast: Cast, enter: Any) -> None:
    two_months(cast.account)
    post_payments([make_payment(cast.account, "20.02.2026", "1100.00")])
    for reader in (cast.olga, cast.oleg):
        response = enter(reader).get(url(cast.account))
        page = response.context["page"]
        assert [(one.period, one.charged, one.status) for one in page] == [
            (FEBRUARY, Decimal("500.00"), "part"), (JANUARY, Decimal("1000.00"), "paid")
        ]  # fmt: skip
        assert response.context["balance"] == Decimal("400.00")
        assert response.context["due"] == date(2026, 3, 15)
        assert reverse("bill_pdf", args=[cast.account.public_id, page[0].public_id]) in response.content.decode()


@pytest.mark.feature("D5", "E4")
def test_olga_picks_a_month_and_sees_its_documents_only(cast: Cast, enter: Any) -> None:
    _january, february = two_months(cast.account)
    repair = make_invoice(cast.account, FEBRUARY, accrued="335.50", kind="repair")
    response = enter(cast.olga).get(url(cast.account, month="2026-02"))
    assert [one.pk for one in response.context["page"]] == [february.pk, repair.pk]
    assert 'value="2026-01"' in response.content.decode()  # another month may be picked at once


@pytest.mark.parametrize(
    ("year", "shown"), [("2019", [2019]), ("2020", [2019]), ("9999", [2026, 2026]), ("x", [2026, 2026, 2019])]
)
def test_a_year_without_bills_shows_the_nearest(cast: Cast, enter: Any, year: str, shown: list[int]) -> None:
    two_months(cast.account)
    make_invoice(cast.account, date(2019, 2, 1))
    response = enter(cast.olga).get(url(cast.account, year=year))
    assert [one.period.year for one in response.context["page"]] == shown


def test_a_month_without_bills_shows_all(cast: Cast, enter: Any) -> None:
    two_months(cast.account)
    assert len(enter(cast.olga).get(url(cast.account, month="2031-13")).context["page"]) == 2


def test_before_the_first_bill_the_page_says_when_it_comes(cast: Cast, enter: Any) -> None:
    response = enter(cast.olga).get(url(cast.account))
    assert "No bills yet" in response.content.decode()
    assert cast.company.short_name in response.content.decode()


def test_many_bills_are_paged(cast: Cast, enter: Any) -> None:
    for number in range(30):
        make_invoice(cast.account, date(2020 + number // 12, number % 12 + 1, 1), accrued="1.00")
    client = enter(cast.olga)
    assert len(client.get(url(cast.account)).context["page"]) == 24
    assert len(client.get(url(cast.account, page="2")).context["page"]) == 6
    assert len(client.get(url(cast.account, page="99")).context["page"]) == 6


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_costs_at_most_twelve_queries(
    cast: Cast, enter: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    post_documents([make_invoice(cast.account, date(2026, month, 1)) for month in range(1, count + 1)])
    client = enter(cast.olga)
    client.get(url(cast.account))  # the first page of a session also writes its row down
    with django_assert_max_num_queries(12):
        assert client.get(url(cast.account)).status_code == 200


def test_an_overpaid_account_is_told_so(cast: Cast, enter: Any) -> None:
    post_payments([make_payment(cast.account, "20.02.2026", "100.00")])
    html = enter(cast.olga).get(url(cast.account)).content.decode()
    assert "Overpaid" in html
    assert "100.00" in html
