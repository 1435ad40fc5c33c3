"""What a flat of the demo town is charged for in a month: services, volumes and tariffs (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from lib.money import rounded
from portal.town.flats import Flat, is_silent

LITRE = Decimal("0.001")
ZERO = Decimal(0)
# Share of a winter's heat by month; the season is October to April.
SEASON = {10: "0.45", 11: "0.80", 12: "1.10", 1: "1.25", 2: "1.15", 3: "0.85", 4: "0.40"}
HOUSING = {"RU": "Жилищные услуги", "UA": "Утримання будинку"}
UTILITIES = {"RU": "Коммунальные услуги", "UA": "Комунальні послуги"}


@dataclass(frozen=True)
class Line:
    """One service line of a document."""

    group: str
    code: str
    service: str
    unit: str
    volume: Decimal | None
    method: str
    tariff: Decimal | None
    accrued: Decimal
    recalculated: Decimal = Decimal("0.00")
    benefit: Decimal = Decimal("0.00")
    penalty: Decimal = Decimal("0.00")

    @property
    def payable(self) -> Decimal:
        return self.accrued + self.recalculated - self.benefit + self.penalty


def charged(country: str, flat: Flat, month: date, chance: Random) -> list[Line]:
    """Return the lines of the month's main document."""
    lines = list(_russian(flat, month, chance) if country == "RU" else _ukrainian(flat, month, chance))
    return [line for line in lines if line.accrued]


def repair(flat: Flat, month: date) -> list[Line]:
    """Return the line of the capital repair document (Russia)."""
    return [
        _line(HOUSING["RU"], "REPAIR", "Взнос на капитальный ремонт", "м2", flat.area, "", tariff_of("5.50", month))
    ]


def _russian(flat: Flat, month: date, chance: Random) -> Iterator[Line]:
    cold, hot = _cold(flat, month, chance, "2.4"), _water(flat, chance, "1.6")
    how = "O" if is_silent(flat, month) else "M"
    house, utility = HOUSING["RU"], UTILITIES["RU"]
    upkeep = _line(house, "UPKEEP", "Содержание жилья", "м2", flat.area, "", tariff_of("24.36", month))
    yield _with_benefit(upkeep, flat)
    yield _line(house, "SOI_EL", "Электроэнергия СОИ", "кВт·ч", _part(flat, "0.190"), "N", tariff_of("4.85", month))
    yield _line(utility, "COLD", "Холодная вода", "м3", cold, how, tariff_of("43.57", month))
    yield _line(utility, "HOT", "Горячая вода", "м3", hot, how, tariff_of("168.42", month))
    yield _line(utility, "SEWAGE", "Водоотведение", "м3", cold + hot, how, tariff_of("32.18", month))
    heat = _line(utility, "HEAT", "Отопление", "Гкал", _heat(flat, month, "0.0186"), "N", tariff_of("2245.68", month))
    yield _recalculated(heat, chance)
    power = Decimal(chance.randint(70, 130) * (1 + flat.residents))
    yield _line(utility, "POWER", "Электроэнергия", "кВт·ч", power, how, tariff_of("6.93", month))
    yield _line(
        utility, "WASTE", "Обращение с ТКО", "чел.", Decimal(max(flat.residents, 1)), "N", tariff_of("104.15", month)
    )


def _ukrainian(flat: Flat, month: date, chance: Random) -> Iterator[Line]:
    cold = _cold(flat, month, chance, "3.1")
    how = "O" if is_silent(flat, month) else "M"
    house, utility = HOUSING["UA"], UTILITIES["UA"]
    upkeep = _line(house, "UPKEEP", "Управління будинком", "м2", flat.area, "", tariff_of("7.40", month))
    yield _with_benefit(upkeep, flat)
    yield _line(utility, "COLD", "Холодна вода", "м3", cold, how, Decimal("18.94"))
    yield _line(utility, "SEWAGE", "Водовідведення", "м3", cold, how, Decimal("17.22"))
    yield _line(utility, "FEE", "Абонентське обслуговування", "рахунок", Decimal(1), "", Decimal("24.11"))
    heat = _line(utility, "HEAT", "Опалення", "Гкал", _heat(flat, month, "0.0172"), "N", Decimal("1654.41"))
    yield _recalculated(heat, chance)
    yield _line(
        utility, "WASTE", "Вивезення відходів", "ос.", Decimal(max(flat.residents, 1)), "N", tariff_of("32.50", month)
    )


def _line(group: str, code: str, service: str, unit: str, volume: Decimal, method: str, tariff: Decimal) -> Line:
    return Line(group, code, service, unit, volume, method, tariff, rounded(volume * tariff))


def penalty_line(country: str, amount: Decimal) -> Line:
    """A penalty is a line of its own: it belongs to no service."""
    name = {"RU": "Пени за просрочку оплаты", "UA": "Пеня за прострочення оплати"}[country]
    return Line("", "PENALTY", name, "", None, "", None, Decimal("0.00"), penalty=amount)


def tariff_of(base: str, month: date) -> Decimal:
    """Tariffs grow by 8 % every first of July since 2024."""
    steps = max(0, month.year - 2024 + (month.month >= 7))
    return rounded(Decimal(base) * Decimal("1.08") ** steps)


def _water(flat: Flat, chance: Random, norm: str) -> Decimal:
    """Metered water: about the norm of every resident, to the litre."""
    volume = Decimal(norm) * flat.residents * Decimal(chance.randint(70, 130)) / 100
    return volume.quantize(LITRE, ROUND_HALF_UP)


def _cold(flat: Flat, month: date, chance: Random, norm: str) -> Decimal:
    return _water(flat, chance, norm) * (6 if leaks(flat, month) else 1)


def leaks(flat: Flat, month: date) -> bool:
    """Once a year some flats have a tap that runs: their cold water is many times the usual."""
    return flat.number % 4 == 1 and month.month == flat.number // 4 % 12 + 1


def _heat(flat: Flat, month: date, norm: str) -> Decimal:
    return (flat.area * Decimal(norm) * Decimal(SEASON.get(month.month, "0"))).quantize(LITRE, ROUND_HALF_UP)


def _part(flat: Flat, norm: str) -> Decimal:
    return (flat.area * Decimal(norm)).quantize(LITRE, ROUND_HALF_UP)


def _with_benefit(line: Line, flat: Flat) -> Line:
    """Half of the upkeep is taken off for those with a benefit."""
    return Line(**(vars(line) | {"benefit": rounded(line.accrued / 2)})) if flat.has_benefit else line


def _recalculated(line: Line, chance: Random) -> Line:
    """Now and then the heat of an earlier month is corrected."""
    share = Decimal(chance.randint(-15, 10)) / 100 if chance.random() < 0.08 else Decimal(0)
    return Line(**(vars(line) | {"recalculated": rounded(line.accrued * share)}))
