"""Sentences about readings that several pages say."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import User
from lib.money import format_number
from meters.consumption import Doubt
from meters.models import Estimate, Meter, Reading, ReadingState, Source
from meters.models.meter import Zones

DOUBTS: dict[str, Promise] = {
    Doubt.LOWER: gettext_lazy("This is less than the value before."),
    Doubt.HIGH: gettext_lazy("This is more than three times what is usual."),
    Doubt.ZERO: gettext_lazy("Nothing was used for three months, though people live here."),
    Doubt.HOT_OVER_COLD: gettext_lazy("Much more hot water than cold was used. Are the two meters mixed up?"),
    Doubt.GLUED: gettext_lazy("The comma seems to be missing."),
    Doubt.SERIAL: gettext_lazy("This looks like the number of the meter, not like its value."),
    Doubt.IMPOSSIBLE: gettext_lazy("So much cannot run through this meter in these days."),
}


def doubt_words(doubts: Iterable[str]) -> list[str]:
    """Doubts as sentences, in a fixed order."""
    found = set(doubts)
    return [str(words) for doubt, words in DOUBTS.items() if doubt in found]


def value_words(values: Zones, meter: Meter) -> str:
    """«152,347», or «152,3 / 80,1» with zones: each with the meter's own decimals, in the reader's language."""
    return " / ".join(format_number(value, get_language() or "en", meter.decimals) for value in values)


def reading_words(reading: Reading) -> str:
    """The values of a reading; its meter must be loaded."""
    return value_words(reading.values, reading.meter)


def amount_words(amount: Decimal | None, places: int | None = None) -> str:
    """A volume with so many decimals, or without zeros at the end; a dash where there is none."""
    return "—" if amount is None else format_number(amount, get_language() or "en", places)


def who_said(reading: Reading, reader: User) -> str:
    """Whose reading it is, for a reader who lives there: people are never named. The meter's company is loaded."""
    company = reading.meter.organization.short_name
    if reading.source == Source.OWNER:
        return _("You") if reading.author_id == reader.pk else _("A resident of the flat")
    if reading.source == Source.COMPANY:
        return company
    if reading.source == Source.CONTROLLED:
        return _("%(company)s, by an act") % {"company": company}
    return str(Source(reading.source).label)


def line_source(reading: Reading | None, estimate: Estimate | None, reader: User) -> str:
    """Where a line of the history comes from."""
    if reading:
        return who_said(reading, reader)
    return _("By the average") if estimate and estimate.method == Estimate.Method.AVERAGE else _("By the norm")


def line_state(reading: Reading | None, estimate: Estimate | None) -> str:
    """How a line of the history stands."""
    if reading is None:
        return _("Estimate: %(cause)s") % {"cause": estimate.get_cause_display()} if estimate else ""
    if reading.state == ReadingState.WITHDRAWN:
        return _("Taken back")
    if not reading.is_current:
        return _("Kept, not counted")
    return _("Counts") if reading.is_billable else _("Stored, not used for charges")
