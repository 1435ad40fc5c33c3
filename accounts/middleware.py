"""Reads how this person wants the portal, and how long they may stay signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from accounts import sessions
from accounts.browser import leave_cookies
from accounts.codes import HumanCheckNeeded
from accounts.models import User
from accounts.zones import usual_zone

TEXT_SIZE_COOKIE, THEME_COOKIE = "text_size", "theme"


@dataclass(frozen=True)
class Reader:
    """How a page is to be drawn for this person."""

    language: str
    text_size: int
    theme: str


class SessionAge:
    """Ends a session that lasted too long or was not used for too long, and notes the visit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            at, user = timezone.now(), request.user
            if sessions.is_too_old(request, user, at=at):
                sessions.sign_out(request)
            else:
                sessions.note_visit(request, user, at=at)
        return self.get_response(request)


class AsksHuman:
    """Leads to the one question when the view needs to know that a person is there; back to the same page after."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, HumanCheckNeeded):
            return redirect(f"{reverse('human_check')}?next={quote(back_to(request))}")
        return None


def back_to(request: HttpRequest) -> str:
    """The page whose form was sent: «…/again/» is a button on the page «…/code/»."""
    return request.path.removesuffix("again/") + "code/" if request.path.endswith("/again/") else request.path


class ReaderMiddleware:
    """Sets `request.reader`: the person's own choice, then this browser's cookie, then the browser's or the default.

    Its hours begin in those of the account looked at last; a page of another account speaks that one's (accounts/zones.py).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reader = reader_of(request)
        request.reader = reader  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = reader.language
        with translation.override(reader.language), usual_zone(request):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", reader.language)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        leave_cookies(request, response)
        return response


def reader_of(request: HttpRequest) -> Reader:
    """Read the choices; anything unknown in a cookie counts as no choice."""
    own: Any = request.user if request.user.is_authenticated else None
    language = (own and own.language) or translation.get_language_from_request(request) or settings.LANGUAGE_CODE
    size = own.text_size if own else request.COOKIES.get(TEXT_SIZE_COOKIE, "")
    theme = own.theme if own else request.COOKIES.get(THEME_COOKIE, "")
    sizes = {str(value): int(value) for value in User.TextSize.values}
    return Reader(
        language=language,
        text_size=sizes.get(str(size), int(User.TextSize.NORMAL)),
        theme=theme if theme in User.Theme.values else User.Theme.SYSTEM.value,
    )
