"""`make bench`: prints what the portal does in a second beside what bare code does, and writes docs/performance.md.

Ratios, not verdicts: the machine is in the report. Needs the demo town (`manage.py demo_town`), which it builds if absent.
"""

import os
import platform
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

REPORT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PARTS = ("bench.pages", "bench.register", "bench.pdf")


def main() -> None:
    """Measure every part that is there and write the report."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS += ["testserver"]
    call_command("migrate", verbosity=0)
    call_command("demo_town")
    lines = [HEAD, machine(), ""]
    for part in PARTS:
        if find_spec(part):
            report: Callable[[], Iterator[str]] = import_module(part).report
            for line in report():
                print(line, flush=True)
                lines.append(line)
            lines.append("")
    REPORT.write_text("\n".join(lines).rstrip() + "\n")
    print(f"Written to {REPORT.relative_to(Path.cwd())}")


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
