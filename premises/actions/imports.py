"""Imports a file of any register: a dry run first, then everything in one transaction, once; and takes it back."""

import hashlib
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext_noop as _

from accounts.models import User
from lib.errors import Busy, Refusal
from lib.locks import unless_locked
from lib.progress import tell
from premises.models import ImportRun, Organization
from premises.models.imports import NotImportable, NotNow
from premises.registers import IMPORTERS, UNDOERS
from premises.registers.sources import rows_expected
from premises.registers.tally import ERROR, Problem, Tally

Layout = Mapping[str, Any]
NO_LAYOUT: Layout = MappingProxyType({})
CHECKED_AT_ONCE = 200 << 10  # bytes; larger files are checked by the worker
AT_ONCE = 2000  # rows; larger files are imported and taken back by the worker
BUSY = Problem(0, ERROR, "", _("A register of this company is being imported right now. Try again in a few minutes."))
CHANGED = Problem(
    0, ERROR, "", _("The data changed during the import. Nothing was written: upload the file again.")
)  # fmt: skip


class ErrorsFound(Exception):
    """Undoes the transaction of an import that met errors."""

    def __init__(self, tally: Tally) -> None:
        super().__init__(tally.errors)
        self.tally = tally


# --- The check ------------------------------------------------------------------------------------------------------


def check_file(
    kind: str,
    organization: Organization,
    file: BinaryIO,
    *,
    name: str,
    by: User | None,
    at: datetime,
    layout: Layout = NO_LAYOUT,
) -> ImportRun:
    """Read a register through without writing anything; return the saved run with its report.

    The state is «checked» when the file may be imported, else «refused». The file is kept for the import. `layout` is the
    column profile by which it is read now and at the import, whatever becomes of the profile meanwhile.
    """
    run = _received(kind, organization, file, name=name, by=by, at=at, layout=layout)
    run.record(_dry_run(run, file, at=at))
    _keep(run, file, name)
    return run


def receive_file(
    kind: str,
    organization: Organization,
    file: BinaryIO,
    *,
    name: str,
    by: User,
    at: datetime,
    later: Callable[[int], object],
    layout: Layout = NO_LAYOUT,
) -> ImportRun:
    """Take a file in: a small one is checked at once, a large one by the worker, through `later(run id)` after commit."""
    if file.seek(0, io.SEEK_END) <= CHECKED_AT_ONCE:
        return check_file(kind, organization, file, name=name, by=by, at=at, layout=layout)
    run = _received(kind, organization, file, name=name, by=by, at=at, layout=layout)
    run.mark_received(at=at)
    with transaction.atomic():
        _keep(run, file, name)
        transaction.on_commit(lambda: later(run.pk), robust=True)  # the sweep finds what the broker did not hear
    return run


def check_received(run: ImportRun, *, at: datetime) -> ImportRun:
    """Check a file that was received before. Run twice or by two workers, it writes one report."""
    if run.state != ImportRun.State.CHECKING:
        return run
    with run.file.open("rb") as file:
        tally = _dry_run(run, cast(BinaryIO, file.file), at=at)
    with transaction.atomic():
        held = ImportRun.objects.select_for_update().get(pk=run.pk)
        if held.state == ImportRun.State.CHECKING:
            held.record(tally)
            held.save()
    return held


def _received(
    kind: str,
    organization: Organization,
    file: BinaryIO,
    *,
    name: str,
    by: User | None,
    at: datetime,
    layout: Layout,
) -> ImportRun:
    return ImportRun(
        organization=organization, kind=kind, file_name=name[-200:], sha256=sha256_of(file), by=by, created_at=at,
        layout=dict(layout),
    )  # fmt: skip


def _keep(run: ImportRun, file: BinaryIO, name: str) -> None:
    file.seek(0)
    run.file.save(name, File(file), save=False)
    run.save()


def _dry_run(run: ImportRun, file: BinaryIO, *, at: datetime) -> Tally:
    if earlier := _same_file_applied(run):
        tally = Tally()
        tally.note([_already(earlier)])
        return tally
    tally = _counting(run, rows_expected(file))
    file.seek(0)
    IMPORTERS[run.kind](run, file, tally, write=False, at=at)
    return tally


def _counting(run: ImportRun, total: int) -> Tally:
    """A tally that tells the page of the run how far the work is."""
    key = run.progress_key
    return Tally(on_progress=lambda rows: tell(key, rows, total))


# --- The import -----------------------------------------------------------------------------------------------------


def apply_file(run: ImportRun, *, by: User | None, at: datetime) -> ImportRun:
    """Import a checked file in one transaction and return the run: «imported», or «refused» if errors were met now.

    Any number of parallel calls import it once: the others get NotImportable. A process killed in the middle leaves
    nothing. What was checked is checked again, for the data may have changed since.
    """
    try:
        with unless_locked(_busy()), transaction.atomic():
            held = _hold(run)
            held.guard_importable()
            if earlier := _same_file_applied(held):
                raise _refusal(NotImportable, _already(earlier))
            tally = _counting(held, held.rows)
            held.by = by  # who imports answers for it, whoever uploaded the file
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
        raise _refusal(NotNow, CHANGED) from None
    return held


def start_import(run: ImportRun, *, by: User, at: datetime, later: Callable[[int, int], object]) -> ImportRun:
    """Import a small file at once; hand a large one to the worker through `later(run id, user id)` after commit."""
    if run.rows <= AT_ONCE:
        return apply_file(run, by=by, at=at)
    with transaction.atomic():
        held = _hold_alone(run)
        held.mark_queued(by=by, at=at)
        held.save(update_fields=["state", "by", "queued_at", "tries"])
        transaction.on_commit(lambda: later(held.pk, by.pk), robust=True)  # the sweep finds what the broker missed
    return held


