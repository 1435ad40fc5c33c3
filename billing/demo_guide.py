"""The company of the guide and its account 10117, loaded from demo/guide through the importers that every company uses."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction

from billing.models import Requisites
from meters.actions import install, submit
from meters.examining import Entry
from meters.history import months_before
from meters.models import Meter, Source, SubmissionWindow
from premises.actions.imports import apply_file, check_file, sha256_of
from premises.models import ImportRun, Organization, PersonalAccount

FILES = Path(settings.BASE_DIR) / "demo" / "guide"
COMPANY = 'ООО "ТеплоДом"'
# resource, number, value at installation, used in a month
METERS = (
    ("cold", "25017431", Decimal("112.000"), Decimal("3.412")),
    ("hot", "25017438", Decimal("87.500"), Decimal("2.106")),
)


class NotLoaded(Exception):
    """A file of the guide was refused; the message is the importer's."""


def load_guide(*, at: datetime) -> Organization:
    """Make the guide's company, its placeholder bank details, its account, five documents and five payments; once."""
    company = make_company()
    for kind in (ImportRun.Kind.ACCOUNTS, ImportRun.Kind.DOCUMENTS, ImportRun.Kind.PAYMENTS):
        load_register(kind, company, FILES / f"{kind}.csv", at=at)
    set_meters(company.accounts.get(number="10117"), at=at)
    return company


@transaction.atomic
def make_company() -> Organization:
    """The company as the guide prints it. Its bank account is a placeholder: no payment code may come of it."""
    company, _created = Organization.objects.get_or_create(
        name=COMPANY,
        defaults={
            "country": Organization.Country.RUSSIA,
            "short_name": "ТеплоДом",
            "tax_id": "3661057530",
            "kpp": "366101001",
            "address": "38363800, Воронежская обл, г. Воронеж, ул. 20-летия ВЛКСМ, д. 111, корп. А",
            "phone": "8 (800) 550-0735",
            "dispatch_phone": "8 (800) 550-0735",
            "hours": "круглосуточно",
        },
    )
    Requisites.objects.get_or_create(
        organization=company,
        kind="main",
        defaults={
            "recipient": COMPANY, "tax_id": "3661057530", "kpp": "366101001", "account": "79187987987971987987"
        },
    )  # fmt: skip
    return company


@transaction.atomic
def set_meters(account: PersonalAccount, *, at: datetime) -> None:
    """Two meters with three months of the company's readings, and a window that is open on any day; once.

    The guide shows no meters of this account: they are here so that sending readings can be tried with it.
    """
    if Meter.objects.filter(account=account).exists():
        return
    company, house, today = account.organization, account.unit.house, account.organization.day(at)
    SubmissionWindow.objects.create(organization=company, opens=1, closes=31)
    for resource, serial, start, used in METERS:
        meter = install(
            Meter(
                organization=company, house=house, account=account, resource=resource, serial=serial, place="ванная",
                initial_t1=start, installed_on=today - timedelta(days=700), verified_on=today - timedelta(days=720),
                next_verification=today + timedelta(days=40 if resource == "hot" else 1400), created_at=at,
            ), by=None, at=at,
        )  # fmt: skip
        for back in (3, 2, 1):
            period = months_before(today.replace(day=1), back)
            entry = Entry(meter, (start + used * (4 - back),), period.replace(day=20), period=period)
            submit([entry], source=Source.COMPANY, by=None, at=at, must_confirm=False)


def load_register(kind: str, company: Organization, path: Path, *, at: datetime) -> ImportRun:
    """Check and import one file, unless this very file is imported already; a refused one raises NotLoaded."""
    with path.open("rb") as file:
        runs = ImportRun.objects.filter(organization=company, kind=kind, sha256=sha256_of(file))
        if done := runs.applied().first():
            return done
        run = check_file(kind, company, file, name=path.name, by=None, at=at)
    if run.is_importable:
        run = apply_file(run, by=None, at=at)
    if run.state != ImportRun.State.APPLIED:
        raise NotLoaded("; ".join(problem.message for problem in run.problems[:5]))
    return run
