"""Imports a file of any register: a dry run first, then everything in one transaction, once."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO, cast

from django.core.files import File
from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from accounts.models import User
from premises.models import ImportRun, Organization
from premises.models.imports import NotImportable
from premises.registers import IMPORTERS
from premises.registers.tally import ERROR, Problem, Tally

AT_ONCE = 2000  # rows; larger files are imported by the worker


class ErrorsFound(Exception):
    """Undoes the transaction of an import that met errors."""

    def __init__(self, tally: Tally) -> None:
        super().__init__(tally.errors)
        self.tally = tally


def check_file(
    kind: str, organization: Organization, file: BinaryIO, *, name: str, by: User | None, at: datetime
) -> ImportRun:
    """Read a register through without writing anything; return the saved run with its report.

    The state is «checked» when the file may be imported, else «refused». The file is kept for the import.
    """
    run = ImportRun(
        organization=organization, kind=kind, file_name=name[-200:], sha256=sha256_of(file), by=by, created_at=at
    )
    tally = Tally()
    if earlier := _same_file_applied(run):
        tally.note([_already(earlier)])
    else:
        IMPORTERS[kind](run, file, tally, write=False, at=at)
    run.record(tally)
    file.seek(0)
    run.file.save(name, File(file), save=False)
    run.save()
    return run


def apply_file(run: ImportRun, *, by: User | None, at: datetime) -> ImportRun:
    """Import a checked file in one transaction and return the run: «imported», or «refused» if errors were met now.

    Any number of parallel calls import it once: the others get NotImportable. A process killed in the middle leaves
    nothing. What was checked is checked again, for the data may have changed since.
    """
    try:
        with transaction.atomic():
            held = _hold(run)
            tally = Tally()
            with held.file.open("rb") as file:
                IMPORTERS[held.kind](held, cast(BinaryIO, file.file), tally, write=True, at=at)
            if tally.errors:
                raise ErrorsFound(tally)
            held.record(tally)
            held.mark_applied(by=by, at=at)
            held.save()
    except ErrorsFound as found:
        return _refuse(run, found.tally)
    except IntegrityError:  # somebody wrote the same house, flat or account at this very moment
        raise NotImportable(
            gettext_lazy("The data changed during the import. Nothing was written: upload the file again.")
        ) from None
    return held


def start_import(run: ImportRun, *, by: User, at: datetime, later: Callable[[int, int], object]) -> ImportRun:
    """Import a small file at once; hand a large one to the worker through `later(run id, user id)` after commit."""
    if run.rows <= AT_ONCE:
        return apply_file(run, by=by, at=at)
    with transaction.atomic():
        held = ImportRun.objects.select_for_update().get(pk=run.pk)
        held.mark_queued()
        held.save(update_fields=["state"])
        transaction.on_commit(lambda: later(held.pk, by.pk), robust=True)  # the page offers to start it again
    return held


def _hold(run: ImportRun) -> ImportRun:
    """Lock every run of this register, so that two imports of one register never mix; nobody waits in line."""
    try:
        runs = list(
            ImportRun.objects.of_same_register(run).select_for_update(nowait=True).order_by("pk").defer("report")
        )
    except OperationalError:
        raise NotImportable(
            gettext_lazy("A register of this company is being imported right now. Try again in a few minutes.")
        ) from None
    held = next(one for one in runs if one.pk == run.pk)
    held.guard_importable()
    if earlier := _same_file_applied(held):
        raise NotImportable(_already(earlier).message)
    return held


def _same_file_applied(run: ImportRun) -> ImportRun | None:
    """The latest import of this register, if it was this very file. After another file, an older one may come back."""
    latest = ImportRun.objects.of_same_register(run).applied().order_by("applied_at", "pk").last()
    return latest if latest and latest.sha256 == run.sha256 and latest.pk != run.pk else None


def _already(earlier: ImportRun) -> Problem:
    day = earlier.applied_at.strftime("%d.%m.%Y") if earlier.applied_at else ""
    return Problem(
        0, ERROR, "", _("This file was already imported on %(day)s. Nothing was written a second time."), {"day": day}
    )


def _refuse(run: ImportRun, tally: Tally) -> ImportRun:
    """Record that the import met errors which the check had not seen; nothing else was written."""
    run.refresh_from_db()
    run.record(tally)
    run.save()
    return run


def sha256_of(file: BinaryIO) -> str:
    """The digest of a whole file, read in pieces; the file is left at its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()
