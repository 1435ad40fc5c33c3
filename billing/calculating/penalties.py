"""The penalty that a month adds for documents paid late: what has grown to its last day less what was charged before."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Count, Q, Sum

from billing.calculating.plan import Plan
from billing.charging.allocation import Document, Payment, allocate, brought_in
from billing.charging.exact import NOTHING
from billing.charging.penalty import Portion, Terms, penalty
from billing.charging.rules import NoRule
from billing.models import BillingRun, Invoice, LedgerEntry, PenaltyCharge

Key = tuple[int, str]  # account and section
Kind = LedgerEntry.Kind
COLUMNS = ("run_id", "account_id", "invoice_id", "section", "upto", "amount")
FIELDS = (
    "account", "section", "kind", "on", "amount", "pk", "invoice", "invoice__period", "invoice__due_on", "invoice__run",
    "invoice__penalty", "invoice__fees", "payment", "payment__period", "refund__payment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Late:
    """What the month adds for one document."""

    account: int
    invoice: int
    section: str
    amount: Decimal


def penalties_of(plan: Plan, accounts: Collection[int], houses: dict[int, int], upto: date) -> list[Late]:
    """The penalties of some accounts, in five queries. `houses` says where each account is: a city may have its own law."""
    suspects = _suspects(plan, accounts, upto)
    if not suspects:
        return []
    charged = _charged_before(suspects)
    books: dict[Key, list[Any]] = defaultdict(list)
    for row in _entries(suspects, upto):
        books[row[0], row[1]].append(row)
    terms = _Terms(plan)
    found: list[Late] = []
    for (account, section), rows in books.items():
        city = plan.cities.get(houses.get(account, 0), "")
        found += _of_book(account, section, rows, terms, city, upto, charged, plan.penalty_since)
    return found


def _suspects(plan: Plan, accounts: Collection[int], upto: date) -> set[Key]:
    """Sections that owed something overdue on the last day counted before, now, or when the newest overdue document became so.

    Also those that were charged a penalty then, or that learned since of something of those days: what they bore may be
    less, or more.
    """
    grace = _grace(plan)
    last = _last(plan)
    then = min(plan.period - timedelta(days=1), last.paid_upto or upto if last else upto)
    entries = LedgerEntry.objects.filter(account__in=accounts, on__lte=upto).order_by()
    sums = entries.values_list("account", "section").annotate(
        before=Sum("amount", filter=_owed(then - grace, then), default=NOTHING),
        now=Sum("amount", filter=_owed(upto - grace, upto), default=NOTHING),
        due=Sum("amount", filter=_owed(upto - grace, then), default=NOTHING),
        came_late=Count("pk", filter=_came_late(then, last)),
    )
    found = {(account, section) for account, section, *signs in sums if any(one > 0 for one in signs)}
    fined = PenaltyCharge.objects.filter(run=last, account__in=accounts) if last else PenaltyCharge.objects.none()
    return found | set(fined.values_list("account", "section"))


def _last(plan: Plan) -> BillingRun | None:
    """The newest issued month before this one."""
    runs = BillingRun.objects.filter(
        organization=plan.organization, kind=BillingRun.Kind.PERIOD, state=BillingRun.State.ISSUED,
        period__lt=plan.period, calculated_at__isnull=False,
    )  # fmt: skip
    return runs.order_by("period").last()


def _came_late(day: date, last: BillingRun | None) -> Q:
    """Entries of a day that was counted before, which that count did not know; its own documents apart."""
    if last is None:
        return Q(pk__isnull=True)
    return Q(on__lte=day, created_at__gt=last.calculated_at, invoice__run__isnull=True)


def _owed(due: date, paid: date) -> Q:
    """Documents due by a day, and all other entries by a day."""
    return Q(kind=Kind.CHARGE, invoice__due_on__lte=due) | (~Q(kind=Kind.CHARGE) & Q(on__lte=paid))


def _grace(plan: Plan) -> timedelta:
    """The days after the due date on which nothing grows."""
    try:
        steps = plan.rules.steps(plan.country, "penalty_steps", plan.period)
    except NoRule:
        return timedelta(0)
    return timedelta(days=steps[0].first - 1)


def _charged_before(suspects: Iterable[Key]) -> dict[int, Decimal]:
    """What issued months charged for each document."""
    rows = PenaltyCharge.objects.filter(account__in={key[0] for key in suspects}, run__state=BillingRun.State.ISSUED)
    return dict(rows.order_by().values_list("invoice").annotate(total=Sum("amount")))


def _entries(suspects: set[Key], upto: date) -> Iterable[Any]:
    rows = LedgerEntry.objects.filter(account__in={key[0] for key in suspects}, on__lte=upto)
    standing = rows.filter(reverses__isnull=True, reversed_by__isnull=True).order_by("on", "pk")
    return (row for row in standing.values_list(*FIELDS) if (row[0], row[1]) in suspects)


class _Terms:
    """The law of a penalty by the due date, the section and the city; asked often, found once."""

    def __init__(self, plan: Plan) -> None:
        self._find = cache(lambda due, repair, city: Terms.of(
            plan.rules, plan.country, due, territory=city, repair=repair
        ))  # fmt: skip

    def of(self, due: date, section: str, city: str) -> Terms:
        found: Terms = self._find(due, section == Invoice.Kind.REPAIR, city)
        return found


def _of_book(
    account: int, section: str, rows: Iterable[Any], terms: _Terms, city: str, upto: date, charged: dict[int, Decimal],
    since: date,
) -> Iterable[Late]:  # fmt: skip
    """Replay one section of one account's book. Of imported documents only the days from `since` on count here: what they
    bore before was charged by the registers, or by nobody."""
    documents: list[Document] = []
    payments: list[Payment] = []
    bearing: dict[int, date] = {}
    imported: set[int] = set()
    for _a, _s, kind, on, amount, pk, invoice, period, due, run, fine, fees, payment, named, of in rows:
        if kind == Kind.CHARGE:
            extra = fine + fees
            documents.append(Document(invoice, period, on, due or on, amount - extra, extra))
            if due:
                bearing[invoice] = due
            if run is None:
                imported.add(invoice)
        elif amount > 0 and kind != Kind.REFUND:
            documents.append(brought_in(("entry", pk), on, amount))
        elif kind == Kind.REFUND:
            payments.append(Payment(("entry", pk), on, -amount, of=("payment", of)))
        else:
            payments.append(Payment(("payment", payment) if payment else ("entry", pk), on, -amount, named))
    covered = allocate(documents, payments)
    for invoice, due in bearing.items():
        if due >= upto:
            continue
        portions: Iterable[Portion] = covered.portions(invoice)
        if invoice in imported:
            portions = [one._replace(since=max(since, one.since or since)) for one in portions]
        grown = penalty(portions, due, upto, terms.of(due, section, city))
        added = grown - charged.get(invoice, NOTHING)
        if added:
            yield Late(account, invoice, section, added)
