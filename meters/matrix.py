"""The readings of a house as its council meets them: flats × meters, no people. Read in a constant number of queries."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Subquery
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from accounts.models import User
from lib.money import format_number
from meters import windows
from meters.actions import period_to_read
from meters.forms.fields import zone_labels
from meters.history import months_before
from meters.models import Meter, Reading, Source, SubmissionWindow
from meters.models.meter import MeterQuerySet, Zones, zones_of
from meters.models.reading import RANK
from meters.resources import Resource
from meters.standing import is_asked, is_taken
from meters.wording import value_words
from premises.models import House, PersonalAccount, Unit

LARGE = 100  # so many rows are shown at once without being asked for


@dataclass(frozen=True)
class Round:
    """One house on one day: whether readings are taken, and for which period. Closed: the period that closed last."""

    house: House
    rules: SubmissionWindow
    today: date
    period: date
    is_open: bool

    @property
    def closes(self) -> date:
        return windows.last_day(self.rules.window, self.period)

    @property
    def to_collect(self) -> "Round":
        """The round for which a sheet of paper is printed: the open one, else the next."""
        return self if self.is_open else replace(self, period=windows.period_of(self.rules.window, self.today))

    @property
    def reopens(self) -> date:
        return windows.next_opening(self.rules.window, self.today)

    @property
    def day(self) -> date:
        """The day on which it is asked which meters are in place: today, or the last one of a period that is over."""
        return min(self.today, self.closes) if not self.is_open else self.today

    def meters(self) -> MeterQuerySet:
        """The meters of the house's flats."""
        rows = Meter.objects.of_flats().filter(house=self.house, account__closed_on__isnull=True)
        return rows.installed(self.day)

    def asks(self, meter: Meter) -> bool:
        """Whether a flat is not complete without this meter."""
        return is_asked(meter, self.rules, self.period, self.day)

    def clock(self, moment: datetime) -> str:
        """«20.11 10:41» by the clock of the house."""
        return f"{moment.astimezone(ZoneInfo(self.house.organization.time_zone)):%d.%m %H:%M}"


def round_of(house: House, *, at: datetime) -> Round:
    """Look at the window of a house, whose organization is loaded; one query."""
    rules = SubmissionWindow.objects.of_house(house)
    today = house.organization.day(at)
    opened = period_to_read(house, rules, at=at)
    last = months_before(windows.period_of(rules.window, today), 1)
    return Round(house, rules, today, opened or last, opened is not None)


@dataclass(frozen=True, slots=True)
class Column:
    """The first, second, … meter of one resource in a flat."""

    resource: str
    number: int
    title: str


@dataclass(slots=True)
class Slot:
    """One field: a zone of a meter."""

    name: str
    label: str  # of the zone; empty where there is one
    previous: str
    typed: str = ""
    error: str = ""


@dataclass(slots=True)
class Cell:
    """One meter of a flat. `counts` is what counts for the period; `said`, `source` and `when` are its words."""

    meter: Meter
    title: str
    slots: list[Slot]
    counts: Zones = ()
    said: str = ""
    source: str = ""
    when: str = ""
    closed: str = ""  # why the council enters nothing here
    own: UUID | None = None  # the reading that counts, where the person who looks entered it and may take it back


@dataclass(frozen=True)
class Confirm:
    """One check box under a row: a doubt that the person stands by, or a passed zero. Bound to the typed values."""

    name: str
    value: str
    label: str
    is_ticked: bool


@dataclass(frozen=True)
class Note:
    """One sentence under a row. `anchor` is the field to mend, `confirm` what may be ticked instead."""

    kind: str
    text: str
    anchor: str = ""
    confirm: Confirm | None = None


