"""Takes over a company's register of readings, and takes such an import back.

The whole file is read first, for the months of one meter may stand anywhere in it. Then flats are taken in chunks: each
meter's readings are judged one after another as if they had been entered so, by the rules of `examining`, and give way to
each other by those of `submitting`. The dry run does all of that but the writing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from accounts.models import User
from lib.collector import collector_off
from lib.copying import copy_in
from lib.errors import Refusal
from meters import windows
from meters.actions.submitting import Desk, Result
from meters.actions.telling import tell_overruled
from meters.actions.withdrawing import withdraw
from meters.consumption import Doubt
from meters.examining import Entry, Finding, examine
from meters.exchange.readings import Said, columns, gather
from meters.history import Known, months_between
from meters.matching import Matching, Place, slices
from meters.models import Meter, Reading, ReadingState, Source, SubmissionWindow
from meters.models.meter import Zones
from meters.timeline import Timeline, timelines
from premises.actions.registers import account_length
from premises.models import House, ImportRun, Organization, StaffMember
from premises.register import ERROR, WARNING, Problem, read
from premises.registers import Tally

Facts = Mapping[str, str]
NOTHING: Facts = {}
CHUNK = 2000  # meters looked up and written together
OF_RESIDENTS = frozenset({Source.OWNER, Source.COUNCIL})  # taken over from an old system: nobody here entered them
COPIED = (
    "public_id", "meter_id", "period", "taken_on", "t1", "t2", "t3", "source", "state", "is_billable", "drop", "doubts",
    "created_at", "author_id", "batch_id", "note", "photo", "reviewed_by_id", "reviewed_at",
)  # fmt: skip
DOUBTS = {
    Doubt.HIGH: _("Much more than usual was used: %(volume)s."),
    Doubt.ZERO: _("Nothing was used for three months while people live there."),
    Doubt.HOT_OVER_COLD: _("Far more hot water than cold was used in this flat."),
    Doubt.GLUED: _("The comma may be missing in %(value)s."),
    Doubt.SERIAL: _("The value looks like the number of the meter."),
    Doubt.IMPOSSIBLE: _("More was used than can go through the pipe: %(volume)s."),
}
LOWER = _("The value %(value)s is lower than %(before)s of %(day)s.")
OVER_ZERO = _("The counter has passed zero: %(value)s after %(before)s of %(day)s.")
ZONES = _("This meter has %(needs)s zones, the file gives zones %(has)s of this day.")
OUTRANKED = _("A higher source has a reading of this month: this one is kept as history and does not count.")
ACTS = _("Readings by an act are entered by managers. Ask a manager to import this row.")
FAR = _("A reading of %(day)s counts to %(month)s; it cannot count to %(period)s. Check the date and the period.")
NOT_BILLABLE = _("The meter is broken or its verification has expired: the reading is not used for charges.")


@collector_off()
def import_readings(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """The importer of the kind «readings»; see premises.registers.Importer."""
    register = read(file, columns(account_length(run.organization)), sub_header=True)
    tally.name_columns(register)
    gathered = gather(register, tally.note)
    tally.rows += gathered.bad + gathered.repeated
    tally.unchanged += gathered.repeated
    matching = Matching(run.organization, by_account=register.has("account"))
    book = ReadingBook(run, tally, write=write, at=at)
    flats = matching.flats(gathered.by_meter)
    for said, column, text, facts in matching.missing:
        book.note(said, column, text, facts)
        tally.rows += said.rows
    if book.is_writing:
        matching.lock()
    for chunk in _chunks(flats):
        book.take(chunk)
    tally.total(_("Readings"), tally.created + tally.updated)
    tally.total(_("Meters"), len(matching.places))


def undo_readings(run: ImportRun, tally: Tally, *, at: datetime, by: User | None) -> None:
    """Take the readings of one import back; what they had replaced counts again. See premises.registers.Undoer."""
    mine = Reading.objects.filter(batch=run)
    if not may_act(by, run.organization) and mine.filter(source=Source.CONTROLLED).exists():
        raise Refusal(gettext_lazy("There are readings by an act among these. Ask a manager to take the import back."))
    try:
        with transaction.atomic():
            for meters in slices(mine.order_by("meter").values_list("meter", flat=True).distinct().iterator()):
                tally.rows += withdraw(mine.filter(meter__in=meters))
    except IntegrityError:
        raise Refusal(
            gettext_lazy(
                "Readings were entered since then that do not fit what was before this import. "
                "Take those back first, or import a corrected file."
            )
        ) from None
    tally.total(_("Readings taken back"), tally.rows)


def may_act(user: User | None, company: Organization) -> bool:
    """Whether this employee enters acts for the company: a manager or the superuser. Nobody at all is the command line."""
    if user is None or user.is_superuser:
        return True
    return StaffMember.objects.filter(
        user=user, organization=company, role=StaffMember.Role.MANAGER, is_active=True
    ).exists()


def _chunks(flats: Iterable[list[Place]]) -> Iterator[list[list[Place]]]:
    """Flats together up to so many meters."""
    chunk: list[list[Place]] = []
    count = 0
    for flat in flats:
        chunk.append(flat)
        count += len(flat)
        if count >= CHUNK:
            yield chunk
            chunk, count = [], 0
    if chunk:
        yield chunk


@dataclass(frozen=True, slots=True)
class Saying:
    """One reading of the file with its meter's timeline and the period to which it counts."""

    said: Said
    line: Timeline
    period: date


