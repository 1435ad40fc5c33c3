"""Draws the PDF of a payment document from its frozen row alone."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing.models import Invoice, InvoiceLine
from billing.payment_code import payment_code
from billing.qr.symbol import code_png
from billing.wording import Wording, wording_of
from lib.qr import qr_png
from premises import letter_codes

MOST_LINES = 500  # a document of a flat has 10 to 30; more would only serve to keep the renderer busy


class TooLong(ValueError):
    """The document has more lines than a sheet may."""


def draw(invoice: Invoice, connect_code: str = "") -> bytes:
    """Return the document as PDF bytes in its form's language, about 0.3 s; one query for the lines.

    `connect_code` is what the newest bill of an account prints beside its second QR code.
    """
    lines = list(invoice.lines.all()[: MOST_LINES + 1])
    if len(lines) > MOST_LINES:
        raise TooLong(f"{len(lines)} lines")
    return draw_sheet(invoice, lines, connect_code)


def draw_sheet(invoice: Invoice, lines: Sequence[InvoiceLine], connect_code: str = "") -> bytes:
    """Return the PDF of a document and its lines, with no query at all."""
    from lib.pdf import render_pdf  # here: WeasyPrint takes half a second and 40 MB, and the web server never prints

    words = wording_of(invoice.form)
    code = payment_code(invoice)
    images = {"cabinet": qr_png(cabinet_url(connect_code))} | ({"pay": code_png(code)} if code else {})
    return render_pdf(
        f"billing/pdf/{invoice.form}.html",
        sheet(invoice, lines, words) | {"has_code": bool(code)} | cabinet(connect_code),
        title=f"{words.title} № {invoice.number}",
        language=words.language,
        styles=["invoice.css"],
        images=images,
    )


def sheet(invoice: Invoice, lines: Sequence[InvoiceLine], words: Wording) -> dict[str, Any]:
    """The values that a form prints, for the PDF and the page alike."""
    has_penalty = bool(invoice.penalty)
    area = invoice.payer.get("area_total")
    return {
        "invoice": invoice,
        "lines": lines,
        "words": words,
        "area": Decimal(area) if area else None,
        "to_pay": max(invoice.payable, Decimal("0.00")),
        "has_penalty": has_penalty,
        "width": len(words.columns) + has_penalty,
        "methods": methods(lines, words),
    }


def methods(lines: Iterable[InvoiceLine], words: Wording) -> list[tuple[str, str]]:
    """The footnotes under the table: only the methods that a line has, as (index, words)."""
    used = {line.method for line in lines}
    return [(InvoiceLine.METHOD_MARKS[method], text) for method, text in words.methods.items() if method in used]


def cabinet(code: str) -> dict[str, str]:
    """What is printed beside the code of the cabinet: the address to type and, where there is one, the code in groups."""
    page = reverse("link_by_hand" if code else "account_add")
    return {"cabinet_address": settings.PUBLIC_HOST + page, "cabinet_groups": letter_codes.grouped(code)}


def cabinet_url(code: str) -> str:
    """Where the code of the cabinet leads: to this very account, or to the ways of adding one."""
    return settings.PUBLIC_URL + (reverse("link_qr", args=[code]) if code else reverse("account_add"))
