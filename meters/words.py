"""Values of readings in words, for pages and files."""

from decimal import Decimal

from django.utils.translation import get_language

from lib.money import format_number
from meters.models import Meter, Reading
from meters.models.meter import Zones


def value_words(values: Zones, meter: Meter) -> str:
    """«152,347», or «152,3 / 80,1» with zones: each with the meter's own decimals, in the reader's language."""
    return " / ".join(format_number(value, get_language() or "en", meter.decimals) for value in values)


def reading_words(reading: Reading) -> str:
    """The values of a reading; its meter must be loaded."""
    return value_words(reading.values, reading.meter)


def amount_words(amount: Decimal | None) -> str:
    """A volume without zeros at the end; a dash where there is none."""
    return "—" if amount is None else format_number(amount, get_language() or "en")
