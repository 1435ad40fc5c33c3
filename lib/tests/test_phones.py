"""Phones as each country writes them."""

import pytest

from lib.phones import dial_string, display_phone, masked_email, masked_phone


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+79991234567", "+7 999 123-45-67"),
        ("+380671234567", "+380 67 123 45 67"),
        ("8 (800) 550-0735", "8 (800) 550-0735"),
        ("112", "112"),
        ("", ""),
        ("+493012345678", "+493012345678"),
    ],
)
def test_a_number_is_shown_in_the_habit_of_its_country(stored: str, shown: str) -> None:
    assert display_phone(stored) == shown


@pytest.mark.parametrize(
    ("stored", "shown"), [("+79991234567", "+7 999 •••-••-67"), ("+380671234567", "+380 67 ••• •• 67")]
)
def test_a_masked_number_keeps_its_ends(stored: str, shown: str) -> None:
    assert masked_phone(stored) == shown


def test_an_unknown_number_is_masked_all_the_same() -> None:
    assert masked_phone("12345") == "•••45"


def test_a_masked_email_keeps_its_first_letter_and_host() -> None:
    assert masked_email("olga@example.com") == "o•••@example.com"


@pytest.mark.parametrize(
    ("typed", "dialled"), [("8 (800) 550-0735", "88005500735"), ("+380 67 123 45 67", "+380671234567")]
)
def test_a_link_dials_digits_only(typed: str, dialled: str) -> None:
    assert dial_string(typed) == dialled
