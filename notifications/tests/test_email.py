"""Letters: two parts, one id, no headers from outside."""

from smtplib import SMTPAuthenticationError, SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from pytest_django import Settings

from notifications.actions import notify
from notifications.models import Delivery, TrayMessage
from notifications.sending import send
from notifications.tests.conftest import CODE, NEWS

AT = timezone.now()
State = Delivery.State


def posted(kind: Any = NEWS, **fields: Any) -> Delivery:
    delivery = notify(kind, subject="x", at=AT, **{"address": "olga@example.com", "channels": ["email"]} | fields)
    row = delivery.deliveries.get()
    send(str(row.pk), at=AT)
    row.refresh_from_db()
    return row


@pytest.mark.feature("F3")
def test_a_letter_has_two_parts_and_the_deliverys_id(db: None, settings: Settings) -> None:
    delivery = posted(context={"house": "«<b>12</b>»"}, url="/home/", language="en")
    (letter,) = mail.outbox
    assert isinstance(letter, EmailMultiAlternatives)
    assert letter.subject == "News for «<b>12</b>»"
    assert f"Sum: -. {settings.PUBLIC_URL}/home/" in str(letter.body)
    html = str(letter.alternatives[0][0])
    assert "News for «&lt;b&gt;12&lt;/b&gt;»" in html
    assert f'href="{settings.PUBLIC_URL}/home/"' in html
    assert 'lang="en"' in html
    assert letter.message()["Message-ID"] == f"<{delivery.pk}@localhost>" == delivery.gateway_id


def test_a_code_by_letter_offers_to_stop_codes(db: None, settings: Settings) -> None:
    delivery = posted(CODE, secret="907341")
    assert f"{settings.PUBLIC_URL}/stop/{delivery.stop_token}/" in str(mail.outbox[0].body)
    assert "907341" in str(mail.outbox[0].body)


def test_a_line_break_in_a_value_adds_no_header(db: None) -> None:
    posted(context={"house": "12\nBcc: thief@example.com"})
    letter = mail.outbox[0].message()
    assert letter["Bcc"] is None
    assert letter["Subject"] == "News for 12"


def test_a_line_break_in_an_address_is_refused_for_good(db: None) -> None:
    delivery = posted(address="olga@example.com\nBcc: thief@example.com")
    assert (delivery.state, len(mail.outbox)) == (State.FAILED, 0)
    assert "thief" not in delivery.error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (SMTPRecipientsRefused({"olga@example.com": (550, b"no such user olga@example.com")}), State.FAILED),
        (SMTPRecipientsRefused({"olga@example.com": (450, b"greylisted")}), State.QUEUED),
        (SMTPDataError(554, b"spam"), State.FAILED),
        (SMTPDataError(451, b"later"), State.QUEUED),
        (SMTPAuthenticationError(535, b"bad password"), State.QUEUED),
        (SMTPServerDisconnected("gone"), State.QUEUED),
        (TimeoutError("slow"), State.QUEUED),
        (ConnectionRefusedError(111, "refused"), State.QUEUED),
    ],
)
def test_refused_for_good_or_for_now(db: None, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    delivery = posted()
    assert delivery.state == state
    assert "olga" not in delivery.error


def test_without_a_mail_server_letters_lie_in_the_tray(db: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "notifications.tray.EmailBackend"
    posted(context={"house": "12"})
    letter = TrayMessage.objects.get()
    assert (letter.channel, letter.address, letter.subject) == ("email", "olga@example.com", "News for 12")
    assert "Sum" in letter.text
    assert "<h1>News for 12</h1>" in letter.html
