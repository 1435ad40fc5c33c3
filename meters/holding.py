"""Meters are locked by whoever writes readings of them: in one order, so that nobody waits in a ring.

The lock leaves foreign keys alone: drafts and reports of a meter may be written while an import holds it.
"""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lib.errors import Busy
from lib.locks import unless_locked
from meters.models import Meter


class MetersAreBusy(Busy):
    """Somebody holds these meters for long: an import, or its taking back."""

    def __init__(self) -> None:
        super().__init__(_("Readings of your house are being loaded right now. Try again in a minute."))


def held(rows: QuerySet[Meter]) -> list[Meter]:
    """Lock these meters and return them by their ids; raises MetersAreBusy."""
    with unless_locked(MetersAreBusy()):
        return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def hold(meters: Iterable[int]) -> None:
    """Lock meters by id without reading them, for there may be thousands; raises MetersAreBusy."""
    rows = Meter.objects.filter(pk__in=set(meters)).select_for_update(no_key=True).order_by("pk")
    with unless_locked(MetersAreBusy()):
        list(rows.values_list("pk"))
