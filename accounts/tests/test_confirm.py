"""Before an important step: a fresh code, or the password; then ten minutes are open."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from portal.testing import Cast, prove

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
PASSWORD = "длинная фраза 1977"


@pytest.fixture
def olga(cast: Cast, enter: Enter) -> Client:
    """Olga, signed in long ago."""
    cast.olga.set_password(PASSWORD)
    cast.olga.email = "olga@example.com"
    cast.olga.save()
    client = enter(cast.olga)
    client.get("/profile/confirm/?next=/profile/delete/")
    return client


def test_a_code_opens_the_step_for_ten_minutes(olga: Client, codes: list[str], clock: Callable[[int], None]) -> None:
    assert olga.get("/profile/delete/").status_code == 302
    assert olga.post("/profile/confirm/", {"channel": "sms"})["Location"] == "/profile/confirm/code/"
    assert olga.post("/profile/confirm/code/", {"code": codes[0]})["Location"] == "/profile/delete/"
    assert olga.get("/profile/delete/").status_code == 200
    clock(599)
    assert olga.get("/profile/delete/").status_code == 200
    clock(2)
    assert olga.get("/profile/delete/").status_code == 302


def test_the_code_goes_only_to_ones_own_addresses(cast: Cast, olga: Client, codes: list[str]) -> None:
    page = olga.get("/profile/confirm/").content.decode()
    assert "o•••@example.com" in page
    assert (cast.olga.phone or "") not in page
    assert olga.post("/profile/confirm/", {"channel": "pigeon"}).status_code == 422
    assert codes == []


def test_a_password_opens_it_too(olga: Client) -> None:
    assert olga.post("/profile/confirm/password/", {"password": PASSWORD})["Location"] == "/profile/delete/"
    assert olga.get("/profile/delete/").status_code == 200


def test_the_way_back_keeps_what_the_address_asked_for(olga: Client) -> None:
    """A form that begins with the values of a row is led back to that row; a form that was sent, to its empty page."""
    olga.get(olga.get("/profile/delete/?row=5")["Location"])
    assert olga.post("/profile/confirm/password/", {"password": PASSWORD})["Location"] == "/profile/delete/?row=5"


def test_a_wrong_password_is_counted(olga: Client) -> None:
    for _turn in range(5):
        page = olga.post("/profile/confirm/password/", {"password": "wrong"})
        assert page.status_code == 422
        assert "not your password" in page.content.decode()
    page = olga.post("/profile/confirm/password/", {"password": PASSWORD})
    assert page.status_code == 429
    assert 'action="/profile/confirm/"' in page.content.decode()  # a code is still a way


GUARDED = [
    "profile_phone", "profile_email", "profile_password", "password_remove", "profile_delete", "passkey_add",
    "passkey_add_options", ("passkey_remove", 1), ("contact_remove", "phone"), ("identity_unlink", "bank"),
]  # fmt: skip


@pytest.mark.parametrize("door", GUARDED, ids=str)
def test_every_important_door_asks_the_same_way_before_anything_else(
    cast: Cast, enter: Enter, door: str | tuple[str, object]
) -> None:
    """Whoever signed in long ago is led to one page, from a page and from a form; for an employee it is the challenge."""
    name, *args = (door,) if isinstance(door, str) else door
    url = reverse(str(name), args=args)
    nina = enter(cast.nina)
    for answer in (nina.get(url), nina.post(url)):
        assert answer.status_code == 302
        assert answer["Location"] == f"/profile/confirm/?next={url}"


def test_a_form_that_comes_too_late_is_said_not_to_be_sent(cast: Cast, enter: Enter) -> None:
    nina = enter(cast.nina)
    page = nina.get(nina.post("/profile/email/", {"address": "nina@example.com"})["Location"]).content.decode()
    assert "The form was not sent" in page


def test_without_a_password_only_codes_are_offered(cast: Cast, enter: Enter) -> None:
    page = enter(cast.nina).get("/profile/confirm/").content.decode()
    assert "Or by password" not in page


def test_an_employee_confirms_with_the_second_factor_only(cast: Cast, enter: Enter) -> None:
    """Neither a code by SMS nor the password makes an employee's session fresh."""
    cast.anna.set_password(PASSWORD)
    cast.anna.save()
    anna = enter(cast.anna)
    assert anna.get("/profile/password/")["Location"] == "/factor/?next=/profile/password/"
    assert anna.get("/profile/confirm/?next=/profile/password/")["Location"] == "/factor/?next=/profile/password/"
    anna.post("/profile/confirm/password/", {"password": PASSWORD})
    assert anna.get("/profile/password/").status_code == 302
    prove(anna)
    assert anna.get("/profile/password/").status_code == 200


def test_a_second_factor_is_fresh_for_ten_minutes(cast: Cast, enter: Enter, clock: Callable[[int], None]) -> None:
    anna = prove(enter(cast.anna))
    clock(599)
    assert anna.get("/profile/password/").status_code == 200
    clock(2)
    assert anna.get("/profile/password/").status_code == 302
    assert anna.get("/profile/").status_code == 200


def test_the_code_page_without_a_code_leads_back(cast: Cast, enter: Enter) -> None:
    assert enter(cast.nina).get("/profile/confirm/code/")["Location"] == "/profile/confirm/"


def test_another_code_may_be_sent(olga: Client, codes: list[str]) -> None:
    olga.post("/profile/confirm/", {"channel": "sms"})
    olga.post("/profile/confirm/again/", {"channel": "email"})
    assert len(codes) == 1  # a phone's code is not sent by e-mail
    olga.post("/profile/confirm/", {"channel": "email"})
    assert len(codes) == 2
