"""Importing the register of payment documents: check every row, then write documents, lines and ledger at once."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext_noop as _
from django.utils.translation import override

from billing import freezing
from billing.actions.ledger import hold_book, post_documents
from billing.actions.receipts import recent
from billing.actions.telling import tell_issued
from billing.calculating.volumes import rows_of_parts, words
from billing.charging.rules import Rules
from billing.due import due_date
from billing.exchange.detect import GIS_DOCUMENTS, detect, facts_of
from billing.exchange.documents import COLUMNS, Document, Line, documents
from billing.exchange.gis_documents import GisDocuments, Known, numbers_of_repair
from billing.exchange.layout import opened, rows_of
from billing.exchange.profile import Profile
from billing.models import BillingRun, Invoice, InvoiceLine, Requisites
from billing.rulebook import rules_of
from lib.copying import copy_in
from meters.measured import measured_in
from premises.actions import retire_connect_codes
from premises.models import ImportRun, Organization, PersonalAccount
from premises.register import Problem, Register, read
from premises.registers import Tally, archives
from premises.registers.cells import Unreadable

MOST_AHEAD = 31  # days
CHUNK = 1000  # documents held in memory and written together
PRINTED = tuple(one.name for one in fields(Line) if one.name != "warnings")  # columns of InvoiceLine, too
NOT_AS_ISSUED = _("Issued documents are never edited; a correction is a new document.")
CLOSED_HERE = _("This month is closed here. Its documents cannot come by a register.")


def import_documents(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """Walk through the register (an Importer of premises.registers); with `write` also store what is new.

    A document that is already here with the same words is unchanged; with other words it is an error.
    """
    if write:
        hold_book(run.organization)
    tally.facts |= facts_of(file)
    source = open_documents(run, file)
    tally.name_columns(source)
    desk, found = Desk(run, at), iter(source)
    while chunk := list(islice(found, CHUNK)):
        fresh = list(desk.new(chunk, tally))
        for row in (row for document in chunk for row in document.rows):
            tally.rows += 1
            tally.note(row.problems)
        if write and not tally.errors:
            desk.write(fresh)
    tally.note(source.problems)
    tally.total(_("documents"), tally.created)
    tally.total(_("accrued in new documents"), desk.accrued)


@dataclass
class TableOfDocuments:
    """An opened register of documents."""

    register: Register

    @property
    def problems(self) -> list[Problem]:
        return self.register.problems

    def __iter__(self) -> Iterator[Document]:
        return documents(self.register)


def open_documents(run: ImportRun, file: BinaryIO) -> TableOfDocuments | GisDocuments:
    """Open a register of documents: a table, as the column profile says if there is one, or a workbook of ГИС ЖКХ."""
    try:
        if archives.is_archive(file):
            file, _name = archives.only_file(file)
        kind = detect(file)
        if kind == GIS_DOCUMENTS:
            return GisDocuments(file, _known(run.organization, numbers_of_repair(file)))
        if run.layout:
            return open_table(file, Profile.from_json(run.layout))
    except Unreadable as broken:
        return TableOfDocuments(Register.refused(broken))
    return TableOfDocuments(read(file, COLUMNS))


def open_table(file: BinaryIO, profile: Profile) -> TableOfDocuments:
    """Open a table of documents whose columns stand where the profile says."""
    try:
        return TableOfDocuments(opened(rows_of(file, profile), profile, COLUMNS))
    except Unreadable as broken:
        return TableOfDocuments(Register.refused(broken))


def _known(organization: Organization, numbers: set[str]) -> dict[str, Known]:
    """Account and period of documents with these numbers; a number of several accounts tells nothing."""
    found: dict[str, set[Known]] = {}
    rows = (
        Invoice.objects.live().filter(organization=organization, number__in=numbers).exclude(kind=Invoice.Kind.REPAIR)
    )
    for number, account, period in rows.values_list("number", "account__number_search", "period"):
        found.setdefault(number, set()).add(Known(account, period))
    return {number: next(iter(some)) for number, some in found.items() if len(some) == 1}


@dataclass
class Desk:
    """Looks a chunk of documents up and writes the new ones, with a handful of queries per chunk."""

    run: ImportRun
    at: datetime
    accrued: Decimal = Decimal("0.00")  # of the new documents

    @property
    def organization(self) -> Organization:
        return self.run.organization

    def new(self, chunk: list[Document], tally: Tally) -> Iterator[tuple[Document, PersonalAccount]]:
        """Yield the documents to be written; note errors and count the unchanged."""
        numbers = {document.key[0] for document in chunk}
        accounts = {account.number_search: account for account in self._accounts(numbers)}
        flats = self._by_flat({one.zhku for one in chunk if one.zhku and one.key[0] not in accounts})
        issued = self._issued([*accounts.values(), *flats.values()], chunk)
        for document in chunk:
            account = accounts.get(document.key[0]) or flats.get(document.zhku)
            if not document.is_good or document.sums is None or document.period is None:
                continue
            if account is None:
                document.refuse("account", _("The company has no account with this number."))
            elif document.period > self.latest:
                document.refuse(
                    "period", _("The period %(month)s has not begun yet."), month=f"{document.period:%m.%Y}"
                )
            elif account.closed_on and account.closed_on < document.period:
                document.refuse("account", _("The account was closed before this period."))
            elif known := issued.get((account.pk, document.period, document.kind)):
                if known != document.digest:
                    document.refuse("doc_no", NOT_AS_ISSUED)
                else:
                    tally.unchanged += 1
            elif document.period in self.closed_here:
                document.refuse("period", CLOSED_HERE)
            else:
                tally.created += 1
                self.accrued += document.sums.accrued
                yield document, account

    def write(self, fresh: list[tuple[Document, PersonalAccount]]) -> None:
        """Write the documents with their lines and enter them into the book."""
        invoices = [self._invoice(document, account) for document, account in fresh]
        self._freeze_readings([one for one in invoices if one.kind == Invoice.Kind.MAIN])
        Invoice.objects.bulk_create(invoices, batch_size=CHUNK)
        lines = (
            (invoice.pk, position, *(getattr(line, name) for name in PRINTED), json.dumps(line.warnings))
            for invoice, (document, _account) in zip(invoices, fresh, strict=True)
            for position, line in enumerate(document.lines, start=1)
        )
        copy_in(InvoiceLine, ("invoice_id", "position", *PRINTED, "warnings"), lines)
        post_documents(invoices)
        self._retire_codes(invoices)
        tell_issued(recent(invoices, at=self.at), at=self.at)  # old years that a register brings are no news

    def _freeze_readings(self, invoices: list[Invoice]) -> None:
        """The block of readings, as calculated documents have it, where the portal holds the meters of these accounts."""
        months: dict[int, set[date]] = defaultdict(set)
        for invoice in invoices:
            months[invoice.account_id].add(invoice.period)
        measured = measured_in(months)
        for invoice in invoices:
            invoice.readings = rows_of_parts(measured.get((invoice.account_id, invoice.period), ()), self.words)

    def _retire_codes(self, invoices: list[Invoice]) -> None:
        """A newer bill is here: the codes that older bills carry link nobody any more."""
        for period in {invoice.period for invoice in invoices}:
            accounts = [invoice.account_id for invoice in invoices if invoice.period == period]
            retire_connect_codes(accounts, before=period, at=self.at)

    def _accounts(self, numbers: set[str]) -> Iterator[PersonalAccount]:
        accounts = PersonalAccount.objects.filter(organization=self.organization, number_search__in=numbers)
        return accounts.select_related("unit__house").iterator()

    def _by_flat(self, zhku: set[str]) -> dict[str, PersonalAccount]:
        """Accounts by the ИЖКУ of their flat; one that two accounts share names neither."""
        found: dict[str, list[PersonalAccount]] = {}
        if zhku:
            rows = PersonalAccount.objects.filter(organization=self.organization, zhku__in=zhku)
            for account in rows.select_related("unit__house"):
                found.setdefault(account.zhku, []).append(account)
        return {name: some[0] for name, some in found.items() if len(some) == 1}

    @cached_property
    def latest(self) -> date:
        """The latest period that a document may be of: bills are printed a little ahead, not more."""
        return self.organization.day(self.at) + timedelta(days=MOST_AHEAD)

    def _issued(self, accounts: list[PersonalAccount], chunk: list[Document]) -> dict[tuple[int, object, str], str]:
        """Digests of the documents that are already here, by account, period and kind."""
        periods = {document.period for document in chunk if document.period}
        found = Invoice.objects.live().filter(account__in=accounts, period__in=periods)
        return {
            (account, period, kind): digest
            for account, period, kind, digest in found.values_list("account_id", "period", "kind", "digest")
        }

    @cached_property
    def closed_here(self) -> set[date]:
        """Months that the company calculates or has issued here: another paper beside theirs would charge them twice."""
        runs = BillingRun.objects.filter(organization=self.organization, kind=BillingRun.Kind.PERIOD)
        return set(runs.exclude(state=BillingRun.State.DROPPED).values_list("period", flat=True))

    @cached_property
    def details(self) -> dict[str, Requisites]:
        """The organization's own bank details by kind of document; a register names no other recipient."""
        mains = Requisites.objects.filter(organization=self.organization, is_main=True)
        return {details.kind: details for details in mains}

    @cached_property
    def words(self) -> dict[str, str]:
        """Resources and units in the company's language: they are words of the document, whoever imports it."""
        with override(self.organization.language):
            return words()

    @cached_property
    def rules(self) -> Rules:
        """The law of the organization's country."""
        return rules_of(self.organization.country)

    def _due(self, period: date, account: PersonalAccount) -> date:
        return due_date(self.organization.country, period, self.rules, account.unit.house.city)

    @property
    def default_form(self) -> str:
        return Invoice.Form.UA if self.organization.country == Organization.Country.UKRAINE else Invoice.Form.RU_43

    def _invoice(self, document: Document, account: PersonalAccount) -> Invoice:
        sums = document.sums
        assert sums is not None
        assert document.period is not None  # only good documents come here
        requisites = freezing.requisites(self.organization, self.details.get(document.kind))
        return Invoice(
            organization=self.organization,
            account=account,
            period=document.period,
            kind=document.kind,
            recipient=requisites["recipient"],
            number=document.number,
            form=document.form or self.default_form,
            issued_on=document.issued,
            due_on=document.due or self._due(document.period, account),
            paid_upto=document.upto,
            payer=freezing.payer(account),
            provider=freezing.provider(self.organization),
            requisites=requisites,
            currency=self.organization.currency,
            opening=sums.balance,
            accrued=sums.accrued,
            recalculated=sums.recalculated,
            benefit=sums.benefit,
            penalty=sums.penalty,
            paid=sums.paid,
            payable=sums.payable,
            document_id=document.identifier,
            digest=document.digest,
            source=self.run,
            created_at=self.at,
        )
