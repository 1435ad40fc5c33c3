"""What was imported, by whom, and what the dry run said."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Busy, Refusal
from lib.money import format_number
from premises.models.organization import Organization
from premises.registers import UNDOERS
from premises.registers.tally import ERROR, Problem, Tally

PATIENCE = timedelta(minutes=10)  # so long a run may wait for the worker before it is put into the queue again
ENDINGS = ("csv", "xlsx", "txt", "dbf", "zip")
MOST_TRIES = 5  # a file that stops every worker is not tried for ever


class NotImportable(Refusal):
    """This file may not be imported (any more)."""


class NotNow(NotImportable, Busy):
    """Something else is written at this very moment: in a minute it may go through."""


class NotUndoable(Refusal):
    """This import may not be taken back (any more). `obstacles` in its facts are what holds it, where that is known."""


@dataclass(frozen=True)
class Obstacle:
    """What rests on an import, in words; the way past it, if there is one; the page of the staff room where it is."""

    words: str
    way: str
    url: str = ""


def file_place(run: "ImportRun", name: str) -> str:
    """Where an uploaded file is kept: under a name of ours, never the sender's; only a known ending stays."""
    ending = name.lower().rpartition(".")[2]
    return f"imports/{run.public_id}.{ending if ending in ENDINGS else 'csv'}"


