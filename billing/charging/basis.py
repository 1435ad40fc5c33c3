"""What a charge is made of and what comes out: the words of charging (pure).

    charge(Method.METER, Basis(volume=Decimal("4.245")), Rate(Decimal("43.57"))).accrued   # 184.95

A `Rate` belongs to a service and a period, a `Pool` to a house, a service and a period, a `Basis` to an account and a service:
a mass run makes the first two once and the third once per line.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from billing.charging.exact import NOTHING, ZERO

Tiers = tuple[tuple[Decimal | None, Decimal], ...]  # ranges of a month: (up to, price), the last one up to None


class Method(StrEnum):
    """How a service is charged: the codes of docs/charging.md."""

    METER = "METER"
    NORM = "NORM"
    NORM_K = "NORM_K"
    ZONES = "ZONES"
    TIERS = "TIERS"
    COMMON = "COMMON"
    COMMON_N = "COMMON_N"
    HEAT_SEASON = "HEAT_SEASON"
    HEAT_12 = "HEAT_12"
    HEAT_HOUSE = "HEAT_HOUSE"
    HEAT_ROOMS = "HEAT_ROOMS"
    HEAT_AVG = "HEAT_AVG"
    SEWAGE = "SEWAGE"
    HW_2C = "HW_2C"
    AREA = "AREA"
    ACCOUNT = "ACCOUNT"
    PERSON = "PERSON"


class Mark(StrEnum):
    """How the volume was found, as the form prints it."""

    NORM = "N"
    METER = "M"
    OTHER = "O"  # the average and the like
    NONE = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the month, both included and counted from 1, with what held on them."""

    first: int
    last: int
    area: Decimal = ZERO
    persons: int = 0


@dataclass(frozen=True, slots=True)
class Basis:
    """What an account is in the period, for one service.

    `spans` replace `area` and `persons` where something changed inside the month, or where the account held the premises for
    a part of it only; they come in order of days. `volume` is None where there is no meter and no average. `parts` are
    the volumes between the dates of a tariff change, where readings of those dates are known.
    """

    area: Decimal = ZERO
    persons: int = 0
    days: int = 30  # of the month
    spans: tuple[Span, ...] = ()
    volume: Decimal | None = None  # m³, kWh, Gcal; of cold water for sewage
    hot: Decimal = ZERO  # hot water that runs into the sewer as well
    mark: Mark = Mark.METER
    zones: tuple[Decimal, ...] = ()
    parts: tuple[Decimal, ...] = ()
    coefficient: Decimal | None = None  # over 1 where the cause raises the norm: broken, expired, no access
    raised: Decimal | None = None  # the part of the volume that it raises: one meter of several; None is all of it


@dataclass(frozen=True, slots=True)
class Rate:
    """The tariff of a service in a period, with what the service is normed by.

    `changes` are tariffs that begin inside the month: (first day, tariff), in order of days. `tiers` are (up to, tariff) of
    a month, the last one up to None; `tier_changes` are such lists that begin inside the month.
    """

    tariff: Decimal
    changes: tuple[tuple[int, Decimal], ...] = ()
    norm: Decimal | None = None  # a month: per person, per m² for heating; PERSON: a year
    months: int | None = None  # HEAT_12: months of the heating season
    zones: tuple[Decimal, ...] = ()
    tiers: Tiers = ()
    tier_changes: tuple[tuple[int, Tiers], ...] = ()
    zone_changes: tuple[tuple[int, tuple[Decimal, ...]], ...] = ()
    heat_tariff: Decimal = ZERO  # HW_2C: the second component
    heat_changes: tuple[tuple[int, Decimal], ...] = ()
    heat_per_m3: Decimal = ZERO  # HW_2C: q, Gcal to heat one m³
    heat_average: Decimal = ZERO  # HEAT_AVG: Gcal per m² of a mean month

    def over(self, months: int) -> "Rate":
        """The tariff for what ran through in several months together: each of them has its own ranges."""

        def wider(tiers: Tiers) -> Tiers:
            return tuple((None if upto is None else upto * months, price) for upto, price in tiers)

        changes = tuple((day, wider(tiers)) for day, tiers in self.tier_changes)
        return replace(self, tiers=wider(self.tiers), tier_changes=changes)

    @property
    def by_days(self) -> tuple[Decimal, tuple[tuple[int, Decimal], ...]]:
        """The price of one unit with all its components on the first day, and those that begin inside the month."""

        def on(day: int, first: Decimal, changes: tuple[tuple[int, Decimal], ...]) -> Decimal:
            return next((price for begin, price in reversed(changes) if begin <= day), first)

        begins = sorted({day for day, _price in (*self.changes, *self.heat_changes)})
        first, *later = [
            on(day, self.tariff, self.changes) + self.heat_per_m3 * on(day, self.heat_tariff, self.heat_changes)
            for day in (1, *begins)
        ]
        return first, tuple(zip(begins, later, strict=True))

    def has_zones(self, count: int) -> bool:
        """Whether what a meter of so many zones shows is charged by zones; else the one tariff holds."""
        return 1 < count <= len(self.zones)

    def of_zone(self, place: int) -> "Rate":
        """The tariff of one zone, counted from 0; raises `NotEnough` where it has no price on some days."""
        try:
            changes = tuple((day, prices[place]) for day, prices in self.zone_changes)
            return Rate(self.zones[place], changes)
        except IndexError:
            raise NotEnough("zone tariff") from None


@dataclass(frozen=True, slots=True)
class Pool:
    """What a house shares out among its premises by area, of one service in a period. Made in `billing.charging.house`."""

    volume: Decimal  # to share out, never below zero for common use
    area: Decimal  # of all living and non-living premises, without the common property
    mark: Mark = Mark.METER
    company: Decimal = ZERO  # the volume above the cap: the managing company pays it
    carry: Decimal = ZERO  # below zero: to be offset in the next period
    unmetered: Decimal = ZERO  # HEAT_ROOMS: Gcal per m² of premises without a meter of their own


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-line: a zone, a tier, a component or the days of one tariff. The amounts of a line's parts add up to it."""

    volume: Decimal
    tariff: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Result:
    """One charged line. `total` is what it adds to the document before recalculation and benefit."""

    method: Method
    mark: Mark
    tariff: Decimal
    volume: Decimal | None = None
    accrued: Decimal = NOTHING
    mark_common: Mark = Mark.NONE
    volume_common: Decimal | None = None
    accrued_common: Decimal = NOTHING
    coefficient: Decimal | None = None
    excess: Decimal = NOTHING  # what the coefficient adds, apart from the plain charge
    parts: tuple[Part, ...] = ()

    @property
    def total(self) -> Decimal:
        return self.accrued + self.accrued_common + self.excess

    @property
    def by_tariff(self) -> tuple[Part, ...]:
        """The sub-lines that a document prints: one for each tariff, none where one tariff tells all.

        The second component of hot water is heat, of another unit than the line: it is no sub-line.
        """
        if self.method == Method.HW_2C or len({part.tariff for part in self.parts}) < 2:
            return ()
        sums: dict[Decimal, Part] = {}
        for part in self.parts:
            had = sums.get(part.tariff, Part(ZERO, part.tariff, NOTHING))
            sums[part.tariff] = Part(had.volume + part.volume, part.tariff, had.amount + part.amount)
        return tuple(sums.values())


class NotEnough(ValueError):
    """Something without which this method cannot charge is not known. Said to staff, never charged as zero."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
