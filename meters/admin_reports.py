"""What residents tell about meters: the queue and the page where the company answers."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters.actions import answer_report, mark_broken
from meters.admin_base import ANSWER, EVERY, PEOPLE, DeskAdmin, found_by, place_of
from meters.admin_entry import entry_url
from meters.admin_forms import ZONES
from meters.models import MeterReport
from premises.admin_scope import ACCOUNTANT, DISPATCHER, MANAGER, VIEW, is_chief

Kind = MeterReport.Kind
ACCEPT, REFUSE = "accept", "refuse"
NEXT = {
    Kind.DISPUTE: _("After «Accept» you enter the right reading."),
    Kind.REPLACED: _("After «Accept» you enter the act of replacement."),
    Kind.BROKEN: _("With «Accept» the meter is marked as broken from this day."),
}


class AnswerForm(forms.Form):
    """One sentence for the resident."""

    answer = forms.CharField(
        label=_("Answer, told to the resident"), max_length=300, widget=forms.Textarea({"rows": 3, "maxlength": 300})
    )


@admin.register(MeterReport)
class MeterReportAdmin(DeskAdmin):
    """Reports that wait come first; each opens on the page where it is answered."""

    organization_path = "meter__organization"
    may = {MANAGER: {VIEW, ANSWER, EVERY, PEOPLE}, ACCOUNTANT: {VIEW, EVERY}, DISPATCHER: {VIEW, ANSWER}}
    list_display = ("kind", "meter", "where", "text", "on", "created_at", "state", "answered_at")
    list_filter = ("state", "kind", "meter__house")
    list_select_related = ("meter__account__unit__house", "meter__house")
    search_fields = ("meter__serial_search", "meter__account__number_search", "meter__house__address_search")
    search_help_text = _("Number of the meter or of the account, or the address")
    ordering = ("answered_at", "created_at", "pk")
    sortable_by = ("created_at", "answered_at")

    @admin.display(description=_("flat or house"))
    def where(self, report: MeterReport) -> str:
        return place_of(report.meter)

    def get_urls(self) -> list[URLPattern]:
        return [self.own_page("<int:pk>/photo/", self.photo_view, "photo"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = self.with_names(request, super().get_queryset(request))
        if is_chief(request):
            return rows
        every = self.organizations(request, EVERY)
        return rows.filter(Q(meter__organization__in=every) | Q(kind=Kind.BROKEN))

    def _allowed(self, request: HttpRequest, right: str, row: Any) -> bool:
        """A dispatcher hears of broken meters only."""
        if not super()._allowed(request, right, row):
            return False
        if row is None or is_chief(request) or row.kind == Kind.BROKEN:
            return True
        return row.meter.organization_id in self.organizations(request, EVERY)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return found_by(queryset, search_term, "meter__"), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What was told, beside what is known, and the answer."""
        report = self.get_object(request, object_id)
        if not isinstance(report, MeterReport):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        form = AnswerForm(request.POST if request.method == "POST" else None)
        may_answer = self._allowed(request, ANSWER, report)
        if request.method == "POST":
            if not may_answer:
                raise Http404
            decision = request.POST.get("decision")
            if decision not in {ACCEPT, REFUSE}:
                form.add_error(None, _("Press «Accept» or «Refuse»."))
            if form.is_valid():
                return self._answered(request, report, form.cleaned_data["answer"], accepted=decision == ACCEPT)
        last = report.meter.readings.current().first() if self._sees_readings(request, report) else None
        return self.drawn(
            request, "meterreport/answer", status=422 if form.is_bound else 200, report=report, meter=report.meter,
            last=last, form=form, can_answer=may_answer and report.state == MeterReport.State.NEW,
            what_next=NEXT[Kind(report.kind)], title=report.get_kind_display(), person=self._person(report),
        )  # fmt: skip

    def _sees_readings(self, request: HttpRequest, report: MeterReport) -> bool:
        return is_chief(request) or report.meter.organization_id in self.organizations(request, EVERY)

    def _person(self, report: MeterReport) -> str:
        """The resident's name, to those who see the people of the house elsewhere, too."""
        return str(report.by) if getattr(report, "shows_people", False) else str(_("A resident of the flat"))

    def _answered(self, request: HttpRequest, report: MeterReport, answer: str, *, accepted: bool) -> HttpResponse:
        by, now = cast(User, request.user), timezone.now()
        try:
            with transaction.atomic():
                answer_report(report, accepted=accepted, answer=answer, by=by, at=now)
                if accepted and report.kind == Kind.BROKEN:
                    mark_broken(report.meter, on=report.on, by=by, at=now, note=report.text)
        except Refusal as no:
            messages.error(request, str(no.message))
            return redirect("admin:meters_meterreport_change", report.pk)
        self.log_change(
            request, report, str(MeterReport.State.ACCEPTED.label if accepted else MeterReport.State.REFUSED.label)
        )
        messages.success(request, _("The answer is sent to the resident."))
        return redirect(next_page(report) if accepted else reverse("admin:meters_meterreport_changelist"))


def next_page(report: MeterReport) -> str:
    """What an accepted report asks the company to do."""
    meter = report.meter
    if report.kind == Kind.REPLACED:
        return reverse("admin:meters_meter_act", args=[meter.pk, "replace"]) + f"?report={report.pk}"
    if report.kind == Kind.BROKEN:
        return reverse("admin:meters_meterreport_changelist")
    typed = {f"{zone}_{meter.pk}": value for zone, value in zip(ZONES, report.values.split(), strict=False)}
    return entry_url(meter, day=report.on, **typed)
