"""What every account of a run is charged with: services of houses, tariffs, norms, facts of houses, the law."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Q

from billing.calculating.months import LATE, LOOK_BACK, days_in, last_day_of, months_before
from billing.charging.basis import NotEnough, Rate, Tiers
from billing.charging.exact import ZERO
from billing.charging.rules import NoRule, Rules
from billing.models import BillingRun, BillingTerms, HouseFact, HouseService, Service, ServiceNorm, Tariff
from billing.rulebook import rules_of
from meters.models import ConsumptionNorm
from premises.models import House, Organization

DAY = timedelta(days=1)
YEAR = Decimal(12)
BY_METERS = frozenset(
    {
        Service.Method.METER,
        Service.Method.TIERS,
        Service.Method.HOT_TWO,
        Service.Method.SEWAGE,
        Service.Method.HEAT_ROOMS,
    }
)
SETTLING = 3  # so many first months of a year settle the heating of last year: the law has it done in the first quarter
Way = Service.Method
Norm = ServiceNorm.Kind


class Supply(NamedTuple):
    """A service as a house has it in a month: how it is charged, from which day to which, and days between without it."""

    service: Service
    way: str
    first: int
    last: int
    off: tuple[tuple[int, int], ...] = ()


@dataclass
class Plan:
    """The tables of one company for one month, read once; rates are made when they are asked for first."""

    organization: Organization
    period: date
    rules: Rules
    terms: BillingTerms
    cities: dict[int, str]
    supplies: dict[int, list[Supply]]
    tariffs: dict[int, list[Tariff]]
    norms: dict[tuple[int, str, int | None], list[tuple[date, Decimal]]]
    usual_norms: dict[tuple[int | None, str], Decimal]
    facts: dict[int, HouseFact]
    room_houses: frozenset[int]  # charged for heat by meters of rooms, now or in a month of late readings
    _rates: dict[tuple[int, int, str, date], Rate | NotEnough] = field(default_factory=dict)
    _metered: dict[date, dict[int, list[Supply]]] = field(default_factory=dict)

    @classmethod
    def of(cls, organization: Organization, period: date) -> "Plan":
        """Read the tables, in nine queries."""
        terms = BillingTerms.objects.filter(organization=organization).first()
        return cls(
            organization=organization,
            period=period,
            rules=rules_of(organization.country),
            terms=terms or BillingTerms(organization=organization),
            cities=dict(House.objects.filter(organization=organization).values_list("pk", "city")),
            supplies=_supplies(organization, period),
            tariffs=_tariffs(organization, period),
            norms=_norms(organization, period),
            usual_norms=_usual_norms(organization, period),
            facts=_facts(organization, period),
            room_houses=_room_houses(organization, period),
        )

    @property
    def country(self) -> str:
        return self.organization.country

    @cached_property
    def days(self) -> int:
        return days_in(self.period)

    @cached_property
    def last_day(self) -> date:
        return last_day_of(self.period)

    @cached_property
    def mean_months(self) -> dict[int, dict[date, list[Supply]]]:
        """By house, the months of last year whose heat was charged by the mean month; nothing once they are settled.

        Costs a query in the months that settle, and twelve small ones where there is such a service.
        """
        if self.period.month > SETTLING:
            return {}
        year = self.last_year
        by_mean = HouseService.objects.during(year[0], last_day_of(year[-1])).filter(
            Q(method=Way.HEAT_AVERAGE) | Q(method="", service__method=Way.HEAT_AVERAGE),
            service__organization=self.organization,
        )  # fmt: skip
        services = set(by_mean.values_list("service", flat=True))
        found: dict[int, dict[date, list[Supply]]] = defaultdict(dict)
        for month in year if services else ():
            for house, supplies in self.supplied(month, services).items():
                if some := [one for one in supplies if one.way == Way.HEAT_AVERAGE]:
                    found[house][month] = some
        return dict(found)

    def supplied(self, month: date, services: Collection[int]) -> dict[int, list[Supply]]:
        """Some services as the houses had them in another month: one query."""
        return _supplies(self.organization, month, services)

    def metered(self, month: date) -> dict[int, list[Supply]]:
        """By house, the services that meters charged in another month: one query, however often it is asked for."""
        if month not in self._metered:
            self._metered[month] = _supplies(self.organization, month, ways=BY_METERS)
        return self._metered[month]

    def metered_then(self, service: Service, house: int, month: date) -> Supply | None:
        """A service as meters charged it in a house and another month; None where they did not."""
        return next((one for one in self.metered(month).get(house, ()) if one.service.pk == service.pk), None)

    @property
    def services(self) -> dict[int, Service]:
        """The services of this month, and of those that a reading or a year settled, by id."""
        months = [self.supplies, *self._metered.values()]
        found = {one.service.pk: one.service for houses in months for some in houses.values() for one in some}
        mean = [some for houses in self.mean_months.values() for some in houses.values()]
        return found | {one.service.pk: one.service for some in mean for one in some}

    @property
    def last_year(self) -> list[date]:
        """The months of the calendar year before."""
        return [date(self.period.year - 1, month, 1) for month in range(1, 13)]

    @cached_property
    def penalty_since(self) -> date:
        """The first day on which imported debts bear a penalty here: as the terms say, else that of the first closing."""
        if self.terms.penalty_since:
            return self.terms.penalty_since
        runs = BillingRun.objects.filter(organization=self.organization, kind=BillingRun.Kind.PERIOD)
        issued = runs.filter(state=BillingRun.State.ISSUED, period__lt=self.period).order_by("period")
        return issued.values_list("period", flat=True).first() or self.period

    def fact(self, house: int) -> HouseFact:
        """The data of a house; raises `NotEnough`."""
        found = self.facts.get(house)
        if found is None:
            raise NotEnough("house data")
        return found

    def norm(self, service: Service, house: int, kind: str, month: date | None = None) -> Decimal | None:
        """A norm of a service: the house's own first, the newest that has begun; None where nobody set one."""
        for place in (house, None):
            rows = self.norms.get((service.pk, kind, place))
            if rows:
                index = bisect_right(rows, month or self.period, key=itemgetter(0))
                return rows[max(index - 1, 0)][1]
        return None

    def person_norm(self, service: Service, house: int) -> Decimal | None:
        """What one person uses in a month: the norm of the service, else the one that the meters know of its resource."""
        found = self.norm(service, house, Norm.PERSON)
        if found is None and service.resource:
            usual = self.usual_norms
            found = usual.get((house, service.resource), usual.get((None, service.resource)))
        return found

    def coefficient(self, key: str, house: int) -> Decimal:
        """A raising coefficient of the law, 1 where the law has none."""
        try:
            return self.rules.decimal(self.country, key, self.period, self.cities.get(house, ""))
        except NoRule:
            return Decimal(1)

    def rate(self, service: Service, house: int, way: str, month: date | None = None) -> Rate:
        """The tariff of a service in a house and month, with what the way of charging needs; raises `NotEnough`."""
        key = (service.pk, house, way, month or self.period)
        found = self._rates.get(key)
        if found is None:
            try:
                found = self._made(service, house, way, month or self.period)
            except NotEnough as missing:
                found = missing
            self._rates[key] = found
        if isinstance(found, NotEnough):
            raise found
        return found

    def _made(self, service: Service, house: int, way: str, month: date) -> Rate:
        held = self._held(service, house, month)
        first = held[0][1]
        later = held[1:]
        heat = first.heat_rate or ZERO
        zones, *later_zones = _zones_of([one for _day, one in held])
        tiers, *later_tiers = _tiers_of([one for _day, one in held])
        return Rate(
            first.rate,
            changes=_changes(first.rate, later, lambda one: one.rate),
            norm=self._norm_of(service, house, way, month),
            months=self.fact(house).heating_months if way == Way.HEAT_YEAR else None,
            zones=zones,
            tiers=tiers,
            tier_changes=tuple(zip((day for day, _one in later), later_tiers, strict=True)) if tiers else (),
            zone_changes=tuple(zip((day for day, _one in later), later_zones, strict=True)) if zones else (),
            heat_tariff=heat,
            heat_changes=_changes(heat, later, lambda one: one.heat_rate or ZERO),
            heat_per_m3=self._warmth(service, house, month) if way == Way.HOT_TWO else ZERO,
            heat_average=self._mean(house) if way == Way.HEAT_AVERAGE else ZERO,
        )

    def _norm_of(self, service: Service, house: int, way: str, month: date) -> Decimal | None:
        if way in (Way.HEAT_SEASON, Way.HEAT_YEAR):
            return self.norm(service, house, Norm.AREA, month)
        if way == Way.PERSON:  # without a norm the tariff is of a person; the engine takes the norm of a year
            monthly = self.norm(service, house, Norm.PERSON, month)
            return YEAR * (Decimal(1) if monthly is None else monthly)
        return self.person_norm(service, house)

    def _warmth(self, service: Service, house: int, month: date) -> Decimal:
        found = self.norm(service, house, Norm.HEATING_WATER, month)
        if found is None:
            raise NotEnough("norm")
        return found

    def _mean(self, house: int) -> Decimal:
        found = self.fact(house).heat_average
        if found is None:
            raise NotEnough("house data")
        return found

    def prices(self, house: int, supply: Supply, month: date) -> list[tuple[int, Decimal]]:
        """The price of each stretch of days on which the house had the service: (first day, price); raises `NotEnough`."""
        held = self._between(supply.service, house, month, supply)
        return [(day, one.rate) for day, one in held]

    def _held(self, service: Service, house: int, month: date) -> list[tuple[int, Tariff]]:
        """The tariff of each stretch of days: (first day, tariff). Days on which the house has no service may lack one."""
        if month == self.period:
            supply = next((one for one in self.supplies.get(house, ()) if one.service.pk == service.pk), None)
        else:
            supply = self.metered_then(service, house, month)
        return self._between(service, house, month, supply)

    def _between(self, service: Service, house: int, month: date, supply: Supply | None) -> list[tuple[int, Tariff]]:
        first, last, off = (supply.first, supply.last, supply.off) if supply else (1, days_in(month), ())
        rows = [one for one in self.tariffs.get(service.pk, ()) if one.house_id in (None, house)]
        begins = {first} | {
            day.day
            for one in rows
            for day in (one.since, one.until + DAY if one.until else one.since)
            if day.replace(day=1) == month and first < day.day <= last
        }
        begins |= {hole_last + 1 for _hole_first, hole_last in off}
        there = (day for day in begins if not any(hole_first <= day <= hole_last for hole_first, hole_last in off))
        held: list[tuple[int, Tariff]] = []
        for begin in sorted(there):
            found = _in_force(rows, month.replace(day=begin))
            if found is None:
                raise NotEnough("tariff")
            if not held or held[-1][1] is not found:
                held.append((begin, found))
        return [(1, held[0][1]), *held[1:]]


