"""Money received for an account."""

from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.models import LedgerEntry
from billing.shelf import chosen_year
from billing.views.asked import SignedIn, account_asked

PER_PAGE = 24


@login_required
@require_GET
def payments(request: SignedIn, account_id: UUID) -> HttpResponse:
    """P23: money received for the account, of a year or of all time, and what is owed now."""
    account = account_asked(request, account_id)
    every = account.payments.live()
    years = [day.year for day in every.dates("paid_on", "year", order="DESC")]
    year = chosen_year(request.GET.get("year", ""), years)
    found = every.filter(paid_on__year=year) if year else every
    context = {
        "account": account,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "total": found.aggregate(total=Sum("amount"))["total"] or Decimal("0.00"),
        "balance": LedgerEntry.objects.filter(account=account).balance(),
        "currency": account.organization.currency,
        "year": year,
        "years": years,
        "query": f"&year={year}" if year else "",
    }
    return render(request, "billing/payments.html", context)
