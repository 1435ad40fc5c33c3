"""A service whose answers break off, never end or cannot be read: the person sees a page, and it is left alone for a while."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.identity import wire
from accounts.identity.catalog import IdentityService, apps
from accounts.identity.failures import Away
from accounts.tests.identity_provider import at_home

pytestmark = pytest.mark.django_db
HEAD = b"HTTP/1.1 200 OK\r\n"
Serve = Callable[..., list[bytes]]


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """A service that answers every connection with these bytes, and perhaps goes on letter by letter until the test ends."""
    over = threading.Event()
    servers: list[socket.socket] = []

    def say(line: socket.socket, body: bytes, drip: bytes) -> None:
        with line, suppress(OSError):
            line.sendall(body)
            while drip and not over.wait(0.02):
                line.sendall(drip)

    def started(body: bytes, drip: bytes = b"") -> list[bytes]:
        server, seen = socket.create_server(("127.0.0.1", 0)), list[bytes]()
        servers.append(server)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _from = server.accept()
                    seen.append(line.recv(65536))
                    threading.Thread(target=say, args=(line, body, drip), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        service = IdentityService("odd", "Odd", "bank", f"http://127.0.0.1:{server.getsockname()[1]}", "portal", "s")
        settings.IDENTITY_SERVICES, settings.SOCIALACCOUNT_PROVIDERS = [service], apps([service])
        return seen

    at_home(settings)
    cache.clear()
    yield started
    over.set()
    for server in servers:
        server.close()
    cache.clear()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (HEAD + b'Content-Length: 100\r\n\r\n{"a":', 503),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", 503),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\nabc", 503),
        (b"garbage\r\n\r\n", 503),
        (b"", 503),
        (HEAD + b"\r\n" + b"[" * 200_000, 502),
        (HEAD + b"\r\n" + b'{"a":' * 40_000, 502),
        (HEAD + b"\r\n\xff\xfe", 502),
    ],
)
def test_an_answer_that_cannot_be_read_is_told_and_the_service_rests(
    client: Client, serve: Serve, body: bytes, status: int
) -> None:
    seen = serve(body)
    page = client.post("/in/with/odd/")
    assert page.status_code == status
    assert "does not work now" in page.content.decode()
    asked = len(seen)
    assert (client.post("/in/with/odd/").status_code, len(seen)) == (503, asked)
    assert asked == 1


@pytest.mark.parametrize(
    ("body", "drip"),
    [
        (HEAD + b"Content-Length: 200000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD + b"X-Slow: ", b"x"),
        (HEAD, b"X: y\r\n"),
    ],
)
def test_nobody_goes_on_listening_to_a_service_that_never_ends(
    serve: Serve, settings: Settings, body: bytes, drip: bytes
) -> None:
    """Neither threads nor sockets pile up: whoever waited is gone, and so is the line."""
    serve(body, drip)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    for _ in range(3):
        cache.clear()  # as half a minute does
        with pytest.raises(Away):
            wire.Line("odd").ask("GET", settings.IDENTITY_SERVICES[0].issuer)
    listening = [thread for thread in threading.enumerate() if thread.name == wire.THREAD]
    for thread in listening:
        thread.join(3)
    assert [thread for thread in listening if thread.is_alive()] == []


def test_a_line_that_opens_after_the_time_is_over_is_shut_at_once(
    serve: Serve, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a slow name server: there was nothing to cut yet."""
    seen, waited, go = serve(b"", b" "), threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(*args: object, **facts: object) -> object:
        if threading.current_thread().name == wire.THREAD:
            waited.set()
            go.wait(20)
        return real(*args, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    with pytest.raises(Away, match="slow"):
        wire.Line("odd").ask("GET", settings.IDENTITY_SERVICES[0].issuer)
    assert waited.is_set()
    (thread,) = [one for one in threading.enumerate() if one.name == wire.THREAD]
    go.set()
    thread.join(5)
    assert not thread.is_alive()
    assert [said for said in seen if said] == []  # not even asked
