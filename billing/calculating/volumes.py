"""What the meters say of an account in the words of charging (pure)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from billing.calculating.plan import Plan
from billing.charging.basis import Mark
from billing.charging.exact import ZERO
from meters.consumption import Method
from meters.models import Estimate
from meters.models.meter import Zones
from meters.resources import Resource, Unit, to_base
from meters.volumes import Part, PeriodVolume

DAY = timedelta(days=1)
MARKS = {Method.METER: Mark.METER, Method.AVERAGE: Mark.OTHER, Method.NORM: Mark.NORM}
CAUSES = {Estimate.Cause.EXPIRED: "coef_expired", Estimate.Cause.BROKEN: "coef_broken"}


@dataclass(frozen=True, slots=True)
class Settled:
    """A reading after months of averages, in the base unit by zone: all that ran through, what was taken for which month.

    `earlier` are the months before this one in which it ran: also those charged by the norm, which stay so, but for heat none
    outside its season.
    """

    measured: Zones
    averaged: tuple[tuple[date, Zones], ...]
    earlier: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Metered:
    """The month's volume of one resource. None: there is a meter and nobody knows what it measured."""

    volume: Decimal | None
    net: Decimal  # the same less what was taken for earlier months: what the house's balance counts
    mark: Mark
    zones: Zones = ()
    coefficient: Decimal | None = None
    raised: Decimal | None = None
    settled: tuple[Settled, ...] = ()
    stretched: tuple[tuple[Decimal, tuple[date, ...]], ...] = ()  # parts of the volume that ran since these months, too

    @property
    def months(self) -> int:
        """How many months the whole volume ran through in: more than one after months that were charged by the norm."""
        whole = [months for volume, months in self.stretched if volume == self.volume]
        return len(whole[0]) + 1 if len(whole) == 1 else 1


def metered(found: PeriodVolume, plan: Plan, house: int) -> Metered | None:
    """The volume of a resource by the account's meters; None where it has none."""
    parts = found.parts
    if not parts:
        return None
    if len(parts) == 1 and parts[0].method == Method.METER and not parts[0].averaged and len(parts[0].volumes) == 1:
        volume = parts[0].base
        return Metered(volume, volume, Mark.METER, stretched=_stretched(parts))
    if found.volume is None:
        return Metered(None, ZERO, Mark.NORM)
    settled = tuple(_settled(part) for part in parts if part.averaged)
    plain = replace(found, parts=tuple(part for part in parts if not part.averaged))  # the others are settled
    coefficient, raised = _raised(parts, plan, house)
    is_normed = all(part.method == Method.NORM for part in parts)  # the norm has no zones: the one tariff holds
    zones = plain.zones if len(plain.zones) > 1 and not is_normed else ()
    return Metered(
        sum((part.base for part in plain.parts), ZERO),
        found.volume,
        MARKS[found.method],
        zones,
        coefficient,
        raised,
        settled,
        _stretched(plain.parts),
    )


def _settled(part: Part) -> Settled:
    averaged = tuple((month, based(part, volumes)) for month, volumes in part.averaged)
    is_heat = part.meter.resource == Resource.HEAT
    earlier = [month for month, volumes in (*part.averaged, *part.normed) if any(volumes) or not is_heat]
    return Settled(based(part, part.measured), averaged, tuple(earlier))


def joined(items: Iterable[Settled]) -> list[Settled]:
    """What several meters say of the same months, as one: these months were charged for all of them together."""
    found: dict[tuple[tuple[date, ...], ...], list[Settled]] = defaultdict(list)
    for one in items:
        found[tuple(month for month, _volumes in one.averaged), tuple(sorted(one.earlier))].append(one)
    return [some[0] if len(some) == 1 else _sum(some) for some in found.values()]


def _sum(items: Sequence[Settled]) -> Settled:
    months = zip(*(one.averaged for one in items), strict=True)
    averaged = ((some[0][0], by_zone(volumes for _month, volumes in some)) for some in months)
    return Settled(by_zone(one.measured for one in items), tuple(averaged), items[0].earlier)


def by_zone(volumes: Iterable[Zones]) -> Zones:
    """The sums of each zone; a meter without zones counts in the first."""
    return tuple(sum(zone, ZERO) for zone in zip_longest(*volumes, fillvalue=ZERO))


def _stretched(parts: Iterable[Part]) -> tuple[tuple[Decimal, tuple[date, ...]], ...]:
    return tuple((part.base, tuple(month for month, _volumes in part.normed)) for part in parts if part.normed)


