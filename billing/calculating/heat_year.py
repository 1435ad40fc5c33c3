"""Heating charged by the mean month, settled for the year that is over (ПП 354, formula of the annual correction).

What the house meter measured in the months of last year, shared by area and days, less what those months were charged. The
runs of the first quarter do it: the first one settles, a later one finds only what has changed since.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from billing.calculating.draft import Reduction
from billing.calculating.known import Known
from billing.calculating.lines import by_house
from billing.calculating.months import days_in, last_day_of, months_before
from billing.calculating.plan import Plan, Supply, Way
from billing.calculating.stay import stay_of
from billing.charging.basis import NotEnough, Span
from billing.charging.exact import NOTHING, ZERO
from billing.charging.recalculation import annual_by_days
from billing.models import AccountFact, BillingRun, Charge, HouseFact, InvoiceLine, Recalculation
from meters.balance import house_volumes
from meters.resources import Resource
from premises.models import PersonalAccount

CHARGED = Sum(F("accrued") + F("accrued_common") + F("excess"))
Note = Callable[..., None]  # account, what, **facts
Months = Mapping[date, Supply]
Stretches = dict[tuple[Decimal, Decimal, Decimal], Decimal]  # area, area of the house × days, price → volume × days
Sums = dict[tuple[int, int, date], Decimal]  # by account, service and month
Source = Recalculation.Source


def settle_year(plan: Plan, known: Known, note: Note) -> list[Reduction]:
    """What the house meters make of last year for each account that was charged by the mean month.

    Reads nothing where there is no such house or the first quarter is over; else a constant number of queries.
    """
    houses = by_house([one for one in known.accounts if one.unit.house_id in plan.mean_months])
    if not houses:
        return []
    year = HeatYear.read(plan, houses, note)
    return [one for house, accounts in houses.items() for one in year.settle(house, accounts)]


def note_old_mean(plan: Plan, known: Known, note: Note) -> None:
    """Name houses (by an account) that are charged by the mean month of an older year: staff enter the new one."""
    for house, accounts in by_house([one for one in known.accounts if one.pk in known.stays]).items():
        fact = plan.facts.get(house)
        if fact is None or fact.since.year >= plan.period.year:
            continue
        for supply in plan.supplies.get(house, ()):
            if supply.way == Way.HEAT_AVERAGE:
                note(accounts[0].pk, "heat_mean_old", service=supply.service.name, since_day=f"{fact.since:%d.%m.%Y}")


@dataclass
class HeatYear:
    """The year of some houses, read in a constant number of queries."""

    plan: Plan
    note: Note
    measured: dict[date, dict[tuple[int, str], Decimal | None]] = field(default_factory=dict)
    house_facts: dict[int, list[HouseFact]] = field(default_factory=lambda: defaultdict(list))
    account_facts: dict[int, list[AccountFact]] = field(default_factory=lambda: defaultdict(list))
    closed_here: Collection[date] = ()  # the months that this portal charged
    charged: Sums = field(default_factory=dict)
    settled: Sums = field(default_factory=dict)

    @classmethod
    def read(cls, plan: Plan, houses: Mapping[int, Sequence[PersonalAccount]], note: Note) -> "HeatYear":
        year, months = cls(plan, note), plan.last_year
        accounts = [account.pk for some in houses.values() for account in some]
        services = {one.service for house in houses for some in plan.mean_months[house].values() for one in some}
        last = last_day_of(months[-1])
        for month in (months_before(months[0], 1), *months):
            year.measured[month] = house_volumes(list(houses), month)
        for fact in HouseFact.objects.filter(house__in=houses, since__lte=last).order_by("since"):
            year.house_facts[fact.house_id].append(fact)
        for row in AccountFact.objects.filter(account__in=accounts, since__lte=last).order_by("since"):
            year.account_facts[row.account_id].append(row)
        runs = _runs(plan, months)
        year.closed_here = runs.keys()
        year.charged = _charged(runs.values(), accounts, {one.pk for one in services})
        if registers := [month for month in months if month not in runs]:
            year.charged |= _imported(registers, accounts, {one.code: one.pk for one in services})
        year.settled = _settled(months, accounts, {one.pk for one in services})
        return year

    def settle(self, house: int, accounts: Iterable[PersonalAccount]) -> Iterable[Reduction]:
        """The settlement of the accounts of one house, each service by itself."""
        by_service: dict[int, dict[date, Supply]] = defaultdict(dict)
        for month, supplies in self.plan.mean_months[house].items():
            for supply in supplies:
                by_service[supply.service.pk][month] = supply
        for service, months in by_service.items():
            unread = self._unread(house, months)
            for account in accounts:
                held = self._held(account, months)
                charged_here = [
                    one for one in held if one in self.closed_here or (account.pk, service, one) in self.charged
                ]
                if charged_here:
                    unknown = [one for one in held if one not in charged_here]
                    yield from self._settle(account, months, held, unread, unknown)

    def _unread(self, house: int, months: Months) -> list[date]:
        """Months without a reading of the house meter; the one before them starts the first, where the meter was there."""
        key = (house, Resource.HEAT)
        before = {months_before(month, 1) for month in months} - months.keys()
        unread = [one for one in before if self.measured[one].get(key, ZERO) is None]
        unread += [one for one in months if self.measured[one].get(key) is None]
        return sorted(unread)

    def _held(self, account: PersonalAccount, months: Months) -> dict[date, tuple[Span, ...]]:
        """The days of the months on which the account held its flat and the house had the service."""
        held = {}
        for month, supply in months.items():
            stay, days = stay_of(account, self.account_facts.get(account.pk, ()), month, 1), days_in(month)
            spans = stay.within(supply.first, supply.last, days, supply.off) if stay else None
            if stay is not None and spans is not None:
                held[month] = spans or (Span(1, days, stay.area or ZERO, stay.persons),)
        return held

    def _settle(
        self, account: PersonalAccount, months: Months, held: Mapping[date, tuple[Span, ...]], unread: list[date],
        unknown: list[date],
    ) -> Iterable[Reduction]:  # fmt: skip
        service = next(iter(months.values())).service
        for what, missing in (("heat_year_unread", unread), ("heat_year_uncharged", unknown)):
            if missing:
                words = ", ".join(f"{month:%m.%Y}" for month in missing)
                self.note(account.pk, what, service=service.name, missing_months=words)
                return
        try:
            stretches = self._stretches(account.unit.house_id, months, held)
        except NotEnough as lacking:
            self.note(account.pk, lacking.what.replace(" ", "_"), service=service.name)
            return
        keys = [(account.pk, service.pk, month) for month in held]
        before = [sums.get(key, NOTHING) for key in keys for sums in (self.charged, self.settled)]
        amount = annual_by_days(((volume, *key) for key, volume in stretches.items()), before)
        if amount:
            reason = _("Heating of %(year)s by the house meter") % {"year": self.plan.period.year - 1}
            yield Reduction(account.pk, service.pk, max(held), Source.READING, amount, reason)

    def _stretches(self, house: int, months: Months, held: Mapping[date, tuple[Span, ...]]) -> Stretches:
        """The measured heat by area and price, alike ones together; raises `NotEnough`."""
        found: Stretches = defaultdict(lambda: ZERO)
        for month, spans in held.items():
            volume, area, days = self.measured[month][house, Resource.HEAT], self._area(house, month), days_in(month)
            prices = self.plan.prices(house, months[month], month)
            ends = [day - 1 for day, _price in prices[1:]] + [days]
            for span in spans:
                for (begin, price), end in zip(prices, ends, strict=True):
                    there = min(span.last, end) - max(span.first, begin) + 1
                    if there == days:
                        found[span.area, area, price] += volume or ZERO
                    elif there > 0:
                        found[span.area, area * days, price] += (volume or ZERO) * there
        return found

    def _area(self, house: int, month: date) -> Decimal:
        rows = self.house_facts.get(house)
        if not rows:
            raise NotEnough("house data")
        return next((one for one in reversed(rows) if one.since <= month), rows[0]).area_rooms


def _runs(plan: Plan, months: Sequence[date]) -> dict[date, int]:
    """The run that speaks for each month: the one that issued it, or the newest correction."""
    runs = BillingRun.objects.filter(
        organization=plan.organization, period__in=months, state=BillingRun.State.ISSUED
    ).order_by("issued_at", "pk")
    return dict(runs.values_list("period", "pk"))


def _charged(runs: Collection[int], accounts: Sequence[int], services: Collection[int]) -> Sums:
    """What the months were charged before reductions and benefits: those stay as they were given."""
    rows = Charge.objects.filter(run__in=list(runs), account__in=accounts, service__in=services).order_by()
    return _sums(rows.values_list("account", "service", "run__period").annotate(whole=CHARGED))


def _imported(months: Sequence[date], accounts: Sequence[int], codes: Mapping[str, int]) -> Sums:
    """The same of months that came by registers, by the codes of their lines."""
    lines = InvoiceLine.objects.filter(
        invoice__account__in=accounts, invoice__run__isnull=True, invoice__voided_at__isnull=True,
        invoice__period__in=months, code__in=[code for code in codes if code],
    ).order_by()  # fmt: skip
    rows = lines.values_list("invoice__account", "code", "invoice__period").annotate(whole=CHARGED)
    return {(account, codes[code], month): total for account, code, month, total in rows}


def _settled(months: Sequence[date], accounts: Sequence[int], services: Collection[int]) -> Sums:
    """What runs before this one settled; of a run that is not issued nothing is charged yet."""
    rows = Recalculation.objects.filter(
        account__in=accounts, service__in=services, period__in=months, source=Source.READING,
        run__state=BillingRun.State.ISSUED,
    ).order_by()  # fmt: skip
    return _sums(rows.values_list("account", "service", "period").annotate(total=Sum("amount")))


def _sums(rows: Iterable[Any]) -> Sums:
    return {(account, service, month): total for account, service, month, total in rows}
