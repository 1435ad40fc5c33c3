"""A service that says who one is: connected in the profile, then the way in, then let go of."""

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts.tests.identity_provider import Provider
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.test_profile import prove
from portal.tests.journeys.walk import PHONE, Reader, Walk
from portal.tests.things import Things

OLGA = {"family_name": "ОЛИНА", "given_name": "ОЛЬГА", "middle_name": "ОЛЕГОВНА", "birthdate": "1990-01-01"}


def be(walk: Walk, subject: str) -> None:
    """Say who one is on the page of the service, which is not ours to look over."""
    walk.page.locator("input[name=sub]").fill(subject)
    walk.page.get_by_role("button", name="Authorize", exact=True).click()
    walk.page.wait_for_url(f"{walk.url}/**")
    walk.complaints[:] = [one for one in walk.complaints if one.startswith(walk.url)]  # those of our own pages


def press(walk: Walk, name: str) -> None:
    """Press the button or follow the link with these words at the beginning of its name."""
    main = walk.page.get_by_role("main")
    main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name)).first.click()


@pytest.mark.browser
@pytest.mark.feature("A4", "C7")
def test_a_service_is_connected_used_and_let_go_of(town: Things, open_portal: OpenPortal, provider: Provider) -> None:
    olga = town.cast.olga
    provider.person("olga-1", **OLGA, rnokpp="3287300012")
    walk = open_portal(Reader()).enter_as(olga)
    walk.go("/profile/")
    walk.follow("Identity")
    walk.look_over()
    press(walk, "Connect")
    prove(walk, str(olga.phone))
    press(walk, "Connect")
    be(walk, "olga-1")
    walk.look_over()
    assert "Test Bank ID is connected" in walk.text
    assert "Олина Ольга Олеговна" in walk.text
    walk.go("/profile/names/")
    walk.look_over()
    assert "Confirmed by Test Bank ID" in walk.text
    walk.go("/profile/")
    walk.press("Sign out")
    walk.go("/in/")
    walk.look_over()
    press(walk, "Test Bank ID")
    be(walk, "olga-1")
    walk.go("/profile/identity/")
    walk.look_over()
    press(walk, "Disconnect")
    walk.look_over()
    walk.press("Disconnect")
    assert "Test Bank ID is disconnected" in walk.page.locator("body").inner_text()
    assert not SocialAccount.objects.exists()


@pytest.mark.browser
@pytest.mark.feature("A4", "C7")
def test_a_stranger_comes_through_a_service(town: Things, open_portal: OpenPortal, provider: Provider) -> None:
    """Nobody is linked unasked: the service, then a code, then the question."""
    provider.person("new-1", **OLGA)
    walk = open_portal(Reader())
    walk.go("/in/")
    press(walk, "Test Bank ID")
    be(walk, "new-1")
    walk.look_over()
    assert "«Олина Ольга Олеговна» is confirmed by Test Bank ID" in walk.text
    walk.fill("Phone or e-mail", "new-person@example.com")
    walk.press("Get the code")
    walk.fill("Code from the message", walk.code_sent_to("new-person@example.com"))
    walk.press("Sign in")
    walk.look_over()
    walk.press("Yes, connect")
    walk.look_over()
    assert "Confirmed by Test Bank ID" in walk.text
    assert SocialAccount.objects.get().user.email == "new-person@example.com"


@pytest.mark.browser
@pytest.mark.feature("A4", "C7")
def test_without_scripts_on_a_small_phone_in_russian(town: Things, open_portal: OpenPortal, provider: Provider) -> None:
    """The words wait for their translation, so the way is found by the addresses of buttons."""
    olga = town.cast.olga
    type(olga).objects.filter(pk=olga.pk).update(language="ru")
    provider.person("olga-1", **OLGA)
    walk = open_portal(Reader(PHONE, "ru-RU", javascript=False))
    walk.go("/in/")
    button = f"form[action='/in/with/{provider.service.id}/'] button"
    walk.page.locator(button).click()
    be(walk, "olga-1")
    walk.page.locator("input[name=address]").fill(str(olga.phone))
    walk.page.locator("main form[novalidate] button").first.click()
    walk.page.locator("input[name=code]").fill(walk.code_sent_to(str(olga.phone)))
    walk.page.locator("main form[novalidate] button").first.click()
    assert walk.wide() == []
    walk.page.locator("button[name=answer][value=yes]").click()
    assert SocialAccount.objects.get().user == olga
    walk.go("/profile/identity/")
    assert walk.page.locator("html").get_attribute("lang") == "ru"
    assert "Олина Ольга Олеговна" in walk.text
    assert walk.wide() == []
    walk.page.locator("a[href$='/disconnect/']").click()
    assert walk.wide() == []
    walk.page.locator("main form button.danger").click()
    assert not SocialAccount.objects.exists()
