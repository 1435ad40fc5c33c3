"""What was used between two readings, whether it can be true, and what is taken when nobody reads. Pure: no database.

Volumes are Decimal in the meter's unit. Sources: ПП 354 п. 59–61 for averages and norms, the domain handbook for the
anomalies; numbers marked «design» are our own choice.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from statistics import median as middle

from meters.resources import FACTS, VOLUME, Resource, from_base

MONTH = Decimal("30.4375")  # days of a mean month, leap years counted
SHORTEST = 30  # design: a few busy days are compared with a month as they are, not multiplied up to one
RECENT = 6  # months that averages and medians look back on
FEWEST = 3  # months without which nothing is «usual»
TIMES_USUAL = 3
GLUED_TIMES = 500
QUIET_MONTHS = 2  # before the one being sent: three in all
SHORTEST_SERIAL = 5  # design: shorter numbers, and the year in «123456-2019», meet readings by chance
DWELLING_LIMIT = 3  # periods in a row that may be charged by the average
OTHER_LIMIT = 2  # the same for non-residential premises
ZERO = Decimal(0)


# --- Between two readings -------------------------------------------------------------------------------------------


def quantum(decimals: int) -> Decimal:
    """Return the smallest step of a dial: 0.001 for three decimals."""
    return Decimal(1).scaleb(-decimals)


def capacity(int_digits: int) -> Decimal:
    """Return what a dial counts before it begins anew: 100000 for five digits."""
    return Decimal(10) ** int_digits


def used(previous: Decimal, current: Decimal, *, int_digits: int, passed_zero: bool = False) -> Decimal:
    """Return what ran through the meter, never negative; raises ValueError for a fall that is not explained.

    >>> used(Decimal("99998.450"), Decimal("3.120"), int_digits=5, passed_zero=True)
    Decimal('4.670')
    """
    if passed_zero and current < previous <= capacity(int_digits):
        return capacity(int_digits) - previous + current
    return _risen(previous, current)


def replaced(previous: Decimal, final: Decimal, initial: Decimal, current: Decimal) -> Decimal:
    """Return what ran through the old meter and the new one together; raises ValueError if either fell."""
    return _risen(previous, final) + _risen(initial, current)


def _risen(before: Decimal, after: Decimal) -> Decimal:
    if after < before:
        raise ValueError("The meter fell")
    return after - before


# --- What is usual --------------------------------------------------------------------------------------------------


def monthly(volume: Decimal, days: int) -> Decimal:
    """Return what a volume of so many days makes in a mean month, to 6 decimals; less than a day counts as one."""
    return _rounded(volume * MONTH / max(days, 1))


def median(volumes: Sequence[Decimal]) -> Decimal | None:
    """Return the median of the last six monthly volumes, given newest first; None for fewer than three."""
    recent = volumes[:RECENT]
    return middle(recent) if len(recent) >= FEWEST else None


def rollover_limit(resource: str, usual: Sequence[Decimal], *, unit: str = "") -> Decimal:
    """Return up to what monthly volume a passed zero is believed: three times the mean of six months, with a floor.

    `usual` are monthly volumes, newest first; both they and the result are in `unit` (empty: the base unit).
    """
    floor = _in_unit(FACTS[resource].roll_floor, resource, unit)
    recent = usual[:RECENT]
    if len(recent) < FEWEST:
        return floor
    return max(floor, TIMES_USUAL * sum(recent, ZERO) / len(recent))


def rollover(previous: Decimal, current: Decimal, *, int_digits: int, limit: Decimal) -> Decimal | None:
    """Return the volume if the meter may have passed zero between the two values, else None."""
    if not (current < previous <= capacity(int_digits)):
        return None
    volume = capacity(int_digits) - previous + current
    return volume if volume <= limit else None


def _in_unit(amount: Decimal, resource: str, unit: str) -> Decimal:
    return from_base(amount, unit or FACTS[resource].unit, resource)


def _rounded(volume: Decimal) -> Decimal:
    return volume.quantize(VOLUME, ROUND_HALF_UP)


# --- Can it be true? ------------------------------------------------------------------------------------------------


class Doubt(StrEnum):
    """Why a value should be looked at once more before it counts."""

    LOWER = "lower"  # less than before: mistyped, another meter, or it passed zero
    HIGH = "high"  # more than three times what is usual
    ZERO = "zero"  # nothing used for three months while people live there
    HOT_OVER_COLD = "hot_over_cold"  # of the account's totals; `judge` sees one meter and never says it
    GLUED = "glued"  # the comma was left out
    SERIAL = "serial"  # the meter's number instead of its value
    IMPOSSIBLE = "impossible"  # more than goes through the pipe


@dataclass(frozen=True)
class Past:
    """What is known of a meter, or of one zone of it, before the reading that is judged."""

    previous: Decimal | None
    previous_on: date | None
    usual: tuple[Decimal, ...] = ()  # monthly volumes × ratio, newest first; an act may have made one negative
    zero_months: int = 0  # how many months in a row just before had zero


@dataclass(frozen=True)
class Dial:
    """The face of a meter. `house_wide`: the meter of a whole house, to which no limit of a flat's pipe applies."""

    resource: str
    int_digits: int
    decimals: int
    ratio: Decimal = Decimal(1)
    serial: str = ""
    unit: str = ""  # empty: the base unit of the resource
    house_wide: bool = False


