"""Services with suppliers and tariffs: of the house, or of the newest bill where the company charges elsewhere."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.models import HouseService, Service, ServiceNorm, Supplier, Tariff
from billing.price_list import IN_WORDS, price_list
from billing.testing import make_invoice
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
    ((_group, (offer,)),) = price_list(cast.account, TODAY).groups
    assert [(rate.name, rate.amount) for rate in offer.rates] == [(name, Decimal(sum_)) for name, sum_ in expected]


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
