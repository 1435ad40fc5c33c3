"""Taking back what an import wrote into the book: every entry gets its opposite, while nothing depends on it.

The book is append-only, so nothing is deleted: the papers are marked, the entries reversed, and the same file may come
again. What depends on a paper of the book:

- a document that was entered after it and prints an opening debt of its section: what that one brought in was reckoned from
  the balance at its day, and so with the paper, unless an opening between them that was there before already stopped it;
- what was entered after a document with an opening and stands at that opening as already included;
- a document of a closing entered after it, for that printed the book's balance;
- penalties for a late document, money that was returned, online payments on their way, decisions of employees.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
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
from premises.models.imports import NotUndoable, Obstacle
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
    guard_payments(payments, *([_decided(run, decided)] if decided else []))
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


def guard_payments(payments: QuerySet[Payment], *more: Obstacle) -> None:
    """Lock the payments; raise NotUndoable while something depends on them. `more` is what the caller found."""
    len(
        payments.select_for_update(of=("self",)).order_by("pk").values_list("pk")
    )  # a refund waits, and is then refused
    _refuse_if([*more, *_rests_on_payments(payments)])


def void_payments(payments: QuerySet[Payment], *, at: datetime, tell: Tell = int) -> int:
    """Mark payments and enter their opposites into the book; return how many. The caller holds the lock and has asked."""
    reverse_entries(LedgerEntry.objects.filter(payment__in=payments, refund__isnull=True), tell=tell)
    return payments.update(voided_at=at)


# --- What depends on them -------------------------------------------------------------------------------------------


def _rests_on_payments(payments: QuerySet[Payment]) -> Iterator[Obstacle]:
    own = _own(LedgerEntry.Kind.PAYMENT, payment__in=payments)
    yield from _rests_on_entries(own, own.filter(on__lt=OuterRef("invoice__period")), Invoice.objects.none())
    refunds = Refund.objects.filter(payment__in=payments).exclude(state=Refund.State.FAILED).count()
    if refunds:
        words = ngettext("%(count)s refund", "%(count)s refunds", refunds) % {"count": refunds}
        yield Obstacle(words, gettext("Money that went back is not taken back, so this import stays."))


def _rests_on_documents(invoices: QuerySet[Invoice]) -> Iterator[Obstacle]:
    own = _own(LedgerEntry.Kind.CHARGE, invoice__in=invoices)
    yield from _rests_on_entries(own, own.filter(invoice__period__lte=OuterRef("invoice__period")), invoices)
    yield from _included(own.filter(invoice__opening__isnull=False), invoices)
    yield from _penalties(invoices)
    accounts = invoices.order_by().values("account")
    intents = PaymentIntent.objects.open().filter(account__in=accounts).count()
    if intents:
        words = ngettext(
            "%(count)s online payment on its way", "%(count)s online payments on their way", intents
        ) % {"count": intents}  # fmt: skip
        listed = f"{reverse('admin:billing_paymentintent_changelist')}?state__in={','.join(PaymentIntent.OPEN)}"
        yield Obstacle(words, gettext("Wait until the bank has answered, a day at the most."), listed)


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


def _rests_on_entries(own: QuerySet[Any], earlier: QuerySet[Any], but: QuerySet[Invoice]) -> Iterator[Obstacle]:
    """Openings that were reckoned with these entries, and documents of closings that printed them."""
    later = _later(own, but)
    same = {"account": OuterRef("account"), "section": OuterRef("section"), "pk__lt": OuterRef("pk")}
    reckoned = earlier.filter(**same, stopped_on__gt=OuterRef("invoice__period"))
    printed = later.filter(invoice__opening__isnull=False, invoice__run__isnull=True).filter(Exists(reckoned))
    if count := printed.count():
        words = ngettext(
            "%(count)s later document that prints an opening debt", "%(count)s later documents that print an opening debt", count
        ) % {"count": count}  # fmt: skip
        yield _imported(words, printed.values_list("invoice__source", flat=True))
    closed = later.filter(invoice__run__isnull=False).filter(Exists(own.filter(**same)))
    if count := closed.count():
        words = ngettext(
            "%(count)s document issued by a closing since then", "%(count)s documents issued by a closing since then", count
        ) % {"count": count}  # fmt: skip
        yield _issued(words, closed.values_list("invoice__run", flat=True))


def _included(own: Entries, but: QuerySet[Invoice]) -> Iterator[Obstacle]:
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
    others = entries.exclude(pk__in=entries.filter(invoice__in=but).values("pk")).filter(Exists(openings))
    if count := others.count():
        words = ngettext(
            "%(count)s later payment or document that these documents already included",
            "%(count)s later payments or documents that these documents already included",
            count,
        ) % {"count": count}
        yield _imported(words, others.values_list(Coalesce("payment__source", "invoice__source"), flat=True))


def _penalties(invoices: QuerySet[Invoice]) -> Iterator[Obstacle]:
    """Penalties for these documents: those of a month that is only calculated go with the calculation."""
    runs = PenaltyCharge.objects.filter(invoice__in=invoices).exclude(run__state=BillingRun.State.DROPPED)
    runs = runs.order_by()
    count = runs.count()
    if not count:
        return
    words = ngettext("%(count)s penalty", "%(count)s penalties", count) % {"count": count}
    of_runs = runs.values_list("run", flat=True)
    if runs.filter(run__state=BillingRun.State.ISSUED).exists():
        yield _issued(words, of_runs.filter(run__state=BillingRun.State.ISSUED))
        return
    way = gettext("Throw the calculated month away first and calculate it again afterwards.")
    yield Obstacle(words, way, _pages("billing_billingrun", of_runs))


# --- And what can be done about it ----------------------------------------------------------------------------------


class _Issued(Obstacle):
    """It was issued: this alone decides, whatever else there is."""


def _issued(words: str, runs: Iterable[int]) -> Obstacle:
    way = gettext(
        "They are issued and stay, and so does what they were reckoned with. Where a sum is wrong, enter a recalculation "
        "for that account («Recalculations»): the next month brings it."
    )
    return _Issued(words, way, _pages("billing_billingrun", runs))


def _imported(words: str, sources: Iterable[int | None]) -> Obstacle:
    """Papers of other imports; what came without one (paid online, say) is not taken back at all."""
    found = set(sources)
    if None in found:
        return Obstacle(words, gettext("Not all of them came with an import, so this import stays."))
    way = gettext("Take the imports that brought them back first.")
    return Obstacle(words, way, _pages("premises_importrun", (one for one in found if one)))


def _decided(run: ImportRun, count: int) -> Obstacle:
    words = ngettext(
        "%(count)s unidentified payment that was decided on", "%(count)s unidentified payments that were decided on", count
    ) % {"count": count}  # fmt: skip
    listed = f"{reverse('admin:billing_straypayment_changelist')}?source__id__exact={run.pk}"
    return Obstacle(words, gettext("Take these decisions back on their pages, then try again."), listed)


def _pages(name: str, ids: Iterable[int]) -> str:
    """The page of the row in the staff room, or the list of several."""
    found = sorted(set(ids))
    if len(found) == 1:
        return reverse(f"admin:{name}_change", args=found)
    return f"{reverse(f'admin:{name}_changelist')}?id__in={','.join(map(str, found))}"


def _refuse_if(what: Iterable[Obstacle]) -> None:
    found = list(what)
    if not found:
        return
    text = gettext("Nothing was taken back, because other records rest on it: %(what)s.")
    issued = [one for one in found if isinstance(one, _Issued)]
    raise NotUndoable(text % {"what": ", ".join(one.words for one in found)}, obstacles=issued or found)


def _moving(tally: Tally) -> Tell:
    """Moves the bar of the run's page."""

    def tell(count: int) -> None:
        tally.rows = count

    return tell
