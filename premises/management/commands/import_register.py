"""manage.py import_register <kind> <organization> <file> [--profile NAME] [--apply]"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.errors import Refusal
from premises.actions.imports import apply_file, check_file
from premises.models import ColumnProfile, ImportRun, Organization
from premises.registers import IMPORTERS


class Command(BaseCommand):
    """Checks a company's register and, with --apply, imports it. Exits with 1 when the file has errors."""

    help = "Check a register (CSV or XLSX) and print the report; with --apply also import it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(IMPORTERS), help="which register")
        parser.add_argument("organization", help="short name or id of the company")
        parser.add_argument("file", type=Path, help="the file")
        parser.add_argument("--profile", default="", help="name of the company's column profile for this register")
        parser.add_argument("--apply", action="store_true", help="import the file if it has no errors")

    def handle(self, *args: Any, **options: Any) -> None:
        organization, path = find_organization(options["organization"]), options["file"]
        try:
            file = path.open("rb")
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        layout = find_layout(organization, options["kind"], options["profile"]) if options["profile"] else {}
        with file:
            run = check_file(
                options["kind"], organization, file, name=path.name, by=None, at=timezone.now(), layout=layout
            )
        if options["apply"] and run.is_importable:
            run = self._apply(run)
        self._print(run)
        if run.state == ImportRun.State.REFUSED:
            raise SystemExit(1)

    def _apply(self, run: ImportRun) -> ImportRun:
        try:
            return apply_file(run, by=None, at=timezone.now())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None

    def _print(self, run: ImportRun) -> None:
        for problem in run.problems:
            place = _("row %(row)s") % {"row": problem.row} if problem.row else run.file_name
            parts = [_("Error") if problem.level == "error" else _("Warning"), place, problem.column, problem.message]
            self.stdout.write(": ".join(filter(None, parts)))
        for words, number in run.control_totals:
            self.stdout.write(f"{words}: {number}")
        self.stdout.write(f"{run.get_state_display()}. {run.summary}.")


def find_layout(organization: Organization, kind: str, name: str) -> dict[str, Any]:
    """Return the layout of the company's profile with this name; none is an error."""
    profile = ColumnProfile.objects.filter(organization=organization, kind=kind, name=name).first()
    if profile is None:
        raise CommandError(f"The company has no column profile «{name}» for this register.")
    return dict(profile.layout)


def find_organization(wanted: str) -> Organization:
    """Return the company with this id or short name; none or several is an error."""
    found = (
        Organization.objects.filter(pk=int(wanted))
        if wanted.isdecimal()
        else Organization.objects.filter(short_name=wanted)
    )
    if len(found) != 1:
        raise CommandError(f"{'Several organizations are' if found else 'No organization is'} called {wanted!r}.")
    return found[0]
