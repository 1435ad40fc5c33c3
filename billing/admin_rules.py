"""The parameters of the law in the staff room: the superuser adds what a new law says."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.admin_services import SETTLED
from billing.charging.rules import KINDS, Rule, problem_with
from billing.models import BillingRun, LegalRule

SHAPES = {
    "day": _("a day of the month: 15; the last one is 31"),
    "whole number": _("a whole number: 3"),
    "number": _("a number with a point: 1.5"),
    "percentage": _("a percentage from 0 to 100: 9.5"),
    "number or nothing": _("a number with a point: 9.5; empty where there is no bound"),
    "yes or no": _("yes or no"),
    "list of steps": _("steps «day:divisor» with a space between: 31:300 91:130"),
}

# What each parameter is called, in the order of docs/charging.md.
NAMES = {
    "due_day": _("Pay by this day of the month after the charged one"),
    "due_moves": _("The day to pay moves from a day off to a working day"),
    "doc_day": _("Bills are sent by this day of the month"),
    "reading_last_day": _("Last day for readings"),
    "key_rate": _("Key rate of the central bank, percent a year"),
    "penalty_rate_cap": _("Penalty: highest rate, percent a year"),
    "penalty_steps": _("Penalty: from which day which part of the rate"),
    "penalty_steps_repair": _("Penalty for capital repair: from which day which part of the rate"),
    "penalty_enabled": _("Penalty grows (no: a moratorium)"),
    "penalty_daily": _("Penalty for a day, percent of the debt"),
    "penalty_cap": _("Penalty: at most, percent of the debt"),
    "coef_no_meter": _("Norm is raised without a meter: times"),
    "coef_not_sent": _("Norm is raised when readings were not sent: times"),
    "coef_broken": _("Norm is raised when the meter is broken: times"),
    "coef_expired": _("Norm is raised when verification has run out: times"),
    "coef_no_access": _("Norm is raised when nobody was let in: times"),
    "average_periods_dwelling": _("Months by average in a row, dwellings"),
    "average_periods_other": _("Months by average in a row, other premises"),
    "absence_min_days": _("Absence counts from more than so many full days"),
    "absence_apply_days": _("Days to ask for a recalculation after coming back"),
    "interruption_percent": _("Interruption: percent of the month's charge for an hour"),
    "temperature_percent": _("Hot water too cold: percent of the month's charge for an hour"),
    "temperature_step": _("Hot water too cold: for each so many degrees"),
    "interruption_hours_cold": _("Interruption allowed, hours a month: cold water"),
    "interruption_hours_hot": _("Interruption allowed, hours a month: hot water"),
    "interruption_hours_sewage": _("Interruption allowed, hours a month: sewage"),
    "interruption_hours_electricity": _("Interruption allowed, hours a month: electricity"),
    "interruption_hours_gas": _("Interruption allowed, hours a month: gas"),
    "interruption_hours_heat": _("Interruption allowed, hours a month: heating"),
    "vat_percent": _("VAT, percent"),
}


class LegalRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A parameter of the law in the shape in which charges read it."""

    key = forms.ChoiceField(label=_("Parameter"), choices=[(key, NAMES[key]) for key in KINDS])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        key, value = values.get("key"), (values.get("value") or "").strip()
        if key and values.get("valid_from"):
            row = Rule(values.get("country") or "", key, values["valid_from"], value)
            if problem_with(row):
                self.add_error("value", _("Write %(shape)s.") % {"shape": SHAPES[KINDS[key]]})
            values["value"] = value
        return values


class NameFilter(admin.SimpleListFilter):
    """One parameter by its name."""

    title = _("parameter")
    parameter_name = "key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(NAMES.items())

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[LegalRule]) -> models.QuerySet[LegalRule]:
        return queryset.filter(key=self.value()) if self.value() in NAMES else queryset


@admin.register(LegalRule)
class LegalRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The parameters of the law: the superuser's. A change of the law is a new row; what months were issued by stays."""

    form = LegalRuleForm
    list_display = ("name", "country", "territory", "valid_from", "value", "source", "is_checked")
    list_filter = ("country", "is_checked", NameFilter)
    search_fields = ("key", "territory", "source")
    ordering = ("country", "key", "territory", "-valid_from")
    show_full_result_count = False
    list_per_page = 100

    @admin.display(description=_("parameter"), ordering="key")
    def name(self, rule: LegalRule) -> str:
        return str(NAMES.get(rule.key, rule.key))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        key = "name" if self._has_begun(obj) else "key"
        return ["country", key, "territory", "valid_from", "value", "source", "is_checked"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [name for name in self.get_fields(request, obj) if name != "is_checked"]
        return [*fixed, "key"] if self._has_begun(obj) else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._has_begun(obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if set(form.changed_data) - {"is_checked", "source"} and self._has_begun(obj):
            messages.warning(request, SETTLED)

    def _has_begun(self, rule: models.Model | None) -> bool:
        """Whether a month was issued by it."""
        if not isinstance(rule, LegalRule):
            return False
        issued = BillingRun.objects.filter(organization__country=rule.country, state=BillingRun.State.ISSUED)
        return issued.filter(period__gte=rule.valid_from.replace(day=1)).exists()
