"""A change that one person asks for and another approves, in force a day later."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from premises.models import Organization


class FitsNoMore(Exception):
    """What was approved cannot come into force any more."""


class AgreedChange(models.Model):
    """What changes where a company's money goes waits for a second person, then for its hour. Until then it can be stopped.

    A row says what comes into force and how; who may do what and when is `billing/actions/agreeing.py`.
    """

    DELAY = timedelta(hours=24)

    class State(models.TextChoices):
        ASKED = "asked", _("Waits for a second person")
        APPROVED = "approved", _("Approved, not in force yet")
        APPLIED = "applied", _("In force")
        REFUSED = "refused", _("Refused")

    WAITING = (State.ASKED, State.APPROVED)

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("approved by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("approved"), null=True, blank=True)
    # Who refused it, or stopped it after it was approved; the second person stays written. None: it fitted no more.
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("stopped by"),
    )  # fmt: skip
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    effective_at = models.DateTimeField(_("in force from"), null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-asked_at", "-pk"]

    def put_in_force(self) -> None:
        """Write the rows that this change is about; IntegrityError or FitsNoMore where that is not possible any more."""
        raise NotImplementedError

    def of_the_same(self) -> "models.QuerySet[Self]":
        """All changes of the same thing: who signed the last of them is told about this one."""
        raise NotImplementedError

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a notice says of it, beside the company and the hour."""
        raise NotImplementedError

    def forget(self) -> None:
        """Clear away what nobody needs once the change does not wait any more."""


def second_person(name: str) -> models.CheckConstraint:
    """The database itself refuses an approval by who asked."""
    return models.CheckConstraint(
        name=name,
        condition=Q(decided_by__isnull=True) | Q(state="refused") | ~Q(decided_by=F("asked_by")),
        violation_error_message=_("Somebody else must approve what you asked for."),
    )


def one_waiting(name: str, *fields: str, **options: Any) -> models.UniqueConstraint:
    """The database itself keeps one change of the same thing (what these fields name) waiting at a time."""
    return models.UniqueConstraint(
        name=name,
        fields=fields,
        condition=Q(state__in=["asked", "approved"]),
        violation_error_message=_("A change of these details waits already. Decide on it first."),
        **options,
    )
