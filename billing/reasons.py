"""The parts of a difference in words a resident understands."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing import explaining
from billing.explaining import Part
from lib.text import search_key

AREA = {"м2", "м²", "кв.м", "кв. м", "m2"}
PEOPLE = {"чел", "чел.", "ос", "ос.", "особа", "человек", "person"}

WORDS: dict[str, str | Promise] = {
    explaining.TARIFF: _("tariff"),
    explaining.VOLUME: _("volume"),
    explaining.COMMON: _("common use of the house"),
    explaining.CHARGE: pgettext_lazy("reason of a difference", "charge"),
    explaining.EXCESS: _("raised coefficient"),
    explaining.RECALCULATION: _("recalculation"),
    explaining.BENEFIT: _("benefit"),
    explaining.FINE: _("fine of the provider"),
    explaining.PENALTY: _("penalty"),
    explaining.NEW: _("new in this bill"),
    explaining.ENDED: _("not in this bill"),
    explaining.FEES: _("state fee and court costs"),
    explaining.OTHER: _("sums that no line explains"),
}
METHODS: dict[str, str | Promise] = {
    "N": _("now by the norm"),
    "M": _("now by the meter"),
    "O": _("now by the average"),
}


@dataclass(frozen=True)
class Reason:
    """One reason: of which service (empty: of the whole document), in which word, by how much, and the figures behind it."""

    service: str
    word: str | Promise
    amount: Decimal
    method: str | Promise = ""  # how the volume is found now, where that changed
    before: Decimal | None = None
    now: Decimal | None = None
    unit: str = ""
    is_tariff: bool = False
    was: Decimal | None = None  # the sum that only the earlier document had, and that therefore makes the difference

    @property
    def grew(self) -> bool:
        return self.amount > 0


def reason(part: Part) -> Reason:
    """Return a part in words; for volume and tariff also with the figures of both months.

    A recalculation that is over (−267.70 in the earlier document, none in this) is no recalculation of this document.
    """
    word, before, now = WORDS[part.kind], part.before, part.now
    if part.kind in (explaining.NEW, explaining.ENDED) or not before or not now:
        return Reason(part.service or "", word, part.amount)
    if part.kind == explaining.RECALCULATION and not now.recalculated:
        return Reason(now.service, word, part.amount, was=before.recalculated)
    if part.kind == explaining.TARIFF:
        return Reason(now.service, word, part.amount, "", before.tariff, now.last_tariff, now.unit, is_tariff=True)
    if part.kind == explaining.COMMON:
        return Reason(now.service, word, part.amount, "", before.volume_common, now.volume_common, now.unit)
    if part.kind == explaining.VOLUME:
        method = METHODS.get(now.method, "") if now.method != before.method else ""
        return Reason(now.service, _measure(now.unit), part.amount, method, before.volume, now.volume, now.unit)
    return Reason(now.service, word, part.amount)


def _measure(unit: str) -> str | Promise:
    """What the volume of a service is: of a service by area it is the area."""
    key = search_key(unit)
    if key in {search_key(one) for one in AREA}:
        return _("area")
    if key in {search_key(one) for one in PEOPLE}:
        return _("number of people")
    return WORDS[explaining.VOLUME]
