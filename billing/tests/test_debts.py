"""The debt by age: laid on the documents it is of, and always the balance in all."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.actions.ledger import post_documents, post_payments, reverse_entries
from billing.debts import debt_of, debts, sections
from billing.models import LedgerEntry
from billing.testing import make_invoice, make_payment
from portal.testing import Cast

pytestmark = pytest.mark.feature("B5", "E6")
TODAY = date(2026, 6, 1)
MONTHS = [date(2026, month, 1) for month in range(1, 6)]


def balance(cast: Cast) -> Decimal:
    return LedgerEntry.objects.filter(account=cast.account).balance()


def test_a_debt_is_as_old_as_the_documents_it_is_of(cast: Cast) -> None:
    due = {1: date(2026, 2, 16), 4: date(2026, 5, 15), 5: date(2026, 6, 15)}
    post_documents(
        [make_invoice(cast.account, MONTHS[month - 1], accrued="100.00", due_on=day) for month, day in due.items()]
    )
    post_payments([make_payment(cast.account, "20.05.2026", "30.00")])
    debt = debt_of(cast.account, TODAY)
    assert [(age.first, age.last, age.amount) for age in debt.ages if age.amount] == [
        (1, 30, Decimal("100.00")), (91, 180, Decimal("70.00"))
    ]  # fmt: skip
    assert (debt.not_due, debt.overdue, debt.total) == (Decimal("100.00"), Decimal("170.00"), balance(cast))
    assert debt.oldest
    assert debt.oldest.first == 91


def test_a_penalty_an_advance_and_a_debt_without_a_document_are_counted_too(cast: Cast) -> None:
    post_documents(
        [
            make_invoice(cast.account, MONTHS[2], accrued="10.00", opening="500.00"),
            make_invoice(cast.account, MONTHS[3], accrued="5.00", penalty=Decimal("2.00"), payable=Decimal("7.00")),
            make_invoice(cast.account, MONTHS[3], accrued="40.00", kind="repair"),
        ]
    )
    post_payments([make_payment(cast.account, "02.05.2026", "100.00", kind="repair")])
    debt = debt_of(cast.account, TODAY)
    assert (debt.overdue, debt.penalty, debt.advance) == (Decimal("515.00"), Decimal("2.00"), Decimal("60.00"))
    assert debt.total == balance(cast) == Decimal("457.00")


def test_a_bill_issued_before_its_month_has_ended_is_a_debt_that_is_not_due(cast: Cast) -> None:
    """Issued on 25 May and looked at on the 26th; an advance and a credit of the same month count at once, too."""
    looked_at = date(2026, 5, 26)
    post_documents([
        make_invoice(cast.account, MONTHS[3], accrued="200.00", due_on=date(2026, 5, 15)),
        make_invoice(cast.account, MONTHS[4], accrued="1000.00", due_on=date(2026, 6, 15)),
        make_invoice(cast.account, MONTHS[4], accrued="700.00", kind="repair"),
        make_invoice(cast.other_account, MONTHS[3], accrued="80.00", due_on=date(2026, 5, 15)),
        make_invoice(cast.other_account, MONTHS[4], accrued="-50.00"),
    ])  # fmt: skip
    post_payments([make_payment(cast.account, "20.05.2026", "100.00", kind="repair")])
    debt = debt_of(cast.account, looked_at)
    assert (debt.not_due, debt.overdue, debt.advance) == (Decimal("1600.00"), Decimal("200.00"), Decimal("0.00"))
    assert debt.total == balance(cast) == Decimal("1800.00")
    assert debt_of(cast.other_account, looked_at).overdue == Decimal("30.00")


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    papers=st.lists(
        st.tuples(
            st.sampled_from(MONTHS), st.sampled_from(["main", "repair"]), st.decimals(-500, 900, places=2),
            st.none() | st.decimals(-300, 300, places=2),
        ),
        max_size=5, unique_by=lambda one: one[:2],
    ),
    money=st.lists(st.tuples(st.integers(1, 28), st.integers(1, 5), st.decimals(1, 900, places=2)), max_size=4),
    on=st.sampled_from([date(2026, 2, 10), date(2026, 5, 26), TODAY]),
)  # fmt: skip
def test_the_ages_are_the_balance_whatever_came(cast: Cast, papers: list[Any], money: list[Any], on: date) -> None:
    with transaction.atomic():
        post_documents(
            [
                make_invoice(
                    cast.account, month, accrued=str(sum_), kind=kind, opening=None if debt is None else str(debt)
                )
                for month, kind, sum_, debt in papers
            ]
        )
        post_payments(
            [make_payment(cast.account, f"{day:02d}.{month:02d}.2026", str(sum_)) for day, month, sum_ in money]
        )
        assert debt_of(cast.account, on).total == balance(cast)
        assert sum(one.balance for one in sections(cast.account)) == balance(cast)
        transaction.set_rollback(True)


def test_many_accounts_cost_one_query(cast: Cast, django_assert_num_queries: Any) -> None:
    post_documents([make_invoice(one, MONTHS[0]) for one in (cast.account, cast.nina_account)])
    with django_assert_num_queries(1):
        found = debts([cast.account, cast.nina_account, cast.vera_account], TODAY)
    assert [debt.total for debt in found.values()] == [Decimal("3680.39"), Decimal("3680.39"), 0]


def test_a_reversed_paper_covers_nothing(cast: Cast) -> None:
    post_documents([make_invoice(cast.account, MONTHS[0], accrued="10.00")])
    assert reverse_entries(LedgerEntry.objects.all()) == 1
    assert debt_of(cast.account, TODAY).total == 0
    assert sections(cast.account) == []
