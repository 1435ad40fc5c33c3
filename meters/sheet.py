"""What a resident's pages show of meters: each account with its window, each meter as it stands. A constant number of queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import User
from meters import consumption, windows
from meters.history import Known, known_of
from meters.models import Meter, MeterReport, MeterState, Reading, ReadingDraft, Source, SubmissionWindow
from meters.prices import Price, prices_of
from meters.resources import FACTS, to_base
from premises.models import AccountLink, PersonalAccount

Prices = Mapping[tuple[int, str], Price]  # by account id and resource
ORDER = {resource: place for place, resource in enumerate(FACTS)}


@dataclass(frozen=True)
class Cost:
    """About how much money, by the latest known tariff."""

    amount: Decimal
    currency: str


def cost_of(meter: Meter, volume: Decimal | None, prices: Prices) -> Cost | None:
    """What a volume of this meter costs; None where nobody knows a tariff or nothing was used."""
    price = prices.get((meter.account_id or 0, meter.resource))
    if price is None or volume is None or volume <= 0:
        return None
    return Cost(to_base(volume, meter.unit, meter.resource) * price.per_unit, price.currency)


@dataclass(frozen=True)
class Row:
    """One meter of an account as its residents meet it today."""

    meter: Meter
    known: Known
    state: MeterState
    takes_expired: bool
    price: Price | None
    draft: ReadingDraft | None
    told: Sequence[MeterReport]  # what this person told about the meter and nobody has answered yet
    reader_id: int
    is_limited: bool  # the reader's link is limited: the place of another person's reading is not theirs to take

    @property
    def key(self) -> str:
        """The name under which the meter stands in the form."""
        return self.meter.public_id.hex

    @property
    def rival(self) -> Reading | None:
        """The reading that counts for the period and in whose place this person enters nothing: a higher source's mostly."""
        current = self.known.current
        if current is None:
            return None
        is_anothers = self.is_limited and current.author_id != self.reader_id
        return current if is_anothers or self.known.is_closed_to(Source.OWNER) else None

    @property
    def current(self) -> Reading | None:
        """What the residents themselves entered for the period."""
        return None if self.rival else self.known.current

    @property
    def is_refused(self) -> bool:
        """Whether the company takes no readings of this meter: it is broken, or not verified any more."""
        return self.state == MeterState.BROKEN or (self.state == MeterState.EXPIRED and not self.takes_expired)

    @property
    def may_break(self) -> bool:
        """Whether it is news to the company that the meter is broken."""
        return self.state != MeterState.BROKEN and all(one.kind != MeterReport.Kind.BROKEN for one in self.told)

    @property
    def takes_values(self) -> bool:
        return self.rival is None and not self.is_refused

    @property
    def usual(self) -> Decimal | None:
        """What is used in a usual month, in the meter's unit; None where too little is known."""
        return consumption.median([consumption.monthly(one.total, one.days) for one in self.known.steps()])

    def cost(self, volume: Decimal | None) -> Cost | None:
        prices = {(self.meter.account_id or 0, self.meter.resource): self.price} if self.price else {}
        return cost_of(self.meter, volume, prices)


@dataclass(frozen=True)
class Group:
    """One account with the window of its house. `opens` and `closes` are the days of the window of `period`."""

    account: PersonalAccount
    today: date
    period: date
    opens: date
    closes: date
    takes_late: bool
    shows_board: bool  # whether those who live in the house see which flats have sent
    rows: Sequence[Row]
    is_limited: bool = False  # the reader has not proved the flat: no history, nothing of others

    @property
    def is_open(self) -> bool:
        return self.opens <= self.today <= self.closes

    @property
    def is_taken(self) -> bool:
        """Whether readings are taken today, within the window or outside of it."""
        return self.is_open or self.takes_late

    @property
    def open_period(self) -> date | None:
        """The period for which readings are taken today."""
        return self.period if self.is_taken else None

    @property
    def days_left(self) -> int:
        """Days after this one until the window closes."""
        return (self.closes - self.today).days


