"""Enters readings. The precedence of sources lives here and in a trigger of the database, and nowhere else."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters import windows
from meters.actions.telling import tell_overruled
from meters.examining import FLATS, Entry, Finding, examine
from meters.history import Known, houses_of, known_of
from meters.holding import held
from meters.models import Meter, MeterState, Reading, ReadingState, Source, SubmissionWindow
from meters.models.meter import in_columns
from meters.resources import Resource
from premises.models import House, ImportRun

METER, AUTHOR = Reading._meta.get_field("meter"), Reading._meta.get_field("author")


class WindowIsClosed(Refusal):
    """Readings are not taken today. `reopens` is the first day when they are again."""

    def __init__(self, reopens: date) -> None:
        super().__init__(_("Readings are not taken today. Come back on the day when they are taken again."))
        self.reopens = reopens


class NotAcceptable(Refusal):
    """Some entries are wrong or doubtful: `findings` say what. Nothing was written."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(_("Some readings need another look. Nothing was saved."))
        self.findings = findings


class Result(StrEnum):
    """What became of one entry."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"  # the same was said already: nothing new was written
    OUTRANKED = "outranked"  # a higher source has spoken: kept as history, not counted


@dataclass(frozen=True)
class Outcome:
    """What became of one entry. `rival` is the reading that counts instead, or that counted before."""

    entry: Entry
    reading: Reading
    result: Result
    rival: Reading | None = None


def period_to_read(house: House, rules: SubmissionWindow, *, at: datetime) -> date | None:
    """The period to which a resident's or the council's reading counts now; None while the window is closed."""
    today = house.organization.day(at)
    opened = windows.open_period(rules.window, today)
    return windows.period_of(rules.window, today) if opened is None and rules.takes_late else opened


def reopening(house: House, rules: SubmissionWindow, *, at: datetime) -> date:
    """The first day, today or later, when readings are taken."""
    return windows.next_opening(rules.window, house.organization.day(at))


@transaction.atomic
def submit(
    entries: Sequence[Entry],
    *,
    source: str,
    by: User | None,
    at: datetime,
    batch: ImportRun | None = None,
    must_confirm: bool = True,
) -> list[Outcome]:
    """Enter readings of any number of meters, each at most once; all or none are written, in a constant number of queries.

    Residents and the council enter for the period that is open now (WindowIsClosed otherwise); the others for
    `entry.period`, else for the period to which the day counts. NotAcceptable carries errors, and doubts not confirmed when
    `must_confirm`. A lower source than the one that counts is kept as history and its author told; whoever takes the place
    of a resident's reading has the resident told. Raises MetersAreBusy while an import holds the meters.
    """
    locked = _lock(entries)
    entries = [replace(one, meter=locked[one.meter.pk]) for one in entries]
    rules = SubmissionWindow.objects.of_houses(houses_of(locked.values()))
    periods = {one.meter.pk: _period(one, rules[one.meter.house_id], source, at) for one in entries}
    known = _known(locked, periods)
    open_entries = [one for one in entries if not gives_way(one, known[one.meter.pk], source, by)]
    findings = _examined(open_entries, known, rules, source, at)
    if any(one.is_wrong or (must_confirm and one.unconfirmed) for one in findings):
        raise NotAcceptable(findings)
    found = {one.entry.meter.pk: one for one in findings}
    desk = Desk(source, by, at, batch)
    outcomes = [desk.take(one, known[one.meter.pk], found.get(one.meter.pk)) for one in entries]
    desk.write()
    tell_overruled([(one.rival, one.reading) for one in outcomes if one.rival and one.result == Result.ACCEPTED], at=at)
    tell_overruled(
        [(one.reading, one.rival) for one in outcomes if one.rival and one.result == Result.OUTRANKED], at=at
    )
    return outcomes


def look_at(entries: Sequence[Entry], *, source: str, at: datetime) -> list[Finding]:
    """What `submit` would find, without writing: for the page that shows volumes and asks for confirmations."""
    meters = {one.meter.pk: one.meter for one in entries}
    rules = SubmissionWindow.objects.of_houses(houses_of(meters.values()))
    periods = {one.meter.pk: _period(one, rules[one.meter.house_id], source, at) for one in entries}
    known = _known(meters, periods)
    return _examined(entries, known, rules, source, at)


def _lock(entries: Iterable[Entry]) -> dict[int, Meter]:
    """Lock the meters in one order: whoever enters for the same meter waits, and nobody waits in a ring."""
    ids = [one.meter.pk for one in entries]
    if len(ids) != len(set(ids)):
        raise ValueError("one meter is entered twice")
    rows = Meter.objects.select_related("house__organization", "account").filter(pk__in=ids)
    return {meter.pk: meter for meter in held(rows)}


def _period(entry: Entry, rules: SubmissionWindow, source: str, at: datetime) -> date:
    if source not in FLATS:
        return entry.period or windows.period_of(rules.window, entry.taken_on)
    period = period_to_read(entry.meter.house, rules, at=at)
    if period is None:
        raise WindowIsClosed(reopening(entry.meter.house, rules, at=at))
    return period


def _known(meters: dict[int, Meter], periods: dict[int, date]) -> dict[int, Known]:
    """Houses may stand in different periods: each period is asked for once."""
    by_period: dict[date, list[Meter]] = defaultdict(list)
    for pk, period in periods.items():
        by_period[period].append(meters[pk])
    found: dict[int, Known] = {}
    for period, some in by_period.items():
        found |= known_of(some, period)
    return found


def _examined(
    entries: Sequence[Entry], known: dict[int, Known], rules: dict[int, SubmissionWindow], source: str, at: datetime
) -> list[Finding]:
    if not entries:
        return []
    today = max(one.meter.house.organization.day(at) for one in entries)
    return examine(entries, known, source=source, today=today, rules=rules, water=_other_water(entries, known))


def _other_water(entries: Sequence[Entry], known: dict[int, Known]) -> dict[tuple[int, str], Decimal]:
    """What the accounts' other water meters used in the period: hot water is compared with cold that was sent before."""
    hot = {one.meter.account_id: known[one.meter.pk].period for one in entries if one.meter.resource == Resource.HOT}
    rows = Meter.objects.filter(account__in=[pk for pk in hot if pk], resource__in=(Resource.COLD, Resource.HOT))
    others = list(rows.exclude(pk__in=[one.meter.pk for one in entries])) if hot else []
    found: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for period in {hot[one.account_id] for one in others}:
        there = known_of([one for one in others if hot[one.account_id] == period], period)
        for one in there.values():
            if one.used and one.meter.account_id:
                found[one.meter.account_id, one.meter.resource] += one.used.total
    return found


