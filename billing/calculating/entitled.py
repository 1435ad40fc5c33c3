"""What the benefits of one account take off its sums, month by month (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.calculating.months import days_in
from billing.calculating.stay import stay_of
from billing.charging import benefits
from billing.charging.exact import cents
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
        return cents(Fraction(amount) * self._share(service, month))

    def over(self, service: Service, months: Iterable[date], amount: Decimal, off: Sequence[Decimal]) -> Decimal:
        """What is taken off a sum that several months used together; `off` is what each of them lost, below zero."""
        return benefits.over_months([self._share(service, month) for month in months], amount, off)

    def _share(self, service: Service, month: date) -> Fraction:
        """The part of a charge of the month that is taken off, 1 at most."""
        days = days_in(month)
        held = [
            benefits.Held(row.percent, first, last, row.persons)
            for row in self.rows
            if row.service_id == service.pk or (row.service_id is None and service.kind == Invoice.Kind.MAIN)
            if (first := max((row.since - month).days + 1, 1))
            <= (last := min((row.until - month).days + 1, days) if row.until else days)
        ]
        return benefits.share_of_month(held, days, self._persons(month, held)) if held else Fraction(0)

    def _persons(self, month: date, held: Sequence[benefits.Held]) -> int:
        """The people of the month, where a benefit is of some of them."""
        if all(one.entitled is None for one in held):
            return 1
        stay = stay_of(self.account, self.facts, month, self.owners)
        return stay.persons if stay else 1
