"""Requests per second and queries of three pages beside a bare view, through a real gunicorn with two workers."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from bench.layers import layers
from billing.models import Invoice
from premises.models import AccountLink, House

PORT = 8765
WORKERS, CLIENTS = 2, 4
WARM_UP, SECONDS, ROUNDS = 0.5, 2.0, 4


@dataclass
class Page:
    """One measured page: rounds of requests per second, and the queries of one request."""

    name: str
    path: str
    cookie: str
    queries: int
    rounds: list[float]

    @property
    def speed(self) -> float:
        """The median round."""
        return sorted(self.rounds)[len(self.rounds) // 2]


def measure() -> list[Page]:
    """Return the pages, the bare view first; rounds of all pages are interleaved, so that all meet the same machine."""
    pages = _pages()
    server = _serve()
    try:
        for _ in range(ROUNDS):
            for page in pages:
                page.rounds.append(_speed(page))
    finally:
        server.terminate()
        server.wait(timeout=20)
    return pages


def _pages() -> list[Page]:
    """The pages with a session of a person who has a bill."""
    link = (
        AccountLink.objects.active()
        .filter(grade__in=AccountLink.FULL_GRADES, account__invoices__isnull=False)[:1]
        .get()
    )
    invoice = Invoice.objects.filter(account=link.account)[0]
    client = _signed_in(link.user)
    here = link.account.public_id
    house = House.objects.earliest("pk")
    addresses = {
        "bare view, one query": f"/bare/{house.pk}/",
        "entry page": reverse("entry"),
        "home": reverse("account_home", args=[here]),
        "document": reverse("bill", args=[here, invoice.public_id]),
    }
    settings.ROOT_URLCONF = "bench.bare"
    return [_page(name, path, client if name in {"home", "document"} else Client()) for name, path in addresses.items()]


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _page(name: str, path: str, client: Client) -> Page:
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        response = client.get(path)
    assert response.status_code == 200, f"{name} answers {response.status_code}"
    cookie = "; ".join(f"{morsel.key}={morsel.value}" for morsel in client.cookies.values())
    return Page(name, path, cookie, len(seen), [])


def _serve() -> subprocess.Popen[bytes]:
    """Start gunicorn as production runs it and wait until it answers."""
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "bench.wsgi", "--bind", f"127.0.0.1:{PORT}", "--workers", str(WORKERS),
         "--threads", "4", "--worker-class", "gthread", "--log-level", "error"],
        cwd=settings.BASE_DIR,
    )  # fmt: skip
    for _ in range(100):
        try:
            connection = HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/livez")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return server
    server.kill()
    raise SystemExit(f"The server did not start on port {PORT}.")


def _speed(page: Page) -> float:
    """Return requests per second of several clients that keep their connections, after a short warm-up."""
    done = [0] * CLIENTS
    start = time.monotonic() + WARM_UP
    end = start + SECONDS
    threads = [threading.Thread(target=_knock, args=(page, number, start, end, done)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


def _knock(page: Page, number: int, start: float, end: float, done: list[int]) -> None:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=30)
    headers = {"Cookie": page.cookie, "Accept-Language": "ru", "Host": "localhost"}
    while (now := time.monotonic()) < end:
        connection.request("GET", page.path, headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"{page.name} answered {response.status}")
        done[number] += now >= start


def report() -> Iterator[str]:
    """Yield the lines of the report."""
    pages = measure()
    bare = pages[0].speed
    yield "## Pages"
    yield ""
    yield (
        f"gunicorn, {WORKERS} workers × 4 threads; {CLIENTS} clients with kept connections in the same machine; median of "
        f"{ROUNDS} interleaved rounds of {SECONDS:.0f} s. The bare view fetches one row by its key and passes the same "
        "middleware. Target: home ≥ 40 % of the bare view, at most 12 queries."
    )
    yield ""
    yield "| Page | Requests/s | Of the bare view | Queries |"
    yield "|---|---|---|---|"
    for page in pages:
        yield f"| {page.name} | {page.speed:.0f} | {page.speed / bare:.0%} | {page.queries} |"
    yield ""
    paths = {page.name: page.path for page in pages}
    yield from layers(pages[0].path, paths["home"], paths["document"], pages[-1].cookie)
