"""What happens to meters: installed, verified, checked, broken, replaced, removed. Each leaves a line of history."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters.actions.submitting import NotAcceptable, Outcome, look_at, submit
from meters.consumption import Doubt
from meters.examining import Entry, Finding
from meters.holding import held
from meters.models import Meter, MeterEvent, Source
from meters.models.meter import Zones, in_columns

What = MeterEvent.What


class MeterIsGone(Refusal):
    """The meter was removed or replaced already."""


class DayIsWrong(Refusal):
    """What the portal knows of the meter does not let this happen on this day."""


@dataclass(frozen=True)
class NewMeter:
    """What is known of the meter that takes the place of another; what is left out is as with the old one.

    `initial` has one value per zone of the new meter; `unit` is one of the same resource.
    """

    serial: str
    initial: Zones
    unit: str = ""
    int_digits: int | None = None
    decimals: int | None = None
    ratio: Decimal | None = None
    model: str = ""
    verified_on: date | None = None
    next_verification: date | None = None
    seal: str = ""


@transaction.atomic
def install(meter: Meter, *, by: User | None, at: datetime, act: str = "") -> Meter:
    """Save a new meter and begin its history."""
    meter.save()
    _note(meter, What.INSTALLED, meter.installed_on, act=act, by=by, at=at)
    return meter


@transaction.atomic
def check_meter(
    meter: Meter,
    values: Zones,
    *,
    on: date,
    act: str,
    by: User,
    at: datetime,
    note: str = "",
    passed_zero: bool = False,
    confirmed: frozenset[str] = frozenset(),
) -> Outcome:
    """Enter a controlled reading by an act: it stands above every other source of its period (ПП 354, п. 61).

    Of a removed meter only the value of its last day can be corrected. Raises NotAcceptable for what is wrong, and for what
    is asked about (`questions_of`) and not `confirmed`.
    """
    Meter.objects.select_for_update().get(pk=meter.pk)
    words = f"{act} {note}".strip()
    entry = Entry(meter, values, on, passed_zero, confirmed, note=words[:200], period=_period_of_end(meter, on))
    found = look_at([entry], source=Source.CONTROLLED, at=at)[0]
    if found.error or questions_of(found) - confirmed:
        raise NotAcceptable([found])
    outcome = submit([entry], source=Source.CONTROLLED, by=by, at=at, must_confirm=False)[0]
    _note(meter, What.CHECKED, on, act=act, note=note, by=by, at=at)
    return outcome


def questions_of(found: Finding) -> frozenset[str]:
    """What is asked before an act is saved: its doubts, and a value below the last one, for then money comes back."""
    is_corrected_down = found.lowered and not found.entry.passed_zero
    return found.doubts | ({Doubt.LOWER} if is_corrected_down else set())


def _period_of_end(meter: Meter, on: date) -> date | None:
    """The period of a removed meter's last reading: its correction counts there, whatever the window is now."""
    if meter.removed_on != on:
        return None
    return meter.readings.current().filter(taken_on=on).values_list("period", flat=True).first()


@transaction.atomic
def replace_meter(
    old: Meter,
    final: Zones,
    new: NewMeter,
    *,
    on: date,
    act: str,
    by: User,
    at: datetime,
    passed_zero: bool = False,
    confirmed: frozenset[str] = frozenset(),
) -> Meter:
    """Take the old meter's last values by an act, remove it and put the new one in its place; return the new one.

    What is used is (final − last reading) + (next reading − the new meter's initial values). Raises as `remove_meter`.
    """
    old = remove_meter(old, final, on=on, act=act, by=by, at=at, passed_zero=passed_zero, confirmed=confirmed)
    t1, t2, t3 = in_columns(new.initial)
    fresh = Meter(
        organization_id=old.organization_id, house_id=old.house_id, account_id=old.account_id, resource=old.resource,
        unit=new.unit or old.unit, serial=new.serial, model=new.model, place=old.place, zones=len(new.initial),
        int_digits=old.int_digits if new.int_digits is None else new.int_digits,
        decimals=old.decimals if new.decimals is None else new.decimals,
        ratio=old.ratio if new.ratio is None else new.ratio, initial_t1=t1, initial_t2=t2, initial_t3=t3,
        installed_on=on, verified_on=new.verified_on, next_verification=new.next_verification, seal=new.seal,
        sealed_on=on if new.seal else None, replaces=old, created_at=at,
    )  # fmt: skip
    return install(fresh, by=by, at=at, act=act)


