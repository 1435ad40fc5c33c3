"""Rows per second of the import of readings beside a raw bulk insert of the same rows, in one run.

    python bench/readings.py [rows]        (100 000 unless told)

Two companies with as many meters, two in each flat, and three months of readings behind them. Works in a database of its
own, dropped at the end. Prints rows per second, the ratio and the peak memory of the import.
"""

import os
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from bench import register  # noqa: E402 (the folder above must be on the path first)

FLATS = 100  # of each house
MONTHS = (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))  # there before
MONTH = date(2026, 10, 1)
CODES = {"cold": "CW", "hot": "HW"}


def value(meter: int, month: date) -> Decimal:
    """What a meter shows in a month: a few cubic metres more than the month before."""
    return Decimal(100 + meter % 50 + (3 + meter % 3) * (month.month - 7)) + Decimal(meter % 1000).scaleb(-3)


def town(name: str, rows: int) -> Any:
    """A company with this many meters and their readings of the months before; returned with nothing loaded."""
    from django.db import connection
    from django.utils import timezone

    from lib.copying import copy_in
    from meters.models import Meter, Reading
    from premises.models import House, Organization, PersonalAccount, Unit

    company = Organization.objects.create(country="RU", name=name, short_name=name)
    flats = (rows + 1) // 2
    houses = House.objects.bulk_create(
        House(
            organization=company, city="г. Волгодонск", street=name, number=str(n + 1), address_search=f"{name} {n + 1}"
        )
        for n in range((flats + FLATS - 1) // FLATS)
    )
    labels = [(houses[n // FLATS].pk, str(n % FLATS + 1)) for n in range(flats)]
    copy_in(Unit, ("house_id", "label", "label_search"), ((house, label, label) for house, label in labels))
    units = Unit.objects.filter(house__organization=company).order_by("pk").values_list("pk", flat=True)
    copy_in(
        PersonalAccount, ("organization_id", "unit_id", "number", "number_search", "residents"),
        ((company.pk, unit, f"{n:010}", f"{n:010}", 2) for n, unit in enumerate(units)),
    )  # fmt: skip
    accounts = PersonalAccount.objects.filter(organization=company).order_by("pk").values_list("pk", "unit__house")
    copy_in(
        Meter, ("organization_id", "house_id", "account_id", "resource", "serial", "serial_search", "installed_on"),
        ((company.pk, house, account, kind, f"{n:07}-19", f"{n:07}-19", date(2020, 1, 1))
         for n, (account, house) in enumerate(accounts) for kind in CODES),
    )  # fmt: skip
    meters = list(Meter.objects.filter(organization=company).order_by("pk").values_list("pk", flat=True))
    for month in MONTHS:
        copy_in(
            Reading, ("meter_id", "period", "taken_on", "t1", "source", "created_at"),
            ((pk, month, month.replace(day=20), value(n, month), "owner", timezone.now()) for n, pk in enumerate(meters)),
        )  # fmt: skip
    with connection.cursor() as cursor:  # what autovacuum does for tables that were not made a second ago
        cursor.execute("SET lock_timeout = 0; ANALYZE; RESET lock_timeout")
    return company


def lines(rows: int) -> Iterator[str]:
    """The register of the month, as a billing program would send it."""
    yield "account;meter_no;resource;zone;date;value;source\n"
    for n in range(rows):
        kind = CODES["cold" if n % 2 == 0 else "hot"]
        shown = str(value(n, MONTH)).replace(".", ",")
        yield f"{n // 2:010};{n // 2:07}-19;{kind};1;20.10.2026;{shown};company\n"


def raw(rows: int) -> float:
    """Seconds of inserting the same readings with nothing but bulk_create."""
    from django.db import transaction
    from django.utils import timezone

    from meters.models import Meter, Reading

    company, now = town("Raw", rows), timezone.now()
    meters = list(Meter.objects.filter(organization=company).order_by("pk").values_list("pk", flat=True))
    started = time.perf_counter()
    with transaction.atomic():
        for first in range(0, rows, 5000):
            Reading.objects.bulk_create(
                Reading(meter_id=meters[n], period=MONTH, taken_on=MONTH.replace(day=20), t1=value(n, MONTH),
                        source="company", created_at=now)
                for n in range(first, min(first + 5000, rows))
            )  # fmt: skip
    return time.perf_counter() - started


def imported(rows: int) -> list[float]:
    """Seconds of the dry run, of the import, of the dry run of the unchanged rows, and of taking all back."""
    from premises.actions.imports import apply_file, check_file, undo_import

    company, at = town("Register", rows), datetime.fromisoformat("2026-10-21T12:00+03:00")
    file = register.register_file(lines(rows))
    seconds = []

    def timed(work: Any) -> Any:
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
        return result

    run = timed(lambda: check_file("readings", company, file, name="r.csv", by=None, at=at))
    assert (run.state, run.updated + run.created) == ("checked", rows), (run.state, run.report[:3])
    run = timed(lambda: apply_file(run, by=None, at=at))
    assert (run.state, run.created) == ("applied", rows), (run.state, run.report[:3])
    again = register.register_file([*lines(rows), "\n"])
    same = timed(lambda: check_file("readings", company, again, name="r.csv", by=None, at=at))
    assert same.unchanged == rows, same.report[:3]
    undone = timed(lambda: undo_import(run, by=None, at=at))
    assert undone.totals["Readings taken back"] == str(rows), undone.totals
    return seconds


def measure(kind: str, rows: int) -> None:
    """Run one half in this process and print its figures; each half is a process of its own because of the memory."""
    import django

    django.setup()
    if kind == "raw":
        print(raw(rows))
        return
    times = imported(rows)
    print(*times, register.peak())


def report(rows: int = 100_000) -> Iterator[str]:
    """The figures of one run, line by line; the bare insert and the import in processes of their own."""
    with register.own_database():
        [bare] = half("raw", rows)
        check, apply, again, undo, peak = half("import", rows)
    yield f"Import of readings, {rows:,} rows (windows-1251 CSV), each with three months before it:"
    yield ""
    yield f"- raw bulk_create of the same readings: {rows / bare:,.0f} rows/s"
    yield f"- import: {rows / apply:,.0f} rows/s, {apply / bare:.2f} × raw (target ≤ 3)"
    yield f"- dry run: {rows / check:,.0f} rows/s, {check / bare:.2f} × raw"
    yield f"- dry run of the same rows once more: {rows / again:,.0f} rows/s"
    yield f"- taking the import back: {undo:.1f} s"
    yield f"- peak memory of the importing process: {peak:,.0f} MB"


def half(kind: str, rows: int) -> list[float]:
    """Measure one half in a fresh process."""
    return [float(word) for word in register.start([__file__, kind, str(rows)]).split()]


def main(rows: int = 100_000) -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    for line in report(rows):
        print(line)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
