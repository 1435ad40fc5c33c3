"""How far a long piece of work is, told past its transaction: a short-lived note in Redis, never the truth.

    tell("import:7", done, total)          the worker, as often as it likes
    told("import:7")                       the page: (done, total), or None

Where Redis is away nothing is told and nothing breaks.
"""

import logging
import time
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

KEPT = 120  # seconds a note lives
EVERY = 0.3  # seconds between two notes of one key
SILENCE = 30.0  # seconds without a try after Redis did not answer

logger = logging.getLogger(__name__)


class _Pace:
    """What this process told last; a worker's process does one thing at a time."""

    key = ""
    at = 0.0
    silent_until = 0.0


def tell(key: str, done: int, total: int) -> None:
    """Note that `done` of `total` is done (total 0: not known). Cheap: most calls write nothing."""
    now = time.monotonic()
    is_soon = _Pace.key == key and now - _Pace.at < EVERY and done != total
    if is_soon or now < _Pace.silent_until:
        return
    _Pace.key, _Pace.at = key, now
    try:
        _link().set(_name(key), f"{done} {total}", ex=KEPT)
    except redis.RedisError:
        _Pace.silent_until = now + SILENCE
        logger.info("progress is not told: the broker is away")


def told(key: str) -> tuple[int, int] | None:
    """Return (done, total) as last told, or None: nothing was told lately, or Redis is away."""
    try:
        note = _link().get(_name(key))
    except redis.RedisError:
        return None
    if not isinstance(note, bytes):
        return None
    done, total = map(int, note.split())
    return done, total


def _name(key: str) -> str:
    return f"progress:{key}"


@cache
def _link() -> redis.Redis:
    """A client that gives up quickly: nobody waits for a progress bar."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.3, retry=Retry(NoBackoff(), 0)
    )
