"""The arithmetic of paying: parts that add up, fees in whole kopecks, sums as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.paying import LEAST, MOST, NotASum, Wrong, fee_of, is_payable, is_unusual, shares, sum_of
from lib.money import format_money

kopecks = st.decimals(min_value="1.00", max_value="500000.00", places=2)
balances = st.dictionaries(
    st.sampled_from(["main", "repair", "other"]), st.decimals(min_value="-99999.99", max_value="99999.99", places=2)
)


@given(kopecks, balances)
def test_the_parts_add_up_and_each_is_money(amount: Decimal, debts: dict[str, Decimal]) -> None:
    parts = shares(amount, debts)
    assert sum(parts.values()) == amount
    assert all(part > 0 and part == part.quantize(Decimal("0.01")) for part in parts.values())


@given(kopecks, balances)
def test_nothing_is_overpaid_while_something_is_owed(amount: Decimal, debts: dict[str, Decimal]) -> None:
    owed = {name: max(debt, Decimal(0)) for name, debt in debts.items()}
    if amount <= sum(owed.values()):
        assert all(part <= owed[name] for name, part in shares(amount, debts).items())


@given(balances)
def test_the_whole_debt_clears_every_section(debts: dict[str, Decimal]) -> None:
    owed = {name: debt for name, debt in debts.items() if debt > 0}
    if total := sum(owed.values()):
        assert shares(Decimal(total), debts) == owed


@given(kopecks, st.decimals(min_value=0, max_value=20, places=2))
def test_a_fee_is_whole_kopecks_near_its_percent(amount: Decimal, percent: Decimal) -> None:
    fee = fee_of(amount, percent)
    assert fee == fee.quantize(Decimal("0.01"))
    assert abs(fee - amount * percent / 100) <= Decimal("0.005")


@given(kopecks, st.sampled_from(["RUB", "UAH"]), st.sampled_from(["ru", "uk", "en"]))
def test_what_the_portal_writes_it_reads(amount: Decimal, currency: str, language: str) -> None:
    text = format_money(amount, currency, language)
    if language != "en" or amount < 1000:  # a comma that groups thousands could as well begin the kopecks
        assert sum_of(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("3 680,39", "3680.39"), ("3680.39", "3680.39"), (" 100 ", "100.00"), ("100,5 руб.", "100.50"), ("1 р", "1.00"),
     ("500000", "500000.00"), ("1\u00a0000", "1000.00")],
)  # fmt: skip
def test_sums_as_people_write_them(text: str, amount: str) -> None:
    assert sum_of(text, "RUB") == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("", Wrong.GARBAGE), ("1.2.3", Wrong.GARBAGE), ("1,000", Wrong.FRACTIONS), ("0.001", Wrong.FRACTIONS),
     ("−5", Wrong.NOTHING), ("0", Wrong.NOTHING), ("0,00 ₽", Wrong.NOTHING), ("0.99", Wrong.RANGE), ("500000.01", Wrong.RANGE), ("12 34", Wrong.GARBAGE),
     ("100 грн", Wrong.CURRENCY), ("100 €", Wrong.CURRENCY), ("0x10", Wrong.GARBAGE), ("inf", Wrong.GARBAGE)],
)  # fmt: skip
def test_what_is_no_sum_says_why(text: str, wrong: Wrong) -> None:
    with pytest.raises(NotASum) as error:
        sum_of(text, "RUB")
    assert error.value.wrong == wrong


@given(st.text(max_size=40))
def test_no_text_is_more_than_a_wrong_sum(text: str) -> None:
    try:
        amount = sum_of(text, "RUB")
    except NotASum:
        return
    assert LEAST <= amount <= MOST
    assert is_payable(amount)


def test_ten_times_is_usual_and_a_kopeck_more_is_not() -> None:
    assert not is_unusual(Decimal("1000.00"), Decimal("100.00"))
    assert is_unusual(Decimal("1000.01"), Decimal("100.00"))
    assert is_unusual(Decimal("1.00"), Decimal("-50.00"))
