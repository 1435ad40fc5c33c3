"""The list of bills: months, statuses, what is owed, the picker of a month."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.actions.ledger import post_documents, post_payments
from billing.models import Invoice
from billing.owed import Owed
from billing.testing import make_invoice, make_payment
from portal.testing import Cast
from premises.models import PersonalAccount

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def url(account: PersonalAccount, **query: str) -> str:
    return reverse("bills", args=[account.public_id], query=query)


def shown(response: Any) -> list[Invoice]:
    """The documents of the page, one after another."""
    return [invoice for _month, found in response.context["groups"] for invoice in found]


def two_months(account: PersonalAccount) -> list[Invoice]:
    """January 1000.00 and February 500.00, entered into the book."""
    invoices = [
        make_invoice(account, JANUARY, accrued="1000.00", due_on=date(2026, 2, 15)),
        make_invoice(account, FEBRUARY, accrued="500.00", due_on=date(2026, 3, 15)),
    ]
    post_documents(invoices)
    return invoices


def test_only_what_is_late_is_called_overdue(cast: Cast, enter: Any) -> None:
    """14 246.40 of May is late; 4 119.63 of November has its day before it."""
    later = timezone.localdate() + timedelta(days=15)
    post_documents([
        make_invoice(cast.account, date(2026, 5, 1), accrued="14246.40", due_on=date(2026, 6, 15)),
        make_invoice(cast.account, date(2026, 11, 1), accrued="4119.63", due_on=later),
    ])  # fmt: skip
    olga = enter(cast.olga)
    for page in (olga.get(url(cast.account)), olga.get(reverse("account_home", args=[cast.account.public_id]))):
        html = page.content.decode().replace("\u00a0", " ")
        assert "18,366.03 RUB" in html
        assert "of this 14,246.40 RUB is overdue, since June 16, 2026" in html
        assert "To pay, overdue since" not in html


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
        page = shown(response)
        assert [(one.period, one.charged, one.status) for one in page] == [
            (FEBRUARY, Decimal("500.00"), "part"), (JANUARY, Decimal("1000.00"), "paid")
        ]  # fmt: skip
        assert response.context["balance"] == Decimal("400.00")
        assert response.context["due"] == date(2026, 3, 15)
        assert reverse("bill_pdf", args=[cast.account.public_id, page[0].public_id]) in response.content.decode()


@pytest.mark.feature("B10")
def test_a_month_that_was_paid_by_name_is_paid_and_the_older_one_stays_overdue(cast: Cast, enter: Any) -> None:
    two_months(cast.account)
    post_payments([make_payment(cast.account, "20.03.2026", "500.00", period=FEBRUARY)])
    response = enter(cast.olga).get(url(cast.account))
    assert [(one.period, one.status) for one in shown(response)] == [(FEBRUARY, "paid"), (JANUARY, "due")]
    html = response.content.decode().replace("\xa0", " ")
    assert "To pay, overdue since Feb. 16, 2026" in html  # not the day of the paid February
    assert html.count("Overdue since Feb. 16, 2026") == 1
    owed = Owed.by(cast.account, is_full=True, invoice=str(shown(response)[0].public_id))
    assert (owed.due, owed.month, owed.bill, owed.is_paid) == (Decimal("1000.00"), None, None, True)


@pytest.mark.feature("B10")
def test_paying_for_a_month_with_its_penalty_clears_it(cast: Cast, enter: Any) -> None:
    bills = [
        make_invoice(cast.account, month, accrued=sum_, penalty=Decimal(fine), payable=Decimal(sum_) + Decimal(fine))
        for month, sum_, fine in ((JANUARY, "100.00", "7.00"), (FEBRUARY, "1923.81", "41.48"))
    ]
    post_documents(bills)
    month = Owed.by(cast.account, is_full=True).month
    assert month
    assert (month.period, month.amount) == (FEBRUARY, Decimal("1965.29"))
    post_payments([make_payment(cast.account, "20.03.2026", "1965.29", period=FEBRUARY)])
    assert [one.status for one in shown(enter(cast.olga).get(url(cast.account)))] == ["paid", "due"]


@pytest.mark.feature("D5", "E4")
def test_olga_picks_a_month_and_sees_its_documents_only(cast: Cast, enter: Any) -> None:
    _january, february = two_months(cast.account)
    repair = make_invoice(cast.account, FEBRUARY, accrued="335.50", kind="repair")
    response = enter(cast.olga).get(url(cast.account, month="2026-02"))
    assert [one.pk for one in shown(response)] == [february.pk, repair.pk]
    assert 'value="2026-01"' in response.content.decode()  # another month may be picked at once


@pytest.mark.parametrize(
    ("year", "years"), [("2019", [2019]), ("2020", [2019]), ("9999", [2026, 2026]), ("x", [2026, 2026, 2019])]
)
def test_a_year_without_bills_shows_the_nearest(cast: Cast, enter: Any, year: str, years: list[int]) -> None:
    two_months(cast.account)
    make_invoice(cast.account, date(2019, 2, 1))
    response = enter(cast.olga).get(url(cast.account, year=year))
    assert [one.period.year for one in shown(response)] == years


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"year": "2035"}, "There is nothing for 2035: the nearest year, 2026, is shown."),
        ({"year": "x"}, "That is no year of this book: everything is shown."),
        ({"month": "2031-13"}, "There are no bills of that month: everything is shown."),
        ({"year": "2026"}, ""),
        ({"month": "2026-01"}, ""),
        ({"month": ""}, ""),
    ],
)
def test_another_year_or_month_than_asked_is_said(cast: Cast, enter: Any, query: dict[str, str], words: str) -> None:
    two_months(cast.account)
    response = enter(cast.olga).get(url(cast.account, **query))
    assert response.context["said"] == words
    assert words in response.content.decode()


def test_a_month_without_bills_shows_all(cast: Cast, enter: Any) -> None:
    two_months(cast.account)
    assert len(shown(enter(cast.olga).get(url(cast.account, month="2031-13")))) == 2


def test_before_the_first_bill_the_page_says_when_it_comes(cast: Cast, enter: Any) -> None:
    response = enter(cast.olga).get(url(cast.account))
    assert "No bills yet" in response.content.decode()
    assert cast.company.short_name in response.content.decode()


def ten_years(account: PersonalAccount, kinds: tuple[str, ...] = ("main", "repair", "other")) -> list[Invoice]:
    """120 months with three documents each."""
    return [
        make_invoice(account, date(2016 + month // 12, month % 12 + 1, 1), accrued="10.00", kind=kind)
        for month in range(120)
        for kind in kinds
    ]


def test_twelve_months_a_page_with_all_their_documents(cast: Cast, enter: Any) -> None:
    ten_years(cast.account)
    client = enter(cast.olga)
    first = client.get(url(cast.account))
    assert len(shown(first)) == 36
    assert [(month, len(found)) for month, found in first.context["groups"]][:2] == [
        (date(2025, 12, 1), 3), (date(2025, 11, 1), 3)
    ]  # fmt: skip
    assert shown(client.get(url(cast.account, page="10")))[-1].period == date(2016, 1, 1)
    assert shown(client.get(url(cast.account, page="99")))[-1].period == date(2016, 1, 1)


@pytest.mark.feature("B10")
@pytest.mark.parametrize("is_long", [False, True])
def test_the_list_costs_at_most_ten_queries_whatever_the_history(
    cast: Cast, enter: Any, is_long: bool, django_assert_max_num_queries: Any
) -> None:
    post_documents(ten_years(cast.account)) if is_long else two_months(cast.account)
    client = enter(cast.olga)
    client.get(url(cast.account))  # the first page of a session also writes its row down
    with django_assert_max_num_queries(10):
        assert client.get(url(cast.account)).status_code == 200


def test_a_status_on_a_later_page_knows_of_the_newer_bills(cast: Cast, enter: Any) -> None:
    invoices = ten_years(cast.account, ("main",))
    post_documents(invoices)
    post_payments([make_payment(cast.account, "20.12.2025", "1055.00")])  # of 1200.00: the newest 14.5 months are owed
    client = enter(cast.olga)
    assert {one.status for one in shown(client.get(url(cast.account)))} == {"due"}
    second = shown(client.get(url(cast.account, page="2")))
    assert [one.status for one in second[:4]] == ["due", "due", "part", "paid"]
    one_month = shown(client.get(url(cast.account, month=f"{second[2].period:%Y-%m}")))
    assert [one.status for one in one_month] == ["part"]


def test_several_recipients_of_a_month_stand_together(cast: Cast, enter: Any) -> None:
    two_months(cast.account)
    make_invoice(cast.account, FEBRUARY, accrued="70.00", recipient="АО «Теплосеть»")
    response = enter(cast.olga).get(url(cast.account))
    assert [(month, len(found)) for month, found in response.context["groups"]] == [(FEBRUARY, 2), (JANUARY, 1)]
    assert "2 bills" in response.content.decode()
    assert "АО «Теплосеть»" in response.content.decode()


def test_an_overpaid_account_is_told_so(cast: Cast, enter: Any) -> None:
    post_payments([make_payment(cast.account, "20.02.2026", "100.00")])
    html = enter(cast.olga).get(url(cast.account)).content.decode()
    assert "Overpaid" in html
    assert "100.00" in html
