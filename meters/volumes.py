"""How much of a resource an account used in a period, and how that was found. Billing takes volumes from here alone.

    volume_of(account, Resource.COLD, period).volume, .method, .parts

A meter's part is METER when a reading that may be used for charges counts for the period: what ran through since the last
reading, less what was already taken by the average for the months between (the correction, ПП 354 п. 61 and the domain
rule C20). Without such a reading it is the estimate: the average of the last six months for at most three periods in a row
(two in non-residential premises), then the norm. An account without a meter of the resource uses the norm. See docs/meters.md.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Exists, OuterRef

from meters import consumption, windows
from meters.consumption import Method
from meters.history import Known, Step, known_of, months_before, months_between, step
from meters.models import ConsumptionNorm, Estimate, Meter, MeterState, Reading, SubmissionWindow
from meters.models.meter import Zones, in_columns
from meters.resources import FACTS, VOLUME, Resource, from_base, to_base
from premises.models import House, PersonalAccount, Unit

LOOK_BACK = 17  # months: six of a heating season before the last reading, and three silent ones after it
HEATING_MONTHS = frozenset({10, 11, 12, 1, 2, 3, 4})
ZERO = Decimal(0)
Months = tuple[tuple[date, Zones], ...]


@dataclass(frozen=True)
class Part:
    """One meter's part of a volume, in the meter's unit × ratio.

    `volumes` are what this period adds, per zone; empty where neither an average nor a norm is known. With METER,
    `measured` ran through since the reading of `since` (a period, None = the installation); `averaged` are the months
    between that were charged by the average and are taken off, `normed` those charged by the norm, which stay, per zone;
    `instead_of` is the estimate of this same month that was handed over before the reading came: whoever charged it gives
    back the difference. `raises` says that the cause allows the raised coefficient.
    """

    meter: Meter
    method: Method
    volumes: Zones
    measured: Zones = ()
    reading: Reading | None = None
    since: date | None = None
    averaged: Months = ()
    normed: Months = ()
    instead_of: Zones = ()
    inside: Months = ()  # what of `measured` had run through by the days of this period's readings
    cause: str = ""  # Estimate.Cause, when it is an estimate
    in_a_row: int = 0

    @property
    def total(self) -> Decimal:
        return sum(self.volumes, ZERO)

    @property
    def base(self) -> Decimal:
        """The total in the base unit of the resource (m³, kWh, Gcal)."""
        return to_base(self.total, self.meter.unit, self.meter.resource)

    @property
    def raises(self) -> bool:
        return self.method == Method.NORM and self.cause in {Estimate.Cause.EXPIRED, Estimate.Cause.BROKEN}


@dataclass(frozen=True)
class PeriodVolume:
    """What an account used of a resource in a period. `volume` is None where nothing is known: no reading, average or norm."""

    account_id: int
    resource: str
    period: date
    parts: tuple[Part, ...]
    norm: Decimal | None = None  # of the whole account; the volume itself where there is no meter

    @property
    def volume(self) -> Decimal | None:
        """In the base unit of the resource; below zero when a correction gives back more than was used."""
        if not all(part.volumes for part in self.parts):
            return None
        return sum((part.base for part in self.parts), ZERO) if self.parts else self.norm

    @property
    def correction(self) -> Decimal:
        """What readings that came after the estimates of this same month were handed over add to it, in the base unit."""
        return sum(
            (part.base - to_base(sum(part.instead_of, ZERO), part.meter.unit, self.resource)
             for part in self.parts if part.instead_of), ZERO,
        )  # fmt: skip

    @property
    def method(self) -> Method:
        """The least exact of the parts' methods."""
        found = {part.method for part in self.parts}
        return (
            next((one for one in (Method.NORM, Method.AVERAGE) if one in found), Method.METER) if found else Method.NORM
        )

    @property
    def has_meter(self) -> bool:
        return bool(self.parts)

    @property
    def zones(self) -> Zones:
        """The volume per zone T1, T2, T3, in the base unit."""
        longest = max((len(part.volumes) for part in self.parts), default=0)
        return tuple(
            sum((to_base(part.volumes[zone], part.meter.unit, part.meter.resource)
                 for part in self.parts if zone < len(part.volumes)), ZERO)
            for zone in range(longest)
        )  # fmt: skip


def volume_of(account: PersonalAccount, resource: str, period: date) -> PeriodVolume:
    """The volume of one account, resource and period, and how it was found. `period` is the first day of the month."""
    return volumes_of([account], period)[account.pk, resource]


