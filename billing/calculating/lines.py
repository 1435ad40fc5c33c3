"""The charges of one house: first what an account uses by itself, then its share of what the house uses together (pure)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from django.utils.translation import gettext as _

from billing.calculating import reductions
from billing.calculating.draft import Draft, Impossible, Reduction
from billing.calculating.known import Known
from billing.calculating.plan import YEAR, Plan, Supply, Way, is_heated
from billing.calculating.pools import Shared, shared_of
from billing.calculating.stay import Stay
from billing.calculating.volumes import Metered, Settled, metered, read_between, reason_of, shares_of
from billing.charging.basis import Basis, Mark, Method, NotEnough, Rate, Result
from billing.charging.exact import NOTHING, ZERO, cents
from billing.charging.methods import charge
from billing.models import QualityCase, Recalculation
from meters.models.meter import Zones
from meters.resources import Resource
from premises.models import PersonalAccount

METHODS = {
    Way.METER: Method.METER, Way.TIERS: Method.TIERS, Way.COMMON: Method.COMMON, Way.COMMON_NORM: Method.COMMON_N,
    Way.HEAT_SEASON: Method.HEAT_SEASON, Way.HEAT_YEAR: Method.HEAT_12, Way.HEAT_HOUSE: Method.HEAT_HOUSE,
    Way.HEAT_AVERAGE: Method.HEAT_AVG, Way.HEAT_ROOMS: Method.HEAT_ROOMS, Way.SEWAGE: Method.SEWAGE,
    Way.HOT_TWO: Method.HW_2C, Way.AREA: Method.AREA, Way.ACCOUNT: Method.ACCOUNT, Way.PERSON: Method.PERSON,
}  # fmt: skip
BY_VOLUME = {Way.METER, Way.TIERS, Way.HOT_TWO}
TOGETHER = {Way.COMMON, Way.COMMON_NORM, Way.HEAT_HOUSE, Way.HEAT_ROOMS}
BY_AREA = TOGETHER | {Way.AREA, Way.HEAT_SEASON, Way.HEAT_YEAR, Way.HEAT_AVERAGE}
WATERS = (Resource.COLD, Resource.HOT)
LEAST = {Mark.METER: 0, Mark.OTHER: 1, Mark.NORM: 2, Mark.NONE: 0}
Source = Recalculation.Source
Shares = dict[date, Fraction]  # the part of a charge that is of each month
Missing = Callable[[int, str, Supply], None]  # account, what, service


@dataclass
class Flat:
    """One account while its lines are made: what it used of each resource, as it was charged."""

    account: PersonalAccount
    stay: Stay
    used: dict[str, Decimal] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    norms: dict[str, Decimal] = field(default_factory=dict)  # of one person, where it was charged by the norm
    meters: dict[str, Metered | None] = field(default_factory=dict)

    @property
    def pk(self) -> int:
        return self.account.pk


@dataclass
class HouseLines:
    """Makes the lines of one house."""

    plan: Plan
    known: Known
    house: int
    note: Missing
    drafts: list[Draft] = field(default_factory=list)
    reductions: list[Reduction] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.supplies = self.plan.supplies.get(self.house, [])
        self.city = self.plan.cities.get(self.house, "")
        self.cases: dict[tuple[int, int | None], list[QualityCase]] = defaultdict(
            list
        )  # by service and account, if of one
        for one in self.known.quality.get(self.house, ()):  # of this month and of earlier ones
            self.cases[one.service_id, one.account_id].append(one)
        self.waters = {one.service.resource for one in self.supplies if one.way in BY_VOLUME}

    def make(self, accounts: Sequence[PersonalAccount]) -> None:
        """Charge the accounts of the house that are there in this month."""
        flats = [Flat(account, self.known.stays[account.pk]) for account in accounts if account.pk in self.known.stays]
        own = [one for one in self.supplies if one.way not in TOGETHER and one.way != Way.SEWAGE]
        own += [one for one in self.supplies if one.way == Way.SEWAGE]  # it needs what the waters came to
        for flat in flats:
            for supply in own:
                self._try(flat, supply, None)
        for supply in self.supplies:
            if supply.way in TOGETHER:
                self._share(flats, supply)

    def _share(self, flats: Sequence[Flat], supply: Supply) -> None:
        if supply.way == Way.HEAT_HOUSE and not flats:
            return
        rooms = [self._used_of(flat, supply) for flat in flats]
        try:
            shared = shared_of(self.plan, self.known, self.house, supply, rooms)
        except NotEnough as missing:
            for flat in flats:
                self.note(flat.pk, missing.what, supply)
            return
        self.shared.append(shared)
        has_meter = (self.house, supply.service.resource) in self.known.house_used
        if flats and supply.way == Way.COMMON and shared.method == Method.COMMON_N and has_meter:
            self.note(flats[0].pk, "house_unread", supply)  # the house, by an account
        for flat in flats:
            self._try(flat, supply, shared)

    def _used_of(self, flat: Flat, supply: Supply) -> tuple[Decimal | None, Decimal]:
        """What a flat used of the resource by itself (None: heat without a meter, or with one of which nothing is known)."""
        resource = Resource.HEAT if supply.way in (Way.HEAT_HOUSE, Way.HEAT_ROOMS) else supply.service.resource
        area = flat.stay.area or ZERO
        if resource in flat.used:
            return flat.used[resource], area
        found = self.known.used[flat.pk, resource]
        if supply.way == Way.HEAT_ROOMS and (not found.has_meter or found.volume is None):
            return None, area
        more = self.known.behind.of(flat.pk) if supply.way == Way.HEAT_ROOMS else ZERO
        return (found.volume or ZERO) + more, area

    def _try(self, flat: Flat, supply: Supply, shared: Shared | None) -> None:
        try:
            self._line(flat, supply, shared)
        except NotEnough as missing:
            self.note(flat.pk, missing.what, supply)
        except ArithmeticError as error:  # more digits than sums are reckoned with
            raise Impossible(flat.pk) from error

    def _line(self, flat: Flat, supply: Supply, shared: Shared | None) -> None:
        plan, service, way = self.plan, supply.service, supply.way
        spans = flat.stay.within(supply.first, supply.last, plan.days, supply.off)
        if spans is None or (way == Way.HEAT_SEASON and not is_heated(plan.fact(self.house), plan.period)):
            return
        if way in BY_AREA and flat.stay.area is None:
            raise NotEnough("area")
        rate = plan.rate(service, self.house, way)
        area, persons = flat.stay.area or ZERO, flat.stay.persons
        if way in BY_VOLUME:
            self._by_volume(flat, supply, rate, Basis(area, persons, plan.days, spans))
        elif way == Way.SEWAGE:
            self._sewage(flat, supply, rate, Basis(area, persons, plan.days, spans))
        elif way == Way.HEAT_ROOMS:
            self._rooms(flat, supply, rate, Basis(area, persons, plan.days, spans), shared)
        else:
            pool = shared.pool if shared else None
            method = shared.method if shared else METHODS[Way(way)]
            shares = self._shares_of_heat() if way == Way.HEAT_HOUSE else None
            self._add(
                flat,
                supply,
                charge(method, Basis(area, persons, plan.days, spans), rate, pool),
                rate=rate,
                shares=shares,
            )

    # --- By volume ----------------------------------------------------------------------------------------------------

    def _metered(self, flat: Flat, resource: str) -> Metered | None:
        if resource not in flat.meters:
            flat.meters[resource] = metered(self.known.used[flat.pk, resource], self.plan, self.house)
        return flat.meters[resource]

    def _by_volume(self, flat: Flat, supply: Supply, rate: Rate, basis: Basis) -> None:
        resource, method = supply.service.resource, METHODS[Way(supply.way)]
        found = self._metered(flat, resource)
        if found is None or found.volume is None:
            self._by_norm(flat, supply, rate, basis, method, has_meter=found is not None)
            return
        if found.mark != Mark.METER:
            self.note(flat.pk, "no_reading", supply)
        flat.used[resource], flat.marks[resource] = found.net, found.mark
        basis = Basis(
            basis.area, basis.persons, basis.days, basis.spans, found.volume, mark=found.mark,
            coefficient=found.coefficient, raised=found.raised,
        )  # fmt: skip
        shares = shares_of(found.volume, [found], self.plan.period)
        by_zone = method == Method.METER and rate.has_zones(len(found.zones))
        changes = rate.tier_changes if method == Method.TIERS else rate.zone_changes if by_zone else rate.changes
        read: Sequence[Zones] = ()
        if changes and not basis.spans and not rate.heat_changes:
            read = read_between(self.known.used[flat.pk, resource], [day for day, _price in changes])
        if by_zone:
            self._zones(flat, supply, rate, basis, found.zones, read, shares)
        else:
            basis = replace(basis, parts=tuple(sum(one, ZERO) for one in read)) if read else basis
            rate = rate.over(found.months) if method == Method.TIERS and found.months > 1 else rate
            self._add(flat, supply, charge(method, basis, rate), shares=shares)
        if found.settled:
            self._settle(flat, supply, method, found.settled)

    def _zones(
        self, flat: Flat, supply: Supply, rate: Rate, basis: Basis, zones: Zones, read: Sequence[Zones], shares: Shares
    ) -> None:
        """Every zone of the day is a line of its own, rounded by itself. A norm, raised or not, stands in the first."""
        prices = [rate.of_zone(place) for place in range(len(zones))]
        one = replace(basis, volume=zones[0], parts=tuple(some[0] for some in read))
        self._add(flat, supply, charge(Method.METER, one, prices[0]), zone=1, shares=shares)
        for place, (volume, price) in enumerate(zip(zones[1:], prices[1:], strict=True), start=2):
            parts = tuple(some[place - 1] for some in read)
            one = replace(basis, volume=volume, parts=parts, coefficient=None, raised=None)
            self._add(flat, supply, charge(Method.METER, one, price), zone=place, shares=shares)

    def _by_norm(
        self, flat: Flat, supply: Supply, rate: Rate, basis: Basis, method: Method, *, has_meter: bool
    ) -> None:
        """No meter, or one of which nothing is known: by the norm, raised where a meter is possible and missing."""
        resource = supply.service.resource
        if has_meter:
            self.note(flat.pk, "no_reading", supply)
        elif supply.service.meter_possible:
            coefficient = self.plan.coefficient("coef_no_meter", self.house)
            if coefficient > 1:
                basis = Basis(basis.area, basis.persons, basis.days, basis.spans, coefficient=coefficient)
        result = charge(method, basis, rate)
        flat.used[resource], flat.marks[resource] = result.volume or ZERO, Mark.NORM
        flat.norms[resource] = rate.norm or ZERO
        self._add(flat, supply, result, rate=rate, norm=rate.norm, has_meter=has_meter)

    def _sewage(self, flat: Flat, supply: Supply, rate: Rate, basis: Basis) -> None:
        """Cold and hot water together; a flat without meters by the norm of sewage where there is one."""
        waters = [one for one in WATERS if one in self.waters or self.known.used[flat.pk, one].has_meter]
        has_meter = any(self.known.used[flat.pk, one].has_meter for one in waters)
        if not waters or (not has_meter and rate.norm is not None):
            result = charge(Method.SEWAGE, basis, rate)
            self._add(flat, supply, result, rate=rate, norm=rate.norm)
            return
        volumes: list[Decimal] = []
        marks: list[Mark] = []
        read: list[Metered] = []
        for resource in waters:
            found = self._metered(flat, resource)
            if found is not None and found.volume is not None:
                volumes.append(found.volume)
                marks.append(found.mark)
                read.append(found)
            elif resource in flat.used:
                volumes.append(flat.used[resource])
                marks.append(flat.marks[resource])
            else:
                raise NotEnough("norm")
        cold, *hot = volumes
        mark = max(marks, key=lambda one: LEAST[one])
        whole = Basis(basis.area, basis.persons, basis.days, basis.spans, cold, sum(hot, ZERO), mark)
        norm = sum((flat.norms.get(one, ZERO) for one in waters), ZERO)
        self._add(
            flat, supply, charge(Method.SEWAGE, whole, rate), rate=rate, norm=norm, has_meter=has_meter,
            shares=shares_of(sum(volumes, ZERO), read, self.plan.period),
        )  # fmt: skip
        if settled := [one for some in read for one in some.settled]:
            self._settle(flat, supply, Method.SEWAGE, settled)

    def _rooms(self, flat: Flat, supply: Supply, rate: Rate, basis: Basis, shared: Shared | None) -> None:
        """Heat by the meter of the flat and its share of the rest. Months of averages are settled for the flat's own part:
        what the house shared out in them stands, and the rest of this month makes it good."""
        found = self._metered(flat, Resource.HEAT)
        if found is not None:
            more = self.known.behind.of(flat.pk)
            basis = replace(basis, volume=None if found.volume is None else found.volume + more, mark=found.mark)
            if found.mark != Mark.METER:
                self.note(flat.pk, "no_reading", supply)
        result = charge(Method.HEAT_ROOMS, basis, rate, shared.pool if shared else None)
        shares = self._shares_of_heat(result.volume, basis.volume, self.known.behind.rooms.get(flat.pk, {}))
        if shares is None:
            shares = shares_of(result.volume, [found] if found else (), self.plan.period)
        self._add(flat, supply, result, shares=shares)
        if found is not None and found.settled:
            self._settle(flat, supply, Method.METER, found.settled)

    def _shares_of_heat(
        self, volume: Decimal | None = None, own: Decimal | None = None, rooms: Mapping[date, Decimal] | None = None
    ) -> Shares | None:
        """The parts of the months that the house meter's volume is of, where there are several: even but for what the meter
        of the flat says of them."""
        months = self.known.behind.months.get(self.house)
        if not months:
            return None
        even = Fraction(1, len(months) + 1)
        shares = dict.fromkeys(months, even)
        if volume and own is not None and rooms is not None:
            rest = Fraction(volume - own) * even
            shares = {month: (Fraction(rooms.get(month, ZERO)) + rest) / Fraction(volume) for month in months}
        return shares | {self.plan.period: 1 - sum(shares.values(), Fraction(0))}

    def _settle(self, flat: Flat, supply: Supply, method: Method, settled: Sequence[Settled]) -> None:
        """Charge what ran through in months of averages and in this one, whose own poor quality takes its part off it."""
        entitled, cases = self.known.benefits.get(flat.pk), self._cases_of(flat, supply)
        found = reductions.settle(self.plan, supply, method, self.house, settled, entitled, cases, self.city)
        self._reduce(flat, supply, Source.READING, found.amount, reason_of(settled))
        self._reduce_for_quality(flat, supply, found.here, cases, {self.plan.period: Fraction(1)}, found.here)

    # --- A line and what is taken off it ------------------------------------------------------------------------------

    def _add(
        self, flat: Flat, supply: Supply, result: Result, *, zone: int = 0, rate: Rate | None = None,
        norm: Decimal | None = None, has_meter: bool = False, shares: Shares | None = None,
    ) -> None:  # fmt: skip
        plan, known = self.plan, self.known
        draft = Draft.of(flat.pk, supply.service, result, zone)
        self.drafts.append(draft)
        left = draft.base
        if absences := known.absences.get(flat.pk):
            if supply.way == Way.PERSON and rate is not None:
                norm = (rate.norm or ZERO) / YEAR
            amount = reductions.for_absence(
                plan, supply, absences, has_meter=has_meter, norm=norm, rate=rate, charged=draft.base,
                city=self.city,
            )  # fmt: skip
            self._reduce(flat, supply, Source.ABSENCE, amount, _("Temporary absence"))
            left += amount
        if cases := self._cases_of(flat, supply):
            left += self._reduce_for_quality(
                flat, supply, draft.base, cases, shares or {plan.period: Fraction(1)}, left
            )
        if entitled := known.benefits.get(flat.pk):  # it is of what there is to pay
            draft.benefit = max(entitled.on(supply.service, plan.period, left), NOTHING)

    def _cases_of(self, flat: Flat, supply: Supply) -> list[QualityCase]:
        """The cases of poor quality of an account and a service, of all months that are read."""
        of_all, own = (self.cases.get((supply.service.pk, one), []) for one in (None, flat.pk))
        return sorted([*of_all, *own], key=attrgetter("pk")) if own else of_all

    def _reduce_for_quality(
        self, flat: Flat, supply: Supply, base: Decimal, cases: Sequence[QualityCase], shares: Shares, left: Decimal
    ) -> Decimal:
        """Take off a charge what poor quality takes, and return it, below zero: not more than what is left of the charge.

        Of months that it is made of each loses by its own cases.
        """
        amount, acts = NOTHING, dict[str, None]()
        for month, share in shares.items():
            here = [one for one in cases if one.period == month]
            if not here:
                continue
            try:
                amount += reductions.for_quality(self.plan, here, cents(Fraction(base) * share), self.city)
            except NotEnough as missing:
                self.note(flat.pk, missing.what, supply)
                return NOTHING
            acts |= dict.fromkeys(one.act for one in here if one.act)
        reason = _("Poor quality: %(act)s") % {"act": ", ".join(acts)} if acts else _("Poor quality")
        amount = max(amount, -max(left, NOTHING))
        self._reduce(flat, supply, Source.QUALITY, amount, reason[:200])
        return amount

    def _reduce(self, flat: Flat, supply: Supply, source: str, amount: Decimal, reason: str) -> None:
        if amount != NOTHING:
            self.reductions.append(Reduction(flat.pk, supply.service.pk, self.plan.period, source, amount, reason))


def by_house(accounts: Sequence[PersonalAccount]) -> dict[int, list[PersonalAccount]]:
    """The accounts of each house."""
    found: dict[int, list[PersonalAccount]] = defaultdict(list)
    for account in accounts:
        found[account.unit.house_id].append(account)
    return found
