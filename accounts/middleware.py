"""Reads how this person wants the portal, and how long they may stay signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.browser import leave_cookies
from accounts.models import User

TEXT_SIZE_COOKIE, THEME_COOKIE = "text_size", "theme"


@dataclass(frozen=True)
class Reader:
    """How a page is to be drawn for this person."""

    language: str
    text_size: int
    theme: str


class ReaderMiddleware:
    """Sets `request.reader`: the person's own choice, then this browser's cookie, then the browser's or the default."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reader = reader_of(request)
        request.reader = reader  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = reader.language
        with translation.override(reader.language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", reader.language)
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
