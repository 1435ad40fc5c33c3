"""Sentences about readings that several pages say."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from meters.consumption import Doubt
from meters.models import Reading, Source

DOUBTS: dict[str, Promise] = {
    Doubt.LOWER: gettext_lazy("This is less than the value before."),
    Doubt.HIGH: gettext_lazy("This is more than three times what is usual."),
    Doubt.ZERO: gettext_lazy("Nothing was used for three months, though people live here."),
    Doubt.HOT_OVER_COLD: gettext_lazy("Much more hot water than cold was used. Are the two meters mixed up?"),
    Doubt.GLUED: gettext_lazy("The comma seems to be missing."),
    Doubt.SERIAL: gettext_lazy("This looks like the number of the meter, not like its value."),
    Doubt.IMPOSSIBLE: gettext_lazy("So much cannot run through this meter in these days."),
}


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
