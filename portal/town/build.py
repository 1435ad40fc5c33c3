"""Builds the demo town in the database, through the same imports as any company's files."""

import io
from collections import defaultdict
from datetime import date, datetime

from django.db import transaction

from billing.demo_guide import load_guide
from billing.models import Requisites
from portal import demo
from portal.town import books, people, places, registers
from portal.town.flats import Flat, accounts_register, flats
from portal.town.metering import set_meters
from portal.town.places import Block, Company
from portal.town.reference import set_reference
from portal.town.tills import open_till
from premises.actions.imports import apply_file, check_file
from premises.models import House, ImportRun, Organization, PersonalAccount, Unit

Kind = ImportRun.Kind


class TownIsBroken(Exception):
    """An import of the town's own file met errors: a bug in the town or in the importer."""


def build_company(company: Company, *, today: date, at: datetime) -> Organization:
    """Write the company with its houses, then import its accounts and two years of documents and payments."""
    organization = found_company(company)
    found = list(flats(company))
    take(organization, Kind.ACCOUNTS, accounts_register(company, found), "accounts.csv", at)
    place_flats(organization, found)
    documents, receipts = by_month(company, [flat for _block, flat in found], today)
    for month in sorted(documents):
        name = f"{month:%Y-%m}"
        take(
            organization,
            Kind.DOCUMENTS,
            registers.documents_register(company, documents[month]),
            f"bills-{name}.csv",
            at,
        )
        paid = books.after(month)
        if paid in receipts:
            file = registers.payments_register(company, receipts[paid])
            take(organization, Kind.PAYMENTS, file, f"payments-{paid:%Y-%m}.csv", at)
    return organization


@transaction.atomic
def found_company(company: Company) -> Organization:
    """Write the company, its bank details and its houses."""
    organization = Organization.objects.create(country=company.country, **company.fields)
    for kind in kinds(company):
        Requisites.objects.create(organization=organization, kind=kind, **company.details)
    for block in company.blocks:
        House.objects.create(
            organization=organization, city=block.city, street=block.street, number=block.number,
            entrances=block.entrances, floors=block.floors, year_built=block.year_built,
        )  # fmt: skip
    return organization


def kinds(company: Company) -> tuple[str, ...]:
    """The kinds of documents the company prints: Russian houses save for capital repair."""
    return ("main", "repair") if company.country == Organization.Country.RUSSIA else ("main",)


def take(organization: Organization, kind: str, file: bytes, name: str, at: datetime) -> None:
    """Check and import one file."""
    run = check_file(kind, organization, io.BytesIO(file), name=name, by=None, at=at)
    run = apply_file(run, by=None, at=at)
    if run.state != ImportRun.State.APPLIED:
        raise TownIsBroken(f"{name}: {run.report[:3]}")


def place_flats(organization: Organization, found: list[tuple[Block, Flat]]) -> None:
    """Say in which entrance and on which floor every flat is: the register has no column for it."""
    places = {(block.street, flat.label): flat for block, flat in found}
    units = list(Unit.objects.filter(house__organization=organization).select_related("house"))
    for unit in units:
        flat = places[unit.house.street, unit.label]
        unit.entrance, unit.floor, unit.rooms = flat.entrance, flat.floor, flat.rooms
    Unit.objects.bulk_update(units, ["entrance", "floor", "rooms"])


def by_month(
    company: Company, found: list[Flat], today: date
) -> tuple[dict[date, list[books.Document]], dict[date, list[books.Receipt]]]:
    """Return the company's documents by their month and its payments by the month they came in."""
    documents: dict[date, list[books.Document]] = defaultdict(list)
    receipts: dict[date, list[books.Receipt]] = defaultdict(list)
    for paper in books.walk(company.country, found, today, kinds(company)):
        if isinstance(paper, books.Document):
            documents[paper.month].append(paper)
        else:
            receipts[paper.on.replace(day=1)].append(paper)
    return documents, receipts


def build_town(*, today: date, at: datetime) -> None:
    """Write everything: both generated companies, the guide's account, the people, the known letter."""
    russian, ukrainian = (build_company(company, today=today, at=at) for company in places.COMPANIES)
    people.settle(russian, ukrainian, today=today, at=at)
    for company, organization in zip(places.COMPANIES, (russian, ukrainian), strict=True):
        set_meters(company, organization, today=today, at=at)
        set_reference(company, organization, list(flats(company)), today=today)
    letter_of = PersonalAccount.objects.get(organization=russian, number=demo.LETTER_ACCOUNT)
    people.known_letter(letter_of, demo.LETTER_PASSWORD, demo.LETTER_CODE, at=at)
    guide = load_guide(at=at)
    people.settle_guide(guide.accounts.get(), at=at)
    for organization in (russian, ukrainian, guide):
        open_till(organization)
