"""The message tray of the demo, and the «not you?» page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from notifications.actions import is_opted_out, notify, opt_out
from notifications.models import Delivery, OptOut, TrayMessage
from notifications.tests.conftest import CODE, NEWS
from portal.testing import last_message, post

PHONE = "+79120001122"


def code(at_earlier: timedelta = timedelta(0), channel: str = "sms") -> Delivery:
    at = timezone.now() - at_earlier
    return notify(
        CODE, subject="x", at=at, address=PHONE, secret="907341", language="en", channels=[channel]
    ).deliveries.get()


@pytest.mark.feature("F3")
@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_the_code_is_easy_to_find(db: None, channel: str) -> None:
    code(channel=channel)
    assert last_message(PHONE).channel == channel
    page = Client().get("/dev/tray/").content.decode()
    assert "<code>907341</code>" in page
    if channel == "voice":
        assert "9, 0, 7, 3, 4, 1" in page


def test_letters_show_their_subject_and_text(db: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "notifications.tray.EmailBackend"
    notify(NEWS, subject="x", at=timezone.now(), address="olga@example.com", context={"house": "<b>12</b>"})
    post()
    page = Client().get("/dev/tray/?q=olga@").content.decode()
    assert "News for &lt;b&gt;12&lt;/b&gt;" in page
    assert "olga@example.com" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("9120001122", True), ("+7 912 000-11-22", True), ("(912) 000", True), ("8005553535", False), ("x\x00", False)],
)
def test_messages_are_found_by_their_receiver(db: None, query: str, found: bool) -> None:
    TrayMessage.objects.create(channel="sms", address=PHONE, text="Hello there")
    page = Client().get("/dev/tray/", {"q": query}).content.decode()
    assert ("Hello there" in page) == found
    assert ("No messages to this address" in page) != found


def test_an_empty_tray_says_how_to_fill_it(db: None) -> None:
    assert "The tray is empty" in Client().get("/dev/tray/").content.decode()


def test_a_production_has_no_tray(db: None, settings: Settings) -> None:
    settings.DEV_PAGES = False
    assert Client().get("/dev/tray/").status_code == 404


def test_the_receiver_stops_codes_to_the_address(db: None) -> None:
    delivery, client = code(), Client()
    url = f"/stop/{delivery.stop_token}/"
    page = client.get(url).content.decode()
    assert PHONE not in page
    assert not OptOut.objects.exists()  # looking changes nothing
    assert client.post(url).headers["Location"] == url
    assert is_opted_out(PHONE, timezone.now())
    assert "Codes are stopped" in client.get(url).content.decode()
    assert PHONE not in str(OptOut.objects.get().key)


def test_a_wrong_or_old_link_leads_nowhere(db: None) -> None:
    old = code(timedelta(days=31))
    for token in ("x", "None", "%00", old.stop_token):
        assert Client().get(f"/stop/{token}/").status_code == 404
        assert Client().post(f"/stop/{token}/").status_code == 404
    assert not OptOut.objects.exists()


def test_the_link_needs_the_form_of_its_page(db: None) -> None:
    assert Client(enforce_csrf_checks=True).post(f"/stop/{code().stop_token}/").status_code == 403


def test_a_second_stop_begins_the_thirty_days_anew(db: None) -> None:
    now = timezone.now()
    opt_out(PHONE, at=now - timedelta(days=20))
    Client().post(f"/stop/{code().stop_token}/")
    assert is_opted_out(PHONE, now + timedelta(days=29))
