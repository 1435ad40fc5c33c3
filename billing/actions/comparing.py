"""A correction beside what was issued: the differences by account and service."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Sum

from billing.calculating.draft import Draft
from billing.calculating.months import last_day_of
from billing.charging.exact import NOTHING
from billing.charging.recalculation import difference
from billing.charging.totals import Line
from billing.models import BillingRun, Charge, HouseService, Recalculation, Service

PLAIN = F("accrued") + F("accrued_common") + F("excess") - F("benefit") - F("fine")
Note = Callable[..., None]  # account, what, facts
Sums = dict[int, dict[int, Decimal]]  # account → service → sum


def differences(correction: BillingRun, accounts: Iterable[int], now: Sums) -> Iterable[tuple[int, int, Decimal]]:
    """What each account and service comes to now less what was issued and recalculated for that month since, in two queries.

    What the company itself gave back or added by hand stays: no calculation finds that again. Neither does it find the
    settlement of heat for a year, which belongs to all its months.
    """
    wanted = set(accounts) | set(now)
    issued = Charge.objects.filter(
        run__organization=correction.organization, run__period=correction.period, run__kind=BillingRun.Kind.PERIOD,
        run__state=BillingRun.State.ISSUED, account__in=wanted,
    )  # fmt: skip
    given = Recalculation.objects.filter(account__in=wanted, period=correction.period)
    given = given.exclude(Q(source=Recalculation.Source.MANUAL) | _is_of_the_year(correction.period) | _may_change())
    before = _sums(issued.order_by().values_list("account", "service").annotate(total=Sum(PLAIN)))
    already = _sums(given.order_by().values_list("account", "service").annotate(total=Sum("amount")))
    for account in sorted(wanted):
        rows = difference(
            _lines(before.get(account, {})), _lines(now.get(account, {})),
            {str(service): total for service, total in already.get(account, {}).items()},
        )  # fmt: skip
        for row in rows:
            yield account, int(row.service), row.amount


def _may_change() -> Q:
    """What a run found that may still be calculated anew: it must be (`_guard_order`), and leaves to the correction what is its."""
    open_ones = BillingRun.objects.filter(pk=OuterRef("run"), issued_by__isnull=True).exclude(state__in=BillingRun.OVER)
    return Q(Exists(open_ones), found_by=F("run"))


def _is_of_the_year(period: date) -> Q:
    """Heat that was charged by the mean month and settled for its year: the settlement carries its last month."""
    services = HouseService.objects.during(period, last_day_of(period)).filter(
        Q(method=Service.Method.HEAT_AVERAGE) | Q(method="", service__method=Service.Method.HEAT_AVERAGE),
        service=OuterRef("service"), house=OuterRef("account__unit__house"),
    )  # fmt: skip
    return Q(Exists(services), source=Recalculation.Source.READING)


def sums_of(correction: BillingRun, accounts: Iterable[int]) -> Sums:
    """What a calculated correction comes to, by account and service."""
    rows = Charge.objects.filter(run=correction, account__in=accounts).order_by()
    return _sums(rows.values_list("account", "service").annotate(total=Sum(PLAIN + F("recalculated"))))


def compared(correction: BillingRun, accounts: Iterable[int], drafts: Iterable[Draft], note: Note) -> dict[str, Any]:
    """The totals of a chunk of a correction: how many accounts differ and by how much, and each service as it was issued
    and now. Every account that differs is noted."""
    now: Sums = defaultdict(lambda: defaultdict(lambda: NOTHING))
    rows: dict[int, dict[str, Any]] = {}
    for draft in drafts:
        now[draft.account][draft.service.pk] += draft.total
        row = rows.setdefault(draft.service.pk, _row(draft.service))
        row["now"] += draft.total
        row["issued"] += draft.total
    found = list(differences(correction, accounts, now))
    gone = Service.objects.in_bulk({service for _account, service, _amount in found} - rows.keys())
    rows |= {pk: _row(service) for pk, service in gone.items()}
    by_account: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for account, service, amount in found:
        by_account[account] += amount
        rows[service]["issued"] -= amount
        rows[service]["accounts"] += 1
    for account, amount in by_account.items():
        whole = sum(now[account].values(), NOTHING)
        note(account, "differs", issued=str(whole - amount), now=str(whole))
    return {
        "differing": len(by_account),
        "difference": sum(by_account.values(), NOTHING),
        "differences": {str(pk): row for pk, row in rows.items()},
    }


def _row(service: Service) -> dict[str, Any]:
    return {"name": service.name, "position": service.position, "accounts": 0, "issued": NOTHING, "now": NOTHING}


def _sums(rows: Iterable[tuple[int, int, Decimal]]) -> Sums:
    found: Sums = defaultdict(dict)
    for account, service, total in rows:
        found[account][service] = total
    return found


def _lines(sums: dict[int, Decimal]) -> list[Line]:
    return [Line(str(service), accrued=total) for service, total in sums.items()]
