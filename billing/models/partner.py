"""Partners' sites where the bills of a company can be paid too: residents follow them with their money."""

from collections.abc import Mapping
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.agreed import AgreedChange, one_waiting, second_person
from billing.models.seen import OfOrganizationQuerySet
from premises.models import Organization


class Partner(models.Model):
    """What a resident reads of a partner, and where it leads."""

    title = models.CharField(_("name"), max_length=100)
    url = models.URLField(
        _("address"), validators=[RegexValidator(r"^https://", _("The address begins with https://."))]
    )
    note = models.CharField(_("what to enter there"), max_length=200, blank=True)

    WORDS = ("title", "url", "note")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


class PartnerLink(Partner):
    """A partner's site of a company, made and worded by an agreed change; its place is changed, and it is removed, by one."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="partner_links", verbose_name=_("company")
    )
    position = models.PositiveSmallIntegerField(_("place in the list"), default=100)

    objects = OfOrganizationQuerySet["PartnerLink"].as_manager()

    class Meta:
        verbose_name = _("partner's site")
        verbose_name_plural = _("partners' sites")
        ordering = ["position", "title"]


class PartnerChange(Partner, AgreedChange):
    """Another site, or other words of one, wait for a second person, then for their hour."""

    link = models.ForeignKey(
        PartnerLink, null=True, blank=True, on_delete=models.SET_NULL, related_name="changes",
        verbose_name=_("partner's site"), help_text=_("Empty: a new one"),
    )  # fmt: skip

    objects = OfOrganizationQuerySet["PartnerChange"].as_manager()

    class Meta(AgreedChange.Meta):
        verbose_name = _("change of a partner's site")
        verbose_name_plural = _("changes of partners' sites")
        constraints = [
            one_waiting("one_waiting_change_of_partners", "organization"),
            second_person("partner_needs_a_second_person"),
        ]

    def put_in_force(self) -> None:
        """The site gets the new words; one that is new, or was removed meanwhile, comes to the end of the list."""
        row = self.link or PartnerLink(organization_id=self.organization_id)
        for name in Partner.WORDS:
            setattr(row, name, getattr(self, name))
        row.save()
        self.link = row

    def of_the_same(self) -> "OfOrganizationQuerySet[PartnerChange]":
        return PartnerChange.objects.filter(organization_id=self.organization_id)

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"partner": self.title, "address": self.url}
