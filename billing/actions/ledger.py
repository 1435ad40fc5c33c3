"""Entering papers into the book. The only code that writes ledger entries."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol

from django.db import transaction
from django.db.models import QuerySet, Sum

from billing.book import Section
from billing.models import Invoice, LedgerEntry, Refund
from lib.copying import copy_in
from premises.models import Organization

Key = tuple[int, str]  # account id, section
CHUNK = 5000
COLUMNS = ("account_id", "section", "kind", "on", "amount", "invoice_id", "payment_id", "reverses_id")
Entry = tuple[Any, ...]  # the values of COLUMNS


class Credit(Protocol):
    """What the book must know of a saved payment."""

    @property
    def pk(self) -> int: ...  # pragma: no cover
    @property
    def account_id(self) -> int: ...  # pragma: no cover
    @property
    def kind(self) -> str: ...  # pragma: no cover
    @property
    def paid_on(self) -> date: ...  # pragma: no cover
    @property
    def amount(self) -> Decimal: ...  # pragma: no cover


def hold_book(organization: Organization) -> None:
    """Wait for whoever writes this organization's book now, and keep others out until the transaction ends."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


@transaction.atomic
def post_documents(invoices: Sequence[Invoice]) -> None:
    """Enter saved payment documents of one organization: the debt brought in and the sum of each period.

    The caller holds the organization's lock. Costs two queries, one more per period that prints an opening debt, and one
    COPY.
    """
    if not invoices:
        return
    book = _book(
        {invoice.account_id for invoice in invoices},
        since=min(invoice.period for invoice in invoices),
        new=invoices,
    )
    _write(_documents(book, invoices))


def _documents(book: defaultdict[Key, Section], invoices: Sequence[Invoice]) -> Iterator[Entry]:
    for invoice in sorted(invoices, key=lambda one: one.period):
        printed = None if invoice.run_id else invoice.opening  # the book's own figure brings nothing in
        lines = book[invoice.account_id, invoice.kind].document(
            invoice.period, invoice.last_day, printed, invoice.charged, invoice.subsidy
        )
        for line in lines:
            yield invoice.account_id, invoice.kind, line.kind, line.on, line.amount, invoice.pk, None, None


@transaction.atomic
def post_payments(payments: Sequence[Credit]) -> None:
    """Enter saved payments of one organization; one already inside a later printed debt is also taken back on that day.

    The caller holds the organization's lock. Costs one query and one COPY.
    """
    if not payments:
        return
    book = _book({payment.account_id for payment in payments}, since=min(payment.paid_on for payment in payments))
    _write(
        (payment.account_id, payment.kind, line.kind, line.on, line.amount, None, payment.pk, None)
        for payment in sorted(payments, key=lambda one: one.paid_on)
        for line in book[payment.account_id, payment.kind].payment(payment.paid_on, payment.amount)
    )


@transaction.atomic
def reverse_entries(entries: QuerySet[LedgerEntry], *, tell: Callable[[int], object] = int) -> int:
    """Enter the opposite of each of these entries, of the same kind and day; return how many. None twice.

    The caller holds the organization's lock and has made sure that nothing depends on them. `tell` hears the count.
    """
    wanted = entries.filter(reverses__isnull=True, reversed_by__isnull=True).order_by("pk")
    rows = wanted.values_list("account_id", "section", "kind", "on", "amount", "invoice_id", "payment_id", "pk")
    opposite = ((*row[:4], -row[4], *row[5:]) for row in rows.iterator(CHUNK))
    count = 0
    while chunk := list(islice(opposite, CHUNK)):
        _write(chunk)
        count += len(chunk)
        tell(count)
    return count


def _write(entries: Iterable[Entry]) -> None:
    copy_in(LedgerEntry, COLUMNS, entries)


@transaction.atomic
def post_refund(refund: Refund, *, on: date) -> LedgerEntry:
    """Enter money that went back: it is owed again. The caller holds the organization's lock.

    Where a later opening is printed already, that one did not know of it and is made right on its day.
    """
    payment = refund.payment
    book = _book({payment.account_id}, since=on)[payment.account_id, payment.kind]
    returned, *included = book.payment(on, -refund.amount)
    _write((payment.account_id, payment.kind, line.kind, line.on, line.amount, None, None, None) for line in included)
    return LedgerEntry.objects.create(
        account_id=payment.account_id, section=payment.kind, kind=LedgerEntry.Kind.REFUND, on=returned.on,
        amount=returned.amount, payment=payment, refund=refund,
    )  # fmt: skip


def _book(accounts: set[int], *, since: date, new: Sequence[Invoice] = ()) -> defaultdict[Key, Section]:
    """The sections that the new papers touch, with the later printed debts and the balances the papers may anchor."""
    book: defaultdict[Key, Section] = defaultdict(Section)
    printed = (
        Invoice.objects.live()
        .filter(account__in=accounts, period__gte=since, opening__isnull=False, run__isnull=True)
        .exclude(pk__in=[invoice.pk for invoice in new])
        .order_by("period")
    )
    for account, kind, period in printed.values_list("account_id", "kind", "period").distinct():
        book[account, kind].anchors.append(period)
    opened = _opened(accounts, {one.period for one in new if one.opening is not None and not one.run_id})
    for key, balances in opened.items():
        book[key].opened = balances
    return book


def _opened(accounts: set[int], days: Iterable[date]) -> dict[Key, dict[date, Decimal]]:
    """The book's balances at the start of each day, by account and section."""
    found: defaultdict[Key, dict[date, Decimal]] = defaultdict(dict)
    for day in days:
        entries = LedgerEntry.objects.filter(account__in=accounts).before(day).order_by()
        for account, section, total in entries.values_list("account_id", "section").annotate(total=Sum("amount")):
            found[account, section][day] = total
    return found