def volumes_of(accounts: Iterable[PersonalAccount], period: date) -> dict[tuple[int, str], PeriodVolume]:
    """The volumes of every resource for many accounts, by (account id, resource), in a constant number of queries."""
    wanted = {account.pk: account for account in accounts}
    meters = list(_meters(wanted, period))
    basis = basis_of(meters, period)
    parts: dict[tuple[int, str], list[Part]] = defaultdict(list)
    for meter in meters:
        part = part_of(meter, basis)
        if part is not None and meter.account_id:
            parts[meter.account_id, meter.resource].append(part)
    norms = basis.norms if meters else Norms(wanted.values(), period)
    for meter in _first_ones(meters, period):
        if meter.account and (before := _before_it(meter, period, basis)):
            parts[meter.account.pk, meter.resource].append(before)
    return {
        (pk, resource): PeriodVolume(pk, resource, period, tuple(parts[pk, resource]), norms.of(account, resource))
        for pk, account in wanted.items()
        for resource in Resource.values
    }


def _meters(accounts: Mapping[int, PersonalAccount], period: date) -> Iterable[Meter]:
    """The meters of these accounts, with the accounts as they were given and each house once."""
    meters = list(Meter.objects.filter(account__in=accounts).in_order())
    houses = House.objects.select_related("organization").in_bulk({meter.house_id for meter in meters})
    for meter in meters:
        meter.house = houses[meter.house_id]
        meter.account = accounts[meter.account_id]  # type: ignore[index]
    return meters


def _first_ones(meters: Iterable[Meter], period: date) -> list[Meter]:
    """The first meter that an account ever had of a resource, where it was installed in this month."""
    first: dict[tuple[int | None, str], Meter] = {}
    for meter in meters:
        known = first.setdefault((meter.account_id, meter.resource), meter)
        if meter.installed_on < known.installed_on:
            first[meter.account_id, meter.resource] = meter
    return [meter for meter in first.values() if meter.installed_on.replace(day=1) == period and not meter.replaces_id]


def _before_it(meter: Meter, period: date, basis: "Basis") -> Part | None:
    """The days of the month before the first meter came, by the norm; None where no norm is set or it came on the first."""
    whole = basis.norms.of(meter.account, meter.resource) if meter.account else None
    days = meter.installed_on.day - 1
    if whole is None or not days:
        return None
    share = (whole * days / monthrange(period.year, period.month)[1]).quantize(VOLUME, ROUND_HALF_UP)
    volume = from_base(share, meter.unit, meter.resource).quantize(VOLUME, ROUND_HALF_UP)
    return Part(meter, Method.NORM, (volume, *[ZERO] * (meter.zones - 1)))


@dataclass(frozen=True)
class Basis:
    """Everything the parts of some meters for one period are made of, read at once."""

    period: date
    known: Mapping[int, Known]
    estimates: Mapping[
        int, Sequence[Estimate]
    ]  # of the period and of those since the last reading for charges, by meter
    rules: Mapping[int, SubmissionWindow]
    norms: "Norms"
    shares: Mapping[tuple[int | None, str], int]  # how many meters of a resource an account reads
    read_by: datetime | None = None  # readings of the period that came later do not make its estimates needless


def basis_of(meters: Sequence[Meter], period: date, *, read_by: datetime | None = None) -> Basis:
    """Read what is needed. `meters` come with house, organization, account and unit loaded."""
    rules = SubmissionWindow.objects.of_houses({meter.house_id: meter.house for meter in meters}.values())
    estimates: dict[int, list[Estimate]] = defaultdict(list)
    for one in _standing_estimates(meters, period):
        estimates[one.meter_id].append(one)
    shares: dict[tuple[int | None, str], int] = defaultdict(int)
    for meter in meters:
        if _is_read(meter, period, rules[meter.house_id]):
            shares[meter.account_id, meter.resource] += 1
    accounts = {meter.account_id: meter.account for meter in meters if meter.account}
    known = _known(meters, period, read_by)
    return Basis(period, known, estimates, rules, Norms(accounts.values(), period), shares, read_by)


def _known(meters: Sequence[Meter], period: date, read_by: datetime | None) -> dict[int, Known]:
    """What is known of the meters. A year is read only of those whose volume is not simply the step between two readings."""
    known = known_of(meters, period, months=1, figures_only=True)
    open_ones = [meter for meter in meters if not _is_one_step(known[meter.pk], read_by)]
    return known | (known_of(open_ones, period, months=LOOK_BACK, figures_only=True) if open_ones else {})


def _is_one_step(known: Known, read_by: datetime | None) -> bool:
    return bool(_is_read_by(known, read_by) and known.before and known.before[0].is_billable)


def _is_read_by(known: Known, moment: datetime | None) -> bool:
    """Whether a reading for charges counts for the period that came by this moment."""
    one = known.current
    return bool(one and one.is_billable and (moment is None or one.created_at <= moment))


