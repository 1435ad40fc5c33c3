"""The register of meters, one row per meter. Pure: asks no database.

    meter_no;account;resource;model;int_digits;decimals;installed;verified;next_verification;sealed;initial
    0123456-19;10117;HW;СГВ-15;5;3;12.03.2019;12.03.2019;12.03.2023;П-778;0,012

The meter of a whole house has no account but the house's address. Meters with zones have `initial2` and `initial3`.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext_noop as _

from meters.consumption import capacity, quantum
from meters.exchange.readings import METER, NUMBER, RESOURCE, VALUE, resource, words
from meters.resources import FACTS, NAMES, Unit
from premises.register import Column, Row
from premises.registers import cells
from premises.registers.accounts import ACCOUNT
from premises.registers.cells import Cell, Unreadable

DATES = ("installed", "verified", "next_verification")
EARLIEST = dt.date(1950, 1, 1)  # no meter in use is older
RATIO = cells.number(3, least=Decimal(0), most=Decimal("999999.999"))
UNITS = {
    "m3": Unit.M3, "м3": Unit.M3, "м³": Unit.M3, "куб.м": Unit.M3, "kwh": Unit.KWH, "квт·ч": Unit.KWH, "квт*ч": Unit.KWH,
    "квтч": Unit.KWH, "квт.ч": Unit.KWH, "квт-ч": Unit.KWH, "квт·год": Unit.KWH, "gcal": Unit.GCAL, "гкал": Unit.GCAL,
    "gj": Unit.GJ, "гдж": Unit.GJ,
}  # fmt: skip


def unit(cell: Cell) -> Unit | None:
    """Read a unit; None for an empty cell."""
    text = cells.plain(cell).casefold().replace(" ", "")
    if text and text not in UNITS:
        raise Unreadable(_("This unit is not known: write m3, kWh, Gcal or GJ."))
    return UNITS.get(text)


def columns(account_length: int = 0) -> tuple[Column, ...]:
    """The columns; `account_length` is what numbers that Excel cut are filled up to with zeros (0: not at all)."""
    return (
        Column("meter_no", NUMBER, METER, required=True, filled=True),
        Column("account", cells.account(account_length), ACCOUNT, required=True),
        Column("resource", resource, RESOURCE, required=True, filled=True),
        Column("address", cells.text(300), ("адрес", "адрес дома", "адреса", "адреса будинку")),
        Column("model", words(60), ("модель", "марка", "тип прибора")),
        Column("place", words(60), ("место", "место установки", "місце", "місце встановлення")),
        Column("unit", unit, ("единица", "единица измерения", "одиниця", "одиниця виміру")),
        Column("zones", cells.whole(3), ("зон", "количество зон", "тарифных зон", "кількість зон")),
        Column("int_digits", cells.whole(9), ("знаков до запятой", "разрядность", "знаків до коми")),
        Column("decimals", cells.whole(4), ("знаков после запятой", "знаків після коми")),
        Column("ratio", RATIO, ("коэффициент трансформации", "коефіцієнт трансформації")),
        Column("installed", cells.date, ("установлен", "дата установки", "встановлено", "дата встановлення")),
        Column("verified", cells.date, ("поверен", "дата поверки", "повірено", "дата повірки")),
        Column(
            "next_verification", cells.date, ("следующая поверка", "дата следующей поверки", "наступна повірка")
        ),
        Column("sealed", words(40), ("пломба", "номер пломбы", "номер пломби")),
        Column("initial", VALUE, ("начальное показание", "начальное показание t1", "початкове показання")),
        Column("initial2", VALUE, ("начальное показание t2",)),
        Column("initial3", VALUE, ("начальное показание t3",)),
        Column("gis", words(40), ("номер в гис жкх", "номер прибора в гис жкх")),
    )  # fmt: skip


def look_over(row: Row) -> None:
    """Check what one row says in itself and fill in what is usual for its resource where it says nothing.

    Adds `initials`, a value per zone, and `given`, the names of the columns that say something themselves.
    """
    if not row.values.get("account") and not row.values.get("address"):
        row.refuse("account", _("Write the account of the flat, or the address if it is the meter of a house."))
    if row.is_good:
        _fill_in(row)


def look_at_new(row: Row, today: dt.date) -> None:
    """Check the dial and the days of a meter that the portal has not got; `today` is the company's."""
    _look_at_dial(row)
    look_at_dates(row, today, {})


def look_at_dates(row: Row, today: dt.date, there: Mapping[str, dt.date | None]) -> None:
    """Check the days that a row says; what the portal has (`there`, by column) is not asked about again."""
    values = row.values
    fresh = {name for name in DATES if name in values["given"] and values[name] != there.get(name)}
    for name in fresh - {"next_verification"}:
        if values[name] > today:
            row.refuse(name, _("This day has not come yet. Check the date."))
        elif values[name] < EARLIEST:
            row.refuse(name, _("This is too long ago. Check the year."))
    verified, following = (values.get(name) or there.get(name) for name in ("verified", "next_verification"))
    if verified and following and following <= verified and fresh - {"installed"}:
        row.refuse("next_verification", _("The next verification must be later than the last one."))


def _fill_in(row: Row) -> None:
    values, facts = row.values, FACTS[row.values["resource"]]
    values["given"] = frozenset(name for name, value in values.items() if value not in (None, ""))
    usual = {"unit": facts.unit, "int_digits": facts.int_digits, "decimals": facts.decimals, "ratio": Decimal(1)}
    for name, value in usual.items():
        if values.get(name) is None:
            values[name] = value
    given = [values.get(name) for name in ("initial", "initial2", "initial3")]
    zones = values.get("zones") or max(
        (zone for zone, value in enumerate(given, start=1) if value is not None), default=1
    )
    values["zones"] = zones
    values["initials"] = tuple(value if value is not None else Decimal(0) for value in given[:zones])
    if any(value is not None for value in given[zones:]):
        row.refuse("zones", _("There are more values at installation than zones."))
    values["installed"] = values.get("installed") or values.get("verified")
    if values["installed"] is None:
        row.refuse("installed", _("Write the day when the meter was installed, or at least verified."))


def _look_at_dial(row: Row) -> None:
    values = row.values
    if values["unit"] not in FACTS[values["resource"]].units:
        row.refuse("unit", _("This resource is not measured in this unit."))
    if not values["int_digits"]:
        row.refuse("int_digits", _("A dial has at least one digit before the comma."))
        return
    if not values["ratio"]:
        row.refuse("ratio", _("The ratio must be more than zero."))
    if any(value >= capacity(values["int_digits"]) for value in values["initials"]):
        row.refuse("initial", _("The meter has fewer digits before the comma. Check the value."))
    step = quantum(values["decimals"])
    if any(value != value.quantize(step) for value in values["initials"]):
        row.refuse("initial", _("The meter has fewer digits after the comma. Check the value."))


def resource_code(name: str) -> str:
    """The code that registers use for a resource: CW, HW, EL, GAS, HEAT."""
    return next(code for resource, (code, *_names) in NAMES.items() if resource == name).upper()
