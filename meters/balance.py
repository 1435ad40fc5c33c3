"""The balance of a house: what its own meters measured beside what its flats used, per resource."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from meters import windows
from meters.consumption import Method
from meters.history import Known, known_of, months_between
from meters.models import Meter
from meters.resources import FACTS, to_base
from meters.volumes import ZERO, PeriodVolume, volumes_of
from premises.models import House, PersonalAccount


@dataclass(frozen=True)
class Balance:
    """One resource of a house in one period, in the base unit. `house` is None unless all of its own meters were read."""

    resource: str
    house: Decimal | None
    by_meter: Decimal
    by_average: Decimal
    by_norm: Decimal
    accounts: int  # that use it
    sent: int  # of them by their meters
    house_meters: int  # in place in the period
    house_read: int

    @property
    def flats(self) -> Decimal:
        return self.by_meter + self.by_average + self.by_norm

    @property
    def rest(self) -> Decimal | None:
        """What the flats do not account for; below zero the flats' sum is larger."""
        return None if self.house is None else self.house - self.flats

    @property
    def rest_share(self) -> Decimal | None:
        """The rest in percent of the house meter, to one decimal."""
        return (self.rest * 100 / self.house).quantize(Decimal("0.1")) if self.house and self.rest is not None else None


def balances(house: House, period: date) -> list[Balance]:
    """The balance of every resource that is metered in the house, in a constant number of queries."""
    there = Q(closed_on__isnull=True) | Q(closed_on__gte=period)
    begun = Q(opened_on__isnull=True) | Q(opened_on__lt=windows.next_month(period))
    accounts = PersonalAccount.objects.filter(there, begun, unit__house=house).select_related("unit")
    used = volumes_of(accounts, period)
    common = list(Meter.objects.of_houses().filter(house=house).select_related("house__organization"))
    known = known_of(common, period)
    metered = {meter.resource for meter in common} | {
        resource for (_account, resource), one in used.items() if one.has_meter
    }
    found = []
    for resource in (one for one in FACTS if one in metered):
        sums = dict.fromkeys(Method, ZERO)
        rows = [one for (_account, name), one in used.items() if name == resource and one.volume is not None]
        for one in rows:
            for method, volume in _by_method(one):
                sums[method] += volume
        own = [meter for meter in common if meter.resource == resource and _stood(meter, period, known[meter.pk])]
        read = [to_base(step.total, meter.unit, resource) for meter in own if (step := known[meter.pk].used)]
        found.append(
            Balance(
                resource, sum(read, ZERO) if own and len(read) == len(own) else None, sums[Method.METER],
                sums[Method.AVERAGE], sums[Method.NORM], accounts=len(rows),
                sent=sum(one.method == Method.METER and one.has_meter for one in rows),
                house_meters=len(own), house_read=len(read),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class HouseUse:
    """What the own meters of a house measured of one resource, in the base unit; None where one of them was not read.

    `months`: back to the reading before, the longest of its meters; more than one where a month was not read.
    """

    volume: Decimal | None = ZERO
    months: int = 1


def house_uses(houses: Collection[int], period: date) -> dict[tuple[int, str], HouseUse]:
    """What the own meters of many houses measured, by (house id, resource), in four queries.

    A resource without a house meter is not there.
    """
    meters = list(Meter.objects.of_houses().filter(house__in=houses).select_related("house__organization"))
    known = known_of(meters, period) if meters else {}
    found: dict[tuple[int, str], HouseUse] = {}
    for meter in (one for one in meters if _stood(one, period, known[one.pk])):
        key, one = (meter.house_id, meter.resource), known[meter.pk]
        so_far, used = found.get(key, HouseUse()), one.used
        read = None if used is None else to_base(used.total, meter.unit, meter.resource)
        whole = None if read is None or so_far.volume is None else so_far.volume + read
        before = one.before[0].period if one.before else meter.installed_on
        found[key] = HouseUse(whole, max(so_far.months, months_between(before, period)))
    return found


def house_volumes(houses: Collection[int], period: date) -> dict[tuple[int, str], Decimal | None]:
    """The same without how far back it reaches."""
    return {key: one.volume for key, one in house_uses(houses, period).items()}


def _stood(meter: Meter, period: date, known: Known) -> bool:
    """Whether the meter belongs to the balance of the month: it was read, or it was in place before and through it."""
    there = meter.installed_on < period and (meter.removed_on is None or meter.removed_on >= windows.next_month(period))
    return there or known.current is not None


def _by_method(one: PeriodVolume) -> list[tuple[Method, Decimal]]:
    if one.parts:
        return [(part.method, part.base) for part in one.parts]
    return [(Method.NORM, one.norm or ZERO)]
