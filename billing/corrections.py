"""What later documents recalculated for a month that was charged already: the base sum and the corrected one."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from billing.models import Invoice, Recalculation

ISO, LOCAL = re.compile(r"(\d{4})-(\d{2})"), re.compile(r"(\d{2})\.(\d{4})")


@dataclass(frozen=True)
class Correction:
    """One recalculation: in which later document (None: it waits for the next one), of which service, why, by how much."""

    document: Invoice | None
    service: str
    reason: str
    amount: Decimal


def corrections(invoice: Invoice) -> list[Correction]:
    """Recalculations of this document's month: those that later documents of its kind printed, oldest first, then those
    that wait for the next one; two queries."""
    later = Invoice.objects.live().filter(account=invoice.account_id, kind=invoice.kind, period__gt=invoice.period)
    later = later.exclude(recalculations=[]).only("public_id", "number", "period", "recalculations").order_by("period")
    printed = [
        Correction(document, str(row.get("service", "")), str(row.get("reason", "")), amount)
        for document in later
        for row in document.recalculations
        if named_month(str(row.get("period", ""))) == invoice.period and (amount := _amount(row.get("amount")))
    ]
    waiting = Recalculation.objects.waiting().filter(
        account=invoice.account_id, period=invoice.period, service__kind=invoice.kind
    )
    rows = waiting.order_by("pk").values_list("service__name", "reason", "amount")
    return [*printed, *(Correction(None, *row) for row in rows)]


def named_month(text: str) -> date | None:
    """The month that a recalculation names: «2026-03», «2026-03-01» or «03.2026».

    >>> named_month("03.2026")
    datetime.date(2026, 3, 1)
    """
    if found := ISO.match(text):
        year, month = map(int, found.groups())
    elif found := LOCAL.search(text):
        month, year = map(int, found.groups())
    else:
        return None
    return date(year, month, 1) if year and 1 <= month <= 12 else None


def _amount(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
