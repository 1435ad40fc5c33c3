"""Three ways to one's flat, and the letter typed on the entry page."""

import pytest
from django.utils import timezone

from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things
from portal.town.people import known_letter
from premises.models import AccountLink

PASSWORD, CODE = "DEM0H-0VSE1", "DEM0-C0DE-2026"
READERS = [Reader(PHONE, javascript=False), Reader(DESKTOP, theme="dark")]
both = pytest.mark.parametrize("reader", READERS, ids=str)


def grade_of(town: Things, user_id: int) -> str:
    return AccountLink.objects.active().get(user_id=user_id, account=town.cast.account).grade


@pytest.mark.browser
@pytest.mark.feature("B4", "C1", "G1")
@both
def test_by_address_and_number(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """What a neighbour could know opens the balance only, and says how to open the rest."""
    walk = open_portal(reader).enter_as(town.cast.igor)
    walk.go("/accounts/add/")
    walk.follow("Address and account number")
    walk.look_over()
    walk.fill("City, street and house number", "САДОВАЯ 1")
    walk.press("Find")
    walk.follow("ул. Садовая, 1")
    walk.look_over()
    walk.fill("Flat", "12")
    walk.fill("Account number (or ЕЛС, ИЖКУ)", "100 12")
    walk.press("Next")
    walk.look_over()
    walk.press("Add")
    assert grade_of(town, town.cast.igor.pk) == "limited"
    walk.go("/home/")
    assert "Confirm that the flat is yours" in walk.text
    assert "Олина" not in walk.page.content()
    walk.look_over()
    walk.follow("Confirm")
    walk.look_over()


@pytest.mark.browser
@both
def test_a_wrong_flat_and_a_wrong_number_get_one_answer(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    walk = open_portal(reader).enter_as(town.cast.igor)
    said = []
    for flat, number in (("12", "99999"), ("77", "10012")):
        walk.go(f"/accounts/add/address/{town.cast.house.public_id}/")
        walk.fill("Flat", flat)
        walk.fill("Account number (or ЕЛС, ИЖКУ)", number)
        walk.press("Next")
        walk.press("Add")
        said.append(walk.text.replace(flat, "…").replace(number, "…"))
    assert not AccountLink.objects.filter(user=town.cast.igor).exists()
    assert said[0].split("tries")[0][:80] == said[1].split("tries")[0][:80]
    walk.look_over()


@pytest.mark.browser
@pytest.mark.feature("B3", "G1")
@both
def test_by_the_code_of_a_letter(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """Small letters and look-alikes are read as what was printed."""
    known_letter(town.cast.account, PASSWORD, CODE, at=timezone.now())
    walk = open_portal(reader).enter_as(town.cast.igor)
    walk.go("/accounts/add/")
    walk.follow("Code from a letter or a bill")
    walk.look_over()
    walk.fill("Code", "demo code 2о26")
    walk.press("Next")
    assert "ул. Садовая, 1" in walk.text
    walk.look_over()
    walk.press("Add")
    assert grade_of(town, town.cast.igor.pk) == "confirmed"


@pytest.mark.browser
@pytest.mark.feature("B3", "B1")
@both
def test_by_the_square_of_a_letter(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """The camera opens the link; a stranger to the portal enters first and comes back to the flat."""
    known_letter(town.cast.account, PASSWORD, CODE, at=timezone.now())
    walk = open_portal(reader)
    walk.go("/q/DEM0C0DE2026/")
    assert "Садовая" not in walk.text
    enter_by_code(walk, "+79127776655")
    if walk.path.startswith("/in/welcome/"):
        walk.press("Skip")
    assert walk.heading == "Add this flat?"
    walk.press("Add")
    assert AccountLink.objects.active().filter(account=town.cast.account, user__phone="+79127776655").exists()


@pytest.mark.browser
@pytest.mark.feature("D1")
@both
def test_a_letter_typed_on_the_entry_page(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """Login and password from the company: the person proves a phone and is linked at once."""
    known_letter(town.cast.account, PASSWORD, CODE, at=timezone.now())
    walk = open_portal(reader)
    walk.go("/in/")
    walk.follow("Sign in with a password")
    walk.look_over()
    walk.page.get_by_role("main").get_by_role("textbox").first.fill("10012")
    walk.page.locator("input[type=password]").fill(PASSWORD)
    walk.press("Sign in")
    enter_by_code(walk, "+79127776655")
    if walk.path.startswith("/in/welcome/"):
        walk.press("Skip")
    walk.look_over()
    if not AccountLink.objects.filter(user__phone="+79127776655").exists():
        walk.press("Add")
    assert AccountLink.objects.active().get(user__phone="+79127776655").grade == "confirmed"


def enter_by_code(walk: Walk, phone: str) -> None:
    """Enter by a code, from wherever the entry page was reached."""
    walk.fill("Phone or e-mail", phone)
    walk.press("Get the code")
    walk.fill("Code from the message", walk.code_sent_to(phone))
    walk.press("Sign in")
