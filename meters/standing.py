"""How it stands with the readings of an account or a house today: which meters wait, until when, what is to be verified."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef

from meters import windows
from meters.models import Meter, MeterState, Reading, SubmissionWindow
from meters.models.meter import MeterQuerySet
from premises.models import House, PersonalAccount


@dataclass(frozen=True)
class Standing:
    """The readings of one account as they stand on a day of its house.

    `opens` and `closes` are the days of the window of `period`: the open one, else the next. `waiting` are the meters that
    lack a reading for it; a broken meter and one whose readings the company does not take wait for nothing.
    """

    today: date
    period: date
    opens: date
    closes: date
    meters: tuple[Meter, ...]
    waiting: tuple[Meter, ...]

    @property
    def is_open(self) -> bool:
        return self.opens <= self.today <= self.closes

    @property
    def days_left(self) -> int | None:
        """Days after this one until the window closes (0 on the last), None when it is closed."""
        return (self.closes - self.today).days if self.is_open else None

    @property
    def due_verifications(self) -> list[Meter]:
        """Meters that are to be verified in the coming weeks, the most pressing first."""
        due = [meter for meter in self.meters if meter.state_on(self.today) == MeterState.DUE]
        return sorted(due, key=lambda meter: meter.next_verification or self.today)


def standing(account: PersonalAccount, *, at: datetime) -> Standing:
    """Look at one account, in two queries. Its unit, house and organizations are loaded."""
    house = account.unit.house
    rules = SubmissionWindow.objects.of_house(house)
    today = house.organization.day(at)
    period = windows.period_of(rules.window, today)
    found = _with_sent(Meter.objects.filter(account=account).installed(today), period).in_order()
    meters = tuple(found)
    return Standing(
        today=today,
        period=period,
        opens=windows.first_day(rules.window, period),
        closes=windows.last_day(rules.window, period),
        meters=meters,
        waiting=tuple(meter for meter in meters if _waits(meter, rules, period, today)),
    )


def waiting_in(house: House, rules: SubmissionWindow, *, period: date, today: date) -> list[Meter]:
    """The meters of a house's flats that lack a reading for the period, with their accounts, in one query."""
    rows = Meter.objects.filter(house=house, account__closed_on__isnull=True).of_flats().installed(today)
    found = _with_sent(rows, period).in_order().select_related("account__unit__house")
    return [meter for meter in found if _waits(meter, rules, period, today)]


def _with_sent(meters: MeterQuerySet, period: date) -> MeterQuerySet:
    sent = Reading.objects.current().filter(meter=OuterRef("pk"), period=period)
    return meters.annotate(is_sent=Exists(sent))


def _waits(meter: Meter, rules: SubmissionWindow, period: date, today: date) -> bool:
    return is_asked(meter, rules, period, today) and not meter.is_sent  # type: ignore[attr-defined]


def is_asked(meter: Meter, rules: SubmissionWindow, period: date, day: date) -> bool:
    """Whether a reading of this meter is expected. One installed in the period itself is read in the next one."""
    is_young = windows.period_of(rules.window, meter.installed_on) >= period
    return not is_young and is_taken(meter, rules, day)


def is_taken(meter: Meter, rules: SubmissionWindow, day: date) -> bool:
    """Whether residents and the council may read this meter: it is in place, works, and is verified where that is asked."""
    refused = {MeterState.BROKEN, MeterState.REMOVED} | (set() if rules.takes_expired else {MeterState.EXPIRED})
    return meter.state_on(day) not in refused
