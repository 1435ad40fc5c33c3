"""The statement of an account: the book's lines of some months in two queries, however long the history."""

from calendar import monthrange
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from billing.models import LedgerEntry
from billing.movement import ZERO, Movement, Sums, movement
from premises.models import PersonalAccount

Kind = LedgerEntry.Kind
COLUMN = {
    Kind.BROUGHT_IN: "brought", Kind.INCLUDED: "brought", Kind.CHARGE: "charged", Kind.PAYMENT: "paid",
    Kind.SUBSIDY: "subsidy", Kind.REFUND: "returned",
}  # fmt: skip
# What a document's own columns say of its charge; the rest of the charge are the services.
OF_DOCUMENT = ("recalculated", "penalty", "fees")


def statement(account: PersonalAccount, first: date, last: date, *, section: str = "") -> Movement:
    """Return the movement from the first day of `first`'s month to the last of `last`'s; `section` keeps to one of the book."""
    start, end = bounds(first, last)
    entries = LedgerEntry.objects.filter(account=account)
    entries = entries.filter(section=section) if section else entries
    opening = entries.before(start).balance()
    inside = entries.filter(on__range=(start, end)).exclude(on=start, kind__in=LedgerEntry.OPENING_KINDS)
    return movement(start, end, opening, _by_month(inside))


def bounds(first: date, last: date) -> tuple[date, date]:
    """The first day of one month and the last day of another."""
    return first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])


def first_day(account: PersonalAccount) -> date | None:
    """The day of the oldest line of the book."""
    return LedgerEntry.objects.filter(account=account).order_by("on").values_list("on", flat=True).first()


def _by_month(entries: QuerySet[LedgerEntry]) -> dict[date, Sums]:
    rows = entries.order_by().annotate(month=TruncMonth("on")).values("month", "kind")
    rows = rows.annotate(total=Sum("amount"), **{f"in_{name}": _printed(name) for name in OF_DOCUMENT})
    found: defaultdict[date, Sums] = defaultdict(Sums)
    for row in rows:
        found[row["month"]] += _sums(dict(row))
    return found


def _sums(row: dict[str, Any]) -> Sums:
    """One kind of one month; a charge is told apart by the columns of its documents."""
    if row["kind"] != Kind.CHARGE:
        return Sums(**{COLUMN[row["kind"]]: row["total"]})
    inside = {name: row[f"in_{name}"] for name in OF_DOCUMENT}
    return Sums(charged=row["total"] - sum(inside.values(), ZERO), **inside)


def _printed(name: str) -> Any:
    """The sum of a document's column over its charges, taken back ones with the opposite sign."""
    column, money = F(f"invoice__{name}"), DecimalField(max_digits=13, decimal_places=2)
    signed = Case(When(Q(reverses__isnull=True), then=column), default=-column, output_field=money)
    return Coalesce(Sum(signed, filter=Q(kind=Kind.CHARGE)), Value(Decimal("0.00")), output_field=money)
