"""Searching houses, flats and accounts by what people type."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from portal.testing import Cast, make_account, make_house, make_organization
from premises.models import House

Enter = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B4", "C1")]


@pytest.mark.parametrize(
    "query",
    [
        "зелёная 5", "ЗЕЛЕНАЯ 5", "5 зеленая", "волгодонск зел", "ул. Зелёная, 5", "  зелен   5 ", "г Волгодонск Зеленая",
    ],
)  # fmt: skip
def test_a_house_is_found_in_any_case_order_and_with_e_for_yo(query: str) -> None:
    company = make_organization()
    house = make_house(company, "5", street="ул. Зелёная")
    make_house(company, "7", street="ул. Красная")
    assert list(House.objects.matching(query)) == [house]


@pytest.mark.parametrize("query", ["п'ятницька", "П’ЯТНИЦЬКА", "пʼятниц", "львів п`ятницька", "галгана п'ят"])
def test_a_ukrainian_street_is_found_with_any_apostrophe_and_g(query: str) -> None:
    house = make_house(make_organization(country="UA"), "1", city="м. Львів", street="вул. Ґалґана-П’ятницька")
    assert list(House.objects.matching(query)) == [house]


@pytest.mark.parametrize("query", ["синяя", "5 красная", "%", "_", "\\", "5; drop table"])
def test_nothing_else_is_found(query: str) -> None:
    make_house(make_organization(), "5", street="ул. Зелёная")
    assert not House.objects.matching(query).exists()


@pytest.mark.parametrize(
    ("page", "query", "found"),
    [
        ("house", "садовая 1", "ул. Садовая, 1"),
        ("unit", "12 садовая", "г. Волгодонск, ул. Садовая, 1"),
        ("personalaccount", "10012", "10012"),
        ("personalaccount", "олина", "10012"),
        ("personalaccount", "ОЛЬГА олина", "10012"),
        ("personalaccount", "садовая 12", "10012"),
    ],
)
def test_the_staff_finds_what_they_type(cast: Cast, enter: Enter, page: str, query: str, found: str) -> None:
    client = enter(cast.dima)
    result = client.get(f"/admin/premises/{page}/", {"q": query}).context["cl"]
    assert result.result_count >= 1
    assert found in " ".join(f"{row} {getattr(row, 'number', '')}" for row in result.result_list)


def test_the_staff_does_not_find_the_other_companys_account(cast: Cast, enter: Enter) -> None:
    for query in ("77005", "чужой", "дальняя"):
        assert enter(cast.dima).get("/admin/premises/personalaccount/", {"q": query}).context["cl"].result_count == 0


def test_a_search_that_says_nothing_shows_everything_of_ones_own(cast: Cast, enter: Enter) -> None:
    make_account(cast.other_house, "6", "77006")
    assert enter(cast.dima).get("/admin/premises/personalaccount/", {"q": "  "}).context["cl"].result_count == 3
