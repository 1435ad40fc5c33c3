"""The staff's pages of the days for readings and of norms."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from meters.models import ConsumptionNorm, SubmissionWindow
from premises.admin_scope import ACCOUNTANT, ALL, DISPATCHER, LOOK, MANAGER, KeyedForm, ScopedAdmin


@admin.register(SubmissionWindow)
class SubmissionWindowAdmin(ScopedAdmin):
    """When readings are taken: of the company, or of one house. Without a row the days are 15 to 25."""

    may = {MANAGER: ALL, ACCOUNTANT: LOOK, DISPATCHER: LOOK}
    list_display = ("__str__", "opens", "closes", "takes_late", "takes_expired", "board")
    list_filter = ("organization",)
    list_select_related = ("organization", "house")
    search_fields = ("house__address_search",)
    sortable_by = ("opens", "closes")
    ordering = ("organization", "house")
    autocomplete_fields = ("house",)
    fields = ("organization", "house", "opens", "closes", "takes_late", "takes_expired", "board")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization", "house") if obj else ()


class NormForm(KeyedForm):
    """A norm of the company or of one of its houses, once for each day."""

    per_person = forms.DecimalField(
        label=_("Per person and month"), min_value=0, max_digits=12, decimal_places=6,
        help_text=_("In the usual unit: m³ of water and gas, kWh of electricity, Gcal of heat"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        company = values.get("organization") or self.instance.organization
        house = values.get("house") or self.instance.house
        if house and house.organization_id != company.pk:
            self.add_error("house", _("This house belongs to another company."))
        resource = values.get("resource") or self.instance.resource
        twins = ConsumptionNorm.objects.filter(
            organization=company, house=house, resource=resource, since=values["since"]
        )
        if twins.exclude(pk=self.instance.pk).exists():
            self.add_error("since", _("There is a norm from this day already: choose another day."))
        return values


@admin.register(ConsumptionNorm)
class ConsumptionNormAdmin(ScopedAdmin):
    """How much is reckoned where nobody reads a meter. What has begun stays as it is: months were reckoned by it."""

    may = {MANAGER: ALL, ACCOUNTANT: LOOK}
    form = NormForm
    list_display = ("resource", "per_person", "since", "organization", "house", "document")
    list_filter = ("resource", "organization")
    list_select_related = ("organization", "house")
    search_fields = ("document", "house__address_search")
    sortable_by = ("resource", "since")
    ordering = ("resource", "-since", "pk")
    autocomplete_fields = ("house",)
    fields = ("organization", "house", "resource", "since", "per_person", "document")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization", "house", "resource") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Another amount is another norm, from another day on."""
        return super().has_change_permission(request, obj) and not has_begun(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not has_begun(obj)


def has_begun(norm: ConsumptionNorm | None) -> bool:
    """Whether the norm is in force today, by the clock of its company."""
    return norm is not None and norm.since <= norm.organization.day(timezone.now())
