"""Bank details in the staff room: looked at by one, changed by two."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.actions.requisites import ThereAlready, approve_change, ask_change, is_there, refuse_change
from billing.forms import RequisitesForm
from billing.models import Requisites, RequisitesChange
from meters.admin_base import DeskAdmin
from premises.admin_forms import NumberField
from premises.admin_scope import ACCOUNTANT, ADD, LOOK, MANAGER, VIEW, ScopedAdmin

APPROVE = "approve"


@admin.register(Requisites)
class RequisitesAdmin(ScopedAdmin):
    """The bank details in force. Issued documents keep theirs; a change goes through a second person."""

    may = {MANAGER: LOOK, ACCOUNTANT: LOOK}
    list_display = ("organization", "kind", "recipient", "bank", "account", "is_main")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    sortable_by = ("organization",)
    search_fields = ("recipient", "tax_id", "account")
    fields = (
        "organization", "kind", "recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account", "is_main",
        "change_them",
    )  # fmt: skip
    readonly_fields = ("change_them",)

    @admin.display(description=_("change"))
    def change_them(self, row: Requisites) -> str:
        page = reverse("admin:billing_requisiteschange_add")
        return format_html(
            '<a href="{}?requisites={}">{}</a>', page, row.pk, gettext("Ask for a change of these details")
        )


class ChangeForm(RequisitesForm):
    """The new details; with `requisites` chosen they take its place."""

    recipient = forms.CharField(label=_("Recipient"), max_length=160)
    tax_id = NumberField(label=_("Tax number (ИНН, ЄДРПОУ)"), max_length=12)
    kpp = NumberField(label=_("КПП"), max_length=9, required=False)
    bank = forms.CharField(label=_("Bank"), max_length=100, required=False)
    bic = NumberField(label=_("БИК"), max_length=9, required=False)
    account = NumberField(label=_("Bank account (р/с, IBAN)"), max_length=34)
    corr_account = NumberField(label=_("Correspondent account"), max_length=20, required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        row, company = values.get("requisites"), values.get("organization")
        if row and company and row.organization_id != company.pk:
            self.add_error("requisites", _("These bank details belong to another company."))
        if row and values.get("kind") != row.kind:
            self.add_error("kind", _("These bank details are of another kind of document."))
        if company and is_there(company, values, kind=values.get("kind", ""), but=row):
            self.add_error("account", str(ThereAlready().message))
        return values


@admin.register(RequisitesChange)
class RequisitesChangeAdmin(DeskAdmin):
    """Who asked for which details, who approved them, since when they are in force."""

    may = {MANAGER: {VIEW, ADD, APPROVE}, ACCOUNTANT: {VIEW, ADD, APPROVE}}
    form = ChangeForm
    change_form_template = "admin/billing/requisiteschange/decide.html"
    list_display = ("organization", "kind", "__str__", "state", "asked_by", "asked_at", "decided_by", "effective_at")
    list_filter = ("state", "organization")
    list_select_related = ("organization", "asked_by", "decided_by")
    sortable_by = ("asked_at",)
    autocomplete_fields = ("requisites",)
    NEW = ("organization", "requisites", "kind", "is_main", *Requisites.WORDS)
    SHOWN = (
        "organization", "kind", "is_main", "what_changes", "state", "asked_by", "asked_at", "decided_by", "decided_at",
        "effective_at",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.SHOWN if obj else self.NEW

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.SHOWN if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The present details, when their change is asked for."""
        initial = super().get_changeform_initial_data(request)
        own = self.scoped(request, Requisites.objects.all(), ADD)
        chosen = request.GET.get("requisites", "")
        row = own.filter(pk=chosen).first() if chosen.isascii() and chosen.isdigit() else None
        if row is None:
            return {name: value for name, value in initial.items() if name != "requisites"}
        words = {name: getattr(row, name) for name in (*Requisites.WORDS, "kind", "is_main")}
        return initial | words | {"organization": row.organization_id, "requisites": row.pk}

    @admin.display(description=_("details"))
    def what_changes(self, change: RequisitesChange) -> str:
        """The new words, each beside the old one where it differs."""
        rows = []
        for name in Requisites.WORDS:
            new, old = change.values.get(name, ""), getattr(change.requisites, name, "")
            label = Requisites._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            was = gettext("was: %(old)s") % {"old": old or "—"}
            differs = change.requisites and old != new
            rows.append(f"{label}: {new or '—'}" + (f" ({was})" if differs else ""))
        return "\n".join(rows)

    def save_model(self, request: HttpRequest, obj: RequisitesChange, form: Any, change: bool) -> None:
        saved = ask_change(
            obj.organization, {name: form.cleaned_data[name] for name in Requisites.WORDS}, kind=obj.kind,
            requisites=obj.requisites, is_main=obj.is_main, by=request.user, at=timezone.now(),  # type: ignore[arg-type]
        )  # fmt: skip
        obj.pk, obj.values = saved.pk, saved.values

    def get_urls(self) -> list[URLPattern]:
        own = [
            self.own_page(f"<int:pk>/{word}/", view, word)
            for word, view in (("approve", self.approve_view), ("refuse", self.refuse_view))
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row: RequisitesChange | None = kwargs.get("obj")
        if row is not None:
            waits = row.state in (RequisitesChange.State.ASKED, RequisitesChange.State.APPROVED)
            allowed = waits and self._allowed(request, APPROVE, row)
            is_asked = row.state == RequisitesChange.State.ASKED
            context["may_approve"] = allowed and is_asked and row.asked_by_id != request.user.pk
            context["may_refuse"] = allowed
            context["own"] = is_asked and row.asked_by_id == request.user.pk
        return super().render_change_form(request, context, *args, **kwargs)

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The second person agrees (POST)."""
        row = self._posted(request, pk)
        approved = approve_change(row, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        messages.success(request, gettext("Approved. The details are in force from %(hour)s.") % {
            "hour": timezone.localtime(approved.effective_at).strftime("%d.%m.%Y %H:%M")
        })  # fmt: skip
        return redirect("admin:billing_requisiteschange_change", pk)

    def refuse_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Nothing changes (POST)."""
        row = self._posted(request, pk)
        refuse_change(row, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        messages.success(request, gettext("Refused. The details stay as they were."))
        return redirect("admin:billing_requisiteschange_change", pk)

    def _posted(self, request: HttpRequest, pk: int) -> RequisitesChange:
        if request.method != "POST":
            raise Http404
        row: RequisitesChange = self.own_row(request, pk, APPROVE)
        return row
