"""Companies, suppliers and authorities, and the people who work for them."""

import uuid
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def staffed_by(self, user: User) -> Self:
        """Organizations whose data this employee may work with; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(staff__user=user, staff__is_active=True)


class Organization(models.Model):
    """A managing company, a supplier or an authority."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Managing company")
        SUPPLIER = "supplier", _("Supplier")
        AUTHORITY = "authority", _("Authority")

    class Country(models.TextChoices):
        RUSSIA = "RU", _("Russia")
        UKRAINE = "UA", _("Ukraine")

    class LinkPolicy(models.TextChoices):
        CONFIRM = "confirm", _("Confirmed at once")
        LIMITED = "limited", _("Limited until confirmed")
        REVIEW = "review", _("Waits for an employee")

    class OwnerPolicy(models.TextChoices):
        PROPOSE = "propose", _("An employee looks")
        AT_ONCE = "at_once", _("Granted at once")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.COMPANY)
    country = models.CharField(_("country"), max_length=2, choices=Country)
    name = models.CharField(_("full name"), max_length=200)
    short_name = models.CharField(_("name"), max_length=100)
    tax_id = models.CharField(_("tax number (ИНН, ЄДРПОУ)"), max_length=12, blank=True)
    kpp = models.CharField(_("КПП"), max_length=9, blank=True)
    address = models.CharField(_("office address"), max_length=300, blank=True)
    phone = models.CharField(_("office phone"), max_length=40, blank=True)
    dispatch_phone = models.CharField(_("emergency dispatch phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    site = models.URLField(_("site"), blank=True)
    hours = models.CharField(_("office hours"), max_length=200, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Europe/Moscow")
    link_policy = models.CharField(
        _("link by address and account number"), max_length=10, choices=LinkPolicy, default=LinkPolicy.LIMITED
    )
    owner_policy = models.CharField(
        _("owner by verified identity"), max_length=10, choices=OwnerPolicy, default=OwnerPolicy.PROPOSE,
        help_text=_(
            "A person confirmed by a bank or by the state bears the name of an owner in the register. Names that are "
            "only similar always wait for an employee."
        ),
    )  # fmt: skip

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["short_name"]

    def __str__(self) -> str:
        return self.short_name

    def day(self, at: datetime) -> date:
        """The day it is then where the organization works."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def language(self) -> str:
        """The language of the organization's country."""
        return "uk" if self.country == self.Country.UKRAINE else "ru"

    @property
    def currency(self) -> str:
        """The currency of the organization's country (ISO 4217)."""
        return "UAH" if self.country == self.Country.UKRAINE else "RUB"


class StaffMember(models.Model):
    """A person's job at one organization; what the admin shows them comes from here."""

    class Role(models.TextChoices):
        MANAGER = "manager", _("Manager")
        DISPATCHER = "dispatcher", _("Dispatcher")
        ACCOUNTANT = "accountant", _("Accountant")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", verbose_name=_("user")
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="staff", verbose_name=_("company")
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    is_active = models.BooleanField(_("works now"), default=True)

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        constraints = [
            models.UniqueConstraint(
                name="one_live_job_per_organization", fields=["user", "organization"], condition=Q(is_active=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} — {self.organization}"
