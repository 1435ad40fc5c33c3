"""Personal accounts: the billing account of a unit at one organization."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.text import account_key
from premises.models.house import Unit
from premises.models.organization import Organization


class LinkState(models.TextChoices):
    """How it stands with a link; here, because an account's visibility is made of it."""

    PENDING = "pending", _("Waits for the company")
    ACTIVE = "active", _("Active")
    REFUSED = "refused", _("Refused")
    REVOKED = "revoked", _("Ended")


class LinkGrade(models.TextChoices):
    """How well a link is proved."""

    LIMITED = "limited", _("Limited")
    CONFIRMED = "confirmed", _("Confirmed")
    OWNER = "owner", _("Owner")


FULL_GRADES = (LinkGrade.CONFIRMED, LinkGrade.OWNER)


class PersonalAccountQuerySet(models.QuerySet["PersonalAccount"]):
    def visible_to(self, user: User) -> Self:
        """Accounts this person has an active link to, of any grade."""
        return self.filter(links__user_id=user.pk, links__state=LinkState.ACTIVE)

    def fully_visible_to(self, user: User) -> Self:
        """Accounts whose names, documents and history this person may see: grade confirmed or owner."""
        return self.filter(links__user_id=user.pk, links__state=LinkState.ACTIVE, links__grade__in=FULL_GRADES)

    def open(self) -> Self:
        """Accounts that are not closed."""
        return self.filter(closed_on__isnull=True)

    def staffed_by(self, user: User) -> Self:
        """Accounts of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)


class PersonalAccount(models.Model):
    """The billing account of a unit (лицевой счёт, особовий рахунок) at one organization. The number is text."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("company")
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("unit"))
    number = models.CharField(_("account number"), max_length=30)
    number_search = models.CharField(max_length=30, editable=False)
    els = models.CharField(_("ЕЛС"), max_length=10, blank=True)
    zhku = models.CharField(_("ИЖКУ"), max_length=13, blank=True)
    holder = models.CharField(_("account holder"), max_length=200, blank=True)
    residents = models.PositiveSmallIntegerField(_("residents"), null=True, blank=True)
    registered = models.PositiveSmallIntegerField(_("registered"), null=True, blank=True)
    contact_phone = models.CharField(_("phone on file"), max_length=16, blank=True)
    contact_email = models.EmailField(_("e-mail on file"), blank=True)
    opened_on = models.DateField(_("opened"), null=True, blank=True)
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    # The import that brought it; asked only when that one is taken back.
    source = models.ForeignKey(
        "premises.ImportRun", null=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = PersonalAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("personal account")
        verbose_name_plural = _("personal accounts")
        constraints = [
            models.UniqueConstraint(
                name="one_account_per_number",
                fields=["organization", "number_search"],
                violation_error_message=_("The company already has an account with this number."),
            ),
            models.CheckConstraint(
                name="account_closes_after_it_opens",
                condition=Q(closed_on__isnull=True)
                | Q(opened_on__isnull=True)
                | Q(closed_on__gte=models.F("opened_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Keep the key under which the number is compared in step with it."""
        self.number_search = account_key(self.number)

    @property
    def place(self) -> str:
        """«г. Волгодонск, ул. Садовая, 1, кв. 12»: «кв.» is the same word in both countries."""
        return self.unit.place

    def has_contact(self, user: User) -> bool:
        """Whether the person's proved phone or e-mail is the one the company has on file."""
        phone, email = self.contact_phone, self.contact_email.lower()
        return bool((phone and phone == user.phone) or (email and email == user.email))
