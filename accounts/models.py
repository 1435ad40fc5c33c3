"""People: who they are, what they agreed to, the codes that prove an address, and what was counted against limits."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lib.phones import display_phone


class UserManager(BaseUserManager["User"]):
    """Creates people; an address is stored only in its normal form (E.164, lower-case e-mail)."""

    def create_user(
        self, email: str | None = None, phone: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """Return a saved user with at least one proved address; without a password only codes sign them in."""
        user = self.model(email=email.lower() if email else None, phone=phone or None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved user who may do everything in the admin."""
        return self.create_user(email=email, password=password, is_staff=True, is_superuser=True, **fields)

    def superusers(self) -> "models.QuerySet[User]":
        """The people who may do everything, while their profile is open."""
        return self.filter(is_superuser=True, is_active=True)

    def with_address(self, address: str) -> "models.QuerySet[User]":
        """The user whose proved phone (E.164) or e-mail this is."""
        return self.filter(Q(phone=address) | Q(email=address.lower()))


class User(AbstractBaseUser, PermissionsMixin):
    """A human. A resident, a council member and an employee are the same kind of row; rights come from other rows."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As on the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class TextSize(models.IntegerChoices):
        NORMAL = 100, _("Normal")
        LARGE = 125, _("Large")
        LARGEST = 150, _("Largest")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True, unique=True)
    email = models.EmailField(_("e-mail"), null=True, blank=True, unique=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    patronymic = models.CharField(_("patronymic"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)
    text_size = models.PositiveSmallIntegerField(_("text size"), choices=TextSize, default=TextSize.NORMAL)
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    welcomed_at = models.DateTimeField(_("names asked"), null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                name="user_has_an_address",
                condition=Q(phone__isnull=False) | Q(email__isnull=False) | Q(erased_at__isnull=False),
            ),
            models.CheckConstraint(
                name="erased_user_is_nobody",
                condition=Q(erased_at__isnull=True)
                | Q(
                    phone__isnull=True, email__isnull=True, last_name="", first_name="", patronymic="", is_active=False
                ),
            ),
            models.CheckConstraint(name="user_addresses_not_blank", condition=~Q(phone="") & ~Q(email="")),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email or self.phone or str(self.public_id)

    def get_full_name(self) -> str:
        """Surname, name, patronymic: the order of both countries' forms."""
        return " ".join(part for part in (self.last_name, self.first_name, self.patronymic) if part)

    def get_short_name(self) -> str:
        """«Мартинович О. В.», or the address where no name was given."""
        initials = " ".join(f"{part[0]}." for part in (self.first_name, self.patronymic) if part)
        return f"{self.last_name} {initials}".strip() or self.email or display_phone(self.phone or "")


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self) -> "ConsentQuerySet":
        """Given and not revoked."""
        return self.filter(revoked_at__isnull=True)


class Consent(models.Model):
    """One person's agreement to one text for one purpose; revoking stamps the row, nothing is deleted (152-ФЗ, 2297-VI)."""

    class Purpose(models.TextChoices):
        AGREEMENT = "agreement", _("User agreement")
        PERSONAL_DATA = "personal_data", _("Processing of personal data")
        SMS = "sms", _("Notices by SMS")
        EMAIL = "email", _("Notices by e-mail")
        IDENTITY = "identity", _("Data from identity services")

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    version = models.CharField(_("version"), max_length=20)
    text_hash = models.CharField(max_length=64)
    language = models.CharField(_("language"), max_length=2)
    channel = models.CharField(_("channel"), max_length=10)
    evidence = models.CharField(max_length=64, blank=True)  # the id of the code that proved the address
    ip = models.GenericIPAddressField(null=True)
    given_at = models.DateTimeField(_("given"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                name="one_live_consent_per_purpose", fields=["user", "purpose"], condition=Q(revoked_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.version}"


class Challenge(models.Model):
    """One code sent to one address for one purpose, bound to the browser that asked. The code itself is not here."""

    class Purpose(models.TextChoices):
        ENTER = "enter", _("Sign in")
        CHANGE_CONTACT = "change_contact", _("Change of phone or e-mail")
        CONFIRM = "confirm", _("Confirmation of an important step")
        UPGRADE_LINK = "upgrade_link", _("Confirmation of a personal account")

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        VOICE = "voice", _("A call that reads the code")
        EMAIL = "email", _("E-mail")

    LIFETIME = timedelta(minutes=10)
    TRIES = 5

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=20, choices=Purpose)
    channel = models.CharField(max_length=5, choices=Channel)
    address = models.CharField(max_length=254)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")  # who asked, once signed in
    code_hash = models.CharField(max_length=200)
    failed = models.PositiveSmallIntegerField(default=0)
    sent = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="challenge_tries_are_bounded", condition=Q(failed__lte=5))]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"

    def is_open(self, at: datetime) -> bool:
        """Whether a right code would still be accepted at this moment."""
        return self.used_at is None and self.failed < self.TRIES and at < self.expires_at

    @property
    def tries_left(self) -> int:
        return max(0, self.TRIES - self.failed)


