"""Taking back what an import wrote into the book: every entry gets its opposite, while nothing depends on it.

The book is append-only, so nothing is deleted: the papers are marked, the entries reversed, and the same file may come
again. What depends on a paper of the book:

- a document that was entered after it and prints an opening debt of its section: what that one brought in was reckoned from
  the balance at its day, and so with the paper, unless an opening between them that was there before already stopped it;
- what was entered after a document with an opening and stands at that opening as already included;
- a document of a closing entered after it, for that printed the book's balance;
- penalties for a late document, money that was returned, online payments on their way, decisions of employees.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from accounts.models import User
from billing.actions.ledger import hold_book, reverse_entries
from billing.models import (
    BankDocument,
    BillingRun,
    Invoice,
    LedgerEntry,
    Payment,
    PaymentIntent,
    PenaltyCharge,
    Refund,
    StrayPayment,
)
from premises.models import ImportRun
from premises.models.imports import NotUndoable
from premises.registers import Tally

Entries = QuerySet[LedgerEntry]
Tell = Callable[[int], object]
NEVER = date(9999, 12, 31)
BATCH_DECIDED = (StrayPayment.State.LINKED, StrayPayment.State.RETURNED)


def undo_payments(run: ImportRun, tally: Tally, *, at: datetime, by: User | None) -> None:
    """Take the payments of one import back, a bank statement's documents, too. See premises.registers.Undoer."""
    hold_book(run.organization)
    payments = Payment.objects.live().filter(source=run)
    decided = StrayPayment.objects.filter(source=run, state__in=BATCH_DECIDED).count()
    guard_payments(payments, ngettext(
        "%(count)s unidentified payment that was decided on", "%(count)s unidentified payments that were decided on", decided
    ) % {"count": decided} if decided else "")  # fmt: skip
    count = void_payments(payments, at=at, tell=_moving(tally))
    waiting = StrayPayment.objects.filter(source=run, state=StrayPayment.State.OPEN)
    strays = waiting.update(state=StrayPayment.State.VOID, decided_by=by, decided_at=at)
    BankDocument.objects.filter(register=run).update(state=BankDocument.State.OPEN, register=None)
    BankDocument.objects.filter(source=run).update(state=BankDocument.State.VOID, register=None)
    tally.total(_("Payments taken back"), count + strays)


def undo_documents(run: ImportRun, tally: Tally, *, at: datetime, by: User | None) -> None:
    """Take the payment documents of one import back. See premises.registers.Undoer."""
    hold_book(run.organization)
    invoices = Invoice.objects.live().filter(source=run)
    _refuse_if(_rests_on_documents(invoices))
    reverse_entries(LedgerEntry.objects.filter(invoice__in=invoices), tell=_moving(tally))
    tally.total(_("Documents taken back"), invoices.update(voided_at=at))


def guard_payments(payments: QuerySet[Payment], *more: str) -> None:
    """Lock the payments; raise NotUndoable while something depends on them. `more` names what the caller found."""
    len(
        payments.select_for_update(of=("self",)).order_by("pk").values_list("pk")
    )  # a refund waits, and is then refused
    _refuse_if([*filter(None, more), *_rests_on_payments(payments)])


def void_payments(payments: QuerySet[Payment], *, at: datetime, tell: Tell = int) -> int:
    """Mark payments and enter their opposites into the book; return how many. The caller holds the lock and has asked."""
    reverse_entries(LedgerEntry.objects.filter(payment__in=payments, refund__isnull=True), tell=tell)
    return payments.update(voided_at=at)


# --- What depends on them -------------------------------------------------------------------------------------------


def _rests_on_payments(payments: QuerySet[Payment]) -> Iterator[str]:
    own = _own(LedgerEntry.Kind.PAYMENT, payment__in=payments)
    yield from _rests_on_entries(own, own.filter(on__lt=OuterRef("invoice__period")), Invoice.objects.none())
    refunds = Refund.objects.filter(payment__in=payments).exclude(state=Refund.State.FAILED).count()
    if refunds:
        yield ngettext("%(count)s refund", "%(count)s refunds", refunds) % {"count": refunds}


