"""The staff's pages of documents, payments and the ledger. Money is only read here; it comes by registers."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.limits import PDF_USER, take
from billing import (  # noqa: F401  (they register their pages)
    admin_circumstances,
    admin_online,
    admin_partners,
    admin_profiles,
    admin_providers,
    admin_requisites,
    admin_rules,
    admin_runs,
    admin_services,
    admin_strays,
)
from billing.actions.pdf import ask_for_pdf
from billing.admin_collecting import CollectingMixin
from billing.admin_debts import ReconcilingMixin
from billing.admin_exports import ExportingMixin
from billing.models import Invoice, InvoiceLine, LedgerEntry, Payment
from billing.models.invoice import places_of
from billing.tasks import nudge
from billing.views.bills import invoice_file
from lib.money import format_number
from meters.admin_base import EXPORT, DeskAdmin
from premises.admin_scope import ACCOUNTANT, LOOK, MANAGER, VIEW, Rights, ScopedAdmin, ScopedInline

READERS: Rights = {MANAGER: LOOK, ACCOUNTANT: LOOK}  # what a flat owes is not the dispatcher's business
MOST_FILES = 500  # of one press of the button


class LineInline(ScopedInline):
    """The printed lines of a document."""

    model = InvoiceLine
    organization_path = "invoice__organization"
    may = READERS
    show_change_link = False
    always = ("service", "unit", "quantity", "rate", "accrued")
    more = (
        "split", "quantity_common", "accrued_common", "excess", "recalculated", "benefit", "fine", "penalty", "balance",
    )  # fmt: skip
    readonly_fields = ("quantity", "rate", "split", "quantity_common")

    def get_fields(self, request: HttpRequest, obj: Invoice | None = None) -> list[Any]:
        """Only the columns that have a figure, as the document itself has them: the table fits the page."""
        lines = list(obj.lines.all()) if obj else []
        columns = {"quantity_common": "volume_common", "split": "parts"}
        used = [name for name in self.more if any(getattr(line, columns.get(name, name)) for line in lines)]
        return [*self.always, *used, "payable", *(["warnings"] if any(line.warnings for line in lines) else [])]

    @admin.display(description=_("volume"))
    def quantity(self, line: InvoiceLine) -> str:
        return _figure(line.volume)

    @admin.display(description=_("volume of common use"))
    def quantity_common(self, line: InvoiceLine) -> str:
        return _figure(line.volume_common)

    @admin.display(description=_("tariff"))
    def rate(self, line: InvoiceLine) -> str:
        """None beside the whole volume where the month had several: the split has them."""
        return "" if line.parts else _figure(line.tariff, line.tariff_places)

    @admin.display(description=_("by tariffs"))
    def split(self, line: InvoiceLine) -> str:
        """«20,333333 × 24,36 = 495,32», one tariff in a line."""
        return "\n".join(
            f"{_figure(volume)} × {_figure(rate, places_of(rate))} = {_figure(amount, 2)}"
            for volume, rate, amount in line.by_tariff
        )


def _figure(value: Decimal | None, places: int | None = None) -> str:
    """«74,9» where the row keeps 74,9000000."""
    return "" if value is None else format_number(value, get_language() or "en", places)


@admin.register(Invoice)
class InvoiceAdmin(DeskAdmin):
    """Issued documents: never edited, a correction is a new document."""

    may = READERS
    inlines = (LineInline,)
    actions = ("make_files",)
    list_display = ("number", "period", "kind", "account", "accrued", "payable", "pdf_state")
    list_filter = ("kind", "pdf_state", "organization")
    list_select_related = ("account",)
    search_fields = ("number", "account__number_search", "account__unit__house__address_search")
    search_help_text = _("Number of the document or of the account, or the address")
    sortable_by = ("period", "payable")
    fields = (
        "organization", "account", "payer_name", "number", "period", "kind", "recipient", "form", "issued_on", "due_on",
        "paid_upto", "opening", "accrued", "excess", "recalculated", "benefit", "fine", "penalty", "fees", "subsidy",
        "paid", "payable", "voided_at", "file",
    )  # fmt: skip
    readonly_fields = ("payer_name", "file")

    @admin.display(description=_("payer"))
    def payer_name(self, invoice: Invoice) -> str:
        return str(invoice.payer.get("name", ""))

    @admin.display(description=_("PDF"))
    def file(self, invoice: Invoice) -> str:
        """The bill as its payer sees it: the file, or the page that has it made."""
        if invoice.pdf_state == Invoice.Pdf.READY:
            name, words = "pdf", invoice.file_name
        else:
            name, words = "drawing", gettext("Make the file")
        link = format_html('<a href="{}">{}</a>', reverse(f"admin:billing_invoice_{name}", args=[invoice.pk]), words)
        return link if name == "pdf" else format_html("{}. {}", invoice.get_pdf_state_display(), link)

    @admin.action(description=_("Make the PDF files of the chosen documents"), permissions=["view"])
    def make_files(self, request: HttpRequest, chosen: QuerySet[Invoice]) -> None:
        """Ask the worker for files that are not made yet."""
        for invoice in chosen[:MOST_FILES]:
            ask_for_pdf(invoice, by=request.user, at=timezone.now(), nudge=nudge)  # type: ignore[arg-type]
        messages.info(request, _("The files are being made. Each opens on the page of its document in a few seconds."))

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/pdf/", self.admin_site.admin_view(self.pdf), name="billing_invoice_pdf"),
            self.own_page("<int:pk>/drawing/", self.drawing_view, "drawing"),
            *super().get_urls(),
        ]

    def drawing_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How the file of one document is getting on (GET); ask the worker to make it (POST), as its payer may."""
        invoice: Invoice = self.own_row(request, pk, VIEW)
        if request.method == "POST":
            take([(PDF_USER, request.user.pk)], at=timezone.now())
            ask_for_pdf(invoice, by=request.user, at=timezone.now(), nudge=nudge)  # type: ignore[arg-type]
            return redirect("admin:billing_invoice_drawing", pk)
        title = gettext("Bill № %(number)s as a file") % {"number": invoice.number}
        is_queued = invoice.pdf_state == Invoice.Pdf.QUEUED
        return self.drawn(request, "invoice/drawing", invoice=invoice, is_queued=is_queued, title=title)

    def pdf(self, request: HttpRequest, pk: int) -> FileResponse:
        """The file of a document of one's own company."""
        ready = self.get_queryset(request).filter(pdf_state=Invoice.Pdf.READY)
        return invoice_file(get_object_or_404(ready, pk=pk))


