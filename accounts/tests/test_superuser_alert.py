"""A superuser came in: every superuser is told in seconds, and the log says so without a name."""

import logging
import uuid
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import alerts
from accounts.models import User
from accounts.tests.soft_key import SoftKey, ask, send
from notifications.models import Channel, Delivery, Notice
from portal.testing import Cast, make_user, post

pytestmark = pytest.mark.django_db
KIND = "accounts.superuser_signed_in"
Come = Callable[[User], Client]


@pytest.fixture
def come(codes: list[str]) -> Come:
    """Come in by a code."""

    def signed_in(user: User) -> Client:
        client = Client(headers={"accept-language": "en", "user-agent": "Mozilla/5.0 (X11; Linux) Firefox/130.0"})
        client.post("/in/", {"address": user.phone, "channel": "sms"})
        client.post("/in/code/", {"code": codes.pop()})
        return client

    return signed_in


@pytest.fixture
def second(cast: Cast) -> User:
    """A second superuser; a third one is closed."""
    make_user("Третья", is_staff=True, is_superuser=True, is_active=False, email="third@example.com")
    return make_user("Вторая", is_staff=True, is_superuser=True, email="second@example.com")


def test_every_superuser_is_told_at_once(cast: Cast, second: User, come: Come) -> None:
    come(cast.sofia)
    told = Notice.objects.filter(kind=KIND)
    assert {notice.user for notice in told} == {cast.sofia, second}
    ways = Delivery.objects.filter(notice__in=told)
    assert set(ways.values_list("channel", flat=True)) == {Channel.INBOX, Channel.EMAIL}
    assert set(ways.values_list("lane", flat=True)) == {Delivery.Lane.URGENT}


def test_the_message_leaves_and_says_who_and_on_what(cast: Cast, second: User, come: Come) -> None:
    come(cast.sofia)
    post()
    (message,) = [one for one in mail.outbox if one.to == ["second@example.com"]]
    assert "A superuser is signing in" in message.subject
    for words in ("Главная С. passed the first step on", "Firefox", "(UTC); the second step is still to come"):
        assert words in message.body


def test_a_passkey_is_both_steps_and_is_told_so(cast: Cast, client: Client) -> None:
    """Nothing is still to come after it."""
    key, sofia = SoftKey(), Client()
    sofia.force_login(cast.sofia)
    options = ask(sofia, "/factor/set-up/passkey/options/")
    send(sofia, "/factor/set-up/passkey/", key.create(options), name="Телефон")
    assert send(client, "/in/passkey/", key.get(ask(client))).status_code == 302
    post()
    (message,) = [one for one in mail.outbox if "superuser" in one.subject]
    assert "A superuser has signed in" in message.subject
    assert "second step" not in message.body


def test_each_sign_in_is_told_once(cast: Cast, come: Come) -> None:
    at = timezone.now()
    for _turn in range(2):
        alerts.superuser_signed_in(cast.sofia, device="Firefox", at=at)
    assert Notice.objects.filter(kind=KIND, user=cast.sofia).count() == 1
    come(cast.sofia)
    assert Notice.objects.filter(kind=KIND, user=cast.sofia).count() == 2


@pytest.mark.parametrize("name", ["olga", "mark", "vera"])
def test_nobody_else_raises_it(cast: Cast, come: Come, name: str, caplog: pytest.LogCaptureFixture) -> None:
    come(getattr(cast, name))
    assert not Notice.objects.filter(kind=KIND).exists()
    assert "superuser" not in caplog.text


def test_the_log_has_the_public_id_and_nothing_personal(
    cast: Cast, come: Come, caplog: pytest.LogCaptureFixture
) -> None:
    come(cast.sofia)
    (record,) = [record for record in caplog.records if record.name == "accounts.alerts"]
    assert record.levelno == logging.ERROR
    assert record.getMessage() == f"superuser signed in: {cast.sofia.public_id}"
    assert uuid.UUID(record.getMessage().rpartition(" ")[2])
    for personal in (cast.sofia.phone, cast.sofia.email, "Софья", "Главная"):
        assert str(personal) not in record.getMessage()
