"""What is charged: services, who supplies them, how each is charged in a house, tariffs and norms with their days."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from billing.models.requisites import Requisites
from billing.models.seen import OfOrganizationQuerySet
from meters.resources import Resource
from premises.models import House, Organization
from premises.models.ownership import DateSpan

ZERO = Decimal(0)
POSITIVE = [MinValueValidator(ZERO)]
WHOLE_DAYS = RangeBoundary(inclusive_lower=True, inclusive_upper=True)


def span() -> DateSpan:
    """The days a row is in force, both included; no last day means until further notice."""
    return DateSpan("since", "until", WHOLE_DAYS)


def check_span(row: Any) -> None:
    """Raise ValidationError for days that end before they begin."""
    if row.since and row.until and row.until < row.since:
        raise ValidationError({"until": _("The last day is before the first.")})


class InForceQuerySet(models.QuerySet[Any]):
    """Rows with `since` and `until`."""

    def during(self, first: date, last: date) -> Self:
        """Rows in force on at least one of these days, oldest first."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=first), since__lte=last).order_by("since", "pk")


class Supplier(models.Model):
    """Who delivers a service: a resource company, a regional operator, or the managing company itself."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="suppliers", verbose_name=_("company")
    )
    name = models.CharField(_("name"), max_length=200)
    tax_id = models.CharField(_("tax number (ИНН, ЄДРПОУ)"), max_length=12, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    site = models.URLField(_("site"), blank=True)

    objects = OfOrganizationQuerySet["Supplier"].as_manager()

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                name="one_supplier_per_name",
                fields=["organization", "name"],
                violation_error_message=_("This supplier is in the list already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A service that a company charges: heating, water, upkeep, capital repair."""

    class Method(models.TextChoices):
        METER = "meter", _("By the meter, else by average and norm")
        TIERS = "tiers", _("By the meter, with ranges of the tariff")
        COMMON = "common", _("Common use by the house meter")
        COMMON_NORM = "common_norm", _("Common use by the norm")
        HEAT_SEASON = "heat_season", _("Heating by area, in the heating season")
        HEAT_YEAR = "heat_year", _("Heating by area, evenly over the year")
        HEAT_HOUSE = "heat_house", _("Heating by the house meter")
        HEAT_AVERAGE = "heat_average", _("Heating by the house meter, evenly over the year")
        HEAT_ROOMS = "heat_rooms", _("Heating by the meters of rooms and of the house")
        SEWAGE = "sewage", _("Sewage: cold and hot water together")
        HOT_TWO = "hot_two", _("Hot water of two parts: water and heat")
        AREA = "area", _("By area")
        ACCOUNT = "account", _("Fixed sum of the account")
        PERSON = "person", _("By the number of people")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="services", verbose_name=_("company")
    )
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=200)
    group = models.CharField(_("heading in the document"), max_length=100, blank=True)
    unit = models.CharField(_("unit of measure"), max_length=20, blank=True)
    kind = models.CharField(_("kind of document"), max_length=10, choices=Invoice.Kind, default=Invoice.Kind.MAIN)
    requisites = models.ForeignKey(
        Requisites, null=True, blank=True, on_delete=models.PROTECT, related_name="services",
        verbose_name=_("recipient"), help_text=_("Empty: the company's own bank details for this kind of document"),
    )  # fmt: skip
    method = models.CharField(_("how it is charged"), max_length=12, choices=Method)
    resource = models.CharField(_("resource"), max_length=5, choices=Resource, blank=True)
    meter_possible = models.BooleanField(
        _("a meter can be installed"), default=False, help_text=_("Without a meter the norm is then raised (ПП 354).")
    )
    vat_percent = models.DecimalField(
        _("VAT inside the tariff, %"), max_digits=4, decimal_places=2, default=ZERO, validators=POSITIVE
    )
    position = models.PositiveSmallIntegerField(_("place in the document"), default=100)

    objects = OfOrganizationQuerySet["Service"].as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["organization", "position", "name"]
        constraints = [
            models.UniqueConstraint(
                name="one_service_per_code",
                fields=["organization", "code"],
                violation_error_message=_("The company already has a service with this code."),
            ),
        ]

    NEEDS_RESOURCE = {Method.METER, Method.TIERS, Method.COMMON, Method.COMMON_NORM, Method.HOT_TWO}

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A metered service says what flows; the recipient is the company's own and of the same kind of document."""
        if self.method in self.NEEDS_RESOURCE and not self.resource:
            raise ValidationError({"resource": _("Choose the resource: the volume comes from its meters.")})
        if self.requisites and self.requisites.organization_id != self.organization_id:
            raise ValidationError({"requisites": _("These bank details belong to another company.")})
        if self.requisites and self.requisites.kind != self.kind:
            raise ValidationError({"requisites": _("These bank details are of another kind of document.")})


