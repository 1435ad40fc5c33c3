"""One book: whatever order the papers come in, the balance is the same."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.actions.ledger import post_documents, post_payments
from billing.book import PAYMENT, Section, unpaid
from billing.models import Invoice, LedgerEntry, Payment
from billing.testing import make_invoice, make_payment
from portal.testing import Cast

FEBRUARY = date(2019, 2, 1)
CENTS = st.integers(-500_000, 500_000).map(lambda cents: Decimal(cents).scaleb(-2))
MONTHS = [date(2018 + month // 12, month % 12 + 1, 1) for month in range(18)]
DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(MONTHS), st.none() | CENTS, CENTS), max_size=8, unique_by=lambda paper: paper[0]
)
PAYMENTS = st.lists(st.tuples(st.dates(date(2017, 12, 1), date(2019, 7, 31)), CENTS.filter(bool).map(abs)), max_size=8)


def last_day(period: date) -> date:
    return (period + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@given(DOCUMENTS, PAYMENTS, st.randoms())
def test_every_order_of_papers_gives_the_balance_that_was_printed(documents, payments, order) -> None:  # type: ignore[no-untyped-def]
    book = Section()
    papers = [("document", *paper) for paper in documents] + [("payment", *paper) for paper in payments]
    order.shuffle(papers)
    for word, day, *sums in papers:
        book.opened = {}  # everything is in `entered`
        if word == "document":
            opening, charged = sums
            book.document(day, last_day(day), opening, charged)
        else:
            book.payment(day, sums[0])
    printed = sorted((period, opening) for period, opening, _charged in documents if opening is not None)
    for period, opening in printed:
        assert book.balance_at_start(period) == opening
    since, start = printed[-1] if printed else (date.min, Decimal(0))
    expected = start + sum((c for day, _o, c in documents if day >= since), Decimal(0))
    expected -= sum((sum_ for day, sum_ in payments if day >= since), Decimal(0))
    assert sum((line.amount for line in book.entered), Decimal(0)) == expected


@pytest.mark.feature("B5", "B10", "B11")
@pytest.mark.parametrize("order", list(itertools.permutations(["march 2018", "february 2019", "payments"])))
def test_the_guides_debt_comes_out_in_every_order(cast: Cast, order: tuple[str, ...]) -> None:
    for word in order:
        if word == "payments":
            paid = [("11.07.2017", "3098.05"), ("21.06.2017", "3659.10"), ("14.05.2017", "3104.10")]
            post_payments([make_payment(cast.account, on, amount) for on, amount in paid])
        elif word == "march 2018":
            post_documents([make_invoice(cast.account, date(2018, 3, 1), accrued="2380.49")])
        else:
            post_documents([make_invoice(cast.account, FEBRUARY, accrued="3680.39", opening="43367.61")])
    book = LedgerEntry.objects.filter(account=cast.account)
    assert book.before(FEBRUARY).balance() == Decimal("43367.61")
    assert book.balance() == Decimal("47048.00")
    assert book.filter(kind=PAYMENT).balance() == Decimal("-9861.25")


def test_two_recipients_of_one_month_bring_in_both_debts(cast: Cast) -> None:
    for recipient, opening in (("А", "100.00"), ("Б", "20.00")):
        post_documents([make_invoice(cast.account, FEBRUARY, accrued="1.00", opening=opening, recipient=recipient)])
    book = LedgerEntry.objects.filter(account=cast.account)
    assert book.before(FEBRUARY).balance() == Decimal("120.00")
    assert book.balance() == Decimal("122.00")


def test_capital_repair_has_a_section_of_its_own(cast: Cast) -> None:
    post_documents([make_invoice(cast.account, FEBRUARY, accrued="335.50", kind="repair")])
    post_documents([make_invoice(cast.account, FEBRUARY, accrued="10.00", opening="5.00")])
    post_payments([make_payment(cast.account, "03.02.2019", "335.50", kind="repair")])
    assert LedgerEntry.objects.balances_by_section(cast.account) == {
        "main": Decimal("15.00"), "repair": Decimal("0.00")
    }  # fmt: skip


def test_a_list_of_accounts_costs_one_query(cast: Cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    post_documents([make_invoice(cast.account, FEBRUARY, accrued="10.00")])
    with django_assert_num_queries(1):
        found = LedgerEntry.objects.balances([cast.account, cast.nina_account])
    assert found == {cast.account.pk: Decimal("10.00"), cast.nina_account.pk: Decimal("0.00")}


@pytest.mark.parametrize("statement", ["UPDATE billing_ledgerentry SET amount = 0", "DELETE FROM billing_ledgerentry"])
def test_the_database_refuses_to_change_the_book(cast: Cast, statement: str) -> None:
    post_documents([make_invoice(cast.account, FEBRUARY, accrued="10.00")])
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEntry.objects.balance() == Decimal("10.00")


def test_the_database_refuses_to_change_an_issued_document(cast: Cast) -> None:
    invoice = make_invoice(cast.account, FEBRUARY, accrued="10.00")
    Invoice.objects.update(pdf_state="queued")  # how the PDF is getting on may change
    with pytest.raises(Error, match="never edited"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(number="1")


def test_the_database_takes_only_payments_above_zero(cast: Cast) -> None:
    with pytest.raises(Error, match="payment_is_positive"), transaction.atomic():
        make_payment(cast.account, "03.02.2019", "0.00")
    assert not Payment.objects.exists()


def test_money_pays_the_oldest_debt_first() -> None:
    charges = [Decimal(100), Decimal(50), Decimal(-5), Decimal(20)]
    assert list(unpaid(Decimal(130), charges)) == [100, 30, 0, 0]
    assert list(unpaid(Decimal(-7), charges)) == [0, 0, 0, 0]
