"""What a list of documents shows: their months, years and how far each is paid."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.book import unpaid
from billing.models import Invoice

T = TypeVar("T")
STATUS = {
    "due": ("warn", _("To pay")),
    "part": ("info", _("Partly paid")),
    "paid": ("ok", pgettext_lazy("a payment document", "Paid")),
}


def with_status(invoices: Sequence[Invoice], balances: Mapping[str, Decimal]) -> Sequence[Invoice]:
    """Give every document its `status` (a key of STATUS) from the account's balances; documents come newest first."""
    by_kind: defaultdict[str, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        by_kind[invoice.kind].append(invoice)
    for kind, found in by_kind.items():
        left = unpaid(balances.get(kind, Decimal(0)), [invoice.charged for invoice in found])
        for invoice, owed in zip(found, left, strict=True):
            invoice.status = status(invoice.charged, owed)
    return invoices


def status(charged: Decimal, owed: Decimal) -> str:
    """Whether a sum is still to pay, partly paid or paid."""
    if owed <= 0:
        return "paid"
    return "due" if owed >= charged else "part"


def chosen_month(text: str, months: Sequence[date]) -> date | None:
    """The month «2019-02» when there is a document of it."""
    return next((month for month in months if f"{month:%Y-%m}" == text), None)


def chosen_year(text: str, years: Sequence[int]) -> int | None:
    """The year asked for; where nothing happened in it, the nearest that has something."""
    if not text or not years:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        return None
    return min(years, key=lambda year: (abs(year - int(text)), -year))


def distinct(values: Iterable[T]) -> list[T]:
    """The different values in their order."""
    return list(dict.fromkeys(values))
