"""Start-up check: every kind has its words."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from notifications.kinds import KINDS
from notifications.rendering import template_name


@register(Tags.templates, deploy=True)
def kinds_have_words(**kwargs: Any) -> list[CheckMessage]:
    """Each declared kind has a text for each of its channels, or its first notice would fail in the worker."""
    found: list[CheckMessage] = []
    for kind in KINDS.values():
        for name in (template_name(kind.name, channel) for channel in kind.channels):
            try:
                get_template(name)
            except TemplateDoesNotExist:
                found.append(Error(f"{kind.name} has no words: write templates/{name}", id="notifications.E001"))
    return found
