"""Every page of the portal, looked over in Russian on a phone by day and in Ukrainian on a desk by night."""

from collections.abc import Callable
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.actions.ledger import post_documents, post_payments
from billing.testing import make_invoice, make_payment
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.test_doors import ANY_LINK, COUNCIL, DOORS, LETTERS, OPEN
from portal.tests.things import Things
from portal.town.people import known_letter
from premises.models import AccountLink

READERS = [Reader(PHONE, "ru-RU", "light"), Reader(DESKTOP, "uk-UA", "dark")]
# What is not a page for people, and what only a flow leads to (its journey looks it over).
NOT_PAGES = {
    "livez",
    "readyz",
    "twilio_status",
    "opt_out",
    "link_qr",
    "letter_batch",
    "home",
    "reading_photo",
    "readings_export",
    "statement_file",
    "sandbox_identity_keys",
    "sandbox_identity_discovery",
}
VERBS = {name for name, (expected, _args) in DOORS.items() if "405" in expected}


def pages_of(role: str, column: int) -> list[str]:
    """The doors that open to this column of the table; what looks the same to everybody is looked over once."""
    names = [name for name in DOORS if name not in NOT_PAGES | VERBS]
    if role == "owner":
        names = [name for name in names if DOORS[name][0] != OPEN]
    elif role != "anonymous":
        own = {ANY_LINK} if role == "limited" else {COUNCIL, LETTERS}
        names = [name for name in names if DOORS[name][0] in own]
    return [name for name in names if DOORS[name][0].split()[column] in {"200", "202"}]


ROLES: dict[str, tuple[int, Callable[[Things], object]]] = {
    "anonymous": (0, lambda things: None),
    "limited": (2, lambda things: things.cast.tanya),
    "owner": (4, lambda things: things.cast.olga),
    "council": (6, lambda things: things.cast.vera),
}


@pytest.mark.browser
@pytest.mark.feature("G13")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_every_page_is_fit_to_read(town: Things, open_portal: OpenPortal, reader: Reader, role: str) -> None:
    post_documents([town.invoice])
    column, person = ROLES[role]
    user = person(town)
    walk = open_portal(reader)
    if user is not None:
        town.cast.olga.__class__.objects.update(language="", theme="system")
        walk.enter_as(user)  # type: ignore[arg-type]
    wrong = []
    for name in pages_of(role, column):
        walk.complaints.clear()
        walk.go(reverse(name, args=DOORS[name][1](town)))
        wrong += [f"{name}: {problem}" for problem in walk.problems()]
    assert not wrong, "\n".join(wrong)


MONEY = ("account_home", "bills", "bill", "payments", "payment", "statement", "services", "receipts")


@pytest.mark.browser
@pytest.mark.feature("G13")
@pytest.mark.parametrize("language", ["ru-RU", "uk-UA"])
def test_money_fits_a_small_phone_in_the_largest_letters(town: Things, open_portal: OpenPortal, language: str) -> None:
    """An online payment has a number without a space, a Ukrainian company an account of 29 characters."""
    details = town.invoice.requisites | {"account": "UA213223130000026007233566001"}
    town.invoice = make_invoice(
        town.cast.account, date(2026, 11, 1), accrued="123456.78", form="ua", currency="UAH", requisites=details
    )
    town.payment = make_payment(
        town.cast.account, "12.11.2026", "123456.78", number="8d5ac1f021b349f4a0a933d0a8b6a1c2online"
    )
    post_documents([town.invoice])
    post_payments([town.payment])
    type(town.cast.olga).objects.update(language="")
    walk = open_portal(Reader((360, 740), language)).enter_as(town.cast.olga)
    wrong = []
    for name in MONEY:
        walk.go(reverse(name, args=DOORS[name][1](town)))
        wrong += walk.problems() + walk.sideways_in_large_letters()
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
@pytest.mark.feature("G13")
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_focus_is_seen_at_every_stop(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """Tab through home and the entry page: the skip link first, every stop outlined and inside the window."""
    walk = open_portal(reader)
    walk.go("/in/")
    assert not blind_stops(walk)
    walk.enter_as(town.cast.olga)
    walk.go(f"/a/{town.cast.account.public_id}/")
    assert not blind_stops(walk)


def blind_stops(walk: Walk) -> list[str]:
    """Stops of the Tab key that a person would not see."""
    walk.page.keyboard.press("Tab")
    blind = [] if walk.page.evaluate("document.activeElement.classList.contains('skip')") else ["no skip link first"]
    for _ in range(80):
        stop = walk.page.evaluate(STOP)
        if stop is None:
            break
        if stop["wrong"]:
            blind.append(stop["wrong"])
        walk.page.keyboard.press("Tab")
    return blind


STOP = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const row = one.closest('.row-choice');
    const ring = row ? getComputedStyle(row) : style;
    const drawn = ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2.9;
    const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    return {wrong: drawn && inside ? '' : `${drawn ? 'outside the window' : 'no outline'}: ${one.outerHTML.slice(0, 120)}`};
}"""


@pytest.mark.browser
@pytest.mark.feature("G13")
def test_without_a_mouse_from_the_entry_to_a_linked_flat(town: Things, open_portal: OpenPortal) -> None:
    """Typing, Tab and Enter are enough to sign in and to link a flat by the code of a letter."""
    known_letter(town.cast.nina_account, "DEM0H-0VSE1", "DEM0-C0DE-2026", at=timezone.now())
    walk = open_portal()
    walk.go("/in/")
    walk.page.get_by_label("Phone or e-mail", exact=True).focus()
    walk.page.keyboard.type(str(town.cast.olga.phone))
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/in/code/")
    code = walk.code_sent_to(str(town.cast.olga.phone))
    walk.page.get_by_label("Code from the message", exact=True).focus()
    walk.page.keyboard.type(code)
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/a/**")
    assert walk.heading == "Home"
    walk.go("/accounts/add/code/")
    walk.page.get_by_label("Code", exact=True).focus()
    walk.page.keyboard.type("demo c0de 2026")
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/q/**")
    tab_to(walk, "Add")
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url(lambda url: "/q/" not in url)
    assert AccountLink.objects.active().filter(user=town.cast.olga, account=town.cast.nina_account).exists()


def tab_to(walk: Walk, words: str) -> None:
    """Press Tab until the control with these words has the focus; the way is never endless."""
    for _ in range(60):
        walk.page.keyboard.press("Tab")
        if walk.page.evaluate("document.activeElement.textContent.trim()") == words:
            return
    raise AssertionError(f"«{words}» cannot be reached with Tab")


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ru-RU", "uk-UA", "en-GB"])
@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("letters", ["100", "150"])
def test_the_five_sections_stand_in_one_row(
    town: Things, open_portal: OpenPortal, language: str, width: int, letters: str
) -> None:
    type(town.cast.olga).objects.update(language="")
    walk = open_portal(Reader((width, 700), language)).enter_as(town.cast.olga)
    walk.go(reverse("account_home", args=[town.cast.account.public_id]))
    walk.page.evaluate("size => { document.documentElement.dataset.text = size }", letters)
    links = [box for one in walk.page.locator(".nav-bar a").all() if (box := one.bounding_box())]
    assert len(links) == 5
    assert len({box["y"] for box in links}) == 1
    assert all(box["width"] >= 43.5 and box["x"] + box["width"] <= width for box in links)
