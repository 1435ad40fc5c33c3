"""How money covers documents and their lines."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charging.allocation import Cover, Covered, Document, Payment, allocate
from billing.charging.exact import NOTHING
from billing.charging.penalty import Portion

pytestmark = pytest.mark.feature("B10")

D = Decimal
DAY = timedelta(days=1)
JAN, FEB, MAR, APR = (date(2026, month, 1) for month in (1, 2, 3, 4))


def bill(period: date, principal: str, penalty: str = "0.00") -> Document:
    last = (period + 31 * DAY).replace(day=1) - DAY
    return Document(f"{period:%m}", period, last, last + 15 * DAY, D(principal), D(penalty))


def money(key: str, on: str, amount: str, period: date | None = None, of: str | None = None) -> Payment:
    return Payment(key, date.fromisoformat(on), D(amount), period, of)


def said(covered: Covered) -> list[tuple[str, str, str, str]]:
    return [(str(one.payment), str(one.document), str(one.principal), str(one.penalty)) for one in covered.covers]


def test_money_goes_to_the_oldest_debt_first() -> None:
    covered = allocate([bill(JAN, "100.00"), bill(FEB, "200.00")], [money("a", "2026-03-05", "150.00")])
    assert said(covered) == [("a", "01", "100.00", "0.00"), ("a", "02", "50.00", "0.00")]
    assert (covered.unpaid("02"), covered.advance) == (D("150.00"), D("0.00"))


def test_a_payment_that_names_a_period_goes_there_and_then_to_the_oldest() -> None:
    covered = allocate(
        [bill(JAN, "100.00"), bill(FEB, "200.00"), bill(MAR, "50.00")], [money("a", "2026-04-05", "230.00", FEB)]
    )
    assert said(covered) == [("a", "02", "200.00", "0.00"), ("a", "01", "30.00", "0.00")]


def test_what_is_paid_for_a_month_clears_it_with_its_penalty_before_older_debts() -> None:
    covered = allocate(
        [bill(JAN, "100.00", "7.00"), bill(FEB, "1923.81", "41.48")], [money("a", "2026-03-05", "1965.29", FEB)]
    )
    assert said(covered) == [("a", "02", "1923.81", "0.00"), ("a", "02", "0.00", "41.48")]
    assert (covered.unpaid("01"), covered.unpaid_penalty("01")) == (D("100.00"), D("7.00"))
    more = allocate([bill(JAN, "100.00", "7.00"), bill(FEB, "50.00", "3.00")], [money("a", "2026-03-05", "60.00", FEB)])
    assert said(more)[2:] == [("a", "01", "7.00", "0.00")]


def test_principal_comes_before_any_penalty() -> None:
    covered = allocate([bill(JAN, "100.00", "7.00"), bill(FEB, "200.00", "3.00")], [money("a", "2026-03-05", "305.00")])
    assert said(covered) == [("a", "01", "100.00", "0.00"), ("a", "02", "200.00", "0.00"), ("a", "01", "0.00", "5.00")]
    assert (covered.unpaid_penalty("01"), covered.unpaid_penalty("02")) == (D("2.00"), D("3.00"))


def test_what_is_left_is_an_advance_and_covers_what_comes() -> None:
    covered = allocate([bill(JAN, "100.00"), bill(FEB, "80.00")], [money("a", "2026-02-05", "150.00")])
    assert covered.covers[1] == Cover("a", "02", date(2026, 2, 28), D("50.00"), D("0.00"))
    assert covered.unpaid("02") == D("30.00")
    early = allocate([bill(JAN, "100.00")], [money("a", "2026-01-05", "60.00"), money("b", "2026-01-06", "60.00")])
    assert said(early) == [("a", "01", "60.00", "0.00"), ("b", "01", "40.00", "0.00")]
    assert early.advance == D("20.00")


def test_a_document_below_zero_gives_an_advance() -> None:
    covered = allocate([bill(JAN, "100.00"), bill(FEB, "-30.00"), bill(MAR, "50.00")], [])
    assert said(covered) == [("02", "01", "30.00", "0.00")]
    assert covered.unpaid("01") == D("70.00")


def test_a_refund_takes_the_advance_and_then_what_was_covered_last() -> None:
    covered = allocate(
        [bill(JAN, "100.00"), bill(FEB, "100.00")],
        [money("a", "2026-03-05", "220.00"), money("r", "2026-03-10", "-50.00")],
    )
    assert said(covered)[-1] == ("r", "02", "-30.00", "0.00")
    assert (covered.unpaid("01"), covered.unpaid("02")) == (D("0.00"), D("30.00"))
    assert covered.portions("02") == (
        Portion(D("100.00"), date(2026, 3, 5)), Portion(D("30.00"), since=date(2026, 3, 11)),
    )  # fmt: skip


def test_a_payment_that_failed_is_taken_back_from_where_it_went() -> None:
    covered = allocate(
        [bill(JAN, "100.00"), bill(FEB, "100.00")],
        [money("a", "2026-03-05", "100.00"), money("b", "2026-03-06", "100.00"),
         money("r", "2026-03-10", "-100.00", of="a")],
    )  # fmt: skip
    assert (covered.unpaid("01"), covered.unpaid("02")) == (D("100.00"), D("0.00"))


def test_more_refunded_than_came_in_is_made_good_by_the_next_payment() -> None:
    covered = allocate([bill(JAN, "100.00")], [money("r", "2026-01-05", "-40.00"), money("a", "2026-02-05", "120.00")])
    assert (covered.unpaid("01"), covered.advance) == (D("20.00"), D("0.00"))
    assert allocate([], [money("r", "2026-01-05", "-40.00")]).advance == D("-40.00")


def test_a_document_over_time_and_by_age() -> None:
    covered = allocate(
        [bill(JAN, "100.00"), bill(FEB, "200.00")],
        [money("a", "2026-02-20", "30.00"), money("b", "2026-03-20", "50.00")],
    )
    assert covered.history("01") == (
        (date(2026, 1, 31), D("100.00")), (date(2026, 2, 20), D("70.00")), (date(2026, 3, 20), D("20.00")),
    )  # fmt: skip
    found = [str(covered.unpaid("01", date(2026, 1, 30) + days * DAY)) for days in (0, 1, 20, 21, 49)]
    assert found == ["0.00", "100.00", "100.00", "70.00", "20.00"]
    assert covered.portions("01") == (
        Portion(D("30.00"), date(2026, 2, 20)), Portion(D("50.00"), date(2026, 3, 20)), Portion(D("20.00")),
    )  # fmt: skip
    ages = covered.by_age(date(2026, 3, 10))  # January is 23 days late, February is due on the 15th
    assert (ages.not_due, ages.overdue[0].amount, ages.total) == (D("200.00"), D("70.00"), D("270.00"))
    later = covered.by_age(date(2026, 6, 13))  # 118 and 90 days
    assert [(age.first, age.last, str(age.amount)) for age in later.overdue] == [
        (1, 30, "0.00"), (31, 90, "200.00"), (91, 180, "20.00"), (181, 365, "0.00"), (366, 1095, "0.00"),
        (1096, None, "0.00"),
    ]  # fmt: skip


def test_two_documents_with_one_key_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="Two documents"):
        allocate([bill(JAN, "1.00"), bill(JAN, "1.00")], [])


# --- Whatever comes ---------------------------------------------------------------------------------------------------

days = st.integers(0, 200).map(lambda number: JAN + number * DAY)
sums = st.decimals(-500, 900, places=2, allow_nan=False)
papers = st.lists(
    st.builds(Document, key=st.none(), period=st.sampled_from([JAN, FEB, MAR, APR]), on=days, due=days,
              principal=sums, penalty=st.decimals(0, 20, places=2, allow_nan=False)), max_size=8,
).map(lambda rows: [row._replace(key=place) for place, row in enumerate(rows)])  # fmt: skip
payments = st.lists(
    st.builds(Payment, key=st.none(), on=days, amount=sums, period=st.none() | st.sampled_from([JAN, FEB, MAR]),
              of=st.none() | st.integers(0, 8).map(lambda number: f"p{number}")), max_size=10,
).map(lambda rows: [row._replace(key=f"p{place}") for place, row in enumerate(rows)])  # fmt: skip


@given(papers, payments)
def test_no_kopeck_is_lost_or_made(documents: list[Document], received: list[Payment]) -> None:
    covered = allocate(documents, received)
    owed = sum((covered.unpaid(one.key) + covered.unpaid_penalty(one.key) for one in documents), NOTHING)
    charged = sum((one.principal + one.penalty for one in documents), NOTHING)
    paid = sum((one.amount for one in received), NOTHING)
    assert owed - covered.advance == charged - paid
    assert covered.advance <= 0 or owed == 0
    for one in documents:
        laid = [cover for cover in covered.covers if cover.document == one.key]
        assert sum((cover.principal for cover in laid), NOTHING) == max(one.principal, NOTHING) - covered.unpaid(
            one.key
        )
        assert 0 <= covered.unpaid(one.key) <= max(one.principal, NOTHING)
        assert all(0 <= amount <= max(one.principal, NOTHING) for _, amount in covered.history(one.key))
        still = [part.amount for part in covered.portions(one.key) if part.paid_on is None]
        assert sum(still, NOTHING) == covered.unpaid(one.key)


@given(papers, payments)
def test_every_debt_has_an_age(documents: list[Document], received: list[Payment]) -> None:
    covered = allocate(documents, received)
    for on in (FEB, MAR, APR + 100 * DAY):
        assert covered.by_age(on).total == sum((covered.unpaid(one.key, on) for one in documents), NOTHING)


@given(papers, payments, days)
def test_what_comes_later_changes_nothing_before(documents: list[Document], received: list[Payment], on: date) -> None:
    until = allocate([one for one in documents if one.on <= on], [one for one in received if one.on <= on])
    covered = allocate(documents, received)
    assert all(covered.unpaid(one.key, on) == until.unpaid(one.key) for one in documents if one.on <= on)
