"""The import room: upload a register, read the report of the dry run, import it, take it back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lib.errors import Refusal
from lib.money import format_number
from lib.progress import told
from lib.uploads import MAX_UPLOAD, was_too_large
from premises.actions.imports import receive_file, start_import, start_undo
from premises.admin_scope import ACCOUNTANT, ADD, MANAGER, VIEW, ScopedAdmin, is_chief, jobs_of
from premises.models import ColumnProfile, ImportRun, Organization
from premises.registers import AFTERMATHS, IMPORTERS, is_for
from premises.tasks import apply_import, check_import, take_import_back

PROBLEMS_PER_PAGE = 100
Places = Mapping[str, Collection[int] | None]  # kind → ids of the companies for which it may be brought; None: all
TOO_LARGE = _("The file is larger than 10 MB. Split the register into several files.")


class UploadForm(forms.Form):
    """Which register of which company, how it is laid out, and the file."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Company"), empty_label=None)
    kind = forms.ChoiceField(label=_("Register"))
    profile = forms.ModelChoiceField(
        ColumnProfile.objects.none(),
        label=_("Column profile"),
        required=False,
        empty_label=_("none: told by the headers"),
    )
    file = forms.FileField(label=_("File: CSV, XLSX, TXT, DBF or ZIP, at most 10 MB"))

    def __init__(
        self, *args: Any, organizations: QuerySet[Organization], places: Places, too_large: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        self.too_large = too_large
        choice: Any = self.fields["organization"]
        choice.queryset = organizations
        layouts: Any = self.fields["profile"]
        layouts.queryset = ColumnProfile.objects.filter(organization__in=organizations, kind__in=places)
        layouts.label_from_instance = lambda one: f"{one.get_kind_display()}: {one}"
        if not layouts.queryset.exists():
            del self.fields["profile"]
        kinds: Any = self.fields["kind"]
        kinds.choices = [(kind, label) for kind, label in ImportRun.Kind.choices if kind in places]
        if too_large:
            self.fields["file"].error_messages["required"] = TOO_LARGE

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > MAX_UPLOAD:
            raise forms.ValidationError(TOO_LARGE)
        return self.cleaned_data["file"]

    def clean(self) -> dict[str, Any]:
        """Who works for two companies may have a job in one of them that does not bring this register."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        kind, company = values.get("kind"), values.get("organization")
        if kind and company and (ids := self.places[kind]) is not None and company.pk not in ids:
            self.add_error("kind", _("Your job in this company does not bring this register."))
        profile = values.get("profile")
        if profile and company and profile.organization_id != company.pk:
            self.add_error("profile", _("This profile belongs to another company."))
        elif profile and kind and profile.kind != kind:
            self.add_error("profile", _("This profile is for another register."))
        return values


@dataclass(frozen=True)
class Progress:
    """How far the worker is; nothing is known before it begins, and no total where the file does not say it."""

    done: int
    total: int
    words: str

    @classmethod
    def of(cls, run: ImportRun) -> "Progress":
        note = told(run.progress_key)
        if note is None:
            return cls(0, 0, gettext("The file waits for its turn."))
        done, total = note
        if not done < total:  # the number of lines is an estimate
            return cls(done, 0, gettext("%(done)s rows so far.") % {"done": _count(done)})
        words = gettext("%(done)s of about %(total)s rows.") % {"done": _count(done), "total": _count(total)}
        return cls(done, total, words)


def _count(number: int) -> str:
    return format_number(Decimal(number), get_language() or "en")


@admin.register(ImportRun)
class ImportRunAdmin(ScopedAdmin):
    """Runs are only added, looked at and taken back as a whole; there is no form for what they wrote."""

    may = {MANAGER: {VIEW, ADD}, ACCOUNTANT: {VIEW, ADD}}
    list_display = ("file_name", "kind", "organization", "state", "rows", "errors", "warnings", "by", "created_at")
    list_filter = ("kind", "state", "organization")
    list_select_related = ("organization", "by")
    search_fields = ("file_name",)
    ordering = ("-created_at", "-pk")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:run_id>/import/", view(self.import_view), name="premises_importrun_import"),
            path("<int:run_id>/undo/", view(self.undo_view), name="premises_importrun_undo"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Upload a file and open its page; a small file is checked by then, a large one by the worker."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self._form(request)
        if request.method == "POST" and form.is_valid():
            file, profile = form.cleaned_data["file"], form.cleaned_data.get("profile")
            run = receive_file(
                form.cleaned_data["kind"], form.cleaned_data["organization"], file.file, name=file.name,
                by=request.user, at=timezone.now(), later=check_import.delay,  # type: ignore[arg-type]
                layout=profile.layout if profile else {},
            )  # fmt: skip
            return redirect(_page(run))
        status = 422 if form.is_bound else 200
        context = self._context(request, form=form, title=_("Import a register"))
        return render(request, "admin/premises/importrun/upload.html", context, status=status)

    def _form(self, request: HttpRequest) -> UploadForm:
        mine = self.scoped(request, Organization.objects.order_by("short_name"), ADD)
        places = self._places(request)
        if request.method != "POST":
            return UploadForm(organizations=mine, places=places, initial={"organization": mine.first()})
        sent = request.POST, request.FILES  # the size is known once the body has been read
        return UploadForm(*sent, organizations=mine, places=places, too_large=was_too_large(request))

    def _places(self, request: HttpRequest) -> Places:
        """Which registers this employee may bring, and for which companies."""
        if is_chief(request):
            return dict.fromkeys(IMPORTERS)
        jobs = [(pk, role) for pk, role in jobs_of(request) if ADD in self.may.get(role, ())]
        found = {kind: {pk for pk, role in jobs if is_for(kind, role)} for kind in IMPORTERS}
        return {kind: ids for kind, ids in found.items() if ids}

    def _allowed(self, request: HttpRequest, right: str, row: Any) -> bool:
        """A run is imported and taken back by those who may bring its register."""
        if not super()._allowed(request, right, row):
            return False
        if right != ADD or row is None or is_chief(request):
            return True
        return row.organization_id in (self._places(request).get(row.kind) or ())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The report: facts, control totals and every problem, errors first; or how far the worker is."""
        run = self.get_object(request, object_id)
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return self._report(request, run)

    def _report(self, request: HttpRequest, run: ImportRun, no: Refusal | None = None) -> HttpResponse:
        """The page of a run; with a refusal of what was pressed there, and what can be done about it."""
        problems = Paginator(run.problems, PROBLEMS_PER_PAGE).get_page(request.GET.get("p"))
        context = self._context(
            request, run=run, problems=problems, title=run.file_name, may_import=self._allowed(request, ADD, run),
            refusal=no,
        )  # fmt: skip
        if run.is_with_worker:
            context["progress"] = Progress.of(run)
        status = no.status if no else 200
        return render(request, "admin/premises/importrun/report.html", context, status=status)

    def import_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Import a checked file: at once, or by the worker when it is large. Opened by its address it is the report."""
        run = self._importable(request, run_id)
        if request.method == "POST":
            try:
                run = start_import(run, by=request.user, at=timezone.now(), later=apply_import.delay)  # type: ignore[arg-type]
            except Refusal as no:
                return self._report(request, self._importable(request, run_id), no)
            messages.add_message(request, *_outcome(run))
        return HttpResponseRedirect(_page(run))

    def undo_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Ask once more how much would be taken back; a POST takes it back: at once, or by the worker when it is large."""
        run = self._importable(request, run_id)
        try:
            if request.method == "POST":
                run = start_undo(run, by=request.user, at=timezone.now(), later=take_import_back.delay)  # type: ignore[arg-type]
                messages.add_message(request, *_undone(run))
                return HttpResponseRedirect(_page(run))
            run.guard_undoable()
        except Refusal as no:
            return self._report(request, self._importable(request, run_id), no)
        also = list(AFTERMATHS[run.kind](run)) if run.kind in AFTERMATHS else []
        context = self._context(request, run=run, title=gettext("Take the import back"), also=also)
        return render(request, "admin/premises/importrun/undo.html", context)

    def _importable(self, request: HttpRequest, run_id: int) -> ImportRun:
        """The run, for those whose job may import; for others it does not exist."""
        run: ImportRun | None = self.get_queryset(request).filter(pk=run_id).first()
        if run is None or not self._allowed(request, ADD, run):
            raise Http404
        return run

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}


def _page(run: ImportRun) -> str:
    return reverse("admin:premises_importrun_change", args=[run.pk])


def _outcome(run: ImportRun) -> tuple[int, str]:
    if run.state == ImportRun.State.APPLIED:
        return messages.SUCCESS, gettext("The file is imported. %(summary)s.") % {"summary": run.summary}
    if run.state == ImportRun.State.APPLYING:
        return messages.INFO, gettext("The file is being imported. You may leave this page.")
    return messages.ERROR, gettext("Nothing was imported: the data changed since the check. See the errors below.")


def _undone(run: ImportRun) -> tuple[int, str]:
    if run.state == ImportRun.State.UNDOING:
        return messages.INFO, gettext("The import is being taken back. You may leave this page.")
    return messages.SUCCESS, gettext("The import is taken back. The same file may be imported again.")
