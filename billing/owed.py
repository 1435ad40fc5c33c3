"""What an account owes now, and what of it a person may want to pay: everything, the newest month, one document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import Self

from billing.book import unpaid
from billing.models import Invoice, LedgerEntry
from premises.models import PersonalAccount

ZERO = Decimal("0.00")
Debts = Mapping[str, Decimal]  # by section


@dataclass(frozen=True)
class Part:
    """A part of the debt that may be paid by itself; `period` is the month it is of."""

    debts: Debts
    period: date | None = None
    number: str = ""  # of the document

    @property
    def amount(self) -> Decimal:
        return sum(self.debts.values(), ZERO)


@dataclass(frozen=True)
class Owed:
    """The balance by section, with what of it the newest month and the asked document are."""

    balances: Debts
    month: Part | None = None
    bill: Part | None = None
    is_paid: bool = field(default=False)  # the asked document is

    @property
    def due(self) -> Decimal:
        """What is owed in all, as every page says it; below zero is an advance."""
        return sum(self.balances.values(), ZERO)

    @classmethod
    def by(cls, account: PersonalAccount, *, is_full: bool, invoice: str = "") -> Self:
        """The debt of an account. A limited link learns the balance, nothing of the documents."""
        balances = LedgerEntry.objects.balances_by_section(account)
        if not is_full:
            return cls(balances)
        documents = list(account.invoices.live().light().order_by("-period", "-pk"))
        bill = next((one for one in documents if str(one.public_id) == invoice), None)
        left = left_of(documents, balances)
        part = Part({bill.kind: left[bill.pk]}, bill.period, bill.number) if bill and left[bill.pk] > 0 else None
        month = _newest(documents, left)
        due = sum(balances.values(), ZERO)
        is_worth_it = month is not None and 0 < month.amount < due
        return cls(balances, month if is_worth_it else None, part, is_paid=bill is not None and part is None)


def left_of(documents: list[Invoice], balances: Debts) -> dict[int, Decimal]:
    """What is unpaid of every document, by its id; documents come newest first, money pays the oldest debt first."""
    found: dict[int, Decimal] = {}
    for kind in {one.kind for one in documents}:
        of_kind = [one for one in documents if one.kind == kind]
        left = unpaid(balances.get(kind, ZERO), [one.charged for one in of_kind])
        found |= {one.pk: owed for one, owed in zip(of_kind, left, strict=True)}
    return found


def _newest(documents: list[Invoice], left: Mapping[int, Decimal]) -> Part | None:
    """What is unpaid of the newest month, by section."""
    if not documents:
        return None
    newest = takewhile(lambda one: one.period == documents[0].period, documents)
    debts: dict[str, Decimal] = {}
    for one in newest:
        debts[one.kind] = debts.get(one.kind, ZERO) + left[one.pk]
    return Part({kind: owed for kind, owed in debts.items() if owed}, documents[0].period)
