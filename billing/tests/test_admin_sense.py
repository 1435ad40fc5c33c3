"""Figures that are hardly meant, entered in the staff room: refused where they cannot be, else named."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages

from billing.models import HouseService, Service, Tariff
from billing.tests.test_admin_reference import add, change, errors, service, tariff
from portal.testing import Cast

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
