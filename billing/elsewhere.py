"""How to pay where the company takes no payments here: each part of the debt with its code, its details and its sum.

Housing and capital repair often go to one bank account: what tells them apart is the purpose and the sum, so a part that
is paid elsewhere never goes without both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from billing.debts import standing_of
from billing.models import Invoice, Requisites
from billing.owed import ZERO, Owed, Part
from billing.payment_code import payment_code, purpose_in_words, purpose_of
from billing.wording import wording_of
from premises.models import PersonalAccount

COUNTRY_FORMS = {"RU": Invoice.Form.RU_43, "UA": Invoice.Form.UA}


@dataclass(frozen=True)
class Way:
    """One payment that a person makes at a bank: of one section of the debt, or of the document that was looked at."""

    kind: str
    amount: Decimal  # zero: nothing of this section is owed
    purpose: str
    language: str  # of the purpose
    code: str = ""  # the text of the payment code
    details: Requisites | None = None
    number: str = ""  # of the document, where one was looked at

    @property
    def title(self) -> str:
        return str(Invoice.Kind(self.kind).label)


def ways(account: PersonalAccount, owed: Owed, *, is_full: bool) -> Iterator[Way]:
    """The payments that make up the debt; codes for those alone who may read bills."""
    mains = {one.kind: one for one in Requisites.objects.filter(organization=account.organization, is_main=True)}
    newest = _newest(account) if is_full else {}
    for kind in Invoice.Kind.values:
        if owed.bill:
            if kind in owed.bill.debts:
                yield _of_bill(account, owed.bill, kind, mains.get(kind))
            continue
        amount = max(owed.balances.get(kind, ZERO), ZERO)
        if amount or kind in mains:
            words = wording_of(COUNTRY_FORMS[account.organization.country], kind)
            invoice = newest.get(kind)
            code = payment_code(invoice, amount) if invoice and amount else ""
            yield Way(kind, amount, purpose_in_words(words, account.number), words.language, code, mains.get(kind))


def _of_bill(account: PersonalAccount, part: Part, kind: str, details: Requisites | None) -> Way:
    invoice = account.invoices.get(pk=part.document)
    words = wording_of(invoice.form, kind)
    code = payment_code(invoice, part.amount)
    return Way(kind, part.amount, purpose_of(invoice), words.language, code, details, part.number)


def _newest(account: PersonalAccount) -> dict[str, Invoice]:
    """The newest unpaid document of each section, else its newest: the month that the code names is one that is owed."""
    left = standing_of(account).left
    rows = account.invoices.live().only("kind", "period")
    found = {one.kind: one.pk for one in sorted(rows, key=lambda one: (left.get(one.pk, ZERO) > 0, one.period, one.pk))}
    return {one.kind: one for one in Invoice.objects.filter(pk__in=found.values())}
