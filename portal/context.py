"""Values every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    """The mode of the deployment and the public host."""
    return {"DEMO": settings.DEMO, "DEV_PAGES": settings.DEV_PAGES, "PUBLIC_HOST": settings.PUBLIC_HOST}
