"""Every number of the limits table holds at n and refuses at n + 1, also for fifty clients at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts import limits
from accounts.limits import Hit, Limit, LimitReached, take
from accounts.models import LimitHit
from accounts.tests.tools import at_once

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALL = [value for value in vars(limits).values() if isinstance(value, Limit)]
PLAIN = [limit for limit in ALL if not limit.gaps]

B0 = {
    "pay": (10, 60), "sms hour": (3, 60), "sms day": (6, 1440), "voice hour": (2, 60), "voice day": (4, 1440), "email hour": (5, 60),
    "email day": (15, 1440), "device hour": (5, 60), "number block hour": (15, 60), "network numbers": (5, 60),
    "network sends": (20, 1440), "network hard": (200, 1440), "all sms": (200, 1440), "device number": (1, 60), "sms alarm": (1, 15), "wrong hour": (10, 60),
    "wrong day": (20, 1440), "wrong network": (30, 60), "wrong all": (200, 10), "password login": (5, 10),
    "password network": (20, 10), "link address hour": (5, 60), "link address day": (10, 1440),
    "link address account": (5, 1440), "link address house": (30, 1440), "link address network": (20, 1440),
    "link password user": (5, 10), "link password account": (10, 1440), "link code user": (10, 60), "pdf": (30, 10),
    "identity network": (120, 10), "readings": (60, 60), "pay notice": (1200, 10), "pay noise": (60, 10),
    "factor user": (5, 10), "factor network": (20, 10), "factor reset": (5, 60),
    "passkey network": (30, 10), "passkey user": (10, 10), "passkey begun": (120, 10),
}  # fmt: skip


def test_the_table_holds_the_promised_numbers() -> None:
    assert {limit.name: (limit.count, limit.window // timedelta(minutes=1)) for limit in PLAIN} == B0
    assert len({limit.name for limit in ALL}) == len(ALL)


@pytest.mark.django_db
@pytest.mark.parametrize("limit", PLAIN, ids=lambda limit: limit.name)
def test_a_limit_lets_n_pass_and_refuses_the_next(limit: Limit) -> None:
    rows = [LimitHit(key=limit.key("who"), at=NOW) for _ in range(limit.count - 1)]
    LimitHit.objects.bulk_create(rows)
    take([(limit, "who")], at=NOW)
    with pytest.raises(LimitReached) as refused:
        take([(limit, "who")], at=NOW + limit.window - timedelta(seconds=1))
    assert refused.value.status == 429
    assert refused.value.until == NOW + limit.window
    take([(limit, "who")], at=NOW + limit.window)
    take([(limit, "somebody else")], at=NOW)


@pytest.mark.django_db
def test_of_several_full_limits_the_one_that_stays_so_longest_is_told() -> None:
    """One SMS a minute and one an hour to this number: «after 22:59» would be refused again until 23:58."""
    hits = [
        (limits.NETWORK_HARD, "net"),
        (limits.RESEND, "sms:n"),
        (limits.DEVICE_NUMBER, "d:n"),
        (limits.NETWORK_NUMBERS, "net"),
    ]
    take(hits, at=NOW)
    LimitHit.objects.bulk_create([LimitHit(key=limits.NETWORK_NUMBERS.key("net"), at=NOW) for _ in range(5)])
    with pytest.raises(LimitReached) as refused:
        take(hits, at=NOW + timedelta(seconds=5))
    assert (refused.value.limit, refused.value.until) == (limits.DEVICE_NUMBER, NOW + timedelta(hours=1))
    with pytest.raises(LimitReached) as refused:
        take(hits, at=NOW + timedelta(minutes=30))
    assert refused.value.limit == limits.DEVICE_NUMBER


@pytest.mark.django_db
def test_the_window_slides() -> None:
    for minute in (0, 20, 40):
        take([(limits.SMS_HOUR, "n")], at=NOW + timedelta(minutes=minute))
    take([(limits.SMS_HOUR, "n")], at=NOW + timedelta(minutes=60))
    with pytest.raises(LimitReached) as refused:
        take([(limits.SMS_HOUR, "n")], at=NOW + timedelta(minutes=61))
    assert refused.value.until == NOW + timedelta(minutes=80)


@pytest.mark.django_db
def test_a_resend_waits_longer_each_time() -> None:
    at = NOW
    for wait in (60, 120, 300, 300):
        take([(limits.RESEND, "n")], at=at)
        with pytest.raises(LimitReached) as refused:
            take([(limits.RESEND, "n")], at=at + timedelta(seconds=wait - 1))
        at += timedelta(seconds=wait)
        assert refused.value.until == at


@pytest.mark.django_db
def test_all_hits_are_counted_or_none() -> None:
    for _ in range(3):
        take([(limits.SMS_HOUR, "n")], at=NOW)
    with pytest.raises(LimitReached):
        take([(limits.NETWORK_HARD, "ip"), (limits.SMS_HOUR, "n")], at=NOW)
    assert limits.used(limits.NETWORK_HARD, "ip", at=NOW) == 0


@pytest.mark.django_db
def test_a_limit_of_items_counts_different_items_only() -> None:
    for number in ("1", "1", "2", "3", "4", "5", "5"):
        take([Hit(limits.NETWORK_NUMBERS, "ip", item=number)], at=NOW)
    with pytest.raises(LimitReached):
        take([Hit(limits.NETWORK_NUMBERS, "ip", item="6")], at=NOW)
    take([Hit(limits.NETWORK_NUMBERS, "ip", item="3")], at=NOW)


@pytest.mark.django_db
def test_what_is_given_back_does_not_count() -> None:
    for _ in range(20):
        take([(limits.PASSWORD_LOGIN, "n")], at=NOW).give_back()
    assert limits.used(limits.PASSWORD_LOGIN, "n", at=NOW) == 0


@pytest.mark.django_db
def test_a_limit_is_never_taken_where_a_refusal_would_take_it_back() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        take([(limits.SMS_HOUR, "n")], at=NOW)


@pytest.mark.django_db
def test_keys_name_nobody() -> None:
    take(
        [Hit(limits.SMS_HOUR, "+79123456789"), Hit(limits.NETWORK_NUMBERS, "198.51.100.7", item="+79123456789")], at=NOW
    )
    stored = " ".join(LimitHit.objects.values_list("key", flat=True))
    assert "9123456789" not in stored
    assert "198.51" not in stored


def test_the_sentence_says_when_and_what_else() -> None:
    refusal = LimitReached(limits.SMS_HOUR, datetime(2026, 3, 2, 10, 30, 5, tzinfo=UTC), at=NOW)
    assert "13:31" in str(refusal.message)
    tomorrow = LimitReached(limits.SMS_DAY, datetime(2026, 3, 3, 10, 30, tzinfo=UTC), at=NOW)
    assert "13:30" in str(tomorrow.message)
    assert "3 " in str(tomorrow.message)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "limit", [limits.SMS_HOUR, limits.NETWORK_SENDS, limits.LINK_ADDRESS_HOUR], ids=lambda row: row.name
)
def test_fifty_at_once_hold_exactly_n(limit: Limit, settings: object) -> None:
    def job(number: int) -> bool:
        pair = [(limit, "who"), (limits.NETWORK_HARD, "ip")]
        take(pair if number % 2 else pair[::-1], at=NOW)
        return True

    results = at_once(50, job)
    assert results.count(True) == limit.count
    assert sum(isinstance(result, LimitReached) for result in results) == 50 - limit.count
    assert limits.used(limit, "who", at=NOW) == limit.count
    assert limits.used(limits.NETWORK_HARD, "ip", at=NOW) == limit.count
