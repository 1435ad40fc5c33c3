"""Bank details in the staff room: looked at by one, changed by two."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.actions.requisites import ThereAlready, ask_change, is_there
from billing.admin_agreed import AgreedAdmin, Compared
from billing.forms import RequisitesForm
from billing.models import Requisites, RequisitesChange
from premises.admin_forms import NumberField
from premises.admin_scope import ACCOUNTANT, LOOK, MANAGER, ScopedAdmin


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
class RequisitesChangeAdmin(AgreedAdmin):
    """Who asked for which details, who approved them, since when they are in force."""

    form = ChangeForm
    list_display = ("organization", "kind", "__str__", *AgreedAdmin.STEPS)
    autocomplete_fields = ("requisites",)
    NEW = ("organization", "requisites", "kind", "is_main", *Requisites.WORDS)
    SHOWN = ("organization", "kind", "is_main", *AgreedAdmin.SHOWN[1:])
    PRESENT = Requisites
    present = "requisites"
    COPIED = (*Requisites.WORDS, "kind", "is_main")
    advice = _("Compare the details with the paper from the bank before you approve them.")

    def compared(self, change: RequisitesChange) -> Iterator[Compared]:
        for name in Requisites.WORDS:
            label = Requisites._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            yield label, change.values.get(name, ""), getattr(change.requisites, name, None)

    def save_model(self, request: HttpRequest, obj: RequisitesChange, form: Any, change: bool) -> None:
        saved = ask_change(
            obj.organization, {name: form.cleaned_data[name] for name in Requisites.WORDS}, kind=obj.kind,
            requisites=obj.requisites, is_main=obj.is_main, by=request.user, at=timezone.now(),  # type: ignore[arg-type]
        )  # fmt: skip
        obj.pk, obj.values = saved.pk, saved.values
