"""Meters and readings for tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from meters.actions import Outcome, submit
from meters.examining import Entry
from meters.models import Meter, Reading, Source
from meters.models.meter import in_columns
from premises.models import House, PersonalAccount


def make_meter(account: PersonalAccount, resource: str = "cold", serial: str = "0123456-19", **fields: Any) -> Meter:
    """A meter of a flat, installed and verified long ago."""
    values: dict[str, Any] = {
        "unit": {"power": "kwh", "heat": "gcal"}.get(resource, "m3"), "installed_on": date(2020, 3, 12),
        "next_verification": date(2032, 3, 12), "place": "",
    } | fields  # fmt: skip
    return Meter.objects.create(
        organization=account.organization, house=account.unit.house, account=account, resource=resource, serial=serial,
        **values,
    )  # fmt: skip


def make_house_meter(house: House, resource: str = "cold", serial: str = "H-1", **fields: Any) -> Meter:
    """The meter of a whole house."""
    values: dict[str, Any] = {"installed_on": date(2020, 3, 12), "int_digits": 7} | fields
    return Meter.objects.create(
        organization=house.organization, house=house, resource=resource, serial=serial, **values
    )


def make_reading(
    meter: Meter, period: date, *values: str | Decimal, source: str = Source.OWNER, **fields: Any
) -> Reading:
    """A reading that counts, written past the rules of entering (not past those of the database), taken on the 20th."""
    t1, t2, t3 = in_columns(tuple(Decimal(value) for value in values))
    taken_on = fields.pop("taken_on", period.replace(day=20))
    moment = {"created_at": datetime(taken_on.year, taken_on.month, taken_on.day, 10, tzinfo=UTC)}
    return Reading.objects.create(
        meter=meter,
        period=period.replace(day=1),
        taken_on=taken_on,
        t1=t1,
        t2=t2,
        t3=t3,
        source=source,
        **moment | fields,
    )


def make_readings(meter: Meter, first: date, *values: str) -> list[Reading]:
    """A reading a month from the first period on."""
    months = [date(first.year + (first.month - 1 + place) // 12, (first.month - 1 + place) % 12 + 1, 1)
              for place in range(len(values))]  # fmt: skip
    return [make_reading(meter, month, value) for month, value in zip(months, values, strict=True)]


def enter(
    meter: Meter, *values: str, by: Any = None, at: datetime, source: str = Source.OWNER, **fields: Any
) -> Outcome:
    """Submit one reading as the pages do; taken on the day of `at` unless said otherwise."""
    fields.setdefault("taken_on", meter.house.organization.day(at))
    entry = Entry(meter, tuple(Decimal(value) for value in values), **fields)
    return submit([entry], source=source, by=by, at=at)[0]
