"""Figures that are hardly meant, entered in the staff room: refused where they cannot be, else named."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages

from billing.models import HouseService, Service, Tariff
from billing.tests.test_admin_reference import add, change, errors, service, tariff
from portal.testing import Cast
from premises.models import PersonalAccount, Unit

__all__ = ["service"]
RANGES = "100 = 4.32\n= 5.10"


def told(response: Any) -> str:
    """What the page says after saving."""
    assert response.status_code == 302, errors(response)
    return " ".join(str(one) for one in get_messages(response.wsgi_request))


def by_ranges(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(method="tiers")


@pytest.mark.parametrize("method", ["area", "meter"])
def test_ranges_of_a_service_that_is_not_charged_by_them_are_refused(
    cast: Cast, service: Service, enter: Any, method: str
) -> None:
    Service.objects.filter(pk=service.pk).update(method=method)
    client = enter(cast.anna)
    assert "not charged by ranges" in errors(client.post(add("tariff"), tariff(service, tiers=RANGES)))
    assert not Tariff.objects.exists()
    HouseService.objects.create(house=cast.house, service=service, since="2026-01-01", method="tiers")
    assert client.post(add("tariff"), tariff(service, tiers=RANGES)).status_code == 302


def test_a_tariff_without_ranges_of_a_service_by_ranges_is_named(cast: Cast, service: Service, enter: Any) -> None:
    by_ranges(service)
    client, words = enter(cast.anna), "since 01.01.2026 has none: all of the volume is charged at 43.57"
    assert words in told(client.post(add("tariff"), tariff(service)))
    row = Tariff.objects.get()
    assert (
        told(client.post(change(row), tariff(service, tiers=RANGES))).count(words) == 1
    )  # what was said before and not read yet


def test_a_service_that_becomes_one_by_ranges_is_named_with_its_tariff(
    cast: Cast, service: Service, enter: Any
) -> None:
    Tariff.objects.create(service=service, since="2026-01-01", rate=Decimal("43.57"))
    client, words = enter(cast.anna), "is charged by ranges"
    house = {"house": cast.house.pk, "service": service.pk, "since": "2026-01-01", "until": "", "supplier": ""}
    assert words in told(client.post(add("houseservice"), house | {"method": "tiers"}))
    # A house with ranges of its own has them.
    Tariff.objects.create(
        service=service, house=cast.house, since="2026-01-01", rate=Decimal(4), tiers=[["100", "4.32"], [None, "5.10"]]
    )
    row = HouseService.objects.get()
    assert (
        told(client.post(change(row), house | {"method": "tiers"})).count(words) == 1
    )  # what was said before and not read yet


def test_more_people_than_live_there_have_no_benefit(cast: Cast, enter: Any) -> None:
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=2, registered=2)
    values = {"account": cast.account.pk, "service": "", "category": "Ветеран", "percent": "50", "since": "2026-11-01"}
    client = enter(cast.anna)
    assert "So many people do not live there: 2" in errors(client.post(add("benefit"), values | {"persons": "1000"}))
    assert client.post(add("benefit"), values | {"persons": "2"}).status_code == 302


def test_hot_water_is_not_colder_than_it_is_hot(cast: Cast, service: Service, enter: Any) -> None:
    Service.objects.filter(pk=service.pk).update(resource="hot")
    values = {"house": cast.house.pk, "service": service.pk, "period": "2026-11-01", "kind": "cold_hot_water",
              "hours": "10", "percent": "0"}  # fmt: skip
    client = enter(cast.anna)
    assert "75 °C at most" in errors(client.post(add("qualitycase"), values | {"degrees": "500"}))
    assert client.post(add("qualitycase"), values | {"degrees": "12"}).status_code == 302


@pytest.mark.parametrize(("area", "is_named"), [("10000", True), ("60", False)])
def test_an_area_that_is_many_times_that_of_the_flat_is_named(
    cast: Cast, enter: Any, area: str, is_named: bool
) -> None:
    Unit.objects.filter(pk=cast.account.unit_id).update(area_total=Decimal("31.40"))
    values = {"account": cast.account.pk, "since": "2026-11-01", "residents": "", "area": area}
    words = "while the flat has 31.40 m²"
    assert (words in told(enter(cast.anna).post(add("accountfact"), values))) is is_named


@pytest.mark.parametrize(
    ("kind", "value", "is_named"), [("area", "99999", True), ("area", "0.025", False), ("person", "180", False)]
)
def test_a_norm_of_heat_that_is_hardly_meant_is_named(
    cast: Cast, service: Service, enter: Any, kind: str, value: str, is_named: bool
) -> None:
    values = {"service": service.pk, "house": "", "kind": kind, "since": "2026-11-01", "value": value}
    assert ("Check the norm" in told(enter(cast.anna).post(add("servicenorm"), values))) is is_named


@pytest.mark.parametrize(("returned", "is_named"), [("2028-06-05", True), ("2026-11-20", False)])
def test_an_absence_of_years_is_named(cast: Cast, enter: Any, returned: str, is_named: bool) -> None:
    values = {"account": cast.account.pk, "persons": "1", "left_on": "2026-11-01", "returned_on": returned,
              "applied_on": "2026-11-01"}  # fmt: skip
    assert ("Check the days" in told(enter(cast.anna).post(add("absence"), values))) is is_named
