"""The challenge: a code of the app or a recovery code opens the session, each once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts.factors import totp
from accounts.models import User
from accounts.sessions import FACTOR, FACTOR_OF
from accounts.tests.tools import at_once
from notifications.models import Notice
from portal.testing import Cast, make_cast, make_user, prove

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
Clock = Callable[[int], None]


def with_app(user: User) -> User:
    """The employee has set up an app, half an hour ago."""
    at = timezone.now() - timedelta(minutes=30)
    totp.set_up(user, SECRET, totp.code_at(SECRET, at), replacing=False, at=at)
    totp.make_recovery_codes(user)
    return user


def code_now(seconds: int = 0) -> str:
    return totp.code_at(SECRET, timezone.now() + timedelta(seconds=seconds))


def recovery(user: User) -> list[str]:
    codes = totp.recovery_codes(user)
    assert codes
    return list(codes.get_unused_codes())


def before_factor(user: User) -> Client:
    """Signed in, but no second factor yet."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def anna(cast: Cast) -> Client:
    return before_factor(with_app(cast.anna))


def answer(client: Client, code: str, **more: str) -> Any:
    return client.post("/factor/", {"code": code} | more)


def test_a_code_of_the_app_opens_what_was_asked_for(anna: Client) -> None:
    assert anna.get("/admin/")["Location"] == "/factor/?next=/admin/"
    page = anna.get("/factor/?next=/admin/").content.decode()
    assert "Code from your app" in page
    assert answer(anna, code_now())["Location"] == "/admin/"
    assert anna.get("/admin/").status_code == 200


@pytest.mark.parametrize("shift", [-30, 0, 30])
def test_a_phone_may_be_half_a_minute_wrong(anna: Client, shift: int) -> None:
    assert answer(anna, code_now(shift)).status_code == 302


@pytest.mark.parametrize("shift", [-90, 90])
def test_more_is_refused(anna: Client, shift: int) -> None:
    page = answer(anna, code_now(shift))
    assert page.status_code == 422
    assert "does not fit" in page.content.decode()
    assert anna.get("/admin/").status_code == 302


def test_a_code_may_be_typed_with_a_space(anna: Client) -> None:
    code = code_now()
    assert answer(anna, f"{code[:3]} {code[3:]}").status_code == 302


def test_the_code_of_the_app_is_taken_once(cast: Cast, anna: Client) -> None:
    code = code_now()
    assert answer(anna, code).status_code == 302
    assert answer(before_factor(cast.anna), code).status_code == 422


def test_an_older_code_is_not_taken_after_a_newer_one(cast: Cast, anna: Client) -> None:
    older, newer = code_now(-30), code_now()
    assert answer(anna, newer).status_code == 302
    assert answer(before_factor(cast.anna), older).status_code == 422


def test_a_recovery_code_opens_it_once_and_its_owner_is_told(cast: Cast, anna: Client) -> None:
    code = recovery(cast.anna)[3]
    assert answer(anna, f"{code[:4]} {code[4:]}").status_code == 302
    assert anna.get("/admin/").status_code == 200
    assert answer(before_factor(cast.anna), code).status_code == 422
    assert len(recovery(cast.anna)) == 9
    assert Notice.objects.get(kind="accounts.recovery_used", user=cast.anna).context == {"left": 9}


def test_recovery_codes_alone_open_nothing(cast: Cast) -> None:
    totp.make_recovery_codes(cast.anna)
    client = before_factor(cast.anna)
    assert client.get("/admin/")["Location"].startswith("/factor/set-up/")
    assert answer(client, recovery(cast.anna)[0])["Location"] == "/factor/set-up/"
    assert client.get("/admin/").status_code == 302


def test_anothers_code_opens_nothing(cast: Cast, anna: Client) -> None:
    with_app(cast.mark)
    assert answer(anna, recovery(cast.mark)[0]).status_code == 422


