"""Deletion of the profile: what goes, what stays, and the confirmation."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import actions, sessions
from accounts.confirm import confirmed_recently
from accounts.forms import DeleteForm
from accounts.people import person, posted


@require_http_methods(["GET", "POST"])
@confirmed_recently
def profile_delete(request: HttpRequest) -> HttpResponse:
    """Erase the profile at once and sign out everywhere."""
    user, form = person(request), DeleteForm(posted(request))
    if request.method == "POST" and form.is_valid():
        actions.erase(user, at=timezone.now())
        sessions.end_sessions(user, keep=request.session.session_key)
        sessions.sign_out(request)
        messages.success(request, _("Your profile is deleted. Thank you for having been with us."))
        return redirect("landing")
    return render(request, "accounts/delete.html", {"form": form}, status=422 if form.errors else 200)
