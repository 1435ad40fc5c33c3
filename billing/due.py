"""When a bill is to be paid if its register does not say: a dated rule of each country (pure)."""

from calendar import monthrange
from datetime import date, timedelta

SATURDAY = 5
LAST = 31  # the last day of the month, however long it is
RULES: dict[str, tuple[tuple[date, int], ...]] = {
    "RU": ((date.min, 10), (date(2026, 2, 1), 15)),
    "UA": ((date.min, LAST),),
}


def due_date(country: str, period: date) -> date:
    """Return the last day to pay for a period (its first day): a day of the next month; from a weekend on to Monday.

    Russia: the 10th (ЖК РФ ст. 155 ч. 1 before the change); the 15th from the document of February 2026 on, the first to
    come after 1 March 2026, when the new wording took force (handbook 0.1, 0.2). Ukraine: the last day of the month, the
    usual term of contracts (handbook 1.5). A last day that is not a working day moves on (ГК РФ ст. 193, ЦКУ ст. 254);
    public holidays on a weekday are not known here, a register may name the exact day.
    """
    day = next(day for since, day in reversed(RULES[country]) if period >= since)
    following = (period.replace(day=1) + timedelta(days=31)).replace(day=1)
    due = following.replace(day=min(day, monthrange(following.year, following.month)[1]))
    return due + timedelta(days=(7 - due.weekday()) if due.weekday() >= SATURDAY else 0)
