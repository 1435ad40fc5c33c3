"""From the row to its reader: claimed once, sent, recorded; tried again, given up, or too late."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from notifications import actions, retrying, sending
from notifications.channels import GatewayError
from notifications.models import Channel, Delivery, Notice, OptOut, TrayMessage
from notifications.rendering import Message
from notifications.sending import send
from notifications.tasks import sweep, tidy
from notifications.tests.conftest import CODE, NEWS
from portal.testing import make_user

AT = timezone.now()
State = Delivery.State


class Gateway:
    """Takes every message, or refuses as it was told to."""

    def __init__(self) -> None:
        self.took: list[UUID] = []
        self.refuse: Exception | None = None

    def __call__(self, delivery: Delivery, message: Message) -> str:
        if self.refuse:
            raise self.refuse
        self.took.append(delivery.pk)
        return f"SM{len(self.took)}"


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    fake = Gateway()
    monkeypatch.setattr(sending, "gateway", lambda channel: fake)
    return fake


def code(at: datetime = AT) -> Delivery:
    notice = actions.notify(CODE, subject="x", at=at, address="+79120001122", secret="907341")
    return notice.deliveries.get()


def news(at: datetime = AT) -> Delivery:
    return actions.notify(NEWS, subject="x", at=at, address="+79120001122").deliveries.get()


def claimed(delivery: Delivery, at: datetime = AT) -> Delivery:
    found = actions.claim(delivery.pk, at=at)
    assert found is not None
    return found


@pytest.mark.feature("F3")
def test_a_delivery_is_sent_once_however_often_it_is_asked(db: None, gateway: Gateway) -> None:
    delivery = news()
    for _ in range(3):
        send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    assert gateway.took == [delivery.pk]
    assert (delivery.state, delivery.attempts, delivery.gateway_id) == (State.SENT, 1, "SM1")
    assert delivery.sent_at == AT


def test_a_claimed_delivery_is_free_again_only_when_its_lease_ends(db: None) -> None:
    delivery = news()
    first = claimed(delivery)
    assert actions.claim(delivery.pk, at=AT + timedelta(seconds=59)) is None
    second = claimed(delivery, AT + actions.LEASE)
    assert second.attempts == 2
    assert not actions.record_sent(first, at=AT)  # too late: the lease has passed on
    assert not actions.record_failed(first, error="x", at=AT)
    assert actions.record_sent(second, gateway_id="SM2", at=AT)
    assert not actions.record_sent(second, at=AT)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_claim_each_of_two_hundred_exactly_once() -> None:
    notices = [Notice(kind=NEWS.name, subject=str(number), recipient="to:x", language="en") for number in range(200)]
    Notice.objects.bulk_create(notices)
    rows = [Delivery(notice=notice, channel=Channel.SMS, address="+79120001122", next_at=AT) for notice in notices]
    Delivery.objects.bulk_create(rows)

    def work(worker: int) -> list[UUID]:
        try:
            # Every worker starts elsewhere, so that they meet at different rows in different orders.
            order = rows[worker * 25 :] + rows[: worker * 25]
            return [row.pk for row in order if actions.claim(row.pk, at=AT)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        taken = Counter(pk for won in pool.map(work, range(8)) for pk in won)
    assert len(taken) == 200
    assert set(taken.values()) == {1}
    assert set(Delivery.objects.values_list("attempts", "state")) == {(1, State.SENDING)}


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 10), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 14400), (7, 43200)],
)
def test_the_pauses_grow_and_are_never_quite_the_same(attempts: int, seconds: int) -> None:
    pauses = {retrying.delay(attempts) for _ in range(50)}
    assert len(pauses) > 1
    assert all(pause and seconds * 0.8 <= pause.total_seconds() <= seconds * 1.2 for pause in pauses)


def test_after_eight_attempts_it_is_given_up_and_the_staff_may_send_it_again(db: None, gateway: Gateway) -> None:
    delivery, at = news(), AT
    gateway.refuse = GatewayError("busy")
    for attempt in range(1, 9):
        send(str(delivery.pk), at=at)
        delivery.refresh_from_db()
        assert delivery.attempts == attempt
        assert delivery.state == (State.QUEUED if attempt < 8 else State.DEAD)
        at = delivery.next_at
    assert delivery.error == "busy"
    send(str(delivery.pk), at=at + timedelta(days=1))
    assert gateway.took == []

    gateway.refuse = None
    assert actions.retry(Delivery.objects.all(), at=at) == 1
    assert actions.retry(Delivery.objects.all(), at=at) == 0
    send(str(delivery.pk), at=at)
    assert gateway.took == [delivery.pk]


def test_a_refusal_for_good_is_not_tried_again(db: None, gateway: Gateway) -> None:
    delivery = news()
    gateway.refuse = GatewayError("no such number", permanent=True)
    send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.FAILED, "no such number")


def test_a_bug_in_a_text_is_recorded_without_what_it_was_about(
    db: None, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = code()
    gateway.refuse = KeyError("907341 for +79120001122")
    with caplog.at_level(logging.DEBUG):
        send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    assert delivery.state == State.QUEUED
    assert delivery.error.startswith("KeyError at test_delivering.py:")
    assert "907341" not in caplog.text
    assert "9120001122" not in caplog.text


def test_a_code_that_is_too_old_is_not_sent_and_its_secret_is_erased(db: None, gateway: Gateway) -> None:
    delivery = code()
    late = AT + timedelta(minutes=10)
    send(str(delivery.pk), at=late)
    delivery.refresh_from_db()
    assert delivery.state == State.EXPIRED
    assert gateway.took == []
    assert delivery.notice.secret is not None
    tidy(late)
    delivery.notice.refresh_from_db()
    assert delivery.notice.secret is None
    assert actions.retry(Delivery.objects.all(), at=late) == 0


def test_a_code_waits_sealed_while_another_channel_needs_it(db: None, gateway: Gateway) -> None:
    user = make_user(email="own@example.com")
    notice = actions.notify(CODE, subject="x", at=AT, user=user, secret="907341", channels=["sms", "email"])
    first, second = notice.deliveries.all()
    send(str(first.pk), at=AT)
    notice.refresh_from_db()
    assert notice.secret is not None
    send(str(second.pk), at=AT)
    notice.refresh_from_db()
    assert notice.secret is None


def test_a_code_once_erased_is_not_sent_again_without_it(db: None, gateway: Gateway) -> None:
    delivery = code()
    send(str(delivery.pk), at=AT)
    assert actions.record_receipt("SM1", delivered=False, error="Twilio: undelivered 30003", at=AT)
    assert actions.retry(Delivery.objects.all(), at=AT) == 0


def test_a_worker_that_dies_every_time_does_not_try_for_ever(db: None, gateway: Gateway) -> None:
    delivery, at = news(), AT
    for _ in range(8):
        claimed(delivery, at)
        at += actions.LEASE
    assert actions.claim(delivery.pk, at=at) is None
    tidy(at)
    delivery.refresh_from_db()
    assert delivery.state == State.DEAD


def test_the_sweep_sends_what_waits_lane_by_lane_and_tidies(db: None, gateway: Gateway) -> None:
    now = timezone.now()
    due = [code(now), news(now)]
    later = actions.notify(NEWS, subject="later", at=now, address="+79120001123").deliveries.get()
    Delivery.objects.filter(pk=later.pk).update(next_at=now + timedelta(hours=1))
    OptOut.objects.create(key="old", until=now - timedelta(days=1))
    TrayMessage.objects.create(channel="sms", address="+79120001122", text="old", at=now - timedelta(days=3))
    sweep.delay()
    sweep.delay()
    assert gateway.took == [row.pk for row in due]
    assert not OptOut.objects.exists()
    assert not TrayMessage.objects.exists()


def test_a_person_is_forgotten(db: None) -> None:
    olga, nina = make_user(), make_user()
    for user in (olga, nina):
        actions.notify(NEWS, subject="x", at=AT, user=user)
    actions.notify(NEWS, subject="y", at=AT, address="old@example.com")
    actions.forget(olga, "old@example.com", "")
    assert list(Notice.objects.values_list("user", flat=True)) == [nina.pk]
