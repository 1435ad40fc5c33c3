"""Importing payments of any format: check every row and the control lines, then write payments and ledger at once."""

import re
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO

from django.utils.translation import gettext_noop as _

from billing.actions.crediting import CHUNK, Desk
from billing.actions.ledger import hold_book
from billing.actions.matching import match_transfers
from billing.exchange.detect import facts_of, open_payments
from billing.exchange.payments import TableOfPayments
from billing.exchange.profile import Profile
from billing.exchange.receipts import Footer, Receipt
from billing.exchange.statement import Expected, Statement
from lib.collector import collector_off
from premises.models import ImportRun
from premises.registers import Tally
from premises.registers.tally import ERROR, WARNING, Problem

NUMBER_IN_NAME = re.compile(r"_(\d{1,6})_\d{4}\.\w+$")  # ИНН_РС_НОМЕР_ММГГ.txt
STRANGERS = _("The company knows none of the accounts in this file: is it the register of another company?")
TRANSFERS = _("%(count)s orders bring the money of registers and are passed over: import the file as a bank statement.")


@collector_off()
def import_payments(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """Walk through the register (an Importer of premises.registers); with `write` also store what is new.

    An operation that is already here with the same account, date and sum is unchanged, with others it is an error. One
    whose account is not known waits for an employee.
    """
    if write:
        hold_book(run.organization)
    tally.facts |= facts_of(file)
    opened = open_payments(file, profile=profile_of(run))
    tally.name_columns(opened)
    desk = Desk(run, at)
    days: set[date] = set()
    found = iter(opened)
    while chunk := list(islice(found, CHUNK)):
        take(desk, chunk, tally, write=write)
        days.update(receipt.on for receipt in chunk)
    tally.note(opened.problems)
    if desk.is_of_strangers:
        tally.note([Problem(0, ERROR, "account", STRANGERS)])
    desk.tell(tally)
    _tell_transfers(run, opened, days, tally)
    if write and not tally.errors:
        match_transfers(run.organization, [(run.pk, one) for one in tally.facts.get("transfers", ())])


def take(desk: Desk, chunk: list[Receipt], tally: Tally, *, write: bool) -> None:
    """Judge some receipts and, with `write`, store what is new; after an error nothing is stored any more."""
    fresh, strays = desk.sort(chunk, tally)
    for receipt in chunk:
        tally.rows += 1
        if receipt.problems:
            tally.note(receipt.problems)
    if write and not tally.errors:
        desk.write(fresh, strays)


def profile_of(run: ImportRun) -> Profile | None:
    """The column profile that was frozen when the file came; None: the headers say what stands where."""
    return Profile.from_json(run.layout) if run.layout else None


def _tell_transfers(run: ImportRun, opened: Any, days: set[date], tally: Tally) -> None:
    """What must reach the company's bank account, in the totals and for the bank statement."""
    if isinstance(opened, Statement) and opened.transfers:
        tally.note([Problem(0, WARNING, "", TRANSFERS, {"count": str(len(opened.transfers))})])
    if not isinstance(opened, TableOfPayments) or not opened.sums.count:
        return
    sums = opened.sums
    footers = opened.footers or [Footer(0, None, sums.amount, sums.transferred or None, sums.fee)]
    if any(footer.transferred is not None for footer in footers) or sums.fee:
        named = NUMBER_IN_NAME.search(run.file_name)
        register, on = named[1] if named else "", days.pop() if len(days) == 1 else None
        expected = [Expected.of(run.file_name, footer, register=register, on=on) for footer in footers]
        tally.total(_("to be transferred to the company"), sum((one.transferred for one in expected), sums.amount * 0))
        tally.total(_("fees"), sums.fee or sum((footer.fee or 0 for footer in footers), sums.amount * 0))
    else:
        expected = [Expected.of(run.file_name, footer) for footer in footers]
    tally.facts["transfers"] = [_kept(one) for one in expected]


def _kept(one: Expected) -> dict[str, str]:
    return {
        "sum": str(one.transferred), "register": one.register, "on": one.on.isoformat() if one.on else "",
        "order": one.order, "order_on": one.order_on.isoformat() if one.order_on else "",
    }  # fmt: skip