class HouseService(models.Model):
    """A house receives a service from a supplier in some days; the spans of one service in a house never overlap."""

    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="services", verbose_name=_("house"))
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="houses", verbose_name=_("service"))
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="houses", verbose_name=_("supplier")
    )
    method = models.CharField(
        _("how it is charged"), max_length=12, choices=Service.Method, blank=True,
        help_text=_("Empty: as the service says"),
    )  # fmt: skip
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = InForceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service of a house")
        verbose_name_plural = _("services of houses")
        ordering = ["house", "service__position", "-since"]
        constraints = [
            models.CheckConstraint(
                name="house_service_ends_after_it_starts", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            ExclusionConstraint(
                name="one_way_of_a_service_at_a_time",
                expressions=[
                    ("house", RangeOperators.EQUAL), ("service", RangeOperators.EQUAL), (span(), RangeOperators.OVERLAPS)
                ],
                violation_error_message=_("The house already has this service on some of these days."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.house}: {self.service}"

    def clean(self) -> None:
        """House, service and supplier are one company's."""
        check_span(self)
        if self.house_id and self.service_id and self.house.organization_id != self.service.organization_id:
            raise ValidationError({"service": _("This service belongs to another company.")})
        if self.house_id and self.supplier and self.supplier.organization_id != self.house.organization_id:
            raise ValidationError({"supplier": _("This supplier belongs to another company.")})
        if self.house_id and self.service_id and self.since:
            self._guard_way()

    def _guard_way(self) -> None:
        """Raise ValidationError where the month of the first or the last day has this service in another way.

        A volume, a norm and an area of one month cannot be split by days between two ways; decisions and commissioned meters
        hold from the first day of a month.
        """
        others = HouseService.objects.filter(house=self.house_id, service=self.service_id).exclude(pk=self.pk)
        for name, day in (("since", self.since), ("until", self.until)):
            if day is None:
                continue
            last = day.replace(day=monthrange(day.year, day.month)[1])
            for one in others.during(day.replace(day=1), last).select_related("service"):
                if one.way != self.way:
                    text = _(
                        "A month is charged in one way: the old one ends with a month, the new one begins on the first."
                    )
                    raise ValidationError({name: text})

    @property
    def way(self) -> str:
        """How it is charged in this house: a Service.Method."""
        return self.method or self.service.method


class Tariff(models.Model):
    """The price of a service in some days: of all houses of the company, or of one, whose own comes first.

    `rate` is money for one unit (the day's zone T1, the water of two-part hot water). Spans of one service and house never
    overlap: the database refuses it.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="tariffs", verbose_name=_("service"))
    house = models.ForeignKey(
        House, null=True, blank=True, on_delete=models.PROTECT, related_name="tariffs", verbose_name=_("house"),
        help_text=_("Empty: all houses of the company"),
    )  # fmt: skip
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    rate = models.DecimalField(_("tariff"), max_digits=13, decimal_places=6, validators=POSITIVE)
    rate_2 = models.DecimalField(
        _("tariff of zone T2 (night)"), max_digits=13, decimal_places=6, null=True, blank=True, validators=POSITIVE
    )
    rate_3 = models.DecimalField(
        _("tariff of zone T3"), max_digits=13, decimal_places=6, null=True, blank=True, validators=POSITIVE
    )
    heat_rate = models.DecimalField(
        _("tariff of heat in hot water"), max_digits=13, decimal_places=6, null=True, blank=True, validators=POSITIVE
    )
    # [["100", "4.32"], [null, "5.10"]]: up to this volume in a month this price; the last has no bound
    tiers = models.JSONField(_("ranges"), default=list, blank=True)
    source = models.CharField(_("who set it, document"), max_length=200, blank=True)

    objects = InForceQuerySet.as_manager()

    class Meta:
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        ordering = ["service", "house", "-since"]
        constraints = [
            models.CheckConstraint(
                name="tariff_ends_after_it_starts", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(name="tariff_is_not_negative", condition=Q(rate__gte=0)),
            ExclusionConstraint(
                name="one_tariff_at_a_time",
                expressions=[
                    ("service", RangeOperators.EQUAL),
                    (Coalesce("house", 0), RangeOperators.EQUAL),
                    (span(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_(
                    "Another tariff of this service is in force on some of these days. End it first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.rate.normalize():f}"

    def clean(self) -> None:
        """The house is the service's company's; ranges rise and end with one without a bound."""
        check_span(self)
        if self.house and self.service_id and self.house.organization_id != self.service.organization_id:
            raise ValidationError({"house": _("This house belongs to another company.")})
        bounds = [Decimal(bound) for bound, _rate in self.tiers if bound is not None]
        if self.tiers and (
            self.tiers[-1][0] is not None or bounds != sorted(set(bounds)) or len(bounds) + 1 != len(self.tiers)
        ):
            raise ValidationError(
                {"tiers": _("Write the ranges from the smallest on; the last one has no upper bound.")}
            )


class ServiceNorm(models.Model):
    """A norm of a service from a day on: of all houses of the company or of one. The newest that has begun holds."""

    class Kind(models.TextChoices):
        PERSON = "person", _("for one person a month")
        AREA = "area", _("for one m² a month")
        COMMON = "common", _("common use, for one m² of common property")
        HEATING_WATER = "heating_water", _("heat to warm one m³ of water, Gcal")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="norms", verbose_name=_("service"))
    house = models.ForeignKey(
        House, null=True, blank=True, on_delete=models.PROTECT, related_name="service_norms", verbose_name=_("house"),
        help_text=_("Empty: all houses of the company"),
    )  # fmt: skip
    kind = models.CharField(_("norm"), max_length=14, choices=Kind)
    since = models.DateField(_("since"))
    value = models.DecimalField(_("figure"), max_digits=12, decimal_places=6, validators=POSITIVE)
    source = models.CharField(_("who set it, document"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("norm")
        verbose_name_plural = _("norms")
        ordering = ["service", "kind", "house", "-since"]
        constraints = [
            models.UniqueConstraint(
                name="one_norm_of_a_service_per_day",
                fields=["service", "house", "kind", "since"],
                nulls_distinct=False,
                violation_error_message=_("This norm already has a value from this day on."),
            ),
            models.CheckConstraint(name="norm_of_a_service_is_not_negative", condition=Q(value__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.value.normalize():f} {self.get_kind_display()}"


class HouseFact(models.Model):
    """What a house is reckoned with from a month on: areas, the owners' decisions, months of heating."""

    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="facts", verbose_name=_("house"))
    since = models.DateField(_("since"))
    area_rooms = models.DecimalField(
        _("area of all flats and other premises, m²"),
        max_digits=10,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    area_common = models.DecimalField(
        _("area of common property for the norm, m²"),
        max_digits=10,
        decimal_places=2,
        default=ZERO,
        validators=POSITIVE,
    )
    distributes_all = models.BooleanField(
        _("owners pay all common use, above the norm too"), default=False,
        help_text=_("By a decision of the owners' meeting, or because the house manages itself"),
    )  # fmt: skip
    decision = models.CharField(_("decision (protocol)"), max_length=200, blank=True)
    heating_months = models.PositiveSmallIntegerField(
        _("months of heating in a year"), default=7, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    heating_from = models.PositiveSmallIntegerField(
        _("first month of heating"), default=10, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    heat_average = models.DecimalField(
        _("average heat of a month for one m² (last year), Gcal"), max_digits=12, decimal_places=6, null=True, blank=True,
        validators=POSITIVE,
    )  # fmt: skip

    class Meta:
        verbose_name = _("data of a house for charges")
        verbose_name_plural = _("data of houses for charges")
        ordering = ["house", "-since"]
        constraints = [
            models.UniqueConstraint(
                name="one_fact_of_a_house_per_day",
                fields=["house", "since"],
                violation_error_message=_("This house already has data from this day on."),
            ),
            models.CheckConstraint(name="house_has_rooms", condition=Q(area_rooms__gt=0) & Q(area_common__gte=0)),
            models.CheckConstraint(
                name="heating_months_are_of_a_year",
                condition=Q(heating_months__range=(1, 12)) & Q(heating_from__range=(1, 12)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.house}, {self.since:%d.%m.%Y}"
