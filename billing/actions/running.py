"""A run in the hands of a worker: taken by one at a time, committed chunk by chunk, taken up again after a kill.

`claim` is one conditional UPDATE: a run nobody has, or whose worker has been silent for PATIENCE, is mine. Every chunk is
computed without a transaction and written in a short one, which holds the run's row and goes on only while the claim is
still ours; the cursor moves in the same transaction. So a killed worker leaves whole chunks, and of two workers one writes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_noop

from billing.models import BillingRun
from billing.models.run import PATIENCE
from premises.models import PersonalAccount

Clock = Callable[[], datetime]
Later = Callable[[int], object]  # tells the worker the run's id
MOST_TRIES = 5  # a run that stops every worker is not tried for ever
STOPPED = gettext_noop("The worker stopped several times at the same place. Tell the developers of the portal.")


class Overtaken(Exception):
    """The run is no longer ours: dropped, begun anew, or taken up by another worker."""


def claim(run_id: int, state: str, *, at: datetime) -> BillingRun | None:
    """Take a run in this state for working on it, or None: another worker has it, or it is in another state."""
    lease = uuid4()
    free = Q(lease__isnull=True) | Q(beat_at__lt=at - PATIENCE)
    won = BillingRun.objects.filter(free, pk=run_id, state=state).update(lease=lease, beat_at=at)
    return BillingRun.objects.select_related("organization").get(pk=run_id) if won else None


@contextmanager
def held(run: BillingRun, *, at: datetime) -> Iterator[BillingRun]:
    """Hold the row of a claimed run for writing one chunk; what is set on it is saved at the end. Raises Overtaken."""
    with transaction.atomic():
        row = BillingRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if row.lease != run.lease or row.state != run.state:
            raise Overtaken
        row.beat_at, row.tries = at, 0
        yield row
        row.save()
    run.cursor, run.done, run.totals, run.anomalies = row.cursor, row.done, row.totals, row.anomalies


def release(run: BillingRun) -> None:
    """Give a run back; whoever comes next need not wait."""
    BillingRun.objects.filter(pk=run.pk, lease=run.lease).update(lease=None)


def fail(run_id: int, error: str) -> None:
    """A run met an error that another try would meet again: its page says so. One that another worker has is left alone."""
    _stop(BillingRun.objects.with_worker().filter(pk=run_id, lease__isnull=True), error)


def _stop(runs: QuerySet[BillingRun], error: str) -> None:
    runs.update(state=BillingRun.State.FAILED, error=error[:300], lease=None)


def houses_of(accounts: QuerySet[PersonalAccount], after: int, most: int) -> Iterator[list[int]]:
    """The houses behind the cursor in chunks of so many accounts, give or take a house."""
    rows = accounts.filter(unit__house__gt=after).order_by("unit__house").values_list("unit__house")
    chunk: list[int] = []
    size = 0
    for house, count in rows.annotate(count=Count("pk")):
        if chunk and size + count > most:
            yield chunk
            chunk, size = [], 0
        chunk.append(house)
        size += count
    if chunk:
        yield chunk


@transaction.atomic
def take_up_stuck(*, at: datetime, calculate_later: Later, issue_later: Later, clear_later: Later) -> int:
    """Put runs whose worker fell silent into the queue again; return how many. Too many tries end as a failure."""
    count = 0
    dropped = BillingRun.objects.filter(state=BillingRun.State.DROPPED, cursor__lt=0, beat_at__lt=at - PATIENCE)
    for pk in dropped.values_list("pk", flat=True):
        transaction.on_commit(lambda pk=pk: clear_later(pk), robust=True)  # type: ignore[misc]
    for run in BillingRun.objects.stuck(at).select_for_update(skip_locked=True):
        if run.tries >= MOST_TRIES:
            _stop(BillingRun.objects.filter(pk=run.pk), STOPPED)
            continue
        BillingRun.objects.filter(pk=run.pk).update(beat_at=at, lease=None, tries=F("tries") + 1)
        later = calculate_later if run.state == BillingRun.State.CALCULATING else issue_later
        transaction.on_commit(lambda pk=run.pk, later=later: later(pk), robust=True)  # type: ignore[misc]
        count += 1
    return count