def _standing_estimates(meters: Iterable[Meter], period: date) -> Iterable[Estimate]:
    """Estimates of the period and of earlier ones that no later reading for charges has settled, oldest first."""
    settled = Reading.objects.current().filter(
        meter=OuterRef("meter"), period__gte=OuterRef("period"), period__lt=period, is_billable=True
    )
    rows = Estimate.objects.filter(meter__in=[meter.pk for meter in meters], period__lte=period)
    return rows.filter(~Exists(settled)).order_by("period")


def _is_read(meter: Meter, period: date, rules: SubmissionWindow) -> bool:
    """Whether a reading of this meter is due in the period: it was there before, and is there until the window closes."""
    if meter.removed_on and meter.removed_on <= windows.last_day(rules.window, period):
        return False
    return windows.period_of(rules.window, meter.installed_on) < period


def is_due(meter: Meter, basis: Basis) -> bool:
    """Whether the period lacks a reading of this meter that may be used for charges, and an estimate."""
    if _is_read_by(basis.known[meter.pk], basis.read_by) or not _is_read(
        meter, basis.period, basis.rules[meter.house_id]
    ):
        return False
    return all(one.period != basis.period for one in basis.estimates.get(meter.pk, ()))


def part_of(meter: Meter, basis: Basis) -> Part | None:
    """What one meter adds to the period; None for a meter that was not there."""
    known, estimates = basis.known[meter.pk], basis.estimates.get(meter.pk, ())
    kept = next((one for one in estimates if one.period == basis.period), None)
    if known.current and known.current.is_billable:
        return measured_part(known, estimates)
    if kept:
        return _part_of_estimate(meter, kept)
    rules = basis.rules[meter.house_id]
    if _is_read(meter, basis.period, rules):
        made = estimate_for(meter, basis)
        return _part_of_estimate(meter, made) if made else Part(meter, Method.NORM, (), cause=_cause_of(meter, basis))
    if not meter.removed_on and windows.period_of(rules.window, meter.installed_on) == basis.period:
        return Part(meter, Method.METER, (ZERO,) * meter.zones)  # installed this month: it is read next month
    return None


def measured_part(known: Known, estimates: Iterable[Estimate]) -> Part:
    """What the reading that counts adds to its period: what ran through, less what the average took for the months between.

    It starts from the last reading that may be used for charges. One that may not (verification expired) is passed over
    while its month was charged by the average, which is settled now; where it was charged by the norm, it is the start.
    """
    assert known.current is not None
    rows = list(estimates)
    normed_months = {one.period for one in rows if one.method == Estimate.Method.NORM}
    steps, start = _steps_to_start(known, known.current, normed_months)
    measured = tuple(sum(zone, ZERO) for zone in zip(*(one.volumes for one in steps), strict=True))
    since = start.period if start else None
    between = [one for one in rows if one.period < known.period and (since is None or one.period > since)]
    averaged = [one for one in between if one.method == Estimate.Method.AVERAGE]
    volumes = tuple(
        consumption.corrected(volume, [one.volumes[zone] for one in averaged if zone < len(one.volumes)])
        for zone, volume in enumerate(measured)
    )
    return Part(
        known.meter, Method.METER, volumes, measured=measured, reading=known.current, since=since,
        averaged=tuple((one.period, one.volumes) for one in averaged),
        normed=tuple((one.period, one.volumes) for one in between if one.method == Estimate.Method.NORM),
        instead_of=next((one.volumes for one in rows if one.period == known.period), ()), inside=_inside(known, measured),
    )  # fmt: skip


def _inside(known: Known, measured: Zones) -> Months:
    """What had run through by each day of the period on which it was read: a tariff may change there. The reading that counts
    is the last; of the others those that nobody took back, where they fit."""
    current = known.current
    assert current is not None
    found = {current.taken_on: measured}
    for one in known.here[1:]:
        if one.is_billable and one.taken_on < current.taken_on and one.taken_on not in found:
            rest = step(known.meter, current, one).volumes
            by_then = tuple(whole - part for whole, part in zip(measured, rest, strict=True))
            if all(0 <= part <= whole for part, whole in zip(by_then, measured, strict=True)):
                found[one.taken_on] = by_then
    return tuple(found.items())


def _steps_to_start(known: Known, current: Reading, normed: Collection[date]) -> tuple[list[Step], Reading | None]:
    """The steps back from a reading to the one where its volume starts; None for the installation."""
    steps, later = [], current
    for earlier in known.before:
        steps.append(step(known.meter, later, earlier))
        if earlier.is_billable or earlier.period in normed:
            return steps, earlier
        later = earlier
    if known.before and known.meter.installed_on < months_before(known.period, known.months):
        return steps, known.before[-1]  # what came earlier was not read: nothing older is charged by a meter
    return [*steps, step(known.meter, later, None)], None


