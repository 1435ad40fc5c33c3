"""The worker's part of issuing: documents with numbers, lines and entries of the book, chunk after chunk.

Numbers have no gaps: they are taken from the company's counter in the transaction that writes the documents.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import F, Q, Sum
from django.utils.translation import override

from billing import freezing, issuing
from billing.actions.comparing import differences, sums_of
from billing.actions.ledger import hold_book, post_documents
from billing.actions.running import Clock, Overtaken, claim, held, houses_of, release
from billing.actions.telling import tell_issued
from billing.calculating.plan import Norm, Plan, Way
from billing.charging.exact import NOTHING
from billing.debts import left_before
from billing.due import due_date
from billing.issuing import Desk, Paper, Payee
from billing.models import (
    BillingRun,
    Charge,
    ChargeSheet,
    CommonUse,
    DocumentCounter,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    PenaltyCharge,
    Recalculation,
    Requisites,
    Subsidy,
)
from lib.copying import copy_in
from lib.progress import tell
from meters.actions.estimating import estimate_accounts
from premises.actions import retire_connect_codes
from premises.models import Organization, PersonalAccount

CHUNK = 500  # accounts, give or take a house
State, Kind = BillingRun.State, Invoice.Kind
MONEY = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND)


def issue(run_id: int, *, now: Clock) -> bool:
    """Issue a run from where it stands; return whether this call did it to the end. Safe to call by any number of workers."""
    run = claim(run_id, State.ISSUING, at=now())
    if run is None:
        return False
    try:
        with override(run.organization.language):
            _issue(run, now)
    except Overtaken:
        return False
    finally:
        release(run)
    return True


def _issue(run: BillingRun, now: Clock) -> None:
    accounts = PersonalAccount.objects.filter(organization=run.organization)
    office = None if run.kind == BillingRun.Kind.CORRECTION else Office.of(run)
    for houses in houses_of(accounts, run.cursor, CHUNK):
        chunk = list(
            accounts.filter(unit__house__in=houses).select_related("unit__house").order_by("unit__house", "pk")
        )
        if office is None:
            _write_differences(run, chunk, houses[-1], now)
        else:
            office.write(Batch.read(office, chunk, houses), houses[-1], now)
        tell(run.progress_key, min(run.done, run.total), run.total)
    with held(run, at=now()) as row:
        row.state, row.issued_at = State.ISSUED, now()


def _write_differences(run: BillingRun, accounts: Sequence[PersonalAccount], cursor: int, now: Clock) -> None:
    """Leave what a correction found for the next month."""
    ids = [account.pk for account in accounts]
    with held(run, at=now()) as row:
        Recalculation.objects.bulk_create(
            Recalculation(
                account_id=account, service_id=service, period=run.period, amount=amount, reason=run.reason,
                source=Recalculation.Source.CORRECTION, found_by=row, by_id=row.issued_by_id, created_at=now(),
            )
            for account, service, amount in differences(run, ids, sums_of(run, ids))
        )  # fmt: skip
        row.cursor, row.done = cursor, row.done + len(ids)


@dataclass
class Batch:
    """The papers of some houses with what their blocks print."""

    papers: list[Paper]
    sheets: dict[int, list[dict[str, Any]]]
    references: dict[int, list[dict[str, Any]]]  # by house
    accounts: list[int]
    subsidies: list[Subsidy]  # that the papers credit

    @classmethod
    def read(cls, office: "Office", accounts: Sequence[PersonalAccount], houses: Sequence[int]) -> "Batch":
        """Read the charges of these accounts and lay them out into papers, in a constant number of queries."""
        run, ids = office.run, [account.pk for account in accounts]
        rows = Charge.objects.filter(run=run, account__in=ids).select_related("service__requisites")
        rows = rows.order_by("account", "service__position", "service__name", "service", "zone")
        charges = {pk: list(some) for pk, some in groupby(rows, attrgetter("account_id"))}
        late = defaultdict(list)
        fines = PenaltyCharge.objects.filter(run=run, account__in=ids).order_by("invoice")
        for pk, section, amount, *payee in fines.values_list("account", "section", "amount", *_payee("invoice__")):
            late[pk].append((section, (payee[0], payee[1] or ""), amount))
        reasons = _reasons(run, ids)
        subsidies = _subsidies(run, ids)
        credited: list[Subsidy] = []
        papers: list[Paper] = []
        for account in accounts:
            own = issuing.papers_of(office.desk, account, charges.get(account.pk, ()))
            issuing.add_penalties(office.desk, account, own, late.get(account.pk, ()))
            credited += _add_subsidies(own, subsidies.get(account.pk, ()))
            for paper in own:
                services = {one.service_id for one in paper.charges}
                paper.recalculations = [words for service, words in reasons.get(account.pk, ()) if service in services]
            papers += own
        sheets = dict(ChargeSheet.objects.filter(run=run, account__in=ids).values_list("account", "readings"))
        return cls(papers, sheets, office.references(houses), ids, credited)


def _reasons(run: BillingRun, accounts: list[int]) -> dict[int, list[tuple[int, dict[str, str]]]]:
    found: dict[int, list[tuple[int, dict[str, str]]]] = defaultdict(list)
    rows = Recalculation.objects.filter(run=run, account__in=accounts).order_by("service__position", "period", "pk")
    for account, service, name, period, reason, amount in rows.values_list(
        "account", "service", "service__name", "period", "reason", "amount"
    ):
        words = {"service": name, "period": period.isoformat(), "reason": reason, "amount": str(amount)}
        found[account].append((service, words))
    return found


def _subsidies(run: BillingRun, accounts: list[int]) -> dict[int, list[Subsidy]]:
    """Subsidies of which something is not credited yet: of this month, and of issued ones where they came or changed later.

    Those of months that came by registers are none of ours: their documents print the debt without them or with them. What
    waits for a second person is left out.
    """
    issued = BillingRun.objects.filter(
        organization=run.organization, kind=BillingRun.Kind.PERIOD, state=State.ISSUED, period__lt=run.period
    )
    of_a_month = Q(period=run.period) | Q(period__in=issued.values("period"))
    found: dict[int, list[Subsidy]] = defaultdict(list)
    rows = Subsidy.objects.counting().filter(of_a_month, account__in=accounts).exclude(amount=F("credited"))
    for one in rows.order_by("period"):
        found[one.account_id].append(one)
    return found


def _add_subsidies(papers: Sequence[Paper], waiting: Sequence[Subsidy]) -> Sequence[Subsidy]:
    """The state's money goes to the main document, or to the largest there is; without one it waits. Return what is credited."""
    paper = issuing.largest([one for one in papers if one.kind == Kind.MAIN]) or issuing.largest(papers)
    if paper is None:
        return ()
    for one in waiting:
        paper.subsidy += one.amount - one.credited
        one.credited = one.amount
    return waiting


