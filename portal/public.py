"""Pages everybody may read: what the portal is, whether a house is connected, whom to call at night."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from premises.models import House, Organization

MOST_HOUSES = 20
LONGEST_QUERY = 100


def found_houses(request: HttpRequest) -> dict[str, Any]:
    """Return what a house search shows: the query, at most 20 houses (never flats), and whether there are more."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    houses: list[House] = []
    if query:
        houses = list(House.objects.matching(query).select_related("organization")[: MOST_HOUSES + 1])
    return {"query": query, "houses": houses[:MOST_HOUSES], "has_more": len(houses) > MOST_HOUSES}


def companies() -> list[Organization]:
    """Return the companies that serve at least one house, with their phones and offices."""
    return list(Organization.objects.filter(kind=Organization.Kind.COMPANY, houses__isnull=False).distinct())


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What a person can do here; whether their house is connected; a signed-in person goes straight home."""
    if request.user.is_authenticated and "q" not in request.GET:
        return redirect("home")
    return render(request, "portal/landing.html", {"companies": companies(), **found_houses(request)})


@require_safe
def phones(request: HttpRequest) -> HttpResponse:
    """The directory of emergency phones: by house, and of every company."""
    return render(request, "portal/phones.html", {"companies": companies(), **found_houses(request)})
