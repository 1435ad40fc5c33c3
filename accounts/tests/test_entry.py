"""P01 and P02: a phone or an e-mail, a code, and in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import codes as room
from accounts.models import Challenge, Consent, Submission, User
from accounts.tests.tools import at_once
from portal.testing import Cast, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A1", "B1", "E1", "F1")]
PHONE = "+79123456789"


def ask(client: Client, address: str = "8 (912) 345-67-89", channel: str = "sms", **more: Any) -> Any:
    return client.post("/in/", {"address": address, "channel": channel, **more})


def test_a_stranger_registers_with_a_phone(client: Client, codes: list[str]) -> None:
    page = client.get("/in/")
    assert page.status_code == 200
    assert "user agreement" in page.content.decode()
    sent = ask(client)
    assert sent["Location"] == "/in/code/"
    assert not User.objects.exists()
    page = client.get("/in/code/")
    assert "+7 912 •••-••-89" in page.content.decode()
    assert PHONE not in page.content.decode()
    entered = client.post("/in/code/", {"code": codes[0]})
    assert entered["Location"] == "/in/welcome/"
    assert User.objects.get().phone == PHONE
    assert not User.objects.get().has_usable_password()


def test_a_stranger_registers_with_an_email(client: Client, codes: list[str]) -> None:
    ask(client, "Olga@Example.com")
    client.post("/in/code/", {"code": codes[0]})
    user = User.objects.get()
    assert (user.email, user.phone) == ("olga@example.com", None)
    assert Challenge.objects.get().channel == "email"


def test_a_known_person_gets_in_and_is_not_made_twice(client: Client, codes: list[str], cast: Cast) -> None:
    people = User.objects.count()
    ask(client, cast.olga.phone or "")
    assert client.post("/in/code/", {"code": codes[0]})["Location"] == "/home/"
    assert User.objects.count() == people
    assert client.get("/profile/").status_code == 200


def test_a_call_reads_the_code(client: Client, codes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.limits.CALLS_FROM", 0)
    monkeypatch.setattr("accounts.limits.CALLS_UNTIL", 24)
    ask(client, channel="voice")
    assert Challenge.objects.get().channel == "voice"
    assert "We are calling" in client.get("/in/code/").content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter your mobile phone number or e-mail"),
        ("8 (495) 123-45-67", "mobile number"),
        ("+48 512 345 678", "mobile number"),
        ("12345", "Enter the number like this"),
        ("olga@", "e-mail in full"),
    ],
)
def test_a_wrong_address_is_told_beside_the_field(client: Client, codes: list[str], typed: str, sentence: str) -> None:
    page = ask(client, typed)
    assert page.status_code == 422
    assert page.content.decode().count(sentence) == 2  # in the summary and beside the field
    assert f'value="{typed}"' in page.content.decode() or not typed
    assert codes == []


def test_a_phone_cannot_get_an_email(client: Client, codes: list[str]) -> None:
    page = ask(client, channel="email")
    assert page.status_code == 422
    assert "enter your e-mail here" in page.content.decode()


@pytest.mark.parametrize("ticked", [True, False])
def test_consents_are_recorded_when_the_code_proves_the_address(client: Client, codes: list[str], ticked: bool) -> None:
    ask(client, **({"personal_data": "on"} if ticked else {}))
    assert not Consent.objects.exists()
    client.post("/in/code/", {"code": codes[0]})
    agreed = Consent.objects.get(purpose="agreement")
    assert (agreed.channel, agreed.evidence) == ("sms", str(Challenge.objects.get().pk))
    assert agreed.version
    assert len(agreed.text_hash) == 64
    assert agreed.ip == "127.0.0.1"
    assert Consent.objects.filter(purpose="personal_data").exists() is ticked


def test_the_consent_box_is_not_ticked_beforehand(client: Client) -> None:
    assert "checked" not in client.get("/in/").content.decode().split('name="personal_data"')[1].split(">")[0]


def test_entering_again_does_not_repeat_the_consents(codes: list[str]) -> None:
    for _turn in range(2):
        client = Client(headers={"accept-language": "en"})
        ask(client, "olga@example.com")
        client.post("/in/code/", {"code": codes[-1]})
    assert Consent.objects.count() == 1


def test_a_wrong_code_says_how_many_tries_are_left(client: Client, codes: list[str]) -> None:
    ask(client)
    wrong = f"{(int(codes[0]) + 1) % 1000000:06d}"
    page = client.post("/in/code/", {"code": wrong})
    assert page.status_code == 422
    assert "4 tries are left" in page.content.decode()
    assert client.post("/in/code/", {"code": codes[0]}).status_code == 302


def test_a_short_code_says_how_many_digits(client: Client, codes: list[str]) -> None:
    ask(client)
    assert "You entered 3 digits" in client.post("/in/code/", {"code": "123"}).content.decode()


def test_a_used_code_does_not_work_in_another_window(client: Client, codes: list[str]) -> None:
    ask(client)
    client.post("/in/code/", {"code": codes[0]})
    client.post("/out/")
    ask(client, "olga@example.com")
    assert client.post("/in/code/", {"code": codes[0]}).status_code == 422


def test_the_code_page_without_a_code_leads_to_the_start(client: Client) -> None:
    assert client.get("/in/code/")["Location"] == "/in/"
    assert client.post("/in/again/", {"channel": "sms"})["Location"] == "/in/code/"


def test_send_again_waits_a_minute_but_another_way_is_open(client: Client, codes: list[str]) -> None:
    ask(client)
    page = client.get("/in/code/").content.decode()
    assert "The same way you can ask again at" in page
    client.post("/in/again/", {"channel": "sms"})
    assert len(codes) == 1
    assert "or ask for another SMS after" in client.get("/in/code/").content.decode()


def test_after_a_minute_only_the_new_code_works(client: Client, codes: list[str], clock: Callable[[int], None]) -> None:
    ask(client, "olga@example.com")
    clock(61)
    client.post("/in/again/", {"channel": "email"})
    assert len(codes) == 2
    if codes[0] != codes[1]:
        assert client.post("/in/code/", {"code": codes[0]}).status_code == 422
    assert client.post("/in/code/", {"code": codes[1]}).status_code == 302


def test_a_second_sms_waits_an_hour_where_the_number_is_not_proved_and_a_call_is_offered(
    client: Client, codes: list[str], clock: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "may_call", lambda at: True)
    ask(client)
    clock(61)
    page = client.get("/in/code/").content.decode()
    assert "another way, at once" in page
    assert "checked" in page.split('value="voice"')[1].split(">")[0]
    client.post("/in/again/", {"channel": "sms"})
    assert "If it does not come, choose a call" in client.get("/in/code/").content.decode()
    client.post("/in/again/", {"channel": "voice"})
    assert len(codes) == 2


def test_the_fourth_sms_says_when_and_what_else(codes: list[str], clock: Callable[[int], None]) -> None:
    for _turn in range(3):
        ask(Client(headers={"accept-language": "en"}))
        clock(400)
    page = ask(Client(headers={"accept-language": "en"}))
    assert page.status_code == 429
    assert "use another way" in page.content.decode().lower()
    assert len(codes) == 3


def test_the_first_page_names_the_browser_so_that_two_clicks_share_it(client: Client) -> None:
    page = client.get("/in/")
    assert page.cookies["device"]["httponly"]
    assert page["Cache-Control"] == "no-store"


@pytest.mark.django_db(transaction=True)
def test_parallel_clicks_send_one_code_and_see_one_page(codes: list[str]) -> None:
    first = Client()
    first.get("/in/")
    facts = {"address": "olga@example.com", "channel": "email", "idem": "6f1f2a54-4f0f-4b62-9a0e-0d1a4f6f7a11"}

    def click(_number: int) -> tuple[int, str]:
        client = Client()
        for name in ("device", "session"):
            client.cookies[name] = first.cookies[name].value
        answer = client.post("/in/", facts)
        return answer.status_code, answer.get("Location", "")

    assert at_once(6, click) == [(302, "/in/code/")] * 6
    assert len(codes) == 1
    assert first.post("/in/code/", {"code": codes[0]})["Location"] == "/in/welcome/"


def test_two_clicks_send_one_code(client: Client, codes: list[str]) -> None:
    key = "6f1f2a54-4f0f-4b62-9a0e-0d1a4f6f7a11"
    client.get("/in/")
    first, second = ask(client, idem=key), ask(client, idem=key)
    assert first["Location"] == second["Location"] == "/in/code/"
    assert len(codes) == 1
    assert Submission.objects.count() == 1


def test_the_session_key_changes_on_entry(client: Client, codes: list[str]) -> None:
    ask(client)
    before = client.session.session_key
    client.post("/in/code/", {"code": codes[0]})
    assert client.session.session_key != before
    stale = Client()
    stale.cookies["session"] = before or ""
    assert stale.get("/profile/").status_code == 302


def test_a_visit_is_short_and_a_sign_in_long(client: Client, codes: list[str]) -> None:
    assert client.get("/in/").cookies["session"]["max-age"] == 3600
    ask(client)
    assert client.post("/in/code/", {"code": codes[0]}).cookies["session"]["max-age"] == 30 * 86400


def test_signing_out_kills_the_session(client: Client, codes: list[str]) -> None:
    ask(client)
    client.post("/in/code/", {"code": codes[0]})
    key = client.session.session_key
    assert client.get("/out/").status_code == 405
    client.post("/out/")
    stale = Client()
    stale.cookies["session"] = key or ""
    assert stale.get("/profile/").status_code == 302


def test_a_closed_profile_is_not_opened(client: Client, codes: list[str]) -> None:
    make_user(phone=PHONE, is_active=False)
    ask(client)
    page = client.post("/in/code/", {"code": codes[0]})
    assert page.status_code == 409
    assert "call your company" in page.content.decode()


def test_a_signed_in_person_is_sent_home(cast: Cast, enter: Callable[[User], Client]) -> None:
    assert enter(cast.olga).get("/in/")["Location"] == "/home/"
    assert enter(cast.olga).get("/in/?next=/profile/names/")["Location"] == "/profile/names/"
