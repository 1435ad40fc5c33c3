"""Mark's day with meters: a replacement by an act, an odd reading, a resident's dispute; desk and phone."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from meters.actions import report
from meters.models import Meter, MeterReport, Reading, Source, SubmissionWindow
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import PHONE, Reader, Walk
from portal.tests.things import Things

pytestmark = [pytest.mark.browser, pytest.mark.feature("E5", "F2")]


def last_month() -> date:
    return (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)


@pytest.fixture
def meter(town: Things) -> Meter:
    """Olga's cold water; every day counts to its own month."""
    SubmissionWindow.objects.update_or_create(
        organization=town.cast.company, house=None, defaults={"opens": 1, "closes": 31}
    )
    meter = make_meter(town.cast.account, serial="55501-K", place="кухня")
    make_reading(meter, last_month(), "152.347", author=town.cast.olga)
    return meter


def button(walk: Walk, name: str) -> None:
    walk.page.get_by_role("button", name=name).click()


def link(walk: Walk, name: str) -> None:
    walk.page.get_by_role("link", name=name, exact=True).first.click()


@pytest.mark.parametrize("reader", [Reader(), Reader(size=PHONE, javascript=False)], ids=str)
def test_a_meter_is_replaced_by_an_act(town: Things, meter: Meter, open_portal: OpenPortal, reader: Reader) -> None:
    walk = open_portal(reader).enter_as(town.cast.mark)
    walk.go("/admin/meters/meter/")
    link(walk, meter.serial)
    link(walk, "Replace")
    walk.fill("Act, number", "17/3")
    walk.fill("The meter shows at the end", "140")
    walk.fill("Number of the new meter", "NEW-7")
    walk.fill("The new meter shows", "12,3,4")
    button(walk, "Replace")
    assert not Meter.objects.filter(serial="NEW-7").exists()
    assert walk.page.get_by_label("Act, number").input_value() == "17/3"
    if reader.javascript:
        walk.look_over_staff_room()
    walk.fill("The new meter shows", "0,012")
    button(walk, "Replace")
    walk.page.get_by_text("Would be given back").wait_for()
    assert not Meter.objects.filter(serial="NEW-7").exists()
    if reader.javascript:
        walk.look_over_staff_room()
    walk.choose("Yes, the meter shows this")
    button(walk, "Replace")
    walk.page.get_by_text("the new one is in its place").wait_for()
    fresh = Meter.objects.get(serial="NEW-7")
    assert fresh.replaces == meter
    link(walk, "№ NEW-7")
    assert walk.path.endswith(f"/{fresh.pk}/change/")


def test_an_odd_reading_is_looked_at_and_leaves_the_queue(town: Things, meter: Meter, open_portal: OpenPortal) -> None:
    odd = make_reading(meter, timezone.localdate(), "900", doubts="high", author=town.cast.olga)
    walk = open_portal().enter_as(town.cast.mark)
    walk.go("/admin/")
    walk.look_over_staff_room()
    link(walk, "Readings to look at")
    walk.look_over_staff_room()
    walk.page.get_by_role("checkbox").check()
    button(walk, "Looked at, it is right")
    walk.look_over_staff_room()
    button(walk, "1 reading is right")
    walk.page.get_by_text("Nothing waits").wait_for()
    odd.refresh_from_db()
    assert odd.reviewed_by == town.cast.mark


def test_a_dispute_is_accepted_and_the_right_value_entered(town: Things, meter: Meter, open_portal: OpenPortal) -> None:
    cast = town.cast
    wrong = make_reading(meter, timezone.localdate(), "190", source=Source.COUNCIL, author=cast.vera,
                         taken_on=timezone.localdate())  # fmt: skip
    report(
        meter, MeterReport.Kind.DISPUTE, reading=wrong, values="155,5", on=timezone.localdate(), text="Опечатка соседа",
        by=cast.olga, at=timezone.now(),
    )  # fmt: skip
    walk = open_portal().enter_as(cast.mark)
    walk.go("/admin/")
    link(walk, "Reports of residents that wait")
    walk.look_over_staff_room()
    link(walk, "The reading is wrong")
    assert "Опечатка соседа" in walk.text
    walk.look_over_staff_room()
    walk.fill("Answer, told to the resident", "Проверили, вы правы")
    button(walk, "Accept")
    walk.look_over_staff_room()
    field = walk.page.get_by_label(f"12, {meter}", exact=True)
    assert field.input_value() == "155,5"
    field.press("Enter")
    walk.page.get_by_text("1 reading is saved.").wait_for()
    counts = Reading.objects.current().latest("period")
    assert (str(counts.t1), counts.source, counts.author) == ("155.5000", Source.COMPANY, cast.mark)


@pytest.mark.parametrize(
    "path", ["meter/", "reading/", "reading/enter/", "reading/doubts/", "meter/balance/", "meterreport/"]
)
def test_the_pages_fit_a_phone(path: str, town: Things, meter: Meter, open_portal: OpenPortal) -> None:
    """Ours fit 360 px; of the stock lists the table alone may be moved sideways."""
    make_readings(make_house_meter(town.cast.house), date(2026, 9, 1), "1000", "1100")
    make_reading(meter, timezone.localdate(), "900", doubts="high", author=town.cast.olga)
    walk = open_portal(Reader(size=PHONE, language="ru-RU")).enter_as(town.cast.mark)
    is_ours = path not in {"meter/", "reading/", "meterreport/"}
    walk.go(f"/admin/meters/{path}" + (f"?house={town.cast.house.pk}" if is_ours else ""))
    assert walk.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    walk.look_over_staff_room()
