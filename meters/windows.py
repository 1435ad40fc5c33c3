"""The days of a month on which readings are taken, and the period for which a day counts. Pure: no database.

All days are local dates of the house; a period is named by the first day of its month. One rule holds it together: the
period of a day is the first one whose window has not closed before that day.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """From day `opens` to day `closes` (1..31 both); a day that a month lacks means its last day.

    With `closes` before `opens` the window wraps into the next month and belongs to the month in which it opened.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (1 <= self.opens <= 31 and 1 <= self.closes <= 31):
            raise ValueError("A window opens and closes on days 1 to 31")

    @property
    def wraps(self) -> bool:
        """Whether the window closes in the month after the one in which it opened."""
        return self.closes < self.opens


def last_day(window: Window, period: date) -> date:
    """Return the last day on which a reading still counts to this period."""
    month = next_month(period) if window.wraps else period
    return _day_of(month, window.closes)


def first_day(window: Window, period: date) -> date:
    """Return the day on which the window of this period opens.

    In a short month a wrapping window might open before the one before it has closed (30th to 29th in February): then it
    opens on the day after.
    """
    return max(_day_of(period, window.opens), last_day(window, _month_before(period)) + DAY)


def period_of(window: Window, day: date) -> date:
    """Return the period to which a reading of this day counts: after the close, it is the next one."""
    month = day.replace(day=1)
    period = _month_before(month) if window.wraps else month
    while last_day(window, period) < day:
        period = next_month(period)
    return period


def open_period(window: Window, day: date) -> date | None:
    """Return the period whose window is open on this day, or None."""
    period = period_of(window, day)
    return period if first_day(window, period) <= day else None


def next_opening(window: Window, day: date) -> date:
    """Return the first day, this one included, on which the window is open."""
    return max(day, first_day(window, period_of(window, day)))


def days_left(window: Window, day: date) -> int | None:
    """Return how many days remain after this one until the window closes (0 on the last), None when it is closed."""
    period = open_period(window, day)
    return (last_day(window, period) - day).days if period else None


def next_month(period: date) -> date:
    """Return the first day of the month after this one."""
    return (period.replace(day=28) + 4 * DAY).replace(day=1)


def _month_before(period: date) -> date:
    return (period.replace(day=1) - DAY).replace(day=1)


def _day_of(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))
