"""P23: the movement of money over chosen months, as a page, a PDF and a table."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.limits import PDF_USER, take
from billing.debts import debt_of
from billing.forms import PeriodForm
from billing.models import Invoice
from billing.movement import Movement, months
from billing.statement import first_day, statement
from billing.statement_pdf import age_lines, draw_statement
from billing.statement_words import figures, heads, table_head, table_rows
from billing.views.asked import SignedIn, account_asked
from lib.tables import download
from premises.models import PersonalAccount

MOST_IN_PDF = 36  # months of one PDF


@login_required
@require_safe
def statement_page(request: SignedIn, account_id: UUID) -> HttpResponse:
    """The statement with the balance at the end of each month, the debt by age, and the ways to keep it."""
    account = account_asked(request, account_id)
    form = months_asked(request.GET, account)
    section = _section(request)
    found = statement(account, form.span.first, form.span.last, section=section)
    debt = debt_of(account, account.organization.day(timezone.now()))
    names = [str(head) for head in heads(found)]
    context = {
        "account": account,
        "currency": account.organization.currency,
        "picker": form,
        "statement": found,
        "heads": names,
        "rows": [(month, list(zip(names, figures(found, month.sums), strict=True))) for month in found.months],
        "totals": list(zip(names, figures(found, found.total), strict=True)),
        "debt": debt,
        "ages": age_lines(debt),
        "kinds": Invoice.Kind.choices,
        "section": section,
        "query": f"{form.query}&section={section}" if section else form.query,
        "parts": _parts(found),
        "is_long": len(found.months) > MOST_IN_PDF,
    }
    return render(request, "billing/statement.html", context)


@login_required
@require_safe
def statement_file(request: SignedIn, account_id: UUID, kind: str) -> HttpResponse:
    """The same as a file: PDF of at most three years, XLSX or CSV of any."""
    account = account_asked(request, account_id)
    if kind not in {"pdf", "xlsx", "csv"}:
        raise Http404
    span = months_asked(request.GET, account).span
    found = statement(account, span.first, span.last, section=_section(request))
    name = f"statement-{span.first:%Y-%m}-{span.last:%Y-%m}"
    if kind != "pdf":
        return download("xlsx" if kind == "xlsx" else "csv", name, table_head(found), table_rows(account, found))
    if len(found.months) > MOST_IN_PDF:
        raise Http404
    now = timezone.now()
    take([(PDF_USER, request.user.pk)], at=now)
    today = account.organization.day(now)
    body = draw_statement(account, found, debt_of(account, today), holder=account.holder, today=today)
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


def months_asked(data: QueryDict, account: PersonalAccount) -> PeriodForm:
    """The months that are asked for; the last thirteen by default, none before the book begins."""
    today = account.organization.day(timezone.now())
    newest = account.ledger.order_by("-on").values_list("on", flat=True).first() or today
    last = max(today, newest).replace(day=1)
    return PeriodForm(data, first=first_day(account) or last, last=last)


def _section(request: SignedIn) -> str:
    """One section of the book, or all of them together."""
    asked = request.GET.get("section", "")
    return asked if asked in Invoice.Kind.values else ""


def _parts(found: Movement) -> list[dict[str, Any]]:
    """The PDFs that hold the statement: one, or several where it is longer than one may be."""
    every: list[date] = list(months(found.first, found.last))
    pieces = [every[start : start + MOST_IN_PDF] for start in range(0, len(every), MOST_IN_PDF)]
    return [
        {
            "first": piece[0],
            "last": piece[-1],
            "query": f"from_month={piece[0].month}&from_year={piece[0].year}"
            f"&to_month={piece[-1].month}&to_year={piece[-1].year}",
        }
        for piece in pieces
    ]
