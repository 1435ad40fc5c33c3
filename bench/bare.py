"""A bare Django view with one indexed query: what the pages of the portal are measured beside. Not in production URLs."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from portal.urls import urlpatterns as portal_urls
from premises.models import House


def bare(request: HttpRequest, pk: int) -> HttpResponse:
    """One row by its key, no session, no template."""
    return HttpResponse(House.objects.only("city").get(pk=pk).city)


def person(request: HttpRequest) -> HttpResponse:
    """The session and the signed-in person, nothing else."""
    return HttpResponse(str(request.user))


urlpatterns = [path("bare/<int:pk>/", bare), path("bare/person/", person), *portal_urls]
