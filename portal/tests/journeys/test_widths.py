"""Pages on screens of every width and in letters of every size: nothing hangs over, nothing is squeezed, every panel is seen."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.actions.ledger import post_documents
from billing.models import InvoiceLine
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import Reader, Walk
from portal.tests.test_doors import DOORS
from portal.tests.things import Things

LETTERS = ("100", "125", "150")
WIDTHS = (320, 360, 768, 1024, 1440)
PAGES = ("account_home", "bills", "bill", "pay", "payments", "services")
pytestmark = [pytest.mark.browser, pytest.mark.feature("G13")]


def every_size(walk: Walk, widths: tuple[int, ...] = WIDTHS) -> Iterator[str]:
    """Lay the open page out at every width and size of letters; yield what it is laid out for."""
    for size in LETTERS:
        walk.page.evaluate("size => { document.documentElement.dataset.text = size }", size)
        for width in widths:
            walk.page.set_viewport_size({"width": width, "height": 800})
            yield f"{walk.path}, {width} px, {size} %"


def width_of(walk: Walk) -> int:
    return int(walk.page.evaluate("innerWidth"))


def widen(things: Things) -> None:
    """A document of flat 12 as the portal issues it: every column has a figure, a month has two tariffs."""
    figures = {
        "volume_common": "8.512", "accrued_common": "52.01", "excess": "120.10", "recalculated": "-84.86",
        "benefit": "1357.76", "fine": "10.20", "penalty": "146.37",
    }  # fmt: skip
    InvoiceLine.objects.create(
        invoice=things.invoice, position=2, group="Коммунальные услуги", service="Обращение с твёрдыми коммунальными отходами",
        unit="чел.", volume=Decimal(2), tariff=Decimal("150.00"), accrued=Decimal("99282.45"),
        payable=Decimal("99282.45"), balance=Decimal("15822.45"),
        parts=[["0.933333", "131.20", "122.45"], ["1.066667", "150.00", "160.00"]],
        **{name: Decimal(figure) for name, figure in figures.items()},
    )  # fmt: skip


@pytest.mark.parametrize("language", ["ru-RU", "uk-UA"])
def test_no_page_is_wider_than_its_screen(town: Things, open_portal: OpenPortal, language: str) -> None:
    widen(town)
    post_documents([town.invoice])
    type(town.cast.olga).objects.update(language="")
    walk = open_portal(Reader(language=language)).enter_as(town.cast.olga)
    wrong = []
    for name in PAGES:
        walk.go(reverse(name, args=DOORS[name][1](town)))
        for where in every_size(walk):
            wrong += [f"{where}: {one}" for one in walk.wide()]
            wrong += [f"{where}: {one}" for one in walk.page.evaluate(SQUEEZED)]
    assert not wrong, "\n".join(wrong)


def test_the_table_of_a_bill_scrolls_inside_itself_and_its_total_stays(town: Things, open_portal: OpenPortal) -> None:
    widen(town)
    post_documents([town.invoice])
    walk = open_portal(Reader((1024, 800))).enter_as(town.cast.olga)
    walk.go(reverse("bill", args=DOORS["bill"][1](town)))
    for where in every_size(walk, (768, 1024)):
        last = walk.page.locator(".charges tfoot tr").last.locator("td.is-payable").bounding_box()
        assert last is not None, where
        assert last["x"] + last["width"] <= width_of(walk), where
    walk.page.evaluate("delete document.documentElement.dataset.text")
    walk.page.emulate_media(media="print")
    walk.page.set_viewport_size({"width": 703, "height": 1000})  # A4 without its margins
    assert not walk.wide()
    assert walk.page.evaluate("(box => box.scrollWidth <= box.clientWidth)(document.querySelector('.charges-box'))")


def test_the_panel_of_the_look_opens_inside_the_screen(town: Things, open_portal: OpenPortal) -> None:
    """Who has made the letters too large finds the way back to smaller ones."""
    walk = open_portal(Reader((360, 740))).enter_as(town.cast.olga)
    walk.go(reverse("account_home", args=[town.cast.account.public_id]))
    for where in every_size(walk, (320, 360, 390, 640, 768, 1024, 1440)):
        walk.page.locator("details.look").evaluate("look => { look.open = true }")
        panel = walk.page.locator(".look .panel")
        boxes = [panel.bounding_box(), *(one.bounding_box() for one in panel.locator("button:visible").all())]
        width = width_of(walk)
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes), where
        assert len(boxes) >= 6, where
        assert not walk.wide(), where


SQUEEZED = """() => [...document.querySelectorAll('h1, h2, h3')]
    .filter(one => one.checkVisibility() && !one.closest('.sr') && one.textContent.trim().length > 12)
    .filter(one => one.getBoundingClientRect().width < 5 * parseFloat(getComputedStyle(one).fontSize))
    .map(one => `squeezed to ${Math.round(one.getBoundingClientRect().width)} px: ${one.textContent.trim().slice(0, 60)}`)"""
