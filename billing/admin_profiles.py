"""Column profiles in the staff room: a field for each column instead of JSON, and a try on a file."""

from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from billing.actions.documents import open_table
from billing.exchange.detect import open_payments
from billing.exchange.documents import Document
from billing.exchange.profile import (
    DATE_ORDERS,
    DECIMALS,
    DOCUMENTS,
    ENCODINGS,
    FOOTERS,
    KNOWN,
    LABELS,
    PAYMENTS,
    SEPARATORS,
    USUAL,
    Profile,
    WrongProfile,
)
from lib.uploads import MAX_UPLOAD
from meters.admin_base import DeskAdmin
from premises.admin_imports import TOO_LARGE
from premises.admin_scope import ACCOUNTANT, ALL, MANAGER, VIEW, KeyedForm
from premises.models import ColumnProfile
from premises.registers import Tally

SHOWN = 10  # rows of a try
COLUMN = "column_"
TOLD = ("", _("told by the file"))
SIGNS = {"\t": _("tab"), ";": "; ", ",": ", ", "|": "|", "^": "^", "#": "#", "~": "~"}
DAYS = {"dmy": _("day, month, year"), "ymd": _("year, month, day"), "mdy": _("month, day, year")}
USUAL_WORDS = {
    "sberbank": _("a register of Sberbank"), "ukrainian": _("a register of a Ukrainian bank"),
    "centre": _("batches of a settlement centre"),
}  # fmt: skip
FOOTER_WORDS = {"none": _("none"), "sign": _("begins with ="), "word": _("begins with ИТОГО or РАЗОМ")}


