"""Services with suppliers and tariffs: of the house, or of the newest bill where the company charges elsewhere."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.models import HouseService, Service, ServiceNorm, Supplier, Tariff
from billing.price_list import IN_WORDS, price_list
from billing.testing import make_invoice, reprint
from meters.models import ConsumptionNorm
from meters.testing import make_meter
from portal.testing import Cast

pytestmark = pytest.mark.feature("E3")
TODAY = date(2026, 6, 15)
LONG_AGO = date(2020, 1, 1)


def url(cast: Cast) -> str:
    return reverse("services", args=[cast.account.public_id])


def make_service(cast: Cast, name: str, method: str = Service.Method.METER, **fields: Any) -> Service:
    """A service of the company in the house of flat 12."""
    supplier = Supplier.objects.get_or_create(organization=cast.company, name="МУП «Водоканал»", phone="+78634500000")[
        0
    ]
    service = Service.objects.create(
        organization=cast.company, code=name[:30], name=name, method=method, unit="м³", resource="cold", **fields
    )
    HouseService.objects.create(house=cast.house, service=service, supplier=supplier, since=LONG_AGO)
    return service


def test_every_way_of_charging_has_words() -> None:
    assert IN_WORDS.keys() == set(Service.Method.values)


def test_the_house_s_own_tariff_comes_before_the_company_s_and_the_next_one_is_told(cast: Cast) -> None:
    water = make_service(cast, "Холодная вода")
    Tariff.objects.create(service=water, since=LONG_AGO, rate=Decimal("40.00"))
    Tariff.objects.create(
        service=water, house=cast.house, since=date(2026, 1, 1), until=date(2026, 6, 30), rate=Decimal("48.10"),
        source="РСТ, № 7",
    )  # fmt: skip
    Tariff.objects.create(service=water, house=cast.house, since=date(2026, 7, 1), rate=Decimal("52.30"))
    ServiceNorm.objects.create(service=water, kind="person", since=LONG_AGO, value=Decimal("4.33"))
    ((_group, (offer,)),) = price_list(cast.account, TODAY).groups
    assert [rate.amount for rate in offer.rates] == [Decimal("48.10")]
    assert (offer.since, offer.source) == (date(2026, 1, 1), "РСТ, № 7")
    assert ([rate.amount for rate in offer.next_rates], offer.next_since) == ([Decimal("52.30")], date(2026, 7, 1))
    assert [norm.value for norm in offer.norms] == [Decimal("4.33")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rate": "6.43", "rate_2": "2.11"}, [("zone T1 (day)", "6.43"), ("zone T2 (night)", "2.11")]),
        ({"rate": "52.30", "heat_rate": "2400.00"}, [("water itself", "52.30"), ("heat for warming", "2400.00")]),
        (
            {"rate": "4.32", "tiers": [["100", "4.32"], [None, "5.10"]]},
            [("up to 100 a month", "4.32"), ("what is used above", "5.10")],
        ),
    ],
)
def test_a_tariff_of_several_prices_names_each(cast: Cast, fields: Any, expected: list[tuple[str, str]]) -> None:
    Tariff.objects.create(service=make_service(cast, "Услуга"), since=LONG_AGO, **fields)
    make_meter(cast.account, zones=2, initial_t2=0)
    ((_group, (offer,)),) = price_list(cast.account, TODAY).groups
    assert [(rate.name, rate.amount) for rate in offer.rates] == [(name, Decimal(sum_)) for name, sum_ in expected]


@pytest.mark.parametrize(("zones", "prices"), [(0, ["8.73"]), (1, ["8.73"]), (2, ["8.73", "3.10"]), (3, ["8.73"])])
def test_zones_are_shown_to_those_who_are_charged_by_them(cast: Cast, zones: int, prices: list[str]) -> None:
    Tariff.objects.create(service=make_service(cast, "Свет"), since=LONG_AGO, rate="8.73", rate_2="3.10")
    first: dict[str, Any] = {f"initial_t{zone}": 0 for zone in range(2, zones + 1)}
    if zones:
        make_meter(cast.account, zones=zones, **first)
    ((_group, (offer,)),) = price_list(cast.account, TODAY).groups
    assert [rate.amount for rate in offer.rates] == [Decimal(price) for price in prices]
    assert bool(offer.rates[0].name) == (zones == 2)


def test_the_norm_that_a_bill_takes_of_the_meters_is_shown(cast: Cast) -> None:
    water, own = make_service(cast, "Вода"), make_service(cast, "Полив")
    ServiceNorm.objects.create(service=own, kind="person", since=LONG_AGO, value=Decimal("1.5"))
    norms = {"organization": cast.company, "resource": "cold"}
    ConsumptionNorm.objects.create(**norms, since=LONG_AGO, per_person="4.000000")
    ConsumptionNorm.objects.create(**norms, since=date(2026, 1, 1), per_person="4.745", document="№ 7")
    ConsumptionNorm.objects.create(**norms, since=date(2027, 1, 1), per_person="9")
    ((_group, offers),) = price_list(cast.account, TODAY).groups
    found = {offer.name: [(norm.value, norm.since, norm.source) for norm in offer.norms] for offer in offers}
    assert found[water.name] == [(Decimal("4.745"), date(2026, 1, 1), "№ 7")]
    assert [value for value, *_more in found[own.name]] == [Decimal("1.5")]


def test_what_the_house_no_longer_has_is_not_listed(cast: Cast) -> None:
    make_service(cast, "Домофон")
    HouseService.objects.update(until=TODAY - timedelta(days=1))
    make_invoice(cast.account, date(2026, 5, 1))
    found = price_list(cast.account, TODAY)
    assert found.bill is not None  # nothing of the house is left: the newest bill speaks
    assert found.groups[0][0] == "Жилищные услуги"


def test_anybody_with_a_link_reads_it_and_a_neighbour_does_not(cast: Cast, enter: Any) -> None:
    Tariff.objects.create(service=make_service(cast, "Холодная вода"), since=LONG_AGO, rate=Decimal("48.10"))
    for reader in (cast.olga, cast.tanya):
        html = enter(reader).get(url(cast)).content.decode().replace("\xa0", " ")
        for words in ("Холодная вода", "МУП «Водоканал»", "48.10 RUB", "since Jan. 1, 2020"):
            assert words in html
    assert enter(cast.nina).get(url(cast)).status_code == 404


def test_where_the_company_imports_the_newest_bill_is_the_list(cast: Cast, enter: Any) -> None:
    make_invoice(cast.account, date(2026, 4, 1))
    make_invoice(cast.account, date(2026, 5, 1))
    html = enter(cast.olga).get(url(cast)).content.decode()
    assert "for May 2026" in html
    assert "60.334262" in html


def test_a_bill_without_tariffs_does_not_promise_the_first_bill(cast: Cast, enter: Any) -> None:
    reprint(make_invoice(cast.account, date(2026, 5, 1)), tariff=None)
    html = enter(cast.olga).get(url(cast)).content.decode()
    assert "name no tariffs" in html
    assert "first bill" not in html


def test_before_anything_is_known_the_page_says_so(cast: Cast, enter: Any) -> None:
    assert "No services yet" in enter(cast.olga).get(url(cast)).content.decode()


def test_the_flat_and_the_bill_lead_here(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, timezone.localdate().replace(day=1))
    client = enter(cast.olga)
    for page in (
        reverse("flat", args=[cast.account.public_id]),
        reverse("bill", args=[cast.account.public_id, invoice.public_id]),
    ):
        assert url(cast) in client.get(page).content.decode()
