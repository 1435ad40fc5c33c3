"""Whose hours a page speaks: the company's whose account it shows, else those of the account looked at last."""

from contextlib import AbstractContextManager
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

ZONE = "zone"  # in the session of a person


def usual_zone(request: HttpRequest) -> AbstractContextManager[object]:
    """The zone in which a page begins: of the account that this person looked at last, or the portal's own."""
    name = request.session.get(ZONE, "") if request.user.is_authenticated else ""
    return timezone.override(ZoneInfo(name or settings.TIME_ZONE))


def speak_time_of(request: HttpRequest, zone: str) -> None:
    """Show the moments of this page in a zone («Europe/Kyiv»), and those of the pages without an account that follow."""
    timezone.activate(ZoneInfo(zone))
    if request.user.is_authenticated and request.session.get(ZONE, settings.TIME_ZONE) != zone:
        request.session[ZONE] = zone
