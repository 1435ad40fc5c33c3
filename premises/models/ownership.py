"""Owners of units, as exact fractions, and the people elected to the house council."""

from datetime import date
from fractions import Fraction
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from premises.models.house import House, Unit


class OwnershipQuerySet(models.QuerySet["Ownership"]):
    def current(self, today: date) -> Self:
        """Shares in force on this day, in the order of the register."""
        return self.filter(
            Q(since__isnull=True) | Q(since__lte=today), Q(until__isnull=True) | Q(until__gte=today)
        ).order_by("pk")


class DateSpan(models.Func):
    """The days from the first to the second, both included, as a range."""

    function = "DATERANGE"
    output_field = DateRangeField()


class Ownership(models.Model):
    """A share of a unit as the register of owners states it: an exact fraction, never a percentage.

    The shares in force of one unit add up to at most one: a deferred trigger of the database refuses the commit.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="ownerships", verbose_name=_("unit"))
    owner = models.CharField(_("owner"), max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="ownerships",
        verbose_name=_("user"),
    )
    numerator = models.PositiveIntegerField(_("share, numerator"), default=1)
    denominator = models.PositiveIntegerField(_("share, denominator"), default=1)
    is_joint = models.BooleanField(_("joint, without shares"), default=False)
    document = models.CharField(_("title document"), max_length=200, blank=True)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    # The import that brought it; asked only when that one is taken back.
    source = models.ForeignKey(
        "premises.ImportRun", null=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = OwnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("ownership")
        verbose_name_plural = _("ownerships")
        constraints = [
            models.CheckConstraint(
                name="share_is_a_fraction_up_to_one",
                condition=Q(numerator__gte=1) & Q(denominator__gte=1) & Q(numerator__lte=F("denominator")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner}: {self.share}"

    def clean(self) -> None:
        """Say in words what the trigger would refuse at commit."""
        if self.is_joint or not (self.unit_id and self.numerator and self.denominator):
            return
        today = self.unit.house.organization.day(timezone.now())
        others = Ownership.objects.current(today).filter(unit_id=self.unit_id, is_joint=False)
        taken = sum((other.share for other in others.exclude(pk=self.pk)), Fraction(0))
        if self._is_current(today) and taken + self.share > 1:
            raise ValidationError(
                _("The owners of this unit already hold %(taken)s. End an older share first.") % {"taken": taken}
            )

    def _is_current(self, today: date) -> bool:
        return (self.since is None or self.since <= today) and (self.until is None or self.until >= today)

    @property
    def share(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)


class CouncilSeatQuerySet(models.QuerySet["CouncilSeat"]):
    def current(self) -> Self:
        """Seats whose term includes today."""
        today = timezone.localdate()
        return self.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)

    def held_by(self, user: User) -> Self:
        return self.current().filter(user_id=user.pk)


class CouncilSeat(models.Model):
    """A person's term on the council of one house, as the protocol of the owners' meeting set it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="seats", verbose_name=_("user")
    )
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="seats", verbose_name=_("house"))
    is_chair = models.BooleanField(_("chair"), default=False)
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    protocol = models.CharField(_("protocol"), max_length=100, blank=True)

    objects = CouncilSeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("council seat")
        verbose_name_plural = _("council seats")
        constraints = [
            models.CheckConstraint(
                name="seat_ends_after_it_starts", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            ExclusionConstraint(
                name="one_seat_per_person_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("house", RangeOperators.EQUAL),
                    (
                        DateSpan("since", "until", RangeBoundary(inclusive_lower=True, inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} — {self.house}"
