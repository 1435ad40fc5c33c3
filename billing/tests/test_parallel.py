"""Many clients at once on a real PostgreSQL: the book stays exact, a file is drawn for one nudge."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from billing.actions.pdf import ask_for_pdf
from billing.models import LedgerEntry
from billing.testing import make_invoice
from billing.tests.test_import_documents import HEAD, WATER
from portal.testing import make_cast
from premises.actions.imports import apply_file, check_file
from premises.models import ImportRun, Organization


def together(*works: Callable[[], object]) -> None:
    """Run all works at the same moment, each with its own connection."""
    start = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        finally:
            connection.close()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def checked(company: Organization, kind: str, text: str) -> ImportRun:
    return check_file(kind, company, BytesIO(text.encode()), name="f.csv", by=None, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_documents_and_payments_imported_at_once_give_the_printed_debt() -> None:
    cast = make_cast()
    documents = checked(cast.company, "documents", HEAD + WATER)
    rows = "".join(f"10012;{day:02}.01.2019;{day};1,00\n" for day in range(1, 21))
    payments = checked(cast.company, "payments", f"account;date;number;amount\n{rows}=20;20,00\n")
    together(*[lambda run=run: apply_file(run, by=None, at=timezone.now()) for run in (documents, payments)])
    book = LedgerEntry.objects.filter(account=cast.account)
    assert book.filter(kind="payment").balance() == Decimal("-20.00")
    assert book.before(date(2019, 2, 1)).balance() == Decimal("10.00")
    assert book.balance() == Decimal("110.00")


@pytest.mark.feature("G3")
@pytest.mark.django_db(transaction=True)
def test_eight_taps_on_the_button_wake_the_worker_once() -> None:
    cast, told = make_cast(), list[int]()
    invoice = make_invoice(cast.account, date(2026, 3, 1))
    together(*[lambda: ask_for_pdf(invoice, by=cast.olga, at=timezone.now(), nudge=told.append)] * 8)
    assert told == [invoice.pk]
    assert list(invoice.awaited_by.all()) == [cast.olga]
