"""What the demo town's companies charge for and by what: services, suppliers, tariffs, norms, data of the houses.

The same codes and tariffs as in the town's two years of documents (utilities.py), so that the next month can be closed in
the staff room and compared with the last one.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from billing.models import Benefit, BillingTerms, HouseFact, HouseService, Service, ServiceNorm, Supplier, Tariff
from portal.town.flats import Flat
from portal.town.places import Block, Company
from portal.town.utilities import HOUSING, UTILITIES, tariff_of
from premises.models import House, Organization, PersonalAccount

SINCE = date(2024, 7, 1)
COMMON_SHARE = Decimal("0.2")  # of common property to the rooms


@dataclass(frozen=True)
class Sold:
    """One service as a company sells it."""

    code: str
    name: str
    unit: str
    method: str
    tariff: str
    supplier: str
    grows: bool = True  # by 8 % every July
    resource: str = ""
    night: str = ""  # the tariff of zone T2
    norm: tuple[str, str] | None = None  # kind, value
    kind: str = "main"
    is_housing: bool = False
    meter_possible: bool = False


SOLD: dict[str, tuple[Sold, ...]] = {
    "RU": (
        Sold("UPKEEP", "Содержание жилья", "м2", "area", "24.36", "", is_housing=True),
        Sold("SOI_EL", "Электроэнергия СОИ", "кВт·ч", "common_norm", "4.85", "ТНС энерго", resource="power",
             norm=("common", "0.95"), is_housing=True),
        Sold("COLD", "Холодная вода", "м3", "meter", "43.57", "Водоканал", resource="cold", meter_possible=True),
        Sold("HOT", "Горячая вода", "м3", "meter", "168.42", "Тепловые сети", resource="hot", meter_possible=True),
        Sold("SEWAGE", "Водоотведение", "м3", "sewage", "32.18", "Водоканал"),
        Sold("HEAT", "Отопление", "Гкал", "heat_season", "2245.68", "Тепловые сети", norm=("area", "0.0186")),
        Sold("POWER", "Электроэнергия", "кВт·ч", "meter", "6.93", "ТНС энерго", resource="power", night="3.04",
             meter_possible=True),
        Sold("WASTE", "Обращение с ТКО", "чел.", "person", "104.15", "Экоцентр"),
        Sold("REPAIR", "Взнос на капитальный ремонт", "м2", "area", "5.50", "", kind="repair", is_housing=True),
    ),
    "UA": (
        Sold("UPKEEP", "Управління будинком", "м2", "area", "7.40", "", is_housing=True),
        Sold("COLD", "Холодна вода", "м3", "meter", "18.94", "Львівводоканал", grows=False, resource="cold"),
        Sold("SEWAGE", "Водовідведення", "м3", "sewage", "17.22", "Львівводоканал", grows=False),
        Sold("FEE", "Абонентське обслуговування", "рахунок", "account", "24.11", "Львівводоканал", grows=False),
        Sold("HEAT", "Опалення", "Гкал", "heat_season", "1654.41", "Львівтеплоенерго", grows=False,
             norm=("area", "0.0172")),
        Sold("WASTE", "Вивезення відходів", "ос.", "person", "32.50", "Зелене місто"),
    ),
}  # fmt: skip
BENEFIT = {"RU": "Ветеран труда, 181-ФЗ", "UA": "Пільга, Закон 3551-XII"}


@transaction.atomic
def set_reference(
    company: Company, organization: Organization, found: list[tuple[Block, Flat]], *, today: date
) -> None:
    """Write everything the company's charges need, for all of its houses."""
    country = company.country
    houses = list(House.objects.filter(organization=organization))
    BillingTerms.objects.create(organization=organization)
    for house in houses:
        _facts(house, [flat for block, flat in found if block.street == house.street])
    for position, sold in enumerate(SOLD[country], start=1):
        service = _service(organization, sold, position * 10)
        _tariffs(service, sold, today)
        supplier = _supplier(organization, sold.supplier)
        HouseService.objects.bulk_create(
            HouseService(house=house, service=service, supplier=supplier, since=SINCE) for house in houses
        )
    _benefits(organization, [flat for _block, flat in found])


def _facts(house: House, found: list[Flat]) -> None:
    area = sum((flat.area for flat in found), Decimal(0))
    HouseFact.objects.create(house=house, since=SINCE, area_rooms=area, area_common=area * COMMON_SHARE)


def _service(organization: Organization, sold: Sold, position: int) -> Service:
    country = organization.country
    service = Service.objects.create(
        organization=organization, code=sold.code, name=sold.name, unit=sold.unit, method=sold.method, kind=sold.kind,
        group=(HOUSING if sold.is_housing else UTILITIES)[country], resource=sold.resource, position=position,
        meter_possible=sold.meter_possible, vat_percent=20 if country == "UA" else 0,
    )  # fmt: skip
    if sold.norm:
        kind, value = sold.norm
        ServiceNorm.objects.create(service=service, kind=kind, since=SINCE, value=value)
    return service


def _tariffs(service: Service, sold: Sold, today: date) -> None:
    """One price for each year from July to June, the last one until further notice."""
    starts = [date(year, 7, 1) for year in range(SINCE.year, today.year + 1) if date(year, 7, 1) <= today]
    starts = starts if sold.grows else starts[:1]
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        until = following - timedelta(days=1) if following else None
        night = _price(sold.night, sold, start) if sold.night else None
        rate = _price(sold.tariff, sold, start)
        Tariff.objects.create(service=service, since=start, until=until, rate=rate, rate_2=night)


def _price(text: str, sold: Sold, start: date) -> Decimal:
    return tariff_of(text, start) if sold.grows else Decimal(text)


def _supplier(organization: Organization, name: str) -> Supplier:
    return Supplier.objects.get_or_create(organization=organization, name=name or organization.short_name)[0]


def _benefits(organization: Organization, found: list[Flat]) -> None:
    """Half of the upkeep for those whose documents have it."""
    service = Service.objects.get(organization=organization, code="UPKEEP")
    numbers = [flat.account for flat in found if flat.has_benefit]
    for account in PersonalAccount.objects.filter(organization=organization, number__in=numbers):
        Benefit.objects.create(
            account=account, service=service, category=BENEFIT[organization.country], percent=50, since=SINCE
        )
