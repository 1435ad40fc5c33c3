"""The debt of accounts laid on their documents: which paper is unpaid, which payment covered what, how old the debt is.

Read from the book in one query for any number of accounts and laid out by `billing.charging.allocation`. What a company's
printed opening brought in without a document is a paper of its own, so that everything adds up to the balance.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.charging.allocation import Cover, Covered, Document, Payment, allocate, brought_in
from billing.models import Invoice, LedgerEntry
from billing.models.ledger import LedgerQuerySet, short_number
from lib.months import month_name
from premises.models import PersonalAccount

NOTHING = Decimal("0.00")
BOUNDS = (30, 90, 180, 365, 1095)  # days
Kind = LedgerEntry.Kind
WANTED = (
    "pk", "account_id", "section", "kind", "on", "amount", "invoice_id", "invoice__period", "invoice__due_on",
    "invoice__penalty", "invoice__number", "invoice__public_id", "payment_id", "payment__number", "payment__period",
)  # fmt: skip


@dataclass(frozen=True)
class Age:
    """A part of the debt: overdue from so many days to so many; `last` is None for the oldest."""

    first: int
    last: int | None
    amount: Decimal


@dataclass(frozen=True)
class Debt:
    """What one account owes on a day, by age. All together are its balance: an advance counts below zero."""

    not_due: Decimal = NOTHING
    ages: tuple[Age, ...] = ()
    penalty: Decimal = NOTHING
    advance: Decimal = NOTHING

    @property
    def overdue(self) -> Decimal:
        return sum((age.amount for age in self.ages), NOTHING)

    @property
    def total(self) -> Decimal:
        return self.not_due + self.overdue + self.penalty - self.advance

    @property
    def oldest(self) -> Age | None:
        """The oldest part of the debt."""
        return next((age for age in reversed(self.ages) if age.amount), None)


@dataclass(frozen=True)
class Standing:
    """How an account stands: its balance by section, what is left of each document, and by which days that was to be paid."""

    balances: Mapping[str, Decimal]
    left: Mapping[int, Decimal]  # by the document's id; one that the book does not know owes nothing
    dated: tuple[tuple[date, Decimal], ...]  # the last days to pay of all that is unpaid and how much, the oldest first

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(day for day, _amount in self.dated)

    @property
    def balance(self) -> Decimal:
        return sum(self.balances.values(), NOTHING)

    @property
    def debt(self) -> Decimal:
        return owed_of(self.balances)

    @property
    def due(self) -> date | None:
        """The day by which the oldest of the debt was to be paid; None where no section owes anything."""
        return self.days[0] if self.days and self.debt > 0 else None

    def overdue(self, today: date) -> Decimal:
        """How much of the balance should have been paid before today."""
        late = sum((amount for day, amount in self.dated if day < today), NOTHING)
        return min(late, max(self.balance, NOTHING))

    def next_due(self, today: date) -> date | None:
        """The next day by which something is to be paid."""
        return next((day for day in self.days if day >= today), None) if self.debt > 0 else None


def owed_of(balances: Mapping[str, Decimal]) -> Decimal:
    """What has to be paid so that no section owes anything: an advance of one pays no debt of another.

    >>> owed_of({"main": Decimal("1000.00"), "repair": Decimal("-300.00")})
    Decimal('1000.00')
    """
    return sum((balance for balance in balances.values() if balance > 0), NOTHING)


def late_since(due: date | None, today: date) -> date | None:
    """The first day of a delay; None where the last day to pay has not passed or is not known."""
    return due + timedelta(days=1) if due and due < today else None


@dataclass(frozen=True)
class Paper:
    """A document of the book (or a debt brought in without one) and what became of it."""

    row: Mapping[str, Any]
    document: Document
    covers: tuple[Cover, ...]
    unpaid: Decimal
    unpaid_penalty: Decimal

    @property
    def left(self) -> Decimal:
        return self.unpaid + self.unpaid_penalty

    @property
    def words(self) -> str:
        return words_of(self.row)


@dataclass(frozen=True)
class Money:
    """A payment, a subsidy or a refund, and how much of it lies on no document."""

    row: Mapping[str, Any]
    amount: Decimal
    free: Decimal


@dataclass(frozen=True)
class Section:
    """One section of one account's book, laid out."""

    name: str
    papers: tuple[Paper, ...]
    money: tuple[Money, ...]
    covered: Covered

    @property
    def title(self) -> str:
        return str(Invoice.Kind(self.name).label)

    @property
    def balance(self) -> Decimal:
        return sum((paper.left for paper in self.papers), NOTHING) - self.covered.advance


def words_of(row: Mapping[str, Any]) -> str:
    """What a line of the book is, for a person: «Bill № 5531 for February 2019»."""
    if row["kind"] == Kind.CHARGE:
        facts = {"number": row["invoice__number"], "month": month_name(row["invoice__period"])}
        return _("Bill № %(number)s for %(month)s") % facts
    if row["kind"] == Kind.PAYMENT:
        return _("Payment № %(number)s") % {"number": short_number(row["payment__number"])}
    return str(Kind(row["kind"]).label)