def is_heated(fact: HouseFact, period: date) -> bool:
    """Whether a month belongs to the heating season of a house."""
    return (period.month - fact.heating_from) % 12 < fact.heating_months


def _in_force(rows: Sequence[Tariff], day: date) -> Tariff | None:
    there = [one for one in rows if one.since <= day and (one.until is None or one.until >= day)]
    return next((one for one in there if one.house_id), there[0] if there else None)


def _zones(tariff: Tariff) -> tuple[Decimal, ...]:
    if tariff.rate_2 is None:
        return ()
    return (tariff.rate, tariff.rate_2) if tariff.rate_3 is None else (tariff.rate, tariff.rate_2, tariff.rate_3)


def _zones_of(tariffs: Sequence[Tariff]) -> list[tuple[Decimal, ...]]:
    """The prices by zone of the tariffs of a month; where only some of them have zones, one price is that of every zone."""
    found = [_zones(one) for one in tariffs]
    most = max(map(len, found))
    return [zones or (one.rate,) * most for one, zones in zip(tariffs, found, strict=True)]


def _tiers_of(tariffs: Sequence[Tariff]) -> list[Tiers]:
    """The ranges of the tariffs of a month; where only some of them have ranges, one price is that of any volume."""
    found = [_tiers(one) for one in tariffs]
    return [tiers or ((None, one.rate),) for one, tiers in zip(tariffs, found, strict=True)] if any(found) else found