class ReadingBook:
    """What one import of readings knows while it goes from flat to flat."""

    def __init__(self, run: ImportRun, tally: Tally, *, write: bool, at: datetime) -> None:
        self.run, self.tally, self.write, self.at = run, tally, write, at
        self.today = run.organization.day(at)
        self.desks: dict[str, Desk] = {}
        self.overruled: list[tuple[Reading, Reading]] = []

    @property
    def is_writing(self) -> bool:
        """Whether what is judged is also stored; after an error nothing will stay, the rest is read for the report."""
        return self.write and not self.tally.errors

    @cached_property
    def rules(self) -> dict[int, SubmissionWindow]:
        """When and how readings are taken, by the id of the house."""
        return SubmissionWindow.objects.of_houses(House.objects.filter(organization=self.run.organization))

    @cached_property
    def may_act(self) -> bool:
        """Whether who imports may enter acts."""
        return may_act(self.run.by, self.run.organization)

    def note(self, said: Said, column: str, text: str, facts: Facts = NOTHING, *, warning: bool = False) -> None:
        """Put a problem of one reading into the report."""
        self.tally.note([Problem(said.line, WARNING if warning else ERROR, column, text, facts)])

    # --- One chunk ------------------------------------------------------------------------------------------------

    def take(self, flats: list[list[Place]]) -> None:
        """Judge the readings of some flats and store them."""
        ids = [place.pk for flat in flats for place in flat]
        meters = {meter.pk: meter for meter in Meter.objects.filter(pk__in=ids).prefetch_related("account")}
        for flat in flats:
            for place in flat:
                self._set_periods(place, meters[place.pk])
        first = min(said.period for flat in flats for place in flat for said in place.said if said.period)
        lines = timelines(meters.values(), first)
        for flat in flats:
            for together in self._rounds(flat, lines):
                self._judge(together)
            self._count_rows(flat)
        if self.is_writing:
            self._store()
        self.desks.clear()
        self.overruled.clear()

    def _count_rows(self, flat: list[Place]) -> None:
        for place in flat:
            for said in place.said:
                self.tally.rows += said.rows

    def _set_periods(self, place: Place, meter: Meter) -> None:
        """Where the file names no period, the day decides it."""
        window = self.rules[meter.house_id].window
        for said in place.said:
            said.period = said.period or windows.period_of(window, said.taken_on)

    def _rounds(self, flat: list[Place], lines: dict[int, Timeline]) -> Iterator[list[Saying]]:
        """What is judged together: readings of one flat, period and source, of each meter one; the oldest first."""
        rounds: dict[tuple[date, int, str], list[Saying]] = defaultdict(list)
        for place in flat:
            line = lines[place.pk]
            counts: dict[date, int] = defaultdict(int)
            for said in sorted(place.said, key=lambda one: (one.taken_on, one.line)):
                assert said.period is not None
                rounds[said.period, counts[said.period], said.source].append(Saying(said, line, said.period))
                counts[said.period] += 1
        return (rounds[key] for key in sorted(rounds))

    def _judge(self, together: list[Saying]) -> None:
        """Let each reading in, note what is wrong or doubtful, and count."""
        source = together[0].said.source
        known = {one.line.meter.pk: one.line.known(one.period) for one in together}
        fresh: dict[int, Saying] = {}
        outranked, entries = list[Entry](), list[Entry]()
        for one in together:
            mine = known[one.line.meter.pk]
            if entry := self._entry(one, mine):
                fresh[entry.meter.pk] = one
                (outranked if mine.is_closed_to(source) else entries).append(entry)
        for group in (entries, *([entry] for entry in outranked)):  # what will not count is compared with no other
            for finding in examine(group, known, source=source, today=self.today, rules=self.rules):
                self._let_in(fresh[finding.entry.meter.pk], finding)

    def _entry(self, one: Saying, mine: Known) -> Entry | None:
        """What is to be judged by the meter; None where nothing new is said, or what is said cannot be meant."""
        said, meter = one.said, mine.meter
        values = said.zones(meter.zones)
        month = windows.period_of(self.rules[meter.house_id].window, said.taken_on)
        if values is None:
            self._refuse_zones(said, meter)
        elif _is_known(mine, values, said):
            self.tally.unchanged += 1
        elif said.source == Source.CONTROLLED and not self.may_act:
            self.note(said, "source", ACTS)
        elif abs(months_between(month, one.period)) > 1:
            facts = {"day": f"{said.taken_on:%d.%m.%Y}", "month": f"{month:%m.%Y}", "period": f"{one.period:%m.%Y}"}
            self.note(said, "period", FAR, facts)
        else:
            return Entry(meter, values, said.taken_on, period=one.period)
        return None

    def _let_in(self, one: Saying, finding: Finding) -> None:
        said = one.said
        is_outranked = finding.known.is_closed_to(said.source)
        if Doubt.LOWER in finding.doubts and finding.rolled is not None:
            finding = self._over_zero(said, finding, said.source)
        if finding.error:
            self.note(said, "", _in_english(finding.error))
        elif Doubt.LOWER in finding.doubts:
            self.note(said, "value", LOWER, _lower(finding))
        elif is_outranked:
            self._take(said, one.line, finding.entry, finding.known, None)
        else:
            self._note_doubts(said, finding)
            self._take(said, one.line, finding.entry, finding.known, finding)

    def _over_zero(self, said: Said, finding: Finding, source: str) -> Finding:
        """The counter may have passed zero: judge the value so, and say it in the report."""
        entry = replace(finding.entry, passed_zero=True)
        known = {entry.meter.pk: finding.known}
        self.note(said, "value", OVER_ZERO, _lower(finding), warning=True)
        return examine([entry], known, source=source, today=self.today, rules=self.rules)[0]

    def _refuse_zones(self, said: Said, meter: Meter) -> None:
        has, needs = ", ".join(map(str, sorted(said.values))), str(meter.zones)
        self.note(said, "zone", ZONES, {"has": has, "needs": needs})

    def _note_doubts(self, said: Said, finding: Finding) -> None:
        facts = {
            "value": _written(finding.entry.values, finding.entry.meter),
            "volume": _written((finding.volume or Decimal(0),), finding.entry.meter),
        }
        for doubt in sorted(finding.doubts):
            self.note(said, "value", DOUBTS[Doubt(doubt)], facts, warning=True)

    def _take(self, said: Said, line: Timeline, entry: Entry, known: Known, finding: Finding | None) -> None:
        """Let a reading take its place among the others, and count what became of it."""
        desk = self._desk(said.source)
        outcome = desk.take(entry, known, finding)
        reading, rival = outcome.reading, outcome.rival
        if not desk.fresh or desk.fresh[-1] is not reading:
            self.tally.unchanged += 1
            return
        line.add(reading)
        self.tally.updated += bool(rival and outcome.result == Result.ACCEPTED)
        self.tally.created += not (rival and outcome.result == Result.ACCEPTED)
        if outcome.result == Result.OUTRANKED:
            self.note(said, "source", OUTRANKED, warning=True)
        elif not reading.is_billable:
            self.note(said, "date", NOT_BILLABLE, warning=True)
        if rival and rival.pk and outcome.result == Result.ACCEPTED and rival.values != reading.values:
            self.overruled.append((rival, reading))

    def _desk(self, source: str) -> Desk:
        by = None if source in OF_RESIDENTS else self.run.by
        return self.desks.setdefault(source, Desk(source, by, self.at, self.run))

    # --- Writing --------------------------------------------------------------------------------------------------

    def _store(self) -> None:
        displaced = [row.pk for desk in self.desks.values() for row in desk.displaced if row.pk]
        Reading.objects.filter(pk__in=displaced).update(state=ReadingState.KEPT)
        copy_in(Reading, COPIED, (_row(row) for desk in self.desks.values() for row in desk.fresh))
        theirs = Reading.objects.in_bulk([rival.pk for rival, _mine in self.overruled])
        tell_overruled([(theirs[rival.pk], mine) for rival, mine in self.overruled], at=self.at)