@dataclass(frozen=True)
class Verdict:
    """What `judge` found. Volumes are multiplied by the ratio of the meter.

    `volume` is None without a previous value and for an unexplained fall (LOWER). `rolled` is the volume of a value below
    the previous one if the meter may have passed zero, whether or not the resident has said so. `suggestion` is a value,
    not a volume: the typed one with its comma back.
    """

    volume: Decimal | None
    doubts: tuple[Doubt, ...]
    rolled: Decimal | None = None
    suggestion: Decimal | None = None


def judge(
    dial: Dial, past: Past, value: Decimal, *, on: date, people: int | None, passed_zero: bool = False
) -> Verdict:
    """Judge a value of one zone, read on a day. A value equal to the previous one is fine.

    `people` live there (None: not known). `passed_zero`: the resident says so; believed only within the limit.
    """
    serial = (Doubt.SERIAL,) if _is_serial(dial.serial, value, dial.decimals) else ()
    if past.previous is None:
        return Verdict(None, serial)
    scale = _Scale(dial, past, _days(past.previous_on, on))
    if value >= past.previous:
        return _judge_rise(scale, value, people, serial)
    rolled = scale.rolled(value)
    if passed_zero and rolled is not None:
        return Verdict(rolled, (*scale.size_doubts(rolled), *serial), rolled=rolled)
    return Verdict(None, (Doubt.LOWER, *serial), rolled=rolled)


def _judge_rise(scale: "_Scale", value: Decimal, people: int | None, serial: tuple[Doubt, ...]) -> Verdict:
    volume = scale.volume(value)
    suggestion = None if scale.is_sane(volume) else scale.with_comma(value)
    doubts = scale.size_doubts(volume)
    if suggestion is not None or (scale.is_many_times_previous(value) and not scale.is_sane(volume)):
        doubts = (Doubt.GLUED, *doubts)
    if volume == 0 and scale.past.zero_months >= QUIET_MONTHS and people:
        doubts = (Doubt.ZERO,)
    return Verdict(volume, (*doubts, *serial), suggestion=suggestion)


@dataclass(frozen=True)
class _Scale:
    """The yardsticks for one reading: its dial, its past and the days since the previous value."""

    dial: Dial
    past: Past
    days: int

    @property
    def previous(self) -> Decimal:
        return self.past.previous or ZERO

    @property
    def usual(self) -> Decimal:
        """The median of the last months; zero where too few are known or corrections outweigh them."""
        return max(median(self.past.usual) or ZERO, ZERO)

    def volume(self, value: Decimal) -> Decimal:
        return (value - self.previous) * self.dial.ratio

    def month_of(self, volume: Decimal) -> Decimal:
        """The volume as one of a month, to compare it with what is usual."""
        return monthly(volume, self.days) if self.days > SHORTEST else volume

    def fact(self, amount: Decimal) -> Decimal:
        """A number of FACTS in the unit of this meter, behind its transformers."""
        return _in_unit(amount, self.dial.resource, self.dial.unit) * self.dial.ratio

    def is_high(self, volume: Decimal) -> bool:
        """Whether it is over three times the usual and over the floor, under which a jump is no wonder."""
        floor = self.fact(FACTS[self.dial.resource].high_floor)
        return bool(self.usual) and self.month_of(volume) > max(TIMES_USUAL * self.usual, floor)

    def is_impossible(self, volume: Decimal) -> bool:
        most = self.fact(FACTS[self.dial.resource].physical_per_day) * self.days
        return not self.dial.house_wide and volume > most

    def is_sane(self, volume: Decimal) -> bool:
        """Whether nobody would wonder at the volume; where nothing is usual yet, the limit of a passed zero decides."""
        if self.is_impossible(volume) or self.is_high(volume):
            return False
        return bool(self.usual) or self.month_of(volume) <= self.month_limit

    @property
    def month_limit(self) -> Decimal:
        facts = FACTS[self.dial.resource]
        limit = rollover_limit(self.dial.resource, self.past.usual, unit=self.dial.unit)
        return max(limit, self.fact(facts.roll_floor))

    def size_doubts(self, volume: Decimal) -> tuple[Doubt, ...]:
        found = {Doubt.HIGH: self.is_high(volume), Doubt.IMPOSSIBLE: self.is_impossible(volume)}
        return tuple(doubt for doubt, is_so in found.items() if is_so)

    def rolled(self, value: Decimal) -> Decimal | None:
        """The volume if zero was passed: within the limit of the months gone by and half a turn of the dial (design)."""
        half_turn = capacity(self.dial.int_digits) / 2
        months = max(Decimal(self.days) / MONTH, Decimal(1))
        limit = half_turn if self.dial.house_wide else min(half_turn, self.month_limit * months / self.dial.ratio)
        volume = rollover(self.previous, value, int_digits=self.dial.int_digits, limit=limit)
        return None if volume is None else volume * self.dial.ratio

    def is_many_times_previous(self, value: Decimal) -> bool:
        return self.previous > 0 and value > GLUED_TIMES * self.previous

    def with_comma(self, value: Decimal) -> Decimal | None:
        """The value with a comma put back so that it makes sense, or None if it was typed with one or none fits."""
        if value != value.to_integral_value():
            return None
        for decimals in range(self.dial.decimals, 0, -1):
            candidate = value.scaleb(-decimals).quantize(quantum(self.dial.decimals))
            if candidate >= self.previous and self.is_sane(self.volume(candidate)):
                return candidate
        return None


