"""kill -9 of a real worker with a real broker, in the middle of two hundred deliveries: nothing is lost."""

import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications import tasks
from notifications.actions import notify, prefer
from notifications.models import Channel, Delivery, Notice
from notifications.tests.conftest import NEWS
from portal.testing import make_user, surroundings

COUNT = 200
CRASH_AT = (30, 120)
HANDS = 2  # children of one worker: so many sends may be under way when it is killed
PATIENCE = 60  # seconds for the whole test on a slow machine


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A corner of the real broker that only this test and its worker know."""
    prefix = f"test-{uuid.uuid4().hex}:"
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {"global_keyprefix": prefix}
    monkeypatch.setitem(current_app.conf, "broker_transport_options", options)
    monkeypatch.setitem(current_app.conf, "task_always_eager", False)
    monkeypatch.setattr(current_app, "_pool", None)
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    yield prefix
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)
    client.close()


def start_worker(folder: Path, prefix: str, point: str) -> subprocess.Popen[bytes]:
    environment = surroundings() | {
        "CRASH_FOLDER": str(folder),
        "CRASH_PREFIX": prefix,
        "CRASH_POINT": point,
        "CRASH_AT": ",".join(map(str, CRASH_AT)),
    }
    command = [sys.executable, "-m", "celery", "-A", "notifications.tests.crashing", "worker"]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*command, f"-c{HANDS}", "-Qurgent,personal,bulk", "--without-gossip", "--without-mingle"],
            env=environment, cwd=settings.BASE_DIR, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def run_until_quiet(folder: Path, prefix: str, point: str) -> int:
    """Keep a worker alive and sweep, as the supervisor and the timetable do; return how many workers died."""
    died, end = 0, time.monotonic() + PATIENCE
    worker = start_worker(folder, prefix, point)
    try:
        while Delivery.objects.open().exists():
            assert time.monotonic() < end, (folder / "log").read_text()[-3000:]
            if worker.poll() is not None:
                died += 1
                worker = start_worker(folder, prefix, point)
            for lane in Delivery.Lane.values:
                tasks.requeue(lane, timezone.now())
            time.sleep(0.3)
    finally:
        worker.kill() if worker.poll() is not None else os.killpg(worker.pid, 9)
        worker.wait()
    return died


@pytest.mark.feature("F3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["before", "after"])
def test_nothing_is_lost_when_the_worker_is_killed(
    point: str, tmp_path: Path, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PATIENCE", timedelta(seconds=3))
    olga = make_user("Olga")
    prefer(olga, Channel.SMS, is_on=True)
    with transaction.atomic():
        for number in range(COUNT):
            notify(NEWS, subject=str(number), at=timezone.now(), user=olga, context={"house": number})

    assert run_until_quiet(tmp_path, broker, point) == len(CRASH_AT)

    sent = Counter((tmp_path / "sent").read_text().split())
    by_sms = Delivery.objects.filter(channel="sms")
    assert set(sent) == {str(pk) for pk in by_sms.values_list("pk", flat=True)}
    assert set(by_sms.values_list("state", flat=True)) == {Delivery.State.SENT}
    assert max(sent.values()) <= 2
    # Only what was under way in a killed worker may come twice.
    assert sum(sent.values()) - COUNT <= len(CRASH_AT) * (HANDS if point == "after" else HANDS - 1)
    if point == "after":
        assert sum(sent.values()) - COUNT >= len(CRASH_AT)
    assert Notice.objects.inbox_of(olga.pk).count() == COUNT
