"""Long numbers in fours, units with their power, months and days in the reader's language."""

from datetime import date

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

from lib.months import month_name
from lib.text import in_fours, raised


@pytest.mark.parametrize(
    ("number", "groups"),
    [
        ("40702810500000000001", ["4070", "2810", "5000", "0000", "0001"]),
        ("UA213223130000026007233566001", ["UA21", "3223", "1300", "0002", "6007", "2335", "66001"]),
        ("1", ["1"]),
        ("", []),
    ],
)
def test_a_number_of_a_bank_stands_in_fours_and_no_character_alone(number: str, groups: list[str]) -> None:
    assert in_fours(number) == groups


@pytest.mark.parametrize(
    ("printed", "written"),
    [("м2", "м²"), ("м3", "м³"), ("м³", "м³"), ("куб. м", "куб. м"), ("м25", "м25"), ("грн/м2", "грн/м²"), ("", "")],
)
def test_units_get_their_power(printed: str, written: str) -> None:
    assert raised(printed) == written


@pytest.mark.parametrize(
    ("language", "day", "month"),
    [
        ("uk", "1 листопада 2026 р.", "листопад 2026"),
        ("ru", "1 ноября 2026 г.", "ноябрь 2026"),
        ("en", "Nov. 1, 2026", "November 2026"),
    ],
)
def test_days_have_no_zero_and_months_no_capital(language: str, day: str, month: str) -> None:
    with override(language):
        assert date_format(date(2026, 11, 1), "DATE_FORMAT").replace("\xa0", " ") == day
        assert month_name(date(2026, 11, 1)) == month
