"""Importing a bank statement: its single payments are credited, its transfers of registers held against the registers."""

from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from django.utils.translation import gettext_noop as _

from billing.actions.crediting import CHUNK, Desk
from billing.actions.ledger import hold_book
from billing.actions.matching import match_transfers
from billing.actions.payments import take
from billing.exchange.detect import STATEMENT, WORDS
from billing.exchange.statement import Order, Statement, read_statement
from billing.models import BankDocument, Requisites
from lib.copying import copy_in
from premises.models import ImportRun
from premises.registers import Tally, archives
from premises.registers.cells import Unreadable
from premises.registers.tally import ERROR, WARNING, Problem

LONGEST = {"number": 40, "payer_account": 34, "payee_account": 34, "purpose": 500}
COLUMNS = (
    "organization_id",
    "source_id",
    "number",
    "on",
    "amount",
    "payer_account",
    "payee_account",
    "purpose",
    "state",
)
Key = tuple[Any, ...]  # number, day, sum, payer's account: one document of the bank
STRANGE = _("The statement is about the account %(account)s, which is not among the bank details of the company.")
NO_DETAILS = _("The company has no bank details here: nobody can tell whether this statement is its own.")
TWICE = _("This payment order stands in the statement twice.")


def import_statement(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """Walk through the statement (an Importer of premises.registers); with `write` also store what is new.

    A day that was imported before gives nothing new. An order for a register waits until a register of the same sum is
    here, if there is none yet.
    """
    if write:
        hold_book(run.organization)
    try:
        inner = archives.only_file(file)[0] if archives.is_archive(file) else file
    except Unreadable as broken:
        tally.note([Problem(0, ERROR, "", broken.text, broken.facts)])
        return
    statement = read_statement(inner)
    tally.facts |= {"format": STATEMENT, "format_words": WORDS[STATEMENT]}
    tally.note([*statement.problems, *_strange_accounts(run, statement)])
    tally.name_columns(statement)
    desk, payments = Desk(run, at), Tally()
    _refuse_repeated(statement.orders)
    receipts = iter(statement)
    while chunk := list(islice(receipts, CHUNK)):
        take(desk, chunk, payments, write=write and not tally.errors)
    for order in statement.orders:
        tally.rows += 1
        tally.note(order.problems)
    fresh = _fresh(run, [order for order in statement.orders if not _is_bad(order)])
    tally.created, tally.unchanged = len(fresh), len(statement.orders) - len(fresh)
    if write and not tally.errors:
        copy_in(BankDocument, COLUMNS, (_values(run, order) for order in fresh))
        match_transfers(run.organization)
    _tell(run, tally, desk, statement.transfers, write=write)


def _strange_accounts(run: ImportRun, statement: Statement) -> list[Problem]:
    """A statement is about the company's own bank accounts; one that has none here is only warned."""
    own = set(Requisites.objects.filter(organization=run.organization).values_list("account", flat=True))
    if not own:
        return [Problem(0, WARNING, "", NO_DETAILS, {})]
    strange = sorted(one for one in statement.accounts if one.replace(" ", "") not in own)
    return [Problem(0, ERROR, "РасчСчет", STRANGE, {"account": one}) for one in strange]


def _refuse_repeated(orders: list[Order]) -> None:
    seen: set[Key] = set()
    for order in orders:
        key = _key(order)
        if key in seen:
            order.problems.append(Problem(order.line, ERROR, "Номер", TWICE))
        seen.add(key)


def _is_bad(order: Order) -> bool:
    return any(problem.level == ERROR for problem in order.problems)


def _key(order: Order) -> Key:
    return order.number[: LONGEST["number"]], order.on, order.amount, order.payer_account[: LONGEST["payer_account"]]


def _fresh(run: ImportRun, orders: list[Order]) -> list[Order]:
    """The orders that no earlier statement brought."""
    days = {order.on for order in orders}
    known = BankDocument.objects.filter(organization=run.organization, on__in=days).exclude(
        state=BankDocument.State.VOID
    )
    here = set(known.values_list("number", "on", "amount", "payer_account"))
    return [order for order in orders if _key(order) not in here]


def _values(run: ImportRun, order: Order) -> tuple[Any, ...]:
    state = BankDocument.State.OPEN if order.transfer else BankDocument.State.CREDITED
    number, on, amount, payer = _key(order)
    return (
        run.organization_id, run.pk, number, on, amount, payer, order.recipient_account[: LONGEST["payee_account"]],
        order.purpose[: LONGEST["purpose"]], state,
    )  # fmt: skip


def _tell(run: ImportRun, tally: Tally, desk: Desk, transfers: list[Order], *, write: bool) -> None:
    desk.tell(tally)
    tally.total(_("transfers of registers"), len(transfers))
    tally.total(_("sum of the transfers"), sum((order.amount for order in transfers), desk.fresh.amount * 0))
    if not write or tally.errors:
        return
    mine = BankDocument.objects.filter(source=run)
    tally.total(_("transfers that equal a register"), mine.filter(state=BankDocument.State.MATCHED).count())
    waiting = mine.filter(state=BankDocument.State.OPEN).count()
    if waiting:
        text = _("%(count)s transfers equal no register that is here: see «What does not fit».")
        tally.note([Problem(0, WARNING, "", text, {"count": str(waiting)})])
