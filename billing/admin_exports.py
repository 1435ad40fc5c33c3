"""Files that leave the portal for banks, payment services, funds and the state system, in the staff room."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.confirm import confirm_first
from billing.actions.exporting import note_export
from billing.exchange.debts import (
    balances_table,
    feed_table,
    sberbank_lines,
    sberbank_name,
    showcase_table,
)
from billing.exchange.gis_written import documents_sheets
from billing.models import Export, InvoiceLine, LedgerEntry, Requisites
from billing.owing import Table, documents_of, documents_table, gis_documents, owed
from lib.tables import stream, streamed, workbook_parts
from meters.admin_base import EXPORT, DeskAdmin
from premises.admin_scope import is_chief
from premises.models import Organization, PersonalAccount

MOST_BY_CONTRACT = 200_000  # rows of a file without names
MOST_LINES = 1_200_000  # of the documents of a month: eleven rows for each of 100 000
MOST_OF_A_WORKBOOK = 200_000  # rows: a sheet ends at 1 048 576, and long before that nobody waits for it

File = HttpResponse | StreamingHttpResponse


@dataclass(frozen=True)
class Order:
    """What is wanted: whose, of which month, in which form."""

    company: Organization
    period: date
    today: date
    number: int
    kind: Any  # csv or xlsx
    encoding: str


@dataclass(frozen=True)
class Sort:
    """One sort of file: how many rows it would hold, and how it is made."""

    count: Callable[[Order], int]
    make: Callable[[Order], File]
    most: int = Export.MOST_ROWS
    country: str = ""  # where there is such a receiver; '' for everywhere

    def is_for(self, countries: Collection[str]) -> bool:
        """Whether a company of one of these countries has somebody to send it to."""
        return not self.country or self.country in countries


def _accounts(order: Order) -> int:
    entries = LedgerEntry.objects.filter(account__organization=order.company)
    return entries.order_by().values("account", "section").distinct().count()


def _with_balance(order: Order) -> int:
    return PersonalAccount.objects.filter(organization=order.company, ledger__isnull=False).distinct().count()


def _documents(order: Order) -> int:
    return documents_of(order.company, order.period).count()


def _lines(order: Order) -> int:
    """The rows of the documents line by line: their lines, and one of totals for each."""
    documents = documents_of(order.company, order.period).order_by()
    return documents.count() + InvoiceLine.objects.filter(invoice__in=documents).count()


def _table(order: Order, name: str, table: Table) -> StreamingHttpResponse:
    header, rows = table
    return stream(order.kind, f"{name}-{order.period:%Y-%m}", header, rows)


def _balances(order: Order) -> StreamingHttpResponse:
    return _table(order, "balances", balances_table(owed(order.company, order.period, named=True)))


def _feed(order: Order) -> StreamingHttpResponse:
    return _table(order, "debts", feed_table(owed(order.company, order.period, metered=True)))


def _showcase(order: Order) -> StreamingHttpResponse:
    return _table(order, "vitryna-1201", showcase_table(owed(order.company, order.period, named=True), on=order.today))


def _register(order: Order) -> StreamingHttpResponse:
    return _table(order, "documents", documents_table(documents_of(order.company, order.period)))


def _gis(order: Order) -> StreamingHttpResponse:
    sheets = documents_sheets(gis_documents(documents_of(order.company, order.period)))
    return streamed("xlsx", f"gis-documents-{order.period:%Y-%m}", workbook_parts(sheets))


def _sberbank(order: Order) -> HttpResponse:
    details = Requisites.objects.get(organization=order.company, kind="main", is_main=True)
    name = sberbank_name(details.tax_id, details.account, order.number, order.period)
    debts = owed(order.company, order.period, together=True)
    lines = b"".join(sberbank_lines(debts, encoding=order.encoding))
    return _file(lines, name, f"text/plain; charset={order.encoding}")


def _file(body: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


SORTS = {
    "balances": Sort(_accounts, _balances),
    "sberbank": Sort(_with_balance, _sberbank, MOST_BY_CONTRACT, "RU"),
    "feed": Sort(_accounts, _feed, MOST_BY_CONTRACT),
    "showcase": Sort(_accounts, _showcase, country="UA"),
    "documents": Sort(_lines, _register, MOST_LINES),
    "gis": Sort(_documents, _gis, MOST_BY_CONTRACT, "RU"),
}


class ExportForm(forms.Form):
    """Which file of which company, and what for."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Company"), empty_label=None)
    sort = forms.ChoiceField(label=_("File"), choices=[(name, Export.What(name).label) for name in SORTS])
    period = forms.DateField(
        label=_("Month"), input_formats=["%Y-%m", "%m.%Y"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind of table"), choices=[("xlsx", "XLSX"), ("csv", "CSV")])
    number = forms.IntegerField(label=_("Number of the register (for Sberbank)"), min_value=1, max_value=999, initial=1)
    encoding = forms.ChoiceField(
        label=_("Encoding (for Sberbank)"),
        choices=[("cp1251", "windows-1251"), ("koi8-r", "KOI8-R"), ("utf-8", "UTF-8")],
    )
    reason = forms.CharField(
        label=pgettext_lazy("of a file", "What for"), min_length=5, max_length=200,
        help_text=_("It is kept with your name and the number of rows."),
    )  # fmt: skip

    def __init__(self, data: Any, companies: QuerySet[Organization], now: datetime) -> None:
        first = companies.first()
        today = first.day(now) if first else timezone.localdate(now)
        super().__init__(data, initial={"period": today, "organization": first})
        self.now = now
        self.fields["organization"].queryset = companies  # type: ignore[attr-defined]
        countries = set(companies.order_by().values_list("country", flat=True))
        self.fields["sort"].choices = [  # type: ignore[attr-defined]
            (name, Export.What(name).label) for name, sort in SORTS.items() if sort.is_for(countries)
        ]
        if not SORTS["sberbank"].is_for(countries):
            for name in ("number", "encoding"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "organization" not in values:
            return values
        self.today = values["organization"].day(self.now)
        if "sort" in values and not SORTS[values["sort"]].is_for({values["organization"].country}):
            self.add_error("sort", _("This file is not for companies of this country."))
        if "period" in values and values["period"].replace(day=1) > self.today:
            self.add_error("period", _("This month has not begun yet."))
        if not self.errors and values["sort"] == "sberbank":
            details = Requisites.objects.filter(organization=values["organization"], kind="main", is_main=True).first()
            try:
                sberbank_name(details.tax_id if details else "", details.account if details else "", 1, self.today)
            except ValueError:
                self.add_error("sort", _("The bank needs the company's ИНН of 10 digits and its account of 20 digits."))
        return values

    def fits(self, rows: int) -> bool:
        """Whether so many rows go into the kind of table that was chosen; else it is an error beside it."""
        if (
            self.cleaned_data["sort"] != "documents"
            or self.cleaned_data["kind"] != "xlsx"
            or rows <= MOST_OF_A_WORKBOOK
        ):
            return True
        facts = {"rows": rows, "most": MOST_OF_A_WORKBOOK}
        self.add_error(
            "kind", _("The file would hold %(rows)s rows, a workbook holds at most %(most)s. Choose CSV.") % facts
        )
        return False

    @property
    def order(self) -> Order:
        values = self.cleaned_data
        month = values["period"].replace(day=1)
        number, encoding = values.get("number", 1), values.get("encoding", "cp1251")
        return Order(values["organization"], month, self.today, number, values["kind"], encoding)


class ExportingMixin(DeskAdmin):
    """The page on which files are taken; every file has a reason and is written down first."""

    def exporting_pages(self) -> list[URLPattern]:
        return [self.own_page("exports/", self.exports_view, "exports")]

    def exports_view(self, request: HttpRequest) -> File:
        """GET asks what and what for; POST gives the file. For somebody who has just proved that it is them."""
        self.allowed_or_404(request, EXPORT)
        if self.confirm_first(request):
            return confirm_first(request, request.get_full_path())
        companies = self.scoped(request, Organization.objects.order_by("short_name"), EXPORT)
        if is_chief(request):
            companies = companies.filter(accounts__isnull=False).distinct()
        now = timezone.now()
        form = ExportForm(request.POST if request.method == "POST" else None, companies, now)
        if form.is_bound and form.is_valid():
            order, sort = form.order, SORTS[form.cleaned_data["sort"]]
            rows = sort.count(order)
            if form.fits(rows):
                note_export(
                    order.company, form.cleaned_data["sort"], rows=rows, reason=form.cleaned_data["reason"],
                    query=f"{order.period:%Y-%m} {order.kind}", by=request.user, at=now, most=sort.most,  # type: ignore[arg-type]
                )  # fmt: skip
                return sort.make(order)
        context = {"title": _("Files for banks, funds and ГИС ЖКХ"), "form": form}
        return self.drawn(request, "ledgerentry/exports", status=422 if form.errors else 200, **context)
