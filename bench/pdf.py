"""CPU milliseconds and memory per PDF of a payment document: alone in a fresh process, alone, and in a print file.

    python bench/pdf.py [documents]        (100 in the print file unless told)

Beside it the same document from HTML by WeasyPrint, in the same run. Touches no database. What else was tried, and what
each attempt gave: `python bench/pdf_attempts.py`, written down in docs/pdf.md.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from bench.register import peak  # noqa: E402 (the folder above must be on the path first)

SINGLES, HTML_SINGLES = 15, 7
SINGLE_TARGET, BATCH_TARGET = 250, 60  # ms; of CPU in the batch


def ready() -> None:
    import django

    django.setup()


def cold() -> None:
    """The first document of a process: it cuts the faces and makes everything that is kept."""
    ready()
    from bench.bills import bill
    from billing.invoice_pdf import draw_sheet

    sheet = bill(0)
    wall, cpu = time.perf_counter(), time.process_time()
    draw_sheet(*sheet)
    print((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def single() -> None:
    """Documents of their own in a warm process, and the same from HTML; medians."""
    ready()
    from bench.bills import bill
    from bench.pdf_attempts import tuned_html
    from billing.invoice_pdf import draw_sheet

    draw_sheet(*bill(0))
    tuned_html(bill(0))
    wall, cpu = timed(lambda number: draw_sheet(*bill(number)), SINGLES)
    _wall, html = timed(lambda number: tuned_html(bill(number)), HTML_SINGLES)
    print(wall, cpu, html, len(draw_sheet(*bill(1))))


def timed(draw: Callable[[int], object], count: int) -> tuple[float, float]:
    """Median wall and CPU milliseconds."""
    walls, cpus = [], []
    for number in range(1, count + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        draw(number)
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return median(walls), median(cpus)


def batch(count: int) -> None:
    """One print file: CPU of each document, bytes of each, memory before and at the peak."""
    ready()
    from bench.bills import bills
    from billing.invoice_pdf import draw_batch

    with tempfile.TemporaryFile() as out:
        draw_batch(bills(2), out, title="Дом", language="ru")
    before = peak()
    with tempfile.TemporaryFile() as out:
        cpu = time.process_time()
        draw_batch(bills(count), out, title="Дом", language="ru")
        cpu = time.process_time() - cpu
        print(cpu * 1000 / count, out.tell() / count, before, peak())


def apart(name: str, *words: str) -> list[float]:
    """Run one measure in a process of its own and read its figures."""
    done = subprocess.run(
        [sys.executable, __file__, name, *words], capture_output=True, text=True, check=False, timeout=600, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return list(map(float, done.stdout.split()))


def main(documents: int = 100) -> None:
    """Print the figures of one run."""
    from bench.bills import LINES

    wall, cpu = apart("cold")
    warm, warm_cpu, html, size = apart("single")
    each, bytes_each, before, after = apart("batch", str(documents))
    print(f"Payment document as PDF: {LINES} lines of 12 columns, meters, norms, recalculations, two codes.")
    print()
    print(f"- first of a process: {wall:.0f} ms, {cpu:.0f} of CPU")
    print(f"- single: {warm:.0f} ms, {warm_cpu:.0f} of CPU, {size / 1024:.0f} KB (target ≤ {SINGLE_TARGET} ms)")
    print(
        f"- one of {documents} in a print file: {each:.0f} ms of CPU, {bytes_each / 1024:.0f} KB (target ≤ {BATCH_TARGET} ms)"
    )
    print(
        f"- the same document from HTML, tuned WeasyPrint: {html:.0f} ms of CPU, {html / each:.0f} × one of the print file"
    )
    print(f"- memory: {before:.0f} MB before the print file, {after:.0f} MB at the peak")


MEASURES: dict[str, Callable[..., None]] = {"cold": cold, "single": single}

if __name__ == "__main__":
    if sys.argv[1:2] == ["batch"]:
        batch(int(sys.argv[2]))
    elif sys.argv[1:2] and sys.argv[1] in MEASURES:
        MEASURES[sys.argv[1]]()
    else:
        main(*map(int, sys.argv[1:]))
