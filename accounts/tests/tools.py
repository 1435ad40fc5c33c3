"""What the tests of people share: a request, and many clients at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory


def request_from(ip: str = "198.51.100.7", cookies: dict[str, str] | None = None, **meta: str) -> HttpRequest:
    """A request of a fresh browser at this address."""
    request = RequestFactory().get("/", REMOTE_ADDR=ip, **meta)  # type: ignore[arg-type]
    request.COOKIES.update(cookies or {})
    request.session = SessionStore()
    request.user = AnonymousUser()
    return request


def at_once(jobs: int, job: Callable[[int], Any]) -> list[Any]:
    """Run the job that many times in parallel, each on its own connection; what it raises is its result."""

    def run(number: int) -> Any:
        try:
            return job(number)
        except Exception as raised:
            return raised
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=min(jobs, 50)) as pool:
        return list(pool.map(run, range(jobs)))


def overtaken(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Both results, where `second` begins while the transaction of `first` is still open.

    The transaction is held until `second` has ended, or a second long where it waits for a lock.
    """
    done, ended = threading.Event(), threading.Event()

    def one(number: int) -> Any:
        if number:
            done.wait(10)
            try:
                return second()
            finally:
                ended.set()
        try:
            with transaction.atomic():
                answer = first()
                done.set()
                ended.wait(1)
            return answer
        finally:
            done.set()

    return at_once(2, one)
