"""Entering papers into the book. The only code that writes ledger entries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from billing.book import Posting, Section
from billing.models import Invoice, LedgerEntry, Payment, Refund
from premises.models import Organization

Key = tuple[int, str]  # account id, section


def hold_book(organization: Organization) -> None:
    """Wait for whoever writes this organization's book now, and keep others out until the transaction ends."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


@transaction.atomic
def post_documents(invoices: Sequence[Invoice]) -> list[LedgerEntry]:
    """Enter saved payment documents of one organization: the debt brought in and the sum of each period.

    The caller holds the organization's lock. Costs two queries, one more per period that prints an opening debt, and one
    bulk insert.
    """
    if not invoices:
        return []
    book = _book(
        {invoice.account_id for invoice in invoices},
        since=min(invoice.period for invoice in invoices),
        new=invoices,
    )
    entries = []
    for invoice in sorted(invoices, key=lambda one: one.period):
        printed = None if invoice.run_id else invoice.opening  # the book's own figure brings nothing in
        lines = book[invoice.account_id, invoice.kind].document(
            invoice.period, invoice.last_day, printed, invoice.charged, invoice.subsidy
        )
        entries += [_entry(invoice.account_id, invoice.kind, line, invoice=invoice) for line in lines]
    return LedgerEntry.objects.bulk_create(entries, batch_size=5000)


@transaction.atomic
def post_payments(payments: Sequence[Payment]) -> list[LedgerEntry]:
    """Enter saved payments of one organization; one already inside a later printed debt is also taken back on that day.

    The caller holds the organization's lock. Costs one query and one bulk insert.
    """
    if not payments:
        return []
    book = _book({payment.account_id for payment in payments}, since=min(payment.paid_on for payment in payments))
    entries = []
    for payment in sorted(payments, key=lambda one: one.paid_on):
        lines = book[payment.account_id, payment.kind].payment(payment.paid_on, payment.amount)
        entries += [_entry(payment.account_id, payment.kind, line, payment=payment) for line in lines]
    return LedgerEntry.objects.bulk_create(entries, batch_size=5000)


@transaction.atomic
def post_refund(refund: Refund, *, on: date) -> LedgerEntry:
    """Enter money that went back: it is owed again. The caller holds the organization's lock.

    Where a later opening is printed already, that one did not know of it and is made right on its day.
    """
    payment = refund.payment
    book = _book({payment.account_id}, since=on)[payment.account_id, payment.kind]
    returned, *included = book.payment(on, -refund.amount)
    entry = _entry(payment.account_id, payment.kind, returned, payment=payment)
    entry.kind, entry.refund = LedgerEntry.Kind.REFUND, refund
    entry.save()
    LedgerEntry.objects.bulk_create(_entry(payment.account_id, payment.kind, line) for line in included)
    return entry


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


def _entry(
    account: int, section: str, line: Posting, *, invoice: Invoice | None = None, payment: Payment | None = None
) -> LedgerEntry:
    return LedgerEntry(
        account_id=account,
        section=section,
        kind=line.kind,
        on=line.on,
        amount=line.amount,
        invoice=invoice,
        payment=payment,
    )
