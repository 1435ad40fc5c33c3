"""Pages for what went wrong: each says what happened to the reader's work and the one useful next step."""

import re
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or its browser keeps no cookies."""
    return render(request, "errors/csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """413 for a form that is larger than any of ours, else 400."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return render(request, "errors/413.html", status=413)
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away or too busy, else 500. Neither page needs the database."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        title, status = _("The portal is resting for a moment"), 503
        advice = _("Nothing you have done is lost. Please try again in a few minutes.")
    else:
        title, status = _("Something went wrong on our side"), 500
        advice = _("Please go back and try again. If it happens again, tell us and we will mend it.")
    response = HttpResponse(_standing_alone(request, title, advice), status=status)
    if status == 503:
        response["Retry-After"] = "60"
    return response


def _standing_alone(request: HttpRequest, title: str, advice: str) -> str:
    facts = {
        "language": get_language() or settings.LANGUAGE_CODE, "title": title, "advice": advice,
        "phone": settings.CONTACT_PHONE, "phone_link": re.sub(r"[^+\d]", "", settings.CONTACT_PHONE),
        "request_id": getattr(request, "id", ""), "stylesheet": _stylesheet(),
    }  # fmt: skip
    return render_to_string("errors/standing_alone.html", facts)


def _stylesheet() -> str:
    """The address of the style sheet; a page about a fault must not fail for want of it."""
    try:
        return static("css/portal.css")
    except ValueError:
        return ""
