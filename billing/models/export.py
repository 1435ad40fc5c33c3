"""Which files with people's money left the portal: who took what, how many rows, and why."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models.seen import OfOrganizationQuerySet
from premises.models import Organization


class Export(models.Model):
    """One file that an employee took. Written before the file is; never edited."""

    class What(models.TextChoices):
        DEBTORS = "debtors", _("Debtors")
        ANOMALIES = "anomalies", _("What to look at")
        BALANCES = "balances", _("Balances with names")
        SBERBANK = "sberbank", _("Debts for Sberbank")
        FEED = "feed", _("Debts and meters for a payment service")
        SHOWCASE = "showcase", _("Debts for the pension fund («Вітрина-1201»)")
        DOCUMENTS = "documents", _("Payment documents of the month, line by line")
        GIS = "gis", _("Payment documents of the month for ГИС ЖКХ")
        ACT = "act", _("Act of reconciliation")
        PRINTS = "prints", _("Print file of a house")

    MOST_ROWS = 5000
    USUAL_A_DAY = 3  # above it the managers are told

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="exports", verbose_name=_("company")
    )
    what = models.CharField(_("file"), max_length=40, choices=What)
    query = models.CharField(_("chosen by"), max_length=300, blank=True)
    rows = models.PositiveIntegerField(_("rows"))
    reason = models.CharField(_("what for"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("employee")
    )
    at = models.DateTimeField(_("taken"), default=timezone.now)

    objects = OfOrganizationQuerySet["Export"].as_manager()

    class Meta:
        verbose_name = _("file taken")
        verbose_name_plural = _("files taken")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {self.at:%d.%m.%Y}"
