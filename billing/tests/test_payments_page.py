"""The list of payments: number, date, sum, a year's total, what is owed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.actions.ledger import post_documents, post_payments
from billing.actions.paying import go_on, refresh
from billing.models import Payment, Refund
from billing.testing import make_intent, make_invoice, make_payment, make_till
from billing.tests.till import Stub
from portal.testing import Cast, page_words
from premises.models import Organization, PersonalAccount


def url(account: PersonalAccount, **query: str) -> str:
    return reverse("payments", args=[account.public_id], query=query)


@pytest.mark.feature("B11")
def test_nina_tanya_pavel_and_strangers_see_no_payments(cast: Cast, enter: Any, client: Any) -> None:
    make_payment(cast.account, "11.07.2017", "3098.05")
    for stranger in (cast.nina, cast.tanya, cast.pavel, cast.vera, cast.anna, cast.igor, cast.sofia):
        assert enter(stranger).get(url(cast.account)).status_code == 404, stranger
    assert client.get(url(cast.account)).status_code == 302


@pytest.mark.feature("B11", "E6")
def test_olga_sees_her_payments_newest_first_with_the_total(cast: Cast, enter: Any) -> None:
    post_payments([
        make_payment(cast.account, "21.06.2017", "3659.10", number="285"),
        make_payment(cast.account, "11.07.2018", "3098.05", number="317"),
    ])  # fmt: skip
    make_payment(cast.nina_account, "01.07.2017", "1.00", number="999")
    response = enter(cast.olga).get(url(cast.account))
    assert [one.number for one in response.context["page"]] == ["317", "285"]
    assert response.context["total"] == Decimal("6757.15")
    assert response.context["balance"] == Decimal("-6757.15")
    of_year = enter(cast.olga).get(url(cast.account, year="2017"))
    assert [one.number for one in of_year.context["page"]] == ["285"]
    assert of_year.context["total"] == Decimal("3659.10")


@pytest.mark.parametrize(
    ("year", "words"),
    [
        ("1999", "There is nothing for 1999: the nearest year, 2017, is shown."),
        ("x", "That is no year of this book: everything is shown."),
        ("2018", ""),
    ],
)
def test_another_year_than_asked_is_said(cast: Cast, enter: Any, year: str, words: str) -> None:
    for number, day in enumerate(("21.06.2017", "11.07.2018"), start=1):
        make_payment(cast.account, day, "10.00", number=str(number))
    response = enter(cast.olga).get(url(cast.account, year=year))
    assert response.context["said"] == words
    assert words in response.content.decode()


def test_the_newest_month_is_that_of_the_company_s_own_day(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=ZoneInfo("Europe/Kyiv"))  # 1 January in Moscow
    monkeypatch.setattr(timezone, "now", lambda: late)
    Organization.objects.filter(pk=cast.company.pk).update(time_zone="Europe/Kyiv")
    assert enter(cast.olga).get(url(cast.account)).context["picker"].span.last == date(2026, 12, 1)
    statement = enter(cast.olga).get(reverse("statement", args=[cast.account.public_id]))
    assert statement.context["picker"].span.last == date(2026, 12, 1)


def test_before_the_first_payment_the_page_says_when_it_comes(cast: Cast, enter: Any) -> None:
    html = enter(cast.olga).get(url(cast.account)).content.decode()
    assert "No payments yet" in html


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_costs_at_most_twelve_queries(
    cast: Cast, enter: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    post_payments([make_payment(cast.account, f"{day:02}.07.2017", "10.00") for day in range(1, count + 1)])
    client = enter(cast.olga)
    client.get(url(cast.account))  # the first page of a session also writes its row down
    with django_assert_max_num_queries(12):
        assert client.get(url(cast.account)).status_code == 200


def test_the_total_of_several_pages_says_so(cast: Cast, enter: Any) -> None:
    for number in range(24):
        make_payment(cast.account, "01.07.2017", "10.00", number=str(number))
    client = enter(cast.olga)
    assert "on all pages" not in client.get(url(cast.account)).content.decode()
    make_payment(cast.account, "02.07.2017", "10.00", number="24")
    for page in ("1", "2"):
        assert "Total on all pages" in client.get(url(cast.account, page=page)).content.decode()
    assert "Total for 2017 on all pages" in client.get(url(cast.account, year="2017")).content.decode()


def test_a_copy_says_once_that_the_money_is_received(cast: Cast, enter: Any) -> None:
    payment = make_payment(cast.account, "05.02.2026", "130.00")
    html = enter(cast.olga).get(reverse("payment", args=[cast.account.public_id, payment.pk])).content.decode()
    assert html.count("Received") == 1


@pytest.mark.feature("E6")
def test_chosen_months_show_their_payments_only(cast: Cast, enter: Any) -> None:
    for day in ("31.05.2017", "01.06.2017", "31.07.2017", "01.08.2017"):
        make_payment(cast.account, day, "10.00", number=day)
    span = {"from_month": "7", "from_year": "2017", "to_month": "6", "to_year": "2017"}  # the wrong way round
    response = enter(cast.olga).get(url(cast.account, **span))
    assert [one.number for one in response.context["page"]] == ["31.07.2017", "01.06.2017"]
    assert response.context["total"] == Decimal("20.00")
    assert "we swapped them" in response.content.decode()


@pytest.mark.feature("B11", "E6")
def test_the_copy_of_a_payment_says_what_it_covered_and_what_went_back(cast: Cast, enter: Any) -> None:
    post_documents([make_invoice(cast.account, date(2026, 1, 1), accrued="100.00", number="7")])
    payment = make_payment(cast.account, "05.02.2026", "130.00", number="317", channel="Касса")
    post_payments([payment])
    client = enter(cast.olga)
    response = client.get(reverse("payment", args=[cast.account.public_id, payment.pk]))
    assert [(row["invoice__number"], amount) for row, amount in response.context["covered"]] == [
        ("7", Decimal("100.00"))
    ]
    assert response.context["free"] == Decimal("30.00")
    html = response.content.decode().replace("\xa0", " ")
    assert "130.00 RUB" in html
    assert "Касса" in html
    Refund.objects.create(
        payment=payment, kind="refund", amount=Decimal("30.00"), reason="Дважды", state="done", done_on=date(2026, 2, 7)
    )
    Payment.objects.filter(pk=payment.pk).update(refunded=Decimal("30.00"))
    response = client.get(reverse("payment", args=[cast.account.public_id, payment.pk]))
    assert response.context["kept"] == Decimal("100.00")
    assert "−30.00 RUB" in response.content.decode().replace("\xa0", " ")


@pytest.mark.feature("B11")
def test_money_for_debt_from_before_the_book_names_no_bill(cast: Cast, enter: Any) -> None:
    post_documents([make_invoice(cast.account, date(2026, 1, 1), accrued="100.00", opening="500.00", number="5531")])
    payment = make_payment(cast.account, "05.02.2026", "450.00", number="317")
    post_payments([payment])
    page = enter(cast.olga).get(reverse("payment", args=[cast.account.public_id, payment.pk]))
    [(row, amount)] = page.context["covered"]
    assert (row["kind"], amount) == ("brought_in", Decimal("450.00"))
    text = page_words(page)
    assert "Debt brought in on" in text
    assert "5531" not in text


@pytest.mark.feature("B11")
def test_another_account_s_payment_is_not_there(cast: Cast, enter: Any) -> None:
    foreign = make_payment(cast.nina_account, "05.02.2026", "1.00")
    own = make_payment(cast.account, "05.02.2026", "1.00")
    assert enter(cast.olga).get(reverse("payment", args=[cast.account.public_id, foreign.pk])).status_code == 404
    assert enter(cast.tanya).get(reverse("payment", args=[cast.account.public_id, own.pk])).status_code == 404
    assert enter(cast.olga).get(reverse("payment", args=[cast.account.public_id, own.pk])).status_code == 200


@pytest.mark.feature("B11")
def test_money_that_went_back_is_headed_so_and_covers_nothing(cast: Cast, enter: Any, stub: Stub) -> None:
    make_till(cast.company, provider="yookassa")
    post_documents([make_invoice(cast.account, date(2026, 1, 1), accrued="41.48", number="7")])
    intent = go_on(make_intent(cast.account, cast.olga, "100.00"), at=timezone.now())
    stub.pay(intent)
    refresh(intent, at=timezone.now())
    paid = Payment.objects.get(intent=intent)
    client = enter(cast.olga)
    pages = [
        reverse("pay_intent", args=[cast.account.public_id, intent.public_id]),
        reverse("payment", args=[cast.account.public_id, paid.pk]),
    ]
    for amount, words, kept in (("30.00", "Returned in part", "70.00 RUB"), ("70.00", "Returned", "0.00 RUB")):
        stub.takes_back(intent, amount, name=f"cb-{amount}")
        refresh(intent, at=timezone.now())
        for page in pages:
            html = client.get(page).content.decode().replace("\xa0", " ")
            assert words in html
            assert f"−{amount} RUB" in html
            assert kept in html
            assert "already taken off the debt" not in html
    assert "<h1>Returned</h1>" in " ".join(client.get(pages[0]).content.decode().replace("\n", "").split())
    response = client.get(pages[1])
    assert (response.context["covered"], response.context["free"]) == ([], Decimal("0.00"))


@pytest.mark.feature("B11")
def test_a_bank_s_long_id_is_shown_short(cast: Cast, enter: Any) -> None:
    number = "23d93cac-000f-5000-8000-126628f15141"
    paid = make_payment(cast.account, "05.02.2026", "10.00", number=number)
    post_payments([paid])
    client = enter(cast.olga)
    for page in (
        url(cast.account),
        reverse("payment", args=[cast.account.public_id, paid.pk]),
        reverse("account_home", args=[cast.account.public_id]),
    ):
        html = client.get(page).content.decode()
        assert "23D93CAC" in html
        assert number not in html
    paid.refresh_from_db()
    assert paid.number == number
