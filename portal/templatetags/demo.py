"""What the pages say of the demo town."""

from django import template
from django.conf import settings

from portal import demo

register = template.Library()


@register.simple_tag
def demo_town() -> object:
    """The demo's sign-ins and letter; nothing outside the demo."""
    return demo.HINT if settings.DEMO else None
