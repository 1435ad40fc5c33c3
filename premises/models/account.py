"""Personal accounts, the links that join them to people, and the letters that carry the secrets for linking."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.text import account_key
from premises.models.house import House, Unit
from premises.models.organization import Organization


class PersonalAccountQuerySet(models.QuerySet["PersonalAccount"]):
    def visible_to(self, user: User) -> Self:
        """Accounts this person has an active link to, of any grade."""
        return self.filter(links__user_id=user.pk, links__state=AccountLink.State.ACTIVE)

    def fully_visible_to(self, user: User) -> Self:
        """Accounts whose names, documents and history this person may see: grade confirmed or owner."""
        return self.filter(
            links__user_id=user.pk, links__state=AccountLink.State.ACTIVE, links__grade__in=AccountLink.FULL_GRADES
        )

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

    objects = PersonalAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("personal account")
        verbose_name_plural = _("personal accounts")
        constraints = [
            models.UniqueConstraint(name="one_account_per_number", fields=["organization", "number_search"]),
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
        self.number_search = account_key(self.number)
        super().save(*args, **kwargs)


class AccountLinkQuerySet(models.QuerySet["AccountLink"]):
    def live(self) -> Self:
        """Pending and active links: those that stand in the way of a second link of the same person."""
        return self.filter(state__in=AccountLink.LIVE_STATES)

    def active(self) -> Self:
        return self.filter(state=AccountLink.State.ACTIVE)

    def full(self) -> Self:
        """Links of a grade that may see names, documents and history."""
        return self.filter(grade__in=AccountLink.FULL_GRADES)

    def of(self, user: User | AnonymousUser) -> Self:
        """This person's links; nobody's for somebody who is not signed in."""
        return self.filter(user_id=user.pk) if user.pk else self.none()

    def with_account(self) -> Self:
        """Load what a page about an account prints: the unit, its house and both organizations."""
        return self.select_related("account__organization", "account__unit__house__organization")


class AccountLink(models.Model):
    """Joins a person to a personal account, with a grade of proof and a state."""

    class Grade(models.TextChoices):
        LIMITED = "limited", _("Limited")
        CONFIRMED = "confirmed", _("Confirmed")
        OWNER = "owner", _("Owner")

    class State(models.TextChoices):
        PENDING = "pending", _("Waits for the company")
        ACTIVE = "active", _("Active")
        REFUSED = "refused", _("Refused")
        REVOKED = "revoked", _("Ended")

    class Method(models.TextChoices):
        PASSWORD = "password", _("Login and password from the company")
        ADDRESS = "address", _("Address and account number")
        CODE = "code", _("Code from a letter or an invoice")
        STAFF = "staff", _("An employee")

    FULL_GRADES = (Grade.CONFIRMED, Grade.OWNER)
    LIVE_STATES = (State.PENDING, State.ACTIVE)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="links")
    account = models.ForeignKey(PersonalAccount, on_delete=models.PROTECT, related_name="links")
    grade = models.CharField(_("grade"), max_length=10, choices=Grade)
    state = models.CharField(_("state"), max_length=10, choices=State)
    method = models.CharField(_("how it was linked"), max_length=10, choices=Method)
    created_at = models.DateTimeField(_("linked"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    disputed_at = models.DateTimeField(_("disputed"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = AccountLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("account link")
        verbose_name_plural = _("account links")
        constraints = [
            models.UniqueConstraint(
                name="one_live_link_per_person",
                fields=["user", "account"],
                condition=Q(state__in=["pending", "active"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} — {self.account} ({self.get_grade_display()})"

    @property
    def is_full(self) -> bool:
        """Whether the person may see names, documents and history."""
        return self.state == self.State.ACTIVE and self.grade in self.FULL_GRADES


class AccessLetter(models.Model):
    """A printed page with a login, a one-time password and a code for one account. Only digests are kept."""

    account = models.ForeignKey(PersonalAccount, on_delete=models.PROTECT, related_name="letters")
    login = models.CharField(max_length=30)
    login_search = models.CharField(max_length=30, db_index=True)
    password_hash = models.CharField(max_length=200)
    code_digest = models.CharField(max_length=64, unique=True)  # keyed digest of the 12-letter code (60 bits)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    password_used_at = models.DateTimeField(null=True, blank=True)
    code_uses = models.PositiveSmallIntegerField(default=0)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("access letter")
        verbose_name_plural = _("access letters")
        constraints = [
            models.UniqueConstraint(
                name="one_live_letter_per_account", fields=["account"], condition=Q(voided_at__isnull=True)
            ),
            models.CheckConstraint(name="letter_code_uses_are_bounded", condition=Q(code_uses__lte=5)),
        ]

    def __str__(self) -> str:
        return f"{self.login} ({self.issued_at:%d.%m.%Y})"


class LinkRequest(models.Model):
    """«None of these ways fits»: a person asks the company to link their flat."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        DONE = "done", _("Linked")
        REFUSED = "refused", _("Refused")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="link_requests")
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="link_requests")
    unit_label = models.CharField(_("flat"), max_length=20)
    message = models.CharField(_("message"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("request to link a flat")
        verbose_name_plural = _("requests to link a flat")
        constraints = [
            models.UniqueConstraint(
                name="one_open_request_per_flat", fields=["user", "house", "unit_label"], condition=Q(state="new")
            )
        ]

    def __str__(self) -> str:
        return f"{self.house}, {self.unit_label}"
