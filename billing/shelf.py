"""What a list of documents shows: their months, years and how far each is paid."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.utils.translation import gettext as _

from billing.debts import Standing, late_since
from billing.models import Invoice
from premises.models import PersonalAccount

T = TypeVar("T")
NOTHING = Decimal("0.00")


def months_of(account: PersonalAccount) -> list[date]:
    """The months that have a document, the newest first."""
    return list(account.invoices.live().order_by("-period").values_list("period", flat=True).distinct())


def documents_of(account: PersonalAccount, months: Sequence[date], now: Standing, today: date) -> list[Invoice]:
    """The documents of these months, one after another without a gap, each with its status; two queries."""
    found = list(account.invoices.live().filter(period__in=months).in_brief("account", "recipient", "pdf_state"))
    for invoice in found:
        with_status(invoice, now, today)
    return found


def with_status(invoice: Invoice, now: Standing, today: date) -> Invoice:
    """Give a document what is `left` of it, its `status` (due, part or paid) and since when it is overdue."""
    invoice.left = now.left.get(invoice.pk, NOTHING)
    invoice.status = status(invoice.charged, invoice.left)
    invoice.late_since = late_since(invoice.due_on, today) if invoice.left else None
    return invoice


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


def month_instead(text: str) -> str:
    """What is said where a month was asked for that has no document."""
    return _("There are no bills of that month: everything is shown.") if text else ""


def year_instead(text: str, year: int | None) -> str:
    """What is said where another year is shown than the one asked for; '' where it is the same or none was asked."""
    if not text or text == str(year):
        return ""
    if year is None:
        return _("That is no year of this book: everything is shown.")
    return _("There is nothing for %(asked)s: the nearest year, %(shown)s, is shown.") % {"asked": text, "shown": year}


def distinct(values: Iterable[T]) -> list[T]:
    """The different values in their order."""
    return list(dict.fromkeys(values))
