"""The codes printed on bills: like an access letter's, but derived, so that a bill drawn again shows the same one."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from premises.models.account import PersonalAccount


class ConnectCodeQuerySet(models.QuerySet["ConnectCode"]):
    def with_code(self, at: datetime) -> Self:
        """Codes that link: not ended, not older than 90 days and used fewer than five times."""
        live = self.filter(voided_at__isnull=True, expires_at__gt=at)
        return live.filter(code_uses__lt=ConnectCode.CODE_USES)


class ConnectCode(models.Model):
    """The one code that an account's newest bills carry; the next month's takes its place. Only a digest is kept."""

    LIFETIME = timedelta(days=90)
    CODE_USES = 5

    account = models.OneToOneField(
        PersonalAccount, on_delete=models.PROTECT, related_name="connect_code", verbose_name=_("account")
    )
    month = models.DateField(_("month of the bill"))  # its first day
    code_digest = models.CharField(max_length=64, unique=True)  # keyed digest of the 12-letter code (60 bits)
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("valid until"))
    code_uses = models.PositiveSmallIntegerField(_("uses of the code"), default=0)
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True)

    objects = ConnectCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("code of a bill")
        verbose_name_plural = _("codes of bills")
        constraints = [models.CheckConstraint(name="bill_code_uses_are_bounded", condition=Q(code_uses__lte=5))]

    def __str__(self) -> str:
        return f"{self.account} ({self.month:%m.%Y})"
