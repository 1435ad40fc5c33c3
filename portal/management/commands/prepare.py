"""Brings everything that is made from the checkout up to date: translations, font, static files, tables, demo town."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from portal import demo, fonts


class Command(BaseCommand):
    help = "Brings translations, font, static files, tables and (in the demo) the demo town up to date."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--files", action="store_true", help="only translations and font, as the tests need them")

    def handle(self, *args: Any, **options: Any) -> None:
        compile_translations(settings.BASE_DIR / "locale")
        fonts.cut(settings.VAR_DIR / "fonts")
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        if options["files"]:
            return
        collect_static()
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEMO:
            call_command("demo_town", stdout=self.stderr)
            self.stdout.write(sign_ins())


def compile_translations(folder: Path) -> None:
    """Compile each catalogue that is newer than its compiled form. msgfmt also refuses broken placeholders."""
    for source in folder.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        done = subprocess.run(
            ["msgfmt", "--check-format", "-o", str(target), str(source)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"{source} cannot be compiled: {done.stderr.strip()}")


def collect_static() -> None:
    """Collect static files when one of them, or a package that brings some, has changed since the last time."""
    state, stamp = _static_state(), settings.STATIC_ROOT / ".state"
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state)


def _static_state() -> str:
    folders = [settings.BASE_DIR / "static", settings.VAR_DIR / "fonts"]
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    seen = [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    seen.append((settings.BASE_DIR / "requirements.txt").read_text())
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def sign_ins() -> str:
    """Who can sign in to the demo and how, and where the codes are read."""
    with translation.override("en"):  # as everything else on the terminal
        lines = [(str(who), how) for who, how in demo.SIGN_INS]
    lines.append(("Login and password from a letter", f"{demo.LETTER_ACCOUNT}  {demo.LETTER_PASSWORD}"))
    lines.append(("Code from a letter", demo.LETTER_CODE))
    width = max(len(who) for who, _ in lines)
    codes = f"Codes, letters and calls: {settings.PUBLIC_URL}/dev/tray/"
    factor = "Employees are asked for a second code: the page prints one."
    return "\n".join([codes, factor, *(f"  {who:<{width}}  {how}" for who, how in lines)])
