"""Where the processor's time of the home page goes: the same request, cut short after each layer, in one process."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

from django.http import HttpResponse
from django.test import Client

ROUNDS, REQUESTS = 40, 5


def layers(bare: str, home: str, document: str, cookie: str) -> Iterator[str]:
    """Yield a table of milliseconds; `cookie` is of a signed-in person, the others are paths."""
    nobody, person = Client(HTTP_ACCEPT_LANGUAGE="ru"), Client(HTTP_ACCEPT_LANGUAGE="ru", HTTP_COOKIE=cookie)
    no_template = patch("portal.home.render", lambda *_words, **_more: HttpResponse())
    no_code = patch("billing.views.bills.picture", lambda _code: "")
    ways: dict[str, tuple[str, AbstractContextManager[Any]]] = {
        "bare": (bare, nullcontext()),
        "person": ("/bare/person/", nullcontext()),
        "queries": (home, no_template),
        "home": (home, nullcontext()),
        "no code": (document, no_code),
        "document": (document, nullcontext()),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, (path, cut) in ways.items():
            with cut:
                best[name] = min(best[name], cost(nobody if name == "bare" else person, path))
    yield "Milliseconds of processor time of one request in one process, the least of many rounds:"
    yield ""
    yield "| Part | ms |"
    yield "|---|---|"
    yield f"| bare view, the whole middleware | {best['bare']:.2f} |"
    yield f"| empty view that asks who it is: session and user | {best['person']:.2f} |"
    yield f"| home: its queries and the rest of the view | + {best['queries'] - best['person']:.2f} |"
    yield f"| home: its templates | + {best['home'] - best['queries']:.2f} |"
    yield f"| home in all | {best['home']:.2f} |"
    yield f"| document without the payment code | {best['no code']:.2f} |"
    yield f"| document: drawing the payment code | + {best['document'] - best['no code']:.2f} |"
    if best["home"] > best["bare"] / 0.4:
        yield ""
        yield (
            f"40 % of the bare view would leave the home page {best['bare'] / 0.4:.1f} ms: knowing the person and running "
            f"the queries take {best['queries']:.1f} ms, so a page drawn wholly on the server for one person cannot reach it."
        )


def cost(client: Client, path: str) -> float:
    """Milliseconds of processor time of one of several requests."""
    began = time.process_time()
    for _ in range(REQUESTS):
        assert client.get(path).status_code == 200
    return (time.process_time() - began) / REQUESTS * 1000
