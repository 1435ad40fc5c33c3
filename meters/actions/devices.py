"""What happens to meters: installed, verified, checked, broken, replaced, removed. Each leaves a line of history."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters.actions.submitting import Outcome, submit
from meters.examining import Entry
from meters.holding import held
from meters.models import Meter, MeterEvent, Source
from meters.models.meter import Zones, in_columns

What = MeterEvent.What


class MeterIsGone(Refusal):
    """The meter was removed or replaced already."""


@dataclass(frozen=True)
class NewMeter:
    """What is known of the meter that takes the place of another."""

    serial: str
    initial: Zones
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
def check_meter(meter: Meter, values: Zones, *, on: date, act: str, by: User, at: datetime, note: str = "") -> Outcome:
    """Enter a controlled reading by an act: it stands above every other source of its period (ПП 354, п. 61)."""
    words = f"{act} {note}".strip()
    outcome = submit(
        [Entry(meter, values, on, note=words[:200])], source=Source.CONTROLLED, by=by, at=at, must_confirm=False
    )[0]
    _note(meter, What.CHECKED, on, act=act, note=note, by=by, at=at)
    return outcome


@transaction.atomic
def replace_meter(old: Meter, final: Zones, new: NewMeter, *, on: date, act: str, by: User, at: datetime) -> Meter:
    """Take the old meter's last values by an act, remove it and put the new one in its place; return the new one.

    What is used is (final − last reading) + (next reading − the new meter's initial values).
    """
    old = _held(old)
    check_meter(old, final, on=on, act=act, by=by, at=at)
    old.removed_on = on
    old.save(update_fields=["removed_on"])
    _note(old, What.REMOVED, on, act=act, by=by, at=at)
    t1, t2, t3 = in_columns(new.initial)
    fresh = Meter(
        organization_id=old.organization_id, house_id=old.house_id, account_id=old.account_id, resource=old.resource,
        unit=old.unit, serial=new.serial, model=new.model, place=old.place, zones=old.zones, int_digits=old.int_digits,
        decimals=old.decimals, ratio=old.ratio, initial_t1=t1, initial_t2=t2, initial_t3=t3, installed_on=on,
        verified_on=new.verified_on, next_verification=new.next_verification, seal=new.seal,
        sealed_on=on if new.seal else None, replaces=old, created_at=at,
    )  # fmt: skip
    return install(fresh, by=by, at=at, act=act)


@transaction.atomic
def remove_meter(meter: Meter, final: Zones, *, on: date, act: str, by: User, at: datetime) -> Meter:
    """Take the last values by an act and remove the meter without another in its place."""
    meter = _held(meter)
    check_meter(meter, final, on=on, act=act, by=by, at=at)
    meter.removed_on = on
    meter.save(update_fields=["removed_on"])
    _note(meter, What.REMOVED, on, act=act, by=by, at=at)
    return meter


@transaction.atomic
def verify_meter(
    meter: Meter, *, on: date, next_verification: date, act: str, by: User | None, at: datetime, seal: str = ""
) -> Meter:
    """Record a verification: until the next one its readings are used for charges again."""
    meter = _held(meter)
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
    """The meter works again."""
    meter = _held(meter)
    if meter.broken_on is not None:
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
