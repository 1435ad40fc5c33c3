"""Where a person is signed in, and how to sign out there."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import sessions
from accounts.devices import device_name
from accounts.people import person


@login_required
def session_list(request: HttpRequest) -> HttpResponse:
    """Each place with its device and when it was last used."""
    sessions.note_place(request)
    here = request.session.session_key
    places = [
        {
            "session": row,
            "device": device_name(row.user_agent),
            "is_here": row.session_key == here,
            "facts": _facts(row),
        }
        for row in sessions.sessions_of(person(request))
    ]
    return render(request, "accounts/sessions.html", {"places": places})


def _facts(session: UserSession) -> list[dict[str, str]]:
    seen, began = timezone.localtime(session.last_seen_at), timezone.localtime(session.created_at)
    rows = [
        (_("Last used"), date_format(seen, "DATETIME_FORMAT")),
        (_("Signed in since"), date_format(began, "DATETIME_FORMAT")),
        (_("Network address"), session.ip),
    ]
    return [{"name": name, "value": value} for name, value in rows]


@login_required
@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out in one place."""
    session: UserSession = get_object_or_404(sessions.sessions_of(person(request)), pk=pk)
    if session.session_key == request.session.session_key:
        sessions.sign_out(request)
        return redirect("landing")
    session.end()
    messages.success(request, _("That device is signed out."))
    return redirect("sessions")


@login_required
@require_POST
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    sessions.end_sessions(person(request), keep=request.session.session_key)
    messages.success(request, _("All other devices are signed out."))
    return redirect("sessions")
