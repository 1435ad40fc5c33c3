"""Volumes of months for which nobody sent a reading, and the norms behind them."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from meters.models.meter import Meter, Zones, zones_of
from meters.resources import Resource
from premises.models import House, Organization


class Estimate(models.Model):
    """The volume taken for a meter and a month without a reading, as it was handed to billing. Rows are only added.

    A reading of the same period takes its place (every source stands above an estimate); a later reading gives the
    correction. Volumes are in the meter's unit, to 6 decimals. Source: ПП 354, п. 59–60.
    """

    class Method(models.TextChoices):
        AVERAGE = "O", _("Average of the last months")
        NORM = "N", _("Norm")

    class Cause(models.TextChoices):
        NOT_SENT = "not_sent", _("No reading was sent")
        EXPIRED = "expired", _("Verification expired")
        BROKEN = "broken", _("The meter is broken")

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="estimates", verbose_name=_("meter"))
    period = models.DateField(_("period"))
    t1 = models.DecimalField(_("volume, T1"), max_digits=16, decimal_places=6)
    t2 = models.DecimalField(_("volume, T2"), max_digits=16, decimal_places=6, null=True, blank=True)
    t3 = models.DecimalField(_("volume, T3"), max_digits=16, decimal_places=6, null=True, blank=True)
    method = models.CharField(_("how it was found"), max_length=1, choices=Method)
    cause = models.CharField(_("why"), max_length=10, choices=Cause)
    in_a_row = models.PositiveSmallIntegerField(_("months without a reading"), default=1)  # this one included
    created_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("estimate")
        verbose_name_plural = _("estimates")
        ordering = ["-period", "pk"]
        constraints = [
            models.UniqueConstraint(name="one_estimate_per_meter_and_period", fields=["meter", "period"]),
            models.CheckConstraint(name="estimate_counts_to_a_month", condition=Q(period__day=1)),
            models.CheckConstraint(name="estimate_is_not_negative", condition=Q(t1__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.meter}, {self.period:%m.%Y}: {self.total} ({self.get_method_display()})"

    @property
    def volumes(self) -> Zones:
        return zones_of(self.t1, self.t2, self.t3)

    @property
    def total(self) -> Decimal:
        return sum(self.volumes, Decimal(0))


class ConsumptionNormQuerySet(models.QuerySet["ConsumptionNorm"]):
    def staffed_by(self, user: User) -> Self:
        """Norms of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)

    def in_force(self, period: date) -> Self:
        """Norms that have begun by this period, those of single houses first, newest first."""
        return self.filter(since__lte=period).order_by(models.F("house").asc(nulls_last=True), "-since", "-pk")


class ConsumptionNorm(models.Model):
    """How much of a resource one person is reckoned to use in a month, from a day on; of a company or of one house."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="norms", verbose_name=_("company")
    )
    house = models.ForeignKey(
        House, null=True, blank=True, on_delete=models.PROTECT, related_name="norms", verbose_name=_("house"),
        help_text=_("Empty: all houses of the company"),
    )  # fmt: skip
    resource = models.CharField(_("resource"), max_length=8, choices=Resource)
    since = models.DateField(_("in force since"))
    per_person = models.DecimalField(_("per person and month"), max_digits=12, decimal_places=6)
    document = models.CharField(_("set by"), max_length=200, blank=True)

    objects = ConsumptionNormQuerySet.as_manager()

    class Meta:
        verbose_name = _("norm of consumption")
        verbose_name_plural = _("norms of consumption")
        ordering = ["resource", "-since"]
        constraints = [
            models.UniqueConstraint(
                name="one_norm_per_day", fields=["organization", "house", "resource", "since"], nulls_distinct=False
            ),
            models.CheckConstraint(name="norm_is_not_negative", condition=Q(per_person__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_resource_display()}: {self.per_person.normalize():f}"
