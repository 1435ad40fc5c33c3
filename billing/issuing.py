"""Charges become papers: one document per account, kind, recipient and bank account, with every word it prints (pure)."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing import freezing
from billing.charging.exact import NOTHING, largest_remainder
from billing.charging.totals import closing, line_total, total_overall, vat_inside
from billing.models import BillingRun, Charge, Invoice, Requisites, Service
from premises.models import PersonalAccount

NUMBER_MARKS = {Invoice.Kind.REPAIR: "К", Invoice.Kind.OTHER: "Д"}  # капитальный ремонт, дополнительные услуги
ZHKU = re.compile(r"^\d{2}[А-ЯЁA-Z]{2}\d{6}-\d{2}$")
LINE_COLUMNS = (
    "invoice_id", "position", "group", "code", "service", "unit", "volume", "method", "tariff", "accrued", "volume_common",
    "method_common", "accrued_common", "coefficient", "excess", "fine", "recalculated", "benefit", "penalty", "balance",
    "payable", "warnings", "parts",
)  # fmt: skip
SUMS = ("accrued", "excess", "recalculated", "benefit", "fine")
Payee = tuple[str, str]  # the recipient and its bank account: a paper names one, and its code sends the money there


@dataclass
class Paper:
    """A document that is not numbered yet."""

    account: PersonalAccount
    kind: str
    details: dict[str, str]  # the recipient's block
    charges: list[Charge] = field(default_factory=list)
    recalculations: list[dict[str, str]] = field(default_factory=list)
    penalty: Decimal = NOTHING
    subsidy: Decimal = NOTHING
    opening: Decimal = NOTHING
    paid: Decimal = NOTHING

    @property
    def recipient(self) -> str:
        return self.details["recipient"]

    @property
    def payee(self) -> Payee:
        return self.details["recipient"], self.details["account"]

    @property
    def sums(self) -> dict[str, Decimal]:
        """The columns of the document: the sums of its lines."""
        whole = dict.fromkeys(SUMS, NOTHING)
        for one in self.charges:
            whole["accrued"] += one.accrued + one.accrued_common
            whole["excess"] += one.excess
            whole["recalculated"] += one.recalculated
            whole["benefit"] += one.benefit
            whole["fine"] += one.fine
        return whole

    @property
    def charged(self) -> Decimal:
        return total_overall(self.charges, self.penalty)

    @property
    def payable(self) -> Decimal:
        return closing(self.opening, self.charged, self.subsidy + self.paid)

    @property
    def vat(self) -> Decimal | None:
        """The tax inside the lines, rounded once for each percentage; None where no service bears any."""
        sums: dict[Decimal, Decimal] = defaultdict(lambda: NOTHING)
        for one in self.charges:
            if one.service.vat_percent:
                sums[one.service.vat_percent] += line_total(one)
        return sum((vat_inside(total, percent) for percent, total in sums.items()), NOTHING) if sums else None


@dataclass(frozen=True)
class Desk:
    """The bank details of a company: whose document a service is printed in."""

    run: BillingRun
    mains: dict[str, Requisites]

    def details_of(self, service: Service) -> dict[str, str]:
        own = service.requisites or self.mains.get(service.kind)
        return freezing.requisites(self.run.organization, own)

    def main_details(self, kind: str) -> dict[str, str]:
        return freezing.requisites(self.run.organization, self.mains.get(kind))


def papers_of(desk: Desk, account: PersonalAccount, charges: Iterable[Charge]) -> list[Paper]:
    """The documents of one account: its charges by kind, recipient and bank account, in the order of the services."""
    found: dict[tuple[str, Payee], Paper] = {}
    for charge in charges:
        details = desk.details_of(charge.service)
        paper = Paper(account, charge.service.kind, details)
        found.setdefault((paper.kind, paper.payee), paper).charges.append(charge)
    return list(found.values())


def add_penalties(
    desk: Desk, account: PersonalAccount, papers: list[Paper], late: Iterable[tuple[str, Payee, Decimal]]
) -> None:
    """Put penalties (section, payee of the late document, sum) into the papers of this month, or into a paper of their own."""
    for section, payee, amount in late:
        paper = paper_of(payee, [one for one in papers if one.kind == section])
        if paper is None:
            paper = Paper(account, section, desk.main_details(section))
            papers.append(paper)
        paper.penalty += amount


def largest(papers: Sequence[Paper]) -> Paper | None:
    """The paper with the largest sum of the month, the first of equal ones."""
    return max(papers, key=lambda one: one.charged, default=None)


def paper_of(payee: Payee, papers: Sequence[Paper]) -> Paper | None:
    """The paper of a payee; of the same recipient where its account has changed since; else the largest."""
    same = [one for one in papers if one.recipient == payee[0]]
    return largest([one for one in same if one.payee == payee]) or largest(same) or largest(papers)


def share_opening(papers: Sequence[Paper], balance: Decimal, earlier: Sequence[tuple[Payee, Decimal]]) -> None:
    """Split the balance of a section over its papers: a debt by the documents not paid yet, the rest to the largest.

    `earlier` are (payee, what is left) of the section's documents at the start of the month.
    """
    biggest = largest(papers)
    if biggest is None:
        return
    left = balance
    if balance > 0 and len(papers) > 1:
        for payee, part in earlier:
            (paper_of(payee, papers) or biggest).opening += part
            left -= part
    biggest.opening += left


def share_paid(papers: Sequence[Paper], paid: Decimal) -> None:
    """Split the money of the month: it covers the debt of the start first, what is left goes to the largest paper."""
    biggest = largest(papers)
    if biggest is None or not paid:
        return
    owed = [max(one.opening, NOTHING) for one in papers]
    covered = min(max(paid, NOTHING), sum(owed, NOTHING))
    if covered:
        for one, part in zip(papers, largest_remainder(covered, owed), strict=True):
            one.paid += part
    biggest.paid += paid - covered


def lines_of(paper: Paper) -> list[tuple[Any, ...]]:
    """The printed lines, without the document's id; a penalty is a line of its own at the end."""
    rows: list[tuple[Any, ...]] = []
    for one in paper.charges:
        service = one.service
        name = f"{service.name}, T{one.zone}" if one.zone else service.name
        rows.append((
            len(rows) + 1, service.group, service.code, name, service.unit, one.volume, one.method, one.tariff,
            one.accrued, one.volume_common, one.method_common, one.accrued_common, one.coefficient, one.excess, one.fine,
            one.recalculated, one.benefit, NOTHING, None, line_total(one), "[]",
            json.dumps(one.parts),
        ))  # fmt: skip
    if paper.penalty:
        rows.append((
            len(rows) + 1, "", "", _("Penalty for late payment"), "", None, "", None, NOTHING, None, "", NOTHING, None,
            NOTHING, NOTHING, NOTHING, NOTHING, paper.penalty, None, paper.penalty, "[]", "[]",
        ))  # fmt: skip
    return rows


def digest_of(paper: Paper, lines: Sequence[tuple[Any, ...]]) -> str:
    """The fingerprint of what a document says."""
    words = [paper.account.number, paper.kind, paper.details, paper.opening, paper.payable, lines]
    return hashlib.sha256(json.dumps(words, default=str, ensure_ascii=False).encode()).hexdigest()


def number_of(kind: str, number: int) -> str:
    """«139», and «139К» for capital repair: each kind is counted by itself, and two documents must not have one number."""
    return f"{number}{NUMBER_MARKS.get(Invoice.Kind(kind), '')}"


def document_id(account: PersonalAccount, run: BillingRun, place: int) -> str:
    """The identifier of a document in the state system: the ИЖКУ, the year's last digit, the month, its place (1–9)."""
    if not ZHKU.match(account.zhku) or place > 9:
        return ""
    return f"{account.zhku}-{run.period.year % 10}{run.period.month:02}{place}"
