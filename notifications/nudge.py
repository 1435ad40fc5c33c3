"""Waking the workers. A nudge may be lost: the row is the truth, and the sweep finds what nobody was told about."""

import logging
import time
from collections.abc import Iterable
from uuid import UUID

log = logging.getLogger("notifications")

PAUSE = 5.0  # seconds without another try after the broker did not answer: no second user waits for it
_silent_until = 0.0


def nudge(deliveries: Iterable[tuple[UUID, str]]) -> list[UUID]:
    """Put (id, lane) pairs into their lanes' queues; return the ids the broker took. Never raises, never waits long."""
    from notifications.tasks import deliver

    global _silent_until
    taken: list[UUID] = []
    if time.monotonic() < _silent_until:
        return taken
    try:
        for delivery_id, lane in deliveries:
            deliver.apply_async([str(delivery_id)], queue=lane)
            taken.append(delivery_id)
    except Exception as error:
        _silent_until = time.monotonic() + PAUSE
        log.warning("the broker does not answer (%s); the sweep will find what waits", type(error).__name__)
    return taken
