"""What the meters of many accounts measured in several months at once: for documents that were calculated elsewhere.

    measured_in({account.pk: {period, …}, …})[account.pk, period]

The parts are those of `meters.volumes`, of the readings that may be used for charges alone: who calculates elsewhere makes
their own estimates. The number of queries is the same for any number of accounts and months.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from django.db.models import OuterRef, Subquery

from meters.history import FIGURES, Known, months_before
from meters.models import Estimate, Meter, Reading
from meters.resources import FACTS
from meters.volumes import LOOK_BACK, Part, measured_part

Month = tuple[int, date]  # of an account or of a meter


def measured_in(months: Mapping[int, Collection[date]]) -> dict[Month, list[Part]]:
    """The parts of these accounts (by id) in these months, in the usual order of resources; only where there are any."""
    places = {resource: place for place, resource in enumerate(FACTS)}
    meters = sorted(Meter.objects.filter(account__in=list(months)).in_order(), key=lambda one: places[one.resource])
    wanted = [(meter, period) for meter in meters for period in months[meter.account_id or 0]]
    known = _known(wanted, 1)
    # A year is read only of those whose volume is not simply the step between two readings.
    open_ones = [(meter, period) for meter, period in wanted if _is_open(known.get((meter.pk, period)))]
    known |= _known(open_ones, LOOK_BACK)
    normed = _normed(open_ones)
    found: dict[Month, list[Part]] = defaultdict(list)
    for meter, period in wanted:
        if one := known.get((meter.pk, period)):
            part = measured_part(one, [row for row in normed.get(meter.pk, ()) if row.period < period])
            found[meter.account_id or 0, period].append(part)
    return found


def _is_open(known: Known | None) -> bool:
    return bool(known and known.before and not known.before[0].is_billable)


def _known(wanted: Sequence[tuple[Meter, date]], back: int) -> dict[Month, Known]:
    """What is known for each meter and month that has a reading for charges, with so many months before it."""
    if not wanted:
        return {}
    periods = [period for _meter, period in wanted]
    first, last = months_before(min(periods), back), max(periods)
    meters = {meter.pk for meter, _period in wanted}
    near = Reading.objects.current().filter(meter__in=meters, period__gte=first, period__lte=last)
    rows: dict[int, list[Reading]] = defaultdict(list)
    for one in near.only(*FIGURES).order_by("-period"):
        rows[one.meter_id].append(one)
    here = {(one.meter_id, one.period): one for some in rows.values() for one in some if one.is_billable}
    asked = [(meter, period) for meter, period in wanted if (meter.pk, period) in here]
    for one in _last_before(first, {meter.pk for meter, period in asked if rows[meter.pk][-1].period == period}):
        rows[one.meter_id].append(one)
    return {
        (meter.pk, period): Known(
            meter, period, _before(rows[meter.pk], period, back), (here[meter.pk, period],), None, back
        )
        for meter, period in asked
    }


def _last_before(first: date, meters: Collection[int]) -> Iterable[Reading]:
    """The newest reading that counts before a month, of those meters of which none is known so far."""
    if not meters:
        return ()
    counted = Reading.objects.current()
    newest = counted.filter(meter=OuterRef("pk"), period__lt=first).order_by("-period").values("pk")[:1]
    edges = Meter.objects.filter(pk__in=meters).values_list(Subquery(newest), flat=True)
    return counted.filter(pk__in=[pk for pk in edges if pk]).only(*FIGURES)


def _before(rows: Sequence[Reading], period: date, back: int) -> tuple[Reading, ...]:
    """The readings of the months before, newest first; the newest is there however old it is."""
    first = months_before(period, back)
    earlier = [one for one in rows if one.period < period]
    return tuple(one for place, one in enumerate(earlier) if not place or one.period >= first)


def _normed(wanted: Sequence[tuple[Meter, date]]) -> dict[int, list[Estimate]]:
    """The months of these meters that were charged by the norm."""
    found: dict[int, list[Estimate]] = defaultdict(list)
    if wanted:
        last = max(period for _meter, period in wanted)
        rows = Estimate.objects.filter(meter__in={meter.pk for meter, _period in wanted}, period__lt=last)
        for one in rows.filter(method=Estimate.Method.NORM).order_by("period"):
            found[one.meter_id].append(one)
    return found
