"""The staff's reference data: what is charged, who supplies it, tariffs, norms, houses, and the parameters of the law."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from billing.models import (
    BillingRun,
    BillingTerms,
    HouseFact,
    HouseService,
    Service,
    ServiceNorm,
    Supplier,
    Tariff,
)
from billing.models.invoice import places_of
from lib.money import format_number
from premises.admin_forms import NumberField, PhoneField, is_tax_id
from premises.admin_scope import ACCOUNTANT, ALL, EDIT, LOOK, MANAGER, KeyedForm, Rights, ScopedAdmin, is_chief

SETTLED = _(
    "Months that are issued already were reckoned without this. Correct them: “Closings of months”, the month, “Correct this month”."
)
MOST_NAMED = 3  # rows in one sentence
KEEPERS: Rights = {MANAGER: ALL, ACCOUNTANT: ALL}
READERS: Rights = {MANAGER: EDIT, ACCOUNTANT: EDIT}


def written(price: Decimal | None) -> str:
    """«2 828,91» where the row keeps 2828.910000; kopecks, or as many places more as it has."""
    return "—" if price is None else format_number(price, get_language() or "en", places_of(price))


def is_billed(organization: int, day: date) -> bool:
    """Whether a month of this company that includes or follows the day has been issued: then the past is settled."""
    issued = BillingRun.objects.filter(organization=organization, state=BillingRun.State.ISSUED)
    return issued.filter(period__gte=day.replace(day=1)).exists()


class SettledAdmin(ScopedAdmin):
    """Rows by which documents were reckoned. A mistake in them may be put right: the documents stay, the page says that a
    correction of the issued months then finds the differences. They are not deleted any more."""

    may = KEEPERS
    start: ClassVar[str] = "since"

    def _is_settled(self, row: Any) -> bool:
        owner: Any = row
        for step in self.organization_path.split("__"):
            owner = getattr(owner, step)
        return is_billed(owner.pk, getattr(row, self.start))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and self._is_settled(obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Of chosen rows that are settled the list says why they stay, instead of a page about lacking rights."""
        actions = super().get_actions(request)
        if stock := actions.get("delete_selected"):
            delete, name, words = stock

            def unsettled_only(page: Any, request: HttpRequest, chosen: QuerySet[Any]) -> Any:
                settled = [str(row) for row in chosen if self._is_settled(row)]
                if not settled:
                    return delete(page, request, chosen)
                facts = {"rows": ", ".join(settled[:MOST_NAMED]), "count": len(settled)}
                messages.error(request, ngettext(
                    "Nothing was deleted. An issued month was reckoned by this: %(rows)s. End it instead, or put it right.",
                    "Nothing was deleted. Issued months were reckoned by %(count)s of these, as: %(rows)s. End them instead, or put them right.",
                    len(settled),
                ) % facts)  # fmt: skip
                return None

            actions["delete_selected"] = (unsettled_only, name, words)
        return actions

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data and self._is_settled(obj):
            self._warn(request)

    def _warn(self, request: HttpRequest) -> None:
        messages.warning(request, SETTLED)


def remark_ranges(request: HttpRequest, service: Service) -> None:
    """Say that a service is charged by ranges where its tariff has none: then all of the volume has one price."""
    today = service.organization.day(timezone.now())
    houses = {one.house_id for one in service.houses.during(today, date.max) if one.way == Service.Method.TIERS}
    tariffs = list(service.tariffs.during(today, date.max))
    own = {one.house_id for one in tariffs if one.house_id}
    common = bool(houses - own) or service.method == Service.Method.TIERS
    for one in tariffs:
        if not one.tiers and (one.house_id in houses if one.house_id else common):
            text = gettext("“%(service)s” is charged by ranges, but its tariff since %(day)s has none: all of the volume is charged at %(rate)s.")  # fmt: skip
            facts = {
                "service": service.name,
                "day": date_format(one.since, "d.m.Y"),
                "rate": f"{one.rate.normalize():f}",
            }
            messages.warning(request, text % facts)


class SupplierForm(KeyedForm):
    """A supplier; a tax number that is written must be possible in the company's country."""

    class Meta:
        field_classes = {"tax_id": NumberField, "phone": PhoneField}

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        company, tax_id = values.get("organization"), values.get("tax_id")
        if company and tax_id and not is_tax_id(tax_id, company.country):
            self.add_error("tax_id", _("Check the number: its check digit does not fit."))
        return values


