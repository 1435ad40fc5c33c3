"""Everything that is read for the accounts of some houses: a constant number of queries, however many they are."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from billing.calculating.entitled import Entitled
from billing.calculating.months import LATE, LOOK_BACK, months_before
from billing.calculating.plan import Plan
from billing.calculating.room_heat import Behind, behind, with_means
from billing.calculating.stay import Stay, stay_of
from billing.models import (
    Absence,
    AccountFact,
    Benefit,
    BillingRun,
    CommonUse,
    Invoice,
    LedgerEntry,
    QualityCase,
    Recalculation,
)
from meters.balance import HouseUse, house_uses
from meters.models import Reading
from meters.resources import Resource
from meters.volumes import PeriodVolume, volumes_of
from premises.models import Ownership, PersonalAccount

Row = TypeVar("Row")
YEAR = 12  # months: so far back a negative rest is looked for
PRINCIPAL = F("accrued") + F("excess") + F("recalculated") - F("benefit") - F("fine")


@dataclass(frozen=True)
class Known:
    """The accounts of some houses with all that makes their charges differ, by the account's (or house's) id."""

    accounts: list[PersonalAccount]
    stays: dict[int, Stay]
    used: dict[tuple[int, str], PeriodVolume]
    house_used: dict[tuple[int, str], HouseUse]
    behind: Behind  # the heat of months in which the house meter was not read
    carried: dict[tuple[int, int], Decimal]  # by house and service: the negative rest of the months before
    benefits: dict[int, Entitled]
    absences: dict[int, list[Absence]]
    quality: dict[int, list[QualityCase]]  # by house: of this month and of those that a reading may settle
    waiting: dict[int, list[Recalculation]]
    last_month: dict[int, Decimal]
    balances: dict[int, Decimal]  # of the book before this month is charged: below zero is paid ahead


def accounts_of(plan: Plan) -> QuerySet[PersonalAccount]:
    """The accounts that a month concerns: there on one of its days, with a recalculation that waits, with a reading that came
    late for one of their last months, or with a year to settle."""
    there = Q(opened_on__isnull=True) | Q(opened_on__lte=plan.last_day)
    there &= Q(closed_on__isnull=True) | Q(closed_on__gte=plan.period)
    waits = Exists(Recalculation.objects.waiting().filter(account=OuterRef("pk"), period__lte=plan.period))
    left = Q(closed_on__gte=plan.last_year[0], closed_on__lt=plan.period, unit__house__in=list(plan.mean_months))
    first = months_before(plan.period, LATE)
    read = may_settle(plan).filter(meter__account=OuterRef("pk"), period__gte=first, period__lt=plan.period)
    late = Q(Exists(read), closed_on__gte=first, closed_on__lt=plan.period)
    return PersonalAccount.objects.filter(there | waits | left | late, organization=plan.organization)


def may_settle(plan: Plan) -> QuerySet[Reading]:
    """Readings of months that were charged without them: by an estimate, or heat by the mean of the house, which leaves none."""
    found = Reading.objects.after_estimates()
    if plan.room_houses:
        found |= Reading.objects.current().filter(
            is_billable=True, meter__resource=Resource.HEAT, meter__house__in=plan.room_houses
        )
    return found


def read(plan: Plan, houses: Collection[int], *, is_correction: bool) -> Known:
    """Read what is known of these houses. A correction takes no recalculations: they belong to the next month."""
    rows = accounts_of(plan).filter(unit__house__in=houses).select_related("unit").order_by("unit__house", "pk")
    accounts = list(rows)
    ids = [account.pk for account in accounts]
    facts = _by_account(AccountFact.objects.filter(account__in=ids, since__lte=plan.last_day).order_by("since"))
    owners = _owners(plan, accounts, facts)
    stays = {}
    for account in accounts:
        stay = stay_of(account, facts.get(account.pk, ()), plan.period, owners[account.unit_id])
        if stay is not None:
            stays[account.pk] = stay
    staying = [account for account in accounts if account.pk in stays]
    absences = Absence.objects.filter(account__in=ids, left_on__lt=plan.last_day, returned_on__gt=plan.period)
    house_used = house_uses(houses, plan.period)
    return Known(
        accounts=accounts,
        stays=stays,
        used=with_means(plan, staying, volumes_of(staying, plan.period), plan.period),
        house_used=house_used,
        behind=behind(plan, staying, house_used),
        carried=_carried(plan, houses) if plan.terms.carries_rest else {},
        benefits=_benefits(plan, accounts, facts, owners),
        absences=_by_account(absences.order_by("pk")),
        quality=_quality(plan, houses),
        waiting={} if is_correction else _by_account(_waiting(plan, ids)),
        last_month={} if is_correction else _last_month(plan, ids),
        balances={} if is_correction else _balances(ids),
    )


def _by_account(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)  # type: ignore[attr-defined]
    return found


def _owners(plan: Plan, accounts: list[PersonalAccount], facts: dict[int, list[AccountFact]]) -> dict[int, int]:
    """By unit, how many are counted where nobody lives: its owners, at least one."""
    lonely = {pk for pk, rows in facts.items() if any(row.residents == 0 for row in rows)}
    empty = {one.unit_id for one in accounts if one.pk in lonely or not (one.residents or one.registered)}
    units = Ownership.objects.current(plan.period).filter(unit__in=empty).order_by().values_list("unit", flat=True)
    return defaultdict(lambda: 1, Counter(units))


def _benefits(
    plan: Plan, accounts: list[PersonalAccount], facts: dict[int, list[AccountFact]], owners: dict[int, int]
) -> dict[int, Entitled]:
    """The benefits of this month and of those that a reading may settle, as far back as tariffs are read."""
    there = {account.pk: account for account in accounts}
    rows = Benefit.objects.during(months_before(plan.period, LOOK_BACK), plan.last_day).filter(account__in=there)
    return {
        pk: Entitled(there[pk], some, facts.get(pk, ()), owners[there[pk].unit_id])
        for pk, some in _by_account(rows).items()
    }


def _carried(plan: Plan, houses: Collection[int]) -> dict[tuple[int, int], Decimal]:
    """What the newest month of each house and service left; one in which nothing could be shared leaves no row."""
    rows = CommonUse.objects.filter(
        run__organization=plan.organization, run__period__lt=plan.period,
        run__period__gte=months_before(plan.period, YEAR), run__kind=BillingRun.Kind.PERIOD,
        run__state=BillingRun.State.ISSUED, house__in=houses,
    )  # fmt: skip
    newest = rows.order_by("house", "service", "-run__period").distinct("house", "service")
    found = newest.values_list("house", "service", "carry")
    return {(house, service): carry for house, service, carry in found if carry < 0}


def _quality(plan: Plan, houses: Collection[int]) -> dict[int, list[QualityCase]]:
    found: dict[int, list[QualityCase]] = defaultdict(list)
    since = months_before(plan.period, LOOK_BACK)
    rows = QualityCase.objects.filter(house__in=houses, period__gte=since, period__lte=plan.period)
    for case in rows.order_by("pk"):
        found[case.house_id].append(case)
    return found


def _waiting(plan: Plan, ids: list[int]) -> Iterable[Recalculation]:
    rows = Recalculation.objects.waiting().filter(account__in=ids, period__lte=plan.period)
    return rows.select_related("service").order_by("pk")


def _last_month(plan: Plan, ids: list[int]) -> dict[int, Decimal]:
    """What the documents of the month before charged each account, penalties apart."""
    rows = Invoice.objects.live().filter(account__in=ids, period=months_before(plan.period, 1)).order_by()
    return dict(rows.values_list("account").annotate(total=Sum(PRINCIPAL)))


def _balances(ids: list[int]) -> dict[int, Decimal]:
    rows = LedgerEntry.objects.filter(account__in=ids).order_by()
    return dict(rows.values_list("account").annotate(total=Sum("amount")))