def _part_of_estimate(meter: Meter, one: Estimate) -> Part:
    return Part(meter, Method(one.method), one.volumes, cause=one.cause, in_a_row=one.in_a_row)


def estimate_for(meter: Meter, basis: Basis) -> Estimate | None:
    """The estimate of a meter nobody read, not saved: the average for a few periods in a row, then the norm.

    Where no norm is set the average goes on; None where neither is known: then nobody may say zero.
    """
    known, period = basis.known[meter.pk], basis.period
    averages = [_average(known, zone) for zone in range(meter.zones)]
    average = None if None in averages else sum((one for one in averages if one is not None), ZERO)
    row = _in_a_row(basis.estimates.get(meter.pk, ()), period)
    is_dwelling = meter.account is None or meter.account.unit.kind == Unit.Kind.FLAT
    limit = consumption.DWELLING_LIMIT if is_dwelling else consumption.OTHER_LIMIT
    norm = _norm(meter, basis)
    if average is None and norm is None:
        return None
    if norm is None or consumption.next_estimate(row, average, limit) == Method.AVERAGE:
        volumes: list[Decimal] = [one or ZERO for one in averages]
        method = Estimate.Method.AVERAGE
    else:
        volumes = [norm, *[ZERO] * (meter.zones - 1)]
        method = Estimate.Method.NORM
    t1, t2, t3 = in_columns(tuple(volumes))
    cause = _cause_of(meter, basis)
    return Estimate(meter=meter, period=period, t1=t1, t2=t2, t3=t3, method=method, cause=cause, in_a_row=row + 1)


def _average(known: Known, zone: int) -> Decimal | None:
    """The mean month of one zone. A reading after a gap is spread over its months; heating looks at its season only."""
    is_heat = known.meter.resource == Resource.HEAT
    if is_heat and known.period.month not in HEATING_MONTHS:
        return ZERO
    months: list[tuple[date, Decimal]] = []
    rows = [*known.before, None]
    for one, earlier in zip(known.steps(), rows[1:], strict=False):
        gap = months_between(earlier.period, one.reading.period) if earlier else 1
        share = max(one.volumes[zone], ZERO) / max(gap, 1)
        if one.reading.is_billable:
            months += [(months_before(one.reading.period, back), share) for back in range(max(gap, 1))]
    return consumption.average([one for one in months if not is_heat or one[0].month in HEATING_MONTHS])


def _in_a_row(estimates: Sequence[Estimate], period: date) -> int:
    """How many periods just before this one were estimated."""
    there = {one.period for one in estimates}
    count = 0
    while months_before(period, count + 1) in there:
        count += 1
    return count


def _norm(meter: Meter, basis: Basis) -> Decimal | None:
    """The meter's part of the account's norm: several meters of one resource share it evenly."""
    whole = basis.norms.of(meter.account, meter.resource) if meter.account else None
    if whole is None:
        return None
    share = whole / max(basis.shares[meter.account_id, meter.resource], 1)
    return from_base(share, meter.unit, meter.resource).quantize(VOLUME, ROUND_HALF_UP)


def _cause_of(meter: Meter, basis: Basis) -> Estimate.Cause:
    """Why nobody read it, as it stood when the window closed."""
    state = meter.state_on(windows.last_day(basis.rules[meter.house_id].window, basis.period))
    causes = {MeterState.EXPIRED: Estimate.Cause.EXPIRED, MeterState.BROKEN: Estimate.Cause.BROKEN}
    return causes.get(state, Estimate.Cause.NOT_SENT)


class Norms:
    """The norms of consumption in force in a period for some accounts."""

    def __init__(self, accounts: Iterable[PersonalAccount], period: date) -> None:
        companies = {account.organization_id for account in accounts}
        self._found: dict[tuple[int, int | None, str], Decimal] = {}
        for norm in ConsumptionNorm.objects.in_force(period).filter(organization__in=companies):
            self._found.setdefault((norm.organization_id, norm.house_id, norm.resource), norm.per_person)

    def of(self, account: PersonalAccount, resource: str) -> Decimal | None:
        """The account's norm of a month in the base unit: people × norm; None where no norm is set."""
        house: int | None = account.unit.house_id
        company = account.organization_id
        per_person = self._found.get((company, house, resource), self._found.get((company, None, resource)))
        return None if per_person is None else consumption.norm_volume(people_of(account), per_person)


def people_of(account: PersonalAccount) -> int:
    """How many people the norm counts: those who live there, else those registered, at least one (ПП 354, п. 56(2))."""
    return max(account.residents or account.registered or 0, 1)


def resources_of(house: House) -> list[str]:
    """The resources that are metered in a house, in their usual order."""
    found = set(Meter.objects.filter(house=house).values_list("resource", flat=True))
    return [one for one in FACTS if one in found]
