"""`make bench`: prints what the portal does in a second beside what bare code does, and writes docs/performance.md.

Ratios, not verdicts: the machine is in the report. It prepares the portal as
`make run` does, demo town included.
"""

import io
import os
import platform
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

REPORT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PARTS = (
    "bench.pages", "bench.register", "bench.payments_register", "bench.readings", "bench.pdf", "bench.submission", "bench.matrix",
    "bench.history", "bench.charging", "bench.statement", "bench.exports",
)  # fmt: skip


def main() -> None:
    """Measure every part that is there and write the report."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS += ["testserver"]
    call_command("prepare")
    lines = [HEAD, machine(), ""]
    for part in PARTS:
        if find_spec(part):
            for line in report_of(part):
                print(line, flush=True)
                lines.append(line)
            lines.append("")
    REPORT.write_text("\n".join(lines).rstrip() + "\n")
    print(f"Written to {REPORT.relative_to(Path.cwd())}")


def report_of(part: str) -> Iterator[str]:
    """The lines of a part: what its `report` yields, or what its `main` prints."""
    module = import_module(part)
    if hasattr(module, "report"):
        yield from module.report()
        return
    printed = io.StringIO()
    with redirect_stdout(printed):
        module.main()
    yield from printed.getvalue().splitlines()


HEAD = """# Performance

Written by `make bench`. Every figure stands beside a bare one of the same run on the same machine; only the ratios say
something about the code.
"""


def machine() -> str:
    """The machine in one line."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "",
    )
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    return (
        f"Machine: {os.cpu_count()} × {model or platform.machine()}, {memory / 1024**2:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
