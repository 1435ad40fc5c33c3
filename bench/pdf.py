"""Milliseconds and memory per PDF of a payment document, drawn in one process as the worker does.

    python bench/pdf.py [documents]        (10 unless told)

Touches no database. The first document also pays for the fonts and the style sheets.
"""

import os
import resource
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
LINES = 25


def measure(documents: int) -> None:
    """Draw the documents and print: ms of each, bytes of the last, MB before and at the peak."""
    import django

    django.setup()
    from billing.invoice_pdf import draw_sheet
    from billing.models import Invoice, InvoiceLine

    sums = {"accrued": Decimal("3680.39"), "payable": Decimal("47048.00"), "opening": Decimal("43367.61")}
    details = {
        "recipient": 'ООО "ТеплоДом"', "tax_id": "3661057530", "kpp": "366101001", "bank": "ПАО СБЕРБАНК",
        "bic": "044525225", "account": "40702810652000001234", "corr_account": "30101810400000000225",
    }  # fmt: skip
    payer = {"name": "Мартынович Александр Владимирович", "account_number": "10117", "area_total": "61.00",
             "address": "г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. 17", "residents": 0, "registered": 0}  # fmt: skip
    lines = [
        InvoiceLine(position=n, group=f"Группа {n // 5}", service=f"Услуга {n}", unit="м3", volume=Decimal("9.944482"),
                    method="M", tariff=Decimal("30.10"), accrued=Decimal("299.33"), payable=Decimal("299.33"))
        for n in range(LINES)
    ]  # fmt: skip
    invoice = Invoice(
        number="5531", period=date(2019, 2, 1), form="ru924", currency="RUB", payer=payer, requisites=details,
        provider={"name": 'ООО "ТеплоДом"'}, **sums,
    )  # fmt: skip
    before, times, pdf = peak(), [], b""
    for _number in range(documents):
        started = time.perf_counter()
        pdf = draw_sheet(invoice, lines)
        times.append((time.perf_counter() - started) * 1000)
    print(*(f"{one:.1f}" for one in times), len(pdf), f"{before:.0f}", f"{peak():.0f}")


def peak() -> float:
    """The largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(documents: int = 10) -> None:
    """Print the figures of one run, measured in a process of its own because of the memory."""
    done = subprocess.run(
        [sys.executable, __file__, "measure", str(documents)],
        capture_output=True, text=True, check=False, timeout=300, cwd=ROOT,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    *times, size, before, after = map(float, done.stdout.split())
    print(f"Payment document as PDF, {LINES} lines, two codes, {documents} documents:")
    print()
    print(f"- first: {times[0]:.0f} ms; median of the others: {median(times[1:] or times):.0f} ms")
    print(f"- size: {size / 1024:.0f} KB")
    print(f"- memory: {before:.0f} MB before, {after:.0f} MB at the peak")


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure(int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
