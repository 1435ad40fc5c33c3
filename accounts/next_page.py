"""Where a person goes next: only to pages of this portal."""

import re

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.identity import held
from accounts.models import User

PLAIN = re.compile(r"^/(?![/\\])[A-Za-z0-9/_.~%?&=+-]*$")
ENCODED_TRICKS = re.compile(r"%(0[0-9a-f]|1[0-9a-f]|2f|5c|7f|80|e[2-3])", re.IGNORECASE)


def safe_path(path: str | None, default: str = "") -> str:
    """The path if it leads into this portal and hides nothing, else the default."""
    typed = path or ""
    fits = PLAIN.match(typed) and not ENCODED_TRICKS.search(typed) and ".." not in typed and "//" not in typed
    return typed if fits and url_has_allowed_host_and_scheme(typed, allowed_hosts=None) else default


def keep_next(request: HttpRequest) -> None:
    """Remember `?next=` until the person is in."""
    if path := safe_path(request.GET.get("next")):
        request.session["next"] = path


def take_next(request: HttpRequest) -> str:
    """The remembered page, once; else the person's home."""
    return safe_path(request.session.pop("next", ""), reverse("home"))


def first_page(request: HttpRequest, user: User) -> str:
    """Where a person who has just come in goes: what waits for an answer, the names of a new profile, the remembered page."""
    if held.KEY in request.session:
        return reverse("identity_join")
    return reverse("welcome") if user.welcomed_at is None else take_next(request)
