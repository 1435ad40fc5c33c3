"""What the accounts of a company owe, for the files that go to banks, payment services and funds. Read in whole passes."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby, islice
from typing import Any, NamedTuple

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.book import unpaid
from billing.exchange.debts import Debt
from billing.exchange.documents import COLUMNS, TOTAL
from billing.exchange.gis import GisDocument
from billing.models import Invoice, InvoiceLine, LedgerEntry
from lib.tables import Row
from meters.models import Reading
from premises.models import Organization, PersonalAccount
from premises.register import Row as RegisterRow

AT_ONCE = 2000
DOCUMENTS_AT_ONCE = 500  # with their lines
OF_DOCUMENT = (
    "pk", "period", "account__number", "number", "kind", "form", "issued_on", "due_on", "paid_upto", "accrued", "excess",
    "recalculated", "fine", "benefit", "penalty", "opening", "paid", "subsidy", "payable",
)  # fmt: skip
OF_LINE = (
    "invoice_id", "group", "code", "service", "unit", "volume", "method", "tariff", "accrued", "accrued_common", "excess",
    "recalculated", "fine", "benefit", "penalty", "balance", "payable",
)  # fmt: skip
ZERO = Decimal("0.00")
Table = tuple[tuple[str, ...], Iterator[Row]]
OWED = (LedgerEntry.Kind.CHARGE, LedgerEntry.Kind.BROUGHT_IN)


class Home(NamedTuple):
    """Whose an account is and where."""

    number: str
    holder: str
    address: str


def owed(
    organization: Organization, period: date, *, named: bool = False, metered: bool = False, together: bool = False
) -> Iterator[Debt]:
    """Every account that has a balance, section by section, or all sections `together`; advances are below zero.

    Names of payers only where they are asked for.
    """
    entries = LedgerEntry.objects.filter(account__organization=organization).order_by()
    homes = _homes(organization)
    if together:
        sums = entries.values_list("account").annotate(total=Sum("amount")).order_by("account")
        rows: Iterable[tuple[Any, ...]] = ((account, "", total) for account, total in sums.iterator())
    else:
        by_section = entries.values_list("account", "section").annotate(total=Sum("amount"))
        rows = by_section.order_by("account", "section").iterator()
    since = {} if together else _since(entries)
    meters = _meters(organization) if metered else {}
    words = dict(Invoice.Kind.choices)
    for account, section, balance in rows:
        home = homes[account]
        yield Debt(
            home.number, home.holder if named else "", home.address, period, balance,
            service=str(words.get(section, "")), since=since.get((account, section)) if balance > 0 else None,
            meters=tuple(meters.get(account, ())),
        )  # fmt: skip


def _homes(organization: Organization) -> dict[int, Home]:
    rows = PersonalAccount.objects.filter(organization=organization).select_related("unit__house")
    return {one.pk: Home(one.number, one.holder, str(one.unit)) for one in rows.iterator(AT_ONCE)}


def _since(entries: QuerySet[LedgerEntry]) -> dict[tuple[int, str], date]:
    """When the oldest debt of each section arose, if money pays the oldest first: the day its document was to be paid."""
    balances = {
        (account, section): total
        for account, section, total in entries.values_list("account", "section").annotate(total=Sum("amount"))
    }
    charges = entries.filter(kind__in=OWED, reverses__isnull=True, reversed_by__isnull=True, amount__gt=0)
    arose = Coalesce("invoice__due_on", F("on"))
    rows = charges.annotate(arose=arose).order_by("account", "section", "-on", "-pk")
    found = {}
    values = rows.values_list("account", "section", "arose", "amount").iterator(AT_ONCE)
    for key, some in groupby(values, key=lambda row: (row[0], row[1])):
        charged = list(some)
        owed_of = unpaid(balances[key], (amount for *_place, amount in charged))
        for (_account, _section, day, _amount), left in zip(charged, owed_of, strict=True):
            if left > 0:
                found[key] = day
    return found


def _meters(organization: Organization) -> dict[int, list[tuple[str, Decimal]]]:
    """The last value of every meter of each account that counts."""
    newest = Reading.objects.current().filter(meter__account__organization=organization, meter__removed_on__isnull=True)
    found: dict[int, list[tuple[str, Decimal]]] = {}
    rows = newest.order_by("meter", "-taken_on", "-pk").distinct("meter")
    for account, serial, value in rows.values_list("meter__account", "meter__serial", "t1"):
        found.setdefault(account, []).append((serial, value))
    return found


# --- Documents ------------------------------------------------------------------------------------------------------


def documents_of(organization: Organization, period: date) -> QuerySet[Invoice]:
    """The documents of a month."""
    found = Invoice.objects.live().filter(organization=organization, period=period)
    return found.select_related("account__unit__house").order_by("account__number_search", "kind", "pk")


def documents_table(invoices: QuerySet[Invoice]) -> Table:
    """The documents line by line, as the register of documents; the last row of each holds its totals.

    A subsidy counts as paid there: it is credited like a payment, and the register has no column for it.
    """
    return tuple(column.name for column in COLUMNS), _documents(invoices)


def _documents(invoices: QuerySet[Invoice]) -> Iterator[Row]:
    """The rows as plain values, a few documents at a time: the memory does not grow with the month."""
    found = invoices.values_list(*OF_DOCUMENT, named=True).iterator(DOCUMENTS_AT_ONCE)
    while some := list(islice(found, DOCUMENTS_AT_ONCE)):
        lines = _lines_of([one.pk for one in some])
        for one in some:
            head = (f"{one.period:%m.%Y}", one.account__number, one.number, one.kind)
            tail = (one.form, one.issued_on, one.due_on, one.paid_upto)
            for line in lines.get(one.pk, ()):
                yield (*head, *line, *tail)
            yield (
                *head, "", "", TOTAL, "", None, "", None, one.accrued + one.excess, one.recalculated - one.fine,
                one.benefit, one.penalty, one.opening, one.paid + one.subsidy, one.payable, *tail,
            )  # fmt: skip


def _lines_of(documents: Collection[int]) -> dict[int, list[Row]]:
    """The lines of some documents in their order: one query."""
    found: dict[int, list[Row]] = {}
    rows = InvoiceLine.objects.filter(invoice__in=documents).order_by("invoice", "position")
    for (
        invoice, *words, accrued, accrued_common, excess, recalculated, fine, benefit, penalty, balance, payable
    ) in rows.values_list(*OF_LINE):  # fmt: skip
        figures = (accrued + accrued_common + excess, recalculated - fine, benefit, penalty, balance, None, payable)
        found.setdefault(invoice, []).append((*words, *figures))
    return found


def gis_documents(invoices: QuerySet[Invoice]) -> Iterator[GisDocument]:
    """The documents as ГИС ЖКХ lays them out: sums and places, no lines and no names."""
    for invoice in invoices.iterator(AT_ONCE):
        account = invoice.account
        yield GisDocument(
            RegisterRow(0, {}, []), els=account.els, account=account.number, zhku=account.zhku, kind="Текущий", form="",
            identifier=invoice.document_id, number=invoice.number, status="", period=invoice.period, charged=invoice.charged,
            paid=invoice.paid, due=(invoice.opening or ZERO) + invoice.charged, payable=invoice.payable,
            address=str(account.unit),
        )  # fmt: skip
