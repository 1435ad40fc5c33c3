"""The optional password: set after a fresh proof, changed, removed; other devices are signed out."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from notifications.models import Notice
from portal.testing import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A2", "A3", "E9")]
GOOD = "длинная фраза 1977"
Enter = Callable[[User], Client]


@pytest.fixture
def nina(cast: Cast, codes: list[str]) -> Client:
    """Nina, who has just come in by a code."""
    client = Client(headers={"accept-language": "en"})
    client.post("/in/", {"address": cast.nina.phone, "channel": "sms"})
    client.post("/in/code/", {"code": codes.pop()})
    return client


def test_nina_sets_a_password_without_an_old_one(cast: Cast, nina: Client) -> None:
    assert nina.post("/profile/password/", {"password": GOOD})["Location"] == "/profile/"
    cast.nina.refresh_from_db()
    assert cast.nina.check_password(GOOD)
    assert nina.get("/profile/").status_code == 200
    assert Notice.objects.filter(kind="accounts.password_changed", user=cast.nina).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a new password"),
        ("short", "too short"),
        ("password12", "too common"),
        ("Нинина Нина", "too similar"),
    ],
)
def test_a_weak_password_is_told(cast: Cast, nina: Client, typed: str, sentence: str) -> None:
    page = nina.post("/profile/password/", {"password": typed})
    assert page.status_code == 422
    assert sentence in page.content.decode()
    cast.nina.refresh_from_db()
    assert not cast.nina.has_usable_password()


def test_other_devices_are_signed_out(cast: Cast, nina: Client, enter: Enter) -> None:
    other = enter(cast.nina)
    assert other.get("/profile/").status_code == 200
    nina.post("/profile/password/", {"password": GOOD})
    assert other.get("/profile/").status_code == 302
    assert nina.get("/profile/sessions/").content.decode().count("Last used") == 1


def test_a_password_is_removed(cast: Cast, nina: Client) -> None:
    nina.post("/profile/password/", {"password": GOOD})
    assert nina.get("/profile/password/remove/").status_code == 200
    assert nina.post("/profile/password/remove/")["Location"] == "/profile/"
    cast.nina.refresh_from_db()
    assert not cast.nina.has_usable_password()
    assert nina.get("/profile/password/remove/")["Location"] == "/profile/"


def test_an_old_sign_in_confirms_first(cast: Cast, nina: Client, clock: Callable[[int], None]) -> None:
    clock(601)
    assert (
        nina.post("/profile/password/", {"password": GOOD})["Location"] == "/profile/confirm/?next=/profile/password/"
    )
    cast.nina.refresh_from_db()
    assert not cast.nina.has_usable_password()
