"""Metering devices of flats and of whole houses, and everything that happened to each."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.text import account_key
from meters.resources import FACTS, Resource, Unit
from premises.models import CouncilSeat, House, ImportRun, Organization, PersonalAccount
from premises.models.account import LinkState

Zones = tuple[Decimal, ...]


class MeterState(models.TextChoices):
    """How it stands with a meter on a day; made of its dates, never stored."""

    ACTIVE = "active", _("Works")
    DUE = "due", _("Verification soon")
    EXPIRED = "expired", _("Verification expired")
    BROKEN = "broken", _("Broken")
    REMOVED = "removed", _("Removed")


class MeterQuerySet(models.QuerySet["Meter"]):
    def visible_to(self, user: User) -> Self:
        """Meters of the accounts this person has an active link to, of any grade."""
        return self.filter(account__links__user_id=user.pk, account__links__state=LinkState.ACTIVE)

    def staffed_by(self, user: User) -> Self:
        """Meters of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)

    def read_by_council(self, user: User) -> Self:
        """Meters of flats in the houses on whose council this person sits today."""
        return self.filter(account__isnull=False, house__in=CouncilSeat.objects.held_by(user).values("house"))

    def of_flats(self) -> Self:
        return self.filter(account__isnull=False)

    def of_houses(self) -> Self:
        return self.filter(account__isnull=True)

    def installed(self, on: date) -> Self:
        """Meters in place on this day."""
        return self.filter(Q(removed_on__isnull=True) | Q(removed_on__gt=on), installed_on__lte=on)

    def in_state(self, state: str, day: date) -> Self:
        """Meters of which `Meter.state_on` says this state for the day."""
        gone, broken = Q(removed_on__lte=day), Q(broken_on__lte=day)
        soon = day + timedelta(days=Meter.WARN_DAYS)
        verified = {
            MeterState.ACTIVE: Q(next_verification__isnull=True) | Q(next_verification__gt=soon),
            MeterState.DUE: Q(next_verification__gte=day, next_verification__lte=soon),
            MeterState.EXPIRED: Q(next_verification__lt=day),
        }
        if state == MeterState.REMOVED:
            return self.filter(gone)
        if state == MeterState.BROKEN:
            return self.filter(~gone & broken)
        return self.filter(~gone & ~broken & verified[MeterState(state)])

    def in_order(self) -> Self:
        """The order in which a person walks: resource, place, number."""
        return self.order_by("account_id", "resource", "place", "pk")


