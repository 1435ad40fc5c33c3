"""Readings: what a meter showed on a day, who said so, and which of several sayings counts."""

import uuid
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from meters.models.estimate import Estimate
from meters.models.meter import Meter, Zones, zones_of
from premises.models import AccountLink, ImportRun


class Source(models.TextChoices):
    """Who said what the meter shows."""

    CONTROLLED = "controlled", _("Act of a check")
    COMPANY = "company", _("Company")
    SUPPLIER = "supplier", _("Supplier")
    AUTOMATIC = "automatic", _("Automatic")
    COUNCIL = "council", _("House council")
    OWNER = "owner", _("Resident")


# controlled > company > supplier > automatic > council > owner > estimate (an estimate is a row of its own table and
# stands below them all). A lower source never takes the place of a higher one in the same period.
RANK = {
    Source.CONTROLLED: 60, Source.COMPANY: 50, Source.SUPPLIER: 45, Source.AUTOMATIC: 40, Source.COUNCIL: 30,
    Source.OWNER: 20,
}  # fmt: skip


class ReadingState(models.TextChoices):
    """Of the readings of one meter and period one is current; the others are history."""

    CURRENT = "current", _("Counts")
    KEPT = "kept", _("Kept as history")
    WITHDRAWN = "withdrawn", _("Taken back")


class Drop(models.TextChoices):
    """Why a value may be lower than the one before it."""

    ROLLOVER = "rollover", _("The counter passed zero")
    ACT = "act", _("Corrected by an act")


class ReadingQuerySet(models.QuerySet["Reading"]):
    def visible_to(self, user: User) -> Self:
        """Readings of accounts whose history this person may see: grade confirmed or owner."""
        return self.filter(
            meter__account__links__user_id=user.pk,
            meter__account__links__state=AccountLink.State.ACTIVE,
            meter__account__links__grade__in=AccountLink.FULL_GRADES,
        )

    def staffed_by(self, user: User) -> Self:
        """Readings of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(meter__organization__staff__user=user, meter__organization__staff__is_active=True)

    def current(self) -> Self:
        """The readings that count."""
        return self.filter(state=ReadingState.CURRENT)

    def standing(self) -> Self:
        """The readings that nobody took back."""
        return self.exclude(state=ReadingState.WITHDRAWN)

    def after_estimates(self) -> Self:
        """Readings for charges of months that were handed over as estimates: their months are settled by whoever charges."""
        estimated = Estimate.objects.filter(meter=OuterRef("meter"), period=OuterRef("period"))
        return self.current().filter(Exists(estimated), is_billable=True)

    def doubtful(self) -> Self:
        """Readings that look wrong and that nobody has looked at."""
        return self.current().exclude(doubts="").filter(reviewed_at__isnull=True)


class Reading(models.Model):
    """What a meter showed on a day, as one source said. A row is never rewritten: triggers refuse it (docs/meters.md)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    meter = models.ForeignKey(
        Meter, on_delete=models.PROTECT, related_name="readings", verbose_name=_("meter"), db_index=False
    )
    period = models.DateField(_("period"))  # the first day of the month to which the value counts
    taken_on = models.DateField(_("date taken"))
    t1 = models.DecimalField(_("value, T1"), max_digits=15, decimal_places=4)
    t2 = models.DecimalField(_("value, T2"), max_digits=15, decimal_places=4, null=True, blank=True)
    t3 = models.DecimalField(_("value, T3"), max_digits=15, decimal_places=4, null=True, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    rank = models.GeneratedField(
        expression=Case(*(When(source=source, then=Value(rank)) for source, rank in RANK.items()), default=Value(0)),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    state = models.CharField(_("state"), max_length=10, choices=ReadingState, default=ReadingState.CURRENT)
    is_billable = models.BooleanField(_("used for charges"), default=True)
    drop = models.CharField(_("why lower than before"), max_length=8, choices=Drop, blank=True, default="")
    doubts = models.CharField(_("doubts"), max_length=80, blank=True, default="")  # words of consumption.Doubt
    note = models.CharField(_("act or note"), max_length=200, blank=True, default="")
    photo = models.FileField(_("photo"), upload_to="readings/", max_length=200, blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="readings", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("entered"), default=timezone.now)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        verbose_name=_("looked at by"),
    )  # fmt: skip
    reviewed_at = models.DateTimeField(_("looked at"), null=True, blank=True)
    batch = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, related_name="readings", verbose_name=_("import")
    )

    objects = ReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering = ["-period", "-rank", "-created_at", "-pk"]
        indexes = [
            models.Index(name="readings_of_a_meter", fields=["meter", "period"]),
            models.Index(name="readings_to_look_at", fields=["created_at"], condition=~Q(doubts="")),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_current_reading_per_period", fields=["meter", "period"], condition=Q(state="current")
            ),
            models.CheckConstraint(
                name="reading_is_not_negative",
                condition=Q(t1__gte=0)
                & (Q(t2__isnull=True) | Q(t2__gte=0))
                & (Q(t3__isnull=True) | Q(t3__gte=0, t2__isnull=False)),
            ),
            models.CheckConstraint(name="reading_counts_to_a_month", condition=Q(period__day=1)),
            models.CheckConstraint(name="reading_has_a_source", condition=Q(source__in=RANK)),
        ]

    def __str__(self) -> str:
        return f"{self.meter}, {self.taken_on:%d.%m.%Y}"

    @property
    def values(self) -> Zones:
        """One value per zone."""
        return zones_of(self.t1, self.t2, self.t3)

    @property
    def is_current(self) -> bool:
        return self.state == ReadingState.CURRENT

    @property
    def doubt_words(self) -> list[str]:
        return self.doubts.split()

    def is_disputable_by(self, user: User, open_period: date | None) -> bool:
        """Whether this resident may tell the company that it is wrong: of one's own, once it cannot be corrected any more.

        `open_period` is the period for which readings are taken now.
        """
        if self.source != Source.OWNER:
            return self.state != ReadingState.WITHDRAWN
        return self.is_current and (self.author_id != user.pk or self.period != open_period)

    def same_as(self, values: Zones, taken_on: date, drop: str) -> bool:
        """Whether another submission says nothing new."""
        return (self.values, self.taken_on, self.drop) == (values, taken_on, drop)


class ReadingDraft(models.Model):
    """What a resident typed while nothing could be sent: kept until the window opens, never counted."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reading_drafts")
    meter = models.ForeignKey(Meter, on_delete=models.CASCADE, related_name="drafts")
    typed = models.JSONField(default=list)  # the text of each zone, as typed
    taken_on = models.DateField(null=True, blank=True)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("draft of a reading")
        verbose_name_plural = _("drafts of readings")
        constraints = [models.UniqueConstraint(name="one_draft_per_person_and_meter", fields=["user", "meter"])]

    def __str__(self) -> str:
        return f"{self.meter}: {', '.join(self.typed)}"

    def words(self) -> dict[str, Any]:
        """What the entry form is filled with again."""
        return {"typed": list(self.typed), "taken_on": self.taken_on}
