"""The day's budget of SMS codes, the breaker, one browser's share of a number, and an attacker against all of them."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpRequest

from accounts import browser, limits, purse
from accounts.codes import HumanCheckNeeded, SmsRests, send_code
from accounts.limits import LimitReached
from accounts.models import Challenge, LimitHit
from accounts.tests.tools import request_from
from lib.errors import Refusal
from notifications.models import Delivery, Notice
from portal.testing import make_user

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday, noon in Moscow
PHONE, KNOWN, UNKNOWN = "+79123456789", "+79120000001", "+79120000002"
ENTER = Challenge.Purpose.ENTER
pytestmark = [pytest.mark.django_db, pytest.mark.feature("B1")]


def ask(request: HttpRequest, address: str = PHONE, at: datetime = NOW, channel: str = "sms") -> Challenge:
    return send_code(ENTER, address, channel, request=request, at=at)


def sent_on(day: datetime, count: int, channel: str = "sms", kind: str = "accounts.code") -> None:
    """So many codes left that day."""
    notices = Notice.objects.bulk_create(
        Notice(kind=kind, subject=f"{day}{channel}{turn}", recipient=f"to:{turn}", language="ru", created_at=day)
        for turn in range(count)
    )
    Delivery.objects.bulk_create(Delivery(notice=notice, channel=channel, created_at=day) for notice in notices)


def spent(count: int) -> None:
    key = limits.ALL_SMS_DAY.key("all")
    LimitHit.objects.bulk_create(LimitHit(key=key, at=NOW) for _ in range(count))


def sent_lately(count: int, used: int, at: datetime = NOW - timedelta(minutes=14)) -> None:
    """So many SMS codes left, and so many of them were typed in."""
    Challenge.objects.bulk_create(
        Challenge(
            purpose=ENTER, channel="sms", address="+79990000000", code_hash="!", sent_at=at,
            expires_at=at + Challenge.LIFETIME, used_at=at if turn < used else None,
        )
        for turn in range(count)
    )  # fmt: skip


# --- The budget -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("weeks", "budget"), [([], 200), ([66, 66, 66, 66], 200), ([70, 0, 80, 500], 225)])
def test_the_budget_is_three_times_the_usual_of_this_weekday(weeks: list[int], budget: int) -> None:
    for week, count in enumerate(weeks, start=1):
        sent_on(NOW - timedelta(weeks=week), count)
    sent_on(NOW - timedelta(days=1), 300)
    sent_on(NOW - timedelta(weeks=1), 90, channel="email")
    sent_on(NOW - timedelta(weeks=2), 90, kind="premises.linked_contact")
    assert purse.budget(NOW.date()) == budget


@pytest.mark.parametrize("already", [199, 200])
def test_two_hundred_sms_leave_on_a_day_without_a_past(
    codes: list[str], already: int, caplog: pytest.LogCaptureFixture
) -> None:
    spent(already)
    if already < 200:
        ask(request_from())
    else:
        with pytest.raises(LimitReached, match="Choose a call, or sign in with your e-mail"):
            ask(request_from())
    assert ("limit reached for the whole portal" in caplog.text) is (already == 200)


@pytest.mark.parametrize("already", [224, 225])
def test_a_busy_town_has_the_budget_of_its_weekday(codes: list[str], already: int) -> None:
    for week in range(1, 5):
        sent_on(NOW - timedelta(weeks=week), 75)
    spent(already)
    if already < 225:
        ask(request_from())
    else:
        with pytest.raises(LimitReached):
            ask(request_from())


@pytest.mark.parametrize("already", [2, 3])
def test_the_company_may_set_the_budget(codes: list[str], settings: object, already: int) -> None:
    settings.SMS_CODES_A_DAY = 3  # type: ignore[attr-defined]
    spent(already)
    if already < 3:
        ask(request_from())
    else:
        with pytest.raises(LimitReached):
            ask(request_from())
        ask(request_from(), channel="voice")


# --- The breaker ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sent", "used", "rests"), [(50, 20, False), (50, 19, True), (49, 0, False), (60, 20, False), (0, 0, False)]
)
def test_sms_rest_when_fewer_than_twenty_of_the_last_fifty_were_used(sent: int, used: int, rests: bool) -> None:
    sent_lately(sent - min(sent, 50), 0, at=NOW - timedelta(minutes=14, seconds=30))  # older than the fifty
    sent_lately(min(sent, 50), used)
    assert purse.sms_rests(NOW) is rests


def test_what_is_older_than_fifteen_minutes_does_not_count() -> None:
    sent_lately(49, 0)
    sent_lately(1, 0, at=NOW - timedelta(minutes=15))
    assert not purse.sms_rests(NOW)
    assert purse.sms_rests(NOW - timedelta(seconds=1))


def test_while_sms_rest_calls_and_email_go_on_and_the_alarm_is_raised_once(
    codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    sent_lately(50, 0)
    for turn in range(3):
        with pytest.raises(SmsRests, match="Choose a call, or sign in with your e-mail"):
            ask(request_from(f"203.0.113.{turn}"))
    ask(request_from(), channel="voice")
    ask(request_from(), address="olga@example.com", channel="email")
    assert caplog.text.count("SMS codes to unknown devices are off") == 1
    assert len(codes) == 2
    ask(request_from(), at=NOW + timedelta(minutes=1))


def test_the_breaker_does_not_tell_who_has_a_profile(codes: list[str]) -> None:
    make_user(phone=KNOWN)
    sent_lately(50, 0)
    answers = set()
    for address in (KNOWN, UNKNOWN):
        with pytest.raises(SmsRests) as refused:
            ask(request_from(), address=address)
        answers.add((refused.value.status, str(refused.value.message)))
    assert len(answers) == 1


def test_the_owners_device_and_session_get_sms_while_they_rest(codes: list[str]) -> None:
    sent_lately(50, 0)
    device, session = request_from(), request_from()
    browser.remember(device, KNOWN)
    session.user = make_user(phone=PHONE)
    ask(device, address=KNOWN)
    ask(session, address=PHONE)
    with pytest.raises(SmsRests):
        ask(session, address=UNKNOWN)


# --- One browser and one number (T05) -------------------------------------------------------------------------------
def test_a_browser_gets_one_sms_an_hour_to_a_number_it_has_not_proved(codes: list[str]) -> None:
    request = request_from()
    ask(request)
    with pytest.raises(LimitReached, match="choose a call"):
        ask(request, at=NOW + timedelta(minutes=59))
    ask(request, at=NOW + timedelta(minutes=60))
    ask(request, address=KNOWN, at=NOW + timedelta(minutes=60))


def test_two_of_the_three_stay_for_others(codes: list[str]) -> None:
    attacker, victim = request_from("203.0.113.1"), request_from("198.51.100.1")
    for minute in (0, 2, 4, 20):
        with contextlib.suppress(LimitReached):
            ask(attacker, at=NOW + timedelta(minutes=minute))
    ask(victim, at=NOW + timedelta(minutes=30))
    assert len(codes) == 2


def test_a_browser_that_proved_the_number_gets_three(codes: list[str]) -> None:
    own = request_from()
    browser.remember(own, PHONE)
    for minute in (0, 10, 20):
        ask(own, at=NOW + timedelta(minutes=minute))
    with pytest.raises(LimitReached):
        ask(own, at=NOW + timedelta(minutes=30))


# --- T03: an hour of pumping ----------------------------------------------------------------------------------------
REQUESTS = 1000  # every fifth of the threat's 5000: the refusals are all alike


def test_an_hour_of_pumping_costs_sixty_sms_at_most(codes: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """400 numbers in 4 blocks, 30 addresses, each request a fresh browser, every human check solved by hired people."""
    numbers = [f"+7912345{block}{number:03d}" for number in range(100) for block in range(4)]
    alarm = None
    for turn in range(REQUESTS):
        at = NOW + timedelta(seconds=3600 * turn / REQUESTS)
        request = request_from(f"203.0.113.{turn % 30}")
        request.session["human"] = True
        with contextlib.suppress(Refusal, HumanCheckNeeded):
            ask(request, address=numbers[turn % 400], at=at)
        if alarm is None and "are off" in caplog.text:
            alarm = at
    assert 0 < len(codes) <= 60
    assert alarm is not None
    assert alarm - NOW < timedelta(minutes=5)
    ask(request_from("198.51.100.200"), address="olga@example.com", at=NOW + timedelta(minutes=59), channel="email")
