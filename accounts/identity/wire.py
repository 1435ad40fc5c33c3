"""Asking an identity service: few seconds, small answers, no redirects; a service that is away is not asked again at once."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import requests
import urllib3
from django.conf import settings
from django.core.cache import cache

from accounts.identity.failures import Away, Broken, Denied
from accounts.identity.hanging_up import Cuttable

WHOLE = 12.0  # seconds for all the answers of one step together
REST = 30  # seconds in which a service that did not answer is not asked again
MOST = 256 * 1024  # bytes of one answer
THREAD = "identity line"
Answer = tuple[int, bytes]
UNREACHABLE = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError, Empty)


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
            status, body = _within(seconds, method, url, data, headers)
        except UNREACHABLE as fault:
            self.rest()
            slow = isinstance(fault, Empty | requests.Timeout)
            raise Away("slow" if slow else "unreachable") from fault
        _check(method, status)
        try:
            return _object(body)
        except Broken:
            self.rest()
            raise

    def rest(self) -> None:
        """What the service says is of no use: it is not asked again at once."""
        cache.set(self._rest, True, REST)

    @property
    def _rest(self) -> str:
        return f"identity:away:{self.service_id}"


def _check(method: str, status: int) -> None:
    if status >= 500:
        raise Away(f"status {status}")
    if 300 <= status < 400:
        raise Broken("redirect")
    if status >= 400:
        raise Denied(f"status {status}") if method == "POST" else Broken(f"status {status}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise Broken("no JSON") from fault
    if not isinstance(answer, dict):
        raise Broken("no object")
    return answer


def _send(
    adapter: Cuttable, seconds: float, method: str, url: str,
    data: Mapping[str, str] | None, headers: Mapping[str, str] | None,
) -> Answer:  # fmt: skip
    asked = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    with requests.Session() as session:
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        with session.request(
            method, url, data=data, headers=asked, timeout=seconds, stream=True, allow_redirects=False,
            auth=lambda request: request,  # nothing of a .netrc
        ) as answer:  # fmt: skip
            if "Content-Encoding" in answer.headers:
                raise Broken("packed")
            body = b""
            while len(body) <= MOST and (piece := answer.raw.read(MOST + 1 - len(body))):  # to the end: it may be cut
                body += piece
            if len(body) > MOST:
                raise Broken("too large")
            return answer.status_code, body


def _within(
    seconds: float, method: str, url: str, data: Mapping[str, str] | None, headers: Mapping[str, str] | None
) -> Answer:
    """The answer, or Empty: neither a slow name server nor an answer that comes letter by letter is waited for.

    The thread that waits for them ends soon after: its connection is cut.
    """
    done: SimpleQueue[Answer | Exception] = SimpleQueue()
    adapter = Cuttable()

    def run() -> None:
        try:
            done.put(_send(adapter, seconds, method, url, data, headers))
        except Exception as fault:
            done.put(fault)

    Thread(target=run, daemon=True, name=THREAD).start()
    try:
        result = done.get(timeout=seconds)
    except Empty:
        adapter.cut()
        raise
    if isinstance(result, Exception):
        raise result
    return result
