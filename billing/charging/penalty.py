"""Penalty for late payment of both countries: what has grown on one document's debt up to a day (pure).

Russia, ЖК РФ ст. 155 ч. 14 and 14.1: nothing for 30 days after the due date, then 1/300 of the yearly rate a day, from
the 91st day 1/130 (capital repair: no second step). A sum that was paid bears the rate of the day it was paid, for all its
days; what is still unpaid bears the rate of the day of counting, and is counted anew when it is paid. The day of payment
counts. Ukraine, Law 2189-VIII art. 26: up to 0.01 % of the debt a day from the first working day after the last day to pay,
together not above the debt.

    terms = Terms.of(rules, "RU")
    penalty(portions, due, on, terms)            # → rounded, since the due date
    penalty(...) - presented_before              # → what this month's document adds

The base is principal alone: a penalty bears no penalty. `allocation.Covered.portions` gives the portions of a document.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from billing.charging.exact import NOTHING, cents
from billing.charging.rules import YES, Rules, Step
from billing.charging.workdays import working_from

DAY = timedelta(days=1)
ENDLESS = date.max


class Portion(NamedTuple):
    """A part of a document's principal: paid on a day, or unpaid. `since`: a refund made it a debt again on that day."""

    amount: Decimal
    paid_on: date | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the law of a country, and of a territory, says about the penalty of one document."""

    country: str
    rates: tuple[tuple[date, Decimal], ...] = ()  # Russia: percent a year, by the first day
    steps: tuple[Step, ...] = ()
    daily: Decimal = Decimal(0)  # Ukraine: percent a day
    cap: Decimal | None = None  # percent of the debt
    pauses: tuple[tuple[date, date], ...] = ()  # days, both included, on which nothing grows

    @classmethod
    def of(cls, rules: Rules, country: str, on: date, *, territory: str = "", repair: bool = False) -> "Terms":
        """The terms in force on a day: the due date of the debt for its steps; rates and moratoria go by their own days."""
        pauses = _pauses(rules.history(country, "penalty_enabled", territory))
        if country == "UA":
            daily = rules.decimal(country, "penalty_daily", on, territory)
            cap = rules.decimal(country, "penalty_cap", on, territory)
            return cls(country, daily=daily, cap=cap, pauses=pauses)
        days = {day for key in ("key_rate", "penalty_rate_cap") for day, _ in rules.history(country, key, territory)}
        since = min(day for day, _ in rules.history(country, "key_rate"))
        rates = tuple((day, rules.penalty_rate(country, day, territory)) for day in sorted(days) if day >= since)
        steps = rules.steps(country, "penalty_steps_repair" if repair else "penalty_steps", on, territory)
        return cls(country, rates=rates, steps=steps, pauses=pauses)

    def rate_on(self, day: date) -> Decimal:
        """Percent a year on a day."""
        return self.rates[max(bisect_right(self.rates, day, key=lambda row: row[0]) - 1, 0)][1]


def penalty(portions: Iterable[Portion], due: date, on: date, terms: Terms) -> Decimal:
    """What has grown on a debt from its due date to the end of the day `on`: exact over all portions, rounded once.

    Payments after `on` are not known yet on that day.
    """
    if terms.country == "UA":
        first = working_from("UA", due + DAY)
        exact = sum((_ukrainian(portion, first, on, terms) for portion in portions), Fraction(0))
    else:
        exact = sum((_russian(portion, due, on, terms) for portion in portions), Fraction(0))
    return cents(exact) if exact else NOTHING


def _russian(portion: Portion, due: date, on: date, terms: Terms) -> Fraction:
    end, begin = _days_of(portion, due + DAY, on)
    if end < begin or portion.amount <= 0:
        return Fraction(0)
    shares = Fraction(0)
    for step, following in zip(terms.steps, [*terms.steps[1:], None], strict=True):
        first = max(due + step.first * DAY, begin)
        last = min(due + (following.first - 1) * DAY, end) if following else end
        shares += Fraction(_counted(first, last, terms.pauses), step.divisor)
    return Fraction(portion.amount) * Fraction(terms.rate_on(end)) / 100 * shares


def _ukrainian(portion: Portion, first: date, on: date, terms: Terms) -> Fraction:
    end, begin = _days_of(portion, first, on)
    if end < begin or portion.amount <= 0:
        return Fraction(0)
    grown = Fraction(portion.amount) * Fraction(terms.daily) / 100 * _counted(begin, end, terms.pauses)
    return grown if terms.cap is None else min(grown, Fraction(portion.amount) * Fraction(terms.cap) / 100)


def _days_of(portion: Portion, first: date, on: date) -> tuple[date, date]:
    """The last day on which the portion was owed, and the first one that may bear a penalty."""
    end = min(portion.paid_on or on, on)
    return end, max(first, portion.since or first)


def _counted(first: date, last: date, pauses: Sequence[tuple[date, date]]) -> int:
    """The days from the first to the last, both included, less those of the pauses."""
    whole = max((last - first).days + 1, 0)
    if not whole:
        return 0
    off = (min(last, end) - max(first, begin) for begin, end in pauses if begin <= last and end >= first)
    return whole - sum(days.days + 1 for days in off)


def _pauses(history: Sequence[tuple[date, str]]) -> tuple[tuple[date, date], ...]:
    ends = [day - DAY for day, _ in history[1:]] + [ENDLESS]
    return tuple((begin, end) for (begin, value), end in zip(history, ends, strict=True) if value != YES)