def _rests_on_documents(invoices: QuerySet[Invoice]) -> Iterator[str]:
    own = _own(LedgerEntry.Kind.CHARGE, invoice__in=invoices)
    yield from _rests_on_entries(own, own.filter(invoice__period__lte=OuterRef("invoice__period")), invoices)
    yield from _included(own.filter(invoice__opening__isnull=False), invoices)
    penalties = PenaltyCharge.objects.filter(invoice__in=invoices).exclude(run__state=BillingRun.State.DROPPED).count()
    if penalties:
        yield ngettext("%(count)s penalty", "%(count)s penalties", penalties) % {"count": penalties}
    accounts = invoices.order_by().values("account")
    intents = PaymentIntent.objects.open().filter(account__in=accounts).count()
    if intents:
        yield ngettext(
            "%(count)s online payment on its way", "%(count)s online payments on their way", intents
        ) % {"count": intents}  # fmt: skip


def _own(kind: str, **papers: Any) -> QuerySet[Any]:
    """The entries of the papers themselves, with the day of the opening that stopped each, if one did."""
    name = next(iter(papers)).removesuffix("__in")
    stopped = LedgerEntry.objects.filter(
        **{name: OuterRef(name)}, kind=LedgerEntry.Kind.INCLUDED, reverses__isnull=True, refund__isnull=True
    ).order_by()
    rows = LedgerEntry.objects.filter(**papers, kind=kind, reverses__isnull=True, refund__isnull=True).order_by()
    return rows.annotate(stopped_on=Coalesce(Subquery(stopped.values("on")[:1]), NEVER))


def _later(own: Entries, but: QuerySet[Invoice]) -> Entries:
    """The charges of other papers that stand in the book and may have come after some of these entries."""
    first = own.order_by("pk").values_list("pk", flat=True).first()
    charges = LedgerEntry.objects.filter(
        kind=LedgerEntry.Kind.CHARGE, reverses__isnull=True, reversed_by__isnull=True, invoice__voided_at__isnull=True
    ).order_by()
    return charges.filter(pk__gt=first).exclude(invoice__in=but) if first else charges.none()


def _rests_on_entries(own: QuerySet[Any], earlier: QuerySet[Any], but: QuerySet[Invoice]) -> Iterator[str]:
    """Openings that were reckoned with these entries, and documents of closings that printed them."""
    later = _later(own, but)
    same = {"account": OuterRef("account"), "section": OuterRef("section"), "pk__lt": OuterRef("pk")}
    reckoned = earlier.filter(**same, stopped_on__gt=OuterRef("invoice__period"))
    printed = later.filter(invoice__opening__isnull=False, invoice__run__isnull=True).filter(Exists(reckoned)).count()
    if printed:
        yield ngettext(
            "%(count)s later document that prints an opening debt", "%(count)s later documents that print an opening debt",
            printed,
        ) % {"count": printed}  # fmt: skip
    closed = later.filter(invoice__run__isnull=False).filter(Exists(own.filter(**same))).count()
    if closed:
        yield ngettext(
            "%(count)s document issued by a closing since then", "%(count)s documents issued by a closing since then", closed
        ) % {"count": closed}  # fmt: skip


def _included(own: Entries, but: QuerySet[Invoice]) -> Iterator[str]:
    """What came later with an earlier date and was taken out at the opening of one of these documents."""
    first = own.order_by("pk").values_list("pk", flat=True).first()
    if first is None:
        return
    openings = own.filter(
        account=OuterRef("account"), section=OuterRef("section"), pk__lt=OuterRef("pk"), invoice__period=OuterRef("on")
    )
    entries = LedgerEntry.objects.filter(
        kind=LedgerEntry.Kind.INCLUDED, reverses__isnull=True, reversed_by__isnull=True, pk__gt=first
    ).order_by()
    others = entries.exclude(pk__in=entries.filter(invoice__in=but).values("pk"))
    count = others.filter(Exists(openings)).count()
    if count:
        yield ngettext(
            "%(count)s later payment or document that these documents already included",
            "%(count)s later payments or documents that these documents already included",
            count,
        ) % {"count": count}


def _refuse_if(what: Any) -> None:
    found = ", ".join(what)
    if found:
        text = gettext("Nothing was taken back, because other records rest on it: %(what)s. Take those back first.")
        raise NotUndoable(text % {"what": found})


def _moving(tally: Tally) -> Tell:
    """Moves the bar of the run's page."""

    def tell(count: int) -> None:
        tally.rows = count

    return tell
