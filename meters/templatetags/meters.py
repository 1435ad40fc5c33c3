"""Words and figures of meters for templates."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import get_language

from lib.money import format_number
from meters.models import Meter, Reading, Source
from meters.models.meter import Zones
from meters.past import Line
from meters.resources import FACTS, Resource, Unit
from meters.sheet import Group
from meters.wording import line_source, line_state, who_said

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
def dials(values: Zones, meter: Meter) -> str:
    """The values of all zones: «152,347», or «T1 152,3 · T2 84,1»."""
    if len(values) == 1:
        return dial(values[0], meter)
    return " · ".join(f"T{zone} {dial(value, meter)}" for zone, value in enumerate(values, start=1))


@register.filter
def told_values(text: str) -> str:
    """What a person told that a meter shows, as it is kept in a report («124.500 80.100»)."""
    found = [Decimal(part) for part in text.split()]
    return " · ".join(format_number(one, get_language() or "en", -int(one.as_tuple().exponent)) for one in found)


@register.filter
def meter_name(meter: Meter) -> str:
    """«Cold water, kitchen»."""
    return f"{Resource(meter.resource).label}, {meter.place}" if meter.place else str(Resource(meter.resource).label)


@register.simple_tag(takes_context=True, name="who_said")
def who_said_tag(context: dict[str, Any], reading: Reading) -> str:
    """Whose reading it is, for the person who reads the page."""
    return who_said(reading, context["user"])


@register.simple_tag(takes_context=True)
def may_dispute(context: dict[str, Any], reading: Reading | None, group: Group) -> bool:
    """Whether the person who reads the page may tell the company that this reading, which counts, is wrong."""
    return bool(reading and reading.is_current and reading.is_disputable_by(context["user"], group.open_period))


@register.simple_tag(takes_context=True, name="line_source")
def line_source_tag(context: dict[str, Any], line: Line) -> str:
    """Where a line of the history comes from, for the person who reads the page."""
    return line_source(line.reading, line.estimate, context["user"])


@register.filter(name="line_state")
def line_state_filter(line: Line) -> str:
    """How a line of the history stands."""
    return line_state(line.reading, line.estimate)


@register.filter
def day_of(text: str) -> date:
    """The day of an ISO text kept in a notice."""
    return date.fromisoformat(text)
