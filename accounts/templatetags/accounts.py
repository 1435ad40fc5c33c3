"""Tags of forms and people, in every template without loading."""

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.browser import device_of
from accounts.identity.catalog import IdentityService
from accounts.once import FIELD, new_key

register = template.Library()


@register.simple_tag(takes_context=True)
def idem(context: Context) -> SafeString:
    """The hidden one-time key of a form whose view is `@once`; this browser gets its name, so that two clicks share it."""
    if "request" in context:
        device_of(context["request"])
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())


@register.simple_tag
def identity_services() -> list[IdentityService]:
    """The identity services of this deployment, in the order of its file."""
    return list(settings.IDENTITY_SERVICES)
