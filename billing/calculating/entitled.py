"""What the benefits of one account take off its sums, month by month (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.calculating.months import days_in, last_day_of
from billing.calculating.stay import stay_of
from billing.charging import benefits
from billing.charging.exact import NOTHING
from billing.models import AccountFact, Benefit, Invoice, Service
from premises.models import PersonalAccount


@dataclass(frozen=True, slots=True)
class Entitled:
    """An account with its benefits of this month and of those that a reading may settle."""

    account: PersonalAccount
    rows: Sequence[Benefit]
    facts: Sequence[AccountFact]
    owners: int  # they are counted where nobody lives

    def on(self, service: Service, month: date, amount: Decimal) -> Decimal:
        """What is taken off a sum of a month, above zero; of a sum that is given back, below zero: it was benefited before."""
        shares = self._shares(service, month)
        if not shares:
            return NOTHING
        found = benefits.benefits_of(shares, abs(amount), persons=self._persons(month, shares))
        return found if amount > 0 else -found

    def over(self, service: Service, months: Iterable[date], amount: Decimal, off: Sequence[Decimal]) -> Decimal:
        """What is taken off a sum that several months used together; `off` is what each of them lost, below zero."""
        shares = [(month, self._shares(service, month)) for month in months]
        if not any(some for _month, some in shares):
            return NOTHING
        return benefits.over_months([(some, self._persons(month, some)) for month, some in shares], amount, off)

    def _shares(self, service: Service, month: date) -> list[benefits.Benefit]:
        return [
            benefits.Benefit(percent=row.percent, entitled=row.persons, part=Fraction(days, days_in(month)))
            for row in self.rows
            if row.service_id == service.pk or (row.service_id is None and service.kind == Invoice.Kind.MAIN)
            if (days := _days(row, month)) > 0
        ]

    def _persons(self, month: date, shares: Sequence[benefits.Benefit]) -> int:
        """The people of the month, where a benefit is of some of them."""
        if all(one.entitled is None for one in shares):
            return 1
        stay = stay_of(self.account, self.facts, month, self.owners)
        return stay.persons if stay else 1


def _days(row: Benefit, month: date) -> int:
    last = min(row.until, last_day_of(month)) if row.until else last_day_of(month)
    return (last - max(row.since, month)).days + 1
