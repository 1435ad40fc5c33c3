"""The parameters of the law in the staff room: the superuser adds what a new law says."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

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


class LegalRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A parameter of the law in the shape in which charges read it."""

    key = forms.ChoiceField(label=_("Parameter"), choices=[(key, key) for key in KINDS])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        key, value = values.get("key"), (values.get("value") or "").strip()
        if key and values.get("valid_from"):
            row = Rule(values.get("country") or "", key, values["valid_from"], value)
            if problem_with(row):
                self.add_error("value", _("Write %(shape)s.") % {"shape": SHAPES[KINDS[key]]})
            values["value"] = value
        return values


@admin.register(LegalRule)
class LegalRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The parameters of the law: the superuser's. A change of the law is a new row; what months were issued by stays."""

    form = LegalRuleForm
    list_display = ("key", "country", "territory", "valid_from", "value", "source", "is_checked")
    list_filter = ("country", "is_checked", "key")
    search_fields = ("key", "territory", "source")
    ordering = ("country", "key", "territory", "-valid_from")
    show_full_result_count = False
    list_per_page = 100
    fields = ("country", "key", "territory", "valid_from", "value", "source", "is_checked")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in self.fields if name != "is_checked"] if self._has_begun(obj) else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._has_begun(obj)

    def _has_begun(self, rule: models.Model | None) -> bool:
        """Whether a month was issued by it."""
        if not isinstance(rule, LegalRule):
            return False
        issued = BillingRun.objects.filter(organization__country=rule.country, state=BillingRun.State.ISSUED)
        return issued.filter(period__gte=rule.valid_from.replace(day=1)).exists()
