"""The readings of one meter as they stand while many are entered at once, some of them not saved yet."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.db.models import QuerySet

from meters.history import Known, months_before
from meters.models import Meter, Reading, ReadingState
from meters.models.meter import Zones, zones_of
from meters.models.reading import RANK, Source

LOOK_BACK = 8  # readings before: plausibility asks for six months and for three without use
NEWEST_FIRST = ("-period", "-rank", "-created_at", "-pk")


@dataclass(slots=True)
class Stored:
    """As much of a saved Reading as judging others by it needs: whole rows of a year would cost more than the import."""

    pk: int
    meter_id: int
    period: date
    taken_on: date
    values: Zones
    source: str
    rank: int
    state: str
    drop: str
    is_billable: bool

    FIELDS = (
        "pk", "meter_id", "period", "taken_on", "source", "rank", "state", "drop", "is_billable", "t1", "t2", "t3"
    )  # fmt: skip

    @classmethod
    def of(
        cls,
        pk: int,
        meter: int,
        period: date,
        day: date,
        source: str,
        rank: int,
        state: str,
        drop: str,
        is_billable: bool,
        *zones: Decimal,
    ) -> "Stored":
        return cls(pk, meter, period, day, zones_of(*zones), source, rank, state, drop, is_billable)

    @property
    def is_current(self) -> bool:
        return self.state == ReadingState.CURRENT

    same_as = Reading.same_as


class Timeline:
    """Standing readings of a meter, newest period first; within a period the highest and latest first."""

    __slots__ = ("meter", "rows")

    def __init__(self, meter: Meter, rows: Iterable[Stored] = ()) -> None:
        self.meter = meter
        self.rows: list[Reading] = cast("list[Reading]", rows)

    def known(self, period: date) -> Known:
        """The meter as it stands for one period."""
        before: list[Reading] = []
        here: list[Reading] = []
        after: Reading | None = None
        for row in self.rows:
            if row.period > period:
                after = row if row.is_current else after
            elif row.period == period:
                here.insert(0 if row.is_current else len(here), row)
            elif row.is_current:
                before.append(row)
                if len(before) >= LOOK_BACK:
                    break
        return Known(self.meter, period, tuple(before), tuple(here), after)

    def add(self, reading: Reading) -> None:
        """Put in a reading that is not saved yet."""
        reading.rank = RANK[Source(reading.source)]  # the database's own column, before it made it
        place = next((n for n, row in enumerate(self.rows) if row.period <= reading.period), len(self.rows))
        self.rows.insert(place, reading)


def timelines(meters: Collection[Meter], first: date) -> dict[int, Timeline]:
    """The timelines of these meters for entering readings from this period on, by the meter's id. Two queries."""
    ids = [meter.pk for meter in meters]
    since = months_before(first, LOOK_BACK)
    rows: dict[int, list[Stored]] = defaultdict(list)
    for one in _stored(Reading.objects.standing().filter(meter__in=ids, period__gte=since).order_by(*NEWEST_FIRST)):
        rows[one.meter_id].append(one)
    lacking = [pk for pk in ids if not any(row.period < first and row.is_current for row in rows.get(pk, ()))]
    older = Reading.objects.current().filter(meter__in=lacking, period__lt=since)
    for one in _stored(older.order_by("meter_id", "-period").distinct("meter_id")):
        rows[one.meter_id].append(one)
    return {meter.pk: Timeline(meter, rows[meter.pk]) for meter in meters}


def _stored(readings: "QuerySet[Reading, Any]") -> Iterator[Stored]:
    return (Stored.of(*row) for row in readings.values_list(*Stored.FIELDS).iterator(chunk_size=5000))
