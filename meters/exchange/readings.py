"""The register of readings, one row per zone of a meter and day. Pure: asks no database.

    account;meter_no;resource;zone;date;value;source
    10117;0123456-19;HW;1;24.10.2026;152,347;owner

or the workbook of ГИС ЖКХ, with a column for each zone and the meter's number alone:

    Номер прибора учета в ГИС ЖКХ; Вид коммунального ресурса; Показание T1; T2; T3; Дата снятия показания; Период

Columns are told by their words, so both may be mixed. An empty account means the meter of a whole house. A file that the
portal wrote for looking at has a column `state`; its rows that do not count are passed over.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop as _

from lib.text import account_key, search_key
from meters.models.reading import ReadingState, Source
from meters.resources import Resource, parse_resource
from premises.register import Column, Problem, Register, Row
from premises.registers import cells
from premises.registers.accounts import ACCOUNT
from premises.registers.cells import Cell, Reader, Unreadable

METER = (
    "номер счётчика", "номер прибора", "номер прибора учёта", "номер прибора учёта в гис жкх", "заводской номер",
    "заводской номер прибора учёта", "№ счётчика", "номер лічильника", "заводський номер", "№ лічильника",
)  # fmt: skip
RESOURCE = ("ресурс", "вид ресурса", "вид коммунального ресурса", "услуга", "вид ресурсу", "послуга")
# T stands in these headers as a Latin and as a Cyrillic letter.
T1, T2, T3 = (
    tuple(f"{word} {letter}{zone}".strip() for word in ("показание", "показания", "показання", "") for letter in "TТ")
    for zone in (1, 2, 3)
)
VALUE = cells.number(4, least=Decimal(0), most=Decimal("99999999999.9999"))  # the dial says what it can show
ZONES = (1, 2, 3)

SOURCES: dict[str, tuple[str, ...]] = {
    Source.CONTROLLED: ("акт", "контрольное", "контрольное показание", "контрольне"),
    Source.COMPANY: ("компания", "ук", "управляющая организация", "компанія", "управитель"),
    Source.SUPPLIER: ("поставщик", "рсо", "ресурсоснабжающая организация", "постачальник", "виконавець"),
    Source.AUTOMATIC: ("автоматически", "аскуэ", "дистанционно", "автоматично", "аское"),
    Source.COUNCIL: ("совет дома", "совет", "рада будинку"),
    Source.OWNER: ("собственник", "житель", "абонент", "потребитель", "власник", "мешканець", "споживач"),
}
PASSED_OVER = frozenset({ReadingState.KEPT, ReadingState.WITHDRAWN})
BY_NAME = {search_key(name): source for source, names in SOURCES.items() for name in (source, *names)}


def words(longest: int) -> Reader:
    """A reader of text as it stands; the apostrophe that keeps a spreadsheet from reckoning goes."""
    read = cells.text(longest)

    def without_apostrophe(cell: Cell) -> str:
        text = cells.plain(cell)
        return str(read(text[1:] if text.startswith(("'=", "'+", "'-", "'@")) else cell))

    return without_apostrophe


NUMBER = words(50)


def resource(cell: Cell) -> Resource | None:
    """Read a resource by its code or its name in three languages; None for an empty cell."""
    text = cells.plain(cell)
    found = parse_resource(text)
    if text and found is None:
        raise Unreadable(_("This resource is not known: write CW, HW, EL, GAS or HEAT."))
    return found


def source(cell: Cell) -> str:
    """Read who took the value; an empty cell is the company."""
    text = search_key(cells.plain(cell))
    if text and text not in BY_NAME:
        raise Unreadable(
            _("This source is not known: write company, supplier, automatic, controlled, council or owner.")
        )
    return BY_NAME.get(text, Source.COMPANY)


def columns(account_length: int = 0) -> tuple[Column, ...]:
    """The columns; `account_length` is what numbers that Excel cut are filled up to with zeros (0: not at all)."""
    return (
        Column("account", cells.account(account_length), ACCOUNT),
        Column("meter_no", NUMBER, METER, required=True, filled=True),
        Column("resource", resource, RESOURCE, required=True, filled=True),
        Column("zone", cells.whole(3), ("зона", "тариф", "тарифна зона", "тарифная зона")),
        Column(
            "date", cells.date, ("дата", "дата снятия показания", "дата показания", "дата зняття показання"),
            required=True, filled=True,
        ),
        Column("value", VALUE, ("показание", "показания", "показання", "значение", "значення")),
        Column("t1", VALUE, T1),
        Column("t2", VALUE, T2),
        Column("t3", VALUE, T3),
        Column("period", cells.period, ("период", "расчётный период", "період", "розрахунковий період")),
        Column("source", source, ("источник", "кто снял", "джерело")),
        Column("state", cells.text(40)),
    )  # fmt: skip


Key = tuple[str, str, str]  # account, resource, number of the meter; as they are compared


@dataclass(slots=True)
class Said:
    """One reading as the file states it: the values of its zones, and the row where it first stands."""

    line: int
    key: Key
    taken_on: dt.date
    period: dt.date | None
    source: str
    values: dict[int, Decimal] = field(default_factory=dict)
    rows: int = 1

    def zones(self, count: int) -> tuple[Decimal, ...] | None:
        """The values of a meter with so many zones, or None: the file lacks one or has one too many."""
        wanted = ZONES[:count]
        return tuple(self.values[zone] for zone in wanted) if set(self.values) == set(wanted) else None


@dataclass
class Gathered:
    """The readings of a file by their meters, in the order of the file; `repeated` rows say nothing new."""

    by_meter: dict[Key, list[Said]] = field(default_factory=dict)
    bad: int = 0  # rows that cannot be read
    repeated: int = 0
    _said: dict[tuple[Any, ...], Said] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Put one row to the others of its reading; what it says wrongly is noted in the row."""
        if row.values.get("state") in PASSED_OVER:
            row.warn("state", _("This reading did not count in the portal: the row is not read."))
            self.repeated += 1
            return
        values = _values(row)
        if not row.is_good or not values:
            self.bad += 1
            return
        cell = row.values
        key = (account_key(cell.get("account") or ""), str(cell["resource"]), account_key(cell["meter_no"]))
        whole = (key, cell["date"], cell.get("period"), cell.get("source", Source.COMPANY))
        said = self._said.get(whole)
        if said is None:
            said = self._said[whole] = Said(row.line, *whole, values)
            self.by_meter.setdefault(key, []).append(said)
        else:
            self._join(said, values, row)

    def _join(self, said: Said, values: dict[int, Decimal], row: Row) -> None:
        """Another zone of a reading, the same once more, or a contradiction."""
        if any(said.values.get(zone, value) != value for zone, value in values.items()):
            row.refuse("value", _("Row %(row)s has another value of this meter on the same day."), row=str(said.line))
            self.bad += 1
        elif values.keys() <= said.values.keys():
            self.repeated += 1
        else:
            said.values |= values
            said.rows += 1


def _values(row: Row) -> dict[int, Decimal]:
    """The values of a row by zone: from its `zone` and `value`, or from T1, T2 and T3."""
    cell = row.values
    if cell.get("value") is not None:
        zone = cell.get("zone")
        if zone == 0:
            row.refuse("zone", _("The zone must be 1, 2 or 3."))
        return {1 if zone is None else zone: cell["value"]}
    found = {
        zone: cell[name] for zone, name in zip(ZONES, ("t1", "t2", "t3"), strict=True) if cell.get(name) is not None
    }
    if not found and row.is_good:
        row.refuse("value", _("This cell must be filled in."))
    return found


def gather(register: Register, note: Callable[[Iterable[Problem]], None]) -> Gathered:
    """Read a register through; problems go to `note` row by row, readings come by their meters."""
    gathered = Gathered()
    if not any(register.has(name) for name in ("value", "t1")) and not register.problems:
        register.lack("value")
    note(register.problems)
    for row in register:
        if row.values:
            gathered.take(row)
        note(row.problems)
    return gathered
