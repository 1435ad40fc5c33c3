"""What a list of documents shows: their months, years and how far each is paid."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.book import unpaid
from billing.models import Invoice
from premises.models import PersonalAccount

T = TypeVar("T")
NOTHING = Decimal("0.00")
STATUS = {
    "due": ("warn", _("To pay")),
    "part": ("info", _("Partly paid")),
    "paid": ("ok", pgettext_lazy("a payment document", "Paid")),
}
CHARGED = F("accrued") + F("excess") + F("recalculated") - F("benefit") - F("fine") + F("penalty") + F("fees")


def months_of(account: PersonalAccount) -> list[date]:
    """The months that have a document, the newest first."""
    return list(account.invoices.live().order_by("-period").values_list("period", flat=True).distinct())


def documents_of(account: PersonalAccount, months: Sequence[date], balances: Mapping[str, Decimal]) -> list[Invoice]:
    """The documents of these months, one after another without a gap, each with its status; two queries."""
    found = list(account.invoices.live().filter(period__in=months).in_brief("account", "recipient", "pdf_state"))
    with_status(found, balances, newer_sums(account, months[0]) if months else {})
    return found


def newer_sums(account: PersonalAccount, month: date) -> dict[str, Decimal]:
    """What the documents after a month charged, by kind: the debt that lies on them before it reaches the month."""
    newer = account.invoices.live().filter(period__gt=month).order_by().values_list("kind")
    return dict(newer.annotate(total=Sum(Greatest(CHARGED, Value(NOTHING)))))


def with_status(
    invoices: Sequence[Invoice], balances: Mapping[str, Decimal], newer: Mapping[str, Decimal] | None = None
) -> Sequence[Invoice]:
    """Give every document its `status` (a key of STATUS) from the account's balances; documents come newest first.

    `newer` is what still newer documents of each kind charged: the debt falls on them first.
    """
    by_kind: defaultdict[str, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        by_kind[invoice.kind].append(invoice)
    for kind, found in by_kind.items():
        balance = balances.get(kind, NOTHING) - (newer or {}).get(kind, NOTHING)
        left = unpaid(balance, [invoice.charged for invoice in found])
        for invoice, owed in zip(found, left, strict=True):
            invoice.status = status(invoice.charged, owed)
    return invoices


def status_of(invoice: Invoice, balance: Decimal) -> str:
    """The status of one document by the balance of its section; one query."""
    later = Q(period__gt=invoice.period) | Q(period=invoice.period, pk__lt=invoice.pk)
    newer = Invoice.objects.live().filter(later, account=invoice.account_id, kind=invoice.kind)
    total = newer.aggregate(total=Sum(Greatest(CHARGED, Value(NOTHING))))["total"] or NOTHING
    return status(invoice.charged, next(unpaid(balance - total, [invoice.charged])))


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