class Meter(models.Model):
    """A metering device of one account (индивидуальный прибор учёта) or, without an account, of the whole house.

    Zones: one value, or T1 and T2, or T1, T2 and T3. `ratio` multiplies what was used (current transformers). The state of
    a day comes from the dates: see `state_on`. A replaced meter is the next one's `replaces`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="meters", verbose_name=_("company")
    )
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="meters", verbose_name=_("house"))
    account = models.ForeignKey(
        PersonalAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="meters",
        verbose_name=_("personal account"), help_text=_("Empty: the meter of the whole house"),
    )  # fmt: skip
    resource = models.CharField(_("resource"), max_length=8, choices=Resource)
    unit = models.CharField(_("unit of measurement"), max_length=4, choices=Unit, default=Unit.M3)
    serial = models.CharField(_("serial number"), max_length=50)
    serial_search = models.CharField(max_length=50, editable=False)
    model = models.CharField(_("model"), max_length=60, blank=True)
    place = models.CharField(_("place"), max_length=60, blank=True)  # «кухня», «ванная»
    zones = models.PositiveSmallIntegerField(_("tariff zones"), default=1)
    int_digits = models.PositiveSmallIntegerField(_("digits before the comma"), default=5)
    decimals = models.PositiveSmallIntegerField(_("digits after the comma"), default=3)
    ratio = models.DecimalField(_("transformation ratio"), max_digits=9, decimal_places=3, default=Decimal(1))
    initial_t1 = models.DecimalField(
        _("value at installation, T1"), max_digits=15, decimal_places=4, default=Decimal(0)
    )
    initial_t2 = models.DecimalField(
        _("value at installation, T2"), max_digits=15, decimal_places=4, null=True, blank=True
    )
    initial_t3 = models.DecimalField(
        _("value at installation, T3"), max_digits=15, decimal_places=4, null=True, blank=True
    )
    installed_on = models.DateField(_("installed"))
    verified_on = models.DateField(_("verified"), null=True, blank=True)
    next_verification = models.DateField(_("next verification"), null=True, blank=True)
    seal = models.CharField(_("seal"), max_length=40, blank=True)
    sealed_on = models.DateField(_("sealed"), null=True, blank=True)
    broken_on = models.DateField(_("broken since"), null=True, blank=True)
    removed_on = models.DateField(_("removed"), null=True, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by", verbose_name=_("replaces")
    )
    gis_number = models.CharField(_("number in ГИС ЖКХ"), max_length=40, blank=True)
    batch = models.ForeignKey(
        ImportRun, null=True, blank=True, on_delete=models.PROTECT, related_name="meters", verbose_name=_("import")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    WARN_DAYS = 60  # a verification is «soon» this many days before

    objects = MeterQuerySet.as_manager()

    class Meta:
        verbose_name = _("meter")
        verbose_name_plural = _("meters")
        constraints = [
            models.UniqueConstraint(
                name="one_meter_per_account_and_number",
                fields=["account", "resource", "serial_search"],
                condition=Q(account__isnull=False),
                violation_error_message=_("This account already has a meter with this number."),
            ),
            models.UniqueConstraint(
                name="one_house_meter_per_number",
                fields=["house", "resource", "serial_search"],
                condition=Q(account__isnull=True),
                violation_error_message=_("This house already has a meter with this number."),
            ),
            models.UniqueConstraint(
                name="one_meter_per_number_of_the_state_system",
                fields=["organization", "gis_number"],
                condition=~Q(gis_number=""),
                violation_error_message=_("Another meter of the company has this number in ГИС ЖКХ."),
            ),
            models.CheckConstraint(name="meter_has_a_dial", condition=Q(int_digits__range=(1, 9), decimals__lte=4)),
            models.CheckConstraint(
                name="meter_counts_in_a_unit_of_its_resource",
                condition=Q(
                    *(Q(resource=name, unit__in=facts.units) for name, facts in FACTS.items()), _connector=Q.OR
                ),
                violation_error_message=_("This resource is not measured in this unit."),
            ),
            models.CheckConstraint(
                name="meter_has_its_zones",
                condition=Q(zones=1, initial_t2__isnull=True, initial_t3__isnull=True)
                | Q(zones=2, initial_t2__isnull=False, initial_t2__gte=0, initial_t3__isnull=True)
                | Q(zones=3, initial_t2__isnull=False, initial_t2__gte=0, initial_t3__isnull=False, initial_t3__gte=0),
                violation_error_message=_("Give a value at installation for each zone and for no other."),
            ),
            models.CheckConstraint(
                name="meter_starts_at_zero_or_more", condition=Q(initial_t1__gte=0) & Q(ratio__gt=0)
            ),
            models.CheckConstraint(
                name="meter_is_removed_after_it_is_installed",
                condition=Q(removed_on__isnull=True) | Q(removed_on__gte=models.F("installed_on")),
                violation_error_message=_("A meter cannot be removed before it was installed."),
            ),
        ]
        indexes = [models.Index(name="meters_of_a_house", fields=["house", "resource"])]

    def __str__(self) -> str:
        return f"{self.get_resource_display()} № {self.serial}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Keep the search key in step with the number, and a flat's meter in the house and company of its account."""
        self.serial_search = account_key(self.serial)
        if self.account is not None:
            self.house_id, self.organization_id = self.account.unit.house_id, self.account.organization_id
        elif self.house_id:
            self.organization_id = self.house.organization_id

    @property
    def initial(self) -> Zones:
        """The values at installation, one per zone."""
        return zones_of(self.initial_t1, self.initial_t2, self.initial_t3)

    def state_on(self, day: date) -> MeterState:
        """How it stands with the meter on this day."""
        if self.removed_on and self.removed_on <= day:
            return MeterState.REMOVED
        if self.broken_on and self.broken_on <= day:
            return MeterState.BROKEN
        if self.next_verification is None or self.next_verification > day + timedelta(days=self.WARN_DAYS):
            return MeterState.ACTIVE
        return MeterState.EXPIRED if self.next_verification < day else MeterState.DUE

    @property
    def state(self) -> MeterState:
        """The state of today."""
        return self.state_on(timezone.localdate())


def zones_of(*values: Decimal | None) -> Zones:
    """The values that are there: one, two or three zones."""
    return tuple(value for value in values if value is not None)


def in_columns(values: Zones) -> tuple[Decimal, Decimal | None, Decimal | None]:
    """One, two or three zones as the columns t1, t2 and t3."""
    return values[0], values[1] if len(values) > 1 else None, values[2] if len(values) > 2 else None


class MeterEvent(models.Model):
    """One line of a meter's history. Lines are only added."""

    class What(models.TextChoices):
        INSTALLED = "installed", _("Installed")
        VERIFIED = "verified", _("Verified")
        SEALED = "sealed", _("Sealed")
        BROKEN = "broken", _("Found broken")
        REPAIRED = "repaired", _("Works again")
        REMOVED = "removed", _("Removed")
        CHECKED = "checked", _("Controlled reading")

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="events", verbose_name=_("meter"))
    what = models.CharField(_("what"), max_length=10, choices=What)
    on = models.DateField(_("date"))
    act = models.CharField(_("act"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("who")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("line of a meter's history")
        verbose_name_plural = _("history of meters")
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.on:%d.%m.%Y}"