def _tiers(tariff: Tariff) -> Tiers:
    return tuple((None if upto is None else Decimal(upto), Decimal(rate)) for upto, rate in tariff.tiers)


def _changes(
    first: Decimal, later: Sequence[tuple[int, Tariff]], price: Callable[[Tariff], Decimal]
) -> tuple[tuple[int, Decimal], ...]:
    found: list[tuple[int, Decimal]] = []
    for day, tariff in later:
        if price(tariff) != (found[-1][1] if found else first):
            found.append((day, price(tariff)))
    return tuple(found)


def _supplies(
    organization: Organization, period: date, services: Collection[int] | None = None, ways: Collection[str] = ()
) -> dict[int, list[Supply]]:
    """The services of each house in the month, in the order of the document; a way that changed inside it is the newer one.

    All services of the company, or some of them, or those that are charged in some ways.
    """
    last = last_day_of(period)
    rows = HouseService.objects.during(period, last).filter(service__organization=organization)
    if services is not None:
        rows = rows.filter(service__in=services)
    if ways:
        rows = rows.filter(Q(method__in=ways) | Q(method="", service__method__in=ways))
    found: dict[int, dict[int, Supply]] = defaultdict(dict)
    for row in rows.select_related("service__requisites"):
        begin = max(row.since, period).day
        end = min(row.until, last).day if row.until else last.day
        known = found[row.house_id].get(row.service_id)
        if known is None:
            found[row.house_id][row.service_id] = Supply(row.service, row.way, begin, end)
        else:
            off = known.off if begin == known.last + 1 else (*known.off, (known.last + 1, begin - 1))
            found[row.house_id][row.service_id] = Supply(row.service, row.way, known.first, end, off)
    return {house: sorted(some.values(), key=_place) for house, some in found.items()}