def shares_of(volume: Decimal | None, found: Iterable[Metered], period: date) -> dict[date, Fraction]:
    """How much of a line's volume each month used: all of it this one, but for what ran since months charged by the norm.

    Nobody knows how much ran through in which of them: each has an even part.
    """
    shares = {period: Fraction(1)}
    for part, months in (one for some in found for one in some.stretched):
        if volume and part > 0:
            even = Fraction(part) / Fraction(volume) / (len(months) + 1)
            shares |= {month: shares.get(month, Fraction(0)) + even for month in months}
            shares[period] -= even * len(months)
    return shares


def based(part: Part, volumes: Zones) -> Zones:
    """Volumes of a part's meter by zone, in the base unit of its resource."""
    return tuple(to_base(volume, part.meter.unit, part.meter.resource) for volume in volumes)


def read_between(found: PeriodVolume, days: Sequence[int]) -> tuple[Zones, ...]:
    """The volume by zone before, between and after these days of the month, on which the tariff changes.

    Empty unless every meter was read on each of them, or in the evening before, and has nothing of earlier months.
    """
    if not days or any(one.method != Method.METER or one.averaged or one.normed for one in found.parts):
        return ()
    stretches: list[Zones] = []
    before = (ZERO,) * len(found.zones)
    for day in days:
        on = found.period.replace(day=day)
        read = [dict(one.inside) for one in found.parts]
        if not all(on in one or on - DAY in one for one in read):
            return ()
        parts = [
            replace(part, volumes=one[on] if on in one else one[on - DAY])
            for part, one in zip(found.parts, read, strict=True)
        ]
        now = replace(found, parts=tuple(parts)).zones
        stretches.append(tuple(new - old for new, old in zip(now, before, strict=True)))
        before = now
    return (*stretches, tuple(whole - old for whole, old in zip(found.zones, before, strict=True)))


def _raised(parts: Sequence[Part], plan: Plan, house: int) -> tuple[Decimal | None, Decimal | None]:
    """The coefficient of the parts whose cause raises the norm, and their volume where the others are not raised."""
    found: list[tuple[Decimal, Decimal]] = []
    for part in parts:
        if part.method == Method.NORM and part.cause:
            coefficient = plan.coefficient(_rule_of(part.cause, plan), house)
            if coefficient > 1:
                found.append((coefficient, part.base))
    if not found:
        return None, None
    raised = sum((volume for _coefficient, volume in found), ZERO)
    return max(found)[0], None if len(found) == len(parts) else raised


def _rule_of(cause: str, plan: Plan) -> str:
    silent = "coef_no_meter" if plan.terms.raises_for_silence else "coef_not_sent"
    return CAUSES.get(Estimate.Cause(cause), silent)


def words() -> dict[str, str]:
    """The resources and units in the language that is active."""
    return {choice.value: str(choice.label) for choice in (*Resource, *Unit)}


def sheet_of(used: Sequence[PeriodVolume], words: dict[str, str]) -> list[dict[str, Any]]:
    """The block of readings of an account: what its meters showed before and now, in the words of the document."""
    return rows_of_parts([part for one in used for part in one.parts], words)


def rows_of_parts(parts: Iterable[Part], words: dict[str, str]) -> list[dict[str, Any]]:
    """The same of these meters alone; one that nobody read has no row."""
    return [row for part in parts if part.reading is not None for row in _rows(part, words)]


def _rows(part: Part, words: dict[str, str]) -> list[dict[str, Any]]:
    meter = part.meter
    assert part.reading is not None
    rows = []
    for zone, (value, used) in enumerate(zip(part.reading.values, part.measured, strict=False), start=1):
        previous = value - used / meter.ratio
        if previous < 0:
            previous += 10**meter.int_digits
        rows.append(
            {
                "resource": words[meter.resource], "unit": words[meter.unit], "serial": meter.serial,
                "zone": f"T{zone}" if meter.zones > 1 else "", "previous": _shown(previous, meter.decimals),
                "current": _shown(value, meter.decimals), "volume": _plain(used),
            }
        )  # fmt: skip
    return rows


def _shown(value: Decimal, decimals: int) -> str:
    return f"{value:.{decimals}f}"


def _plain(value: Decimal) -> str:
    """A figure without the zeros at its end."""
    return f"{value.normalize():f}"


def reason_of(settled: Sequence[Settled]) -> str:
    """Why an earlier month's volume changed, in the language that is active."""
    months = sorted(month for one in settled for month, _volumes in one.averaged)
    if months[0] == months[-1]:
        return _("Actual readings, %(month)s") % {"month": f"{months[0]:%m.%Y}"}
    return _("Actual readings, %(first)s–%(last)s") % {"first": f"{months[0]:%m.%Y}", "last": f"{months[-1]:%m.%Y}"}
