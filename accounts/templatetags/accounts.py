"""Tags of forms and people, in every template without loading."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import addresses
from accounts.once import FIELD, new_key

register = template.Library()


@register.simple_tag
def idem() -> SafeString:
    """The hidden one-time key of a form whose view is `@once`."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())


@register.filter
def masked(address: str | None) -> str:
    """«+7 912 •••-••-89»: an address as a stranger may see it."""
    return addresses.masked(address) if address else ""


@register.filter
def spoken(address: str | None) -> str:
    """«+7 912 345-67-89»: an address as people write it."""
    return addresses.spoken_as(address) if address else ""
