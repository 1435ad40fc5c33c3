"""The services of a house with suppliers and tariffs, as residents read them; of a company that charges elsewhere, as its
newest bill prints them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import HouseService, Invoice, Service, ServiceNorm, Supplier, Tariff
from meters.models import ConsumptionNorm, Meter
from meters.resources import Unit
from premises.models import House, PersonalAccount

Way = Service.Method
IN_WORDS: dict[str, str | Promise] = {
    Way.METER: gettext_lazy("By the meter of the flat; without readings by the average, then by the norm."),
    Way.TIERS: gettext_lazy("By the meter of the flat; the more is used in a month, the higher the price of the rest."),
    Way.COMMON: gettext_lazy("What the house meter shows beyond the flats is shared by their area."),
    Way.COMMON_NORM: gettext_lazy("Common use of the house by the norm, shared by the area of the flats."),
    Way.HEAT_SEASON: gettext_lazy("By the area of the flat, in the months of heating."),
    Way.HEAT_YEAR: gettext_lazy("By the area of the flat, in equal parts over the whole year."),
    Way.HEAT_HOUSE: gettext_lazy("What the heat meter of the house shows, shared by the area of the flats."),
    Way.HEAT_AVERAGE: gettext_lazy(
        "By the average of the house meter over last year, in equal parts, corrected once a year."
    ),
    Way.HEAT_ROOMS: gettext_lazy("By the heat meters of the flats and of the house together."),
    Way.SEWAGE: gettext_lazy("As much as cold and hot water together."),
    Way.HOT_TWO: gettext_lazy("Two parts: the water itself, and the heat that warmed it."),
    Way.AREA: gettext_lazy("By the area of the flat."),
    Way.ACCOUNT: gettext_lazy("The same sum for every flat."),
    Way.PERSON: gettext_lazy("By the number of people."),
}


@dataclass(frozen=True)
class Rate:
    """One price: what it is of («night», «up to 100»), empty for the only one; `unit` where it is not the service's."""

    name: str
    amount: Decimal
    unit: str = ""


@dataclass(frozen=True)
class Offer:
    """A service of the list."""

    name: str
    unit: str
    supplier: Supplier | None
    company: str  # who supplies where no supplier is named
    way: str | Promise = ""
    rates: tuple[Rate, ...] = ()
    since: date | None = None
    source: str = ""
    next_rates: tuple[Rate, ...] = ()
    next_since: date | None = None
    norms: tuple[ServiceNorm, ...] = ()


@dataclass(frozen=True)
class PriceList:
    """The groups of the document with their services; `bill` is where the figures come from if not from the house.

    A bill without groups prints no tariff.
    """

    groups: tuple[tuple[str, tuple[Offer, ...]], ...]
    bill: Invoice | None = None


def price_list(account: PersonalAccount, on: date) -> PriceList:
    """Return the list for an account on a day; at most six queries.

    A tariff of several zones has the prices of the account's own meter: without one of so many zones the one price holds.
    """
    house = account.unit.house
    served = HouseService.objects.during(on, on).filter(house=house).select_related("service", "supplier")
    rows = sorted(served, key=lambda one: (one.service.position, one.service.name))
    if not rows:
        return _as_billed(account)
    services = [one.service_id for one in rows]
    tariffs, norms = _tariffs(house, services, on), _norms(house, services, on)
    norms += _usual_norms(account, [one.service for one in rows if one.way != Way.COMMON], norms, on)
    zones = _zones(account, on) if any(one.rate_2 is not None for one in tariffs) else {}
    company = house.organization.short_name
    offers = [(one.service.group, _offer(one, company, tariffs, norms, on, zones)) for one in rows]
    return PriceList(_grouped(offers))


def _grouped(offers: Iterable[tuple[str, Offer]]) -> tuple[tuple[str, tuple[Offer, ...]], ...]:
    groups: dict[str, list[Offer]] = {}
    for group, offer in offers:
        groups.setdefault(group, []).append(offer)
    return tuple((group, tuple(found)) for group, found in groups.items())


def _tariffs(house: House, services: list[int], on: date) -> list[Tariff]:
    """The tariffs in force or still to come; the house's own come before the company's."""
    of_house = Q(house=house) | Q(house=None)
    open_ = Q(until=None) | Q(until__gte=on)
    found = Tariff.objects.filter(of_house, open_, service__in=services).order_by("since")
    return sorted(found, key=lambda one: one.house_id is None)


