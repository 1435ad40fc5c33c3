"""When a failed delivery is tried again."""

from datetime import timedelta
from secrets import SystemRandom

DELAYS = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
ATTEMPTS = len(DELAYS) + 1
JITTER = 0.2  # ± share of the delay, so that what failed together does not return together


def delay(attempts: int) -> timedelta | None:
    """The pause after this many attempts (1 is the first), ± 20 %; None after the last: give up."""
    if attempts >= ATTEMPTS:
        return None
    return DELAYS[attempts - 1] * SystemRandom().uniform(1 - JITTER, 1 + JITTER)
