"""Importing the register of payments: check every row and the control line, then write payments and ledger at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from billing.actions.ledger import hold_book, post_payments
from billing.exchange.payments import payments
from billing.exchange.receipts import Receipt
from billing.models import Invoice, Payment
from premises.models import ImportRun, Organization
from premises.registers import Tally

CHUNK = 2000
Fresh = tuple[Receipt, int]  # with the account's id


def import_payments(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """Walk through the register (an Importer of premises.registers); with `write` also store what is new.

    An operation that is already here with the same account, date and sum is unchanged; with others it is an error.
    """
    if write:
        hold_book(run.organization)
    register = payments(file)
    desk = Desk(run, at)
    found = iter(register)
    while chunk := list(islice(found, CHUNK)):
        fresh = list(desk.new(chunk, tally))
        for receipt in chunk:
            tally.rows += 1
            tally.note(receipt.problems)
        if write and not tally.errors:
            desk.write(fresh)
    tally.note(register.problems)
    tally.total(_("payments"), tally.created)
    tally.total(_("sum of new payments"), desk.amount)


@dataclass
class Desk:
    """Looks a chunk of payments up and writes the new ones."""

    run: ImportRun
    at: datetime
    amount: Decimal = Decimal("0.00")  # of the new payments

    @property
    def organization(self) -> Organization:
        return self.run.organization

    def new(self, chunk: list[Receipt], tally: Tally) -> Iterator[Fresh]:
        """Yield the payments to be written; note errors and count the unchanged."""
        accounts = dict(
            self.organization.accounts.filter(number_search__in={one.key for one in chunk}).values_list(
                "number_search", "pk"
            )
        )
        taken = {
            payment.operation: payment
            for payment in self.organization.payments.filter(
                voided_at__isnull=True, operation__in={one.operation for one in chunk}
            )
        }
        for receipt in chunk:
            account = accounts.get(receipt.key)
            if not receipt.is_good:
                continue
            if account is None:
                receipt.refuse("account", _("The company has no account with this number."))
            elif known := taken.get(receipt.operation):
                if _same(known, receipt, account):
                    tally.unchanged += 1
                else:
                    receipt.refuse("operation", _("This operation was imported before with other figures."))
            else:
                tally.created += 1
                self.amount += receipt.amount
                yield receipt, account

    def write(self, fresh: list[Fresh]) -> None:
        """Write the payments and enter them into the book."""
        rows = [
            Payment(
                organization=self.organization, account_id=account, number=receipt.number, operation=receipt.operation,
                channel=receipt.channel, paid_on=receipt.on, amount=receipt.amount, kind=receipt.kind or Invoice.Kind.MAIN, source=self.run,
                created_at=self.at,
            )
            for receipt, account in fresh
        ]  # fmt: skip
        post_payments(Payment.objects.bulk_create(rows, batch_size=CHUNK))


def _same(known: Payment, receipt: Receipt, account: int) -> bool:
    return (known.account_id, known.paid_on, known.amount, known.kind) == (
        account, receipt.on, receipt.amount, receipt.kind or Invoice.Kind.MAIN,
    )  # fmt: skip