@dataclass(slots=True)
class Row:
    """One account of the house with its meters in the order of the columns; None where it has fewer."""

    account: PersonalAccount
    title: str
    spoken: str
    cells: list[Cell | None]
    asked: int  # meters without which the row is not complete
    sent: int  # of them, those with a reading
    notes: list[Note] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Joins the fields to the form of the row."""
        return str(self.account.pk)

    @property
    def entrance(self) -> int | None:
        return self.account.unit.entrance

    @property
    def filled(self) -> list[Cell]:
        """The meters that are there."""
        return [cell for cell in self.cells if cell is not None]

    @property
    def is_complete(self) -> bool:
        return self.sent == self.asked

    @property
    def is_shut(self) -> bool:
        """Whether nothing can be entered in the whole row."""
        return all(cell.closed for cell in self.filled)


@dataclass(frozen=True)
class Matrix:
    """Rows in the order of a walk through the house."""

    round: Round
    columns: list[Column]
    rows: list[Row]

    @property
    def entrances(self) -> list[int]:
        return sorted({row.entrance for row in self.rows if row.entrance is not None})

    @property
    def first_entrance(self) -> int | None:
        """Where the table of a large house begins: a thousand flats at once weigh two megabytes. Else the whole house."""
        return self.entrances[0] if len(self.rows) > LARGE and len(self.entrances) > 1 else None

    def of_entrance(self, entrance: int | None) -> list[Row]:
        """The rows of one entrance; all of them without one."""
        return [row for row in self.rows if row.entrance == entrance] if entrance else self.rows


def matrix_of(now: Round, account: PersonalAccount | None = None) -> Matrix:
    """Read the house, or one account of it with the columns of the whole house. Five queries."""
    meters = now.meters().filter(account=account) if account else now.meters()
    accounts, by_account = _by_account(meters)
    columns = _columns(now)
    desk = _Desk(now, columns, _previous(meters, now.period), _said(meters, now.period))
    shared = _shared_units(accounts.values())
    rows = [desk.row(accounts[pk], some, accounts[pk].unit_id in shared) for pk, some in by_account.items()]
    return Matrix(now, columns, sorted(rows, key=lambda row: walking_order(row.account)))


def _by_account(meters: MeterQuerySet) -> tuple[dict[int, PersonalAccount], dict[int, list[Meter]]]:
    """Accounts by id, and the meters of each. No holder and no phone leaves the database."""
    rows = PersonalAccount.objects.filter(pk__in=meters.values("account")).select_related("unit")
    accounts = rows.only("public_id", "number", "unit__label", "unit__kind", "unit__entrance", "unit__floor")
    by_account: dict[int, list[Meter]] = defaultdict(list)
    for meter in meters.in_order():
        by_account[meter.account_id or 0].append(meter)
    return {account.pk: account for account in accounts}, by_account


def walking_order(account: PersonalAccount) -> tuple[object, ...]:
    """Entrance, floor, flat: «9» comes before «10», «12» before «12а»; what has no entrance comes last."""
    unit = account.unit
    last = 10_000
    entrance = last if unit.entrance is None else unit.entrance
    floor = last if unit.floor is None else unit.floor
    return entrance, floor, natural(unit.label), account.number


def natural(label: str) -> list[tuple[int, str]]:
    """A key under which numbers inside a label are compared as numbers.

    >>> sorted(["10", "9", "12а", "12"], key=natural)
    ['9', '10', '12', '12а']
    """
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"[0-9]+|[^0-9]+", label)]


def flat_words(unit: Unit) -> str:
    """«flat 12»; a shop or a parking place has a name of its own."""
    return _("flat %(label)s") % {"label": unit.label} if unit.kind == Unit.Kind.FLAT else unit.label


def _shared_units(accounts: Iterable[PersonalAccount]) -> set[int]:
    """Units with more than one account: there the number tells the rows apart."""
    return {unit for unit, count in Counter(one.unit_id for one in accounts).items() if count > 1}


def mark_own(row: Row, now: Round, *, by: User) -> None:
    """Mark what this person entered for the council and may take back. One query, none while readings are not taken."""
    cells = {cell.meter.pk: cell for cell in row.filled}
    mine = Reading.objects.current().filter(source=Source.COUNCIL, author=by, period=now.period, meter__in=cells)
    for meter, reading in mine.order_by().values_list("meter", "public_id") if now.is_open else ():
        cells[meter].own = reading


def _columns(now: Round) -> list[Column]:
    """As many columns of a resource as the flat with the most meters of it needs, whichever rows are shown."""
    counted = now.meters().order_by().values("account", "resource").annotate(count=Count("pk"))
    most: dict[str, int] = defaultdict(int)
    for resource, count in counted.values_list("resource", "count").distinct():
        most[resource] = max(most[resource], count)
    return [
        Column(resource, number, f"{resource.label} {number}" if most[resource] > 1 else str(resource.label))
        for resource in Resource
        for number in range(1, most[resource] + 1)
    ]


def _previous(meters: MeterQuerySet, period: date) -> dict[int, Zones]:
    """The last value that counts before the period, of each meter that has one."""
    counted = Reading.objects.current().filter(meter=OuterRef("pk"), period__lt=period)
    last = meters.values(last=Subquery(counted.order_by("-period").values("pk")[:1]))
    rows = Reading.objects.filter(pk__in=last).order_by().values_list("meter_id", "t1", "t2", "t3")
    return {meter: zones_of(*values) for meter, *values in rows}


Said = tuple[Zones, str, datetime]


def _said(meters: MeterQuerySet, period: date) -> dict[int, Said]:
    """What counts for the period: values, source, when it was entered. Who entered is not asked."""
    rows = Reading.objects.current().filter(meter__in=meters.values("pk"), period=period).order_by()
    return {
        meter: (zones_of(t1, t2, t3), source, at)
        for meter, t1, t2, t3, source, at in rows.values_list("meter_id", "t1", "t2", "t3", "source", "created_at")
    }


class _Desk:
    """Makes rows; words that repeat in every row are said once."""

    def __init__(
        self, now: Round, columns: Sequence[Column], previous: dict[int, Zones], said: dict[int, Said]
    ) -> None:
        self.now, self.columns, self.previous, self.said = now, columns, previous, said
        self.language = get_language() or "en"
        self.sources = {str(source): str(source.label) for source in Source}
        self.nothing_taken = pgettext("a meter that is not read", "is not read now")
        self.place = {(column.resource, column.number): place for place, column in enumerate(columns)}

    def row(self, account: PersonalAccount, meters: Sequence[Meter], is_shared: bool) -> Row:
        cells: list[Cell | None] = [None] * len(self.columns)
        numbers: dict[str, int] = defaultdict(int)
        for meter in meters:
            numbers[meter.resource] += 1
            place = self.place[meter.resource, numbers[meter.resource]]
            cells[place] = self._cell(meter, self.columns[place].title)
        asked = [meter.pk for meter in meters if self.now.asks(meter)]
        label, spoken = account.unit.label, flat_words(account.unit)
        if is_shared:
            label, spoken = f"{label} · {account.number}", f"{spoken} · {account.number}"
        return Row(account, label, spoken, cells, len(asked), sum(pk in self.said for pk in asked))

    def _cell(self, meter: Meter, title: str) -> Cell:
        cell = Cell(meter, title, self._slots(meter))
        if meter.pk in self.said:
            values, source, at = self.said[meter.pk]
            cell.counts = values
            cell.said, cell.source, cell.when = value_words(values, meter), self.sources[source], self.now.clock(at)
            if RANK[Source(source)] > RANK[Source.COUNCIL]:
                cell.closed = cell.source
        if not cell.closed and not is_taken(meter, self.now.rules, self.now.day):
            cell.closed = self.nothing_taken
        return cell

    def _slots(self, meter: Meter) -> list[Slot]:
        before = self.previous.get(meter.pk) or meter.initial
        return [
            Slot(f"m{meter.pk}z{zone}", label, format_number(before[zone - 1], self.language, meter.decimals))
            for zone, label in enumerate(zone_labels(meter), start=1)
        ]


# --- The board ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Place:
    """One flat of the board: how many of its meters are asked for and how many have a reading."""

    label: str
    spoken: str
    entrance: int | None
    asked: int = 0
    sent: int = 0

    @property
    def state(self) -> str:
        return "done" if self.sent == self.asked else "part" if self.sent else "none"


@dataclass(frozen=True)
class Board:
    """Which flats have sent their readings. No values and no names."""

    round: Round
    places: list[Place]

    def _count(self, state: str) -> int:
        return sum(place.state == state for place in self.places)

    @property
    def done(self) -> int:
        return self._count("done")

    @property
    def part(self) -> int:
        return self._count("part")

    @property
    def none(self) -> int:
        return self._count("none")

    @property
    def percent(self) -> int:
        """Whole percents, rounded down: 100 only when nobody is missing."""
        return self.done * 100 // len(self.places) if self.places else 0

    @property
    def entrances(self) -> list[tuple[int | None, list[Place]]]:
        """The flats by entrance, in the order of a walk."""
        found: dict[int | None, list[Place]] = defaultdict(list)
        for place in self.places:
            found[place.entrance].append(place)
        return list(found.items())


Tally = tuple[PersonalAccount, int, int]


def board_of(now: Round) -> Board:
    """The board by itself. Three queries."""
    accounts, by_account = _by_account(now.meters())
    sent = set(
        Reading.objects.current()
        .filter(meter__in=now.meters().values("pk"), period=now.period)
        .values_list("meter", flat=True)
    )
    tallies = []
    for pk, meters in by_account.items():
        asked = [meter.pk for meter in meters if now.asks(meter)]
        tallies.append((accounts[pk], len(asked), len(sent.intersection(asked))))
    return _board(now, sorted(tallies, key=lambda one: walking_order(one[0])))


def board_beside(matrix: Matrix) -> Board:
    """The board of rows that are read already."""
    return _board(matrix.round, [(row.account, row.asked, row.sent) for row in matrix.rows])


def _board(now: Round, tallies: Iterable[Tally]) -> Board:
    """Sum the accounts of each flat; a flat of which no meter is asked for is not on the board."""
    places: dict[int, Place] = {}
    for account, asked, sent in tallies:
        unit = account.unit
        place = places.setdefault(unit.pk, Place(unit.label, flat_words(unit), unit.entrance))
        place.asked += asked
        place.sent += sent
    return Board(now, [place for place in places.values() if place.asked])
