"""The staff's list of readings and the queue of doubtful ones."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.once import new_key
from meters.models import Meter, Reading, Source
from meters.testing import make_meter, make_reading, make_readings
from portal.testing import Cast, make_house, page_words

Enter = Callable[[User], Client]
LIST, DOUBTS = "/admin/meters/reading/", "/admin/meters/reading/doubts/"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E5", "G4")]


def body(client: Client, url: str = LIST) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def rows(client: Client, query: str = "") -> str:
    return body(client, LIST + query).partition('id="result_list"')[2]


@pytest.fixture
def doubtful(cast: Cast) -> Reading:
    """Olga sent ten times what is usual in October."""
    meter = make_meter(cast.account)
    make_readings(meter, date(2026, 5, 1), "10", "13", "16", "19", "22")
    return make_reading(
        meter, date(2026, 10, 1), "52", doubts="high", author=cast.olga,
        photo=ContentFile(b"\xff\xd8 a dial", name="dial.jpg"),
    )  # fmt: skip


def test_the_list_says_what_was_read_by_whom_and_what_counts(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, date(2026, 10, 1), "12.5", state="kept", author=cast.olga)
    make_reading(meter, date(2026, 10, 1), "12.6", source=Source.COMPANY, author=cast.anna)
    seen = rows(enter(cast.mark))
    for words in (
        "12.500",
        "12.600",
        "Kept as history",
        "Counts",
        "Company",
        "Resident",
        "Олина Ольга",
        "Штатный Анна",
    ):
        assert words in seen


def test_a_resident_is_named_only_to_who_sees_the_people_of_the_house(cast: Cast, enter: Enter) -> None:
    reading = make_reading(make_meter(cast.account), date(2026, 10, 1), "12.5", author=cast.olga)
    page = reverse("admin:meters_reading_change", args=[reading.pk])
    assert "Олина" in body(enter(cast.mark), page)
    assert "Олина" in body(enter(cast.sofia), page)
    anna = enter(cast.anna)
    assert "12.500" in rows(anna)
    assert "Олина" not in body(anna) + body(anna, page)
    assert enter(cast.dima).get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state__exact=kept", ["11.000"]),
        ("?source__exact=company", ["12.000"]),
        ("?period=2026-09", ["11.000", "12.000"]),
        ("?period=nonsense", ["11.000", "12.000", "13.000", "14.000"]),
        ("?doubt=open", ["13.000"]),
        ("?doubt=seen", ["14.000"]),
        ("?q=10013", ["14.000"]),
        ("?q=садовая 12", ["11.000", "12.000", "13.000"]),
    ],
)
def test_the_filters_and_the_search(query: str, found: list[str], cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, date(2026, 9, 1), "11", state="kept")
    make_reading(meter, date(2026, 9, 1), "12", source=Source.COMPANY)
    make_reading(meter, date(2026, 10, 1), "13", doubts="high")
    make_reading(
        make_meter(cast.nina_account, serial="N"), date(2026, 10, 1), "14", doubts="high", reviewed_by=cast.mark,
        reviewed_at="2026-10-22T10:00Z",
    )  # fmt: skip
    seen = rows(enter(cast.mark), query)
    assert [value for value in ("11.000", "12.000", "13.000", "14.000") if value in seen] == found


def test_the_houses_of_the_filter_are_ones_own(cast: Cast, enter: Enter) -> None:
    make_house(cast.company, "2")  # a filter needs two
    make_reading(make_meter(cast.account), date(2026, 10, 1), "12.5")
    seen = body(enter(cast.mark))
    assert f"meter__house__id__exact={cast.house.pk}" in seen
    assert "Дальняя" not in seen


def test_nobody_edits_adds_or_deletes_a_reading(cast: Cast, enter: Enter) -> None:
    reading = make_reading(make_meter(cast.account), date(2026, 10, 1), "12.5")
    for user in (cast.mark, cast.anna, cast.sofia):
        client = enter(user)
        assert client.get(f"{LIST}add/").status_code == 403
        assert client.post(reverse("admin:meters_reading_change", args=[reading.pk]), {"t1": "1"}).status_code == 403
        assert client.post(reverse("admin:meters_reading_delete", args=[reading.pk]), {"post": "y"}).status_code == 403
    reading.refresh_from_db()
    assert reading.t1 == Decimal("12.5")


def test_the_queue_shows_all_that_is_needed_to_judge(doubtful: Reading, cast: Cast, enter: Enter) -> None:
    seen = body(enter(cast.mark), DOUBTS)
    for words in ("22.000", "52.000 m³", "30", "2.946", "more than three times", f"/{doubtful.pk}/photo/", "Resident"):
        assert words in seen
    assert reverse("admin:meters_meter_act", args=[doubtful.meter_id, "check"]) in seen
    assert f"/enter/?house={cast.house.pk}&amp;flat=12" in seen
    assert "/do/check/" not in body(enter(cast.anna), DOUBTS)


def test_the_photo_is_shown_to_the_own_company_only(doubtful: Reading, cast: Cast, enter: Enter) -> None:
    photo = reverse("admin:meters_reading_photo", args=[doubtful.pk])
    response = enter(cast.mark).get(photo)
    assert b"".join(response) == b"\xff\xd8 a dial"
    assert response["Content-Type"] == "image/jpeg"
    assert "no-store" in response["Cache-Control"]
    for user in (cast.pavel, cast.dima):
        assert enter(user).get(photo).status_code == 404
    other = make_reading(doubtful.meter, date(2026, 11, 1), "60")
    assert enter(cast.mark).get(reverse("admin:meters_reading_photo", args=[other.pk])).status_code == 404


def test_looked_at_counts_first_and_marks_then(doubtful: Reading, cast: Cast, enter: Enter) -> None:
    anna = enter(cast.anna)
    chosen: dict[str, Any] = {"reading": [doubtful.pk], "idem": new_key()}
    preview = anna.post(DOUBTS, chosen)
    assert "1 reading leaves the queue" in preview.content.decode()
    doubtful.refresh_from_db()
    assert doubtful.reviewed_at is None
    response = anna.post(DOUBTS, chosen | {"sure": "1", "idem": new_key()}, follow=True)
    assert "1 reading was looked at." in response.content.decode()
    doubtful.refresh_from_db()
    assert (doubtful.reviewed_by, doubtful.is_current) == (cast.anna, True)
    assert "Nothing waits" in response.content.decode()


def test_nothing_chosen_is_said(doubtful: Reading, cast: Cast, enter: Enter) -> None:
    response = enter(cast.mark).post(DOUBTS, {"sure": "1", "reading": "x"}, follow=True)
    assert "Choose at least one reading." in response.content.decode()


def test_another_companys_queue_is_neither_seen_nor_emptied(doubtful: Reading, cast: Cast, enter: Enter) -> None:
    pavel = enter(cast.pavel)
    assert "52.000" not in body(pavel, DOUBTS)
    assert "52.000" not in pavel.post(DOUBTS, {"reading": [doubtful.pk]}).content.decode()
    pavel.post(DOUBTS, {"reading": [doubtful.pk], "sure": "1"})
    doubtful.refresh_from_db()
    assert doubtful.reviewed_at is None
    assert enter(cast.dima).get(DOUBTS).status_code == 404


def test_the_queue_of_one_house(doubtful: Reading, cast: Cast, enter: Enter) -> None:
    elsewhere = make_house(cast.company, "2")
    second = Meter.objects.create(
        organization=cast.company, house=elsewhere, resource="gas", serial="G-2", installed_on=date(2020, 1, 1)
    )
    make_reading(second, date(2026, 10, 1), "777", doubts="high")
    mark = enter(cast.mark)
    assert "777" in page_words(mark.get(DOUBTS))
    only = page_words(mark.get(f"{DOUBTS}?house={cast.house.pk}"))
    assert "777" not in only
    assert "52.000" in only


def test_lists_of_ten_cost_as_much_as_of_one(doubtful: Reading, cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)

    def cost(url: str) -> int:
        body(mark, url)
        with CaptureQueriesContext(connection) as queries:
            body(mark, url)
        return len(queries)

    first = {url: cost(url) for url in (LIST, DOUBTS)}
    for number in range(9):
        make_reading(make_meter(cast.nina_account, serial=f"N{number}"), date(2026, 10, 1), "1", doubts="high")
    assert {url: cost(url) for url in first} == first
    assert max(first.values()) <= 12