@dataclass
class Office:
    """What a run prints alike in every document, and how a batch is written."""

    run: BillingRun
    plan: Plan
    desk: Desk
    form: str
    provider: dict[str, str]
    due: dict[str, date] = field(default_factory=dict)  # by city

    @classmethod
    def of(cls, run: BillingRun) -> "Office":
        organization, plan = run.organization, Plan.of(run.organization, run.period)
        mains = {one.kind: one for one in Requisites.objects.filter(organization=organization, is_main=True)}
        is_ua = organization.country == Organization.Country.UKRAINE
        form = plan.terms.form or (Invoice.Form.UA if is_ua else Invoice.Form.RU_43)
        return cls(run, plan, Desk(run, mains), form, freezing.provider(organization))

    def due_on(self, city: str) -> date:
        if city not in self.due:
            self.due[city] = due_date(self.plan.country, self.run.period, self.plan.rules, city)
        return self.due[city]

    def references(self, houses: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        """The block of reference of each house: norms, and what the house used."""
        uses = {(one.house_id, one.service_id): one for one in CommonUse.objects.filter(run=self.run, house__in=houses)}
        found: dict[int, list[dict[str, Any]]] = {}
        for house in houses:
            rows = []
            for supply in self.plan.supplies.get(house, ()):
                service, use = supply.service, uses.get((house, supply.service.pk))
                individual = Norm.AREA if supply.way in (Way.HEAT_SEASON, Way.HEAT_YEAR) else Norm.PERSON
                norm = self.plan.norm(service, house, individual)
                if norm is None and service.resource and supply.way != Way.COMMON:
                    norm = self.plan.person_norm(service, house)
                words = {
                    "norm": _plain(norm), "norm_common": _plain(self.plan.norm(service, house, Norm.COMMON)),
                    "house_volume": _plain(use.house_volume if use else None),
                    "rooms_volume": _plain(use.rooms_volume if use else None),
                    "common_volume": _plain(use.shared if use else None),
                }  # fmt: skip
                if any(words.values()):
                    rows.append({"service": service.name, "unit": service.unit, "kind": service.kind} | words)
            found[house] = rows
        return found

    # --- Writing ------------------------------------------------------------------------------------------------------

    def write(self, batch: Batch, cursor: int, now: Clock) -> None:
        """Write the documents of a batch, their lines and entries, in one transaction with the cursor."""
        with held(self.run, at=now()) as row:
            hold_book(self.run.organization)
            self._settle(batch.papers)
            invoices = self._invoices(batch, now())
            Invoice.objects.bulk_create(invoices, batch_size=1000)
            lines = (
                (invoice.pk, *line)
                for invoice, paper in zip(invoices, batch.papers, strict=True)
                for line in issuing.lines_of(paper)
            )
            copy_in(InvoiceLine, issuing.LINE_COLUMNS, lines)
            post_documents(invoices)
            if Subsidy.objects.bulk_update(batch.subsidies, ["credited"], batch_size=1000) != len(batch.subsidies):
                raise Overtaken  # one was deleted meanwhile: the next try lays these documents out without it
            read = {(account, one["serial"]) for account, some in batch.sheets.items() for one in some}
            estimate_accounts(
                batch.accounts, self.run.period, at=now(), charged_at=self.run.calculated_at or now(), charged=read
            )
            retire_connect_codes([one.account_id for one in invoices], before=self.run.period, at=now())
            tell_issued(invoices, at=now())
            row.cursor, row.done = cursor, row.done + len(batch.accounts)

    def _settle(self, papers: Sequence[Paper]) -> None:
        """The debt at the start of the month and the money of the month, split over the payees of a section."""
        sections: dict[tuple[int, str], list[Paper]] = defaultdict(list)
        for paper in papers:
            sections[paper.account.pk, paper.kind].append(paper)
        accounts = {account for account, _section in sections}
        opened = _by_section(LedgerEntry.objects.filter(account__in=accounts).before(self.run.period))
        upto = self.run.paid_upto or self.plan.last_day
        money = LedgerEntry.objects.filter(account__in=accounts, kind__in=MONEY, on__range=(self.run.period, upto))
        paid = _by_section(money)
        several = {account for (account, _section), some in sections.items() if len(some) > 1}
        earlier = _earlier(several, self.run.period) if several else {}
        for key, some in sections.items():
            issuing.share_opening(some, opened.get(key, NOTHING), earlier.get(key, ()))
            issuing.share_paid(some, -paid.get(key, NOTHING))

    def _invoices(self, batch: Batch, at: datetime) -> list[Invoice]:
        today = self.run.organization.day(at)
        numbers = _numbers(self.run, batch.papers)
        places: dict[int, int] = defaultdict(int)
        made = []
        for paper, number in zip(batch.papers, numbers, strict=True):
            places[paper.account.pk] += 1
            made.append(self._invoice(batch, paper, number, places[paper.account.pk], today, at))
        return made

    def _invoice(self, batch: Batch, paper: Paper, number: int, place: int, today: date, at: datetime) -> Invoice:
        account, run, house = paper.account, self.run, paper.account.unit.house
        reference = [one for one in batch.references.get(house.pk, ()) if one["kind"] == paper.kind]
        return Invoice(
            organization_id=run.organization_id, account=account, period=run.period, kind=paper.kind,
            recipient=paper.recipient, number=issuing.number_of(paper.kind, number), form=self.form, issued_on=today,
            due_on=self.due_on(house.city), paid_upto=run.paid_upto, payer=freezing.payer(account),
            provider=self.provider, requisites=paper.details, currency=run.organization.currency,
            opening=paper.opening, **paper.sums, penalty=paper.penalty, subsidy=paper.subsidy, vat=paper.vat,
            paid=paper.paid, payable=paper.payable, document_id=issuing.document_id(account, run, place),
            readings=batch.sheets.get(account.pk, []) if paper.kind == Kind.MAIN else [],
            reference=[{key: value for key, value in one.items() if key != "kind"} for one in reference],
            recalculations=paper.recalculations, digest=issuing.digest_of(paper, issuing.lines_of(paper)), run=run,
            created_at=at,
        )  # fmt: skip


def _by_section(entries: Any) -> dict[tuple[int, str], Decimal]:
    rows = entries.order_by().values_list("account", "section").annotate(total=Sum("amount"))
    return {(account, section): total for account, section, total in rows}


def _earlier(accounts: Iterable[int], period: date) -> dict[tuple[int, str], list[tuple[Payee, Decimal]]]:
    """What is left of the documents of earlier months, by payee: two queries."""
    left = left_before(accounts, period)
    wanted = {pk for some in left.values() for pk, owed in some.items() if owed}
    rows = Invoice.objects.filter(pk__in=wanted).values_list("pk", *_payee())
    payees: dict[int, Payee] = {pk: (recipient, account or "") for pk, recipient, account in rows}
    return {key: [(payees[pk], owed) for pk, owed in some.items() if owed] for key, some in left.items()}


def _payee(path: str = "") -> tuple[str, str]:
    """The columns of a document that say who is paid, and where."""
    return f"{path}recipient", f"{path}requisites__account"


def _numbers(run: BillingRun, papers: Sequence[Paper]) -> list[int]:
    """The next numbers of the company's documents, each kind and year counted by itself."""
    needed: dict[str, int] = defaultdict(int)
    for paper in papers:
        needed[paper.kind] += 1
    following: dict[str, int] = {}
    for kind, count in sorted(needed.items()):
        of: dict[str, Any] = {"organization": run.organization, "kind": kind, "year": run.period.year}
        DocumentCounter.objects.get_or_create(**of)
        counter = DocumentCounter.objects.select_for_update().get(**of)
        following[kind] = counter.last + 1
        counter.last += count
        counter.save(update_fields=["last"])
    numbers = []
    for paper in papers:
        numbers.append(following[paper.kind])
        following[paper.kind] += 1
    return numbers


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