def _norms(house: House, services: list[int], on: date) -> list[ServiceNorm]:
    """The norms that have begun, the newest first; the house's own come before the company's."""
    found = ServiceNorm.objects.filter(Q(house=house) | Q(house=None), service__in=services, since__lte=on)
    return sorted(found.order_by("-since"), key=lambda one: one.house_id is None)


def _usual_norms(
    account: PersonalAccount, services: list[Service], norms: list[ServiceNorm], on: date
) -> list[ServiceNorm]:
    """The norms that the meters know of a resource, for services that have none of their own for a person or
    a metre, as bills print them; not saved."""
    known = {one.service_id for one in norms if one.kind in (ServiceNorm.Kind.PERSON, ServiceNorm.Kind.AREA)}
    lacking = [one for one in services if one.resource and one.pk not in known]
    if not lacking:
        return []
    of_house = Q(house=account.unit.house) | Q(house=None)
    found: dict[str, ConsumptionNorm] = {}
    for norm in ConsumptionNorm.objects.in_force(on).filter(of_house, organization=account.organization):
        found.setdefault(norm.resource, norm)
    return [
        ServiceNorm(
            service=one, kind=ServiceNorm.Kind.PERSON, since=usual.since, value=usual.per_person, source=usual.document
        )
        for one in lacking
        if (usual := found.get(one.resource))
    ]  # fmt: skip


def _zones(account: PersonalAccount, on: date) -> dict[str, int]:
    """Of how many zones the account's meter of each resource is."""
    return dict(Meter.objects.filter(account=account).installed(on).order_by("zones").values_list("resource", "zones"))


def _offer(
    row: HouseService, company: str, tariffs: list[Tariff], norms: list[ServiceNorm], on: date, zones: dict[str, int]
) -> Offer:
    own = [one for one in tariffs if one.service_id == row.service_id]
    now = next((one for one in own if one.since <= on), None)
    later = next((one for one in own if one.since > on), None)
    count = zones.get(row.service.resource, 1)
    newest: dict[str, ServiceNorm] = {}
    for norm in norms:
        if norm.service_id == row.service_id:
            newest.setdefault(norm.kind, norm)
    return Offer(
        name=row.service.name, unit=row.service.unit, supplier=row.supplier, company=company,
        way=IN_WORDS.get(row.way, ""), norms=tuple(newest.values()),
        rates=_rates(now, count), since=now.since if now else None, source=now.source if now else "",
        next_rates=_rates(later, count), next_since=later.since if later else None,
    )  # fmt: skip


def _rates(tariff: Tariff | None, count: int) -> tuple[Rate, ...]:
    """The prices of a tariff with what each is of, for a meter of so many zones."""
    if tariff is None:
        return ()
    if tariff.tiers:
        bounds = [
            _("up to %(volume)s a month") % {"volume": bound} if bound is not None else _("what is used above")
            for bound, _rate in tariff.tiers
        ]
        return tuple(Rate(name, Decimal(rate)) for name, (_bound, rate) in zip(bounds, tariff.tiers, strict=True))
    prices = (tariff.rate, tariff.rate_2, tariff.rate_3)
    zones = 1 < count <= len([one for one in prices if one is not None])
    second, third = (tariff.rate_2 if zones else None, tariff.rate_3 if zones and count > 2 else None)
    first = _("zone T1 (day)") if zones else _("water itself") if tariff.heat_rate is not None else ""
    every = (
        (first, tariff.rate, ""), (_("zone T2 (night)"), second, ""), (_("zone T3"), third, ""),
        (_("heat for warming"), tariff.heat_rate, str(Unit.GCAL.label)),
    )  # fmt: skip
    return tuple(Rate(name, rate, unit) for name, rate, unit in every if rate is not None)


def _as_billed(account: PersonalAccount) -> PriceList:
    """The services and tariffs that the newest bills of an account print."""
    newest = list(account.invoices.newest().in_brief().prefetch_related("lines"))
    company = account.organization.short_name
    offers = [
        (line.group, Offer(line.service, line.unit, None, company, rates=(Rate("", line.tariff),)))
        for invoice in newest
        for line in invoice.lines.all()
        if line.tariff
    ]
    return PriceList(_grouped(offers), newest[0] if newest else None)
