"""The list of payments: number, date, sum, a year's total, what is owed."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from billing.actions.ledger import post_payments
from billing.testing import make_payment
from portal.testing import Cast
from premises.models import PersonalAccount


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
