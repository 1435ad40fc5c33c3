"""When a bill is to be paid if its register does not say: a dated rule of each country (pure)."""

from calendar import monthrange
from datetime import date, timedelta

from billing.charging.defaults import DEFAULTS
from billing.charging.rules import Rules
from billing.charging.workdays import working_from

USUAL = Rules(DEFAULTS)


def due_date(country: str, period: date, rules: Rules = USUAL, territory: str = "") -> date:
    """Return the last day to pay for a period (its first day): a day of the next month, moved on to a working day.

    Russia: the 10th (ЖК РФ ст. 155 ч. 1 before the change); the 15th from the document of February 2026 on, the first to
    come after 1 March 2026, when the new wording took force. Ukraine: the last day of the month, the usual term of
    contracts. A last day that is not a working day moves on (ГК РФ ст. 193, ЦКУ ст. 254).
    """
    day = rules.whole(country, "due_day", period, territory)
    following = (period.replace(day=1) + timedelta(days=31)).replace(day=1)
    due = following.replace(day=min(day, monthrange(following.year, following.month)[1]))
    return working_from(country, due) if rules.is_on(country, "due_moves", period, territory) else due
