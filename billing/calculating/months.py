"""Months by their first day (pure)."""

from calendar import monthrange
from datetime import date

LOOK_BACK = 18  # months: how far the averages that a reading settles may reach
LATE = 6  # months: so far back a reading that came late is looked for


def days_in(period: date) -> int:
    """How many days the month has."""
    return monthrange(period.year, period.month)[1]


def last_day_of(period: date) -> date:
    """The last day of the month."""
    return period.replace(day=days_in(period))


def months_before(period: date, count: int) -> date:
    """The first day of the month so many months earlier (later, where the count is below zero).

    >>> months_before(date(2026, 1, 1), 2), months_before(date(2026, 12, 1), -1)
    (datetime.date(2025, 11, 1), datetime.date(2027, 1, 1))
    """
    year, month = divmod(period.year * 12 + period.month - 1 - count, 12)
    return date(year, month + 1, 1)
