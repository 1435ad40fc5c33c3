"""Readings and meters as tables in the layouts that the import takes: what was written may be imported again.

    header, rows = readings_table(Reading.objects.staffed_by(user).current().filter(...))
    return download("xlsx", "readings-2026-10", header, rows)

Rows are read from the database piece by piece.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from lib.tables import Row
from meters.consumption import quantum
from meters.exchange.meters import resource_code
from meters.models import Meter, Reading
from meters.resources import Resource

Table = tuple[tuple[str, ...], Iterator[Row]]

READINGS = ("account", "meter_no", "resource", "zone", "date", "value", "source", "period")
METERS = (
    "meter_no", "account", "resource", "model", "int_digits", "decimals", "installed", "verified", "next_verification",
    "sealed", "initial", "initial2", "initial3", "zones", "unit", "ratio", "place", "gis", "address",
)  # fmt: skip
# The headers of the state system are its contract: they are not translated.
GIS = (
    "Номер прибора учета в ГИС ЖКХ", "Вид коммунального ресурса", "Показание T1", "Показание T2", "Показание T3",
    "Дата снятия показания", "Период",
)  # fmt: skip
GIS_RESOURCE = {
    Resource.COLD: "Холодная вода", Resource.HOT: "Горячая вода", Resource.POWER: "Электрическая энергия",
    Resource.GAS: "Газ", Resource.HEAT: "Тепловая энергия",
}  # fmt: skip
AT_ONCE = 2000


def readings_table(readings: "QuerySet[Reading, Any]") -> Table:
    """One row per zone: account;meter_no;resource;zone;date;value;source;period. Give it readings that count."""
    return READINGS, (row for row, _state in _readings(readings))


def states_table(readings: "QuerySet[Reading, Any]") -> Table:
    """The same for looking at, with the state of each reading; the import passes over what does not count."""
    return (*READINGS, "state"), ((*row, state) for row, state in _readings(readings))


def gis_table(readings: "QuerySet[Reading, Any]") -> Table:
    """One row per reading, for a workbook of ГИС ЖКХ. Give it readings that count: the layout names no source."""
    return GIS, _gis(readings)


def meters_table(meters: "QuerySet[Meter, Any]") -> Table:
    """One row per meter, as the register of meters; house meters have an address instead of an account."""
    return METERS, _meters(meters)


def _readings(readings: "QuerySet[Reading, Any]") -> Iterator[tuple[Row, str]]:
    """The rows with the state of their reading."""
    for one in _whole(readings):
        meter = one.meter
        number = meter.account.number if meter.account else ""
        for zone, value in enumerate(one.values, start=1):
            row = (
                number, meter.serial, resource_code(meter.resource), zone, one.taken_on, _shown(value, meter), one.source,
                _month(one.period),
            )  # fmt: skip
            yield row, one.state


def _gis(readings: "QuerySet[Reading, Any]") -> Iterator[Row]:
    for one in _whole(readings):
        meter, values = one.meter, [_shown(value, one.meter) for value in one.values]
        yield (
            meter.gis_number or meter.serial, GIS_RESOURCE[Resource(meter.resource)], *values, *[None] * (3 - len(values)),
            one.taken_on, _month(one.period),
        )  # fmt: skip


def _whole(readings: "QuerySet[Reading, Any]") -> Iterator[Reading]:
    """The readings with their meters, in the order in which the import takes them best."""
    rows = readings.select_related("meter__account").order_by("meter", "period", "rank", "created_at", "pk")
    return rows.iterator(chunk_size=AT_ONCE)


def _meters(meters: "QuerySet[Meter, Any]") -> Iterator[Row]:
    rows = meters.select_related("account", "house").order_by("account__number_search", "house", "resource", "pk")
    for one in rows.iterator(chunk_size=AT_ONCE):
        initial = [_shown(value, one) for value in one.initial]
        yield (
            one.serial, one.account.number if one.account else "", resource_code(one.resource), one.model, one.int_digits,
            one.decimals, one.installed_on, one.verified_on, one.next_verification, one.seal, *initial,
            *[None] * (3 - len(initial)), one.zones, one.unit, one.ratio, one.place, one.gis_number,
            "" if one.account else one.house.address,
        )  # fmt: skip


def _shown(value: Decimal, meter: Meter) -> Decimal:
    """The value with the digits of the dial, and with more where it has them: nothing is rounded away."""
    shown = value.quantize(quantum(meter.decimals))
    return shown if shown == value else value


def _month(period: date) -> str:
    return f"{period:%m.%Y}"
