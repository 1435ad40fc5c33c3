"""E3: the services of a flat with suppliers, tariffs and norms. House data: whoever has a link reads it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.price_list import price_list
from premises.access import account_or_404


@login_required
@require_safe
def services(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The list by the groups of the document."""
    account, link = account_or_404(request, account_id)
    context = {
        "account": account,
        "link": link,
        "list": price_list(account, account.organization.day(timezone.now())),
        "currency": account.organization.currency,
    }
    return render(request, "billing/services.html", context)
