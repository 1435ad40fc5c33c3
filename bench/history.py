"""The page of a flat's readings with 1, 5, 10 and 20 years of history behind it: it should cost the same.

    python bench/history.py

Everything is rolled back. Prints the milliseconds and the queries of the page for each age.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

YEARS, ROUNDS = (1, 5, 10, 20), 15


def report() -> Iterator[str]:
    """The figures of one run, line by line."""
    yield "## History of readings by its age"
    yield ""
    yield f"Four meters read every month, the page of the last 13 months; median of {ROUNDS}, in one process."
    yield ""
    yield "| Years behind | Readings | ms | Queries | Of one year |"
    yield "|---|---|---|---|---|"
    first = 0.0
    for years in YEARS:
        readings, seconds, queries = measure(years)
        first = first or seconds
        yield f"| {years} | {readings:,} | {seconds * 1000:.0f} | {queries} | {seconds / first:.2f} |"


def measure(years: int) -> tuple[int, float, int]:
    """Readings of the flat, seconds of its page, queries."""
    from statistics import median

    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse
    from django.utils import timezone

    from bench.house import large_house
    from meters.models import Reading
    from premises.models import AccountLink, PersonalAccount

    with large_house(25, years * 12, timezone.localdate().replace(day=1)) as (house, member):
        account = PersonalAccount.objects.filter(unit__house=house).order_by("pk")[0]
        AccountLink.objects.create(
            user=member, account=account, grade=AccountLink.Grade.CONFIRMED, state=AccountLink.State.ACTIVE,
            method=AccountLink.Method.STAFF,
        )  # fmt: skip
        client, url = Client(), reverse("readings_history", args=[account.public_id])
        client.force_login(member)
        seconds = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            answer = client.get(url)
            seconds.append(time.perf_counter() - started)
            assert answer.status_code == 200
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        return Reading.objects.filter(meter__account=account).count(), median(seconds), len(seen)


def main() -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS += ["testserver"]
    for line in report():
        print(line)


if __name__ == "__main__":
    main()
