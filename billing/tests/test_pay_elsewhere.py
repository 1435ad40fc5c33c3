"""P24 where the company takes no payments: each part of the debt has its own code and details, with its own sum."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing import freezing
from billing.actions.ledger import post_documents, post_payments
from billing.actions.paying import go_on
from billing.models import Invoice, Requisites
from billing.qr import symbol
from billing.qr.payment import PaymentCode
from billing.qr.reading import read_payment_code
from billing.testing import make_intent, make_invoice, make_payment, make_till
from portal.testing import Cast

Enter = Callable[[User], Client]
NOVEMBER = date(2026, 11, 1)
DETAILS = {
    "recipient": "ООО «Уютный дом»", "tax_id": "6143098718", "kpp": "614301001", "bank": "ПАО СБЕРБАНК",
    "bic": "044525225", "account": "40702810652000001234", "corr_account": "30101810400000000225",
}  # fmt: skip


@pytest.fixture
def bills(cast: Cast) -> dict[str, Invoice]:
    """Two sections with the same bank details: 6843.80 for housing, 310.46 for capital repair, both of November."""
    found = {}
    for kind, accrued in (("main", "6843.80"), ("repair", "310.46")):
        row = Requisites.objects.create(organization=cast.company, kind=kind, **DETAILS)
        details = freezing.requisites(cast.company, row)
        found[kind] = make_invoice(cast.account, NOVEMBER, accrued=accrued, kind=kind, requisites=details)
    post_documents(list(found.values()))
    return found


def look(client: Client, cast: Cast, query: str = "") -> Any:
    return client.get(reverse("pay", args=[cast.account.public_id]) + query)


def codes(page: Any) -> list[PaymentCode]:
    return [read_payment_code(symbol.encoded(way.code)) for way in page.context["ways"] if way.code]


def body(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\u00a0", " "))


@pytest.mark.feature("A9")
def test_the_code_is_of_the_bill_that_was_looked_at(cast: Cast, bills: dict[str, Invoice], enter: Enter) -> None:
    olga = enter(cast.olga)
    for kind, amount, purpose in (
        ("main", "6843.80", "Оплата ЖКУ"),
        ("repair", "310.46", "Взнос на капитальный ремонт"),
    ):
        page = look(olga, cast, f"?invoice={bills[kind].public_id}")
        [code] = codes(page)
        assert code.amount == Decimal(amount)
        assert code.purpose == f"{purpose} за 11.2026, ЛС 10012"
        assert code.purpose in body(page)  # who writes the payment by hand writes the same
        [way] = page.context["ways"]
        assert way.number == bills[kind].number
        assert f"№ {bills[kind].number}" in body(page)
        assert page.content.decode().count("data:image/png") == 1


@pytest.mark.feature("A9")
def test_the_whole_debt_has_a_code_and_details_for_each_part_with_its_sum(
    cast: Cast, bills: dict[str, Invoice], enter: Enter
) -> None:
    october = make_invoice(cast.account, date(2026, 10, 1), accrued="100.00", requisites=bills["main"].requisites)
    post_documents([october])
    page = look(enter(cast.olga), cast)
    assert [(code.amount, code.purpose.split(" за ")[0]) for code in codes(page)] == [
        (Decimal("6943.80"), "Оплата ЖКУ"), (Decimal("310.46"), "Взнос на капитальный ремонт"),
    ]  # fmt: skip
    text = body(page)
    assert "7,254.26 RUB" in text
    main, repair = text.split("<h2>Housing and utilities</h2>")[1].split("<h2>Capital repair</h2>")
    for part, amount, purpose in (
        (main, "6,943.80 RUB", "Оплата ЖКУ, ЛС 10012"),
        (repair, "310.46 RUB", "Взнос на капитальный ремонт, ЛС 10012"),
    ):
        assert amount in part
        assert purpose in part
        assert DETAILS["account"] in part


def test_what_is_paid_of_a_section_is_not_asked_for_again(cast: Cast, bills: dict[str, Invoice], enter: Enter) -> None:
    post_payments([make_payment(cast.account, "20.11.2026", "6843.80", period=NOVEMBER)])
    olga = enter(cast.olga)
    for query in ("", f"?invoice={bills['main'].public_id}"):
        page = look(olga, cast, query)
        assert [code.amount for code in codes(page)] == [Decimal("310.46")]
        assert ("This bill is paid already." in body(page)) == bool(query)


def test_a_limited_link_learns_the_sums_and_nothing_of_the_bills(
    cast: Cast, bills: dict[str, Invoice], enter: Enter
) -> None:
    page = look(enter(cast.tanya), cast, f"?invoice={bills['main'].public_id}")
    assert not codes(page)
    for words in ("6,843.80 RUB", "310.46 RUB", "Взнос на капитальный ремонт, ЛС 10012"):
        assert words in body(page)
    for words in ("data:image/png", "11.2026", f"№ {bills['main'].number}"):
        assert words not in body(page)


def test_nothing_owed_leaves_the_details_without_a_sum(cast: Cast, enter: Enter) -> None:
    Requisites.objects.create(organization=cast.company, **DETAILS)
    page = look(enter(cast.olga), cast)
    assert not codes(page)
    assert DETAILS["account"] in body(page)


@pytest.mark.feature("C4")
def test_a_payment_that_waits_for_the_bank_is_told_where_no_new_one_begins(
    cast: Cast, bills: dict[str, Invoice], enter: Enter
) -> None:
    till = make_till(cast.company)
    waiting = go_on(make_intent(cast.account, cast.olga, "1000.55"), at=timezone.now() - timedelta(minutes=5))
    till.is_active = False
    till.save()
    page = look(enter(cast.olga), cast)
    assert "1,000.55 RUB" in body(page)
    assert reverse("pay_intent", args=[cast.account.public_id, waiting.public_id]) in body(page)
    assert "1,000.55 RUB" not in body(look(enter(cast.oleg), cast))
