"""Words and figures of meters for templates."""

from datetime import date
from decimal import Decimal

from django import template
from django.utils.translation import get_language

from lib.money import format_number
from meters.models import Meter, Source
from meters.resources import FACTS, Resource, Unit

register = template.Library()


@register.filter
def resource_word(code: str) -> str:
    """«Cold water» for its code, in the reader's language."""
    return str(Resource(code).label)


@register.filter
def resource_icon(code: str) -> str:
    """The name of the resource's icon, for the `icon` tag."""
    return FACTS[code].icon


@register.filter
def source_word(code: str) -> str:
    """«House council» for the code of a source."""
    return str(Source(code).label)


@register.filter
def unit_word(code: str) -> str:
    """«m³» for the code of a unit."""
    return str(Unit(code).label)


@register.filter
def dial(value: Decimal | None, meter: Meter) -> str:
    """A value with the meter's own decimals: 152,347."""
    return "" if value is None else format_number(value, get_language() or "en", meter.decimals)


@register.filter
def day_of(text: str) -> date:
    """The day of an ISO text kept in a notice."""
    return date.fromisoformat(text)