def _place(supply: Supply) -> tuple[int, str, int]:
    return supply.service.position, supply.service.name, supply.service.pk


def _tariffs(organization: Organization, period: date) -> dict[int, list[Tariff]]:
    rows = Tariff.objects.during(months_before(period, LOOK_BACK), last_day_of(period))
    found: dict[int, list[Tariff]] = defaultdict(list)
    for row in rows.filter(service__organization=organization):
        found[row.service_id].append(row)
    return dict(found)


def _norms(organization: Organization, period: date) -> dict[tuple[int, str, int | None], list[tuple[date, Decimal]]]:
    rows = ServiceNorm.objects.filter(service__organization=organization, since__lte=last_day_of(period))
    found: dict[tuple[int, str, int | None], list[tuple[date, Decimal]]] = defaultdict(list)
    for service, kind, house, since, value in rows.order_by("since").values_list(
        "service", "kind", "house", "since", "value"
    ):
        found[service, kind, house].append((since, value))
    return dict(found)


def _usual_norms(organization: Organization, period: date) -> dict[tuple[int | None, str], Decimal]:
    found: dict[tuple[int | None, str], Decimal] = {}
    for norm in ConsumptionNorm.objects.in_force(period).filter(organization=organization):
        found.setdefault((norm.house_id, norm.resource), norm.per_person)
    return found


def _facts(organization: Organization, period: date) -> dict[int, HouseFact]:
    rows = HouseFact.objects.filter(house__organization=organization, since__lte=last_day_of(period)).order_by("since")
    found: dict[int, HouseFact] = {}
    for row in rows:
        if row.since <= period or row.house_id not in found:
            found[row.house_id] = row
    return found


def _room_houses(organization: Organization, period: date) -> frozenset[int]:
    rows = HouseService.objects.during(months_before(period, LATE), last_day_of(period)).filter(
        Q(method=Way.HEAT_ROOMS) | Q(method="", service__method=Way.HEAT_ROOMS), service__organization=organization
    )
    return frozenset(rows.values_list("house", flat=True))
