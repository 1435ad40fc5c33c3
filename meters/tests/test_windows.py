"""Submission windows: which days they are open and to which month a day's reading counts. No database."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.windows import (
    Window,
    days_left,
    first_day,
    last_day,
    next_month,
    next_opening,
    open_period,
    period_of,
)

USUAL = Window(15, 25)
WRAPPING = Window(28, 5)
# A short and a leap February, each with a month before and after.
SPANS = [[date(year, 1, 20) + timedelta(days=number) for number in range(76)] for year in (2027, 2028)]
ALL_WINDOWS = [Window(opens, closes) for opens, closes in product(range(1, 32), repeat=2)]


@pytest.mark.parametrize(
    ("window", "day", "period"),
    [
        pytest.param(USUAL, date(2026, 10, 26), date(2026, 11, 1), id="M6"),
        (USUAL, date(2026, 10, 25), date(2026, 10, 1)),
        (USUAL, date(2026, 10, 15), date(2026, 10, 1)),
        (USUAL, date(2026, 10, 1), date(2026, 10, 1)),  # before the opening
        (USUAL, date(2026, 12, 31), date(2027, 1, 1)),
        (WRAPPING, date(2026, 10, 30), date(2026, 10, 1)),
        (WRAPPING, date(2026, 11, 3), date(2026, 10, 1)),
        (WRAPPING, date(2026, 11, 10), date(2026, 11, 1)),
        (WRAPPING, date(2027, 1, 5), date(2026, 12, 1)),
        (Window(20, 31), date(2028, 2, 29), date(2028, 2, 1)),
        (Window(20, 31), date(2027, 2, 28), date(2027, 2, 1)),
        (Window(20, 31), date(2027, 3, 1), date(2027, 3, 1)),
        (Window(10, 10), date(2027, 3, 11), date(2027, 4, 1)),
    ],
)
def test_a_day_counts_to_a_period(window: Window, day: date, period: date) -> None:
    assert period_of(window, day) == period


@pytest.mark.parametrize(
    ("window", "day", "period"),
    [
        (USUAL, date(2026, 10, 14), None),
        (USUAL, date(2026, 10, 15), date(2026, 10, 1)),
        (USUAL, date(2026, 10, 25), date(2026, 10, 1)),
        (USUAL, date(2026, 10, 26), None),
        (WRAPPING, date(2026, 10, 27), None),
        (WRAPPING, date(2026, 10, 28), date(2026, 10, 1)),
        (WRAPPING, date(2026, 11, 5), date(2026, 10, 1)),
        (WRAPPING, date(2026, 11, 6), None),
        (Window(10, 10), date(2026, 11, 10), date(2026, 11, 1)),
        (Window(10, 10), date(2026, 11, 11), None),
        (Window(31, 31), date(2027, 2, 28), date(2027, 2, 1)),
        (Window(1, 31), date(2027, 2, 28), date(2027, 2, 1)),
    ],
)
def test_the_window_is_open_for_a_period_or_closed(window: Window, day: date, period: date | None) -> None:
    assert open_period(window, day) == period


@pytest.mark.parametrize(
    ("window", "day", "opening"),
    [
        (USUAL, date(2026, 10, 3), date(2026, 10, 15)),
        (USUAL, date(2026, 10, 20), date(2026, 10, 20)),
        (USUAL, date(2026, 10, 26), date(2026, 11, 15)),
        (USUAL, date(2026, 12, 26), date(2027, 1, 15)),
        (WRAPPING, date(2026, 11, 6), date(2026, 11, 28)),
        (WRAPPING, date(2026, 11, 5), date(2026, 11, 5)),
        (Window(30, 31), date(2027, 2, 1), date(2027, 2, 28)),
    ],
)
def test_a_closed_window_says_when_it_opens(window: Window, day: date, opening: date) -> None:
    assert next_opening(window, day) == opening


@pytest.mark.parametrize(
    ("window", "day", "left"),
    [
        (USUAL, date(2026, 10, 21), 4),
        (USUAL, date(2026, 10, 25), 0),
        (USUAL, date(2026, 10, 26), None),
        (WRAPPING, date(2026, 10, 28), 8),
        (WRAPPING, date(2026, 11, 5), 0),
        (Window(20, 31), date(2027, 2, 28), 0),
    ],
)
def test_days_left(window: Window, day: date, left: int | None) -> None:
    assert days_left(window, day) == left


def test_two_windows_that_would_meet_in_february_follow_each_other() -> None:
    window = Window(30, 29)
    january, february = date(2027, 1, 1), date(2027, 2, 1)
    assert last_day(window, january) == date(2027, 2, 28)
    assert first_day(window, february) == date(2027, 3, 1)
    assert last_day(window, february) == date(2027, 3, 29)


@pytest.mark.parametrize(("opens", "closes"), [(0, 25), (15, 32), (32, 1), (-1, 5), (15, 0)])
def test_a_month_has_no_such_day(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="1 to 31"):
        Window(opens, closes)


def test_for_all_windows_each_day_has_one_period_and_they_never_go_back() -> None:
    """All 961 windows; an open day counts to the period that is open, a closed one waits for the next opening."""
    for window, days in product(ALL_WINDOWS, SPANS):
        before, ahead = date.max, None
        for day in reversed(days):
            period, is_open = period_of(window, day), open_period(window, day)
            assert before == date.max or next_month(period) == before or period == before, (window, day)
            assert is_open in {None, period}, (window, day)
            ahead = day if is_open else ahead
            assert ahead is None or next_opening(window, day) == ahead, (window, day)
            before = period


def test_for_all_windows_every_period_has_its_open_days_and_no_others() -> None:
    """All 961 windows, every month of five years."""
    for window in ALL_WINDOWS:
        period = date(2024, 1, 1)
        while period.year < 2029:
            opens, closes = first_day(window, period), last_day(window, period)
            assert opens <= closes < first_day(window, next_month(period)), (window, period)
            assert open_period(window, opens) == open_period(window, closes) == period, (window, period)
            assert open_period(window, opens - timedelta(days=1)) != period, (window, period)
            assert period_of(window, closes + timedelta(days=1)) == next_month(period), (window, period)
            period = next_month(period)


@given(st.builds(Window, st.integers(1, 31), st.integers(1, 31)), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_any_day_of_any_year(window: Window, day: date) -> None:
    period, left = period_of(window, day), days_left(window, day)
    assert last_day(window, period) >= day
    assert (left is None) == (open_period(window, day) is None) == (day < first_day(window, period))
    assert left is None or day + timedelta(days=left) == last_day(window, period)
    assert period_of(window, day + timedelta(days=1)) in {period, next_month(period)}
    assert open_period(window, next_opening(window, day)) == period
