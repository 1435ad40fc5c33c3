"""A phone or e-mail changes by a code to the new one; the old one is told; the last one stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Challenge, User
from notifications.models import Delivery, Notice
from portal.testing import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D2", "E9")]
NEW = "+79130001122"


@pytest.fixture
def olga(cast: Cast, codes: list[str]) -> Client:
    """Olga, who has just come in by a code."""
    client = Client(headers={"accept-language": "en"})
    client.post("/in/", {"address": cast.olga.phone, "channel": "sms"})
    client.post("/in/code/", {"code": codes.pop()})
    return client


def change(client: Client, address: str = NEW) -> Any:
    return client.post("/profile/phone/", {"address": address, "channel": "sms"})


def test_a_new_phone_takes_the_place_of_the_old_one(cast: Cast, olga: Client, codes: list[str]) -> None:
    old = cast.olga.phone
    assert change(olga)["Location"] == "/profile/contact/code/"
    cast.olga.refresh_from_db()
    assert cast.olga.phone == old
    assert olga.post("/profile/contact/code/", {"code": codes[-1]})["Location"] == "/profile/"
    cast.olga.refresh_from_db()
    assert cast.olga.phone == NEW
    told = Delivery.objects.filter(notice__kind="accounts.contact_changed")
    assert {(row.channel, row.address) for row in told} == {("inbox", ""), ("sms", old)}


def test_an_email_is_added(cast: Cast, olga: Client, codes: list[str]) -> None:
    olga.post("/profile/email/", {"address": "Olga@Example.com"})
    olga.post("/profile/contact/code/", {"code": codes[-1]})
    cast.olga.refresh_from_db()
    assert cast.olga.email == "olga@example.com"
    assert cast.olga.phone


@pytest.mark.parametrize(
    ("wish", "leads"), [("/a/x/receipts/", "/a/x/receipts/"), ("//evil.example", "/profile/"), ("", "/profile/")]
)
def test_an_email_that_a_page_asked_for_leads_back_to_it(
    cast: Cast, olga: Client, codes: list[str], wish: str, leads: str
) -> None:
    olga.get("/profile/email/", {"next": "/inbox/"})  # another time, and not gone on with
    olga.get("/profile/email/", {"next": wish} if wish else {})
    olga.post("/profile/email/", {"address": "olga@example.com"})
    assert olga.post("/profile/contact/code/", {"code": codes[-1]})["Location"] == leads


def test_a_wrong_code_changes_nothing(cast: Cast, olga: Client, codes: list[str]) -> None:
    change(olga)
    wrong = f"{(int(codes[-1]) + 1) % 1000000:06d}"
    assert olga.post("/profile/contact/code/", {"code": wrong}).status_code == 422
    cast.olga.refresh_from_db()
    assert cast.olga.phone != NEW


def test_somebody_elses_phone_looks_the_same_and_its_owner_is_told(cast: Cast, olga: Client, codes: list[str]) -> None:
    assert change(olga, cast.nina.phone or "")["Location"] == "/profile/contact/code/"
    page = olga.get("/profile/contact/code/")
    assert page.status_code == 200
    assert "We sent an SMS" in page.content.decode()
    assert codes == []
    told = Notice.objects.get(kind="accounts.contact_taken")
    assert told.deliveries.get().address == cast.nina.phone
    olga.post("/profile/contact/code/", {"code": "123456"})
    cast.olga.refresh_from_db()
    assert cast.olga.phone != cast.nina.phone


def test_a_phone_taken_meanwhile_is_refused(cast: Cast, olga: Client, codes: list[str]) -> None:
    change(olga)
    User.objects.filter(pk=cast.nina.pk).update(phone=NEW)
    page = olga.post("/profile/contact/code/", {"code": codes[-1]})
    assert page.status_code == 409
    cast.olga.refresh_from_db()
    assert cast.olga.phone != NEW


@pytest.mark.parametrize(
    ("page", "typed", "sentence"),
    [
        ("phone", "", "Enter your mobile phone number"),
        ("phone", "8 (495) 123-45-67", "mobile number"),
        ("phone", "olga@example.com", "Enter a phone number here"),
        ("email", "", "Enter your e-mail"),
        ("email", "+79123456789", "e-mail in full"),
    ],
)
def test_a_wrong_address_is_told(olga: Client, page: str, typed: str, sentence: str) -> None:
    response = olga.post(f"/profile/{page}/", {"address": typed, "channel": "sms"})
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_the_same_phone_changes_nothing(cast: Cast, olga: Client, codes: list[str]) -> None:
    assert change(olga, cast.olga.phone or "")["Location"] == "/profile/"
    assert codes == []


def test_the_last_contact_stays(cast: Cast, olga: Client) -> None:
    page = olga.post("/profile/phone/remove/")
    assert page.status_code == 409
    assert "only way to sign in" in page.content.decode()
    cast.olga.refresh_from_db()
    assert cast.olga.phone


def test_one_of_two_contacts_may_go(cast: Cast, olga: Client) -> None:
    User.objects.filter(pk=cast.olga.pk).update(email="olga@example.com")
    olga.post("/profile/phone/remove/")
    cast.olga.refresh_from_db()
    assert (cast.olga.phone, cast.olga.email) == (None, "olga@example.com")


def test_a_change_needs_a_fresh_confirmation(cast: Cast, olga: Client, clock: Callable[[int], None]) -> None:
    clock(601)
    assert olga.get("/profile/phone/")["Location"] == "/profile/confirm/?next=/profile/phone/"
    assert change(olga)["Location"] == "/profile/confirm/?next=/profile/phone/"


def test_a_code_of_the_entry_does_not_change_a_contact(cast: Cast, olga: Client, codes: list[str]) -> None:
    stranger = Client()
    stranger.post("/in/", {"address": NEW, "channel": "sms"})
    entry_code = codes[-1]
    olga.post("/profile/email/", {"address": "olga@example.com"})
    if entry_code != codes[-1]:
        assert olga.post("/profile/contact/code/", {"code": entry_code}).status_code == 422


def test_another_persons_challenge_is_not_shown(cast: Cast, olga: Client, codes: list[str]) -> None:
    change(olga)
    Challenge.objects.filter(purpose="change_contact").update(user=cast.nina)
    assert olga.get("/profile/contact/code/")["Location"] == "/profile/"