def _days(before: date | None, on: date) -> int:
    """Days between two readings, at least one; a month when the day of the first is not known."""
    return max((on - before).days, 1) if before else SHORTEST


def _is_serial(serial: str, value: Decimal, decimals: int) -> bool:
    """Whether the digits are those of the meter's number, or of one part of it («0123456-19»); zeros in front aside."""
    numbers = {number.lstrip("0") for number in [re.sub(r"[^0-9]", "", serial), *re.findall(r"[0-9]+", serial)]}
    whole, _, part = f"{value:.{decimals}f}".partition(".")
    shortest = len(part.rstrip("0"))  # zeros at the end may have been typed or added by the dial
    typed = {(whole + part[:length]).lstrip("0") for length in range(shortest, len(part) + 1)}
    return any(len(number) >= SHORTEST_SERIAL for number in numbers & typed)


def hot_over_cold(hot: Decimal, cold: Decimal) -> bool:
    """Whether an account's hot water of a period is over twice its cold; little of it is no wonder (design)."""
    facts = FACTS[Resource.HOT]
    return hot > max(facts.hot_to_cold * cold, facts.high_floor)


# --- When nobody reads ----------------------------------------------------------------------------------------------


class Method(StrEnum):
    """How the volume of a period was found; the letters are those of payment documents."""

    METER = "M"
    AVERAGE = "O"
    NORM = "N"


def average(volumes: Sequence[tuple[date, Decimal]], *, months: int = RECENT, fewest: int = FEWEST) -> Decimal | None:
    """Return the mean of the last months that have a volume, to 6 decimals; None for fewer than three.

    `volumes` are (any day of the month, measured volume) in any order; several of one month are added up. For heating
    the caller gives the months of the heating season only.

    >>> average([(date(2026, month, 1), Decimal(month)) for month in (1, 2, 3, 4)])
    Decimal('2.500000')
    """
    by_month: dict[tuple[int, int], Decimal] = {}
    for day, volume in volumes:
        month = (day.year, day.month)
        by_month[month] = by_month.get(month, ZERO) + volume
    recent = [by_month[month] for month in sorted(by_month, reverse=True)[:months]]
    return _rounded(sum(recent, ZERO) / len(recent)) if len(recent) >= fewest else None


def next_estimate(months_averaged_in_a_row: int, average: Decimal | None, limit: int = DWELLING_LIMIT) -> Method:
    """Return how a period without a reading is charged: by the average for a few periods in a row, then by the norm."""
    return Method.AVERAGE if average is not None and months_averaged_in_a_row < limit else Method.NORM


def norm_volume(people: int | Decimal, per_person: Decimal) -> Decimal:
    """Return the norm of a month for the people who live there, to 6 decimals."""
    return _rounded(people * per_person)


def corrected(measured: Decimal, averaged: Iterable[Decimal]) -> Decimal:
    """Return what is still to charge when a reading comes at last: measured since the last real one, less the averages.

    Below zero when too much was charged.
    """
    return measured - sum(averaged, ZERO)