@admin.register(Payment)
class PaymentAdmin(ScopedAdmin):
    """Money received, as the registers stated it."""

    may = READERS
    list_display = ("number", "paid_on", "account", "amount", "kind", "channel")
    list_filter = ("kind", "organization")
    list_select_related = ("account",)
    search_fields = ("number", "operation", "account__number_search")
    search_help_text = _("Number of the payment, of the operation or of the account")
    sortable_by = ("paid_on", "amount")
    fields = ("organization", "account", "number", "operation", "paid_on", "amount", "refunded", "kind", "channel", "source",
              "intent")  # fmt: skip


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReconcilingMixin, CollectingMixin, ExportingMixin):
    """The book, line by line, and what it says of the whole company."""

    organization_path = "account__organization"
    may = {MANAGER: LOOK | {EXPORT}, ACCOUNTANT: LOOK | {EXPORT}}
    list_display = ("on", "account", "section", "kind", "amount", "invoice", "payment")
    list_filter = ("kind", "section")
    list_select_related = ("account", "invoice", "payment")
    search_fields = ("account__number_search", "account__unit__house__address_search")
    search_help_text = _("Number of the account or the address")
    sortable_by = ("on", "amount")
    fields = ("account", "section", "kind", "on", "amount", "invoice", "payment")

    def get_urls(self) -> list[URLPattern]:
        return [*self.collecting_pages(), *self.exporting_pages(), *self.reconciling_pages(), *super().get_urls()]
