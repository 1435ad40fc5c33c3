"""Passkeys in a real browser, whose authenticator says yes at once: a resident's, an employee's, and a page without scripts."""

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.browser import network_of
from accounts.limits import PASSKEY_BEGUN
from accounts.models import LimitHit, User
from accounts.tests.tools import request_from
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.test_profile import prove
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things

PHONE_KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def give_key(walk: Walk) -> Walk:
    """Put an authenticator into this browser."""
    devtools = walk.context.new_cdp_session(walk.page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE_KEY})
    return walk


def forget_session(walk: Walk) -> None:
    """As if the person had been away for long: the browser keeps the passkey only."""
    walk.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def is_there(walk: Walk, path: str) -> None:
    """Wait for the page that the authenticator's answer opened."""
    walk.page.wait_for_url(lambda url: url.removeprefix(walk.url).startswith(path))
    walk.look_over()


@pytest.mark.browser
def test_a_resident_adds_a_passkey_comes_in_confirms_and_removes_it(town: Things, open_portal: OpenPortal) -> None:
    nina = town.cast.nina
    walk = give_key(open_portal(Reader(PHONE))).enter_as(nina)
    walk.go("/profile/passkeys/")
    walk.look_over()
    walk.follow("Add a passkey")
    prove(walk, str(nina.phone))
    walk.look_over()
    walk.fill("Name, to recognise it in the list", "Мой телефон")
    walk.press("Add a passkey")
    is_there(walk, "/profile/passkeys/?" if "?" in walk.path else "/profile/passkeys/")
    walk.page.get_by_role("heading", name="Мой телефон").wait_for()

    walk.go("/profile/")
    walk.press("Sign out")
    walk.go("/in/?next=/profile/")
    walk.look_over()
    walk.press("Sign in with a passkey")
    is_there(walk, "/profile/")

    forget_session(walk)
    walk.enter_as(nina)
    walk.go("/profile/delete/")
    assert walk.path.startswith("/profile/confirm/")
    walk.look_over()
    walk.press("Confirm with a passkey")
    is_there(walk, "/profile/delete/")

    walk.go("/profile/passkeys/")
    walk.look_over()
    walk.follow("Remove")
    walk.look_over()
    walk.press("Remove")
    walk.page.get_by_text("You have no passkey yet.").wait_for()
    assert not Authenticator.objects.filter(user=nina).exists()

    walk.go("/profile/")
    walk.press("Sign out")
    walk.go("/in/")
    walk.press("Sign in with a passkey")  # the device has it still
    walk.page.wait_for_selector(".summary:focus")
    assert "The passkey did not work" in walk.text
    walk.look_over()
    walk.fill("Phone or e-mail", str(town.cast.olga.phone))  # Nina was sent one a moment ago
    walk.press("Get the code")
    is_there(walk, "/in/code/")


@pytest.mark.browser
def test_a_prompt_that_was_closed_leaves_the_page_as_it_was(town: Things, open_portal: OpenPortal) -> None:
    """The browser has an authenticator without any key: it refuses, and the page says what else there is."""
    walk = give_key(open_portal(Reader(PHONE)))
    walk.go("/in/")
    walk.press("Sign in with a passkey")
    button = walk.page.get_by_role("button", name="Sign in with a passkey")
    button.wait_for()
    walk.page.wait_for_function("!document.querySelector('[data-passkey] button').hasAttribute('aria-busy')")
    assert walk.path == "/in/"
    assert "If this device has no passkey of yours, use a code." in walk.text
    assert button.is_enabled()

    network = network_of(request_from("127.0.0.1"))
    LimitHit.objects.bulk_create(LimitHit(key=PASSKEY_BEGUN.key(network), at=timezone.now()) for _ in range(120))
    walk.press("Sign in with a passkey")
    walk.page.get_by_text("There were too many tries.").wait_for()


@pytest.mark.browser
def test_an_employee_enrols_a_passkey_and_enters_the_staff_room_with_it(town: Things, open_portal: OpenPortal) -> None:
    anna = town.cast.anna
    walk = give_key(open_portal(Reader(DESKTOP)))
    before_factor(walk, anna)
    walk.go("/admin/")
    walk.look_over()
    walk.follow("Add a passkey")
    walk.look_over()
    walk.press("Add a passkey")
    is_there(walk, "/factor/codes/")
    walk.press("I have written them down")
    walk.arrive()

    forget_session(walk)
    before_factor(walk, anna)
    walk.go("/admin/")
    assert walk.path.startswith("/factor/")
    walk.look_over()
    walk.press("Use a passkey")
    walk.page.wait_for_url(walk.url + "/admin/")
    assert walk.go("/admin/") == 200


def before_factor(walk: Walk, user: User) -> None:
    """Signed in, but without the proof of a second factor that `enter_as` brings."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    walk.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": walk.url}])


@pytest.mark.browser
def test_without_scripts_codes_are_offered(town: Things, open_portal: OpenPortal) -> None:
    nina = town.cast.nina
    walk = open_portal(Reader(PHONE, javascript=False))
    walk.go("/in/")
    assert "passkey" not in walk.text
    walk.enter_as(nina)
    walk.go("/profile/passkeys/add/")
    prove(walk, str(nina.phone))
    assert "sign in with codes" in walk.text
    assert not walk.page.locator("form[data-passkey]").is_visible()
