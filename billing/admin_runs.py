"""Closing a month in the staff room: look how ready it is, calculate, look at the totals, issue, correct, print."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.confirm import confirm_first
from accounts.models import User
from billing.actions.closing import (
    STALE,
    CannotClose,
    OtherFigures,
    drop_run,
    guard_period,
    open_correction,
    recalculate,
    start_correction,
    start_issue,
    start_run,
)
from billing.actions.exporting import note_export
from billing.actions.prints import order_print
from billing.actions.recalculating import is_stale
from billing.calculating.months import months_before
from billing.models import BillingRun, Charge, Invoice, PenaltyCharge, PrintBatch, Recalculation
from billing.readiness import (
    KINDS,
    Unconfirmed,
    anomalies_of,
    differences_of,
    jumps_of,
    kinds_of,
    must_be_looked_at,
    next_month_of,
    penalties_of,
    readiness,
    rows_of,
    unconfirmed_of,
    whole_of,
    words_of,
)
from billing.tasks import calculate_run, clear_run, draw_print_batch, issue_run
from lib.errors import Refusal
from lib.money import format_number
from lib.progress import told
from lib.tables import Row, download
from meters.admin_base import DeskAdmin
from premises.admin_scope import ACCOUNTANT, ADD, MANAGER, VIEW, is_chief
from premises.models import House, Organization, PersonalAccount

MONTHS_BACK = 12
PER_PAGE = 50
State = BillingRun.State
SUMS = (
    ("accrued", _("Charged")), ("excess", _("Raised norms")), ("recalculated", _("Recalculated")),
    ("benefit", _("Benefits")), ("fine", _("Fines of the provider")), ("penalty", _("Penalties")),
)  # fmt: skip


class MonthForm(forms.Form):
    """Which company and which month."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Company"), empty_label=None)
    month = forms.TypedChoiceField(label=_("Month"), coerce=lambda text: date.fromisoformat(f"{text}-01"))

    def __init__(self, data: Any, companies: QuerySet[Organization], now: datetime) -> None:
        today = max((one.day(now) for one in companies), default=now.date())
        months = [months_before(today, back) for back in range(MONTHS_BACK)]
        first = companies.first()
        usual = {"organization": first, "month": f"{next_month_of(first, months):%Y-%m}"}
        super().__init__(data if "month" in data else usual)
        self.fields["organization"].queryset = companies  # type: ignore[attr-defined]
        self.fields["month"].choices = [(f"{one:%Y-%m}", date_format(one, "F Y")) for one in months]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why an issued month is corrected; residents read it beside the sum."""

    reason = forms.CharField(
        label=_("What was wrong"), min_length=5, max_length=200, help_text=_("It is printed beside every difference.")
    )


class LookedForm(forms.Form):
    """Something of the month is below zero: somebody has looked at it."""

    looked = forms.BooleanField(label=_("I have looked at what is below zero"))


@dataclass(frozen=True)
class Progress:
    """How far the worker is."""

    done: int
    total: int
    words: str

    @classmethod
    def of(cls, key: str, done: int, total: int) -> "Progress":
        """As told lately, or as the row says."""
        done, total = told(key) or (done, total)
        if not total:
            return cls(0, 0, gettext("The worker has not begun yet."))
        facts = {"done": _count(done), "total": _count(total)}
        return cls(done, total, gettext("%(done)s of %(total)s.") % facts)


def _count(number: int) -> str:
    return format_number(Decimal(number), get_language() or "en")


@admin.register(BillingRun)
class BillingRunAdmin(DeskAdmin):
    """Runs are begun, issued, dropped and corrected; nobody edits what they found."""

    may = {MANAGER: {VIEW, ADD}, ACCOUNTANT: {VIEW, ADD}}
    list_display = ("month", "kind", "organization", "state", "total", "by", "created_at", "issued_at")
    list_display_links = ("month",)
    list_filter = ("kind", "state", "organization")
    list_select_related = ("organization", "by")
    search_fields = ("reason", "organization__short_name")
    sortable_by = ("period", "created_at")

    @admin.display(description=_("month"), ordering="period")
    def month(self, run: BillingRun) -> str:
        return date_format(run.period, "F Y")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_page("<int:pk>/again/", self.again_view, "again"),
            self.own_page("<int:pk>/drop/", self.drop_view, "drop"),
            self.own_page("<int:pk>/issue/", self.issue_view, "issue"),
            self.own_page("<int:pk>/correct/", self.correct_view, "correct"),
            self.own_page("<int:pk>/prints/", self.prints_view, "prints"),
            self.own_page("<int:pk>/accounts/<int:account>/", self.account_view, "account"),
            self.own_page("<int:pk>/anomalies/", self.anomalies_view, "anomalies"),
            self.own_page("prints/<int:pk>/", self.print_view, "print"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- Before -------------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """How ready a month is; a POST has it calculated. Of two people who press both come to the same run."""
        self.allowed_or_404(request, ADD)
        companies = self.scoped(request, Organization.objects.filter(accounts__isnull=False).distinct(), ADD)
        form = MonthForm(request.POST or request.GET, companies, timezone.now())
        context: dict[str, Any] = {"title": _("Close a month"), "form": form}
        if not form.is_valid():
            return self.drawn(request, "billingrun/begin", status=422 if "month" in form.data else 200, **context)
        company, period = form.cleaned_data["organization"], form.cleaned_data["month"]
        if request.method == "POST":
            run = start_run(company, period, by=_person(request), at=timezone.now(), later=calculate_run.delay)
            return HttpResponseRedirect(_page(run))
        context |= {"company": company, "period": period, "found": readiness(company, period)}
        try:
            guard_period(company, period, company.day(timezone.now()))
        except Refusal as refusal:
            context["refusal"] = refusal.message
        return self.drawn(request, "billingrun/begin", **context)

    # --- The run ------------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The totals beside last month's and what to look at; or how far the worker is."""
        run = self._run(request, object_id, VIEW)
        kind = request.GET.get("what", "") if request.GET.get("what", "") in KINDS else ""
        page = Paginator(anomalies_of(run, kind), PER_PAGE).get_page(request.GET.get("p"))
        services, penalties = rows_of(run), penalties_of(run)
        rows = [*services, penalties] if penalties else services
        names = PersonalAccount.objects.in_bulk({row["account"] for row in page})
        context: dict[str, Any] = {
            "title": str(run), "run": run, "rows": rows, "whole": whole_of(run, rows), "sums": _sums(run), "kinds": kinds_of(run),
            "differences": differences_of(run), "jumps": jumps_of(services) if run.kind == BillingRun.Kind.PERIOD else (),
            "page": page, "what": kind, "others": f"what={kind}" if kind else "",
            "found": [(names.get(row["account"]), KINDS.get(row["what"], ""), words_of(row["facts"])) for row in page],
            "may_close": self._allowed(request, ADD, run), "unconfirmed": _unconfirmed(run),
            "documents": Invoice.objects.filter(run=run).count() if run.state == State.ISSUED else 0,
            "corrections": BillingRun.objects.filter(
                organization=run.organization_id, period=run.period, kind=BillingRun.Kind.CORRECTION
            ).exclude(state=State.DROPPED) if run.kind == BillingRun.Kind.PERIOD else (),
        }  # fmt: skip
        if run.state == State.CALCULATED and is_stale(run):
            context["stale"] = STALE
        if run.is_with_worker:
            context["progress"] = Progress.of(run.progress_key, run.done, run.total)
        return self.drawn(request, "billingrun/run", **context)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Calculate once more: readings, tariffs or facts have changed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = self._run(request, pk, ADD)
        recalculate(run, by=_person(request), at=timezone.now(), later=calculate_run.delay)
        return HttpResponseRedirect(_page(run))

    def drop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more; a POST drops what was calculated and not issued."""
        run = self._run(request, pk, ADD)
        if request.method != "POST":
            return self.drawn(request, "billingrun/drop", title=_("Drop what was calculated"), run=run)
        drop_run(run, at=timezone.now(), later=clear_run.delay)
        messages.success(request, gettext("The run is dropped. Nothing of it was issued."))
        return HttpResponseRedirect(reverse("admin:billing_billingrun_changelist"))

    def issue_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more how many documents and what sum; a POST has just these issued. Other ones by now are shown first."""
        run = self._run(request, pk, ADD)
        seen = request.POST.get("seen", "") if request.method == "POST" else None
        form = LookedForm(request.POST if seen == run.figures else None) if must_be_looked_at(run) else None
        if seen is not None and (form is None or form.is_valid()):
            try:
                start_issue(run, seen=seen, by=_person(request), at=timezone.now(), later=issue_run.delay)
            except OtherFigures:
                run.refresh_from_db()
                form = LookedForm() if must_be_looked_at(run) else None
            else:
                return HttpResponseRedirect(_page(run))
        if run.state not in (State.CALCULATED, State.FAILED):
            return HttpResponseRedirect(_page(run))
        changed = seen not in (None, run.figures)
        sum_of_all = Decimal(run.totals.get("total", "0")) + Decimal(run.totals.get("penalty", "0"))
        context: dict[str, Any] = {
            "title": _("Issue the documents"),
            "run": run,
            "sum": sum_of_all,
            "kinds": kinds_of(run),
            "jumps": jumps_of(rows_of(run)) if run.kind == BillingRun.Kind.PERIOD else (),
            "form": form,
            "changed": OtherFigures().message if changed else "",
            "unconfirmed": _unconfirmed(run),
        }
        status = 409 if changed else 422 if form and form.errors else 200
        return self.drawn(request, "billingrun/issue", status=status, **context)

    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Begin the correction of an issued month, with a reason."""
        run = self._run(request, pk, ADD)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                correction = start_correction(
                    run, reason=form.cleaned_data["reason"], by=_person(request), at=timezone.now(),
                    later=calculate_run.delay,
                )  # fmt: skip
            except CannotClose as refusal:
                other = open_correction(run)
                if other is None:
                    raise
                messages.warning(request, str(refusal.message))
                return HttpResponseRedirect(_page(other))
            return HttpResponseRedirect(_page(correction))
        status = 422 if form.is_bound else 200
        title = _("Correct an issued month")
        return self.drawn(request, "billingrun/correct", status=status, title=title, run=run, form=form)

    def account_view(self, request: HttpRequest, pk: int, account: int) -> HttpResponse:
        """What a run found for one account of its company, before or after it is issued."""
        run = self._run(request, pk, VIEW)
        place = run.organization.accounts.select_related("unit__house").filter(pk=account).first()
        if place is None or run.state == State.DROPPED:
            raise Http404
        lines = list(Charge.objects.filter(run=run, account=place).select_related("service"))
        penalty = PenaltyCharge.objects.filter(run=run, account=place).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
        context: dict[str, Any] = {
            "title": gettext("%(month)s, account %(number)s") % {"month": date_format(run.period, "F Y"), "number": place.number},
            "run": run, "account": place, "lines": lines, "penalty": penalty,
            "whole": sum((one.of_document for one in lines), penalty),
            "recalculations": Recalculation.objects.filter(run=run, account=place).select_related("service"),
        }  # fmt: skip
        return self.drawn(request, "billingrun/account", **context)

    def anomalies_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What to look at, as a file; who took it is noted."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = self._run(request, pk, VIEW)
        if self.confirm_first(request):
            return confirm_first(request, _page(run))
        rows = anomalies_of(run)
        note_export(
            run.organization, "anomalies", rows=len(rows), reason=gettext("What to look at before a month is issued"),
            query=f"{run.period:%Y-%m}", by=_person(request), at=timezone.now(),
        )  # fmt: skip
        header: Row = (gettext("Account"), gettext("What to look at"), gettext("Details"))
        return download("csv", f"anomalies-{run.period:%Y-%m}", header, _cells(rows))

    # --- Print files --------------------------------------------------------------------------------------------------

    def prints_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The print file of each house of an issued month; a POST asks for one."""
        run = self._run(request, pk, VIEW)
        houses = House.objects.filter(organization=run.organization, units__accounts__invoices__run=run).distinct()
        if request.method == "POST":
            house = houses.filter(pk=request.POST.get("house") or 0).first()
            if house is None:
                raise Http404
            order_print(house, run.period, by=_person(request), at=timezone.now(), later=draw_print_batch.delay)
            return HttpResponseRedirect(request.get_full_path())
        page = Paginator(houses, PER_PAGE).get_page(request.GET.get("p"))
        made = PrintBatch.objects.filter(organization=run.organization, house__in=list(page), period=run.period)
        newest = {batch.house_id: batch for batch in made.order_by("created_at", "pk")}
        current = set(made.current().values_list("pk", flat=True))
        rows = [(house, newest.get(house.pk), _drawing(newest.get(house.pk))) for house in page]
        context: dict[str, Any] = {"title": _("Print files"), "run": run, "rows": rows, "page": page, "current": current, "is_busy": any(progress for _house, _batch, progress in rows)}  # fmt: skip
        return self.drawn(request, "billingrun/prints", **context)

    def print_view(self, request: HttpRequest, pk: int) -> FileResponse | HttpResponse:
        """A print file of one's own company; it holds a whole house, so who took it is noted."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        batch = PrintBatch.objects.filter(pk=pk, state=PrintBatch.State.READY).first()
        if batch is None or not (is_chief(request) or batch.organization_id in self.organizations(request, VIEW)):
            raise Http404
        if self.confirm_first(request):
            return confirm_first(request, _prints_page(request.POST.get("run", "")))
        note_export(
            batch.organization, "prints", rows=batch.documents, reason=gettext("Bills of a house for the printer"),
            query=f"{batch.period:%Y-%m} {batch.house}", by=_person(request), at=timezone.now(), most=batch.documents,
        )  # fmt: skip
        name = f"bills-{batch.period:%Y-%m}-{batch.house_id}.pdf"
        response = FileResponse(
            batch.file.open("rb"), as_attachment=True, filename=name, content_type="application/pdf"
        )
        response["Cache-Control"] = "no-store"
        return response

    def _run(self, request: HttpRequest, pk: object, right: str) -> BillingRun:
        """The run, for those whose job allows it; for others it does not exist."""
        if not str(pk).isdigit():
            raise Http404
        row: BillingRun = self.own_row(request, int(str(pk)), right)
        return row


def _prints_page(run: str) -> str:
    """The page with the print files of this run, as the form named it; else the list of runs."""
    if run.isascii() and run.isdigit():
        return reverse("admin:billing_billingrun_prints", args=[run])
    return reverse("admin:billing_billingrun_changelist")


def _cells(rows: list[dict[str, Any]]) -> Iterator[Row]:
    numbers = dict(PersonalAccount.objects.filter(pk__in={row["account"] for row in rows}).values_list("pk", "number"))
    for row in rows:
        yield (numbers.get(row["account"], ""), KINDS.get(row["what"], row["what"]), words_of(row["facts"]))


def _unconfirmed(run: BillingRun) -> Unconfirmed | None:
    """What of the month waits for a second person, until it is issued; a correction takes nothing of it."""
    if run.kind == BillingRun.Kind.CORRECTION or run.is_settled or run.state == State.DROPPED:
        return None
    return unconfirmed_of(run.organization, run.period)


def _sums(run: BillingRun) -> list[tuple[Any, Decimal]]:
    return [(words, sum_) for name, words in SUMS if (sum_ := Decimal(run.totals.get(name) or 0)) or name == "accrued"]


def _drawing(batch: PrintBatch | None) -> Progress | None:
    is_busy = batch is not None and batch.state == PrintBatch.State.QUEUED
    return Progress.of(batch.progress_key, 0, 0) if batch and is_busy else None


def _page(run: BillingRun) -> str:
    return reverse("admin:billing_billingrun_change", args=[run.pk])


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
