"""What earlier months change when more is known (pure): signed sums for the column of recalculations."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from billing.charging.exact import NOTHING, ZERO, volume_rounded
from billing.charging.totals import Line
from lib.money import rounded


class Recalculation(NamedTuple):
    """One service of an earlier period: what it came to with all corrections so far, and what it comes to now."""

    service: str
    before: Decimal
    now: Decimal

    @property
    def amount(self) -> Decimal:
        return self.now - self.before


def difference(
    old: Iterable[Line], new: Iterable[Line], already: Mapping[str, Decimal] | None = None
) -> list[Recalculation]:
    """Compare a period as it was charged with the same period charged anew; services that do not differ are left out.

    `already` are recalculations that later documents gave for this period, by service. A period whose facts did not change
    gives nothing, and neither does one that was recalculated before.
    """
    before = dict(already or {})
    now: dict[str, Decimal] = {}
    for line in old:
        before[line.service] = before.get(line.service, NOTHING) + line.charge
    for line in new:
        now[line.service] = now.get(line.service, NOTHING) + line.charge
    services = dict.fromkeys([*before, *now])
    rows = (Recalculation(one, before.get(one, NOTHING), now.get(one, NOTHING)) for one in services)
    return [row for row in rows if row.amount]


def settled(
    whole: Decimal, charged: Iterable[Decimal], benefit: Decimal = NOTHING, given: Iterable[Decimal] = ()
) -> Decimal:
    """A reading after months of averages: round(V × T) of all that ran through since the last one, less what was charged.

    `benefit` is that of the whole, `given` those of the sums charged: both sides are taken as they are paid.

    >>> settled(Decimal("430.04"), [Decimal("184.45"), Decimal("184.45")])
    Decimal('61.14')
    >>> settled(Decimal("430.04"), [Decimal("184.45")], Decimal("215.02"), [Decimal("92.23")])
    Decimal('122.80')
    """
    return (whole - benefit) - (sum(charged, NOTHING) - sum(given, NOTHING))


def annual_by_days(
    stretches: Iterable[tuple[Decimal, Decimal, Decimal, Decimal]], charged: Iterable[Decimal]
) -> Decimal:
    """Heating by the mean month, settled for the year: the flat's share of what the house used, less what was charged.

    A stretch of months of one area and tariff is (volume, area, house, tariff); all are rounded once. Of a part of a month the volume is multiplied by its days and the area of the house by the days of the month, so the
    one division stays last.
    """
    exact = sum((volume_rounded(volume * area / house) * tariff for volume, area, house, tariff in stretches), ZERO)
    return rounded(exact) - sum(charged, NOTHING)
