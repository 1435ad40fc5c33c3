"""The staff's pages of what makes one account's charge differ: people by days, benefits, absences, quality, corrections."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from billing.actions.recalculating import hold_recalculation
from billing.admin_by_hand import KEEPERS as HANDS
from billing.admin_by_hand import ByHandAdmin, SecondFilter
from billing.admin_services import SettledAdmin, is_billed
from billing.charging.absence import Absence as Away
from billing.charging.absence import is_in_time
from billing.charging.rules import NoRule
from billing.models import Absence, AccountFact, Benefit, Invoice, QualityCase, Recalculation, Subsidy
from billing.rulebook import rules_of
from lib.money import format_money
from premises.admin_scope import ACCOUNTANT, ALL, MANAGER, KeyedForm, Rights

MUCH = 3  # times what the last month was billed: a recalculation above it is remarked on
LONG = 184  # days away, half a year: one that is longer is remarked on
KEEPERS: Rights = {MANAGER: ALL, ACCOUNTANT: ALL}


class MonthField(forms.DateField):
    """Any day of a month stands for the month."""

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        return day.replace(day=1) if isinstance(day, date) else day


class PeriodForm(KeyedForm):
    """A row of one month."""

    period = MonthField(label=_("Period"), help_text=_("Any day of the month"), widget=AdminDateWidget)


class OfAccountAdmin(SettledAdmin):
    """Rows of an account."""

    organization_path = "account__organization"
    list_select_related: ClassVar[tuple[str, ...]] = ("account",)
    list_filter: ClassVar[tuple[Any, ...]] = ("account__organization",)
    search_fields = ("account__number_search", "account__unit__house__address_search")
    search_help_text = _("Number of the account or the address")
    autocomplete_fields: ClassVar[tuple[str, ...]] = ("account",)


@admin.register(AccountFact)
class AccountFactAdmin(OfAccountAdmin):
    """People and area from a day on, where they change in the middle of a month."""

    list_display = ("account", "since", "residents", "area", "reason")
    sortable_by = ("since",)
    fields = ("account", "since", "residents", "area", "reason")

    def save_model(self, request: HttpRequest, obj: AccountFact, form: Any, change: bool) -> None:
        """Ask to look again at an area that is hardly that of the flat."""
        super().save_model(request, obj, form, change)
        usual = obj.account.unit.area_total
        if obj.area and usual and obj.area > MUCH * usual:
            text = gettext("Check the area: %(area)s m², while the flat has %(usual)s m².")
            messages.warning(request, text % {"area": obj.area, "usual": usual})


@admin.register(Benefit)
class BenefitAdmin(OfAccountAdmin):
    """Reductions the law gives."""

    list_display = ("account", "service", "percent", "persons", "category", "since", "until")
    list_select_related = ("account", "service")
    sortable_by = ("since",)
    autocomplete_fields = ("account", "service")
    fields = ("account", "service", "category", "percent", "persons", "since", "until")


@admin.register(Subsidy)
class SubsidyAdmin(ByHandAdmin, OfAccountAdmin):
    """Money of the state for a month. Another sum than the confirmed one waits for a second person anew."""

    may = HANDS
    form = PeriodForm
    start = "period"
    list_display = ("account", "period", "amount", "source", "by", "second")
    list_filter = (SecondFilter, "account__organization")
    list_select_related = ("account", "by", "confirmed_by")
    sortable_by = ("period", "amount")
    fields = ("account", "period", "amount", "source", "by", "second")
    readonly_fields = ("by", "second")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose money it was and of which month stays, once a document has credited it; the sum may still be put right."""
        return (*super().get_readonly_fields(request, obj), *(("account", "period") if obj and obj.credited else ()))

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Subsidy, form: Any, change: bool) -> None:
        if change:  # a run may be issuing it
            obj.credited = Subsidy.objects.select_for_update().values_list("credited", flat=True).get(pk=obj.pk)
        self.note(request, obj, form.changed_data)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a document credited stands in the book, also while the other documents of the month are still written."""
        return super().has_delete_permission(request, obj) and not (obj and obj.credited)

    def delete_model(self, request: HttpRequest, obj: Subsidy) -> None:
        self.delete_queryset(request, Subsidy.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subsidy]) -> None:
        """A run may be crediting one of them: wait for it, then look once more."""
        held = Subsidy.objects.filter(pk__in=[one.pk for one in queryset])
        if any(one.credited for one in held.select_for_update().order_by("pk")):
            raise PermissionDenied
        held.delete()

    def _warn(self, request: HttpRequest) -> None:
        messages.info(request, gettext("This month is issued already: the next closing credits the difference."))


class AbsenceForm(KeyedForm):
    """Somebody was away: leaving and returning are not counted themselves."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        left, back = values.get("left_on"), values.get("returned_on")
        if left and back and back <= left:
            self.add_error("returned_on", _("The return is after the day of leaving."))
        return values