def test_the_key_of_the_session_changes_and_a_copy_of_the_old_one_opens_nothing(anna: Client) -> None:
    old = anna.cookies["session"].value
    answer(anna, code_now())
    assert anna.cookies["session"].value != old
    thief = Client()
    thief.cookies["session"] = old
    assert thief.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/in/")


def test_a_second_click_ends_where_the_first_one_did(anna: Client) -> None:
    page = anna.get("/factor/?next=/admin/").content.decode()
    key = page.split('name="idem" value="')[1].split('"')[0]
    assert 'action="/factor/"' not in page  # the form is sent to this very address, with its query
    before = anna.cookies["session"].value
    code = code_now()
    assert anna.post("/factor/?next=/admin/", {"code": code, "idem": key})["Location"] == "/admin/"
    anna.cookies["session"] = before
    assert anna.post("/factor/?next=/admin/", {"code": code, "idem": key})["Location"] == "/admin/"
    assert anna.get("/admin/").status_code == 200


def test_five_wrong_codes_close_the_page_for_minutes_not_for_good(cast: Cast, anna: Client, clock: Clock) -> None:
    for pause in (0, 10, 30, 60, 120):
        assert answer(anna, "000000").status_code == 422
        clock(pause)
    assert answer(anna, code_now()).status_code == 429
    clock(601)
    assert answer(anna, code_now()).status_code == 302


def test_wrong_codes_wait_longer_and_longer(anna: Client, clock: Clock) -> None:
    for wait in (0, 10, 30):
        assert answer(anna, "000000").status_code == 422
        if wait:
            clock(wait - 1)
            assert answer(anna, "000000").status_code == 429
            clock(1)


def test_right_codes_cost_nothing(anna: Client, clock: Clock) -> None:
    for _turn in range(8):
        assert answer(anna, code_now()).status_code == 302
        clock(60)


def test_a_network_that_tries_many_people_is_stopped(cast: Cast, clock: Clock) -> None:
    people = [with_app(make_user("Работник", is_staff=True)) for _number in range(21)]
    seen = [answer(before_factor(user), "000000").status_code for user in people]
    assert seen == [422] * 20 + [429]


def test_residents_have_no_such_page(cast: Cast, enter: Any) -> None:
    olga = enter(cast.olga)
    assert [olga.get(path).status_code for path in ("/factor/", "/factor/set-up/", "/profile/factors/")] == [404] * 3
    assert "Second factor" not in olga.get("/profile/").content.decode()


def test_the_mark_cannot_be_forged_by_a_form(cast: Cast, anna: Client) -> None:
    forged = {FACTOR: "9999999999", FACTOR_OF: str(cast.anna.pk)}
    anna.post("/look/", forged | {"theme": "dark"})
    assert answer(anna, "000000", **forged).status_code == 422
    assert anna.get("/admin/", forged).status_code == 302


def test_the_mark_ends_with_the_session(cast: Cast, anna: Client) -> None:
    answer(anna, code_now())
    anna.post("/out/")
    anna.force_login(cast.anna)
    assert anna.get("/admin/").status_code == 302


def test_the_mark_of_another_person_opens_nothing(cast: Cast, anna: Client) -> None:
    session = anna.session
    session[FACTOR], session[FACTOR_OF] = timezone.now().timestamp(), cast.mark.pk
    session.save()
    assert anna.get("/admin/").status_code == 302


def test_a_new_sign_in_asks_anew(cast: Cast, codes: list[str], anna: Client) -> None:
    """A mark that lay in the browser's session before anybody signed in counts for nothing."""
    client = Client()
    client.post("/in/", {"address": cast.anna.phone, "channel": "sms"})
    session = client.session
    session[FACTOR], session[FACTOR_OF] = timezone.now().timestamp(), cast.anna.pk
    session.save()
    client.post("/in/code/", {"code": codes[-1]})
    assert client.get("/admin/")["Location"] == "/factor/?next=/admin/"


