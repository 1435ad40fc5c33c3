"""A real worker with a gateway that kills it: `celery -A notifications.tests.crashing worker`.

The gateway writes each delivery's id to a file. At the sends named by CRASH_AT (counted over all workers) it kills the whole
worker with SIGKILL, before or after writing, as CRASH_POINT says. Leases are short, so that the test need not wait.
"""

import os
import signal
from datetime import timedelta
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(os.environ["CRASH_FOLDER"])
settings.TEMPLATES[0]["DIRS"] += [Path(__file__).parent / "words"]  # type: ignore[operator]
django.setup()

from notifications import actions, sending  # noqa: E402
from notifications.models import Delivery  # noqa: E402
from notifications.rendering import Message  # noqa: E402
from portal.celery import app  # noqa: E402

POINT = os.environ["CRASH_POINT"]
CRASH_AT = {int(number) for number in os.environ["CRASH_AT"].split(",")}

app.conf.broker_transport_options |= {"global_keyprefix": os.environ["CRASH_PREFIX"]}
actions.LEASE = timedelta(seconds=6)


def note(name: str, line: str) -> int:
    """Append a line (all are equally long), safely beside other processes; return which line of the file it became."""
    entry = f"{line}\n".encode()
    place = os.open(FOLDER / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(place, entry)
    end = os.lseek(place, 0, os.SEEK_CUR)
    os.close(place)
    return end // len(entry)


def gateway(delivery: Delivery, message: Message) -> str:
    crash = note("tries", str(delivery.pk)) in CRASH_AT
    if crash and POINT == "before":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    note("sent", str(delivery.pk))
    if crash:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    return ""


setattr(sending, "gateway", lambda channel: gateway)  # noqa: B010
