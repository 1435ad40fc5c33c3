"""The bank details that a payment document names."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from billing.models.seen import OfOrganizationQuerySet
from premises.models import Organization


class RequisitesQuerySet(OfOrganizationQuerySet["Requisites"]):
    def same_as(self, words: Mapping[str, Any], kind: str) -> Self:
        """The row of this kind with this recipient and account; there is one at most in a company."""
        return self.filter(kind=kind, recipient=words.get("recipient", ""), account=words.get("account", ""))


class Requisites(models.Model):
    """Where money for one kind of document goes. A document keeps its own frozen copy."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="requisites", verbose_name=_("company")
    )
    kind = models.CharField(_("kind of document"), max_length=10, choices=Invoice.Kind, default=Invoice.Kind.MAIN)
    recipient = models.CharField(_("recipient"), max_length=160)
    tax_id = models.CharField(_("tax number (ИНН, ЄДРПОУ)"), max_length=12)
    kpp = models.CharField(_("КПП"), max_length=9, blank=True)
    bank = models.CharField(_("bank"), max_length=100, blank=True)
    bic = models.CharField(_("БИК"), max_length=9, blank=True)
    account = models.CharField(_("bank account (р/с, IBAN)"), max_length=34)
    corr_account = models.CharField(_("correspondent account"), max_length=20, blank=True)
    is_main = models.BooleanField(_("for every service of this kind that names no other recipient"), default=True)

    objects = RequisitesQuerySet.as_manager()

    WORDS = ("recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account")

    class Meta:
        verbose_name = _("bank details")
        verbose_name_plural = _("bank details")
        ordering = ["organization", "kind", "recipient"]
        constraints = [
            models.UniqueConstraint(
                name="one_set_of_details_per_kind",
                fields=["organization", "kind"],
                condition=Q(is_main=True),
                violation_error_message=_("The company already has bank details for this kind of document."),
            ),
            models.UniqueConstraint(
                name="one_set_of_details_per_recipient", fields=["organization", "kind", "recipient", "account"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient} {self.account}"


class RequisitesChange(models.Model):
    """New bank details wait for a second person, then for their hour: a swapped account is the costliest single edit."""

    DELAY = timedelta(hours=24)

    class State(models.TextChoices):
        ASKED = "asked", _("Waits for a second person")
        APPROVED = "approved", _("Approved, not in force yet")
        APPLIED = "applied", _("In force")
        REFUSED = "refused", _("Refused")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="requisites_changes", verbose_name=_("company")
    )
    requisites = models.ForeignKey(
        Requisites, null=True, blank=True, on_delete=models.PROTECT, related_name="changes",
        verbose_name=_("bank details"), help_text=_("Empty: new ones"),
    )  # fmt: skip
    kind = models.CharField(_("kind of document"), max_length=10, choices=Invoice.Kind, default=Invoice.Kind.MAIN)
    is_main = models.BooleanField(_("for every service of this kind that names no other recipient"), default=True)
    values = models.JSONField(_("new details"))  # the words of Requisites.WORDS
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    effective_at = models.DateTimeField(_("in force from"), null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = OfOrganizationQuerySet["RequisitesChange"].as_manager()

    class Meta:
        verbose_name = _("change of bank details")
        verbose_name_plural = _("changes of bank details")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_waiting_change_of_details",
                fields=["organization", "kind", "requisites"],
                condition=Q(state__in=["asked", "approved"]),
                nulls_distinct=False,
                violation_error_message=_("A change of these details waits already. Decide on it first."),
            ),
            models.CheckConstraint(
                name="details_need_a_second_person",
                condition=Q(decided_by__isnull=True) | Q(state="refused") | ~Q(decided_by=F("asked_by")),
                violation_error_message=_("Somebody else must approve what you asked for."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.values.get('recipient', '')} {self.values.get('account', '')}"
