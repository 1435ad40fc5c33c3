"""Asking an identity service: few seconds, small answers, no redirects; a service that is away is not asked again at once."""

import json
import logging
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

import requests
from django.conf import settings
from django.core.cache import cache

from accounts.identity.failures import Away, Broken, Denied

WHOLE = 12.0  # seconds for all the answers of one step together
REST = 30  # seconds in which a service that did not answer is not asked again
MOST = 256 * 1024  # bytes of one answer
T = TypeVar("T")
log = logging.getLogger(__name__)


class Line:
    """The line to one service during one step of one person."""

    def __init__(self, service_id: str) -> None:
        self.service_id = service_id
        self.until = monotonic() + WHOLE

    def ask(
        self, method: str, url: str, *, data: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object that the service answers. Raises a Fault."""
        if cache.get(self._rest):
            raise Away("away a moment ago")
        seconds = min(float(settings.SOCIALACCOUNT_REQUESTS_TIMEOUT), self.until - monotonic())
        if seconds <= 0:
            raise Away("slow")
        try:
            status, body = _within(seconds, lambda: _send(method, url, data, headers, seconds))
        except (requests.RequestException, OSError, Empty) as fault:
            cache.set(self._rest, True, REST)
            slow = isinstance(fault, Empty | requests.Timeout)
            raise Away("slow" if slow else "unreachable") from fault
        return _read(method, status, body)

    @property
    def _rest(self) -> str:
        return f"identity:away:{self.service_id}"


def _read(method: str, status: int, body: bytes) -> dict[str, Any]:
    if status >= 500:
        raise Away(f"status {status}")
    if 300 <= status < 400:
        raise Broken("redirect")
    if status >= 400:
        raise Denied(f"status {status}") if method == "POST" else Broken(f"status {status}")
    try:
        answer = json.loads(body)
    except ValueError as fault:
        raise Broken("no JSON") from fault
    if not isinstance(answer, dict):
        raise Broken("no object")
    return answer


def _send(
    method: str, url: str, data: Mapping[str, str] | None, headers: Mapping[str, str] | None, seconds: float
) -> tuple[int, bytes]:
    asked = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    with (
        requests.Session() as session,
        session.request(
            method, url, data=data, headers=asked, timeout=seconds, stream=True, allow_redirects=False,
            auth=lambda request: request,  # nothing of a .netrc
        ) as answer,
    ):  # fmt: skip
        if "Content-Encoding" in answer.headers:
            raise Broken("packed")
        body: bytes = answer.raw.read(MOST + 1)
        if len(body) > MOST:
            raise Broken("too large")
        return answer.status_code, body


def _within(seconds: float, job: Callable[[], T]) -> T:
    """The job's result, or Empty: neither a slow name server nor an answer that comes letter by letter is waited for."""
    done: SimpleQueue[T | Exception] = SimpleQueue()

    def run() -> None:
        try:
            done.put(job())
        except Exception as fault:
            done.put(fault)

    Thread(target=run, daemon=True).start()
    result = done.get(timeout=seconds)
    if isinstance(result, Exception):
        raise result
    return result
