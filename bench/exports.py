"""The documents of a month line by line as files that leave: time to the first byte, rows per second and memory.

    python bench/exports.py [documents]        (20 000 unless told)

Ten lines and a row of totals each. The floor is a bare walk through the same lines by a cursor of the server, written by
the csv module. Works in the database of bench/register.py.
"""

import csv
import sys
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.payments_register import ACCOUNTS, make_company
from bench.register import own_database, peak, start

PERIOD = date(2026, 2, 1)
LINES, AT_ONCE = 10, 2000
AMOUNT = Decimal("36803.90")


def make(documents: int) -> None:
    """Write the documents of a company with their lines."""
    from django.db import connection

    from billing.models import Invoice, InvoiceLine
    from lib.copying import copy_in

    company = make_company("Exports")
    for first in range(0, documents, AT_ONCE):
        accounts = company.accounts.order_by("pk")[first : first + AT_ONCE]
        invoices = Invoice.objects.bulk_create(
            Invoice(organization=company, account=account, period=PERIOD, recipient="ООО", number=account.number,
                    form="ru43", currency="RUB", accrued=AMOUNT, payable=AMOUNT)
            for account in accounts
        )  # fmt: skip
        copy_in(
            InvoiceLine, ("invoice_id", "position", "group", "service", "unit", "volume", "tariff", "accrued", "payable"),
            ((one.pk, place, "Жилищные услуги", f"Услуга {place}", "м2", "61", "60.334262", "3680.39", "3680.39")
             for one in invoices for place in range(LINES)),
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def raw() -> float:
    """Seconds of walking through the lines and writing them with nothing but a cursor and the csv module."""
    from billing.models import InvoiceLine

    started = time.perf_counter()
    with Path("/dev/null").open("w") as sink:
        rows = InvoiceLine.objects.order_by("invoice", "position").values_list(
            "invoice__account__number", "group", "service", "unit", "volume", "tariff", "accrued", "payable"
        )
        csv.writer(sink, delimiter=";").writerows(rows.iterator(AT_ONCE))
    return time.perf_counter() - started


def exported(kind: Any) -> tuple[float, float, float, float]:
    """Seconds to the first byte and to the last one, MB of the file and MB that the process grew by."""
    from billing.owing import documents_of, documents_table
    from lib.tables import stream
    from premises.models import Organization

    company = Organization.objects.get(short_name="Exports")
    before, started = peak(), time.perf_counter()
    parts = iter(stream(kind, "documents", *documents_table(documents_of(company, PERIOD))))
    size = len(next(parts))
    first = time.perf_counter() - started
    size += sum(map(len, parts))
    return first, time.perf_counter() - started, size / 1e6, peak() - before


def measure(what: str, documents: int) -> None:
    """Run one part in this process and print its figures."""
    import django

    django.setup()
    if what == "make":
        make(documents)
    elif what == "raw":
        print(raw())
    else:
        print(*exported(what))


def part(what: str, documents: int) -> list[float]:
    """Measure one part in a fresh process."""
    return [float(word) for word in start([__file__, what, str(documents)]).split()]


def report(documents: int = ACCOUNTS) -> Iterator[str]:
    """The figures of one run, line by line."""
    with own_database():
        part("make", documents)
        [bare] = part("raw", documents)
        found = {kind: part(kind, documents) for kind in ("csv", "xlsx")}
    rows = documents * (LINES + 1)
    yield f"Documents of a month line by line as a file, {documents:,} documents, {rows:,} rows:"
    yield ""
    yield f"- bare walk through the lines with the csv module: {documents * LINES / bare:,.0f} rows/s"
    for kind, (first, whole, size, grown) in found.items():
        yield (
            f"- {kind.upper()}, {size:,.0f} MB: first byte after {first:.2f} s, {rows / whole:,.0f} rows/s, "
            f"{whole / bare:.1f} times the bare walk; the process grows by {grown:,.0f} MB"
        )


def main(documents: int = ACCOUNTS) -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    for line in report(documents):
        print(line)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
