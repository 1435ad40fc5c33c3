"""Houses and what is in them."""

import uuid
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.text import search_key
from premises.models.organization import Organization


class HouseQuerySet(models.QuerySet["House"]):
    def matching(self, query: str) -> Self:
        """Houses whose address holds every word of the query: any case, ё as е, any apostrophe, any order.

        A blank query finds every house, one of signs only finds none.
        """
        words = search_key(query).split()
        found = self if words or not query.strip() else self.none()
        for word in words:
            found = found.filter(address_search__contains=word)
        return found

    def staffed_by(self, user: User) -> Self:
        """Houses of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)


class House(models.Model):
    """An apartment house, served by one managing company."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="houses", verbose_name=_("company")
    )
    city = models.CharField(_("city"), max_length=100)  # written in full form: «г. Волгодонск», «м. Львів»
    street = models.CharField(_("street"), max_length=150)  # «ул. 100 стрелковой дивизии», «вул. Руська»
    number = models.CharField(_("house number"), max_length=30)
    address_search = models.CharField(max_length=300, editable=False)
    entrances = models.PositiveSmallIntegerField(_("entrances"), default=1)
    floors = models.PositiveSmallIntegerField(_("floors"), default=5)
    year_built = models.PositiveSmallIntegerField(_("year built"), null=True, blank=True)
    area_total = models.DecimalField(_("total area, m²"), max_digits=10, decimal_places=2, null=True, blank=True)
    area_common = models.DecimalField(
        _("common property area, m²"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    dispatch_phone = models.CharField(_("emergency dispatch phone"), max_length=40, blank=True)
    # The import that brought it; asked only when that one is taken back.
    source = models.ForeignKey(
        "premises.ImportRun", null=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = HouseQuerySet.as_manager()

    class Meta:
        verbose_name = _("house")
        verbose_name_plural = _("houses")
        ordering = ["city", "street", "number"]
        indexes = [GinIndex(name="house_address_trigrams", fields=["address_search"], opclasses=["gin_trgm_ops"])]
        constraints = [
            models.UniqueConstraint(
                name="one_house_per_address",
                fields=["organization", "address_search"],
                violation_error_message=_("This company already has a house at this address."),
            ),
            models.CheckConstraint(
                name="house_has_entrances_and_floors", condition=Q(entrances__gte=1) & Q(floors__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Keep the key under which the address is searched in step with it."""
        self.address_search = search_key(self.address)

    @property
    def address(self) -> str:
        """«г. Волгодонск, ул. 100 стрелковой дивизии, 1»: the country's order."""
        return f"{self.city}, {self.street}, {self.number}"

    @property
    def emergency_phone(self) -> str:
        return self.dispatch_phone or self.organization.dispatch_phone


class Unit(models.Model):
    """A flat, a shop or a parking place. Its label is text: «17», «17а», «н/п 3»."""

    class Kind(models.TextChoices):
        FLAT = "flat", _("Flat")
        SHOP = "shop", _("Non-residential")
        PARKING = "parking", _("Parking place")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="units", verbose_name=_("house"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.FLAT)
    label = models.CharField(_("flat"), max_length=20)
    label_search = models.CharField(max_length=20, editable=False)
    entrance = models.PositiveSmallIntegerField(_("entrance"), null=True, blank=True)
    floor = models.SmallIntegerField(_("floor"), null=True, blank=True)
    rooms = models.PositiveSmallIntegerField(_("rooms"), null=True, blank=True)
    area_total = models.DecimalField(_("total area, m²"), max_digits=8, decimal_places=2, null=True, blank=True)
    area_living = models.DecimalField(_("living area, m²"), max_digits=8, decimal_places=2, null=True, blank=True)
    area_heated = models.DecimalField(_("heated area, m²"), max_digits=8, decimal_places=2, null=True, blank=True)
    contact_phone = models.CharField(_("contact phone of the flat"), max_length=16, blank=True)
    intercom = models.CharField(_("intercom note"), max_length=100, blank=True)
    # The import that brought it; asked only when that one is taken back.
    source = models.ForeignKey(
        "premises.ImportRun", null=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.UniqueConstraint(
                name="one_unit_per_label",
                fields=["house", "label_search"],
                violation_error_message=_("This house already has such a flat."),
            ),
            models.CheckConstraint(
                name="unit_area_positive", condition=Q(area_total__isnull=True) | Q(area_total__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.house}, {self.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Keep the key under which the label is compared in step with it."""
        self.label_search = search_key(self.label)

    @property
    def place(self) -> str:
        """Where it is, for people: «г. Волгодонск, ул. Садовая, 1, кв. 12»; a shop or a parking place by its label alone."""
        label = f"кв. {self.label}" if self.kind == self.Kind.FLAT else self.label
        return f"{self.house.address}, {label}"
