"""What takes something off a line: absence, poor quality, benefits, readings after averages (pure)."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.calculating.draft import Reduction
from billing.calculating.entitled import Entitled
from billing.calculating.months import days_in
from billing.calculating.plan import Plan, Supply, Way
from billing.calculating.volumes import Settled, joined
from billing.charging import absence as away
from billing.charging.basis import Basis, Mark, Method, NotEnough, Rate
from billing.charging.exact import NOTHING, ZERO, in_steps
from billing.charging.methods import charge
from billing.charging.quality import for_interruption, for_temperature, together
from billing.charging.recalculation import settled as difference
from billing.charging.rules import NoRule
from billing.models import Absence, QualityCase
from lib.money import rounded
from meters.resources import Resource

UTILITIES = {
    Resource.COLD: away.Utility.COLD, Resource.HOT: away.Utility.HOT, Resource.GAS: away.Utility.GAS,
    Resource.POWER: away.Utility.ELECTRICITY, Resource.HEAT: away.Utility.HEAT,
}  # fmt: skip
KINDS = {Way.SEWAGE: away.Utility.SEWAGE, Way.PERSON: away.Utility.WASTE}
BY_RESOURCE = {Way.METER, Way.TIERS, Way.HOT_TWO}
SETTLED_BY = {  # how what a meter says is charged; that of a room for its own part alone: the share of the rest stands
    Way.METER: Method.METER, Way.TIERS: Method.TIERS, Way.HOT_TWO: Method.HW_2C, Way.SEWAGE: Method.SEWAGE,
    Way.HEAT_ROOMS: Method.METER,
}  # fmt: skip


def utility_of(supply: Supply) -> away.Utility:
    """What a service is, where the law treats utilities differently."""
    if supply.way in BY_RESOURCE:
        return UTILITIES[Resource(supply.service.resource)]
    return KINDS.get(Way(supply.way), away.Utility.HOUSING)


def for_absence(
    plan: Plan, supply: Supply, rows: Sequence[Absence], *, has_meter: bool, norm: Decimal | None, rate: Rate | None,
    charged: Decimal, city: str,
) -> Decimal:  # fmt: skip
    """What those who were away take off a line, below zero; raises `NotEnough`. `norm` is that of one person a month."""
    service = supply.service
    if not rows or norm is None or rate is None:
        return NOTHING
    if not away.is_reduced(utility_of(supply), has_meter=has_meter, meter_is_possible=service.meter_possible):
        return NOTHING
    more_than = int(_rule(plan, "absence_min_days", city))
    within = int(_rule(plan, "absence_apply_days", city))
    tariff, changes = rate.by_days
    priced: list[Decimal] = []
    for row in rows:
        one = away.Absence(row.left_on, row.returned_on)
        if away.is_in_time(one, row.applied_on, within=within):
            priced += [away.priced_days(one, plan.period, tariff, changes, more_than=more_than)] * row.persons
    return away.reductions(norm, priced, plan.days, charged)


def for_quality(plan: Plan, cases: Iterable[QualityCase], charged: Decimal, city: str) -> Decimal:
    """What the poor quality of a month takes off its charge, below zero; raises `NotEnough` without a percent in the law."""
    found = [_of_case(plan, case, charged, city) for case in cases]
    return together(charged, *found) if found else NOTHING


def _of_case(plan: Plan, case: QualityCase, charged: Decimal, city: str) -> Decimal:
    if case.kind == QualityCase.Kind.PERCENT:
        return -rounded(max(charged, NOTHING) * case.percent / 100)
    if case.kind == QualityCase.Kind.INTERRUPTION:
        return for_interruption(charged, case.hours, _rule(plan, "interruption_percent", city, case.period))
    return for_temperature(
        charged, case.degrees, case.hours, percent=_rule(plan, "temperature_percent", city, case.period),
        step=_rule(plan, "temperature_step", city, case.period),
    )  # fmt: skip


def given_for_quality(
    plan: Plan, cases: Iterable[QualityCase], charged: Iterable[tuple[date, Decimal]], city: str
) -> Decimal:
    """What the poor quality of earlier months took, or would take, off these sums; nothing where the law had no percent."""
    rows, whole = list(cases), NOTHING
    for month, amount in charged if rows else ():
        try:
            whole += for_quality(plan, [one for one in rows if one.period == month], amount, city)
        except NotEnough:
            continue
    return whole


def _rule(plan: Plan, key: str, city: str, month: date | None = None) -> Decimal:
    try:
        return plan.rules.decimal(plan.country, key, month or plan.period, city)
    except NoRule:
        raise NotEnough("rule") from None


class Settlement(NamedTuple):
    """What readings add after months of averages; `here` is the even part of this month in all that ran through."""

    amount: Decimal
    here: Decimal


def settle(
    plan: Plan, supply: Supply, method: Method, house: int, items: Iterable[Settled], entitled: Entitled | None,
    cases: Sequence[QualityCase] = (), city: str = "",
) -> Settlement:  # fmt: skip
    """What readings add after months of averages: V × T of all since the last one, less what those months were charged.

    The line of the month has no volume that a benefit could be taken from, so it is taken here, from both sides. So is what
    was given for the poor quality of those months. `cases` are those of the account and the service.
    """
    found = [_settle(plan, supply, method, house, one, entitled, cases, city) for one in joined(items)]
    return Settlement(sum((one.amount for one in found), NOTHING), sum((one.here for one in found), NOTHING))


def _settle(
    plan: Plan, supply: Supply, method: Method, house: int, one: Settled, entitled: Entitled | None,
    cases: Sequence[QualityCase], city: str,
) -> Settlement:  # fmt: skip
    charged = [
        (month, amount)
        for month, volumes in one.averaged
        for amount in _charged_then(plan, supply, method, house, month, volumes)
    ]
    whole = _whole(plan, method, one, plan.rate(supply.service, house, supply.way))
    before = [amount for _month, amount in charged]
    months = [*one.earlier, plan.period]
    evens = list(zip(months, in_steps([whole] * len(months), len(months)), strict=True))
    # A benefit is of what poor quality leaves; this month's own is taken off apart (see `Settlement`).
    off = [given_for_quality(plan, cases, [even], city) for even in evens]
    off_before = [given_for_quality(plan, cases, [some], city) for some in charged]
    reduced = sum(off[:-1], NOTHING) - sum(off_before, NOTHING)
    here = evens[-1][1]
    if entitled is None:
        return Settlement(difference(whole, before) + reduced, here)
    given = [
        entitled.on(supply.service, month, amount + less)
        for (month, amount), less in zip(charged, off_before, strict=True)
    ]
    eased = entitled.over(supply.service, months, whole, off)
    return Settlement(difference(whole, before, eased, given) + reduced, here)


def _whole(plan: Plan, method: Method, one: Settled, rate: Rate) -> Decimal:
    """What all that ran through comes to at this month's tariff."""
    if method == Method.TIERS:
        rate = rate.over(len(one.earlier) + 1)
    return sum(amounts_of(method, one.measured, rate, plan.period), NOTHING)


