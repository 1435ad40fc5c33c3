"""The landing and the emergency phones: what everybody may read."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.testing import Cast, make_house, page_words


@pytest.mark.feature("B15")
def test_the_landing_shows_offices_and_dispatch_phones(client: Client, cast: Cast) -> None:
    page = client.get("/").content.decode()
    assert cast.company.short_name in page
    assert "8 (800) 550-07-35" in page
    assert reverse("entry") in page
    assert reverse("phones") in page


@pytest.mark.parametrize("query", ["садовая 1", "САДОВАЯ", "1, ул. садовая"])
def test_a_connected_house_is_found_in_any_case_and_order(client: Client, cast: Cast, query: str) -> None:
    page = page_words(client.get("/", {"q": query}))
    assert "г. Волгодонск, ул. Садовая, 1" in page
    assert "10012" not in page  # houses only, never flats


def test_a_house_that_is_not_connected_gets_advice(client: Client, cast: Cast) -> None:
    page = client.get("/", {"q": "улица Неведомая 77"}).content.decode()
    assert 'id="found"' in page
    assert "<h4>" not in page


@pytest.mark.feature("B15")
def test_the_phone_of_a_house_is_found_without_signing_in(client: Client, cast: Cast) -> None:
    make_house(cast.company, "200", street="пр. Зелёный", dispatch_phone="8 (8639) 11-22-33")
    page = client.get(reverse("phones"), {"q": "зеленый 200"}).content.decode()
    assert "8 (8639) 11-22-33" in page


def test_a_search_for_everything_shows_twenty_and_says_that_there_are_more(client: Client, cast: Cast) -> None:
    for number in range(25):
        make_house(cast.company, f"3{number}", street="ул. Длинная")
    response = client.get(reverse("phones"), {"q": "Длинная"})
    assert len(response.context["houses"]) == 20
    assert response.context["has_more"]


def test_an_endless_query_is_cut_not_refused(client: Client, cast: Cast) -> None:
    assert client.get("/", {"q": "а " * 5000}).status_code == 200
