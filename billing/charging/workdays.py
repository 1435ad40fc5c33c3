"""Working days of both countries: weekends, public holidays, days off that were moved (pure).

Ukraine works on public holidays while martial law lasts; the tables of the `holidays` package know that.
"""

from datetime import date, timedelta
from functools import cache

from holidays import HolidayBase, country_holidays

DAY = timedelta(days=1)


@cache
def _calendar(country: str) -> HolidayBase:
    return country_holidays(country)


def is_working(country: str, day: date) -> bool:
    """Whether banks and offices of the country work on the day."""
    return _calendar(country).is_working_day(day)


def working_from(country: str, day: date) -> date:
    """Return the day itself, or the first working day after it.

    >>> working_from("RU", date(2026, 1, 10))
    datetime.date(2026, 1, 12)
    """
    while not is_working(country, day):
        day += DAY
    return day
