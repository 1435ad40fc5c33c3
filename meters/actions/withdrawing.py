"""Takes readings back: a resident's own until the window closes, or a whole imported batch."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters.actions.submitting import period_to_read
from meters.examining import FLATS
from meters.holding import held, hold
from meters.models import Meter, Reading, ReadingState, SubmissionWindow
from meters.models.reading import ReadingQuerySet


class TooLateToTakeBack(Refusal):
    """The window has closed, or a higher source has spoken."""


@transaction.atomic
def take_back(reading: Reading, *, by: User, at: datetime) -> Reading:
    """A resident or a council member takes back what they entered for a meter and period, while its window is open.

    All of their own goes, or an older mistake would count again; another's earlier reading may count again.

    Raises TooLateToTakeBack, and MetersAreBusy while an import holds the meter. A second press changes nothing.
    """
    [meter] = held(Meter.objects.select_related("house__organization").filter(pk=reading.meter_id))
    reading = Reading.objects.get(pk=reading.pk)
    if reading.state == ReadingState.WITHDRAWN:
        return reading
    rules = SubmissionWindow.objects.of_house(meter.house)
    is_open = period_to_read(meter.house, rules, at=at) == reading.period
    too_late = TooLateToTakeBack(_("This reading cannot be taken back any more. If it is wrong, tell the company."))
    if reading.source not in FLATS or reading.author_id != by.pk or not is_open or not reading.is_current:
        raise too_late
    own = Reading.objects.filter(meter=meter, period=reading.period, source=reading.source, author=by)
    try:
        withdraw(own)
    except IntegrityError:  # what counted before stands below a reading that came meanwhile
        raise too_late from None
    reading.refresh_from_db()
    return reading


@transaction.atomic
def withdraw(readings: ReadingQuerySet) -> int:
    """Take these readings back, whoever entered them; of what remains the highest and latest counts. Return how many.

    Raises MetersAreBusy.
    """
    touched = list(readings.standing().values_list("pk", "meter_id", "period"))
    hold({meter for _pk, meter, _period in touched})
    Reading.objects.filter(pk__in=[pk for pk, _meter, _period in touched]).update(state=ReadingState.WITHDRAWN)
    elect({(meter, period) for _pk, meter, period in touched})
    return len(touched)


def elect(places: Iterable[tuple[int, date]]) -> None:
    """Let the highest and latest standing reading of each (meter id, period) count. The meters must be locked."""
    wanted = set(places)
    rows = Reading.objects.standing().filter(
        meter__in={meter for meter, _period in wanted}, period__in={period for _meter, period in wanted}
    )
    standing: dict[tuple[int, date], list[Reading]] = defaultdict(list)
    for row in rows.order_by("-rank", "-is_billable", "-created_at", "-pk").only("pk", "meter_id", "period", "state"):
        standing[row.meter_id, row.period].append(row)
    best = {place: rows[0] for place, rows in standing.items() if place in wanted}
    demoted = [row.pk for place in best for row in standing[place][1:] if row.is_current]
    Reading.objects.filter(pk__in=demoted).update(state=ReadingState.KEPT)
    promoted = [row.pk for row in best.values() if not row.is_current]
    Reading.objects.filter(pk__in=promoted).update(state=ReadingState.CURRENT)
