"""The worker that prints has its fonts before the first bill; the one for codes starts without them."""

from types import SimpleNamespace

import pytest
from celery.signals import celeryd_after_setup

from lib.paper import faces
from portal.celery import app


@pytest.mark.parametrize(("queues", "cut"), [(("personal", "bulk"), ["text", "bold"]), (("urgent",), [])])
def test_the_print_faces_are_cut_where_bills_are_printed(
    monkeypatch: pytest.MonkeyPatch, queues: tuple[str, ...], cut: list[str]
) -> None:
    seen: list[str] = []

    def face(name: str) -> SimpleNamespace:
        seen.append(name)
        return SimpleNamespace(packed=b"")

    monkeypatch.setattr(faces, "face", face)
    amqp = SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(queues)))
    worker = SimpleNamespace(app=SimpleNamespace(amqp=amqp))
    celeryd_after_setup.send(sender="worker@here", instance=worker, conf=app.conf)

    assert seen == cut
