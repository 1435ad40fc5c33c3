"""What was imported, by whom, and what the dry run said."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from premises.models.organization import Organization


class ImportRun(models.Model):
    """One file of one kind of register: checked first (dry run), then applied in one transaction, once."""

    class Kind(models.TextChoices):
        ACCOUNTS = "accounts", _("Register of personal accounts")
        DOCUMENTS = "documents", _("Register of payment documents")
        PAYMENTS = "payments", _("Register of payments")

    class State(models.TextChoices):
        CHECKED = "checked", _("Checked")
        REFUSED = "refused", _("Has errors")
        APPLIED = "applied", _("Imported")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="imports", verbose_name=_("company")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State)
    file = models.FileField(upload_to="imports/", max_length=200)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    warnings = models.PositiveIntegerField(_("warnings"), default=0)
    report = models.JSONField(
        default=list
    )  # [{"row": 7, "level": "error" | "warning", "field": "…", "text": "…"}], first 1000
    totals = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    applied_at = models.DateTimeField(_("imported"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.file_name}"
