"""Legal parameters by country, territory and date: looked up here, kept as rows that staff edit (pure).

    rules = Rules(DEFAULTS)                      # or the rows of the table
    rules.whole("RU", "due_day", period)         # 15
    rules.decimal("RU", "key_rate", day, territory="61")

A parameter of a period is asked for by its first day, one of a day (rates, moratoria) by that day. A territory's own row
comes before the country's; the newest row that is in force on the day decides.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: from a day on this value holds. `is_checked` is off where nobody compared the value with the law yet."""

    country: str
    key: str
    valid_from: date
    value: str
    source: str = ""
    territory: str = ""
    is_checked: bool = True


class Step(NamedTuple):
    """From this day after the due date on, a day of delay costs 1/divisor of the yearly rate."""

    first: int
    divisor: int


class NoRule(LookupError):
    """No row says what is asked for."""


class Rules:
    """A lookup over rows, however many: an answer takes a search in the rows of one key."""

    def __init__(self, rows: Iterable[Rule]) -> None:
        found: dict[tuple[str, str, str], list[Rule]] = defaultdict(list)
        for row in rows:
            found[row.country, row.key, row.territory].append(row)
        self._rows = {key: sorted(some, key=attrgetter("valid_from")) for key, some in found.items()}

    def find(self, country: str, key: str, on: date, territory: str = "") -> Rule | None:
        """Return the row in force on a day, or None."""
        for place in (territory, "") if territory else ("",):
            rows = self._rows.get((country, key, place), [])
            index = bisect_right(rows, on, key=attrgetter("valid_from"))
            if index:
                return rows[index - 1]
        return None

    def text(self, country: str, key: str, on: date, territory: str = "") -> str:
        """Return the value in force on a day; raises `NoRule`."""
        row = self.find(country, key, on, territory)
        if row is None:
            raise NoRule(f"{country} {key} {on}")
        return row.value

    def whole(self, country: str, key: str, on: date, territory: str = "") -> int:
        return int(self.text(country, key, on, territory))

    def decimal(self, country: str, key: str, on: date, territory: str = "") -> Decimal:
        return Decimal(self.text(country, key, on, territory))

    def is_on(self, country: str, key: str, on: date, territory: str = "") -> bool:
        return self.text(country, key, on, territory) == YES

    def steps(self, country: str, key: str, on: date, territory: str = "") -> tuple[Step, ...]:
        return read_steps(self.text(country, key, on, territory))

    def history(self, country: str, key: str, territory: str = "") -> tuple[tuple[date, str], ...]:
        """Return every change of a value, oldest first, a territory's rows laid over the country's."""
        own: Sequence[Rule] = self._rows.get((country, key, territory), []) if territory else []
        since = own[0].valid_from if own else date.max
        general = [row for row in self._rows.get((country, key, ""), []) if row.valid_from < since]
        return tuple((row.valid_from, row.value) for row in [*general, *own])

    def penalty_rate(self, country: str, day: date, territory: str = "") -> Decimal:
        """Return the yearly rate of a penalty in percent on a day: the key rate, not above the cap that is in force."""
        rate = self.decimal(country, "key_rate", day)
        cap = self.find(country, "penalty_rate_cap", day, territory)
        return min(rate, Decimal(cap.value)) if cap and cap.value else rate


def read_steps(text: str) -> tuple[Step, ...]:
    """Read the steps of a penalty.

    >>> read_steps("31:300 91:130")
    (Step(first=31, divisor=300), Step(first=91, divisor=130))
    """
    pairs = (pair.split(":") for pair in text.split())
    return tuple(sorted(Step(int(first), int(divisor)) for first, divisor in pairs))


def problem_with(row: Rule) -> str:
    """Return what is wrong with the value of a row that somebody typed, "" if nothing: a word for the caller to explain."""
    kind = KINDS.get(row.key)
    if kind is None:
        return "unknown key"
    try:
        READERS[kind](row.value)
    except (ArithmeticError, ValueError):
        return f"not a {kind}"
    return ""


def _read_flag(text: str) -> None:
    if text not in {YES, NO}:
        raise ValueError(text)


def _read_day(text: str) -> None:
    if not 1 <= int(text) <= 31:
        raise ValueError(text)


def _read_number(text: str) -> None:
    if not Decimal(text).is_finite() or Decimal(text) < 0:
        raise ValueError(text)


def _read_percentage(text: str) -> None:
    _read_number(text)
    if Decimal(text) > 100:
        raise ValueError(text)


def _read_number_or_nothing(text: str) -> None:
    if text:
        _read_number(text)


def _read_steps(text: str) -> None:
    if any(step.first < 1 or step.divisor < 1 for step in read_steps(text)) or not text.strip():
        raise ValueError(text)


def _read_whole(text: str) -> None:
    if int(text) < 0:
        raise ValueError(text)


READERS = {
    "day": _read_day,
    "whole number": _read_whole,
    "number": _read_number,
    "percentage": _read_percentage,
    "number or nothing": _read_number_or_nothing,
    "yes or no": _read_flag,
    "list of steps": _read_steps,
}

# Every key there is, and what its value looks like.
KINDS = {
    "due_day": "day",
    "due_moves": "yes or no",
    "doc_day": "day",
    "reading_last_day": "day",
    "key_rate": "percentage",
    "penalty_rate_cap": "number or nothing",
    "penalty_steps": "list of steps",
    "penalty_steps_repair": "list of steps",
    "penalty_enabled": "yes or no",
    "penalty_daily": "number",
    "penalty_cap": "number",
    "coef_no_meter": "number",
    "coef_not_sent": "number",
    "coef_broken": "number",
    "coef_expired": "number",
    "coef_no_access": "number",
    "average_periods_dwelling": "whole number",
    "average_periods_other": "whole number",
    "absence_min_days": "whole number",
    "absence_apply_days": "whole number",
    "interruption_percent": "number",
    "temperature_percent": "number",
    "temperature_step": "number",
    "interruption_hours_cold": "whole number",
    "interruption_hours_hot": "whole number",
    "interruption_hours_sewage": "whole number",
    "interruption_hours_electricity": "whole number",
    "interruption_hours_gas": "whole number",
    "interruption_hours_heat": "whole number",
    "vat_percent": "number",
}
