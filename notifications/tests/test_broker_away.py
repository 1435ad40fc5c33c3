"""Without the broker nobody waits and nothing is lost."""

import logging
import socket
from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications import nudge
from notifications.actions import notify
from notifications.models import Delivery, TrayMessage
from notifications.tasks import sweep
from notifications.tests.conftest import CODE


@pytest.fixture
def broker_goes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return what takes the broker away: its address refuses every connection until the test ends."""
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))  # bound but not listening

    def go() -> None:
        monkeypatch.setitem(current_app.conf, "task_always_eager", False)
        monkeypatch.setitem(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{closed.getsockname()[1]}/0")
        monkeypatch.setattr(current_app, "_pool", None)
        monkeypatch.setattr(current_app.amqp, "_producer_pool", None)

    yield go
    closed.close()


@pytest.mark.feature("F3")
@pytest.mark.django_db(transaction=True)
def test_the_page_goes_on_and_the_sweep_sends_when_the_broker_is_back(
    broker_goes: Callable[[], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broker_goes()
    with caplog.at_level(logging.WARNING, "notifications"), transaction.atomic():
        for number in range(3):
            notify(CODE, subject=str(number), at=timezone.now(), address="+79120001122", secret="907341")
    assert not TrayMessage.objects.exists()
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 0)}
    # One line for three notices: after the first silence nobody asks the broker again for a while.
    assert [record.message for record in caplog.records if record.name == "notifications"] == [
        "the broker does not answer (OperationalError); the sweep will find what waits"
    ]
    monkeypatch.setattr(nudge, "_silent_until", 0.0)
    monkeypatch.setitem(current_app.conf, "task_always_eager", True)
    sweep()
    assert TrayMessage.objects.count() == 3


def test_what_waits_for_the_broker_is_bounded() -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    tries = options["max_retries"] + 1
    assert tries * options["socket_connect_timeout"] <= 1
    assert tries * options["socket_timeout"] <= 1
    assert options["interval_start"] == options["interval_max"] == 0
    assert settings.CELERY_TASK_PUBLISH_RETRY is False
