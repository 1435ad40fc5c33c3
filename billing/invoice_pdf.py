"""Draws the PDF of a payment document from its frozen row alone: one to a file, or many in one print file."""

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import BinaryIO, NamedTuple

from django.conf import settings
from django.urls import reverse

from billing.models import Invoice, InvoiceLine
from billing.printing.form import Cabinet, Form
from lib.paper import Book
from premises import letter_codes

MOST_LINES = 500  # a document of a flat has 10 to 30; more would only serve to keep the worker busy
PROGRESS_EVERY = 20


class TooLong(ValueError):
    """The document has more lines than a sheet may."""


class Printable(NamedTuple):
    """A document ready to be printed: its row, its lines and the code that links its account ('' for none)."""

    invoice: Invoice
    lines: Sequence[InvoiceLine]
    connect_code: str = ""


def draw(invoice: Invoice, connect_code: str = "") -> bytes:
    """Return the document as PDF bytes in its form's language; one query for the lines.

    `connect_code` is what the newest bill of an account prints beside its second QR code.
    """
    return draw_sheet(invoice, list(invoice.lines.all()[: MOST_LINES + 1]), connect_code)


def draw_sheet(invoice: Invoice, lines: Sequence[InvoiceLine], connect_code: str = "") -> bytes:
    """Return the PDF of a document and its lines, with no query at all."""
    form, out = form_of(Printable(invoice, lines, connect_code)), BytesIO()
    with Book(out, title=form.title, language=form.words.language) as book:
        form.draw(book)
    return out.getvalue()


def draw_batch(
    sheets: Iterable[Printable],
    out: BinaryIO,
    *,
    title: str,
    language: str,
    progress: Callable[[int], object] = lambda done: None,
) -> int:
    """Write all documents as one tagged print file to the open file `out`; return how many there were.

    Give the sheets from an iterator: a document that is drawn is written, and nothing of it stays in memory. `progress` is
    called with the number drawn so far, now and then and at the end. Each document has a bookmark with its address.
    """
    done = 0
    with Book(out, title=title, language=language) as book:
        for done, printable in enumerate(sheets, start=1):
            payer = printable.invoice.payer
            form_of(printable).draw(book, bookmark=f"{payer.get('address', '')} · {payer.get('account_number', '')}")
            if done % PROGRESS_EVERY == 0:
                progress(done)
        if not done:
            raise NothingToPrint
    progress(done)
    return done


class NothingToPrint(ValueError):
    """A print file needs at least one document."""


def form_of(printable: Printable) -> Form:
    """The document's form, not drawn yet."""
    if len(printable.lines) > MOST_LINES:
        raise TooLong(f"{len(printable.lines)} lines")
    return Form(printable.invoice, printable.lines, cabinet(printable.connect_code))


def cabinet(code: str) -> Cabinet:
    """The code of the cabinet: to this very account where there is a code, or to the ways of adding one."""
    page = reverse("link_by_hand" if code else "account_add")
    path = reverse("link_qr", args=[code]) if code else page
    return Cabinet(settings.PUBLIC_URL + path, settings.PUBLIC_HOST + page, letter_codes.grouped(code) if code else "")
