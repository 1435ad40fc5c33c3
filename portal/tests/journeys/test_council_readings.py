"""Vera collects the readings of the house: at a desk with the keyboard alone, and on the stairs with a phone."""

from decimal import Decimal

import pytest
from django.utils import timezone

from meters.history import months_before
from meters.models import Meter, Reading, ReadingState, Source
from meters.testing import enter as send
from meters.testing import make_meter, make_reading
from portal.testing import Cast, make_account
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things
from premises.models import Unit

FLATS = 12


def stairs(cast: Cast) -> list[Meter]:
    """Twelve more flats with a cold meter each, read last month."""
    month = months_before(timezone.localdate().replace(day=1), 1)
    meters = []
    for number in range(21, 21 + FLATS):
        account = make_account(cast.house, str(number), f"300{number}", holder="Скрытный Семён Семёнович")
        Unit.objects.filter(pk=account.unit_id).update(entrance=2, floor=(number - 21) // 4 + 1)
        meters.append(make_meter(account, serial=f"{number}-19", place="кухня"))
        make_reading(meters[-1], month, "100")
    return meters


def counted(meter: Meter) -> Reading | None:
    period = timezone.localdate().replace(day=1)
    return Reading.objects.filter(meter=meter, period=period, state=ReadingState.CURRENT).first()


def table(walk: Walk, cast: Cast) -> str:
    walk.go(f"/council/{cast.house.public_id}/readings/?entrance=2")
    return walk.path


@pytest.mark.browser
@pytest.mark.feature("D4", "G11")
def test_ten_rows_with_the_keyboard_alone(town: Things, open_portal: OpenPortal) -> None:
    """From home to the table; a value and Enter, ten times; arrows walk; a doubt is asked about; a resident was quicker."""
    cast, meters = town.cast, stairs(town.cast)
    walk = open_portal(Reader(DESKTOP)).enter_as(cast.vera)
    walk.go(f"/a/{cast.vera_account.public_id}/")
    walk.look_over()
    walk.follow("Table of readings")
    walk.look_over()
    walk.follow("2")
    walk.look_over()
    page = walk.page
    page.locator(f"#m{meters[0].pk}z1").focus()
    send(meters[4], "103", by=cast.olga, at=timezone.now())  # while the table is open
    for number in range(10):
        page.keyboard.type(f"{104 + number},5")
        page.keyboard.press("Enter")
        saved = page.locator(f"#row-{meters[number].account.public_id} .row-notes")  # type: ignore[union-attr]
        assert "Saved: 1 reading." in saved.inner_text()
        assert page.evaluate("document.activeElement.id") == f"m{meters[number + 1].pk}z1"
    assert [counted(meter).t1 for meter in meters[:10]] == [Decimal(104 + n) + Decimal("0.5") for n in range(10)]  # type: ignore[union-attr]
    assert "A resident had sent 103.000" in walk.text
    assert meters[4].readings.filter(source=Source.OWNER, state=ReadingState.KEPT).count() == 1
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == f"m{meters[9].pk}z1"
    page.keyboard.press("ArrowDown")
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    page.get_by_text("Less than before (100.000)").wait_for()
    assert page.evaluate("document.activeElement.id") == f"m{meters[10].pk}z1"
    assert page.locator(f"#m{meters[10].pk}z1").input_value() == "99"
    assert counted(meters[10]) is None
    assert not walk.problems()
    assert "Скрытный" not in page.content()


@pytest.mark.browser
@pytest.mark.feature("D4", "G11")
def test_flat_by_flat_on_a_phone_without_scripts(town: Things, open_portal: OpenPortal) -> None:
    cast, meters = town.cast, stairs(town.cast)
    walk = open_portal(Reader(PHONE, javascript=False)).enter_as(cast.vera)
    walk.go("/accounts/")
    walk.follow("Walk flat by flat")
    walk.follow("2")
    assert walk.heading == "Flat 21"
    assert "1 of 12 in entrance 2" in walk.text
    walk.page.get_by_role("textbox").first.fill("104,5")
    walk.press("Save and next flat")
    assert walk.heading == "Flat 22"
    assert "Saved: 1 reading." in walk.text
    walk.follow("Nobody home, next")
    assert walk.heading == "Flat 23"
    walk.page.get_by_role("textbox").first.fill("99")
    walk.press("Save and next flat")
    assert walk.heading == "Flat 23"
    assert "Less than before" in walk.text
    walk.page.get_by_role("textbox").first.fill("101")
    walk.press("Save and next flat")
    assert walk.heading == "Flat 24"
    assert [bool(counted(meter)) for meter in meters[:4]] == [True, False, True, False]


@pytest.mark.browser
@pytest.mark.feature("D4", "G11")
def test_a_row_of_the_table_without_scripts(town: Things, open_portal: OpenPortal) -> None:
    """«Save» of a row leads back to the same entrance; a doubtful row becomes a page of its own with its box to tick."""
    cast, meters = town.cast, stairs(town.cast)
    for back in range(8, 1, -1):
        make_reading(meters[1], months_before(timezone.localdate().replace(day=1), back), str(100 - 4 * back))
    walk = open_portal(Reader(DESKTOP, javascript=False)).enter_as(cast.vera)
    table(walk, cast)
    walk.page.locator(f"#m{meters[0].pk}z1").fill("104,5")
    walk.press("Save flat 21")
    assert "Saved: 1 reading." in walk.text
    assert walk.path.startswith(table(walk, cast))
    walk.page.locator(f"#m{meters[1].pk}z1").fill("160")
    walk.press("Save flat 22")
    assert walk.heading == "Readings: flat 22"
    walk.choose("Yes, it shows this")
    walk.press("Save")
    assert counted(meters[1])


@pytest.mark.browser
@pytest.mark.feature("D4")
def test_the_sheet_is_paper_with_boxes(town: Things, open_portal: OpenPortal) -> None:
    cast = town.cast
    stairs(cast)
    walk = open_portal(Reader(DESKTOP)).enter_as(cast.vera)
    walk.go(f"/council/{cast.house.public_id}/readings/sheet/?entrance=2")
    walk.look_over()
    assert walk.page.get_by_role("button", name="Print").is_visible()
    for width in (360, 320):  # on a phone every flat is a card of its own
        walk.page.set_viewport_size({"width": width, "height": 740})
        assert walk.page.evaluate("document.documentElement.scrollWidth") == width
        assert "Cold water" in first_box(walk)
    walk.page.emulate_media(media="print")
    assert walk.page.locator("table.sheet td").first.evaluate("e => getComputedStyle(e).display") == "table-cell"
    assert not walk.page.locator("nav").first.is_visible()
    assert walk.page.locator("table.sheet thead").evaluate("e => getComputedStyle(e).display") == "table-header-group"
    assert walk.page.locator("table.sheet tbody tr").first.evaluate("e => getComputedStyle(e).breakInside") == "avoid"
    assert "Скрытный" not in walk.page.content()


def first_box(walk: Walk) -> str:
    """What the phone writes above the first box of the sheet."""
    return str(walk.page.locator("table.sheet td").first.evaluate("e => getComputedStyle(e, '::before').content"))


@pytest.mark.browser
@pytest.mark.feature("D4", "G11")
def test_a_note_stays_in_sight_when_the_table_is_moved_sideways(town: Things, open_portal: OpenPortal) -> None:
    cast, meters = town.cast, stairs(town.cast)
    for serial in ("W-2", "W-3", "W-4"):
        make_meter(meters[0].account, serial=serial)  # type: ignore[arg-type]
    walk = open_portal(Reader(PHONE)).enter_as(cast.vera)
    table(walk, cast)
    walk.page.locator(f"#m{meters[0].pk}z1").fill("99")
    walk.page.keyboard.press("Enter")
    note = walk.page.locator(".row-notes")
    note.wait_for()
    region = walk.page.locator("[data-matrix]")
    for moved in (0, 300):
        region.evaluate("(e, x) => { e.scrollLeft = x }", moved)
        seen, box = region.bounding_box(), note.bounding_box()
        assert seen
        assert box
        assert seen["x"] <= box["x"]
        assert box["x"] + box["width"] <= seen["x"] + seen["width"]
    assert not walk.problems()
