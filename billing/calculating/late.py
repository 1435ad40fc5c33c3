"""Readings that came after their month was issued by an estimate: the difference is charged with the next month."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F
from django.utils.translation import gettext as _

from billing.calculating.draft import Reduction
from billing.calculating.entitled import Entitled
from billing.calculating.known import Known, may_settle
from billing.calculating.lines import BY_VOLUME, WATERS
from billing.calculating.months import LATE, months_before
from billing.calculating.plan import Plan, Supply, Way
from billing.calculating.reductions import SETTLED_BY, amounts_of, given_for_quality
from billing.calculating.room_heat import charged_by_mean, with_means
from billing.calculating.volumes import based, by_zone
from billing.charging.basis import Mark, NotEnough
from billing.charging.exact import NOTHING
from billing.models import BillingRun, Charge, QualityCase, Recalculation
from meters.history import step
from meters.models import Reading
from meters.models.meter import Zones
from meters.resources import Resource
from meters.volumes import Part, volumes_of
from premises.models import PersonalAccount

Source = Recalculation.Source


def issued_months(plan: Plan) -> dict[date, datetime]:
    """The issued months before this one, with the moment at which each was calculated last: a correction knew the readings of
    its day, too."""
    runs = BillingRun.objects.filter(
        organization=plan.organization, state=BillingRun.State.ISSUED, period__lt=plan.period,
        period__gte=months_before(plan.period, LATE), calculated_at__isnull=False,
    )  # fmt: skip
    return {period: at for period, at in runs.order_by("calculated_at").values_list("period", "calculated_at") if at}


def late_readings(plan: Plan, known: Known, issued: dict[date, datetime]) -> list[Reduction]:
    """What such readings change, less what readings since that calculation changed before.

    Costs one query where nothing came late; else a constant number for each month concerned.
    """
    if not issued:
        return []
    found: list[Reduction] = []
    for month, accounts in _concerned(plan, known, issued).items():
        found += _of_month(plan, known, month, accounts, issued)
    if not found:
        return []
    before = _before(found, issued)
    return [
        Reduction(one.account, one.service, one.period, one.source, one.amount - known_sum, one.reason)
        for one in found
        if one.amount != (known_sum := before.get((one.account, one.service, one.period), NOTHING))
    ]


def _concerned(plan: Plan, known: Known, issued: dict[date, datetime]) -> dict[date, list[PersonalAccount]]:
    accounts = {account.pk: account for account in known.accounts}  # also who left: the last reading may come later
    rows = may_settle(plan).filter(meter__account__in=accounts, period__in=issued, created_at__gt=min(issued.values()))
    found: dict[date, dict[int, PersonalAccount]] = defaultdict(dict)
    for account, period, at in rows.values_list("meter__account", "period", "created_at"):
        if at > issued[period]:
            found[period][account] = accounts[account]
    return {month: list(some.values()) for month, some in sorted(found.items())}


def _of_month(
    plan: Plan, known: Known, month: date, accounts: Sequence[PersonalAccount], issued: Mapping[date, datetime]
) -> Iterable[Reduction]:
    used = with_means(plan, accounts, volumes_of(accounts, month), month)
    seen = _seen(month, accounts, issued[month])
    charged = _charged(plan, month, accounts)
    settled = _settled(month, accounts, issued)
    silent = [
        account for account in accounts
        if any(_was_silent(part, month, seen) for part in used[account.pk, Resource.HEAT].parts)
    ]  # fmt: skip
    means, silent_ones = charged_by_mean(plan, silent, month), {account.pk for account in silent}
    for account in accounts:
        house = account.unit.house_id
        for supply in plan.metered(month).get(house, ()):  # it may have ended since, or have another way
            resources = _resources_of(supply)
            marks = charged.get((account.pk, supply.service.pk), set())
            if Mark.METER in marks or (supply.way == Way.HEAT_ROOMS and not marks):
                continue  # by a reading already; or not at all, while the house meter was not read
            parts = [part for one in resources for part in used[account.pk, one].parts]
            if supply.way == Way.HEAT_ROOMS and account.pk in silent_ones:
                found = _instead_of_mean(parts, means.get(account.pk), settled)
            else:
                found = _instead_of_estimates(supply, parts, seen, settled)
            if found is None:
                continue
            cases = [one for one in known.quality.get(house, ()) if one.concerns(supply.service.pk, account.pk)]
            amount = _difference(plan, supply, house, month, found, known.benefits.get(account.pk), cases)
            if amount is not None:
                reason = _("Actual readings, %(month)s") % {"month": f"{month:%m.%Y}"}
                yield Reduction(account.pk, supply.service.pk, month, Source.READING, amount, reason)


def _was_silent(part: Part, month: date, seen: Mapping[int, Reading]) -> bool:
    """Whether nothing was known of a meter when the month was calculated: neither a reading nor an average."""
    known = part.instead_of or part.meter.pk in seen or part.meter.installed_on >= month
    return not known and (part.reading is not None or not part.volumes)


def _settled(
    month: date, accounts: Sequence[PersonalAccount], issued: Mapping[date, datetime]
) -> dict[int, list[datetime]]:
    """By meter, when later months were calculated by readings of it: each of them settled this one, too."""
    later = [one for one in issued if one > month]
    rows = Reading.objects.current().filter(meter__account__in=accounts, period__in=later, is_billable=True)
    found: dict[int, list[datetime]] = defaultdict(list)
    for meter, period, at in rows.values_list("meter", "period", "created_at") if later else ():
        if at <= issued[period]:
            found[meter].append(issued[period])
    return found


def _is_settled(part: Part, settled: Mapping[int, list[datetime]]) -> bool:
    """Whether a later reading was charged with all that ran through since the one before this, before this one came."""
    came = part.reading
    return came is not None and any(at < came.created_at for at in settled.get(part.meter.pk, ()))


class Change(NamedTuple):
    """What a month comes to now and what it was charged by; with ranges, of how many months together."""

    now: Zones
    then: Zones
    months: int = 1
    months_then: int = 1


def _instead_of_estimates(
    supply: Supply, parts: Sequence[Part], seen: Mapping[int, Reading], settled: Mapping[int, list[datetime]]
) -> Change | None:
    """What late readings change; None where none came.

    A reading of several months has the ranges of all of them, and what was charged by averages those of its own.
    """
    late = [_since(part, seen) for part in parts if part.instead_of and not _is_settled(part, settled)]
    if not late:
        return None
    meters = {part.meter.pk for part in late}
    beside = [part for part in parts if part.meter.pk not in meters and not part.averaged]
    months = {tuple(tuple(month for month, _volumes in some) for some in (part.averaged, part.normed)) for part in late}
    if supply.way != Way.TIERS or beside or len(months) > 1:
        return Change(
            _volumes(late, lambda part: part.volumes, beside), _volumes(late, lambda part: part.instead_of, beside)
        )
    averaged, normed = months.pop()
    before = [based(part, volumes) for part in late for _month, volumes in part.averaged]
    now = [based(part, part.volumes) for part in late]
    then = [based(part, part.instead_of) for part in late]
    count = len(averaged) + 1
    return Change(by_zone([*before, *now]), by_zone([*before, *then]), count + len(normed), count)


def _instead_of_mean(
    parts: Sequence[Part], mean: Decimal | None, settled: Mapping[int, list[datetime]]
) -> Change | None:
    """The same where the flat was charged by the mean of the house: for all its meters, until each of them is known."""
    if mean is None or any(not part.volumes or _is_settled(part, settled) for part in parts):
        return None
    return Change(by_zone(based(part, part.volumes) for part in parts), (mean,))


def _resources_of(supply: Supply) -> Sequence[str]:
    """Whose readings change a charge of this way by themselves."""
    if supply.way in BY_VOLUME:
        return (supply.service.resource,)
    return {Way.SEWAGE: WATERS, Way.HEAT_ROOMS: (Resource.HEAT,)}.get(Way(supply.way), ())


def _seen(month: date, accounts: Sequence[PersonalAccount], at: datetime) -> dict[int, Reading]:
    """The readings, by meter, that counted for the month when it was calculated last: a correction charged by them."""
    rows = Reading.objects.standing().filter(
        meter__account__in=accounts, period=month, created_at__lte=at, is_billable=True
    ).order_by("rank", "created_at", "pk")  # fmt: skip
    return {one.meter_id: one for one in rows}


def _since(part: Part, seen: Mapping[int, Reading]) -> Part:
    """The part with what was charged last in place of the estimate, where that was by a reading, too."""
    one = seen.get(part.meter.pk)
    if one is None or part.reading is None:
        return part
    more = step(part.meter, part.reading, one).volumes
    return replace(part, instead_of=tuple(now - new for now, new in zip(part.volumes, more, strict=True)))


def _charged(plan: Plan, month: date, accounts: Sequence[PersonalAccount]) -> dict[tuple[int, int], set[str]]:
    """How the volumes of accounts and services were found when the month was issued: by a reading, where it came in time after
    all, while the month was being calculated."""
    rows = Charge.objects.filter(
        run__organization=plan.organization, run__period=month, run__kind=BillingRun.Kind.PERIOD,
        run__state=BillingRun.State.ISSUED, account__in=accounts, volume__isnull=False,
    )  # fmt: skip
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    for account, service, mark in rows.order_by().values_list("account", "service", "method"):
        found[account, service].add(mark)
    return found


def _volumes(late: Iterable[Part], charged: Callable[[Part], Zones], beside: Iterable[Part]) -> Zones:
    """What the month was charged by: meters that were read in time, too, for all were charged together."""
    parts = [based(part, charged(part)) for part in late]
    return by_zone([*parts, *(based(part, part.volumes) for part in beside)])


def _difference(
    plan: Plan, supply: Supply, house: int, month: date, change: Change, entitled: Entitled | None,
    cases: Sequence[QualityCase],
) -> Decimal | None:  # fmt: skip
    """What the month comes to by the reading, less what it came to by the estimate; None where it had no tariff."""

    def paid(volumes: Zones, months: int) -> Decimal:
        amounts = amounts_of(SETTLED_BY[Way(supply.way)], volumes, rate.over(months) if months > 1 else rate, month)
        city = plan.cities.get(house, "")
        left = [one + given_for_quality(plan, cases, [(month, one)], city) for one in amounts]
        eased = [entitled.on(supply.service, month, one) for one in left] if entitled else ()
        return sum(left, NOTHING) - sum(eased, NOTHING)

    try:
        rate = plan.rate(supply.service, house, supply.way, month)
        return paid(change.now, change.months) - paid(change.then, change.months_then)
    except NotEnough:
        return None


def _before(found: Sequence[Reduction], issued: Mapping[date, datetime]) -> dict[tuple[int, int, date], Decimal]:
    """What readings changed in these months since they were calculated last."""
    rows = Recalculation.objects.filter(
        account__in={one.account for one in found}, period__in={one.period for one in found}, source=Source.READING
    ).exclude(found_by__period=F("period"), found_by__kind=BillingRun.Kind.PERIOD)  # fmt: skip
    sums: dict[tuple[int, int, date], Decimal] = defaultdict(lambda: NOTHING)
    for account, service, period, at, amount in rows.order_by().values_list(
        "account", "service", "period", "found_by__calculated_at", "amount"
    ):
        if at is None or at > issued[period]:
            sums[account, service, period] += amount
    return sums