def test_a_later_day_asks_for_a_later_code_and_of_three_sessions_the_oldest_ends(
    cast: Cast, codes: list[str], anna: Client, clock: Clock
) -> None:
    """Through the door each time; also sessions that proved the second factor are two at most."""
    clients = []
    for _turn in range(3):
        client = Client()
        client.post("/in/", {"address": cast.anna.phone, "channel": "sms"})
        client.post("/in/code/", {"code": codes[-1]})
        assert answer(client, code_now()).status_code == 302
        assert client.get("/admin/").status_code == 200
        clients.append(client)
        clock(301)
    doors = [client.get("/admin/") for client in clients]
    assert [door.status_code for door in doors] == [302, 200, 200]
    assert clients[0].get("/profile/")["Location"].startswith("/in/")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["totp", "recovery_codes"])
def test_of_twenty_at_once_one_passes(kind: str) -> None:
    cast = make_cast()
    with_app(cast.anna)
    code = code_now() if kind == "totp" else recovery(cast.anna)[0]
    results = at_once(20, lambda _number: totp.check(cast.anna, code, at=timezone.now()))
    assert sum(isinstance(result, Authenticator) for result in results) == 1
    assert sum(isinstance(result, totp.WrongCode) for result in results) == 19


@pytest.mark.django_db(transaction=True)
def test_of_three_browsers_at_once_one_passes_with_the_code() -> None:
    """Through the page, where limits and sessions take part; more would meet the pause after a wrong code."""
    cast = make_cast()
    with_app(cast.anna)
    clients, code = [before_factor(cast.anna) for _ in range(20)], code_now()
    seen = at_once(20, lambda number: answer(clients[number], code).status_code)
    assert seen.count(302) == 1
    assert set(seen) <= {302, 422, 429}


def test_a_wrong_code_says_what_to_do_by_what_was_typed_and_what_one_has(
    cast: Cast, anna: Client, clock: Clock
) -> None:
    """Who has no app is not told to wait for it, nor to open it."""
    assert "Wait for the next code in your app" in answer(anna, "000000").content.decode()
    clock(601)
    wrong = answer(anna, "0000 0000").content.decode()
    assert "Each works once: enter another one." in wrong
    assert "Wait for the next code" not in wrong
    Authenticator.objects.create(user=cast.mark, type="webauthn", data={"name": "x", "credential": {}})
    mark = before_factor(cast.mark)
    asked, wrong = mark.get("/factor/").content.decode(), answer(mark, "000000").content.decode()
    assert "it has eight digits" in wrong
    for page in (asked, wrong):
        assert "Use your passkey or a recovery code." in page
        assert "Recovery code" in page
        assert "your app" not in page
    clock(601)
    assert "Enter a recovery code." in answer(mark, "").content.decode()


def test_there_is_no_menu_before_the_second_factor_and_one_way_out(cast: Cast, anna: Client) -> None:
    new = before_factor(cast.mark)
    for client, path in (
        (anna, "/factor/"),
        (new, "/factor/set-up/"),
        (new, "/factor/set-up/app/"),
        (new, "/help/phones/"),
    ):
        page = client.get(path).content.decode()
        assert 'class="nav-top"' not in page
        assert 'href="/profile/"' not in page
        assert page.count('action="/out/"') == 1
    answer(anna, code_now())
    again = anna.get("/factor/").content.decode()
    assert 'class="nav-top"' in again
    assert again.count('action="/out/"') == 1


@pytest.mark.parametrize(
    "path", ["/factor/", "/factor/set-up/", "/factor/set-up/app/", "/factor/set-up/passkey/", "/factor/set-up/code/",
             "/factor/codes/", "/profile/factors/", "/profile/factors/codes/", "/profile/passkeys/add/"],
)  # fmt: skip
def test_each_page_answers_to_head_as_to_get(cast: Cast, enter: Any, path: str) -> None:
    for client in (prove(enter(with_app(cast.anna))), before_factor(cast.mark)):
        assert client.head(path).status_code == client.get(path).status_code in {200, 302}