def refuse_queued(run: ImportRun, refusal: NotImportable) -> None:
    """The worker may not import this file and never will: say on its page why."""
    problem = refusal.facts.get("problem")
    with transaction.atomic():
        held = ImportRun.objects.select_for_update().get(pk=run.pk)
        if held.state == ImportRun.State.APPLYING and isinstance(problem, Problem):
            held.refuse(problem)
            held.save()


def requeue_stuck(
    *,
    at: datetime,
    check_later: Callable[[int], object],
    apply_later: Callable[[int, int], object],
    undo_later: Callable[[int], object],
) -> int:
    """Put runs whose worker was killed, or never heard of them, into the queue again; return how many.

    A run that is being imported or taken back right now holds its row and is passed over.
    """
    count = 0
    with transaction.atomic():
        for run in ImportRun.objects.stuck(at).select_for_update(skip_locked=True):
            run.mark_queued_again(at=at)
            run.save()
            if run.state == ImportRun.State.CHECKING:
                transaction.on_commit(lambda pk=run.pk: check_later(pk), robust=True)  # type: ignore[misc]
            elif run.state == ImportRun.State.APPLYING:
                transaction.on_commit(lambda pk=run.pk, by=run.by_id: apply_later(pk, by), robust=True)  # type: ignore[misc]
            elif run.state == ImportRun.State.UNDOING:
                transaction.on_commit(lambda pk=run.pk: undo_later(pk), robust=True)  # type: ignore[misc]
            count += run.is_with_worker
    return count


# --- Taking back ----------------------------------------------------------------------------------------------------


def undo_import(run: ImportRun, *, by: User | None, at: datetime) -> ImportRun:
    """Take back what one import wrote, in one transaction, and return the run: «taken back».

    Any number of parallel calls take it back once. Raises NotUndoable, NotNow while this register is being imported, or
    the Refusal of the register's own undoer; then nothing is changed. Afterwards the same file may be imported again.
    """
    with unless_locked(_busy()), transaction.atomic():
        held = _hold(run)
        held.guard_undoable()
        _take_back(held, by=by, at=at)
    return held


def start_undo(run: ImportRun, *, by: User, at: datetime, later: Callable[[int], object]) -> ImportRun:
    """Take a small import back at once; hand a large one to the worker through `later(run id)` after commit.

    A second press while the worker has it changes nothing. Raises as `undo_import`.
    """
    if run.rows <= AT_ONCE:
        return undo_import(run, by=by, at=at)
    if run.state == ImportRun.State.UNDOING:
        return run
    with transaction.atomic():
        held = _hold_alone(run)
        if held.state != ImportRun.State.UNDOING:
            held.mark_undoing(by=by, at=at)
            held.save(update_fields=["state", "undone_by", "queued_at", "tries", "why_not_undone", "facts"])
            transaction.on_commit(lambda: later(held.pk), robust=True)  # the sweep finds what the broker missed
    return held


def undo_queued(run: ImportRun, *, at: datetime) -> ImportRun:
    """Take back what the worker was asked to; a run that nobody asks about (any more) is left alone.

    Where the register's undoer refuses, the import stays and its page says why, in the words of who pressed. Raises Busy
    while something else holds the register or its rows.
    """
    try:
        with unless_locked(_busy()), transaction.atomic():
            held = _hold(run)
            if held.state == ImportRun.State.UNDOING:
                with translation.override(_language(held.undone_by)):
                    _take_back(held, by=held.undone_by, at=at)
        return held
    except Busy:
        raise
    except Refusal as refusal:
        return _leave_applied(run, refusal)


def _take_back(held: ImportRun, *, by: User | None, at: datetime) -> None:
    tally = _counting(held, held.rows)
    UNDOERS[held.kind](held, tally, at=at, by=by)
    held.mark_undone(tally, by=by, at=at)
    held.save()


def _leave_applied(run: ImportRun, why: Refusal) -> ImportRun:
    with transaction.atomic():
        held = ImportRun.objects.select_for_update().get(pk=run.pk)
        if held.state == ImportRun.State.UNDOING:
            held.leave_applied(str(why), why.facts.get("obstacles", ()))
            held.save()
    return held


def _language(user: User | None) -> str:
    return (user.language if user else "") or settings.LANGUAGE_CODE


# --- What they share ------------------------------------------------------------------------------------------------


def _hold(run: ImportRun) -> ImportRun:
    """Lock every run of this register, so that two imports of one register never mix; nobody waits in line."""
    rows = ImportRun.objects.of_same_register(run).select_for_update(nowait=True).order_by("pk").defer("report")
    with unless_locked(_busy()):
        runs = list(rows)
    return next(one for one in runs if one.pk == run.pk)


def _hold_alone(run: ImportRun) -> ImportRun:
    """Lock one run to hand it to the worker; while the worker has it already, that may take too long."""
    with unless_locked(_busy()):
        return ImportRun.objects.select_for_update().get(pk=run.pk)


def _same_file_applied(run: ImportRun) -> ImportRun | None:
    """The latest import of this register, if it was this very file. After another file, an older one may come back."""
    latest = ImportRun.objects.of_same_register(run).applied().order_by("applied_at", "pk").last()
    return latest if latest and latest.sha256 == run.sha256 and latest.pk != run.pk else None


def _already(earlier: ImportRun) -> Problem:
    day = earlier.applied_at.strftime("%d.%m.%Y") if earlier.applied_at else ""
    return Problem(
        0, ERROR, "", _("This file was already imported on %(day)s. Nothing was written a second time."), {"day": day}
    )


def _refusal(kind: type[NotImportable], problem: Problem) -> NotImportable:
    return kind(problem.message, problem=problem)


def _busy() -> NotNow:
    return NotNow(BUSY.message, problem=BUSY)


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
