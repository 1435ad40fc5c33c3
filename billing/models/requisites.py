"""The bank details that a payment document names."""

from collections.abc import Mapping
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.agreed import AgreedChange, one_waiting, second_person
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


class RequisitesChange(AgreedChange):
    """New bank details wait for a second person, then for their hour: a swapped account is the costliest single edit."""

    requisites = models.ForeignKey(
        Requisites, null=True, blank=True, on_delete=models.PROTECT, related_name="changes",
        verbose_name=_("bank details"), help_text=_("Empty: new ones"),
    )  # fmt: skip
    kind = models.CharField(_("kind of document"), max_length=10, choices=Invoice.Kind, default=Invoice.Kind.MAIN)
    is_main = models.BooleanField(_("for every service of this kind that names no other recipient"), default=True)
    values = models.JSONField(_("new details"))  # the words of Requisites.WORDS

    objects = OfOrganizationQuerySet["RequisitesChange"].as_manager()

    class Meta(AgreedChange.Meta):
        verbose_name = _("change of bank details")
        verbose_name_plural = _("changes of bank details")
        constraints = [
            one_waiting("one_waiting_change_of_details", "organization", "kind", "requisites", nulls_distinct=False),
            second_person("details_need_a_second_person"),
        ]

    def __str__(self) -> str:
        return f"{self.values.get('recipient', '')} {self.values.get('account', '')}"

    def put_in_force(self) -> None:
        """The row gets the new words, or a new row does; a main one takes the place of the main one of its kind."""
        row = self.requisites or Requisites(organization_id=self.organization_id, kind=self.kind)
        if self.is_main and (row.pk is None or not row.is_main):
            Requisites.objects.filter(organization_id=self.organization_id, kind=self.kind).update(is_main=False)
        row.is_main = self.is_main
        for name in Requisites.WORDS:
            setattr(row, name, self.values[name])
        row.save()
        self.requisites = row

    def of_the_same(self) -> "OfOrganizationQuerySet[RequisitesChange]":
        return RequisitesChange.objects.filter(organization_id=self.organization_id, kind=self.kind)

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"recipient": self.values["recipient"], "account": self.values["account"]}
