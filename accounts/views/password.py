"""The optional password: set, change, remove."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import actions, sessions
from accounts.confirm import confirmed_recently
from accounts.forms import NewPasswordForm
from accounts.locks import lock_same
from accounts.models import User
from accounts.once import once
from accounts.people import person, posted
from accounts.second_click import follows_key

stays_signed_in = follows_key(lambda request: reverse("profile"))


@sensitive_post_parameters("password")
@stays_signed_in
@confirmed_recently
@require_http_methods(["GET", "POST"])
@once
def profile_password(request: HttpRequest) -> HttpResponse:
    """Set a password or a new one; other places are signed out."""
    user = User.objects.get(pk=person(request).pk)
    form = NewPasswordForm(posted(request), user=user)
    if request.method == "POST" and form.is_valid():
        _change(request, user, form.cleaned_data["password"])
        messages.success(request, _("The password is saved. Other devices are signed out."))
        return redirect("profile")
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.errors else 200)


@stays_signed_in
@confirmed_recently
@require_http_methods(["GET", "POST"])
@once
def password_remove(request: HttpRequest) -> HttpResponse:
    """Back to codes only."""
    user = User.objects.get(pk=person(request).pk)
    if not user.has_usable_password():
        return redirect("profile")
    if request.method == "POST":
        _change(request, user, None)
        messages.success(request, _("The password is removed. You sign in with codes."))
        return redirect("profile")
    return render(request, "accounts/password_remove.html")


@transaction.atomic
def _change(request: HttpRequest, user: User, password: str | None) -> None:
    """Change it and keep only this session."""
    at = timezone.now()
    lock_same(user)
    user = actions.set_password(user, password, at=at)
    sessions.end_sessions(user, keep=request.session.session_key)
    sessions.change_key(request, user, at=at)
