"""Deployment checks: what a production must not be started with."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def production_is_real(**kwargs: Any) -> list[CheckMessage]:
    """Refuse demo secrets, the message tray and fake gateways in production."""
    found: list[CheckMessage] = []
    for name in ("SECRET_KEY", "CODE_PEPPER", "FIELD_KEY"):
        if getattr(settings, name) == settings.DEMO_SECRET:
            found.append(Error(f"{name} is the demo's. Set it to a long random value.", id="portal.E001"))
    return found