@admin.register(Absence)
class AbsenceAdmin(OfAccountAdmin):
    """Who was away and applied in time; the next closing gives the money back."""

    form = AbsenceForm
    start = "left_on"
    list_display = ("account", "persons", "left_on", "returned_on", "applied_on", "document")
    sortable_by = ("left_on",)
    fields = ("account", "persons", "left_on", "returned_on", "applied_on", "document")

    def save_model(self, request: HttpRequest, obj: Absence, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if (days := Away(obj.left_on, obj.returned_on).full_days) > LONG:
            messages.warning(
                request, gettext("Check the days: so long an absence is rare, %(days)s days.") % {"days": days}
            )
        country, city = obj.account.organization.country, obj.account.unit.house.city
        try:
            within = rules_of(country).whole(country, "absence_apply_days", obj.returned_on, city)
        except NoRule:
            return
        if not is_in_time(Away(obj.left_on, obj.returned_on), obj.applied_on, within=within):
            text = gettext("Applied later than %(days)s days after the return: nothing is given back for it.")
            messages.warning(request, text % {"days": within})


class QualityForm(PeriodForm):
    """A case of one month."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "hours" in self.errors:  # said once: without a figure the model would ask for it, too
            self.instance.hours = None
        return values


@admin.register(QualityCase)
class QualityCaseAdmin(SettledAdmin):
    """Interruptions and cold hot water: the month's charge becomes smaller."""

    organization_path = "house__organization"
    form = QualityForm
    start = "period"
    list_display = ("house", "account", "service", "period", "kind", "hours", "degrees", "percent", "act")
    list_filter = ("kind", "service", "house__organization")
    list_select_related = ("house", "account", "service")
    search_fields = ("house__address_search", "account__number_search", "act")
    sortable_by = ("period",)
    autocomplete_fields = ("house", "account", "service")
    fields = ("house", "account", "service", "period", "kind", "hours", "degrees", "percent", "act")


class RecalculationForm(PeriodForm):
    """A correction of an earlier month; below zero it is given back."""

    def clean_amount(self) -> Any:
        if not self.cleaned_data["amount"]:
            raise ValidationError(_("Write a sum above or below zero."))
        return self.cleaned_data["amount"]


@admin.register(Recalculation)
class RecalculationAdmin(ByHandAdmin):
    """Corrections wait for the next closing and are printed there with their reason; then they stay as they are.

    A confirmed one is not edited: it is deleted and entered anew.
    """

    organization_path = "account__organization"
    form = RecalculationForm
    list_display = ("account", "service", "period", "amount", "reason", "source", "run", "second")
    list_filter = (SecondFilter, "source", ("run", admin.EmptyFieldListFilter), "account__organization")
    list_select_related = ("account", "service", "run__organization", "by", "confirmed_by")
    search_fields = ("account__number_search", "account__unit__house__address_search", "reason")
    sortable_by = ("period", "amount")
    autocomplete_fields = ("account", "service")
    fields = ("account", "service", "period", "amount", "reason", "by", "second")
    readonly_fields = ("by", "second")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_confirmed = obj is not None and obj.confirmed_by_id is not None
        return super().has_change_permission(request, obj) and self._is_ours_to_change(obj) and not is_confirmed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_ours_to_change(obj)

    def _is_ours_to_change(self, row: Recalculation | None) -> bool:
        if row is None:
            return True
        return row.source == Recalculation.Source.MANUAL and not (row.run and row.run.is_settled)

    def delete_model(self, request: HttpRequest, obj: Recalculation) -> None:
        with transaction.atomic():
            hold_recalculation(obj)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Recalculation]) -> None:
        with transaction.atomic():
            for row in queryset:
                hold_recalculation(row)
            super().delete_queryset(request, queryset)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Recalculation, form: Any, change: bool) -> None:
        if change:
            hold_recalculation(obj)
            obj.run_id = Recalculation.objects.values_list("run", flat=True).get(pk=obj.pk)
        self.note(request, obj, form.changed_data)
        super().save_model(request, obj, form, change)
        if form.changed_data:
            self._remark(request, obj)

    def _remark(self, request: HttpRequest, row: Recalculation) -> None:
        """Say that an issued month stays as it is, and ask to look again at a sum that is hardly meant."""
        if is_billed(row.organization.pk, row.period):
            text = gettext("The issued document of %(month)s stays as it is: this sum is charged with the next month that is closed, and its reason is printed there.")  # fmt: skip
            messages.info(request, text % {"month": date_format(row.period, "F Y")})
        newest = Invoice.objects.live().filter(account=row.account_id).order_by("-period")[:1].values("period")
        bills = Invoice.objects.live().filter(account=row.account_id, period__in=newest)
        usual = sum((one.charged for one in bills), Decimal(0))
        if usual > 0 and abs(row.amount) > MUCH * usual:
            currency, language = row.organization.currency, get_language() or "en"
            text = gettext("Check the sum: %(amount)s is much more than the account was billed for its last month, %(usual)s. Until it is issued you can change or delete it.")  # fmt: skip
            amounts = {"amount": row.amount, "usual": usual}
            sums = {name: format_money(one, currency, language) for name, one in amounts.items()}
            messages.warning(request, text % sums)