class ProfileForm(KeyedForm):
    """How a partner's file looks. A column is a header or, from 1, a place."""

    register = PAYMENTS
    separator = forms.ChoiceField(
        label=_("Separator"), required=False, choices=[TOLD, *((one, SIGNS[one]) for one in SEPARATORS if one)]
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"), required=False, choices=[TOLD, *((one, one) for one in ENCODINGS if one)]
    )
    decimal = forms.ChoiceField(
        label=_("Sign before the fraction"), required=False, choices=[TOLD, *((one, one) for one in DECIMALS if one)]
    )
    date_order = forms.ChoiceField(
        label=_("Order of a date"), required=False, choices=[TOLD, *((one, DAYS[one]) for one in DATE_ORDERS if one)]
    )
    has_header = forms.BooleanField(label=_("The file has a line of headers"), required=False)
    is_quoted = forms.BooleanField(label=_("A cell may stand in quotation marks"), required=False)
    footer = forms.ChoiceField(label=_("Control line"), choices=[(one, FOOTER_WORDS[one]) for one in FOOTERS])
    has_batches = forms.BooleanField(label=_("Several registers in one file"), required=False)
    batch_mark = forms.CharField(label=_("A register begins with"), required=False, max_length=20)

    SETTINGS = (
        "separator", "encoding", "decimal", "date_order", "has_header", "is_quoted", "footer", "has_batches", "batch_mark",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = kwargs.get("initial") or {}
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.instance.kind = self.register
        layout = self.instance.layout or given.get("layout") or {}
        usual = {"is_quoted": True, "footer": "none"}
        for name in self.SETTINGS:
            self.initial.setdefault(name, layout.get(name, usual.get(name)))
        for name, place in layout.get("columns", {}).items():
            self.initial.setdefault(COLUMN + name, place)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        columns = {name: _place(values[COLUMN + name]) for name in KNOWN[self.register][0] if values.get(COLUMN + name)}
        kept = {name: values[name] for name in self.SETTINGS}
        try:
            profile = Profile.from_json({"columns": columns, "register": self.register} | kept)
        except WrongProfile as wrong:
            name = wrong.facts.get("name", "")
            field = next((one for one in (COLUMN + name, name) if one in self.fields), None)
            called = {"name": self.fields[field].label} if field else {}
            self.add_error(field, gettext(wrong.text) % {**wrong.facts, **called})
            return values
        self.instance.layout = profile.as_json()
        return values


def _place(typed: str) -> str | int:
    typed = typed.strip()
    return int(typed) if typed.isascii() and typed.isdigit() else typed


def _form_of(register: str) -> type[ProfileForm]:
    """The form with one field per column of this register."""
    known, required = KNOWN[register]
    places: dict[str, Any] = {
        COLUMN + name: forms.CharField(
            label=capfirst(gettext_lazy(LABELS[name])), required=name in required, max_length=100
        )
        for name in known
    }
    return type("ProfileForm", (ProfileForm,), {**places, "register": register})


FORMS = {register: _form_of(register) for register in KNOWN}


class TryForm(forms.Form):
    """A file of the partner, only looked at."""

    file = forms.FileField(label=_("File, at most 10 MB"))

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > MAX_UPLOAD:
            raise forms.ValidationError(TOO_LARGE)
        return self.cleaned_data["file"]


@admin.register(ColumnProfile)
class ColumnProfileAdmin(DeskAdmin):
    """How partners' files look, for the company's own contracts."""

    may = {MANAGER: ALL, ACCOUNTANT: ALL}
    change_form_template = "admin/premises/columnprofile/form.html"
    list_display = ("name", "kind", "organization")
    list_filter = ("kind", "organization")
    list_select_related = ("organization",)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(kind__in=KNOWN)

    def _register(self, request: HttpRequest, obj: ColumnProfile | None) -> str:
        wanted = obj.kind if obj else request.GET.get("kind", PAYMENTS)
        return wanted if wanted in KNOWN else PAYMENTS

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=FORMS[self._register(request, obj)], **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        known = KNOWN[self._register(request, obj)][0]
        return [
            (None, {"fields": ("organization", "name")}),
            (_("Columns: the header, or the place from 1"), {"fields": tuple(COLUMN + name for name in known)}),
            (_("The file"), {"fields": ProfileForm.SETTINGS}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What is usual at a bank, when somebody begins with it."""
        initial = super().get_changeform_initial_data(request)
        usual = USUAL.get(request.GET.get("usual", ""))
        return {name: initial[name] for name in ("organization", "name") if name in initial} | (
            {"layout": usual.as_json()} if usual else {}
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["usual"] = [(name, USUAL_WORDS[name]) for name in USUAL]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        return [self.own_page("<int:pk>/try/", self.try_view, "try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the first rows of a file through the profile; nothing is kept."""
        profile: ColumnProfile = self.own_row(request, pk, VIEW)
        if profile.kind not in KNOWN:
            raise Http404
        form = TryForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        context: dict[str, Any] = {"title": _("Try the profile on a file"), "profile": profile, "form": form}
        if form.is_bound and form.is_valid():
            context |= _tried(profile, form.cleaned_data["file"].file)
        return self.drawn(request, "columnprofile/try", status=422 if form.errors else 200, **context)


def _tried(profile: ColumnProfile, file: Any) -> dict[str, Any]:
    """The first rows as the profile reads them, and what is wrong with them."""
    layout = Profile.from_json(profile.layout)
    opened: Any = open_payments(file, profile=layout) if profile.kind == PAYMENTS else open_table(file, layout)
    first = list(islice(opened, SHOWN))
    tally = Tally()
    tally.name_columns(opened)
    rows, problems = [], list(opened.problems)
    for one in first:
        if isinstance(one, Document):
            problems += [problem for row in one.rows for problem in row.problems]
            period = f"{one.period:%m.%Y}" if one.period else ""
            rows.append((one.account, period, one.number, one.sums.payable if one.sums else ""))
        else:
            problems += one.problems
            rows.append((one.account, one.on if one.is_good else "", one.operation, one.amount))
    heads = (_("Account"), _("Period"), _("Document"), _("To pay")) if profile.kind == DOCUMENTS else (
        _("Account"), _("Day"), _("Operation"), _("Sum")
    )  # fmt: skip
    tally.note(problems[: 5 * SHOWN])
    return {"rows": rows, "heads": heads, "problems": tally.problems, "is_tried": True}
