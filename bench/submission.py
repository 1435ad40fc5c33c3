"""Five hundred readings in one submission beside a bare bulk_create of the same rows.

    python bench/submission.py [readings]        (500 unless told)

Everything is rolled back. Prints the seconds of both and the queries of the submission.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

ROUNDS, MONTHS, TARGET = 5, 13, 0.5


def report(count: int = 500) -> Iterator[str]:
    """The figures of one run, line by line."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from bench.house import large_house, rows, value_in
    from meters.actions import submit
    from meters.examining import Entry
    from meters.models import Meter, Reading, Source

    at = timezone.now()
    period = at.date().replace(day=1)
    with large_house((count + 3) // 4, MONTHS, period) as (house, member):
        meters = list(Meter.objects.filter(house=house).order_by("pk")[:count])
        entries = [Entry(meter, (value_in(period),), at.date()) for meter in meters]
        bare = best(lambda: Reading.objects.bulk_create(rows(meters, [period], member)))
        took = best(lambda: submit(entries, source=Source.COUNCIL, by=member, at=at))
        with CaptureQueriesContext(connection) as seen, taken_back():
            submit(entries, source=Source.COUNCIL, by=member, at=at)
        Reading.objects.bulk_create(rows(meters, [period], member))  # the residents were quicker
        over = best(lambda: submit(entries, source=Source.COUNCIL, by=member, at=at))
        with CaptureQueriesContext(connection) as seen_over, taken_back():
            submit(entries, source=Source.COUNCIL, by=member, at=at)
    yield f"## {count} readings in one submission"
    yield ""
    yield f"Each meter has {MONTHS} months of history; everything is judged, locked and written. Best of {ROUNDS}. Target: at most {TARGET} s."
    yield ""
    yield f"- raw bulk_create of the same rows: {bare:.3f} s"
    yield f"- submission: {took:.3f} s, {took / bare:.1f} times the bare one, {len(seen)} queries"
    yield f"- the same where residents had sent theirs and are told: {over:.3f} s, {len(seen_over)} queries"


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written inside is gone afterwards."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def best(run: Callable[[], Any]) -> float:
    """Seconds of the quickest of several runs, each taken back."""
    seconds = []
    for _ in range(ROUNDS):
        with taken_back():
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
    return min(seconds)


def main(count: int = 500) -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    for line in report(count):
        print(line)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
