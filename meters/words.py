"""Values of readings in words, for pages and files."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lib.money import format_number
from meters.consumption import Doubt
from meters.models import Meter, Reading
from meters.models.meter import Zones


def value_words(values: Zones, meter: Meter) -> str:
    """«152,347», or «152,3 / 80,1» with zones: each with the meter's own decimals, in the reader's language."""
    return " / ".join(format_number(value, get_language() or "en", meter.decimals) for value in values)


def reading_words(reading: Reading) -> str:
    """The values of a reading; its meter must be loaded."""
    return value_words(reading.values, reading.meter)


def amount_words(amount: Decimal | None, places: int | None = None) -> str:
    """A volume with so many decimals, or without zeros at the end; a dash where there is none."""
    return "—" if amount is None else format_number(amount, get_language() or "en", places)


DOUBTS: dict[str, Promise] = {
    Doubt.LOWER: _("Less than the value before."),
    Doubt.HIGH: _("More than three times the usual."),
    Doubt.ZERO: _("Nothing used for three months, though people live there."),
    Doubt.HOT_OVER_COLD: _("Much more hot water than cold. Are the two meters mixed up?"),
    Doubt.GLUED: _("The comma seems to be missing."),
    Doubt.SERIAL: _("Looks like the number of the meter, not like its value."),
    Doubt.IMPOSSIBLE: _("So much cannot run through this meter in these days."),
}


def doubt_words(doubts: Iterable[str]) -> list[str]:
    """Doubts as sentences, the gravest first."""
    found = set(doubts)
    return [str(words) for doubt, words in DOUBTS.items() if doubt in found]
