"""Receipts become payments: whose they are, whether they are known already, and writing them with the book at once.

Money of an account that nobody knows is not sent back: it waits as a StrayPayment until an employee says whose it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Max, Q
from django.db.models import Sum as Total
from django.utils.translation import gettext_noop as _

from billing.actions.ledger import post_payments
from billing.calculating.known import PRINCIPAL
from billing.exchange.receipts import Receipt
from billing.models import Invoice, LedgerEntry, Payment, StrayPayment
from lib.copying import copy_in
from lib.identifiers import is_document_id
from lib.text import account_key
from premises.models import ImportRun, Organization
from premises.registers import Tally

CHUNK = 2000
FIRST_DAY = date(1990, 1, 1)
FURTHEST_PERIOD = 400  # days ahead that a payer may name a month without a remark
YEAR = timedelta(days=366)
MUCH = 12  # months' bills above the debt that a payment may be without a remark
STRANGE = 20  # so many unknown accounts and not one known are a register of somebody else
PAYMENT_COLUMNS = (
    "organization_id", "account_id", "number", "operation", "channel", "paid_on", "amount", "kind", "period", "source_id",
    "created_at", "refunded",
)  # fmt: skip
STRAY_COLUMNS = (
    "organization_id", "source_id", "account_text", "payer", "address", "purpose", "number", "operation", "channel",
    "paid_on", "period", "amount", "kind", "created_at",
)  # fmt: skip
ZERO = Decimal("0.00")
NOBODY_HAS = _("The company has no account with this number: the payment will wait until you say whose it is.")
NOBODY_NAMED = _("No account is named: the payment will wait until you say whose it is.")


class Place(NamedTuple):
    """Where money goes: the account and the section of its book, and since when the account is closed."""

    account_id: int
    kind: str
    closed_on: date | None


class Fresh(NamedTuple):
    """A new payment; what the book must know of it once its id is known."""

    receipt: Receipt
    account_id: int
    kind: str


class Credited(NamedTuple):
    pk: int
    account_id: int
    kind: str
    paid_on: date
    amount: Decimal


@dataclass
class Sum:
    """How many and how much."""

    count: int = 0
    amount: Decimal = ZERO

    def add(self, amount: Decimal) -> None:
        self.count += 1
        self.amount += amount


@dataclass
class Desk:
    """Looks a chunk of receipts up and writes the new payments and strays, with a handful of queries per chunk."""

    run: ImportRun
    at: datetime
    known: Sum = field(default_factory=Sum)  # rows whose account is known, new or not
    unknown: Sum = field(default_factory=Sum)
    fresh: Sum = field(default_factory=Sum)  # new payments
    strays: Sum = field(default_factory=Sum)  # new in the tray

    @property
    def organization(self) -> Organization:
        return self.run.organization

    @cached_property
    def today(self) -> date:
        return self.organization.day(self.at)

    # --- Looking up -----------------------------------------------------------------------------------------------

    def sort(self, chunk: list[Receipt], tally: Tally) -> tuple[list[Fresh], list[Receipt]]:
        """Return the new payments and the new strays; note what is wrong and count what is known already."""
        places = self._places(chunk)
        paid, waiting = self._paid(chunk), self._waiting(chunk)
        fresh, strays = [], []
        for receipt in chunk:
            self._look_at(receipt)
            if not receipt.is_good:
                continue
            place = places.get(receipt.key or account_key(receipt.document))
            kind = receipt.kind or (place.kind if place else Invoice.Kind.MAIN)
            (self.known if place else self.unknown).add(receipt.amount)
            stray, payment = waiting.get(receipt.operation), paid.get(receipt.operation)
            if stray or payment:
                is_same = _same_stray(stray, receipt) if stray else _same(payment, receipt, place, kind)
                if is_same:
                    tally.unchanged += 1
                else:
                    receipt.refuse(receipt.told_by, _("This operation was imported before with other figures."))
                continue
            tally.created += 1
            if place is None:
                receipt.warn("account", NOBODY_HAS if text_of(receipt) else NOBODY_NAMED)
                self.strays.add(receipt.amount)
                strays.append(receipt)
                continue
            if place.closed_on and place.closed_on < receipt.on:
                receipt.warn("account", _("The account is closed since %(day)s; the payment is credited all the same."), day=f"{place.closed_on:%d.%m.%Y}")  # fmt: skip
            self.fresh.add(receipt.amount)
            fresh.append(Fresh(receipt, place.account_id, kind))
        self._look_at_amounts(fresh)
        return fresh, strays

    def _look_at_amounts(self, fresh: list[Fresh]) -> None:
        """Remark on money far above what the account owes: a comma or a digit of the account is easily mistyped."""
        bills = Invoice.objects.live().filter(
            account__in={one.account_id for one in fresh}, period__gt=self.today - YEAR
        ).order_by()  # fmt: skip
        most = dict(bills.values_list("account").annotate(most=Max(PRINCIPAL)))
        large = [one for one in fresh if one.receipt.amount > MUCH * most.get(one.account_id, one.receipt.amount)]
        if not large:
            return
        book = LedgerEntry.objects.filter(account__in={one.account_id for one in large}).order_by()
        owed = dict(book.values_list("account").annotate(owed=Total("amount")))
        for receipt, account, _kind in large:
            debt = max(owed.get(account, ZERO), ZERO)
            if receipt.amount - debt > MUCH * most[account]:
                receipt.warn("amount", _("The payment is far above the debt of the account: %(amount)s, owed %(debt)s. Check the sum and the account."), amount=str(receipt.amount), debt=str(debt))  # fmt: skip

    def _look_at(self, receipt: Receipt) -> None:
        """The day must be possible; a month far ahead is only strange."""
        if not receipt.is_good:
            return
        if receipt.on > self.today:
            receipt.refuse("date", _("The payment is dated %(day)s: this day has not come yet."), day=f"{receipt.on:%d.%m.%Y}")  # fmt: skip
        elif receipt.on < FIRST_DAY:
            receipt.refuse("date", _("The payment is dated %(day)s: nothing before 1990 is taken."), day=f"{receipt.on:%d.%m.%Y}")  # fmt: skip
        elif receipt.period and (receipt.period - self.today).days > FURTHEST_PERIOD:
            receipt.warn("period", _("The payer names a month more than a year ahead: %(month)s."), month=f"{receipt.period:%m.%Y}")  # fmt: skip

    def _places(self, chunk: list[Receipt]) -> dict[str, Place]:
        """Accounts by their numbers, and by the documents that payments name instead."""
        rows = self.organization.accounts.filter(number_search__in={one.key for one in chunk if one.key})
        found = {
            key: Place(pk, Invoice.Kind.MAIN, closed)
            for key, pk, closed in rows.values_list("number_search", "pk", "closed_on")
        }
        named = {one.document for one in chunk if one.document and not one.key}
        return found | self._by_document(named) if named else found

    def _by_document(self, named: set[str]) -> dict[str, Place]:
        """By the number or the identifier of a document; a number of several accounts' documents names none of them.

        An identifier begins with the ИЖКУ of the flat, so it is understood also where the document is not here.
        """
        places: dict[str, set[Place]] = {}
        flats: dict[str, list[str]] = {}
        for name in filter(is_document_id, named):
            flats.setdefault(name.rpartition("-")[0], []).append(name)
        for pk, flat, closed in self.organization.accounts.filter(zhku__in=flats).values_list(
            "pk", "zhku", "closed_on"
        ):
            for name in flats[flat]:
                places.setdefault(name, set()).add(Place(pk, Invoice.Kind.MAIN, closed))
        documents = Invoice.objects.live().filter(
            Q(number__in=named) | Q(document_id__in=named), organization=self.organization
        )
        exact: dict[str, set[Place]] = {}
        rows = documents.values_list("number", "document_id", "account_id", "kind", "account__closed_on")
        for number, identifier, account, kind, closed in rows:
            for name in {number, identifier} & named:
                exact.setdefault(name, set()).add(Place(account, kind, closed))
        found = {name: next(iter(some)) for name, some in (places | exact).items() if len(some) == 1}
        return {account_key(name): place for name, place in found.items()}

    def _paid(self, chunk: list[Receipt]) -> dict[str, tuple[Any, ...]]:
        rows = Payment.objects.live().filter(
            organization=self.organization, operation__in={one.operation for one in chunk}
        )
        return {row[0]: row for row in rows.values_list("operation", "account_id", "paid_on", "amount", "kind")}

    def _waiting(self, chunk: list[Receipt]) -> dict[str, tuple[Any, ...]]:
        """Strays of these operations: waiting, credited or sent back."""
        rows = StrayPayment.objects.filter(
            organization=self.organization, operation__in={one.operation for one in chunk}
        ).exclude(state=StrayPayment.State.VOID)
        return {row[0]: row for row in rows.values_list("operation", "account_text", "paid_on", "amount")}

    # --- Writing --------------------------------------------------------------------------------------------------

    def write(self, fresh: list[Fresh], strays: list[Receipt]) -> None:
        """Write the payments, enter them into the book, put the strays into the tray."""
        copy_in(Payment, PAYMENT_COLUMNS, self._rows(fresh))
        mine = Payment.objects.live().filter(
            organization=self.organization, operation__in=[one.receipt.operation for one in fresh]
        )
        ids = dict(mine.values_list("operation", "pk"))
        post_payments([
            Credited(ids[receipt.operation], account, kind, receipt.on, receipt.amount)
            for receipt, account, kind in fresh
        ])  # fmt: skip
        if strays:
            copy_in(StrayPayment, STRAY_COLUMNS, self._stray_rows(strays))

    def _rows(self, fresh: Iterable[Fresh]) -> Iterator[tuple[Any, ...]]:
        company, source = self.organization.pk, self.run.pk
        for receipt, account, kind in fresh:
            yield (
                company, account, receipt.number, receipt.operation, receipt.channel, receipt.on, receipt.amount, kind,
                receipt.period, source, self.at, ZERO,
            )  # fmt: skip

    def _stray_rows(self, strays: Iterable[Receipt]) -> Iterator[tuple[Any, ...]]:
        company, source = self.organization.pk, self.run.pk
        for one in strays:
            yield (
                company, source, text_of(one), one.payer, one.address, one.purpose, one.number, one.operation,
                one.channel, one.on, one.period, one.amount, one.kind or Invoice.Kind.MAIN, self.at,
            )  # fmt: skip

    # --- Telling --------------------------------------------------------------------------------------------------

    def tell(self, tally: Tally) -> None:
        """Set the control totals."""
        tally.total(_("payments"), self.fresh.count)
        tally.total(_("sum of new payments"), self.fresh.amount)
        tally.total(_("rows with a known account"), self.known.count)
        tally.total(_("sum of the rows with a known account"), self.known.amount)
        if self.unknown.count:
            tally.total(_("rows with an unknown account"), self.unknown.count)
            tally.total(_("sum of the rows with an unknown account"), self.unknown.amount)

    @property
    def is_of_strangers(self) -> bool:
        """Whether the file seems to be another company's."""
        return not self.known.count and self.strays.count >= STRANGE


def text_of(receipt: Receipt) -> str:
    """The account as the source wrote it, or the document it named."""
    return (receipt.account or receipt.document)[:100]


def _same(known: Any, receipt: Receipt, place: Place | None, kind: str) -> bool:
    return bool(place) and known[1:] == (place.account_id, receipt.on, receipt.amount, kind)  # type: ignore[union-attr]


def _same_stray(known: Any, receipt: Receipt) -> bool:
    return bool(known[1:] == (text_of(receipt), receipt.on, receipt.amount))
