"""What is measured: the resources, their units and what is usual for each. Pure: no database.

Digits and years of verification are the usual ones of household meters; a meter's own passport always wins. Where no
rule gives a number, the comment says what it was taken from.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from lib.text import search_key


class Resource(TextChoices):
    """What flows through the meter."""

    COLD = "cold", _("Cold water")
    HOT = "hot", _("Hot water")
    POWER = "power", _("Electricity")
    GAS = "gas", _("Gas")
    HEAT = "heat", _("Heat")


class Unit(TextChoices):
    """What the dial counts in."""

    M3 = "m3", _("m³")
    KWH = "kwh", _("kWh")
    GCAL = "gcal", _("Gcal")
    GJ = "gj", _("GJ")


@dataclass(frozen=True)
class Facts:
    """What is usual for one resource. Volumes are in the base `unit`, which is also the first of `units`."""

    units: tuple[Unit, ...]
    int_digits: int
    decimals: int
    verification_years: dict[str, int]  # by country; a default for meters whose passport is not known
    icon: str
    tone: str
    roll_floor: Decimal  # a month's volume up to which a passed zero is believed whatever was usual before
    high_floor: Decimal  # a month's volume that is never called high, however little was usual before
    physical_per_day: Decimal  # more does not go through the pipe, wire or meter of a flat

    hot_to_cold: ClassVar[Decimal] = Decimal(2)  # more hot water than this many times the cold is doubted

    @property
    def unit(self) -> Unit:
        """The base unit: what tariffs and norms are written in."""
        return self.units[0]


# DN15, the pipe of a flat: 1.5 m³/h all day.
DN15_PER_DAY = Decimal("1.5") * 24

FACTS: dict[str, Facts] = {
    Resource.COLD: Facts(
        units=(Unit.M3,),
        int_digits=5,
        decimals=3,
        verification_years={"RU": 6, "UA": 4},
        icon="water-cold",
        tone="cold",
        roll_floor=Decimal(30),
        high_floor=Decimal(2),
        physical_per_day=DN15_PER_DAY,
    ),
    Resource.HOT: Facts(
        units=(Unit.M3,),
        int_digits=5,
        decimals=3,
        verification_years={"RU": 4, "UA": 4},
        icon="water-hot",
        tone="hot",
        roll_floor=Decimal(30),
        high_floor=Decimal(2),
        physical_per_day=DN15_PER_DAY,
    ),
    Resource.POWER: Facts(
        units=(Unit.KWH,),
        int_digits=6,
        decimals=1,
        verification_years={"RU": 16, "UA": 16},
        icon="power",
        tone="power",
        roll_floor=Decimal(1000),
        high_floor=Decimal(50),
        # 15 kW all day: what a household is connected with.
        physical_per_day=Decimal(15) * 24,
    ),
    Resource.GAS: Facts(
        units=(Unit.M3,),
        int_digits=5,
        decimals=3,
        verification_years={"RU": 10, "UA": 8},
        icon="gas",
        tone="gas",
        # As for water a few months of a usual flat; a boiler in winter burns ten times what a stove does.
        roll_floor=Decimal(300),
        high_floor=Decimal(10),
        # Meter G6, the largest in homes: 10 m³/h all day.
        physical_per_day=Decimal(10) * 24,
    ),
    Resource.HEAT: Facts(
        units=(Unit.GCAL, Unit.KWH, Unit.GJ),
        int_digits=5,
        decimals=3,
        verification_years={"RU": 4, "UA": 4},
        icon="heat",
        tone="heat",
        # About three coldest months of a flat of 60 m².
        roll_floor=Decimal(5),
        high_floor=Decimal("0.5"),
        # DN15 again: 1.5 m³/h cooled by 40 °C give 0.06 Gcal/h.
        physical_per_day=DN15_PER_DAY * Decimal("0.04"),
    ),
}

# How much of each unit is one Gcal. Heat alone is counted in several units.
HEAT_PER_GCAL = {Unit.GCAL: Decimal(1), Unit.GJ: Decimal("4.1868"), Unit.KWH: Decimal(1163)}
VOLUME = Decimal("0.000001")  # what is computed is kept with 6 decimals


def to_base(value: Decimal, unit: str, resource: str) -> Decimal:
    """Return a volume in the resource's base unit, with 6 decimals if it had to be converted.

    The resource decides: 100 kWh of electricity stay 100 kWh, of heat they are 0.085985 Gcal. A unit in which the
    resource is not counted raises KeyError.

    >>> to_base(Decimal("1163"), Unit.KWH, Resource.HEAT)
    Decimal('1.000000')
    """
    share = _per_base(unit, resource)
    return value if share == 1 else (value / share).quantize(VOLUME, ROUND_HALF_UP)


def from_base(value: Decimal, unit: str, resource: str) -> Decimal:
    """Return a volume of the base unit in `unit`, not rounded; raises as `to_base`."""
    return value * _per_base(unit, resource)


def _per_base(unit: str, resource: str) -> Decimal:
    facts = FACTS[resource]
    if unit not in facts.units:
        raise KeyError(unit)
    return Decimal(1) if unit == facts.unit else HEAT_PER_GCAL[Unit(unit)]


# How registers call the resources: codes, abbreviations, the state system's names, Russian and Ukrainian usage.
NAMES: dict[Resource, tuple[str, ...]] = {
    Resource.COLD: (
        "cw", "cold", "cold water", "хвс", "хв", "х/в", "хпв", "хвп", "холодная вода", "холодное водоснабжение",
        "холодна вода", "холодне водопостачання", "постачання холодної води",
    ),
    Resource.HOT: (
        "hw", "hot", "hot water", "гвс", "гв", "г/в", "гвп", "горячая вода", "горячее водоснабжение",
        "гаряча вода", "гаряче водопостачання", "постачання гарячої води",
    ),
    Resource.POWER: (
        "el", "power", "electricity", "ээ", "э/э", "ее", "е/е", "электроэнергия", "электричество", "электрическая энергия",
        "электроснабжение", "електроенергія", "електрика", "електрична енергія", "електропостачання",
        "постачання електричної енергії",
    ),
    Resource.GAS: (
        "gas", "газ", "природный газ", "газоснабжение", "природний газ", "газопостачання", "постачання природного газу",
    ),
    Resource.HEAT: (
        "heat", "heating", "отопление", "тепло", "тэ", "т/э", "теплоэнергия", "тепловая энергия", "теплоснабжение",
        "центральное отопление", "опалення", "те", "теплоенергія", "теплова енергія", "теплопостачання",
        "централізоване опалення", "постачання теплової енергії",
    ),
}  # fmt: skip
BY_NAME = {search_key(name): resource for resource, names in NAMES.items() for name in names}


def parse_resource(text: str) -> Resource | None:
    """Return the resource a register means by a code or a name in three languages, or None.

    >>> parse_resource(" Электрическая  энергия ")
    Resource.POWER
    """
    return BY_NAME.get(search_key(text))