@transaction.atomic
def remove_meter(
    meter: Meter,
    final: Zones,
    *,
    on: date,
    act: str,
    by: User,
    at: datetime,
    passed_zero: bool = False,
    confirmed: frozenset[str] = frozenset(),
) -> Meter:
    """Take the last values by an act and remove the meter without another in its place.

    Raises MeterIsGone, DayIsWrong before a reading that counts, and NotAcceptable as `check_meter`.
    """
    meter = _held(meter)
    later = meter.readings.current().filter(taken_on__gt=on).order_by("-taken_on").first()
    if later:
        words = _("A reading of %(day)s counts for this meter: it cannot have been removed before. Check the date.")
        raise DayIsWrong(words % {"day": f"{later.taken_on:%d.%m.%Y}"})
    check_meter(meter, final, on=on, act=act, by=by, at=at, passed_zero=passed_zero, confirmed=confirmed)
    meter.removed_on = on
    meter.save(update_fields=["removed_on"])
    _note(meter, What.REMOVED, on, act=act, by=by, at=at)
    return meter


@transaction.atomic
def verify_meter(
    meter: Meter, *, on: date, next_verification: date, act: str, by: User | None, at: datetime, seal: str = ""
) -> Meter:
    """Record a verification: until the next one its readings are used for charges again. An older one changes nothing."""
    meter = _held(meter)
    if meter.verified_on and on < meter.verified_on:
        words = _("The portal knows a later verification, of %(day)s. Check the date.")
        raise DayIsWrong(words % {"day": f"{meter.verified_on:%d.%m.%Y}"})
    meter.verified_on, meter.next_verification = on, next_verification
    if seal:
        meter.seal, meter.sealed_on = seal, on
    meter.save()
    _note(meter, What.VERIFIED, on, act=act, note=seal, by=by, at=at)
    return meter


@transaction.atomic
def seal_meter(meter: Meter, seal: str, *, on: date, act: str, by: User, at: datetime) -> Meter:
    """Record a new seal."""
    meter = _held(meter)
    meter.seal, meter.sealed_on = seal, on
    meter.save(update_fields=["seal", "sealed_on"])
    _note(meter, What.SEALED, on, act=act, note=seal, by=by, at=at)
    return meter


@transaction.atomic
def mark_broken(meter: Meter, *, on: date, by: User, at: datetime, note: str = "") -> Meter:
    """From this day the meter's readings are not used; a second time changes nothing."""
    meter = _held(meter)
    if meter.broken_on is None:
        meter.broken_on = on
        meter.save(update_fields=["broken_on"])
        _note(meter, What.BROKEN, on, note=note, by=by, at=at)
    return meter


@transaction.atomic
def mark_repaired(meter: Meter, *, on: date, by: User, at: datetime, act: str = "") -> Meter:
    """The meter works again; raises DayIsWrong before the day since which it is broken."""
    meter = _held(meter)
    if meter.broken_on is not None:
        if on < meter.broken_on:
            words = _("The meter is broken since %(day)s: it cannot have been repaired before. Check the date.")
            raise DayIsWrong(words % {"day": f"{meter.broken_on:%d.%m.%Y}"})
        meter.broken_on = None
        meter.save(update_fields=["broken_on"])
        _note(meter, What.REPAIRED, on, act=act, by=by, at=at)
    return meter


def _held(meter: Meter) -> Meter:
    """Lock the meter; one that was removed has no further history."""
    [row] = held(Meter.objects.filter(pk=meter.pk))
    if row.removed_on is not None:
        raise MeterIsGone(_("This meter was removed already. Open the list of meters to see what is installed now."))
    return row


def _note(
    meter: Meter, what: str, on: date, *, by: User | None, at: datetime, act: str = "", note: str = ""
) -> MeterEvent:
    return MeterEvent.objects.create(meter=meter, what=what, on=on, act=act[:60], note=note[:200], by=by, at=at)
