"""An employee's first day: a code by SMS, an app set up, recovery codes, the staff room; then in again by both kinds of codes."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.factors import totp
from accounts.models import LimitHit
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things

both = pytest.mark.parametrize("reader", [Reader(DESKTOP), Reader(PHONE, javascript=False)], ids=str)


def sign_in(walk: Walk, phone: str) -> None:
    """The first step, by a code to the phone."""
    walk.go("/in/?next=/admin/")
    walk.fill("Phone or e-mail", phone)
    walk.choose("SMS to the phone")
    walk.press("Get the code")
    walk.fill("Code from the message", walk.code_sent_to(phone))
    walk.press("Sign in")


def sign_out(walk: Walk) -> None:
    """Out by the profile; an hour goes by for the limits of SMS."""
    walk.go("/profile/")
    walk.press("Sign out")
    LimitHit.objects.all().delete()


@pytest.mark.browser
@pytest.mark.feature("E9")
@both
def test_an_employee_sets_up_an_app_and_enters_with_it(town: Things, open_portal: OpenPortal, reader: Reader) -> None:
    mark = town.cast.mark
    walk = open_portal(reader)
    sign_in(walk, str(mark.phone))
    assert walk.heading == "Set up a second proof"
    walk.look_over()
    walk.follow("Set up an app")
    walk.look_over()
    key = walk.page.locator("#key").inner_text().replace(" ", "")
    walk.fill("Code from your app", totp.code_at(key, timezone.now()))
    walk.press("Continue")
    assert walk.heading == "Your recovery codes"
    walk.look_over()
    codes = re.findall(r"\d{4} \d{4}", walk.text)
    assert len(codes) == 10
    walk.press("I have written them down")
    assert walk.path == "/admin/"
    for code in (totp.code_at(key, timezone.now() + timedelta(seconds=30)), codes[0]):
        sign_out(walk)
        sign_in(walk, str(mark.phone))
        assert walk.heading == "Second step of signing in"
        walk.look_over()
        walk.fill("Code from your app", code)
        walk.press("Continue")
        assert walk.path == "/admin/"
    walk.go("/profile/factors/")
    walk.look_over()
    assert "9 codes are left." in walk.text
