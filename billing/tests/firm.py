"""A company that charges: services, tariffs and norms for tests, and a month closed in one call."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from accounts.models import User
from billing.actions.calculate import calculate
from billing.actions.closing import start_issue, start_run
from billing.actions.issuing import issue
from billing.models import BillingRun, Charge, HouseFact, HouseService, Requisites, Service, ServiceNorm, Tariff
from premises.models import House, Organization, PersonalAccount

LONG_AGO = date(2020, 1, 1)
NOV = date(2026, 11, 1)
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)


def ignore(run_id: int) -> None:
    """No worker: the test is the worker."""


def make_service(
    house: House, code: str, method: str, rate: str | None = None, *, since: date = LONG_AGO, until: date | None = None,
    tariff: dict[str, Any] | None = None, norms: dict[str, str] | None = None, **fields: Any,
) -> Service:  # fmt: skip
    """A service of the house's company, in force in the house, with a tariff and norms of all its houses."""
    organization = house.organization
    values = {"name": code, "method": method} | fields
    service = Service.objects.create(organization=organization, code=code, **values)
    HouseService.objects.create(house=house, service=service, since=since, until=until)
    if rate is not None:
        Tariff.objects.create(service=service, since=LONG_AGO, rate=Decimal(rate), **(tariff or {}))
    for kind, value in (norms or {}).items():
        ServiceNorm.objects.create(service=service, kind=kind, since=LONG_AGO, value=Decimal(value))
    return service


def make_fact(house: House, **fields: Any) -> HouseFact:
    """The house of the printed vectors: 4873.20 m² of rooms, 812.50 m² in common."""
    values: dict[str, Any] = {"area_rooms": Decimal("4873.20"), "area_common": Decimal("812.50")} | fields
    return HouseFact.objects.create(house=house, since=LONG_AGO, **values)


def make_details(organization: Organization, recipient: str = "ООО «Уютный дом»", **fields: Any) -> Requisites:
    values: dict[str, Any] = {"tax_id": "3661057530", "account": "40702810652000001234", "bic": "044525225"} | fields
    return Requisites.objects.create(organization=organization, recipient=recipient, **values)


def calculated(organization: Organization, period: date, *, by: User, at: datetime = AT) -> BillingRun:
    """A run of the month, calculated by one worker without a pause."""
    run = start_run(organization, period, by=by, at=at, later=ignore)
    calculate(run.pk, now=lambda: at)
    run.refresh_from_db()
    assert run.state == BillingRun.State.CALCULATED, run.error
    return run


def issued(organization: Organization, period: date, *, by: User, at: datetime = AT) -> BillingRun:
    """A run of the month, calculated and issued."""
    run = calculated(organization, period, by=by, at=at)
    start_issue(run, by=by, at=at, later=ignore)
    issue(run.pk, now=lambda: at)
    run.refresh_from_db()
    assert run.state == BillingRun.State.ISSUED, run.error
    return run


def line(run: BillingRun, account: PersonalAccount, code: str, zone: int = 0) -> Charge:
    return Charge.objects.get(run=run, account=account, service__code=code, zone=zone)


def codes(run: BillingRun, account: PersonalAccount) -> set[str]:
    return set(Charge.objects.filter(run=run, account=account).values_list("service__code", flat=True))


def page(run: BillingRun, name: str = "change") -> str:
    return reverse(f"admin:billing_billingrun_{name}", args=[run.pk])


def press_issue(client: Client, run: BillingRun, **fields: str) -> Any:
    """What the confirmation of the issue sends: its fields with the word for the figures that it showed."""
    run.refresh_from_db()
    return client.post(page(run, "issue"), {"seen": run.figures, **fields})


def now() -> datetime:
    return timezone.now()


def in_russian(words: str) -> str:
    """Words as a Russian company prints them, whatever language the test reads in."""
    with override("ru"):
        return gettext(words)
