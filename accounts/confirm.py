"""The step before an important step: prove again that it is you.

Residents prove it by a fresh code, by the password or by a passkey, employees by their second factor (docs/step-up.md).
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.next_page import safe_path
from accounts.once import LedAside

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def confirm_address(request: HttpRequest, back: str) -> str:
    """Where this person confirms and is led back to this page of ours; without its query where that cannot be kept."""
    door = "factor" if getattr(request.user, "is_staff", False) else "confirm"
    return f"{reverse(door)}?next={quote(safe_path(back, back.partition('?')[0]))}"


def confirm_first(request: HttpRequest, back: str) -> LedAside:
    """Lead to the confirmation and from there back to this page of ours; a form that was sent is not accepted, and told so."""
    if request.method == "POST":
        messages.info(request, _("The form was not sent. Confirm that it is you, and then fill it in again."))
    return LedAside(confirm_address(request, back))


def confirmed_recently(view: View[P]) -> View[P]:
    """Only for a person who signed in or confirmed in the last ten minutes; others confirm first and come back."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if sessions.is_fresh(request, at=timezone.now()):
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method == "GET" else request.path
        return confirm_first(request, back)

    return login_required(wrapped)