def groups_of(links: Sequence[AccountLink], *, by: User, at: datetime) -> list[Group]:
    """Read everything the entry page shows of the accounts this person is linked to; all that a list shows is loaded."""
    wanted = {link.account_id: link.account for link in links}
    limited = {link.account_id for link in links if not link.is_full}
    rules = SubmissionWindow.objects.of_houses([account.unit.house for account in wanted.values()])
    days = {pk: one.unit.house.organization.day(at) for pk, one in wanted.items()}
    meters = _installed(wanted, days)
    shelf = _Shelf(meters, {pk: _period(one, rules, days[pk]) for pk, one in wanted.items()}, by)
    rows: dict[int, list[Row]] = defaultdict(list)
    for meter in meters:
        account = wanted[meter.account_id or 0]
        rows[account.pk].append(
            shelf.row(meter, days[account.pk], rules[account.unit.house_id], is_limited=account.pk in limited)
        )
    return [
        window_of(one, rules[one.unit.house_id], at=at, rows=rows[pk], is_limited=pk in limited)
        for pk, one in wanted.items()
    ]


def _period(account: PersonalAccount, rules: Mapping[int, SubmissionWindow], today: date) -> date:
    return windows.period_of(rules[account.unit.house_id].window, today)


def _installed(accounts: Mapping[int, PersonalAccount], days: Mapping[int, date]) -> list[Meter]:
    """The meters in place today, in the order in which a person walks, joined to the accounts that are loaded already."""
    rows = Meter.objects.filter(account__in=accounts, installed_on__lte=max(days.values(), default=date.max))
    there = [one for one in rows.select_related("organization") if not _is_removed(one, days[one.account_id or 0])]
    for meter in there:
        meter.account = account = accounts[meter.account_id or 0]
        if meter.house_id == account.unit.house_id:
            meter.house = account.unit.house
    return sorted(there, key=lambda one: (one.account_id, ORDER[one.resource], one.place, one.pk))


def _is_removed(meter: Meter, today: date) -> bool:
    return meter.state_on(today) == MeterState.REMOVED


class _Shelf:
    """What is known of some meters beside themselves, read at once."""

    def __init__(self, meters: Sequence[Meter], periods: Mapping[int, date], by: User) -> None:
        self.by = by
        ids = [meter.pk for meter in meters]
        by_period: dict[date, list[Meter]] = defaultdict(list)
        for meter in meters:
            by_period[periods[meter.account_id or 0]].append(meter)
        self.known: dict[int, Known] = {}
        for period, some in by_period.items():
            self.known |= known_of(some, period)
        for known in self.known.values():  # what is said of a reading names the meter's company
            for reading in (*known.before[:1], *known.here):
                reading.meter = known.meter
        self.prices = prices_of({meter.account_id: meter.account for meter in meters if meter.account}.values())
        self.drafts = {one.meter_id: one for one in ReadingDraft.objects.filter(user=by, meter__in=ids)}
        self.told: dict[int, list[MeterReport]] = defaultdict(list)
        for one in MeterReport.objects.visible_to(by).waiting().filter(meter__in=ids):
            self.told[one.meter_id].append(one)

    def row(self, meter: Meter, today: date, rules: SubmissionWindow, *, is_limited: bool) -> Row:
        return Row(
            meter=meter,
            known=self.known[meter.pk],
            state=meter.state_on(today),
            takes_expired=rules.takes_expired,
            price=self.prices.get((meter.account_id or 0, meter.resource)),
            draft=self.drafts.get(meter.pk),
            told=self.told[meter.pk],
            reader_id=self.by.pk,
            is_limited=is_limited,
        )


def window_of(
    account: PersonalAccount,
    rules: SubmissionWindow,
    *,
    at: datetime,
    rows: Sequence[Row] = (),
    is_limited: bool = False,
) -> Group:
    """An account with its window as it stands at a moment."""
    today = account.unit.house.organization.day(at)
    period = windows.period_of(rules.window, today)
    return Group(
        account=account,
        today=today,
        period=period,
        opens=windows.first_day(rules.window, period),
        closes=windows.last_day(rules.window, period),
        takes_late=rules.takes_late,
        shows_board=rules.board == SubmissionWindow.Board.HOUSE,
        rows=rows,
        is_limited=is_limited,
    )
