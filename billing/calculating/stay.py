"""How many people and square metres an account has on which days of a month (pure)."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.calculating.months import days_in
from billing.charging.basis import Span
from billing.charging.exact import ZERO
from billing.models import AccountFact
from premises.models import PersonalAccount


class Stay(NamedTuple):
    """An account in a month. `spans` are empty where nothing changed and it held its flat on every day."""

    first: int
    last: int
    area: Decimal | None
    persons: int
    spans: tuple[Span, ...]

    def within(self, first: int, last: int, days: int, off: Iterable[tuple[int, int]] = ()) -> tuple[Span, ...] | None:
        """The days of the account on which a service is there; None: not one. Empty: the whole month, unchanged.

        `off` are days between the first and the last without it.
        """
        begin, end = max(self.first, first), min(self.last, last)
        if begin > end:
            return None
        holes = tuple(off)
        if (begin, end) == (1, days) and not self.spans and not holes:
            return ()
        spans = self.spans or (Span(1, days, self.area or ZERO, self.persons),)
        there = _cut(spans, begin, end)
        for hole_first, hole_last in holes:
            there = (*_cut(there, 1, hole_first - 1), *_cut(there, hole_last + 1, days))
        return tuple(sorted(there, key=lambda one: one.first)) or None


def _cut(spans: Iterable[Span], begin: int, end: int) -> tuple[Span, ...]:
    """What lies of the spans between two days."""
    return tuple(
        Span(max(one.first, begin), min(one.last, end), one.area, one.persons)
        for one in spans
        if one.first <= end and one.last >= begin
    )


def stay_of(account: PersonalAccount, facts: Sequence[AccountFact], period: date, owners: int) -> Stay | None:
    """The account's days in the month; None where it has none. `owners` are counted where nobody lives (ПП 354, п. 56(2)).

    `facts` come oldest first and hold until the next one, also those of later months; before the first the account's own
    figures hold.
    """
    days = days_in(period)
    last_day = period.replace(day=days)
    if (account.opened_on and account.opened_on > last_day) or (account.closed_on and account.closed_on < period):
        return None
    first = account.opened_on.day if account.opened_on and account.opened_on > period else 1
    last = account.closed_on.day if account.closed_on and account.closed_on < last_day else days
    area: Decimal | None = account.unit.area_total
    people = account.residents or account.registered or 0
    spans: list[Span] = []
    begin = first
    for fact in facts:
        if fact.since > last_day:
            break
        if fact.since > period and fact.since.day > begin:
            if fact.since.day > last:
                break
            spans.append(Span(begin, fact.since.day - 1, area or ZERO, people or owners))
            begin = fact.since.day
        area = fact.area if fact.area is not None else area
        people = fact.residents if fact.residents is not None else people
    persons = people or owners
    if not spans and (first, last) == (1, days):
        return Stay(first, last, area, persons, ())
    spans.append(Span(begin, last, area or ZERO, persons))
    return Stay(first, last, area, persons, tuple(spans))
