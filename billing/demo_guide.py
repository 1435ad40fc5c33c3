"""The company of the guide and its account 10117, loaded from demo/guide through the importers that every company uses."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from billing.models import Requisites
from premises.actions.imports import apply_file, check_file, sha256_of
from premises.models import ImportRun, Organization

FILES = Path(settings.BASE_DIR) / "demo" / "guide"
COMPANY = 'ООО "ТеплоДом"'


class NotLoaded(Exception):
    """A file of the guide was refused; the message is the importer's."""


def load_guide(*, at: datetime) -> Organization:
    """Make the guide's company, its placeholder bank details, its account, five documents and five payments; once."""
    company = make_company()
    for kind in (ImportRun.Kind.ACCOUNTS, ImportRun.Kind.DOCUMENTS, ImportRun.Kind.PAYMENTS):
        load_register(kind, company, FILES / f"{kind}.csv", at=at)
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
