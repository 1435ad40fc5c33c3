"""Money received for an account, and the copy of one payment."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.debts import Paper, sections
from billing.forms import PeriodForm
from billing.models import LedgerEntry, Payment, Refund
from billing.owed import Owed
from billing.shelf import chosen_year, year_instead
from billing.views.asked import SignedIn, account_asked
from meters.history import months_before

PER_PAGE = 24
NOTHING = Decimal("0.00")


@login_required
@require_GET
def payments(request: SignedIn, account_id: UUID) -> HttpResponse:
    """P23: money received, of all time, of a year or of chosen months, and what is owed now."""
    account = account_asked(request, account_id)
    every = account.payments.live()
    years = [day.year for day in every.dates("paid_on", "year", order="DESC")]
    asked = request.GET.get("year", "")
    year = chosen_year(asked, years)
    last = account.organization.day(timezone.now()).replace(day=1)
    newest, oldest = (years[0], years[-1]) if years else (last.year, last.year)
    picker = PeriodForm(
        request.GET, first=last.replace(year=oldest, month=1), last=max(last, last.replace(year=newest, month=12))
    )
    is_span = not year and "from_month" in request.GET
    found = every.filter(paid_on__year=year) if year else every
    if is_span:
        found = every.filter(paid_on__gte=picker.span.first, paid_on__lt=months_before(picker.span.last, -1))
    owed = Owed(LedgerEntry.objects.balances_by_section(account))
    sums = found.aggregate(total=Sum("amount"), returned=Sum("refunded"))
    context = {
        "account": account,
        "page": Paginator(found.select_related("intent"), PER_PAGE).get_page(request.GET.get("page")),
        "total": sums["total"] or NOTHING,
        "returned": sums["returned"] or NOTHING,
        "balance": owed.due,
        "debt": owed.debt,
        "currency": account.organization.currency,
        "year": year,
        "years": years,
        "said": year_instead(asked, year),
        "picker": picker,
        "span": picker.span if is_span else None,
        "query": f"&year={year}" if year else f"&{picker.query}" if is_span else "",
    }
    return render(request, "billing/payments.html", context)


@login_required
@require_GET
def payment(request: SignedIn, account_id: UUID, payment_id: int) -> HttpResponse:
    """The copy of one payment: what was received, what it covered, what went back."""
    account = account_asked(request, account_id)
    found = get_object_or_404(
        Payment.objects.visible_to(request.user).select_related("intent"), pk=payment_id, account=account
    )
    section = next((one for one in sections(account) if one.name == found.kind), None)
    lines = [one for one in section.money if one.row["payment_id"] == found.pk] if section else []
    covered = _covered(section.papers if section else (), {one.row["pk"] for one in lines})
    context = {
        "account": account,
        "payment": found,
        "currency": account.organization.currency,
        "covered": covered,
        "free": sum((one.free for one in lines), NOTHING),
        "refunds": found.refunds.filter(state=Refund.State.DONE).order_by("done_on", "pk"),
        "kept": found.amount - found.refunded,
    }
    return render(request, "billing/payment.html", context)


def _covered(papers: Iterable[Paper], keys: set[int]) -> list[tuple[Mapping[str, Any], Decimal]]:
    """The papers that the money of these lines lies on: what was covered and taken back again is not among them."""
    sums = [
        (paper.row, sum((one.principal + one.penalty for one in paper.covers if one.payment in keys), NOTHING))
        for paper in papers
    ]
    return [(row, amount) for row, amount in sums if amount]
