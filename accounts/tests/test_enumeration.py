"""T01: from outside nobody learns whether a phone or e-mail has a profile."""

import re
from typing import Any

import pytest
from django.test import Client

from portal.testing import make_user

pytestmark = pytest.mark.django_db
VARYING = re.compile(r'value="[\w-]{36,}"|\d\d:\d\d|nonce="[^"]+"|•+[^<]*\d\d|[\w]•••@')


def face(response: Any) -> tuple[int, str, list[str], str]:
    """What a stranger sees: status, target, header names, page without its one-time parts."""
    return (
        response.status_code, response.get("Location", ""), sorted(response.headers),
        VARYING.sub("", response.content.decode()),
    )  # fmt: skip


def walk(address: str, ip: str) -> list[tuple[int, str, list[str], str]]:
    """Ask for a code, look at the code page, try a wrong code, ask again."""
    client = Client(REMOTE_ADDR=ip, headers={"accept-language": "en"})
    pages = [client.post("/in/", {"address": address, "channel": "sms"}), client.get("/in/code/")]
    pages += [client.post("/in/code/", {"code": "12345"}), client.post("/in/again/", {"channel": "sms"})]
    return [face(page) for page in pages]


def test_known_and_unknown_phones_and_emails_look_alike(codes: list[str]) -> None:
    known = [f"+7912{number:03d}0001" for number in range(20)] + [f"one{number}@example.com" for number in range(20)]
    unknown = [f"+7912{number + 500:03d}0001" for number in range(20)] + [
        f"other{number}@example.com" for number in range(20)
    ]
    for address in known:
        by_mail = "@" in address
        make_user(phone=None if by_mail else address, email=address if by_mail else None)
    for number, pair in enumerate(zip(known, unknown, strict=True)):
        seen, unseen = walk(pair[0], f"203.0.113.{number}"), walk(pair[1], f"198.51.100.{number}")
        assert seen == unseen
    assert len(codes) == 80
