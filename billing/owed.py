"""What an account owes now, and what of it a person may want to pay: everything, the newest month, one document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Self

from billing.debts import owed_of, standing_of
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
    document: int = 0  # its id

    @property
    def amount(self) -> Decimal:
        return sum(self.debts.values(), ZERO)


@dataclass(frozen=True)
class Owed:
    """The balance by section, with what of it the newest unpaid month and the asked document are."""

    balances: Debts
    month: Part | None = None
    bill: Part | None = None
    is_paid: bool = field(default=False)  # the asked document is

    @property
    def due(self) -> Decimal:
        """The balance, as every page says it; below zero is an advance."""
        return sum(self.balances.values(), ZERO)

    @property
    def debt(self) -> Decimal:
        return owed_of(self.balances)

    @property
    def is_more_than_due(self) -> bool:
        """Whether a section has an advance while another one owes."""
        return self.debt > max(self.due, ZERO)

    @classmethod
    def by(cls, account: PersonalAccount, *, is_full: bool, invoice: str = "") -> Self:
        """The debt of an account. A limited link learns the balance, nothing of the documents."""
        if not is_full:
            return cls(LedgerEntry.objects.balances_by_section(account))
        now = standing_of(account)
        documents = list(account.invoices.live().in_brief("account").order_by("-period", "-pk"))
        bill = next((one for one in documents if str(one.public_id) == invoice), None)
        owed = now.left.get(bill.pk, ZERO) if bill else ZERO
        part = Part({bill.kind: owed}, bill.period, bill.number, bill.pk) if bill and owed > 0 else None
        month = _newest(documents, now.left)
        is_worth_it = month is not None and 0 < month.amount < now.debt
        return cls(now.balances, month if is_worth_it else None, part, is_paid=bill is not None and part is None)


def _newest(documents: Iterable[Invoice], left: Mapping[int, Decimal]) -> Part | None:
    """What is unpaid of the newest month that has anything unpaid, by section."""
    unpaid = [one for one in documents if left.get(one.pk, ZERO) > 0]
    debts: dict[str, Decimal] = {}
    for one in unpaid:
        if one.period == unpaid[0].period:
            debts[one.kind] = debts.get(one.kind, ZERO) + left[one.pk]
    return Part(debts, unpaid[0].period) if unpaid else None
