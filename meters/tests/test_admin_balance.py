"""The balance of a house, and what waits for an employee on the first page."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from meters.actions import report
from meters.models import MeterReport
from meters.testing import make_house_meter, make_meter, make_readings
from portal.testing import Cast, make_account

Enter = Callable[[User], Client]
PAGE = "/admin/meters/meter/balance/"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E5")]


@pytest.fixture
def october(cast: Cast) -> str:
    """The house used 100 m³ in October, two flats 3 and 4; Vera has no meter and no norm."""
    make_readings(make_house_meter(cast.house), date(2026, 9, 1), "1000", "1100")
    make_readings(make_meter(cast.account), date(2026, 9, 1), "10", "13")
    make_readings(make_meter(cast.nina_account, serial="N"), date(2026, 9, 1), "20", "24")
    return f"{PAGE}?house={cast.house.pk}&month=2026-10"


def cells(client: Client, url: str) -> list[str]:
    body = client.get(url).content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [cell.partition("</td>")[0] for cell in body.split('<td class="desk-number">')[1:]]


def test_the_house_meter_stands_beside_the_flats(october: str, cast: Cast, enter: Enter) -> None:
    for user in (cast.mark, cast.anna, cast.sofia):
        assert cells(enter(user), october) == ["100.000", "7.000", "0.000", "0.000", "93.000", "93.0", "2 of 2"]


def test_a_house_meter_nobody_read_has_no_rest(october: str, cast: Cast, enter: Enter) -> None:
    found = cells(enter(cast.mark), october.replace("2026-10", "2026-08"))
    assert (found[0], found[4], found[5]) == ("not read", "—", "—")


def test_without_a_month_it_is_the_last_closed_one(october: str, cast: Cast, enter: Enter) -> None:
    page = enter(cast.mark).get(f"{PAGE}?house={cast.house.pk}")
    assert page.status_code == 200
    assert page.context["period"] < timezone.localdate()


@pytest.mark.parametrize("query", ["&month=2026-13", "&month=x", "&month=1999-01"])
def test_a_month_that_is_none_is_told(query: str, cast: Cast, enter: Enter) -> None:
    assert enter(cast.mark).get(f"{PAGE}?house={cast.house.pk}{query}").status_code == 422


def test_the_files_say_the_same(october: str, cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    text = mark.get(f"{october}&file=csv").content.decode("utf-8-sig")
    assert text.splitlines()[1].startswith("Cold water;m³;100,000;7,000;")
    sheet = load_workbook(BytesIO(mark.get(f"{october}&file=xlsx").content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][2:4] == [100, 7]


def test_it_is_not_for_the_dispatcher_and_not_for_another_company(october: str, cast: Cast, enter: Enter) -> None:
    assert enter(cast.dima).get(october).status_code == 404
    for query in ("", "&file=csv"):
        response = enter(cast.pavel).get(october + query)
        assert response.status_code == 422
        assert "Садовая" not in response.content.decode()


def test_the_houses_page_leads_there_who_may(cast: Cast, enter: Enter) -> None:
    page = f"/admin/premises/house/{cast.house.pk}/change/"
    link = f"{PAGE}?house={cast.house.pk}"
    assert link in enter(cast.mark).get(page).content.decode()
    assert link not in enter(cast.dima).get(page).content.decode()


def test_ten_flats_cost_as_many_queries_as_one(october: str, cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert mark.get(october).status_code == 200
        return len(queries)

    cost()
    first = cost()
    for number in range(20, 29):
        make_readings(make_meter(make_account(cast.house, str(number), f"100{number}")), date(2026, 9, 1), "1", "2")
    assert cost() == first
    assert first <= 20


def test_the_first_page_says_what_waits(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account)
    make_readings(meter, date(2026, 9, 1), "1")
    for kind in (MeterReport.Kind.DISPUTE, MeterReport.Kind.BROKEN):
        report(meter, kind, on=date(2026, 11, 2), by=cast.olga, at=timezone.now())
    seen = {name: enter(getattr(cast, name)).get("/admin/").content.decode() for name in ("mark", "dima", "pavel")}
    assert "<strong>2</strong>" in seen["mark"]
    assert "<strong>1</strong>" in seen["dima"]
    assert "Enter readings" not in seen["dima"]
    assert "<strong>2</strong>" not in seen["pavel"]
    mark = enter(cast.mark)
    assert "Work with meters" in mark.get("/admin/meters/").content.decode()
    assert "Work with meters" not in mark.get("/admin/premises/").content.decode()
