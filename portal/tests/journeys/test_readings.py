"""Olga sends her readings: on a small phone without scripts, and on a desk without a mouse."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from meters.models import Meter, ReadingState, SubmissionWindow
from meters.testing import make_meter, make_readings
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.test_pages import tab_to
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things

COLD, HOT = "Value now — Cold water, ванная", "Value now — Hot water, ванная"


def months_ago(count: int) -> date:
    today = timezone.localdate()
    year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
    return date(year, month + 1, 1)


def bathroom(town: Things) -> tuple[Meter, Meter]:
    """Two meters with eight quiet months behind them, in a house that takes readings all month."""
    SubmissionWindow.objects.update_or_create(
        organization=town.cast.company, house=None, defaults={"opens": 1, "closes": 31}
    )
    cold = make_meter(town.cast.account, serial="0345671", place="ванная")
    hot = make_meter(town.cast.account, "hot", serial="0345672", place="ванная")
    make_readings(cold, months_ago(8), *[f"{100 + 3 * number}.304" for number in range(8)])
    make_readings(hot, months_ago(8), *[f"{50 + 2 * number}.5" for number in range(8)])
    return cold, hot


@pytest.mark.browser
@pytest.mark.feature("C2", "D4", "E5", "G4")
@pytest.mark.parametrize(
    "reader", [Reader(PHONE, javascript=False), Reader(PHONE), Reader(DESKTOP, theme="dark")], ids=str
)
def test_from_the_drum_to_the_receipt_and_back(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """A comma and a point, a doubt that is confirmed, a receipt, a correction, and everything taken back."""
    cold, hot = bathroom(town)
    walk = open_portal(reader).enter_as(town.cast.olga)
    walk.go(f"/a/{town.cast.account.public_id}/readings/")
    walk.look_over()
    walk.fill(COLD, "00124,5")
    walk.fill(HOT, "90.5")
    walk.press("Send the readings")

    assert "Nothing is sent yet." in walk.text
    assert "This is more than three times what is usual." in walk.text
    assert walk.page.get_by_label(COLD, exact=True).input_value() == "00124,5"
    problems = walk.problems() if reader.javascript else []
    assert not problems
    walk.choose("Yes, the meter shows this")
    walk.press("Send the readings")

    assert walk.heading == "Readings sent"
    assert "124.500 m³" in walk.text
    assert "90.500 m³" in walk.text
    walk.look_over()
    walk.follow("Correct — Hot water, ванная")
    walk.fill(HOT, "66.5")
    walk.press("Send the readings")
    assert hot.readings.current().latest("period").t1 == Decimal("66.5")

    walk.follow("Take back — Hot water, ванная")
    walk.look_over()
    walk.press("Take back")
    assert "The reading is taken back." in walk.text
    states = list(hot.readings.order_by("-pk").values_list("state", flat=True)[:2])
    assert ReadingState.WITHDRAWN in states
    assert cold.readings.current().latest("period").t1 == Decimal("124.5")
    walk.follow("History of readings")
    walk.look_over()


@pytest.mark.browser
@pytest.mark.feature("C2", "G13")
def test_without_a_mouse(town: Things, open_portal: OpenPortal) -> None:
    """Typing, Tab, Space and Enter are enough, also where the page asks back."""
    cold, _hot = bathroom(town)
    walk = open_portal().enter_as(town.cast.olga)
    walk.go(f"/a/{town.cast.account.public_id}/readings/")
    keys = walk.page.keyboard
    tab_to_field(walk, COLD)
    keys.type("151,304")
    keys.press("Enter")
    walk.page.wait_for_selector(".summary:focus")
    tab_to(walk, "Cold water, ванная: This is more than three times what is usual.")
    keys.press("Enter")
    assert focused(walk) == COLD
    keys.press("Tab")
    assert focused(walk) == "Yes, the meter shows this"
    keys.press("Space")
    tab_to(walk, "Send the readings")
    keys.press("Enter")
    walk.page.wait_for_url("**/receipt/**")
    assert cold.readings.current().latest("period").t1 == Decimal("151.304")


def focused(walk: Walk) -> str:
    """The words of the field that has the focus."""
    script = "document.activeElement.labels ? document.activeElement.labels[0]?.textContent.trim() : ''"
    return str(walk.page.evaluate(script))


def tab_to_field(walk: Walk, label: str) -> None:
    """Press Tab until this field has the focus; the way is never endless."""
    for _ in range(60):
        walk.page.keyboard.press("Tab")
        if focused(walk) == label:
            return
    raise AssertionError(f"«{label}» cannot be reached with Tab")
