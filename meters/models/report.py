"""What residents tell the company about a meter: a reading is wrong, the meter was replaced, it is broken."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters.models.meter import Meter
from meters.models.reading import Reading


class ReportIsAnswered(Refusal):
    """Another employee answered first."""


class MeterReportQuerySet(models.QuerySet["MeterReport"]):
    def visible_to(self, user: User) -> Self:
        """What this person told."""
        return self.filter(by_id=user.pk)

    def staffed_by(self, user: User) -> Self:
        """Reports to the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(meter__organization__staff__user=user, meter__organization__staff__is_active=True)

    def waiting(self) -> Self:
        return self.filter(state=MeterReport.State.NEW)


class MeterReport(models.Model):
    """One thing told about one meter; the company accepts or refuses it with a sentence."""

    class Kind(models.TextChoices):
        DISPUTE = "dispute", _("The reading is wrong")
        REPLACED = "replaced", _("The meter was replaced")
        BROKEN = "broken", _("The meter is broken")

    class State(models.TextChoices):
        NEW = "new", _("Waits for the company")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="reports", verbose_name=_("meter"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    reading = models.ForeignKey(
        Reading, null=True, blank=True, on_delete=models.PROTECT, related_name="reports",
        verbose_name=_("disputed reading"),
    )  # fmt: skip
    values = models.CharField(_("what the meter shows"), max_length=60, blank=True)  # as typed, zones by spaces
    on = models.DateField(_("date"))
    new_serial = models.CharField(_("number of the new meter"), max_length=50, blank=True)
    new_values = models.CharField(_("the new meter shows"), max_length=60, blank=True)
    text = models.CharField(_("in their words"), max_length=500, blank=True)
    photo = models.FileField(_("photo"), upload_to="readings/", max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="meter_reports", verbose_name=_("who")
    )
    created_at = models.DateTimeField(_("told"), default=timezone.now)
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects = MeterReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report about a meter")
        verbose_name_plural = _("reports about meters")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_report_per_meter", fields=["meter", "kind", "by"], condition=Q(state="new")
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.meter}"

    def close(self, state: str, *, answer: str, by: User, at: datetime) -> None:
        """Accepted or refused, once."""
        if self.state != self.State.NEW:
            raise ReportIsAnswered(_("This report has been answered already."))
        self.state, self.answer, self.answered_by, self.answered_at = state, answer, by, at
        self.save(update_fields=["state", "answer", "answered_by", "answered_at"])
