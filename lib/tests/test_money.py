"""Money as each country writes it, rounded half up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.money import MINUS, NBSP, format_money, format_number, rounded

SUMS = st.decimals(min_value="-1e11", max_value="1e11", places=7, allow_nan=False)


@pytest.mark.parametrize(
    ("amount", "kopecks"),
    [("2.675", "2.68"), ("-2.675", "-2.68"), ("10.005", "10.01"), ("0.0049", "0.00"), ("299.328908", "299.33")],
)
def test_half_goes_away_from_zero(amount: str, kopecks: str) -> None:
    assert rounded(Decimal(amount)) == Decimal(kopecks)


@given(SUMS)
def test_rounding_twice_changes_nothing_and_keeps_the_sign(amount: Decimal) -> None:
    once = rounded(amount)
    assert rounded(once) == once
    assert rounded(-amount) == -once
    assert abs(once - amount) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        ("3680.39", "RUB", "ru", "3 680,39 ₽"),
        ("3680.39", "UAH", "uk", "3 680,39 ₴"),
        ("3680.39", "UAH", "en", "3,680.39 UAH"),
        ("-96.48", "RUB", "ru", f"{MINUS}96,48 ₽"),
        ("0", "RUB", "ru", "0,00 ₽"),
        ("-0.001", "RUB", "ru", "0,00 ₽"),
        ("47048", "RUB", "ru", "47 048,00 ₽"),
        ("1234567.8", "EUR", "ru", "1 234 567,80 EUR"),
    ],
)
def test_sums_are_written_as_people_write_them(amount: str, currency: str, language: str, text: str) -> None:
    assert format_money(Decimal(amount), currency, language).replace(NBSP, " ") == text


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        ("9.944482", None, "9,944482"),
        ("61.00", None, "61"),
        ("3.1", 3, "3,100"),
        ("1180.70", 2, "1 180,70"),
        ("100", None, "100"),
    ],
)
def test_volumes_keep_their_decimals(number: str, places: int | None, text: str) -> None:
    assert format_number(Decimal(number), "ru", places).replace(NBSP, " ") == text
