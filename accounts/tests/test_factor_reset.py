"""A lost factor: reset by a superuser or by the command, set up anew with two facts; nobody else and no other way."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.factors import resets, totp
from accounts.models import FactorReset, User
from accounts.tests.soft_key import SoftKey, ask, send
from accounts.tests.test_factor import answer, before_factor, recovery, with_app
from notifications.models import Notice
from portal.testing import Cast, make_user, prove

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
Clock = Callable[[int], None]


def page_of(user: User, rest: str = "") -> str:
    return f"/admin/accounts/user/{user.pk}/reset-factor/{rest}"


def reset(user: User, by: User) -> str:
    return resets.reset(user, by=by, reason="lost", at=timezone.now())


def by_code(user: User, codes: list[str]) -> Client:
    """A browser in which the employee has signed in with a code to the phone."""
    client = Client()
    client.post("/in/", {"address": user.phone, "channel": "sms"})
    client.post("/in/code/", {"code": codes[-1]})
    return client


def returned(client: Client, code: str) -> Any:
    return client.post("/factor/set-up/code/", {"code": code})


def set_up(client: Client) -> Any:
    client.get("/factor/set-up/app/")
    sealed = client.session.get(totp.SECRET)
    code = totp.code_at(decrypt(sealed), timezone.now()) if sealed else "000000"
    return client.post("/factor/set-up/app/", {"code": code})


def test_the_superuser_resets_and_the_code_is_shown_once(cast: Cast, enter: Enter) -> None:
    anna = enter(with_app(cast.anna))
    anna.get("/profile/")
    sofia = prove(enter(cast.sofia))
    assert page_of(cast.anna) in sofia.get(f"/admin/accounts/user/{cast.anna.pk}/change/").content.decode()
    assert sofia.get(page_of(cast.anna)).status_code == 200
    assert sofia.post(page_of(cast.anna), {"reason": ""}).status_code == 422
    assert sofia.post(page_of(cast.anna), {"reason": "lost"})["Location"] == page_of(cast.anna, "code/")
    first, second = (sofia.get(page_of(cast.anna, "code/")).content.decode() for _turn in range(2))
    code = re.search(r"<code>([0-9A-Z-]+)</code>", first)
    assert code
    assert len(code[1].replace("-", "")) == resets.LENGTH
    assert code[1] not in second
    assert "shown already" in second
    assert code[1] not in str(FactorReset.objects.values())
    assert not Authenticator.objects.filter(user=cast.anna).exists()
    assert anna.get("/profile/")["Location"].startswith("/in/")
    assert Notice.objects.get(kind="accounts.factor_removed", user=cast.anna).context == {"what": "all"}
    entry = LogEntry.objects.get(object_id=str(cast.anna.pk))
    assert (entry.user, "lost" in entry.get_change_message()) == (cast.sofia, True)


def test_a_reset_asks_for_a_fresh_factor(cast: Cast, enter: Enter) -> None:
    with_app(cast.anna)
    sofia = enter(cast.sofia)
    for knock in (sofia.get, sofia.post):
        assert knock(page_of(cast.anna))["Location"] == f"/factor/?next={page_of(cast.anna)}"
    assert Authenticator.objects.filter(user=cast.anna).exists()


def test_nobody_but_a_superuser_and_never_ones_own(cast: Cast, enter: Enter) -> None:
    for user in (cast.mark, cast.pavel, cast.dima):
        assert prove(enter(user)).post(page_of(cast.anna), {"reason": "lost"}).status_code in {403, 404}
    assert enter(cast.olga).post(page_of(cast.anna), {"reason": "lost"}).status_code in {302, 404}
    sofia = prove(enter(cast.sofia))
    for user in (cast.sofia, cast.olga):
        for rest in ("", "code/"):
            assert sofia.get(page_of(user, rest)).status_code == 404
        assert sofia.post(page_of(user), {"reason": "lost"}).status_code == 404
    assert page_of(cast.sofia) not in sofia.get(f"/admin/accounts/user/{cast.sofia.pk}/change/").content.decode()
    assert not FactorReset.objects.exists()


def test_a_new_app_needs_the_code_that_was_handed_over(cast: Cast, codes: list[str]) -> None:
    with_app(cast.anna)
    code = reset(cast.anna, cast.sofia)
    anna = by_code(cast.anna, codes)
    assert anna.get("/admin/", follow=True).redirect_chain[-1][0] == "/factor/set-up/code/"
    assert set_up(anna)["Location"] == "/factor/set-up/code/"
    assert returned(anna, "AAAA-BBBB-CCCC-DDDD").status_code == 422
    assert returned(anna, "-".join((code[:8], code[8:])).lower())["Location"] == "/factor/set-up/"
    assert set_up(anna)["Location"] == "/factor/codes/"
    assert anna.get("/admin/").status_code == 200
    assert FactorReset.objects.get().used_at
    assert resets.waiting(cast.anna) is None


@pytest.mark.parametrize("is_demo", [False, True])
def test_who_was_reset_is_led_to_the_code_and_gets_no_other(
    cast: Cast, codes: list[str], settings: Any, is_demo: bool
) -> None:
    """In the demo no recovery code is printed meanwhile, and one that stands there opens nothing."""
    settings.DEMO = is_demo
    with_app(cast.anna)
    code = reset(cast.anna, cast.sofia)
    anna = by_code(cast.anna, codes)
    for path in ("/admin/accounts/", "/factor/", "/profile/"):
        page = anna.get(path, follow=True)
        assert page.redirect_chain[-1][0] == "/factor/set-up/code/"
        assert "Demo: your" not in page.content.decode()
    assert not Authenticator.objects.exists()
    with pytest.raises(RuntimeError):
        totp.printed_code(cast.anna)
    totp.make_recovery_codes(cast.anna)
    old = recovery(cast.anna)[0]
    assert answer(anna, old)["Location"] == "/factor/set-up/"
    with pytest.raises(totp.WrongCode):
        totp.check(cast.anna, old, at=timezone.now())
    anna.get("/factor/set-up/?next=/admin/")
    assert returned(anna, code)["Location"] == "/factor/set-up/"
    assert set_up(anna)["Location"] == "/factor/codes/"
    assert old not in recovery(cast.anna)
    assert "Step 3 of 3" in anna.get("/factor/codes/").content.decode()
    assert anna.post("/factor/codes/")["Location"] == "/admin/"


def test_a_wrong_code_and_the_page_say_where_a_new_one_comes_from(cast: Cast, codes: list[str]) -> None:
    code = reset(cast.anna, cast.sofia)
    anna = by_code(cast.anna, codes)
    assert "ask the person who runs the portal for a new one" in anna.get("/factor/set-up/code/").content.decode()
    assert "ask the person who runs the portal for a new code" in returned(anna, code[::-1]).content.decode()


def test_a_code_that_was_used_opens_nothing_again(cast: Cast, codes: list[str], clock: Clock) -> None:
    code = reset(cast.anna, cast.sofia)
    anna = by_code(cast.anna, codes)
    returned(anna, code)
    set_up(anna)
    clock(61)
    again = by_code(cast.anna, codes)
    assert returned(again, code)["Location"] == "/factor/"
    assert set_up(again)["Location"].startswith("/factor/")
    assert again.get("/admin/").status_code == 302


def test_a_passkey_needs_that_code_too_and_uses_it_up(cast: Cast, codes: list[str]) -> None:
    code, options = reset(cast.anna, cast.sofia), "/factor/set-up/passkey/options/"
    anna = by_code(cast.anna, codes)
    assert anna.post(options)["Location"] == "/factor/set-up/code/"
    returned(anna, code)
    made = send(anna, "/factor/set-up/passkey/", SoftKey().create(ask(anna, options)), name="Телефон")
    assert made["Location"] == "/factor/codes/"
    assert not FactorReset.objects.filter(used_at=None).exists()


def test_a_password_is_not_the_second_fact(cast: Cast, enter: Enter) -> None:
    """The page says so at once and asks for no code that would be refused."""
    code = reset(cast.anna, cast.sofia)
    cast.anna.set_password("long enough words")
    cast.anna.save()
    anna = Client()
    anna.post("/in/password/", {"login": cast.anna.phone, "password": "long enough words"})
    asked, page = anna.get("/factor/set-up/code/"), returned(anna, code)
    assert (asked.status_code, page.status_code) == (200, 422)
    for answered in (asked, page):
        assert "sign in with a code to your phone or e-mail, not by password." in answered.content.decode()
        assert 'name="code"' not in answered.content.decode()
    assert set_up(anna)["Location"] == "/factor/set-up/code/"


def test_the_code_lives_a_day_and_without_it_nothing_is_set_up(cast: Cast, codes: list[str], clock: Clock) -> None:
    code = reset(cast.anna, cast.sofia)
    clock(24 * 3600 + 1)
    anna = by_code(cast.anna, codes)
    assert returned(anna, code).status_code == 422
    assert set_up(anna)["Location"] == "/factor/set-up/code/"
    newer = reset(cast.anna, cast.sofia)
    clock(61)
    anna = by_code(cast.anna, codes)
    assert returned(anna, code).status_code == 422
    clock(11)
    assert returned(anna, newer).status_code == 302


def test_a_code_that_was_entered_dies_with_a_second_reset(cast: Cast, codes: list[str], clock: Clock) -> None:
    code = reset(cast.anna, cast.sofia)
    anna = by_code(cast.anna, codes)
    returned(anna, code)
    session = dict(anna.session)
    reset(cast.anna, cast.sofia)
    clock(61)
    again = by_code(cast.anna, codes)
    kept = again.session
    kept[resets.ADMITTED] = session[resets.ADMITTED]
    kept.save()
    assert set_up(again)["Location"] == "/factor/set-up/code/"


def test_guesses_are_counted(cast: Cast, codes: list[str], clock: Clock) -> None:
    code = reset(cast.anna, cast.sofia)
    anna = by_code(cast.anna, codes)
    assert [returned(anna, "AAAA").status_code for _turn in range(5)] == [422] * 5
    assert returned(anna, code).status_code == 429
    clock(3600)
    assert returned(by_code(cast.anna, codes), code).status_code == 302


def test_the_command_resets_for_who_runs_the_server(
    cast: Cast, capsys: Any, caplog: pytest.LogCaptureFixture, codes: list[str]
) -> None:
    with_app(cast.sofia)
    with caplog.at_level(logging.ERROR, "accounts.factors"):
        call_command("reset_factor", "Sofia@example.com")
    said = capsys.readouterr().out
    found = re.search(r": ([0-9A-Z-]+)", said)
    assert found
    assert [record.levelname for record in caplog.records if record.name == "accounts.factors"] == ["ERROR"]
    assert "sofia@" not in caplog.text.lower()
    sofia = by_code(cast.sofia, codes)
    assert returned(sofia, found[1]).status_code == 302
    assert set_up(sofia)["Location"] == "/factor/codes/"


@pytest.mark.parametrize("address", ["nobody@example.com", "no address"])
def test_the_command_says_what_is_wrong(cast: Cast, address: str) -> None:
    with pytest.raises(CommandError):
        call_command("reset_factor", address)


def test_the_command_leaves_residents_alone(cast: Cast) -> None:
    with pytest.raises(CommandError, match="not an employee"):
        call_command("reset_factor", str(cast.olga.phone))


def test_a_new_employee_needs_no_code(cast: Cast) -> None:
    client = before_factor(make_user("Новый", is_staff=True))
    assert client.get("/factor/set-up/code/")["Location"] == "/factor/set-up/"
    assert set_up(client)["Location"] == "/factor/codes/"


def test_an_app_that_another_session_set_up_is_not_replaced(cast: Cast) -> None:
    """Two sessions set up an app: the later one must prove the first one's."""
    one, other = before_factor(cast.anna), before_factor(cast.anna)
    other.get("/factor/set-up/app/")
    set_up(one)
    assert set_up(other)["Location"].startswith("/factor/")
    assert other.get("/admin/").status_code == 302
    at = timezone.now() + timedelta(minutes=2)
    with pytest.raises(totp.HasFactor):
        totp.set_up(cast.anna, "A" * 32, totp.code_at("A" * 32, at), replacing=False, at=at)