def _written(number: str, language: str) -> str:
    """A total with the decimals it was stored with, as the reader's country writes numbers."""
    value = Decimal(number)
    return format_number(value, language, max(0, -int(value.as_tuple().exponent)))


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def staffed_by(self, user: User) -> Self:
        """Imports of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)

    def of_same_register(self, run: "ImportRun") -> Self:
        """All imports of the same kind into the same organization."""
        return self.filter(organization_id=run.organization_id, kind=run.kind)

    def applied(self) -> Self:
        """Imports that are in force; one that waits to be taken back is until it is."""
        return self.filter(state__in=(ImportRun.State.APPLIED, ImportRun.State.UNDOING))

    def stuck(self, at: datetime) -> Self:
        """Runs that the worker should have finished long ago: it was killed, or never heard of them."""
        return self.filter(state__in=ImportRun.WITH_WORKER, queued_at__lt=at - PATIENCE)


class ImportRun(models.Model):
    """One file of one kind of register: checked first (dry run), then applied in one transaction, once."""

    class Kind(models.TextChoices):
        ACCOUNTS = "accounts", _("Register of personal accounts")
        DOCUMENTS = "documents", _("Register of payment documents")
        PAYMENTS = "payments", _("Register of payments")
        METERS = "meters", _("Register of meters")
        READINGS = "readings", _("Register of readings")
        REQUISITES = "requisites", _("Register of bank details")
        STATEMENT = "statement", _("Bank statement")

    class State(models.TextChoices):
        CHECKING = "checking", _("Is being checked")
        CHECKED = "checked", _("Checked, can be imported")
        REFUSED = "refused", _("Has errors")
        APPLYING = "applying", _("Is being imported")
        APPLIED = "applied", _("Imported")
        UNDOING = "undoing", _("Is being taken back")
        UNDONE = "undone", _("Taken back")

    IMPORTABLE = (State.CHECKED, State.APPLYING)
    WITH_WORKER = (State.CHECKING, State.APPLYING, State.UNDOING)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="imports", verbose_name=_("company")
    )
    kind = models.CharField(_("register"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State)
    file = models.FileField(_("file"), upload_to=file_place, max_length=200)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    # How this file is to be read, as the column profile said when it came; empty: by the headers and the content.
    layout = models.JSONField(default=dict, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    warnings = models.PositiveIntegerField(_("warnings"), default=0)
    report = models.JSONField(default=list)  # Problem.as_json(), errors first, at most 1000
    totals = models.JSONField(default=dict)  # English words → number: {"accounts": "300"}
    facts = models.JSONField(default=dict)  # what the importer wants to know later: {"format": "sberbank"}
    before = models.JSONField(default=dict, editable=False)  # what it changed, as it was: for taking it back
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("employee")
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    queued_at = models.DateTimeField(null=True, editable=False)  # since when the worker has it
    tries = models.PositiveSmallIntegerField(default=0, editable=False)  # how often it was put into the queue again
    applied_at = models.DateTimeField(_("imported"), null=True, blank=True)
    undone_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("taken back by"),
    )  # fmt: skip
    why_not_undone = models.CharField(max_length=300, blank=True, editable=False)  # said to whom wanted it taken back

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.file_name}"

    @property
    def problems(self) -> list[Problem]:
        """What the report says, errors first."""
        return [Problem.from_json(kept) for kept in self.report]

    @property
    def control_totals(self) -> list[tuple[str, str]]:
        """The control totals in the reader's language; none where not one row could be read."""
        language = get_language() or "en"
        order = [words for words in self.facts.get("order", ()) if words in self.totals]  # the database sorts keys
        names = [*order, *(words for words in self.totals if words not in order)]
        return [(gettext(words), _written(self.totals[words], language)) for words in names if self.rows]

    @property
    def format_words(self) -> str:
        """In what format the file came, where the register knows several."""
        return gettext(self.facts["format_words"]) if self.facts.get("format_words") else ""

    @property
    def is_importable(self) -> bool:
        return self.state in self.IMPORTABLE

    @property
    def is_with_worker(self) -> bool:
        """Whether the worker is checking it, importing it or taking it back."""
        return self.state in self.WITH_WORKER

    @property
    def is_undoable(self) -> bool:
        """Whether it is imported and somebody knows how to take it back."""
        return self.state == self.State.APPLIED and self.kind in UNDOERS

    @property
    def progress_key(self) -> str:
        """Under which the worker tells how far it is with what it is doing now."""
        return f"import:{self.public_id}:{self.state}"

    @property
    def summary(self) -> str:
        """One line: how many rows, how many of them new, changed and unchanged."""
        rows = ngettext("%(count)s row", "%(count)s rows", self.rows) % {"count": self.rows}
        return gettext("%(rows)s: new %(new)s, changed %(changed)s, unchanged %(unchanged)s") % {
            "rows": rows, "new": self.created, "changed": self.updated, "unchanged": self.unchanged
        }  # fmt: skip

    @property
    def refusal_to_undo(self) -> str:
        """Why it was not taken back, or nothing."""
        return gettext(self.why_not_undone) if self.why_not_undone else ""

    @property
    def obstacles(self) -> list[Obstacle]:
        """What the worker met when it was to take it back, in the words of who asked for that."""
        return [Obstacle(**kept) for kept in self.facts.get("obstacles", ())]

    def record(self, tally: Tally) -> None:
        """Take over what was found; errors refuse the file, else what was not checked before is checked now."""
        self.rows, self.created, self.updated = tally.rows, tally.created, tally.updated
        self.unchanged, self.errors, self.warnings = tally.unchanged, tally.errors, tally.warnings
        self.report = [problem.as_json() for problem in tally.problems]
        self.totals, self.facts = dict(tally.totals), {**tally.facts, "order": list(tally.totals)}
        if tally.errors:
            self.state = self.State.REFUSED
        elif self.state in ("", self.State.CHECKING):
            self.state = self.State.CHECKED

    def guard_importable(self) -> None:
        """Raise NotImportable unless the file was checked without errors and not imported yet."""
        if self.state in (self.State.APPLIED, self.State.UNDOING):
            raise NotImportable(_("This file is already imported. Nothing was written a second time."))
        if self.state == self.State.CHECKING:
            raise NotImportable(_("The file is still being checked. Open its page again in a minute."))
        if self.state == self.State.UNDONE:
            raise NotImportable(_("This import was taken back. To import the file again, upload it again."))
        if not self.is_importable:
            raise NotImportable(_("The file has errors. Correct them and upload the file again."))

    def guard_undoable(self) -> None:
        """Raise NotUndoable unless it is imported, not taken back yet, and somebody knows how."""
        if self.state == self.State.UNDONE:
            raise NotUndoable(_("This import is already taken back. Nothing was changed a second time."))
        if self.state == self.State.UNDOING:
            raise NotUndoable(_("This import is being taken back right now. Open its page again in a minute."))
        if self.state != self.State.APPLIED:
            raise NotUndoable(_("This file was not imported, so there is nothing to take back."))
        if not self.is_undoable:
            raise NotUndoable(_("What this register wrote cannot be taken back. Import a corrected file."))

    def mark_received(self, *, at: datetime) -> None:
        """The worker will check it."""
        self.state, self.queued_at, self.tries = self.State.CHECKING, at, 0

    def mark_queued(self, *, by: User, at: datetime) -> None:
        """The worker will import it."""
        self.guard_importable()
        self.state, self.by, self.queued_at, self.tries = self.State.APPLYING, by, at, 0

    def mark_queued_again(self, *, at: datetime) -> None:
        """The worker did not finish it; it gets another chance, or an end if it had enough of them."""
        self.tries, self.queued_at = self.tries + 1, at
        if self.tries <= MOST_TRIES:
            return
        if self.state == self.State.UNDOING:
            self.leave_applied(gettext_noop("The portal did not manage to take this import back. Tell its developers."))
        else:
            self.refuse(Problem(0, ERROR, "", gettext_noop("The portal did not manage to read this file. Split it.")))

    def mark_applied(self, *, by: User | None, at: datetime) -> None:
        """It is imported."""
        self.guard_importable()
        self.state, self.by, self.applied_at = self.State.APPLIED, by, at

    def mark_undoing(self, *, by: User, at: datetime) -> None:
        """The worker will take it back."""
        self.guard_undoable()
        self.state, self.undone_by, self.queued_at, self.tries = self.State.UNDOING, by, at, 0
        self.why_not_undone = ""
        self.facts.pop("obstacles", None)

    def leave_applied(self, why: str, obstacles: Sequence[Obstacle] = ()) -> None:
        """The worker did not take it back; its page says why."""
        self.state, self.undone_by, self.why_not_undone = self.State.APPLIED, None, why[:300]
        self.facts["obstacles"] = [asdict(one) for one in obstacles]

    def mark_undone(self, tally: Tally, *, by: User | None, at: datetime) -> None:
        """What it wrote is taken back; the totals say how much that was."""
        self.state, self.undone_by, self.undone_at = self.State.UNDONE, by, at
        self.totals |= tally.totals

    def refuse(self, problem: Problem) -> None:
        """Nothing was imported, because of one thing that has to do with the file as a whole."""
        self.state, self.errors = self.State.REFUSED, 1
        self.report = [problem.as_json(), *(kept for kept in self.report if kept["level"] != ERROR)]


class ColumnProfile(models.Model):
    """How one partner's files of one register look: which column means what, as a company's contract says."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="column_profiles", verbose_name=_("company")
    )
    kind = models.CharField(_("register"), max_length=10, choices=ImportRun.Kind)
    name = models.CharField(_("name"), max_length=100)
    layout = models.JSONField(_("columns"), default=dict)

    class Meta:
        verbose_name = _("column profile")
        verbose_name_plural = _("column profiles")
        ordering = ["organization", "kind", "name"]
        constraints = [
            models.UniqueConstraint(
                name="one_profile_per_name",
                fields=["organization", "kind", "name"],
                violation_error_message=_("The company already has a profile with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name
