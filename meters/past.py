"""The past of an account's meters month by month: readings, estimates and volumes of the months that are shown, no more.

What it reads grows with the months asked for and not with the age of the meters, in a constant number of queries.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery

from accounts.models import User
from meters.history import MONTHS, Known, months_before, months_between, step
from meters.models import Estimate, Meter, Reading, ReadingState, Source
from meters.resources import to_base
from meters.sheet import ORDER
from meters.volumes import measured_part
from premises.models import PersonalAccount


@dataclass(frozen=True)
class Span:
    """Months from the first to the last, both included."""

    first: date
    last: date

    @property
    def months(self) -> list[date]:
        """Every month, the newest first."""
        return [months_before(self.last, back) for back in range(months_between(self.first, self.last) + 1)]

    def __contains__(self, period: date) -> bool:
        return self.first <= period <= self.last


@dataclass(frozen=True)
class Line:
    """One reading or one estimate of a month.

    `volume` is what the line adds to the month in the meter's unit, None where it adds nothing; `measured` is what ran
    through since the reading before, where the two differ because the months between were charged by the average. A first
    reading long after the installation `is_of_years`: it says what ran through since then, and no month can show it.
    """

    meter: Meter
    period: date
    reading: Reading | None = None
    estimate: Estimate | None = None
    volume: Decimal | None = None
    measured: Decimal | None = None
    counts: bool = True
    is_of_years: bool = False

    @property
    def base(self) -> Decimal:
        """The volume in the base unit of the resource."""
        return to_base(self.volume or Decimal(0), self.meter.unit, self.meter.resource)


@dataclass(frozen=True)
class Month:
    """What all meters of a resource used in a month, in its base unit; None where nothing is known."""

    period: date
    volume: Decimal | None
    is_estimate: bool


class Past:
    """The lines of an account for the months of `span`, and the volumes of these months.

    What the reader took back themselves is among the lines; what others took back is not.
    """

    def __init__(self, account: PersonalAccount, span: Span, *, reader: User) -> None:
        self.span = span
        self.meters = _meters(account, span)
        before, readings = _readings(self.meters, span, reader)
        estimates = _estimates(self.meters, span, before.values())
        self.lines: list[Line] = []
        for meter in self.meters:
            self.lines += _lines(meter, span, before.get(meter.pk), readings[meter.pk], estimates[meter.pk])
        self.lines.sort(key=lambda line: (-line.period.toordinal(), self.meters.index(line.meter)))

    @property
    def resources(self) -> list[str]:
        """The resources of the meters, in their usual order."""
        return sorted({meter.resource for meter in self.meters}, key=lambda one: ORDER[one])

    def lines_of(self, resource: str, span: Span) -> list[Line]:
        """The lines of one resource, the newest first."""
        return [line for line in self.lines if line.meter.resource == resource and line.period in span]

    def months_of(self, resource: str) -> dict[date, Month]:
        """The volume of each month for which something is known."""
        by_month: dict[date, list[Line]] = defaultdict(list)
        for line in self.lines:
            if line.meter.resource == resource and line.counts and not line.is_of_years:
                by_month[line.period].append(line)
        return {
            period: Month(period, sum((one.base for one in lines), Decimal(0)), any(one.estimate for one in lines))
            for period, lines in by_month.items()
        }


def _meters(account: PersonalAccount, span: Span) -> list[Meter]:
    """The meters that were in place in these months, replaced ones too."""
    there = Q(removed_on__isnull=True) | Q(removed_on__gte=span.first)
    found = Meter.objects.filter(there, account=account).select_related("organization")
    return sorted(found, key=lambda one: (ORDER[one.resource], one.place, -one.installed_on.toordinal(), one.pk))


def _readings(meters: Sequence[Meter], span: Span, reader: User) -> tuple[dict[int, Reading], dict[int, list[Reading]]]:
    """For each meter the last reading that counts before the span, and those of the span, oldest first."""
    counted = Reading.objects.current().filter(meter=OuterRef("pk"), period__lt=span.first).order_by("-period")
    edges = Meter.objects.filter(pk__in=[one.pk for one in meters]).values_list(Subquery(counted.values("pk")[:1]))
    inside = Q(meter__in=meters, period__gte=span.first, period__lte=span.last)
    told = ~Q(state=ReadingState.WITHDRAWN) | Q(author=reader, source=Source.OWNER)
    rows = Reading.objects.filter(told, inside | Q(pk__in=[pk for (pk,) in edges if pk]))
    before: dict[int, Reading] = {}
    within: dict[int, list[Reading]] = defaultdict(list)
    by_id = {one.pk: one for one in meters}
    for row in rows.order_by("period", "rank", "created_at", "pk"):
        row.meter = by_id[row.meter_id]
        if row.period in span:
            within[row.meter_id].append(row)
        else:
            before[row.meter_id] = row
    return before, within


def _estimates(meters: Sequence[Meter], span: Span, before: Iterable[Reading]) -> dict[int, list[Estimate]]:
    """Estimates of the span, and of the months between the readings before it and its first one."""
    first = min([span.first, *(one.period for one in before)])
    found: dict[int, list[Estimate]] = defaultdict(list)
    for one in Estimate.objects.filter(meter__in=meters, period__gte=first, period__lte=span.last).order_by("period"):
        found[one.meter_id].append(one)
    return found


def _lines(
    meter: Meter, span: Span, before: Reading | None, readings: Sequence[Reading], estimates: Sequence[Estimate]
) -> list[Line]:
    """The lines of one meter, oldest first."""
    lines, charged = [], set()
    for reading in readings:
        if not reading.is_current:
            lines.append(Line(meter, reading.period, reading, counts=False))
            continue
        lines.append(_line(meter, reading, before, estimates))
        before = reading
        if reading.is_billable:
            charged.add(reading.period)
    for one in estimates:
        if one.period in span and one.period not in charged:
            lines.append(Line(meter, one.period, estimate=one, volume=one.total))
    return lines


def _line(meter: Meter, reading: Reading, before: Reading | None, estimates: Sequence[Estimate]) -> Line:
    if not reading.is_billable:
        return Line(meter, reading.period, reading, volume=step(meter, reading, before).total, counts=False)
    known = Known(meter, reading.period, before=(before,) if before else (), here=(reading,), after=None)
    part = measured_part(known, estimates)
    measured = sum(part.measured, Decimal(0))
    return Line(
        meter,
        reading.period,
        reading,
        volume=part.total,
        measured=None if measured == part.total else measured,
        is_of_years=before is None and months_between(meter.installed_on, reading.period) > MONTHS,
    )
