"""The bank details that a payment document names."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.models.invoice import Invoice
from premises.models import Organization


class RequisitesQuerySet(models.QuerySet["Requisites"]):
    def staffed_by(self, user: User) -> Self:
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)


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

    objects = RequisitesQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank details")
        verbose_name_plural = _("bank details")
        constraints = [models.UniqueConstraint(name="one_set_of_details_per_kind", fields=["organization", "kind"])]

    def __str__(self) -> str:
        return f"{self.recipient} {self.account}"
