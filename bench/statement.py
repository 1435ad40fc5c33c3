"""An account of ten years: its statement as page and files, and its lists of documents and payments.

    python bench/statement.py

Three documents and a payment in each month, all in the book. Everything is rolled back. The floor is one bare aggregate
over the account's entries and drawing nothing.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

YEARS, ROUNDS = (1, 10), 15
KINDS = ("main", "repair", "other")


def report() -> Iterator[str]:
    """The figures of one run, line by line."""
    yield "## An account by its age"
    yield ""
    yield (
        f"Three documents and a payment in each month; median of {ROUNDS}, in one process. Targets: a statement over 10 years "
        "at most 300 ms, the list of documents at most 10 queries."
    )
    yield ""
    yield "| Years | What | ms | Queries | Of the bare sum of the book |"
    yield "|---|---|---|---|---|"
    for years in YEARS:
        floor = 0.0
        for what, seconds, queries in measure(years):
            floor = floor or seconds
            yield f"| {years} | {what} | {seconds * 1000:.1f} | {queries} | {seconds / floor:.0f} × |"


def measure(years: int) -> Iterator[tuple[str, float, int]]:
    """What was done, its seconds, its queries."""
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from billing.models import LedgerEntry

    with transaction.atomic():
        account, resident, first = old_account(years)
        client = Client()
        client.force_login(resident)
        last = first.replace(year=first.year + years - 1, month=12)
        span = f"?from_month={first.month}&from_year={first.year}&to_month={last.month}&to_year={last.year}"

        def opened(name: str, query: str = "", **kwargs: Any) -> Callable[[], None]:
            url = reverse(name, kwargs={"account_id": account.public_id, **kwargs}) + query

            def get() -> None:
                answer = client.get(url)
                assert answer.status_code == 200, (url, answer.status_code)

            return get

        jobs: list[tuple[str, Callable[[], Any]]] = [
            ("bare sum of the book", lambda: LedgerEntry.objects.filter(account=account).balance()),
            ("statement, page", opened("statement", span)),
            ("statement, XLSX", opened("statement_file", span, kind="xlsx")),
            ("statement, CSV", opened("statement_file", span, kind="csv")),
            ("documents", opened("bills")),
            ("payments", opened("payments")),
        ]
        for what, job in jobs:
            job()
            seconds = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                job()
                seconds.append(time.perf_counter() - started)
            with CaptureQueriesContext(connection) as seen:
                job()
            yield what, median(seconds), len(seen)
        transaction.set_rollback(True)


def old_account(years: int) -> tuple[Any, Any, date]:
    """An account with so many years of documents and payments, whoever reads it, and its first month."""
    from billing.actions.ledger import post_documents, post_payments
    from billing.models import Invoice
    from billing.testing import make_invoice, make_payment
    from portal.testing import make_account, make_house, make_link, make_organization, make_user

    company = make_organization("Замер")
    account = make_account(make_house(company, "1"), "1", "90001", holder="Старожил Пётр")
    resident = make_user("Пётр", "Старожил")
    make_link(resident, account)
    first = date(2016, 1, 1)
    months = [date(first.year + step // 12, step % 12 + 1, 1) for step in range(years * 12)]
    invoices: list[Invoice] = [
        make_invoice(account, month, kind=kind, due_on=month + timedelta(days=45), penalty=Decimal("1.20"),
                     payable=Decimal("3681.59"))
        for month in months
        for kind in KINDS
    ]  # fmt: skip
    post_documents(invoices)
    post_payments([make_payment(account, f"20.{month:%m.%Y}", "11000.00") for month in months])
    return account, resident, first


def main() -> None:
    """Print the figures of one run."""
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS += ["testserver"]
    for line in report():
        print(line)


if __name__ == "__main__":
    main()
