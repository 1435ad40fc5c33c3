"""Rows per second of importing a register of payments beside a raw bulk insert of the same rows, in one run.

    python bench/payments_register.py [rows]        (100 000 unless told)

The register is one of Sberbank with control line and a percent of unknown accounts; the rows are payments and ledger
entries. Works in the database of bench/register.py. Prints rows per second, the ratio and the peak memory.
"""

import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.register import own_database, peak, register_file, start

ACCOUNTS = 20_000
DAYS = 28
UNKNOWN = 100  # every so manyth account is nobody's
CHUNK = 5000
DAY = date(2026, 3, 1)
AMOUNT = Decimal("3680.39")


def lines(rows: int) -> Iterator[str]:
    """A register of a bank, a day after a day."""
    for n in range(rows):
        day = DAY + timedelta(days=n * DAYS // rows)
        number = f"9{n:09}" if n % UNKNOWN == 0 else f"{n % ACCOUNTS:010}"
        yield (
            f"{day:%d-%m-%Y};10-15-42;8598;8598/0123;{500_000_000_000 + n};{number};МАРТЫНОВИЧ А.В.;"
            f"ВОЛГОДОНСК,100 СТР. ДИВИЗИИ,1,17;0226;3680,39;3636,23;44,16\n"
        )
    sums = (AMOUNT * rows, Decimal("3636.23") * rows, Decimal("44.16") * rows)
    yield f"={rows};" + ";".join(str(total).replace(".", ",") for total in sums) + ";123456;29-03-2026\n"


def make_company(name: str) -> Any:
    """A company with its accounts, a hundred in a house."""
    from lib.copying import copy_in
    from premises.models import House, Organization, PersonalAccount, Unit

    company = Organization.objects.create(country="RU", name=name, short_name=name)
    houses = House.objects.bulk_create(
        House(organization=company, city="г. Волгодонск", street="ул. Садовая", number=str(n), address_search=f"{name} {n}")
        for n in range(ACCOUNTS // 100)
    )  # fmt: skip
    Unit.objects.bulk_create(
        (Unit(house=house, label=str(flat), label_search=str(flat)) for house in houses for flat in range(100)),
        batch_size=CHUNK,
    )
    units = Unit.objects.filter(house__in=houses).order_by("pk").values_list("pk", flat=True)
    copy_in(
        PersonalAccount, ("organization_id", "unit_id", "number", "number_search"),
        ((company.pk, unit, f"{n:010}", f"{n:010}") for n, unit in enumerate(units)),
    )  # fmt: skip
    return company


def raw(rows: int) -> float:
    """Seconds of inserting the same payments and ledger entries with nothing but bulk_create."""
    from django.db import transaction

    from billing.models import LedgerEntry, Payment

    company = make_company("Raw")
    accounts = list(company.accounts.order_by("pk").values_list("pk", flat=True))
    started = time.perf_counter()
    with transaction.atomic():
        for first in range(0, rows, CHUNK):
            payments = Payment.objects.bulk_create(
                Payment(organization=company, account_id=accounts[n % ACCOUNTS], number=str(500_000_000_000 + n),
                        operation=str(500_000_000_000 + n), channel="8598/0123", amount=AMOUNT, period=date(2026, 2, 1),
                        paid_on=DAY + timedelta(days=n * DAYS // rows))
                for n in range(first, min(first + CHUNK, rows))
            )  # fmt: skip
            LedgerEntry.objects.bulk_create(
                LedgerEntry(account_id=one.account_id, kind="payment", on=one.paid_on, amount=-one.amount, payment=one)
                for one in payments
            )
    return time.perf_counter() - started


def imported(rows: int) -> tuple[float, float, float]:
    """Seconds of the dry run, of the import and of taking it back."""
    from django.utils import timezone

    from premises.actions.imports import apply_file, check_file, undo_import

    company, now = make_company("Payments"), timezone.now()
    seconds = []
    started = time.perf_counter()
    run = check_file("payments", company, register_file(lines(rows)), name="reg_001_0326.txt", by=None, at=now)
    seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    run = apply_file(run, by=None, at=now)
    seconds.append(time.perf_counter() - started)
    assert (run.state, run.created) == ("applied", rows), (run.state, run.report[:3])
    started = time.perf_counter()
    run = undo_import(run, by=None, at=now)
    seconds.append(time.perf_counter() - started)
    assert run.state == "undone"
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


def report(rows: int = 100_000) -> Iterator[str]:
    """The figures of one run, line by line."""
    with own_database():
        [bare] = half("raw", rows)
        check, apply, undo, peak = half("import", rows)
    yield f"Register of payments, {rows:,} rows of a bank (windows-1251, control line, 1 % unknown accounts):"
    yield ""
    yield f"- raw bulk_create of the same payments and ledger entries: {rows / bare:,.0f} rows/s"
    yield f"- import: {rows / apply:,.0f} rows/s, {apply / bare:.2f} times the raw insert (allowed: 3)"
    yield f"- dry run: {rows / check:,.0f} rows/s"
    yield f"- taking the whole batch back: {rows / undo:,.0f} rows/s"
    yield f"- peak memory of the importing process: {peak:,.0f} MB"


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
