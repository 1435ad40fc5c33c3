"""What leaves: the code first, a warning always, short enough for two parts of an SMS, in every language."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from accounts import notices
from accounts.models import Challenge
from notifications.actions import notify
from notifications.kinds import Kind
from notifications.models import Delivery
from notifications.rendering import render, title_and_text

pytestmark = pytest.mark.django_db
LANGUAGES = ["ru", "uk", "en"]
LONG_HOST = "kabinet.example.ru"  # as long as a host may be for the SMS to keep to two parts


def message(kind: Kind, channel: str, language: str, **facts: Any) -> str:
    address = "olga@example.com" if channel == "email" else "+79123456789"
    notice = notify(kind, subject=f"s:{language}:{channel}:{facts}", at=timezone.now(), address=address,
                    language=language, channels=[channel], **facts)  # fmt: skip
    with translation.override(language):
        made = render(notice.deliveries.select_related("notice").get())
    return made.subject + "\n" + made.text if channel == "email" else made.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", Challenge.Purpose.values)
def test_the_sms_fits_two_parts(language: str, purpose: str, settings: Any) -> None:
    settings.PUBLIC_URL, settings.PUBLIC_HOST = f"https://{LONG_HOST}", LONG_HOST
    text = message(notices.CODE, "sms", language, secret="123456", context={"purpose": purpose})
    assert len(text) <= 134
    assert text.startswith("123456")
    assert text.splitlines()[-1] == f"@{LONG_HOST} #123456"
    assert re.search(rf"{LONG_HOST}/stop/\S+", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_call_warns_before_it_reads_the_code_twice(language: str) -> None:
    text = message(notices.CODE, "voice", language, secret="123456", context={"purpose": "enter"})
    spoken = "1, 2, 3, 4, 5, 6"
    assert text.count(spoken) == 2
    assert len(text.split(spoken)[0]) > 60
    assert "123456" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_carries_code_and_warning(language: str) -> None:
    text = message(notices.CODE, "email", language, secret="123456", context={"purpose": "enter"})
    assert text.startswith("123456")
    assert "/stop/" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "context"),
    [
        (notices.CONTACT_CHANGED, {"field": "phone"}),
        (notices.CONTACT_CHANGED, {"field": "email"}),
        (notices.CONTACT_TAKEN, {}),
        (notices.PASSWORD_CHANGED, {"removed": False}),
        (notices.PASSWORD_CHANGED, {"removed": True}),
        (notices.NEW_DEVICE, {"device": "Chrome, Android"}),
    ],
)
def test_every_other_notice_has_its_words(kind: Kind, context: dict[str, Any], language: str) -> None:
    for channel in kind.channels:
        if channel == "inbox":
            notice = notify(kind, subject=f"{context}", at=timezone.now(), address="a@b.cc", context=context)
            with translation.override(language):
                title, text = title_and_text(notice)
            assert title
            assert text
        else:
            assert len(message(kind, channel, language, context=context)) > 20


def test_a_contact_that_is_taken_may_be_told_by_a_call() -> None:
    assert "Nothing was changed" in message(notices.CONTACT_TAKEN, "voice", "en")


def dump() -> str:
    """Every row of every table, as a thief of the database would read it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 table names of our own database
            rows += [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor.fetchall() for cell in row]
    return repr(rows)


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_no_code_in_logs_and_rows_and_no_phone_in_logs(
    client: Client, codes: list[str], caplog: Any, capfd: Any, channel: str
) -> None:
    address = "+79135557799" if channel == "sms" else "zina-unique@example.com"
    with caplog.at_level("DEBUG"):
        client.post("/in/", {"address": address, "channel": channel})
        rows = dump()
        client.post("/in/code/", {"code": f"{(int(codes[0]) + 1) % 1000000:06d}"})
        client.post("/in/code/", {"code": codes[0]})
        rows += dump()
    logs = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
    written = logs + "".join(capfd.readouterr())
    assert not re.search(rf"(?<![\d.]){codes[0]}(?!\d)", rows)
    assert not re.search(rf"(?<![\d.]){codes[0]}(?!\d)", written)
    assert address not in written
    assert address.lstrip("+") not in written


def test_the_waiting_code_is_sealed(client: Client, codes: list[str]) -> None:
    client.post("/in/", {"address": "olga@example.com", "channel": "email"})
    waiting = Delivery.objects.select_related("notice").get()
    assert waiting.notice.secret
    assert codes[0].encode() not in bytes(waiting.notice.secret)


def test_old_rows_are_forgotten_at_night(client: Client, codes: list[str], clock: Any) -> None:
    from accounts.models import LimitHit, Submission
    from accounts.tasks import forget_old

    client.post(
        "/in/", {"address": "olga@example.com", "channel": "email", "idem": "6f1f2a54-4f0f-4b62-9a0e-0d1a4f6f7a11"}
    )
    forget_old()
    assert (LimitHit.objects.count() > 0, Challenge.objects.count(), Submission.objects.count()) == (True, 1, 1)
    clock(int(timedelta(days=2, minutes=20).total_seconds()))
    forget_old()
    assert (LimitHit.objects.count(), Challenge.objects.count(), Submission.objects.count()) == (0, 0, 0)
