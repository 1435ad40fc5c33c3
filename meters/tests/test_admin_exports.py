"""Files of the lists of meters and readings: what the list shows, of the own company, and nothing that runs in Excel."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import User
from meters import admin_exports
from meters.models import Source
from meters.testing import make_house_meter, make_meter, make_reading
from portal.testing import Cast

Enter = Callable[[User], Client]
METERS, READINGS = "/admin/meters/meter/export/", "/admin/meters/reading/export/"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E5"), pytest.mark.usefixtures("fresh")]


def lines(client: Client, url: str) -> list[str]:
    response = client.get(url)
    assert response.status_code == 200, url
    assert response["Content-Type"].startswith("text/csv")
    return response.content.decode("utf-8-sig").splitlines()


def sheet(client: Client, url: str) -> list[list[Any]]:
    book = load_workbook(BytesIO(client.get(url).content))
    assert book.active is not None
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


@pytest.fixture
def readings(cast: Cast) -> None:
    """October and November of flat 12, an overruled value, the house, and another company."""
    meter = make_meter(cast.account, gis_number="77-1")
    make_reading(meter, date(2026, 10, 1), "152.347")
    make_reading(meter, date(2026, 11, 1), "155", state="kept")
    make_reading(meter, date(2026, 11, 1), "156.5", source=Source.COMPANY)
    make_meter(cast.nina_account, serial="=HYPERLINK(1)")
    make_house_meter(cast.house)
    make_reading(make_meter(cast.other_account, serial="THEIRS"), date(2026, 11, 1), "777")


@pytest.mark.usefixtures("readings")
def test_readings_in_the_layout_of_the_register(cast: Cast, enter: Enter) -> None:
    found = lines(enter(cast.anna), READINGS + "csv/")
    assert found[0] == "account;meter_no;resource;zone;date;value;source;period"
    assert "10012;0123456-19;CW;1;20.10.2026;152,347;owner;10.2026" in found
    assert len(found) == 3  # what was overruled is no reading any more


@pytest.mark.usefixtures("readings")
@pytest.mark.parametrize(
    ("query", "values"),
    [("?period=2026-11", ["156.500"]), ("?state__exact=kept", ["155.000"]), ("?q=10013", [])],
)
def test_the_file_is_what_the_list_shows(query: str, values: list[str], cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    found = lines(mark, f"{READINGS}csv/{query}")[1:]
    assert [line.split(";")[5].replace(",", ".") for line in found] == values
    page = mark.get(f"/admin/meters/reading/{query}").content.decode()
    assert f'href="{READINGS}csv/{query}"' in page.replace("%20", " ")


@pytest.mark.usefixtures("readings")
def test_the_workbook_for_the_state_holds_what_counts(cast: Cast, enter: Enter) -> None:
    rows = sheet(enter(cast.mark), READINGS + "gis/?period=2026-11")
    assert rows[0][:2] == ["Номер прибора учета в ГИС ЖКХ", "Вид коммунального ресурса"]
    assert [row[:3] for row in rows[1:]] == [["77-1", "Холодная вода", 156.5]]


@pytest.mark.usefixtures("readings")
def test_meters_as_a_register_and_no_cell_is_a_formula(cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    text = "\n".join(lines(mark, METERS + "csv/"))
    assert "'=HYPERLINK(1);10013;CW" in text
    rows = sheet(mark, METERS + "xlsx/?resource__exact=cold")
    assert {row[0] for row in rows[1:]} == {"0123456-19", "=HYPERLINK(1)", "H-1"}
    book = load_workbook(BytesIO(mark.get(METERS + "xlsx/").content))
    assert book.active is not None
    assert all(cell.data_type != "f" and cell.hyperlink is None for row in book.active.iter_rows() for cell in row)


@pytest.mark.usefixtures("readings")
def test_only_the_own_company_is_in_the_file(cast: Cast, enter: Enter) -> None:
    for url in (METERS, READINGS):
        assert "THEIRS" not in "\n".join(lines(enter(cast.mark), url + "csv/"))
        assert "THEIRS" in "\n".join(lines(enter(cast.pavel), url + "csv/"))
        assert "0123456" not in "\n".join(lines(enter(cast.pavel), url + "csv/"))
        assert enter(cast.dima).get(url + "csv/").status_code == 404
        assert enter(cast.mark).get(url + "pdf/").status_code == 404


@pytest.mark.usefixtures("readings")
def test_the_dispatcher_is_offered_no_files(cast: Cast, enter: Enter) -> None:
    assert METERS in enter(cast.mark).get("/admin/meters/meter/").content.decode()
    assert METERS not in enter(cast.dima).get("/admin/meters/meter/").content.decode()


@pytest.mark.usefixtures("readings")
def test_too_many_rows_are_refused_with_a_way_out(cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_exports, "MOST", {"csv": 1, "xlsx": 1})
    mark = enter(cast.mark)
    response = mark.get(READINGS + "csv/", follow=True)
    assert response.redirect_chain
    assert "2 rows, and such a file takes at most 1" in response.content.decode()
    assert mark.get(READINGS + "xlsx/?state__exact=kept").status_code == 200


def test_a_filter_that_makes_no_sense_leads_back(cast: Cast, enter: Enter) -> None:
    response = enter(cast.mark).get(READINGS + "csv/?taken_on__gte=вчера")
    assert response["Location"] == reverse("admin:meters_reading_changelist")
