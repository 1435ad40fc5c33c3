"""Access letters: the printed pages whose secrets link an account, and the batches in which they are made."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from premises.models.account import PersonalAccount
from premises.models.house import House


class AccessLetterQuerySet(models.QuerySet["AccessLetter"]):
    def valid(self, at: datetime) -> Self:
        """Neither voided by a newer letter nor older than 90 days."""
        return self.filter(voided_at__isnull=True, expires_at__gt=at)

    def with_password(self, at: datetime) -> Self:
        """Letters whose one-time password was not used yet."""
        return self.valid(at).filter(password_used_at__isnull=True)

    def with_code(self, at: datetime) -> Self:
        """Letters whose code was used fewer than five times."""
        return self.valid(at).filter(code_uses__lt=AccessLetter.CODE_USES)


class AccessLetter(models.Model):
    """A printed page with a login, a one-time password and a code for one account. Only digests are kept."""

    LIFETIME = timedelta(days=90)
    CODE_USES = 5

    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="letters", verbose_name=_("personal account")
    )
    login = models.CharField(_("login"), max_length=30)
    login_search = models.CharField(max_length=30, db_index=True)
    password_hash = models.CharField(max_length=200)
    code_digest = models.CharField(max_length=64, unique=True)  # keyed digest of the 12-letter code (60 bits)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"))
    password_used_at = models.DateTimeField(_("password used"), null=True, blank=True)
    password_used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    code_uses = models.PositiveSmallIntegerField(_("uses of the code"), default=0)
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True)

    objects = AccessLetterQuerySet.as_manager()

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


class LetterBatchQuerySet(models.QuerySet["LetterBatch"]):
    def visible_to(self, user: User) -> Self:
        """Only the person who asked for the letters may take them: they hold secrets."""
        return self.filter(by_id=user.pk)

    def stale(self, at: datetime) -> Self:
        """Ready letters that nobody took within a day."""
        return self.filter(state=LetterBatch.State.READY, ready_at__lte=at - LetterBatch.KEPT)


class LetterBatch(models.Model):
    """Letters for some accounts of a house, made by the worker as one PDF, taken once or thrown away after a day."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Being made")
        READY = "ready", _("Ready")
        TAKEN = "taken", _("Taken")
        EXPIRED = "expired", _("Thrown away")

    KEPT = timedelta(hours=24)
    LATE = timedelta(minutes=2)  # a batch that waits longer was not heard by the broker, or its worker died

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="letter_batches", verbose_name=_("house"))
    accounts = models.ManyToManyField(PersonalAccount, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("who"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    file = models.FileField(upload_to="letters/", blank=True)
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    nudged_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)

    objects = LetterBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch of letters")
        verbose_name_plural = _("batches of letters")

    def __str__(self) -> str:
        return f"{self.house} ({self.created_at:%d.%m.%Y})"

    @property
    def kept_until(self) -> datetime | None:
        return self.ready_at + self.KEPT if self.ready_at else None