class VerifiedPersonQuerySet(models.QuerySet["VerifiedPerson"]):
    def best_first(self) -> "VerifiedPersonQuerySet":
        """The surest first, and of equally sure ones the newest."""
        return self.order_by("-level", "-verified_at", "-pk")


class VerifiedPerson(models.Model):
    """Who an identity service says this user is, and how sure it is. One row per linked service; it ends with the link.

    Forms show the best row locked. The identifiers are sealed: their plain text is in no column, log or index.
    """

    class Level(models.IntegerChoices):
        """The levels of assurance of eIDAS (EU 910/2014, art. 8)."""

        LOW = 1, _("Low")
        SUBSTANTIAL = 2, _("Substantial")
        HIGH = 3, _("High")

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="verified")
    identity = models.OneToOneField("socialaccount.SocialAccount", on_delete=models.CASCADE, related_name="verified")
    last_name = models.CharField(_("last name"), max_length=80)
    first_name = models.CharField(_("first name"), max_length=80)
    patronymic = models.CharField(_("patronymic"), max_length=80, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    identifiers_sealed = models.BinaryField(blank=True, default=b"")  # JSON: {"inn": "…", "snils": "…"}
    level = models.PositiveSmallIntegerField(_("level of assurance"), choices=Level, default=Level.LOW)
    verified_at = models.DateTimeField(_("confirmed"))  # by the newest sign-in with the service

    objects = VerifiedPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("verified person")
        verbose_name_plural = _("verified persons")
        constraints = [
            models.CheckConstraint(name="verified_person_has_names", condition=~Q(last_name="") & ~Q(first_name="")),
            models.CheckConstraint(name="verified_person_level_is_known", condition=Q(level__in=[1, 2, 3])),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """Surname, name, patronymic, as the service wrote them."""
        return " ".join(part for part in (self.last_name, self.first_name, self.patronymic) if part)


class FactorReset(models.Model):
    """An employee lost their second factor: whoever reset it handed them this one-time code in person.

    Together with the code to the phone it lets them enrol a new factor; without it nobody can.
    """

    LIFETIME = timedelta(hours=24)

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.PROTECT, related_name="factor_resets")
    by = models.ForeignKey(User, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)
    code_hash = models.CharField(max_length=200)
    at = models.DateTimeField(_("when"))
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("reset of a second factor")
        verbose_name_plural = _("resets of second factors")
        constraints = [
            models.UniqueConstraint(name="one_open_factor_reset", fields=["user"], condition=Q(used_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.at:%d.%m.%Y %H:%M}"


class LimitHit(models.Model):
    """One counted event of one limited thing. `key` is a keyed digest: no number, address or IP is stored."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"])]

    if TYPE_CHECKING:
        id: int

    def __str__(self) -> str:
        return f"{self.key} {self.at:%H:%M:%S}"


class Submission(models.Model):
    """A form that was accepted once: the same `key` again is answered with the first result (see accounts/once.py)."""

    key = models.UUIDField(primary_key=True)
    owner = models.CharField(max_length=64)  # the user's id, or a digest of the session of a person who has none
    route = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    location = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