def debts(accounts: Iterable[PersonalAccount], on: date) -> dict[int, Debt]:
    """The debt of each account on a day by its id, from the book as it is now; one query."""
    found: dict[int, Debt] = {account.pk: Debt() for account in accounts}
    for (account, _section), rows in _rows(found).items():
        found[account] = _sum(found[account], _debt(_laid_out(rows), on))
    return found


def debt_of(account: PersonalAccount, on: date) -> Debt:
    return debts([account], on)[account.pk]


def sections(account: PersonalAccount) -> list[Section]:
    """Every section of an account's book: its papers with what covered them, its money with what it covered; one query."""
    return [_section(name, rows) for (_account, name), rows in sorted(_rows([account.pk]).items())]


def standing_of(account: PersonalAccount) -> Standing:
    """What every page says of an account's debt; one query."""
    balances: dict[str, Decimal] = {}
    left: dict[int, Decimal] = {}
    dated: list[tuple[date, Decimal]] = []
    for one in sections(account):
        balances[one.name] = one.balance
        for paper in one.papers:
            if paper.row["kind"] == Kind.CHARGE:
                left[paper.row["invoice_id"]] = paper.left
            if paper.left and (paper.row["kind"] != Kind.CHARGE or paper.row["invoice__due_on"]):
                dated.append((paper.document.due, paper.left))
    return Standing(balances, left, tuple(sorted(dated)))


def left_before(accounts: Iterable[int], day: date) -> dict[tuple[int, str], dict[int, Decimal]]:
    """What was left of each document at the start of a day, by account and section; one query for all accounts."""
    found = {}
    for key, rows in _rows(accounts, LedgerEntry.objects.before(day)).items():
        papers = _papers(rows, _laid_out(rows))
        found[key] = {one.row["invoice_id"]: one.left for one in papers if one.row["kind"] == Kind.CHARGE}
    return found


def _rows(
    accounts: Iterable[int], entries: LedgerQuerySet | None = None
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """The lines of the book that stand: neither taken back nor taking back."""
    chosen = LedgerEntry.objects.all() if entries is None else entries
    standing = chosen.filter(account__in=accounts, reverses=None, reversed_by=None).order_by("on", "pk")
    found: defaultdict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in standing.values(*WANTED):
        found[row["account_id"], row["section"]].append(row)
    return found


def _laid_out(rows: list[dict[str, Any]]) -> Covered:
    received = {row["payment_id"]: row["pk"] for row in rows if row["kind"] == Kind.PAYMENT}
    money = [row for row in rows if not _is_paper(row)]
    return allocate(
        [_document(row) for row in rows if _is_paper(row)],
        [_payment(row, received.get(row["payment_id"]) if row["kind"] == Kind.REFUND else None) for row in money],
    )


def _is_paper(row: Mapping[str, Any]) -> bool:
    """Whether a line of the book is something owed; a printed advance and what an opening took back are money."""
    return row["kind"] == Kind.CHARGE or (row["kind"] in LedgerEntry.OPENING_KINDS and row["amount"] > 0)


def _document(row: Mapping[str, Any]) -> Document:
    if row["kind"] != Kind.CHARGE:
        return brought_in(row["pk"], row["on"], row["amount"])
    penalty = row["invoice__penalty"] or NOTHING
    due = row["invoice__due_on"] or row["on"]
    return Document(row["pk"], row["invoice__period"], row["on"], due, row["amount"] - penalty, penalty)


def _payment(row: Mapping[str, Any], returned: int | None) -> Payment:
    """`returned` is the line of the payment that a refund takes back."""
    return Payment(row["pk"], row["on"], -row["amount"], row["payment__period"], returned)


def _debt(covered: Covered, on: date) -> Debt:
    ages = covered.by_age(
        on, BOUNDS, seen=date.max
    )  # a bill of this month stands on its last day; the balance knows it
    return Debt(
        not_due=ages.not_due,
        ages=tuple(Age(age.first, age.last, age.amount) for age in ages.overdue),
        penalty=sum((covered.unpaid_penalty(key) for key in covered.papers), NOTHING),
        advance=covered.advance,
    )


def _sum(one: Debt, other: Debt) -> Debt:
    pairs = zip(one.ages, other.ages, strict=True) if one.ages else ()
    return Debt(
        one.not_due + other.not_due,
        tuple(Age(age.first, age.last, age.amount + mate.amount) for age, mate in pairs) or other.ages,
        one.penalty + other.penalty,
        one.advance + other.advance,
    )


def _section(name: str, rows: list[dict[str, Any]]) -> Section:
    covered = _laid_out(rows)
    papers = tuple(_papers(rows, covered))
    used: defaultdict[object, Decimal] = defaultdict(lambda: NOTHING)
    for cover in covered.covers:
        used[cover.payment] += cover.principal + cover.penalty
    money = tuple(Money(row, -row["amount"], -row["amount"] - used[row["pk"]]) for row in rows if not _is_paper(row))
    return Section(name, papers, money, covered)


def _papers(rows: list[dict[str, Any]], covered: Covered) -> Iterator[Paper]:
    laid: defaultdict[object, list[Cover]] = defaultdict(list)
    for cover in covered.covers:
        laid[cover.document].append(cover)
    for row in filter(_is_paper, rows):
        key = row["pk"]
        yield Paper(row, _document(row), tuple(laid[key]), covered.unpaid(key), covered.unpaid_penalty(key))
