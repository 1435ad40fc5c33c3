"""The council's table of a large house beside drawing the same table from the same data without queries.

    python bench/matrix.py [flats]        (1000 unless told)

Four meters in each flat, a year of readings, half of the flats have sent this month. Everything is rolled back.
"""

import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

ROUNDS, MONTHS = 5, 12


def report(flats: int = 1000) -> Iterator[str]:
    """The figures of one run, line by line."""
    from django.db import connection
    from django.shortcuts import render
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse
    from django.utils import timezone

    from bench.house import ENTRANCES, large_house, rows
    from meters.models import Meter, Reading

    period = timezone.localdate().replace(day=1)
    with large_house(flats, MONTHS, period) as (house, member):
        sent = list(Meter.objects.filter(house=house).order_by("pk")[: flats * 2])
        Reading.objects.bulk_create(rows(sent, [period], member), batch_size=5000)
        client = Client()
        client.force_login(member)
        address = reverse("council_readings", args=[house.public_id], query={"entrance": "all"})
        drawn(client, address)  # the first visit writes the place of the session
        with CaptureQueriesContext(connection) as seen:
            response = drawn(client, address)
        queries = len(seen)
        page = best(lambda: drawn(client, address))
        arguments = arguments_of_render(lambda: drawn(client, address))
        table = best(lambda: render(*arguments))
        peak = memory(lambda: drawn(client, address))
        first = reverse("council_readings", args=[house.public_id])
        opened = best(lambda: drawn(client, first))
        light = len(drawn(client, first).content)
    yield f"## The council's table of {flats:,} flats"
    yield ""
    yield f"Four meters in each flat, {MONTHS} months of history, half of the values of this month sent. Best of {ROUNDS}."
    yield ""
    yield f"- drawing the same table from the same data, no queries: {table:.2f} s"
    yield f"- the page: {page:.2f} s, {page / table:.2f} of the bare drawing, {queries} queries"
    yield f"- {len(response.content) / 1024:,.0f} KB of HTML, {peak:,.0f} MB of memory at the peak of the request"
    yield f"- as it opens, with the first of {ENTRANCES} entrances: {opened:.2f} s, {light / 1024:,.0f} KB of HTML"


def drawn(client: Any, address: str) -> Any:
    """The page as the member gets it."""
    response = client.get(address, headers={"host": "localhost"})
    assert response.status_code == 200, response.status_code
    return response


def arguments_of_render(run: Callable[[], Any]) -> tuple[Any, ...]:
    """The request, the template and all the data with which the view drew its page."""
    from django.shortcuts import render

    with mock.patch("meters.views.council.render", wraps=render) as seen:
        run()
    return tuple(seen.call_args.args)


def best(run: Callable[[], Any]) -> float:
    """Seconds of the quickest of several runs."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def memory(run: Callable[[], Any]) -> float:
    """Megabytes that one run holds at its peak."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1024**2


def main(flats: int = 1000) -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    for line in report(flats):
        print(line)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
