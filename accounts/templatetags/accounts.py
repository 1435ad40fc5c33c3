"""Tags of forms and people, in every template without loading."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.once import FIELD, new_key

register = template.Library()


@register.simple_tag
def idem() -> SafeString:
    """The hidden one-time key of a form whose view is `@once`."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())
