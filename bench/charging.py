"""Seconds of a run of a month beside a raw bulk insert of the same charges, in one run.

    python bench/charging.py [accounts] [more accounts …]        (10 000 and 100 000 unless told)

Ten services each: water and power by meters with three months of readings, sewage, common use by the house meter, heating,
upkeep, lift, waste, intercom, capital repair. Works in a database of its own, dropped at the end. Prints the seconds, also
those of the processor in this process alone, and the peak memory of the running process.
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
MONTHS = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))  # read before
MONTH = date(2026, 11, 1)
LONG_AGO = date(2020, 1, 1)
COLD, HOT, POWER = ("cold", "m3"), ("hot", "m3"), ("power", "kwh")
# code, way of charging, resource, tariff, norms
SERVICES: tuple[tuple[str, str, str, str, dict[str, str]], ...] = (
    ("main", "area", "", "24.36", {}),
    ("lift", "area", "", "3.10", {}),
    ("common", "common", "cold", "43.57", {"common": "0.0352"}),
    ("cold", "meter", "cold", "43.57", {"person": "4.745"}),
    ("hot", "meter", "hot", "198.40", {"person": "3.19"}),
    ("sewage", "sewage", "", "32.18", {}),
    ("power", "meter", "power", "6.93", {"person": "90"}),
    ("heat", "heat_year", "", "2245.68", {"area": "0.0231"}),
    ("waste", "person", "", "780.50", {"person": "0.16"}),
    ("repair", "area", "", "5.50", {}),
)


def shown(meter: int, month: date) -> Decimal:
    """What a meter shows in a month: a few units more than the month before."""
    return Decimal(100 + meter % 50 + (3 + meter % 3) * (month.month - 7)) + Decimal(meter % 1000).scaleb(-3)


def town(name: str, accounts: int) -> Any:
    """A company with so many flats of ten services, two meters of water and one of power in each, and house meters."""
    from django.db import connection
    from django.utils import timezone

    from billing.models import HouseFact, HouseService, Service, ServiceNorm, Tariff
    from lib.copying import copy_in
    from meters.models import Meter, Reading
    from premises.models import House, Organization, PersonalAccount, Unit

    company = Organization.objects.create(country="RU", name=name, short_name=name)
    houses = House.objects.bulk_create(
        House(
            organization=company, city="г. Волгодонск", street=name, number=str(n + 1), address_search=f"{name} {n + 1}"
        )
        for n in range((accounts + FLATS - 1) // FLATS)
    )
    services = [
        Service.objects.create(
            organization=company, code=code, name=code, method=way, resource=kind, position=place,
            kind="repair" if code == "repair" else "main",
        )
        for place, (code, way, kind, _rate, _norms) in enumerate(SERVICES)
    ]  # fmt: skip
    for service, (_code, _way, _kind, rate, norms) in zip(services, SERVICES, strict=True):
        Tariff.objects.create(service=service, since=LONG_AGO, rate=Decimal(rate))
        for norm, value in norms.items():
            ServiceNorm.objects.create(service=service, kind=norm, since=LONG_AGO, value=Decimal(value))
    rows = ((house.pk, service.pk, LONG_AGO) for house in houses for service in services)
    copy_in(HouseService, ("house_id", "service_id", "since"), rows)
    copy_in(HouseFact, ("house_id", "since", "area_rooms", "area_common"),
            ((house.pk, LONG_AGO, 5400, 800) for house in houses))  # fmt: skip
    labels = [(houses[n // FLATS].pk, str(n % FLATS + 1)) for n in range(accounts)]
    copy_in(Unit, ("house_id", "label", "label_search", "area_total"),
            ((house, label, label, 30 + int(label) % 60) for house, label in labels))  # fmt: skip
    units = Unit.objects.filter(house__organization=company).order_by("pk").values_list("pk", flat=True)
    copy_in(
        PersonalAccount, ("organization_id", "unit_id", "number", "number_search", "residents"),
        ((company.pk, unit, f"{n:010}", f"{n:010}", 1 + n % 4) for n, unit in enumerate(units)),
    )  # fmt: skip
    places = PersonalAccount.objects.filter(organization=company).order_by("pk").values_list("pk", "unit__house")
    columns = (
        "organization_id", "house_id", "account_id", "resource", "unit", "serial", "serial_search", "installed_on", "int_digits",
    )  # fmt: skip
    copy_in(Meter, columns, (
        (company.pk, house, account, kind, unit, f"{n:07}-19", f"{n:07}-19", LONG_AGO, 5)
        for n, (account, house) in enumerate(places) for kind, unit in (COLD, HOT, POWER)
    ))  # fmt: skip
    copy_in(Meter, columns, (
        (company.pk, house.pk, None, "cold", "m3", f"H{n}", f"H{n}", LONG_AGO, 7) for n, house in enumerate(houses)
    ))  # fmt: skip
    meters = list(
        Meter.objects.filter(organization=company, account__isnull=False).order_by("pk").values_list("pk", flat=True)
    )
    own = Meter.objects.filter(organization=company, account__isnull=True).values_list("pk", flat=True)
    now = timezone.now()
    for month in (*MONTHS, MONTH):
        copy_in(
            Reading, ("meter_id", "period", "taken_on", "t1", "source", "created_at"),
            ((pk, month, month.replace(day=20), shown(n, month), "owner", now) for n, pk in enumerate(meters)),
        )  # fmt: skip
        copy_in(
            Reading, ("meter_id", "period", "taken_on", "t1", "source", "created_at"),
            ((pk, month, month.replace(day=20), 600 * month.month, "company", now) for pk in own),
        )  # fmt: skip
    with connection.cursor() as cursor:  # what autovacuum does for tables that were not made a second ago
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0; ANALYZE; RESET lock_timeout")
    return company


def calculated(company: Any) -> tuple[float, float, int]:
    """Seconds of the run, of them in this process, and the number of charges."""
    from django.utils import timezone

    from accounts.models import User
    from billing.actions.calculate import calculate
    from billing.actions.closing import start_run
    from billing.models import Charge

    by = User.objects.create_user(phone=f"+7912{company.pk:07}")
    at = timezone.make_aware(datetime(2026, 12, 1))  # noqa: DTZ001  (made aware)
    run = start_run(company, MONTH, by=by, at=at, later=lambda pk: None)
    started, spent = time.perf_counter(), time.process_time()
    assert calculate(run.pk, now=timezone.now)
    seconds = time.perf_counter() - started, time.process_time() - spent
    run.refresh_from_db()
    assert run.state == "calculated", run.error
    return *seconds, Charge.objects.filter(run=run).count()


def raw(company: Any) -> tuple[float, float]:
    """Seconds of inserting the charges of the run once more, into another run, with nothing but bulk_create."""
    from django.db import transaction

    from billing.models import BillingRun, Charge

    source = BillingRun.objects.get(organization=company)
    copy = BillingRun.objects.create(organization=company, period=date(2026, 12, 1))
    names = [field.attname for field in Charge._meta.concrete_fields if not field.primary_key]
    seconds, spent = 0.0, 0.0
    for accounts in chunks(company):
        rows = list(Charge.objects.filter(run=source, account__in=accounts).values_list(*names))
        started, begun = time.perf_counter(), time.process_time()
        with transaction.atomic():
            Charge.objects.bulk_create(
                Charge(**dict(zip(names, row, strict=True)) | {"run_id": copy.pk}) for row in rows
            )
        seconds += time.perf_counter() - started
        spent += time.process_time() - begun
    return seconds, spent


def chunks(company: Any) -> Iterator[list[int]]:
    """The accounts a thousand at a time, as the run takes them."""
    ids = list(company.accounts.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(ids), 1000):
        yield ids[first : first + 1000]


def measure(kind: str, accounts: int) -> None:
    """Do one part in this process and print its figures; each is a process of its own because of the memory."""
    import django

    django.setup()
    from premises.models import Organization

    name = f"Charging {accounts}"
    if kind == "town":
        town(name, accounts)
        return
    company = Organization.objects.get(name=name)
    figures = raw(company) if kind == "raw" else calculated(company)
    print(*figures, register.peak())


def part(kind: str, accounts: int) -> list[float]:
    """Do one part in a fresh process."""
    return [float(word) for word in register.start([__file__, kind, str(accounts)]).split()]


def report(*sizes: int) -> Iterator[str]:
    """The figures of one run, line by line."""
    yield f"Charge run of {len(SERVICES)} services per account, three meters each, all read:"
    yield ""
    with register.own_database():
        for accounts in sizes or (10_000, 100_000):
            part("town", accounts)
            wall, spent, charges, peak = part("run", accounts)
            bare, bare_spent, _peak = part("raw", accounts)
            yield (
                f"- {accounts:,} accounts, {charges:,.0f} charges: run {wall:.1f} s (processor of the worker {spent:.1f} s), "
                f"raw bulk_create of the same rows {bare:.1f} s (processor {bare_spent:.1f} s), ratio {wall / bare:.2f} "
                f"(target ≤ 2.5); {wall / accounts * 1000:.2f} ms an account; peak memory of the worker {peak:,.0f} MB "
                f"(target ≤ 500)"
            )


def main(*sizes: int) -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    for line in report(*sizes):
        print(line)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].isdigit():
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
