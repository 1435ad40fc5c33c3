"""What is known of meters around a period: read in three queries for any number of meters and any number of years."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery, prefetch_related_objects

from meters import consumption
from meters.models import Drop, Meter, Reading, Source
from meters.models.meter import Zones
from meters.models.reading import RANK
from premises.models import House

MONTHS = 13  # how far back the usual consumption is looked for


def months_before(period: date, count: int) -> date:
    """The first day of the month so many months earlier.

    >>> months_before(date(2026, 1, 1), 2)
    datetime.date(2025, 11, 1)
    """
    year, month = divmod(period.year * 12 + period.month - 1 - count, 12)
    return date(year, month + 1, 1)


def months_between(earlier: date, later: date) -> int:
    """How many months lie from one period to another."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


@dataclass(frozen=True)
class Step:
    """What was used from one reading that counts to the next."""

    reading: Reading
    volumes: Zones  # per zone, × ratio, in the meter's unit
    days: int

    @property
    def total(self) -> Decimal:
        return sum(self.volumes, Decimal(0))


@dataclass(frozen=True)
class Known:
    """One meter as it stands for one period."""

    meter: Meter
    period: date
    before: tuple[Reading, ...]  # readings that count, of earlier periods, newest first; the newest is always there
    here: tuple[Reading, ...]  # readings of this period that nobody took back, the one that counts first
    after: Reading | None  # the next reading that counts, of a later period
    months: int = MONTHS  # how far back `before` was read, its newest apart

    @property
    def previous(self) -> Zones:
        """What a new value starts from: the last reading that counts, or the value at installation."""
        return self.before[0].values if self.before else self.meter.initial

    @property
    def previous_on(self) -> date:
        return self.before[0].taken_on if self.before else self.meter.installed_on

    @property
    def current(self) -> Reading | None:
        """The reading that counts for the period."""
        return self.here[0] if self.here and self.here[0].is_current else None

    def is_closed_to(self, source: str) -> bool:
        """Whether a higher source has spoken for this period already."""
        return self.current is not None and self.current.rank > RANK[Source(source)]

    @property
    def used(self) -> Step | None:
        """What the reading that counts says was used since the one before."""
        return step(self.meter, self.current, self.before[0] if self.before else None) if self.current else None

    def steps(self) -> list[Step]:
        """What was used between the readings before, newest first, back to the installation of a young meter."""
        found = [step(self.meter, later, earlier) for later, earlier in zip(self.before, self.before[1:], strict=False)]
        if self.before and self.meter.installed_on >= months_before(self.period, self.months):
            found.append(step(self.meter, self.before[-1], None))
        return found

    def past(self, zone: int) -> consumption.Past:
        """What plausibility looks at, for one zone."""
        steps = self.steps()
        monthly = tuple(consumption.monthly(one.volumes[zone], one.days) for one in steps)
        zeros = 0
        for one in steps:
            if one.total:
                break
            zeros += 1
        return consumption.Past(self.previous[zone], self.previous_on, usual=monthly, zero_months=zeros)


def step(meter: Meter, later: Reading, earlier: Reading | None) -> Step:
    """What was used from one reading (or from the installation) to another."""
    start, since = (earlier.values, earlier.taken_on) if earlier else (meter.initial, meter.installed_on)
    volumes = tuple(
        volume(before, value, meter, drop=later.drop) for before, value in zip(start, later.values, strict=False)
    )
    return Step(later, volumes, max((later.taken_on - since).days, 1))


def volume(previous: Decimal, value: Decimal, meter: Meter, *, drop: str = "") -> Decimal:
    """What one zone used, × ratio. A value corrected downwards by an act gives a negative volume: money comes back."""
    if value < previous and drop != Drop.ROLLOVER:
        return (value - previous) * meter.ratio
    used = consumption.used(previous, value, int_digits=meter.int_digits, passed_zero=value < previous)
    return used * meter.ratio


# What volumes are made of; who entered a reading and what was noted about it is left in the database.
FIGURES = (
    "meter_id", "period", "taken_on", "t1", "t2", "t3", "source", "rank", "state", "is_billable", "drop", "created_at",
)  # fmt: skip


def known_of(
    meters: Iterable[Meter], period: date, *, months: int = MONTHS, figures_only: bool = False
) -> dict[int, Known]:
    """What is known of each meter for this period, by the meter's id. At most three queries, whatever the count and the age."""
    wanted = {meter.pk: meter for meter in meters}
    edges = _edges(wanted, period)
    near = Q(meter__in=wanted, period__gte=months_before(period, months), period__lte=period)
    found = Reading.objects.standing().filter(near | Q(pk__in=[pk for pk in edges if pk]))
    ordered = found.order_by("-period", "-rank", "-created_at", "-pk")
    rows = list(ordered.only(*FIGURES) if figures_only else ordered)
    if (
        not figures_only
    ):  # who entered is asked only of this period: a year of authors would cost as much as the readings
        prefetch_related_objects([row for row in rows if row.period == period], "author")
    by_meter: dict[int, list[Reading]] = defaultdict(list)
    for row in rows:
        by_meter[row.meter_id].append(row)
    return {pk: _known(meter, period, by_meter[pk], months) for pk, meter in wanted.items()}


def _edges(meters: Iterable[int], period: date) -> set[int | None]:
    """The newest reading before the period's months and the first after it, of each meter."""
    counted = Reading.objects.current().filter(meter=OuterRef("pk"))
    last = counted.filter(period__lt=period).order_by("-period").values("pk")[:1]
    following = counted.filter(period__gt=period).order_by("period").values("pk")[:1]
    rows = Meter.objects.filter(pk__in=meters).values_list(Subquery(last), Subquery(following))
    return {pk for row in rows for pk in row}


def _known(meter: Meter, period: date, rows: Sequence[Reading], months: int) -> Known:
    current_first = sorted((row for row in rows if row.period == period), key=lambda row: not row.is_current)
    return Known(
        meter=meter,
        period=period,
        before=tuple(row for row in rows if row.period < period and row.is_current),
        here=tuple(current_first),
        after=next((row for row in reversed(rows) if row.period > period), None),
        months=months,
    )


def houses_of(meters: Iterable[Meter]) -> list[House]:
    """The houses of these meters, each once."""
    return list({meter.house_id: meter.house for meter in meters}.values())