def amounts_of(method: Method, volumes: Sequence[Decimal], rate: Rate, month: date) -> list[Decimal]:
    """What a meter's volumes cost in a month: each zone by itself where the tariff has zones, else all at the one tariff."""
    sold = [(sum(volumes, ZERO), rate)]
    if method == Method.METER and rate.has_zones(len(volumes)):
        sold = [(volume, rate.of_zone(place)) for place, volume in enumerate(volumes)]
    days = days_in(month)
    return [charge(method, Basis(days=days, volume=one, mark=Mark.OTHER), price).accrued for one, price in sold]


def _charged_then(
    plan: Plan, supply: Supply, method: Method, house: int, month: date, volumes: Sequence[Decimal]
) -> list[Decimal]:
    """What the average of an earlier month cost in the way and at the tariff of that month."""
    then = plan.metered_then(supply.service, house, month)
    if then is not None:
        try:
            rate = plan.rate(supply.service, house, then.way, month)
            return amounts_of(SETTLED_BY[Way(then.way)], volumes, rate, month)
        except NotEnough:
            pass
    # The house was charged elsewhere then.
    return amounts_of(method, volumes, plan.rate(supply.service, house, supply.way), month)


def merged(found: Iterable[Reduction]) -> list[Reduction]:
    """One row for each account, service, month and source, as the table holds them; what comes to nothing is left out."""
    sums: dict[tuple[int, int, date, str], Reduction] = {}
    for one in found:
        key = (one.account, one.service, one.period, one.source)
        known = sums.get(key)
        sums[key] = one if known is None else _joined(known, one)
    return [one for one in sums.values() if one.amount]


def _joined(one: Reduction, other: Reduction) -> Reduction:
    reason = one.reason if other.reason in one.reason else f"{one.reason}; {other.reason}"[:200]
    return Reduction(one.account, one.service, one.period, one.source, one.amount + other.amount, reason)
