"""Readings as people type them. No database."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.typed import Unreadable, read_value

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("124,5", "124.500"),
        ("124.5", "124.500"),
        ("00124,500", "124.500"),
        ("124", "124.000"),
        ("0", "0.000"),
        ("00000", "0.000"),
        ("000000000000124", "124.000"),
        (" 1 234,5 ", "1234.500"),
        (f"1{NBSP}234,5", "1234.500"),
        ("124 , 5", "124.500"),
        ("\u200b124,5\u200e", "124.500"),
        ("124,", "124.000"),
        (",5", "0.500"),
        ("99999,999", "99999.999"),
        ("124,500000", "124.500"),
    ],
)
def test_people_copy_the_dial_as_they_see_it(text: str, value: str) -> None:
    read = read_value(text, int_digits=5, decimals=3)
    assert read == Decimal(value)
    assert str(read) == value  # with the decimals of the dial


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write the digits of the meter"),
        (f" {NBSP}", "Write the digits of the meter"),
        ("abc", "Write only the digits"),
        ("124m", "Write only the digits"),
        ("12О,5", "Write only the digits"),  # the letter О
        ("1e3", "Write only the digits"),
        ("NaN", "Write only the digits"),
        ("Infinity", "Write only the digits"),
        ("1_000", "Write only the digits"),
        ("1'000", "Write only the digits"),
        (",", "Write only the digits"),
        ("..", "Write only the digits"),
        ("１２４", "Write only the digits"),  # full width
        ("١٢٤", "Write only the digits"),  # Arabic
        ("12²", "Write only the digits"),
        ("1,234.5", "more than one comma or point"),
        ("1.2.3", "more than one comma or point"),
        ("124,,5", "more than one comma or point"),
        ("-124", "without plus and minus"),
        ("\u2212124", "without plus and minus"),
        ("+124", "without plus and minus"),
        ("12-4", "without plus and minus"),
        ("123456", "too many digits before the comma"),
        ("12345678901234567890", "too many digits before the comma"),
        ("1" * 100_000, "too many digits before the comma"),
        ("124,5001", "too many digits after the comma"),
    ],
)
def test_what_no_dial_shows_is_refused_with_what_to_do(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_value(text, int_digits=5, decimals=3)
    assert sentence in refused.value.text
    assert "%(" not in refused.value.text % refused.value.facts


@pytest.mark.parametrize(
    ("text", "decimals", "said"),
    [
        ("x", 3, "for example 124,500."),
        ("x", 1, "for example 124,5."),
        ("x", 0, "for example 124."),
        ("124,55", 1, "at most 1 fit this meter."),
        ("124,5", 0, "no digits after the comma: write the whole number."),
        ("1234567", 1, "at most 5 fit this meter."),
    ],
)
def test_the_sentence_knows_the_dial(text: str, decimals: int, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_value(text, int_digits=5, decimals=decimals)
    assert (refused.value.text % refused.value.facts).endswith(said)


@pytest.mark.parametrize(("text", "value"), [("124", "124"), ("124,0", "124"), ("0", "0")])
def test_a_dial_of_whole_units(text: str, value: str) -> None:
    assert str(read_value(text, int_digits=6, decimals=0)) == value


@st.composite
def dials(draw: st.DrawFn) -> tuple[int, int, Decimal]:
    """Digits, decimals and a value that such a dial can show."""
    int_digits, decimals = draw(st.integers(1, 9)), draw(st.integers(0, 4))
    steps = draw(st.integers(0, 10 ** (int_digits + decimals) - 1))
    return int_digits, decimals, Decimal(steps).scaleb(-decimals)


@given(dials(), st.booleans(), st.integers(0, 5))
def test_whatever_a_dial_shows_is_read_back(dial: tuple[int, int, Decimal], comma: bool, zeros: int) -> None:
    int_digits, decimals, value = dial
    text = "0" * zeros + f"{value:.{decimals}f}"
    assert read_value(text.replace(".", ",") if comma else text, int_digits=int_digits, decimals=decimals) == value


@given(st.one_of(st.text(), st.text("0123456789,. -\u00a0")), st.integers(1, 9), st.integers(0, 4))
def test_any_text_is_a_value_of_the_dial_or_refused(text: str, int_digits: int, decimals: int) -> None:
    value: Decimal | None = None
    with contextlib.suppress(Unreadable):
        value = read_value(text, int_digits=int_digits, decimals=decimals)
    assert value is None or 0 <= value <= 10**int_digits - Decimal(1).scaleb(-decimals)
    assert value is None or value == value.quantize(Decimal(1).scaleb(-decimals))


@pytest.mark.parametrize(
    ("text", "int_digits", "decimals", "sentence"),
    [
        ("811584", 5, 3, "If you left the comma out, write 811,584."),
        ("0 0811 584", 5, 3, "If you left the comma out, write 811,584."),
        ("1234567", 5, 2, "If you left the comma out, write 12345,67."),
        ("1234567", 5, 0, "at most 5 fit this meter."),
        ("123456789", 5, 3, "at most 5 fit this meter."),
        ("123456,7", 5, 3, "at most 5 fit this meter."),
        ("0345671", 5, 3, "This is the number of the meter, not its value."),
        ("0345671 2019", 5, 3, "This is the number of the meter, not its value."),
    ],
)
def test_what_was_probably_meant_is_said(text: str, int_digits: int, decimals: int, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_value(text, int_digits=int_digits, decimals=decimals, serial="0345671-2019")
    said = refused.value.text % refused.value.facts
    assert sentence in said
    assert ("left the comma out" in said) == ("left the comma out" in sentence)
