"""The account's documents, one of them, and its file."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.limits import PDF_USER, take
from billing.actions.pdf import ask_for_pdf
from billing.charging.totals import to_pay
from billing.columns import table
from billing.comparing import compared
from billing.corrections import corrections
from billing.debts import late_since, standing_of
from billing.forms import MonthForm
from billing.models import Invoice, InvoiceLine
from billing.payment_code import payment_code
from billing.printing.charges import methods
from billing.shelf import (
    chosen_month,
    chosen_year,
    distinct,
    documents_of,
    month_instead,
    months_of,
    with_status,
    year_instead,
)
from billing.tasks import nudge
from billing.views.asked import SignedIn, account_asked, invoice_asked
from billing.wording import wording_of
from lib.money import format_money
from lib.months import month_name
from lib.qr import qr_png

MONTHS_PER_PAGE = 12
NOTHING = Decimal("0.00")


@login_required
@require_GET
def bills(request: SignedIn, account_id: UUID) -> HttpResponse:
    """P21: the account's documents by months, of a year or of one month, and what is owed in all."""
    account = account_asked(request, account_id)
    now, today = standing_of(account), account.organization.day(timezone.now())
    every = months_of(account)
    years = distinct(month.year for month in every)
    month = chosen_month(request.GET.get("month", ""), every)
    asked = "" if month else request.GET.get("year", "")
    year = chosen_year(asked, years)
    said = year_instead(asked, year) if asked or month else month_instead(request.GET.get("month", ""))
    chosen = [one for one in every if (not month or one == month) and (not year or one.year == year)]
    page: Page[date] = Paginator(chosen, MONTHS_PER_PAGE).get_page(request.GET.get("page"))
    documents = documents_of(account, list(page), now, today)
    context = {
        "account": account,
        "page": page,
        "groups": [(period, list(found)) for period, found in groupby(documents, key=lambda one: one.period)],
        "balance": now.balance,
        "debt": now.debt,
        "currency": account.organization.currency,
        "due": now.due,
        "late_since": late_since(now.due, today),
        "overdue": now.overdue(today),
        "month": month,
        "year": year,
        "years": years,
        "said": said,
        "picker": MonthForm(every, month),
        "query": f"&year={year}" if year else "",
    }
    return render(request, "billing/bills.html", context)


@login_required
@require_GET
def bill(request: SignedIn, account_id: UUID, invoice_id: UUID) -> HttpResponse:
    """P22: one document in three layers: what to pay and why so much, every figure, where the money goes."""
    invoice = invoice_asked(request, account_id, invoice_id)
    now = standing_of(invoice.account)
    with_status(invoice, now, invoice.account.organization.day(timezone.now()))
    lines = list(invoice.lines.all())
    words = wording_of(invoice.form, invoice.kind)
    code = payment_code(invoice, invoice.left)
    later = corrections(invoice)
    area = invoice.payer.get("area_total")
    context = {
        "invoice": invoice,
        "account": invoice.account,
        "currency": invoice.currency,
        "balance": now.balance,
        "compared": compared(invoice, lines),
        "words": words,
        "table": table(invoice, lines, words),
        "methods": methods(lines, words),
        "corrections": later,
        "corrected": invoice.charged + sum((one.amount for one in later), NOTHING),
        "area": Decimal(area) if area else None,
        "to_pay": to_pay(invoice.payable),
        "code": picture(code) if code else "",
        "cabinet": picture(settings.PUBLIC_URL + reverse("account_add")),
        "show_code": "code" in request.GET,
        "letters": _letters(invoice, lines),
    }
    return render(request, "billing/bill.html", context)


def _letters(invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[dict[str, Any]]:
    """Letters to the office that a resident only has to finish, one for each charge; none where it has no address."""
    office = invoice.account.organization.email
    facts = {"number": invoice.number, "month": month_name(invoice.period), "account": invoice.account.number}
    subject = _("I do not agree with a charge: account %(account)s, bill № %(number)s, %(month)s") % facts
    found = []
    for line in lines if office else []:
        body = _("Service: %(service)s, charged: %(sum)s. I do not agree because ") % {
            "service": line.service, "sum": format_money(line.total or line.penalty, invoice.currency, get_language() or "en"),
        }  # fmt: skip
        url = f"mailto:{quote(office, safe='@')}?subject={quote(subject)}&body={quote(body)}"
        found.append({"service": line.service, "url": url})
    return found


def picture(code: str) -> str:
    """A code as an image inside the page: nothing of it is kept anywhere."""
    return f"data:image/png;base64,{b64encode(qr_png(code, module=6)).decode()}"


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
    """The document as a file. POST asks the worker to make it, once; looking only tells how it is getting on.

    `?wait` is the page to look at meanwhile: it never becomes the file, so that it can say that the file is there.
    """
    invoice = invoice_asked(request, account_id, invoice_id)
    if request.method == "POST":
        now = timezone.now()
        take([(PDF_USER, request.user.pk)], at=now)
        ask_for_pdf(invoice, by=request.user, at=now, nudge=nudge)
        invoice.refresh_from_db(fields=["pdf_state"])
    is_queued, is_waiting = invoice.pdf_state == Invoice.Pdf.QUEUED, "wait" in request.GET
    if request.method == "POST" or (is_queued and not is_waiting):
        url = reverse("bill_pdf", args=[account_id, invoice_id])
        return redirect(f"{url}?wait" if is_queued else url)
    if invoice.pdf_state == Invoice.Pdf.READY and not is_waiting:
        return invoice_file(invoice)
    status = 202 if is_queued else 200
    return render(request, "billing/bill_pdf.html", {"invoice": invoice, "account": invoice.account}, status=status)
