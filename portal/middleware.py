"""What every request passes: a request id, the polite page for a refusal, and headers of personal pages."""

import logging
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.next_page import safe_path
from lib.errors import Refusal

log = logging.getLogger("portal")
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestId:
    """Gives each request a short id, shown on error pages and written to the log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class PersonalPages:
    """Pages of a signed-in person are never kept by a cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


class Refusals:
    """Turns a Refusal into one polite page with its status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            words = {"refusal": exception, "back": _staff_page(request)}
            return render(request, "errors/refusal.html", words, status=exception.status)
        return None


def _staff_page(request: HttpRequest) -> str:
    """The page of the staff room that a refused press came from; its front page where that is not known; '' outside of it."""
    room = reverse("admin:index")
    if not request.path.startswith(room):
        return ""
    came = urlsplit(request.headers.get("Referer", ""))
    path = (
        safe_path(came._replace(scheme="", netloc="", fragment="").geturl())
        if came.netloc == request.get_host()
        else ""
    )
    return path if path.startswith(room) else room