def gives_way(entry: Entry, known: Known, source: str, by: User | None) -> bool:
    """Whether what counts already stands above this entry: a higher source's, or another person's where that is asked."""
    current = known.current
    if current is None or not entry.only_own or by is None:
        return known.is_closed_to(source)
    return known.is_closed_to(source) or (current.source == source and current.author_id != by.pk)


class Desk:
    """Gathers what one submission or one import writes: the one place where a source gives way to another."""

    def __init__(self, source: str, by: User | None, at: datetime, batch: ImportRun | None) -> None:
        self.source, self.by, self.at, self.batch = source, by, at, batch
        self.fresh: list[Reading] = []
        self.displaced: list[Reading] = []

    def take(self, entry: Entry, known: Known, finding: Finding | None) -> Outcome:
        """Decide what becomes of an entry; `finding` is None where a higher source has spoken."""
        drop = finding.drop if finding else ""
        said = [
            row for row in known.here if row.source == self.source and row.same_as(entry.values, entry.taken_on, drop)
        ]
        if said and said[0].is_current:
            self._keep_photo(said[0], entry)
            return Outcome(entry, said[0], Result.UNCHANGED)
        rival = known.current
        reading = self._reading(entry, known, finding)
        if finding is None or (rival and self._is_worth_less(reading, rival)):
            if said:
                return Outcome(entry, said[0], Result.OUTRANKED, rival)
            reading.state = ReadingState.KEPT
        elif rival:
            rival.state = ReadingState.KEPT
            self.displaced.append(rival)
        self._add_photo(reading, entry)
        self.fresh.append(reading)
        return Outcome(entry, reading, Result.ACCEPTED if reading.is_current else Result.OUTRANKED, rival)

    def _is_worth_less(self, reading: Reading, rival: Reading) -> bool:
        """Whether a reading that may not be charged would take the place of the same source's that may."""
        return rival.source == self.source and rival.is_billable and not reading.is_billable

    def _keep_photo(self, row: Reading, entry: Entry) -> None:
        """The same value once more, with a photo this time: the photo joins the reading."""
        if entry.photo and not row.photo:
            self._add_photo(row, entry)
            Reading.objects.filter(pk=row.pk).update(photo=row.photo.name)

    def _add_photo(self, reading: Reading, entry: Entry) -> None:
        if entry.photo:
            reading.photo.save(entry.photo.name or "photo.jpg", entry.photo, save=False)

    def _reading(self, entry: Entry, known: Known, finding: Finding | None) -> Reading:
        t1, t2, t3 = in_columns(entry.values)
        reading = Reading(
            meter_id=entry.meter.pk, period=known.period, taken_on=entry.taken_on, t1=t1, t2=t2, t3=t3,
            source=self.source, drop=finding.drop if finding else "",
            doubts=" ".join(sorted(finding.doubts)) if finding else "",
            is_billable=is_billable(entry.meter, entry.taken_on, self.source), note=entry.note,
            author_id=self.by.pk if self.by else None, created_at=self.at,
            batch_id=self.batch.pk if self.batch else None,
        )  # fmt: skip
        # Rows are given by id, which costs an import half as much; pages go on with these two without a query.
        METER.set_cached_value(reading, entry.meter)
        AUTHOR.set_cached_value(reading, self.by)
        return reading

    def write(self) -> None:
        Reading.objects.filter(pk__in=[row.pk for row in self.displaced]).update(state=ReadingState.KEPT)
        Reading.objects.bulk_create(self.fresh, batch_size=2000)


def is_billable(meter: Meter, day: date, source: str) -> bool:
    """Whether a reading of this day may be used for charges: the meter is verified and works, or an act says what it shows."""
    return source == Source.CONTROLLED or meter.state_on(day) not in {MeterState.EXPIRED, MeterState.BROKEN}
