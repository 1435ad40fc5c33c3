"""The list of a person's accounts: each with its address, company, grade and what its book says."""

from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.models import LedgerEntry
from premises.access import seats_of, shown_links
from premises.models import AccountLink, LinkRequest
from premises.views.pages import person


class Card(NamedTuple):
    """A link and what its account owes; None where the person may not know."""

    link: AccountLink
    balance: Decimal | None


@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account of the person: where it is, how the link stands, what is owed, what is missing and what to do (P09)."""
    user = person(request)
    requests = LinkRequest.objects.waiting().filter(user=user, link__isnull=True).select_related("house")
    links = shown_links(user)
    context = {
        "cards": cards(links), "requests": requests, "seats": seats_of(user),
        "has_several": sum(link.state == AccountLink.State.ACTIVE for link in links) > 1,
    }  # fmt: skip
    return render(request, "portal/accounts.html", context)


def cards(links: list[AccountLink]) -> list[Card]:
    """Return the cards in the order of the links; all balances take one query."""
    active = [link.account for link in links if link.state == AccountLink.State.ACTIVE]
    balances = LedgerEntry.objects.balances(active)
    return [Card(link, balances.get(link.account_id)) for link in links]
