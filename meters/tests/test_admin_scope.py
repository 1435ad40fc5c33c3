"""The pages and files of meters that are not stock ones, seen by the employees of two companies: no byte of the other."""

from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import meters.tests.town  # noqa: F401  (adds its rows to both sides)
from accounts.models import User
from meters.admin_devices import ACTS
from meters.admin_exports import METERS, READINGS
from meters.models import Meter, MeterReport, Reading
from premises.tests.town import Side, make_side

Enter = Callable[[User], Client]
OURS, THEIRS = "Нашмаркер", "Ихмаркер"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F2"), pytest.mark.usefixtures("fresh")]


@pytest.fixture
def sides() -> dict[str, Side]:
    """Two companies with a marked row of every model of the admin."""
    return {OURS: make_side(OURS), THEIRS: make_side(THEIRS)}


def rows(model: Any, side: Side) -> Any:
    path = "organization" if model is Meter else "meter__organization"
    return model.objects.filter(**{path: side.organization})


def pages(side: Side) -> Iterator[str]:
    """Every page and file of our own that names something of this side."""
    house = f"?house={side.house.pk}"
    for name in ("meters_reading_enter", "meters_reading_doubts", "meters_meter_balance"):
        yield reverse(f"admin:{name}")
        yield reverse(f"admin:{name}") + house
    yield reverse("admin:meters_meter_balance") + house + "&file=csv"
    for name, layouts in (("meter", METERS), ("reading", READINGS)):
        for layout in layouts:
            yield reverse(f"admin:meters_{name}_export", args=[layout])
    for meter in rows(Meter, side):
        for act in ACTS:
            for report in rows(MeterReport, side):
                yield reverse("admin:meters_meter_act", args=[meter.pk, act]) + f"?report={report.pk}"
    for reading in rows(Reading, side):
        yield reverse("admin:meters_reading_photo", args=[reading.pk])
    for report in rows(MeterReport, side):
        yield reverse("admin:meters_meterreport_photo", args=[report.pk])


@pytest.mark.parametrize("role", ["manager", "accountant", "dispatcher"])
def test_no_page_of_ours_shows_the_other_company(role: str, sides: dict[str, Side], enter: Enter) -> None:
    client = enter(sides[OURS].staff[role])
    for side in sides.values():
        for url in pages(side):
            response = client.get(url)
            assert response.status_code in {200, 302, 404, 422}, url
            assert THEIRS not in unescape(response.content.decode("utf-8", "replace")), url


def test_the_own_company_is_there(sides: dict[str, Side], enter: Enter) -> None:
    client = enter(sides[OURS].staff["manager"])
    seen = "".join(unescape(client.get(url).content.decode("utf-8", "replace")) for url in pages(sides[OURS]))
    for words in (f"№ {OURS}", f"5{OURS}", f"ул. {OURS}"):
        assert words in seen


def test_a_report_of_the_other_company_fills_no_form(sides: dict[str, Side], enter: Enter) -> None:
    own, other = rows(Meter, sides[OURS]).first(), rows(MeterReport, sides[THEIRS]).first()
    url = reverse("admin:meters_meter_act", args=[own.pk, "replace"]) + f"?report={other.pk}"
    assert THEIRS not in enter(sides[OURS].staff["manager"]).get(url).content.decode()
