"""The staff's pages of meters: what is installed where, how it stands with it, what happened to it."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from meters import actions
from meters.admin_balance import BalanceMixin
from meters.admin_base import ACT, ANSWER, BALANCE, BREAK, EXPORT, found_by, place_of
from meters.admin_devices import ActsMixin
from meters.admin_exports import METERS, ExportMixin
from meters.admin_forms import MeterForm
from meters.history import MONTHS, months_before
from meters.models import Meter, MeterEvent, MeterState, Reading
from meters.wording import reading_words
from premises.admin_scope import (
    ACCOUNTANT,
    ADD,
    CHANGE,
    DISPATCHER,
    LOOK,
    MANAGER,
    VIEW,
    Rights,
    ScopedInline,
    is_chief,
)
from premises.models import PersonalAccount

READERS: Rights = {MANAGER: LOOK, ACCOUNTANT: LOOK}  # how much a flat uses is not the dispatcher's business
DIAL = ("resource", "unit", "zones", "int_digits", "decimals", "ratio", "initial_t1", "initial_t2", "initial_t3")
DATES = ("verified_on", "next_verification", "sealed_on", "broken_on", "removed_on")


class StateFilter(admin.SimpleListFilter):
    """How it stands with meters today."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return MeterState.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in MeterState.values:
            return queryset
        return queryset.in_state(self.value(), timezone.localdate())  # type: ignore[attr-defined,no-any-return]


class EventInline(ScopedInline):
    """What happened to the meter, line by line."""

    model = MeterEvent
    organization_path = "meter__organization"
    may = {MANAGER: LOOK, ACCOUNTANT: LOOK, DISPATCHER: LOOK}
    fields = readonly_fields = ("on", "what", "act", "note", "by", "at")
    max_num = 0
    show_change_link = False
    verbose_name_plural = _("what happened to the meter")


class ReadingInline(ScopedInline):
    """The readings of the last months."""

    model = Reading
    organization_path = "meter__organization"
    may = READERS
    fields = readonly_fields = ("period", "shown", "taken_on", "source", "state")
    max_num = 0
    verbose_name_plural = _("readings of the last 13 months")

    @admin.display(description=_("value"))
    def shown(self, reading: Reading) -> str:
        return reading_words(reading)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        first = months_before(timezone.localdate(), MONTHS)
        return super().get_queryset(request).filter(period__gte=first).select_related("meter")


@admin.register(Meter)
class MeterAdmin(ActsMixin, BalanceMixin, ExportMixin):
    """A meter of a flat or of a whole house. What happens to it is entered by the buttons of its page."""

    may = {
        MANAGER: {VIEW, ADD, CHANGE, ACT, BREAK, ANSWER, EXPORT, BALANCE},
        ACCOUNTANT: {VIEW, EXPORT, BALANCE},
        DISPATCHER: {VIEW, BREAK},
    }
    layouts = METERS
    form = MeterForm
    inlines = (EventInline, ReadingInline)
    list_display = ("serial", "resource", "where", "state_word", "next_verification", "last_reading")
    list_filter = ("resource", StateFilter, "house")
    list_select_related = ("account__unit__house", "house")
    search_fields = ("serial_search", "account__number_search", "house__address_search")
    search_help_text = _("Number of the meter or of the account, or the address")
    ordering = ("house", "account__unit__entrance", "account__unit__floor", "account", "resource", "pk")
    sortable_by = ("serial", "resource", "next_verification")
    fieldsets = (
        (_("Where"), {"fields": ("account", "house", "place", "chain")}),
        (_("Meter"), {"fields": ("resource", "serial", "model", "seal", "gis_number")}),
        (_("Dial"), {"fields": DIAL[1:]}),
        (_("Days"), {"fields": ("installed_on", *DATES, "act")}),
    )

    @admin.display(description=_("flat or house"))
    def where(self, meter: Meter) -> str:
        return place_of(meter)

    @admin.display(description=_("state"))
    def state_word(self, meter: Meter) -> str:
        return str(meter.state.label)

    @admin.display(description=_("last reading"))
    def last_reading(self, meter: Meter) -> str:
        last: list[Reading] = getattr(meter, "last", [])
        return f"{reading_words(last[0])} ({last[0].taken_on:%d.%m.%Y})" if last else "—"

    @admin.display(description=_("before and after"))
    def chain(self, meter: Meter) -> str:
        """Links to the meter this one replaced and to the one that replaced it."""
        after = Meter.objects.filter(replaces=meter).first()
        links = [(_("Replaced"), meter.replaces), (_("Replaced by"), after)]
        rows = [(word, reverse("admin:meters_meter_change", args=[one.pk]), one.serial) for word, one in links if one]
        return format_html_join(" ", '<span>{} <a href="{}">№ {}</a></span>', rows) or "—"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_page("<int:pk>/do/<str:name>/", self.act_view, "act"),
            self.own_page("balance/", self.balance_view, "balance"),
            self.export_page(),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Reading.objects.current().order_by("meter", "-period").distinct("meter")
        if not is_chief(request):
            newest = newest.filter(meter__organization__in=self.organizations(request, EXPORT))
        last = Prefetch("readings", newest.select_related("meter"), to_attr="last")
        return super().get_queryset(request).prefetch_related(last)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return found_by(queryset, search_term), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new meter is not broken yet; an old one has its act in its history."""
        absent = {"act"} if obj else {"chain", "sealed_on", "broken_on", "removed_on"}
        return [
            (name, {**options, "fields": [one for one in options["fields"] if one not in absent]})
            for name, options in self.fieldsets
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form looks a typed account up among those for which this employee installs meters."""
        form = super().get_form(request, obj, change, **kwargs)
        form.accounts = self.scoped(request, PersonalAccount.objects.all(), ADD)  # type: ignore[attr-defined]
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Where a meter hangs and what acts say is not typed over; its dial stays as the first reading found it."""
        if obj is None:
            return ()
        fixed = ("account", "house", "chain", *DATES)
        return (*fixed, *DIAL, "installed_on") if obj.readings.exists() else fixed

    def save_model(self, request: HttpRequest, obj: Meter, form: Any, change: bool) -> None:
        """A new meter begins its history."""
        if change:
            obj.save()
            return
        act = form.cleaned_data.get("act", "")
        actions.install(obj, act=act, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with the buttons of its files."""
        return super().changelist_view(request, {"exports": self.exports(request), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The meter's page, with the buttons of what may be done to it."""
        meter = self.get_object(request, object_id)
        acts = self.acts_of(request, meter) if isinstance(meter, Meter) else []
        return super().change_view(request, object_id, form_url, {"acts": acts, **(extra_context or {})})
