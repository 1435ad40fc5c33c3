"""What the post room forgets at night: to whom old deliveries went, and the demo's tray."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.actions import notify, retry
from notifications.models import Delivery, TrayMessage
from notifications.tasks import forget_before, tidy
from notifications.tests.conftest import CODE
from portal.celery import app

AT = timezone.now()
State = Delivery.State
pytestmark = [pytest.mark.django_db, pytest.mark.feature("D1")]


def ended(state: str, ago: timedelta) -> Delivery:
    delivery = notify(
        CODE, subject=f"{state}{ago}", at=AT - ago, address="+79120001122", secret="907341", channels=["sms"]
    ).deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(state=state)
    return delivery


@pytest.mark.parametrize("state", [State.SENT, State.DELIVERED, State.FAILED, State.DEAD, State.EXPIRED])
def test_thirty_days_after_its_end_a_delivery_names_nobody(state: str) -> None:
    old, young = ended(state, timedelta(days=30, seconds=1)), ended(state, timedelta(days=30))
    forget_before(AT)
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.address, old.stop_token, old.state) == ("", None, state)
    assert young.address == "+79120001122"
    assert young.stop_token


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING])
def test_what_is_not_over_keeps_its_address(state: str) -> None:
    waiting = ended(state, timedelta(days=40))
    forget_before(AT)
    waiting.refresh_from_db()
    assert waiting.address == "+79120001122"


def test_what_names_nobody_cannot_be_sent_again() -> None:
    ended(State.DEAD, timedelta(days=40))
    forget_before(AT)
    assert retry(Delivery.objects.all(), at=AT) == 0


def test_the_tray_forgets_after_a_day() -> None:
    for hours in (23, 25):
        TrayMessage.objects.create(
            channel="sms", address=f"+7912000112{hours}", text="x", at=AT - timedelta(hours=hours)
        )
    tidy(AT)
    assert TrayMessage.objects.get().address.endswith("23")


def test_it_happens_every_night() -> None:
    assert "notifications.tasks.forget_receivers" in {row["task"] for row in app.conf.beat_schedule.values()}
