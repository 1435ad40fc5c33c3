"""Values every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

THEMES = {"light", "dark"}
TEXT_SIZES = {"125", "150"}
LANGUAGES = [("ru", "Рус", "Русский"), ("uk", "Укр", "Українська"), ("en", "Eng", "English")]


def _wish(request: HttpRequest, name: str) -> str:
    """The reader's choice: what the middleware found, else the profile, else the cookie."""
    for holder in (getattr(request, "reader", None), getattr(request, "user", None)):
        if value := getattr(holder, name, None):
            return str(value)
    return request.COOKIES.get(name, "")


def portal(request: HttpRequest) -> dict[str, Any]:
    """The mode of the deployment, its name and host, and how this reader wants the pages to look."""
    theme, size = _wish(request, "theme"), _wish(request, "text_size")
    return {
        "DEMO": settings.DEMO,
        "DEV_PAGES": settings.DEV_PAGES,
        "PUBLIC_HOST": settings.PUBLIC_HOST,
        "PORTAL_NAME": _("My house"),
        "LANGUAGE_CODE": get_language() or settings.LANGUAGE_CODE,
        "LANGUAGE_CHOICES": LANGUAGES,
        "theme": theme if theme in THEMES else "",
        "text_size": size if size in TEXT_SIZES else "100",
    }
