"""Heat by the house meter in the month after one that nobody could charge rightly (docs/charging.md).

A flat with a meter of which nothing was known was charged by the mean of the house. No estimate keeps such a month. When the
meter is read, what ran through since the reading before is of those months too, so what they were charged is taken off as an
average is. And where the house meter was not read nothing was charged: its next reading is of that month too.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from billing.calculating.months import LOOK_BACK, days_in, months_before
from billing.calculating.plan import Plan, Supply, Way, is_heated
from billing.calculating.stay import stay_of
from billing.charging.basis import Basis, Mark
from billing.charging.days import share_by_days
from billing.charging.exact import ZERO, volume_rounded
from billing.models import AccountFact, BillingRun, Charge, CommonUse, HouseFact
from meters.balance import HouseUse
from meters.consumption import Method
from meters.resources import Resource, from_base
from meters.volumes import Part, PeriodVolume, volumes_of
from premises.models import PersonalAccount

Used = dict[tuple[int, str], PeriodVolume]
Taken = Mapping[date, Decimal]  # in Gcal, by month


def with_means(plan: Plan, accounts: Sequence[PersonalAccount], used: Used, period: date) -> Used:
    """The volumes of a month, with the heat of such months among what is taken off a reading.

    Reads nothing where every month since the readings before was read or estimated; else a number of queries that grows with
    such months alone.
    """
    supplied = plan.supplies if period == plan.period else plan.metered(period)
    here = {house: supply for house, some in supplied.items() for supply in some if supply.way == Way.HEAT_ROOMS}
    gaps = {
        account.pk: months
        for account in accounts
        if account.unit.house_id in here
        and (months := {month for part in used[account.pk, Resource.HEAT].parts for month in _unknown(part, period)})
    }
    if not gaps:
        return used
    concerned = [account for account in accounts if account.pk in gaps]
    taken = _taken(plan, concerned, set().union(*gaps.values()), {one.service.pk for one in here.values()})
    changed = {
        (pk, str(Resource.HEAT)): _without(period, used[pk, Resource.HEAT], some) for pk, some in taken.items() if some
    }
    return used | changed


@dataclass(frozen=True)
class Behind:
    """What a reading of the house meter makes up for, by house and by account."""

    months: dict[int, tuple[date, ...]] = field(default_factory=dict)  # issued without a charge of heat
    rooms: dict[int, dict[date, Decimal]] = field(default_factory=dict)  # Gcal by the meters of the flats, by month

    def of(self, account: int) -> Decimal:
        """What the meters of a flat measured in those months."""
        return sum(self.rooms.get(account, {}).values(), ZERO)


def behind(plan: Plan, accounts: Sequence[PersonalAccount], house_used: Mapping[tuple[int, str], HouseUse]) -> Behind:
    """The months of the heating season that the house meter's volume covers and nothing was charged for.

    Reads nothing where it was read in the month before; else a number of queries that grows with such months alone.
    """
    late: dict[int, Supply] = {}
    for house, some in plan.supplies.items():
        used = house_used.get((house, Resource.HEAT))
        supply = next((one for one in some if one.way in (Way.HEAT_HOUSE, Way.HEAT_ROOMS)), None)
        if used is not None and used.volume is not None and used.months > 1 and supply and house in plan.facts:
            late[house] = supply
    if not late:
        return Behind()
    longest = min(max(house_used[house, Resource.HEAT].months for house in late), LOOK_BACK)
    candidates = [months_before(plan.period, back) for back in range(longest - 1, 0, -1)]
    runs = BillingRun.objects.filter(
        organization=plan.organization,
        period__in=candidates,
        state=BillingRun.State.ISSUED,
        kind=BillingRun.Kind.PERIOD,
    )
    issued = set(runs.values_list("period", flat=True))
    charged = set(
        Charge.objects.filter(
            run__organization=plan.organization, run__period__in=issued, run__state=BillingRun.State.ISSUED,
            account__unit__house__in=late, service__in={one.service.pk for one in late.values()}, volume__isnull=False,
        ).order_by().values_list("account__unit__house", "run__period").distinct()
    )  # fmt: skip
    found = Behind()
    for month in candidates:
        there = {
            house for house in late
            if month in issued and (house, month) not in charged and is_heated(plan.facts[house], month)
            and months_before(plan.period, house_used[house, Resource.HEAT].months) < month
        }  # fmt: skip
        for house in there:
            found.months[house] = (*found.months.get(house, ()), month)
        rooms = [
            one for one in accounts if one.unit.house_id in there and late[one.unit.house_id].way == Way.HEAT_ROOMS
        ]
        for (pk, resource), one in (volumes_of(rooms, month) if rooms else {}).items():
            if resource == Resource.HEAT and one.has_meter and one.volume is not None:
                found.rooms.setdefault(pk, {})[month] = one.volume
    return found


def charged_by_mean(plan: Plan, accounts: Sequence[PersonalAccount], month: date) -> dict[int, Decimal]:
    """What accounts were charged by the mean in a month for all their meters, by the id of the account."""
    services = {one.service.pk for some in plan.metered(month).values() for one in some if one.way == Way.HEAT_ROOMS}
    found = _taken(plan, accounts, {month}, services, is_read=True) if accounts else {}
    return {pk: some[month] for pk, some in found.items()}


def _unknown(part: Part, period: date) -> list[date]:
    """The months between a reading and the one before that neither an average nor the norm was taken for."""
    if part.method != Method.METER or part.reading is None:
        return []
    since = part.since or part.meter.installed_on.replace(day=1)
    if since >= months_before(period, 1):
        return []
    known = {month for month, _volumes in (*part.averaged, *part.normed)}
    months = (months_before(period, back) for back in range(1, LOOK_BACK))
    return [month for month in months if since < month and month not in known]


def _taken(
    plan: Plan, accounts: Sequence[PersonalAccount], months: Collection[date], services: Collection[int], *,
    is_read: bool = False,
) -> dict[int, dict[date, Decimal]]:  # fmt: skip
    """What the accounts were charged in these months for their own part: the line less the share of the rest.

    Less what those of their meters say that were known, too, and nothing where all were; with `is_read` they are all read by
    now, and the sum is what all of them are instead of.
    """
    runs = BillingRun.objects.filter(
        organization=plan.organization, period__in=months, state=BillingRun.State.ISSUED
    ).order_by("issued_at", "pk")  # a correction speaks for its month
    by_month = dict(runs.values_list("period", "pk"))
    before = _before(accounts, min(by_month, default=plan.period))
    payers = {account.pk: [account, *before.get(account.pk, ())] for account in accounts}
    everyone = [one.pk for some in payers.values() for one in some]
    rows = Charge.objects.filter(
        run__in=by_month.values(), account__in=everyone, service__in=services, method=Mark.OTHER, volume__isnull=False
    )
    charged = {(one.account_id, one.run_id): one for one in rows.order_by("pk")}
    if not charged:
        return {}
    houses = {account.unit.house_id for account in accounts}
    shared = {
        (one.run_id, one.house_id): one.shared
        for one in CommonUse.objects.filter(run__in=by_month.values(), house__in=houses, service__in=services)
    }
    areas = _areas(plan, houses)
    facts: dict[int, list[AccountFact]] = defaultdict(list)
    for fact in AccountFact.objects.filter(account__in=everyone).order_by("since"):
        facts[fact.account_id].append(fact)
    found: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for month, run in by_month.items():
        there = [account for account in accounts if any((one.pk, run) in charged for one in payers[account.pk])]
        meters = volumes_of(there, month) if there and not is_read else {}
        supplied = plan.metered(month) if there else {}
        for account in there:
            house = account.unit.house_id
            supply = next(
                (one for one in supplied.get(house, ()) if one.way == Way.HEAT_ROOMS and one.service.pk in services),
                None,
            )
            area = next((one for since, one in reversed(areas[house]) if since <= month), ZERO)
            rest = shared.get((run, house))
            read = None if is_read else meters[account.pk, Resource.HEAT]
            if (read and read.volume is not None) or supply is None or rest is None or not area:
                continue
            own = ZERO
            for one in payers[account.pk]:
                if line := charged.get((one.pk, run)):
                    own += (line.volume or ZERO) - _share(one, facts[one.pk], month, supply, rest, area)
            own -= sum((part.base for part in read.parts if part.volumes), ZERO) if read else ZERO
            found[account.pk][month] = volume_rounded(max(own, ZERO))
    return found


def _before(accounts: Sequence[PersonalAccount], first: date) -> dict[int, list[PersonalAccount]]:
    """Who held the flats of new accounts since a month, by the new one's id: what they paid is of the same meters.

    Costs a query where an account is new. Of several in a flat nobody knows whose meter it was: none is taken.
    """
    new = [account for account in accounts if account.opened_on and account.opened_on > first]
    if not new:
        return {}
    rows = PersonalAccount.objects.filter(
        unit__in={account.unit_id for account in new}, organization__in={account.organization_id for account in new},
        closed_on__gte=first,
    ).select_related("unit")  # fmt: skip
    left: dict[int, list[PersonalAccount]] = defaultdict(list)
    for one in rows:
        left[one.unit_id].append(one)
    found: dict[int, list[PersonalAccount]] = {}
    for account in new:
        there = [
            one for one in left[account.unit_id]
            if one.closed_on and account.opened_on and one.closed_on <= account.opened_on and one.pk != account.pk
        ]  # fmt: skip
        if len(there) == 1:
            found[account.pk] = there
    return found


def _areas(plan: Plan, houses: Collection[int]) -> dict[int, list[tuple[date, Decimal]]]:
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for fact in HouseFact.objects.filter(house__in=houses, since__lte=plan.last_day).order_by("since"):
        found[fact.house_id].append((fact.since, fact.area_rooms))
    return found


def _share(
    account: PersonalAccount, facts: Sequence[AccountFact], month: date, supply: Supply, rest: Decimal, area: Decimal
) -> Decimal:
    """The account's share of what the house shared out in a month."""
    stay, days = stay_of(account, facts, month, 1), days_in(month)
    spans = stay.within(supply.first, supply.last, days, supply.off) if stay else None
    if stay is None or spans is None:
        return ZERO
    return share_by_days(Basis(stay.area or ZERO, days=days, spans=spans), rest, area)


def _without(period: date, one: PeriodVolume, taken: Taken) -> PeriodVolume:
    """The volume with these months taken off the meters that measured them, evenly where there are several."""
    unknown = {part.meter.pk: [month for month in _unknown(part, period) if month in taken] for part in one.parts}
    count = {month: sum(month in some for some in unknown.values()) for month in taken}
    parts = []
    for part in one.parts:
        rows = [
            (month, (volume_rounded(from_base(taken[month] / count[month], part.meter.unit, Resource.HEAT)),))
            for month in unknown[part.meter.pk]
        ]
        less = sum((volumes[0] for _month, volumes in rows), ZERO)
        first, *others = part.volumes
        parts.append(replace(part, averaged=(*part.averaged, *rows), volumes=(first - less, *others)) if rows else part)
    return replace(one, parts=tuple(parts))
