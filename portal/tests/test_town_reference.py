"""What the demo town charges by: the prices of its documents, for every house, so that the next month can be closed."""

from datetime import date

import pytest
from django.utils import timezone

from billing.models import HouseService, InvoiceLine, Service, Tariff
from portal.town import books
from portal.town.build import build_company
from portal.town.flats import flats
from portal.town.places import COMPANIES, Company
from portal.town.reference import set_reference

TODAY = date(2026, 11, 21)


@pytest.mark.django_db
@pytest.mark.feature("E3")
@pytest.mark.parametrize("company", COMPANIES)
def test_the_newest_documents_and_the_tariffs_say_the_same(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MONTHS", 1)
    organization = build_company(company, today=TODAY, at=timezone.now())
    set_reference(company, organization, list(flats(company)), today=TODAY)
    month = books.months(TODAY)[-1]
    printed = dict(
        InvoiceLine.objects.filter(invoice__organization=organization, invoice__period=month)
        .values_list("code", "tariff")
        .distinct()
    )
    prices = {
        tariff.service.code: tariff.rate
        for tariff in Tariff.objects.during(month, month).filter(service__organization=organization)
    }
    assert printed.items() <= prices.items()
    assert set(prices) == set(Service.objects.filter(organization=organization).values_list("code", flat=True))
    houses = organization.houses.count()
    assert HouseService.objects.filter(house__organization=organization).count() == houses * len(prices)
