"""The account's documents, one of them, and its file."""

from base64 import b64encode
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from billing.actions.pdf import ask_for_pdf
from billing.forms import MonthForm
from billing.invoice_pdf import sheet
from billing.models import Invoice, LedgerEntry
from billing.payment_code import payment_code
from billing.qr.symbol import code_png
from billing.shelf import chosen_month, chosen_year, distinct, with_status
from billing.tasks import nudge
from billing.views.asked import SignedIn, account_asked, invoice_asked
from billing.wording import wording_of

PER_PAGE = 24


@login_required
@require_GET
def bills(request: SignedIn, account_id: UUID) -> HttpResponse:
    """P21: the account's documents, of a year or of one month, and what is owed in all."""
    account = account_asked(request, account_id)
    balances = LedgerEntry.objects.balances_by_section(account)
    every = with_status(list(account.invoices.live().light()), balances)
    months = distinct(invoice.period for invoice in every)
    years = distinct(month.year for month in months)
    month = chosen_month(request.GET.get("month", ""), months)
    year = None if month else chosen_year(request.GET.get("year", ""), years)
    found = [one for one in every if (not month or one.period == month) and (not year or one.period.year == year)]
    context = {
        "account": account,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "balance": sum(balances.values(), Decimal("0.00")),
        "currency": account.organization.currency,
        "due": next((one.due_on for one in every if one.due_on), None),
        "month": month,
        "year": year,
        "years": years,
        "picker": MonthForm(months, month),
        "query": f"&year={year}" if year else "",
    }
    return render(request, "billing/bills.html", context)


@login_required
@require_GET
def bill(request: SignedIn, account_id: UUID, invoice_id: UUID) -> HttpResponse:
    """P22: one document: what is to pay, the form's sections, bank details and the payment code."""
    invoice = invoice_asked(request, account_id, invoice_id)
    words = wording_of(invoice.form)
    code = payment_code(invoice)
    context = sheet(invoice, list(invoice.lines.all()), words) | {
        "account": invoice.account,
        "currency": invoice.currency,
        "balance": LedgerEntry.objects.filter(account=invoice.account).balance(),
        "code": picture(code) if code else "",
        "show_code": "code" in request.GET,
    }
    return render(request, "billing/bill.html", context)


def picture(code: str) -> str:
    """The payment code as an image inside the page: nothing of it is kept anywhere."""
    return f"data:image/png;base64,{b64encode(code_png(code, module=6)).decode()}"


def invoice_file(invoice: Invoice) -> FileResponse:
    """A ready document as a download that nobody keeps, under a name of ours."""
    response = FileResponse(
        invoice.pdf.open("rb"), as_attachment=True, filename=invoice.file_name, content_type="application/pdf"
    )
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def bill_pdf(request: SignedIn, account_id: UUID, invoice_id: UUID) -> HttpResponse | FileResponse:
    """The document as a file. POST asks the worker to make it, once; looking only tells how it is getting on."""
    invoice = invoice_asked(request, account_id, invoice_id)
    if request.method == "POST":
        ask_for_pdf(invoice, by=request.user, at=timezone.now(), nudge=nudge)
        return redirect("bill_pdf", account_id, invoice_id)
    if invoice.pdf_state == Invoice.Pdf.READY:
        return invoice_file(invoice)
    status = 202 if invoice.pdf_state == Invoice.Pdf.QUEUED else 200
    return render(request, "billing/bill_pdf.html", {"invoice": invoice, "account": invoice.account}, status=status)
