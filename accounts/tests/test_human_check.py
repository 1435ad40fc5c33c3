"""After soft limits a person answers one question in words; no pictures, no JavaScript."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts import limits
from accounts.human import PLACE, ask, is_answer
from accounts.models import LimitHit
from accounts.tests.tools import request_from

pytestmark = pytest.mark.django_db


def crowd(ip: str = "127.0.0.1") -> None:
    """Twenty codes left for this network today."""
    key = limits.NETWORK_SENDS.key(ip)
    LimitHit.objects.bulk_create([LimitHit(key=key, at=timezone.now()) for _ in range(limits.NETWORK_SENDS.count)])


def send(client: Client) -> str:
    return str(client.post("/in/", {"address": "olga@example.com", "channel": "email"})["Location"])


def test_a_crowded_network_is_asked_one_question_and_goes_on(client: Client, codes: list[str]) -> None:
    crowd()
    assert send(client) == "/in/check/?next=/in/"
    page = client.get("/in/check/?next=/in/").content.decode()
    assert "How much is" in page
    assert not any(sign.isdigit() for sign in page.split("How much is")[1].split("?")[0])
    answered = client.post("/in/check/", {"answer": str(client.session["human_answer"])})
    assert answered["Location"] == "/in/"
    assert "olga@example.com" in client.get("/in/").content.decode()
    assert send(client) == "/in/code/"
    assert len(codes) == 1


def test_the_answer_is_good_for_one_code(client: Client, codes: list[str]) -> None:
    crowd()
    send(client)
    client.get("/in/check/")
    client.post("/in/check/", {"answer": str(client.session["human_answer"])})
    send(client)
    client.post("/in/again/", {"channel": "email"})
    assert len(codes) == 1


def test_a_wrong_answer_brings_another_question(client: Client, codes: list[str]) -> None:
    crowd()
    send(client)
    client.get("/in/check/")
    page = client.post("/in/check/", {"answer": str(client.session["human_answer"] + 1)})
    assert page.status_code == 422
    assert "another question" in page.content.decode()
    assert "human" not in client.session


def test_a_question_takes_one_answer() -> None:
    request = request_from()
    ask(request)
    answer = str(request.session[PLACE])
    assert not is_answer(request, "1000")
    assert not is_answer(request, answer)


@pytest.mark.parametrize("answer", ["", "seven", "-1", "٣", "9" * 10])
def test_what_is_no_answer_is_refused(client: Client, answer: str) -> None:
    client.get("/in/check/")
    assert client.post("/in/check/", {"answer": answer}).status_code == 422


def test_wrong_codes_from_a_network_ask_for_a_person_too(client: Client, codes: list[str]) -> None:
    send(client)
    key = limits.WRONG_NETWORK.key("127.0.0.1")
    LimitHit.objects.bulk_create([LimitHit(key=key, at=timezone.now()) for _ in range(30)])
    assert client.post("/in/code/", {"code": codes[0]})["Location"] == "/in/check/?next=/in/code/"
    client.get("/in/check/?next=/in/code/")
    client.post("/in/check/", {"answer": str(client.session["human_answer"])})
    assert client.post("/in/code/", {"code": codes[0]})["Location"] == "/in/welcome/"