@admin.register(Supplier)
class SupplierAdmin(ScopedAdmin):
    """Who delivers the services of the company's houses."""

    may = READERS
    form = SupplierForm
    list_display = ("name", "tax_id", "phone", "site")
    list_filter = ("organization",)
    search_fields = ("name", "tax_id")
    sortable_by = ("name",)
    fields = ("organization", "name", "tax_id", "phone", "site")


@admin.register(Service)
class ServiceAdmin(ScopedAdmin):
    """What the company charges for."""

    may = READERS
    list_display = ("position", "name", "code", "unit", "method", "resource", "kind")
    list_display_links = ("name",)
    list_filter = ("kind", "method", "organization")
    search_fields = ("name", "code")
    sortable_by = ("position", "name")
    autocomplete_fields = ("requisites",)
    fields = (
        "organization", "code", "name", "group", "unit", "kind", "requisites", "method", "resource", "meter_possible",
        "vat_percent", "position",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization", "code") if obj else ()

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        remark_ranges(request, obj)


@admin.register(HouseService)
class HouseServiceAdmin(SettledAdmin):
    """Which services a house has, from whom and how they are charged there."""

    organization_path = "house__organization"
    list_display = ("house", "service", "supplier", "method", "since", "until")
    list_filter = ("service", "method", "house__organization")
    list_select_related = ("house", "service", "supplier")
    search_fields = ("house__address_search", "service__name")
    sortable_by = ("since",)
    autocomplete_fields = ("house", "service", "supplier")
    fields = ("house", "service", "supplier", "method", "since", "until")

    def save_model(self, request: HttpRequest, obj: HouseService, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        remark_ranges(request, obj.service)


class TiersField(forms.CharField):
    """Ranges of a tariff, one in a line: «100 = 4.32», the last one without a bound: «= 5.10»."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 30})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{bound or ''} = {rate}".strip() for bound, rate in value)

    def to_python(self, value: Any) -> Any:
        rows = [line.partition("=") for line in (value or "").splitlines() if line.strip()]
        try:
            return [[self._number(bound), self._number(rate)] for bound, _sign, rate in rows]
        except (InvalidOperation, ValueError):
            raise ValidationError(
                _("Write a range in each line: «100 = 4.32», the last one without a bound.")
            ) from None

    def _number(self, text: str) -> str | None:
        cleaned = text.strip().replace(",", ".").replace("\u00a0", "").replace(" ", "")
        if not cleaned:
            return None
        number = Decimal(cleaned)
        if not number.is_finite() or number < 0:
            raise ValueError(text)
        return f"{number:f}"


class TariffForm(KeyedForm):
    """A tariff and the days it is in force."""

    tiers = TiersField(
        label=_("Ranges"), required=False,
        help_text=_("Only for services charged by ranges: «100 = 4.32» in a line, the last one «= 5.10»."),
    )  # fmt: skip

    def clean_tiers(self) -> list[list[str | None]]:
        tiers: list[list[str | None]] = self.cleaned_data["tiers"]
        if any(rate is None for _bound, rate in tiers):
            raise ValidationError(_("Write a range in each line: «100 = 4.32», the last one without a bound."))
        return tiers

    def clean(self) -> dict[str, Any]:
        """Ranges that nothing would be charged by are no ranges of this service."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        service: Service | None = values.get("service")
        if service and values.get("tiers") and "tiers" in self.changed_data:
            by_ranges = Service.Method.TIERS
            if service.method != by_ranges and not service.houses.filter(method=by_ranges).exists():
                self.add_error(
                    "tiers",
                    _("This service is not charged by ranges. Change first how it is charged, or leave this empty."),
                )
        return values


@admin.register(Tariff)
class TariffAdmin(SettledAdmin):
    """Prices with their days. A new price: end the old one, add the next from the following day on."""

    organization_path = "service__organization"
    form = TariffForm
    list_display = ("service", "price", "price_2", "price_3", "price_heat", "house", "since", "until", "source")
    list_filter = ("service", "service__organization")
    list_select_related = ("service", "house")
    search_fields = ("service__name", "service__code", "house__address_search", "source")
    sortable_by = ("since", "price")
    autocomplete_fields = ("service", "house")
    fields = ("service", "house", "since", "until", "rate", "rate_2", "rate_3", "heat_rate", "tiers", "source")

    def save_model(self, request: HttpRequest, obj: Tariff, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        remark_ranges(request, obj.service)

    @admin.display(description=_("tariff"), ordering="rate")
    def price(self, tariff: Tariff) -> str:
        return written(tariff.rate)

    @admin.display(description=_("tariff of zone T2 (night)"))
    def price_2(self, tariff: Tariff) -> str:
        return written(tariff.rate_2)

    @admin.display(description=_("tariff of zone T3"))
    def price_3(self, tariff: Tariff) -> str:
        return written(tariff.rate_3)

    @admin.display(description=_("tariff of heat in hot water"))
    def price_heat(self, tariff: Tariff) -> str:
        return written(tariff.heat_rate)


@admin.register(ServiceNorm)
class ServiceNormAdmin(SettledAdmin):
    """Norms of services: heat of a square metre, common use, heat in hot water, people."""

    organization_path = "service__organization"
    list_display = ("service", "kind", "norm", "house", "since", "source")
    list_filter = ("kind", "service", "service__organization")
    list_select_related = ("service", "house")
    search_fields = ("service__name", "house__address_search", "source")
    sortable_by = ("since",)
    autocomplete_fields = ("service", "house")
    fields = ("service", "house", "kind", "since", "value", "source")

    @admin.display(description=_("figure"))
    def norm(self, norm: ServiceNorm) -> str:
        return format_number(norm.value, get_language() or "en")

    def save_model(self, request: HttpRequest, obj: ServiceNorm, form: Any, change: bool) -> None:
        """Ask to look again at a norm of heat that is hardly meant: usual are hundredths of a Gcal."""
        super().save_model(request, obj, form, change)
        if obj.kind in (ServiceNorm.Kind.AREA, ServiceNorm.Kind.HEATING_WATER) and obj.value >= 1:
            text = gettext("Check the norm: %(value)s is much more than usual, which is a few hundredths of a Gcal.")
            messages.warning(request, text % {"value": f"{obj.value.normalize():f}"})


@admin.register(HouseFact)
class HouseFactAdmin(SettledAdmin):
    """Areas, decisions of the owners, months of heating."""

    organization_path = "house__organization"
    list_display = ("house", "since", "area_rooms", "area_common", "distributes_all", "heating_months")
    list_filter = ("distributes_all", "house__organization")
    list_select_related = ("house",)
    search_fields = ("house__address_search",)
    sortable_by = ("since",)
    autocomplete_fields = ("house",)
    fields = (
        "house", "since", "area_rooms", "area_common", "distributes_all", "decision", "heating_from", "heating_months",
        "heat_average",
    )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: HouseFact, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        flats = obj.house.units.aggregate(sum=Sum("area_total"))["sum"] or Decimal(0)
        if obj.area_rooms * 2 < flats:
            text = gettext(
                "The flats of this house have %(flats)s m² together, more than twice as much. Check the area."
            )
            messages.warning(request, text % {"flats": flats})


class TermsForm(KeyedForm):
    """The terms; whoever enters sums does not let themselves enter larger ones alone."""

    is_chief = False

    def clean_alone_upto(self) -> Decimal:
        value: Decimal = self.cleaned_data["alone_upto"]
        if value > self.instance.alone_upto and not self.is_chief:
            raise ValidationError(_("You may lower this sum; only the superuser raises it."))
        return value


@admin.register(BillingTerms)
class BillingTermsAdmin(ScopedAdmin):
    """How the company makes its bills."""

    may = {MANAGER: EDIT, ACCOUNTANT: LOOK}
    form = TermsForm
    list_display = (
        "organization",
        "calculates",
        "form",
        "raises_for_silence",
        "carries_rest",
        "penalty_since",
        "alone_upto",
    )
    list_select_related = ("organization",)
    sortable_by = ()
    fields = (
        "organization", "calculates", "form", "raises_for_silence", "carries_rest", "penalty_since", "alone_upto",
    )  # fmt: skip

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.is_chief = is_chief(request)  # type: ignore[attr-defined]
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization",) if obj else ()
