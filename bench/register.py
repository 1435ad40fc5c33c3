"""Rows per second of the register import beside a raw bulk insert of the same rows, in one run.

    python bench/register.py [rows]        (100 000 unless told)

Works in a database of its own, dropped at the end. Prints rows per second, the ratio and the peak memory of the import.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
FLATS = 100  # of each house
DATABASE = os.environ.get("BENCH_DATABASE", "portal_bench_register")  # two runs at once need a name each


def peak() -> float:
    """The most memory of this process, MB. `ru_maxrss` would also tell of the parent from which it was started."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def lines(rows: int) -> Iterator[str]:
    """A register as a large company would send it."""
    yield "account;els;izhku;address;flat;area_total;area_heated;residents;registered;owner;share;opened;closed\n"
    for n in range(rows):
        house, flat = divmod(n, FLATS)
        yield (
            f"{n:010};60ЕХ{n:06};60ЕХ{n:06}-10;г. Волгодонск, ул. 100 стрелковой дивизии, {house + 1};{flat + 1};"
            f"{30 + n % 60},{n % 100:02};{30 + n % 60},{n % 100:02};{n % 5};{n % 4};"
            f"Мартынович Александр Владимирович {n};1/1;01.01.2015;\n"
        )


def register_file(content: Iterable[str]) -> BinaryIO:
    """A file on the disk, as the admin and the command have it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (gone when this process is)
    file.writelines(line.encode("cp1251") for line in content)
    return cast(BinaryIO, file)


def raw(rows: int) -> float:
    """Seconds of inserting the same houses, units and accounts with nothing but bulk_create."""
    from django.db import transaction

    from lib.text import search_key
    from premises.models import House, Organization, PersonalAccount, Unit

    company = Organization.objects.create(country="RU", name="Raw", short_name="Raw")
    started = time.perf_counter()
    with transaction.atomic():
        houses = House.objects.bulk_create(
            House(organization=company, city="г. Волгодонск", street="ул. 100 стрелковой дивизии", number=str(n + 1),
                  address_search=search_key(f"г. Волгодонск, ул. 100 стрелковой дивизии, {n + 1}"))
            for n in range((rows + FLATS - 1) // FLATS)
        )  # fmt: skip
        for first in range(0, rows, 5000):
            span = range(first, min(first + 5000, rows))
            units = Unit.objects.bulk_create(
                Unit(house=houses[n // FLATS], label=str(n % FLATS + 1), label_search=str(n % FLATS + 1),
                     area_total=30 + n % 60, area_heated=30 + n % 60)
                for n in span
            )  # fmt: skip
            PersonalAccount.objects.bulk_create(
                PersonalAccount(organization=company, unit=unit, number=f"{n:010}", number_search=f"{n:010}",
                                els=f"60ЕХ{n:06}", zhku=f"60ЕХ{n:06}-10", residents=n % 5, registered=n % 4,
                                holder=f"Мартынович Александр Владимирович {n}", opened_on="2015-01-01")
                for n, unit in zip(span, units, strict=True)
            )  # fmt: skip
    return time.perf_counter() - started


def imported(rows: int) -> tuple[float, float, float]:
    """Seconds of the dry run, of the import, and of importing the unchanged rows again with one changed."""
    from django.utils import timezone

    from premises.actions.registers import apply_register, check_register
    from premises.models import Organization

    company = Organization.objects.create(country="RU", name="Register", short_name="Register")
    file = register_file(lines(rows))
    seconds = []
    started = time.perf_counter()
    run = check_register(company, file, name="register.csv", by=None, at=timezone.now())
    seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    run = apply_register(run, by=None, at=timezone.now())
    seconds.append(time.perf_counter() - started)
    assert (run.state, run.created) == ("applied", rows), (run.state, run.report[:3])
    file = register_file(line.replace(";60ЕХ000001-10;", ";;") for line in lines(rows))
    started = time.perf_counter()
    run = apply_register(
        check_register(company, file, name="register.csv", by=None, at=timezone.now()), by=None, at=timezone.now()
    )
    seconds.append(time.perf_counter() - started)
    assert (run.updated, run.unchanged) == (1, rows - 1), (run.updated, run.unchanged)
    return seconds[0], seconds[1], seconds[2]


def measure(kind: str, rows: int) -> None:
    """Run one half in this process and print its figures; each half is a process of its own because of the memory."""
    import django

    django.setup()
    if kind == "raw":
        print(raw(rows))
        return
    times = imported(rows)
    print(*times, peak())


def half(kind: str, rows: int) -> list[float]:
    """Measure one half in a fresh process."""
    return [float(word) for word in start([__file__, kind, str(rows)]).split()]


def start(command: list[str]) -> str:
    """Run Python on the bench's database and return what it printed."""
    environment = os.environ | {"DATABASE_URL": with_name()}
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=3600, env=environment, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout


@contextmanager
def own_database() -> Iterator[None]:
    """A fresh database with the portal's tables, dropped at the end; `start` runs there."""
    from django.db import connection

    drop = f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)'
    with connection._nodb_cursor() as cursor:
        cursor.execute(drop)
        cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    try:
        start(["manage.py", "migrate", "-v0"])
        yield
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(drop)


def report(rows: int = 100_000) -> Iterator[str]:
    """The figures of one run, line by line; the bare insert and the import in processes of their own."""
    with own_database():
        [bare] = half("raw", rows)
        check, apply, again, peak = half("import", rows)
    yield f"Register import, {rows:,} rows of accounts (windows-1251 CSV), owners included:"
    yield ""
    yield f"- raw bulk_create of the same units and accounts: {rows / bare:,.0f} rows/s"
    yield f"- import: {rows / apply:,.0f} rows/s, ratio {bare / apply:.2f}"
    yield f"- dry run: {rows / check:,.0f} rows/s"
    yield f"- dry run and import with one changed row: {rows / again:,.0f} rows/s"
    yield f"- peak memory of the importing process: {peak:,.0f} MB"


def main(rows: int = 100_000) -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    for line in report(rows):
        print(line)


def with_name() -> str:
    """The address of the bench's own database on the server that the portal uses."""
    from urllib.parse import urlsplit

    from django.conf import settings

    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{DATABASE}").geturl()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
