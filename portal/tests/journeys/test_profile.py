"""One's own profile: another e-mail, other places signed out, the profile deleted."""

import pytest

from accounts.models import User
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things

both = pytest.mark.parametrize("reader", [Reader(PHONE), Reader(DESKTOP, javascript=False)], ids=str)


def prove(walk: Walk, phone: str) -> None:
    """Prove by a code that it is still the same person, where the page asks for it."""
    if not walk.path.startswith("/profile/confirm/"):
        return
    walk.look_over()
    walk.press("Get the code")
    walk.look_over()
    walk.fill("Code from the message", walk.code_sent_to(phone))
    walk.press("Confirm")


@pytest.mark.browser
@pytest.mark.feature("A3", "D2")
@both
def test_another_email(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    olga = town.cast.olga
    walk = open_portal(reader).enter_as(olga)
    walk.go("/profile/")
    walk.look_over()
    walk.go("/profile/email/")
    prove(walk, str(olga.phone))
    walk.look_over()
    walk.fill("New e-mail", "olga@example.com")
    walk.press("Get the code")
    walk.fill("Code from the message", walk.code_sent_to("olga@example.com"))
    walk.press("Confirm")
    assert User.objects.get(pk=olga.pk).email == "olga@example.com"


@pytest.mark.browser
@pytest.mark.feature("E9")
@both
def test_other_places_are_signed_out(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    other = open_portal().enter_as(town.cast.olga)
    other.go("/profile/")
    walk = open_portal(reader).enter_as(town.cast.olga)
    walk.go("/profile/sessions/")
    walk.look_over()
    walk.page.get_by_role("main").get_by_role("button", name="Sign out on all other devices").click()
    prove(walk, str(town.cast.olga.phone))
    assert walk.go("/profile/") == 200
    other.go("/profile/")
    assert other.path.startswith("/in/")


@pytest.mark.browser
@pytest.mark.feature("E9", "D2")
@both
def test_the_profile_is_deleted(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    """What stays is said before; afterwards the phone is nobody's and the flat is still there."""
    nina = town.cast.nina
    walk = open_portal(reader).enter_as(nina)
    walk.go("/profile/delete/")
    prove(walk, str(nina.phone))
    walk.look_over()
    walk.choose("I understand that my profile cannot be restored")
    walk.press("Delete the profile")
    gone = User.objects.get(pk=nina.pk)
    assert (gone.phone, gone.last_name) == (None, "")
    walk.go("/profile/")
    assert walk.path.startswith("/in/")
