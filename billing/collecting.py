"""How a company collects its money: months, houses, debtors by the age of their debt. Every figure is of the one book.

A debt's age here supposes that money pays the oldest charge first: what was charged in the last days is owed first of all,
the rest of the balance is older. So one query over the book tells it for every account of a company.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest, Least, TruncMonth

from billing.models import LedgerEntry
from premises.models import Organization

ZERO = Decimal("0.00")
Rows = QuerySet[Any, dict[str, Any]]  # a row of each account that owes
BOUNDS = (30, 90, 180, 365)  # days since the charge became payable; an age is up to a bound, the last one above all
CHARGED = (LedgerEntry.Kind.CHARGE, LedgerEntry.Kind.SUBSIDY)
PAID = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND)


@dataclass(frozen=True)
class Month:
    """What was charged and paid in a month."""

    month: date
    charged: Decimal
    paid: Decimal

    @property
    def rate(self) -> Decimal | None:
        """Paid in percent of charged, to one decimal; None where nothing was charged."""
        return (self.paid * 100 / self.charged).quantize(Decimal("0.1")) if self.charged > 0 else None


def months_of(organization: Organization, *, since: date) -> list[Month]:
    """The months since a day, newest first, in one query. A charge stands on the last day of its month."""
    entries = LedgerEntry.objects.filter(account__organization=organization, on__gte=since)
    rows = (
        entries.annotate(month=TruncMonth("on"))
        .order_by()
        .values("month")
        .annotate(
            charged=Coalesce(Sum("amount", filter=Q(kind__in=CHARGED)), ZERO),
            paid=Coalesce(Sum("amount", filter=Q(kind__in=PAID)), ZERO),
        )
    )
    return [Month(row["month"], row["charged"], -row["paid"]) for row in rows.order_by("-month")]


def debtors(organization: Organization, *, today: date) -> Rows:
    """Accounts that owe, with their balance and its ages, the largest debt first: one query, pages by slicing.

    Keys: account, number, label, house, holder, balance, age_0 (not payable yet), age_1 … age_5 by BOUNDS.
    """
    printed = LedgerEntry.Kind.BROUGHT_IN  # an old debt, whatever document brought it
    payable_on = Case(When(kind=printed, then="on"), default=Coalesce("invoice__due_on", "on"))
    since = [today, *(today - timedelta(days=bound) for bound in BOUNDS)]
    owed = Q(kind__in=[*CHARGED, LedgerEntry.Kind.BROUGHT_IN])
    recent = {
        f"recent_{index}": Coalesce(Sum("amount", filter=owed & Q(payable_on__gte=day)), ZERO)
        for index, day in enumerate(since)
    }
    rows = LedgerEntry.objects.filter(account__organization=organization).alias(payable_on=payable_on).order_by()
    found = rows.values("account").annotate(balance=Sum("amount"), **recent).filter(balance__gt=0)
    count = len(since)
    upto = {index: Least(F("balance"), Greatest(F(f"recent_{index}"), Value(ZERO))) for index in range(count)}
    ages: dict[str, Any] = {"age_0": upto[0], f"age_{count}": F("balance") - upto[count - 1]}
    for index in range(1, count):
        ages[f"age_{index}"] = Greatest(upto[index] - upto[index - 1], Value(ZERO))
    rows_of_accounts: Any = found.annotate(
        number=F("account__number"), label=F("account__unit__label"), holder=F("account__holder"),
        house=F("account__unit__house"), **ages,
    )  # fmt: skip
    return rows_of_accounts.order_by("-balance", "account")  # type: ignore[no-any-return]


def older_than(rows: Rows, days: int) -> Rows:
    """Debtors who owe something that became payable more than so many days ago (one of BOUNDS; 0: overdue at all)."""
    first = 1 if days == 0 else BOUNDS.index(days) + 2
    wanted = Q()
    for index in range(first, len(BOUNDS) + 2):
        wanted |= Q(**{f"age_{index}__gt": 0})
    return rows.filter(wanted)


def totals(rows: Rows) -> dict[str, Decimal]:
    """The sums of a list of debtors: how much is owed in all and of each age."""
    names = ("balance", *age_names())
    found = rows.order_by().aggregate(**{f"sum_of_{name}": Coalesce(Sum(name), ZERO) for name in names})
    return {name: found[f"sum_of_{name}"] for name in names}


def age_names() -> Iterator[str]:
    return (f"age_{index}" for index in range(len(BOUNDS) + 2))
