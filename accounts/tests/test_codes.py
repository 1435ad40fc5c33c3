"""A code opens one door once: of this browser, purpose and address, for ten minutes and five tries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from accounts import browser, limits
from accounts.codes import DeadCode, HumanCheckNeeded, WrongCode, check_code, pending, send_code, void
from accounts.limits import LimitReached
from accounts.models import Challenge, LimitHit
from accounts.tests.tools import at_once, request_from
from lib.errors import Refusal
from notifications.actions import opt_out

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHONE = "+79123456789"
ENTER, CONFIRM = Challenge.Purpose.ENTER, Challenge.Purpose.CONFIRM
pytestmark = pytest.mark.feature("B1", "E1")


def ask(request: HttpRequest, at: datetime = NOW, address: str = PHONE, channel: str = "sms") -> Challenge:
    return send_code(ENTER, address, channel, request=request, at=at)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.django_db
def test_the_right_code_is_accepted_once(codes: list[str]) -> None:
    request = request_from()
    challenge = ask(request)
    assert pending(request, ENTER) == challenge
    check_code(challenge, f" {codes[0][:3]}-{codes[0][3:]} ", request=request, at=NOW)
    with pytest.raises(DeadCode, match="used already"):
        check_code(challenge, codes[0], request=request, at=NOW)


@pytest.mark.django_db
def test_a_code_lives_ten_minutes(codes: list[str]) -> None:
    request = request_from()
    challenge = ask(request)
    with pytest.raises(DeadCode, match="too old"):
        check_code(challenge, codes[0], request=request, at=NOW + timedelta(seconds=601))
    check_code(challenge, codes[0], request=request, at=NOW + timedelta(seconds=599))


@pytest.mark.django_db
def test_the_sixth_try_fails_even_with_the_right_code(codes: list[str]) -> None:
    request = request_from()
    challenge = ask(request)
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode, match=f"{left} tr"):
            check_code(challenge, other(codes[0]), request=request, at=NOW)
    with pytest.raises(DeadCode, match="last try"):
        check_code(challenge, other(codes[0]), request=request, at=NOW)
    with pytest.raises(DeadCode, match="five wrong tries"):
        check_code(challenge, codes[0], request=request, at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Enter the code"), ("12345", "5 digits"), ("1", "1 digit"), ("1234567", "7 digits"), ("12345a", "only digits"),
     ("١٢٣٤٥٦", "only digits")],
)  # fmt: skip
def test_what_cannot_be_a_code_costs_no_try(codes: list[str], typed: str, sentence: str) -> None:
    request = request_from()
    challenge = ask(request)
    with pytest.raises(WrongCode, match=sentence):
        check_code(challenge, typed, request=request, at=NOW)
    challenge.refresh_from_db()
    assert challenge.failed == 0


@pytest.mark.django_db
def test_a_code_of_another_flow_is_refused(codes: list[str]) -> None:
    request = request_from()
    ask(request)
    confirm = send_code(CONFIRM, "olga@example.com", "email", request=request, at=NOW)
    with pytest.raises(WrongCode):
        check_code(confirm, codes[0], request=request, at=NOW)
    check_code(confirm, codes[1], request=request, at=NOW)


@pytest.mark.django_db
def test_a_code_of_another_browser_is_refused(codes: list[str]) -> None:
    challenge = ask(request_from())
    stranger = request_from()
    assert pending(stranger, ENTER) is None
    with pytest.raises(DeadCode, match="elsewhere"):
        check_code(challenge, codes[0], request=stranger, at=NOW)


@pytest.mark.django_db
def test_a_new_code_makes_the_old_one_void(codes: list[str]) -> None:
    request = request_from()
    browser.remember(request, PHONE)
    first = ask(request)
    second = ask(request, at=NOW + timedelta(seconds=61))
    with pytest.raises(DeadCode):
        check_code(first, codes[0], request=request, at=NOW + timedelta(seconds=62))
    check_code(second, codes[1], request=request, at=NOW + timedelta(seconds=62))
    void(request, ENTER, at=NOW + timedelta(seconds=63))
    assert pending(request, ENTER) is None


@pytest.mark.django_db
def test_wrong_codes_are_counted_per_number_across_codes(codes: list[str]) -> None:
    for minute in (0, 2):
        request = request_from()
        at = NOW + timedelta(minutes=minute)
        challenge = ask(request, at=at)
        for _ in range(5):
            with pytest.raises(Refusal):
                check_code(challenge, other(codes[-1]), request=request, at=at)
    request = request_from()
    challenge = ask(request, at=NOW + timedelta(minutes=5))
    with pytest.raises(LimitReached):
        check_code(challenge, codes[-1], request=request, at=NOW + timedelta(minutes=5))


@pytest.mark.django_db
def test_right_codes_cost_nothing(codes: list[str]) -> None:
    request = request_from()
    check_code(ask(request), codes[0], request=request, at=NOW)
    assert limits.used(limits.WRONG_HOUR, PHONE, at=NOW) == 0


@pytest.mark.django_db
def test_a_number_gets_three_sms_an_hour_whoever_asks(codes: list[str]) -> None:
    for turn in range(3):
        ask(request_from(f"203.0.113.{turn}"), at=NOW + timedelta(minutes=10 * turn))
    with pytest.raises(LimitReached):
        ask(request_from("203.0.113.99"), at=NOW + timedelta(minutes=40))
    assert len(codes) == 3


@pytest.mark.django_db
def test_the_owners_own_device_still_gets_a_code_after_strangers_used_all(codes: list[str]) -> None:
    own = request_from()
    browser.remember(own, PHONE)
    for turn in range(3):
        ask(request_from(f"203.0.113.{turn}"), at=NOW + timedelta(minutes=10 * turn))
    again = request_from()
    again._known = own._known  # type: ignore[attr-defined]
    assert browser.knows(again, PHONE)
    ask(again, at=NOW + timedelta(minutes=41))


@pytest.mark.django_db
def test_an_email_and_a_call_stay_open_when_sms_are_used_up(codes: list[str]) -> None:
    for minute in (0, 10, 20):
        ask(request_from(), at=NOW + timedelta(minutes=minute))
    request = request_from()
    ask(request, at=NOW + timedelta(minutes=21), channel="voice")
    ask(request, at=NOW + timedelta(minutes=21), address="olga@example.com", channel="email")


@pytest.mark.django_db
@pytest.mark.parametrize(("hour", "rings"), [(4, False), (5, True), (17, True), (18, False)])
def test_calls_ring_by_day_only(codes: list[str], hour: int, rings: bool) -> None:
    at = NOW.replace(hour=hour)  # Moscow is three hours ahead
    if rings:
        ask(request_from(), at=at, channel="voice")
    else:
        with pytest.raises(Refusal, match="between 8:00 and 21:00"):
            ask(request_from(), at=at, channel="voice")
    assert len(codes) == int(rings)


@pytest.mark.django_db
def test_many_numbers_from_one_network_meet_the_human_check_not_a_wall(codes: list[str]) -> None:
    for number in range(5):
        ask(request_from(), address=f"+791200{number}0001")
    request = request_from()
    with pytest.raises(HumanCheckNeeded):
        ask(request, address="+79120090001")
    request.session["human"] = True
    ask(request, address="+79120090001")
    assert "human" not in request.session


@pytest.mark.django_db
def test_a_block_of_a_thousand_numbers_gets_fifteen_an_hour(codes: list[str]) -> None:
    for number in range(15):
        ask(request_from(f"203.0.113.{number}"), address=f"+79123456{number:03d}")
    with pytest.raises(LimitReached):
        ask(request_from("203.0.113.99"), address="+79123456999")


@pytest.mark.django_db
def test_the_purse_of_the_portal_is_guarded_and_the_alarm_is_written(
    codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    key = limits.ALL_SMS_DAY.key("all")
    LimitHit.objects.bulk_create([LimitHit(key=key, at=NOW) for _ in range(limits.ALL_SMS_DAY.count)])
    with pytest.raises(LimitReached, match="Choose a call, or sign in with your e-mail"):
        ask(request_from())
    assert "limit reached for the whole portal" in caplog.text
    ask(request_from(), address="olga@example.com", channel="email")


@pytest.mark.django_db
def test_an_address_whose_owner_asked_for_peace_gets_no_codes(codes: list[str]) -> None:
    opt_out(PHONE, at=NOW)
    with pytest.raises(Refusal, match="asked us not to send"):
        ask(request_from())
    own = request_from()
    browser.remember(own, PHONE)
    ask(own)
    assert len(codes) == 1


@pytest.mark.django_db
def test_neighbours_behind_ipv6_share_their_56_bits(codes: list[str]) -> None:
    assert browser.network_of(request_from("2001:db8:0:1100::1")) == browser.network_of(
        request_from("2001:db8:0:11ff::9")
    )
    assert browser.network_of(request_from("2001:db8:0:1100::1")) != browser.network_of(
        request_from("2001:db8:0:1200::1")
    )


def test_a_browser_cannot_name_its_own_address(settings: object) -> None:
    forged = request_from("198.51.100.7", HTTP_X_FORWARDED_FOR="1.2.3.4")
    assert browser.ip_of(forged) == "198.51.100.7"
    settings.TRUSTED_PROXIES = 1  # type: ignore[attr-defined]
    assert browser.ip_of(request_from("10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.5")) == "203.0.113.5"
    settings.TRUSTED_PROXIES = 2  # type: ignore[attr-defined]
    assert browser.ip_of(request_from("10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5")) == "10.0.0.1"
    assert browser.ip_of(request_from("", HTTP_X_FORWARDED_FOR="nonsense, nonsense")) == "0.0.0.0"  # noqa: S104


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_wrong_tries_count_five(codes: list[str]) -> None:
    first = request_from()
    challenge = ask(first)
    first.session.save()
    key = first.session.session_key

    def job(number: int) -> None:
        request = request_from(f"203.0.113.{number}")
        request.session = SessionStore(key)
        check_code(challenge, other(codes[0]), request=request, at=NOW)

    results = at_once(50, job)
    challenge.refresh_from_db()
    assert challenge.failed == 5
    assert sum(isinstance(result, WrongCode) for result in results) == 4
    assert all(isinstance(result, WrongCode | DeadCode | LimitReached) for result in results)
    assert limits.used(limits.WRONG_HOUR, PHONE, at=NOW) == 5


@pytest.mark.django_db(transaction=True)
def test_a_right_code_sent_twice_at_once_is_used_once(codes: list[str]) -> None:
    first = request_from()
    challenge = ask(first)
    first.session.save()
    key = first.session.session_key

    def job(number: int) -> bool:
        request = request_from()
        request.session = SessionStore(key)
        check_code(challenge, codes[0], request=request, at=NOW)
        return True

    assert at_once(10, job).count(True) == 1


@pytest.mark.django_db
def test_no_code_is_stored_in_clear(codes: list[str]) -> None:
    challenge = ask(request_from())
    challenge.refresh_from_db()
    assert codes[0] not in challenge.code_hash
    assert not LimitHit.objects.filter(key__contains=codes[0]).exists()