def _row(one: Reading) -> tuple[Any, ...]:
    """A reading as the columns of COPIED."""
    return (
        one.public_id, one.meter_id, one.period, one.taken_on, one.t1, one.t2, one.t3, one.source, one.state,
        one.is_billable, one.drop, one.doubts, one.created_at, one.author_id, one.batch_id, "", "", None, None,
    )  # fmt: skip


def _is_known(mine: Known, values: Zones, said: Said) -> bool:
    """Whether the row says what counts already, whoever said it, or what this source has said below a higher one.

    Files that come back name no source, or the company; rows of one file are told apart by their sources.
    """
    current = mine.current
    if current and (current.pk or current.source == said.source) and _is_same(current, values, said):
        return True
    return mine.is_closed_to(said.source) and any(
        row.source == said.source and _is_same(row, values, said) for row in mine.here
    )


def _is_same(reading: Reading, values: Zones, said: Said) -> bool:
    return reading.taken_on == said.taken_on and reading.values == values


def _written(values: Zones, meter: Meter) -> str:
    """The values of all zones as people write them, with the digits of the dial."""
    return " / ".join(f"{value:.{meter.decimals}f}".replace(".", ",") for value in values)


def _lower(finding: Finding) -> dict[str, str]:
    """The two values and the day of the earlier, for a sentence."""
    known = finding.known
    return {
        "value": _written(finding.entry.values, known.meter), "before": _written(known.previous, known.meter),
        "day": f"{known.previous_on:%d.%m.%Y}",
    }  # fmt: skip


def _in_english(sentence: str | Promise) -> str:
    """The sentence as the report keeps it: it is translated for each reader."""
    with translation.override(None):
        return str(sentence)
