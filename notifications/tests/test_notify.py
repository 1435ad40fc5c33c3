"""Writing a notice down: once, for the right channels, in the caller's transaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from notifications import sealing
from notifications.actions import Told, is_opted_out, notify, notify_many, opt_out, prefer
from notifications.models import Channel, Delivery, Notice, Preference, TrayMessage
from notifications.tests.conftest import CODE, NEWS
from portal.testing import Cast, make_user

AT = timezone.now()


def channels(notice: Notice) -> set[str]:
    return set(notice.deliveries.values_list("channel", flat=True))


def test_olga_is_told_in_the_inbox_and_on_the_contacts_she_has(cast: Cast) -> None:
    prefer(cast.olga, Channel.EMAIL, is_on=True)
    prefer(cast.olga, Channel.SMS, is_on=True)
    notice = notify(NEWS, subject="house:1", at=AT, user=cast.olga, context={"house": "12"}, url="/home/")
    assert channels(notice) == {Channel.INBOX, Channel.SMS}  # Olga has no e-mail
    assert notice.deliveries.get(channel=Channel.INBOX).state == Delivery.State.SENT
    assert notice.deliveries.get(channel=Channel.SMS).address == cast.olga.phone
    assert notice.deliveries.get(channel=Channel.SMS).state == Delivery.State.QUEUED
    assert notice.language == "en"


def test_the_second_call_returns_the_first_notice_and_sends_nothing(cast: Cast) -> None:
    prefer(cast.olga, Channel.SMS, is_on=True)
    first = notify(NEWS, subject="house:1", at=AT, user=cast.olga)
    again = notify(NEWS, subject="house:1", at=AT + timedelta(days=1), user=cast.olga)
    assert again == first
    assert again.created_at == AT
    assert Delivery.objects.count() == 2
    assert notify(NEWS, subject="house:2", at=AT, user=cast.olga) != first
    assert notify(NEWS, subject="house:1", at=AT, user=cast.nina) != first


def test_an_address_takes_the_place_of_all_own_contacts(db: None) -> None:
    user = make_user(email="own@example.com")
    prefer(user, Channel.SMS, is_on=True)
    notice = notify(NEWS, subject="x", at=AT, user=user, address="+79120001122")
    assert set(notice.deliveries.values_list("channel", "address")) == {("inbox", ""), ("sms", "+79120001122")}


def test_an_address_without_a_user_is_kept_as_a_digest(db: None) -> None:
    notice = notify(NEWS, subject="x", at=AT, address="Someone@Example.com", language="uk")
    assert set(notice.deliveries.values_list("channel", flat=True)) == {"email"}
    assert notice.recipient == f"to:{sealing.digest('someone@example.com')}"
    assert "someone" not in notice.recipient
    assert notice.language == "uk"


@pytest.mark.parametrize(
    ("own", "given", "active", "written"),
    [("uk", "en", "ru", "uk"), ("", "en", "ru", "en"), ("", "", "uk", "uk"), ("", "", "de", "ru")],
)
def test_the_language_is_the_persons_then_the_given_then_the_active(
    db: None, settings: Settings, own: str, given: str, active: str, written: str
) -> None:
    settings.LANGUAGE_CODE = "ru"
    user = make_user(language=own)
    with translation.override(active):
        assert notify(NEWS, subject="x", at=AT, user=user, language=given).language == written


@pytest.mark.feature("D2")
def test_without_a_yes_an_event_goes_to_the_inbox_only(db: None) -> None:
    user = make_user(email="own@example.com", phone="+79120001122")
    assert channels(notify(NEWS, subject="x", at=AT, user=user)) == {"inbox"}
    assert channels(notify(NEWS, subject="y", at=AT, user=user, channels=["sms", "email"])) == set()


@pytest.mark.feature("D2")
def test_a_yes_to_a_channel_opens_it_and_a_no_closes_it(db: None) -> None:
    user = make_user(email="own@example.com", phone="+79120001122")
    prefer(user, Channel.EMAIL, is_on=True)
    assert channels(notify(NEWS, subject="x", at=AT, user=user)) == {"inbox", "email"}
    prefer(user, Channel.SMS, is_on=True)
    assert channels(notify(NEWS, subject="y", at=AT, user=user)) == {"inbox", "email", "sms"}
    prefer(user, Channel.EMAIL, is_on=False)
    assert channels(notify(NEWS, subject="z", at=AT, user=user)) == {"inbox", "sms"}


def test_a_word_about_one_event_counts_more_and_opens_no_other_channel(db: None) -> None:
    user = make_user(email="own@example.com", phone="+79120001122")
    for event, channel, is_on in [
        ("*", "sms", True), ("news", "sms", False), ("news", "email", True), ("news", "voice", True),
        ("news", "inbox", False), ("other", "email", False),
    ]:  # fmt: skip
        Preference.objects.create(user=user, event=event, channel=channel, is_on=is_on)
    assert channels(notify(NEWS, subject="x", at=AT, user=user)) == {"inbox", "email"}
    assert channels(notify(NEWS, subject="y", at=AT, user=user, channels=["sms", "email"])) == {"email"}


def test_many_are_told_as_each_would_be_in_as_many_queries_as_two(
    db: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [make_user(email=f"p{number}@example.com", language="uk") for number in range(30)]
    prefer(people[0], Channel.EMAIL, is_on=True)
    prefer(people[1], Channel.SMS, is_on=True)
    notify(NEWS, subject="x", at=AT, user=people[2])
    with django_assert_max_num_queries(7):  # the savepoint's two among them
        assert notify_many(NEWS, [Told(one, "x", {"day": AT.date()}, "/a/") for one in people], at=AT) == 29
    assert notify_many(NEWS, [Told(one, "x") for one in people], at=AT) == 0
    first, second, third = (Notice.objects.get(user=one) for one in people[:3])
    assert [channels(one) for one in (first, second, third)] == [{"inbox", "email"}, {"inbox", "sms"}, {"inbox"}]
    assert (first.language, first.url, first.context) == ("uk", "/a/", {"day": AT.date()})
    assert first.deliveries.get(channel="email").address == "p0@example.com"
    assert third.context == {}  # told before, by itself


@pytest.mark.feature("D2")
def test_a_no_stops_what_waits_but_never_a_code(db: None) -> None:
    user = make_user(email="own@example.com", phone="+79120001122")
    prefer(user, Channel.SMS, is_on=True)
    news = notify(NEWS, subject="x", at=AT, user=user)
    secret = notify(CODE, subject="x", at=AT, user=user, secret="1")
    prefer(user, Channel.SMS, is_on=False)
    assert news.deliveries.get(channel="sms").state == Delivery.State.EXPIRED
    assert secret.deliveries.get().state == Delivery.State.QUEUED
    assert channels(notify(CODE, subject="y", at=AT, user=user, secret="1")) == {"sms"}


def test_a_code_cannot_be_switched_off(db: None) -> None:
    user = make_user()
    Preference.objects.create(user=user, event="", channel=Channel.SMS, is_on=False)
    assert channels(notify(CODE, subject="x", at=AT, user=user, secret="123456")) == {"sms"}


def test_dates_and_sums_come_back_as_they_went_in(cast: Cast) -> None:
    context = {"day": date(2026, 2, 1), "sum": Decimal("47048.00"), "at": AT, "list": [{"sum": Decimal("0.10")}]}
    notice = notify(NEWS, subject="x", at=AT, user=cast.olga, context=context)
    notice.refresh_from_db()
    assert notice.context == context


def test_what_is_forgotten_by_the_caller_is_a_bug(db: None) -> None:
    with pytest.raises(ValueError, match="nobody"):
        notify(NEWS, subject="x", at=AT)
    with pytest.raises(ValueError, match="lifetime"):
        notify(NEWS, subject="x", at=AT, user=make_user(), secret="123456")


@pytest.mark.feature("F3")
@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_nothing_and_a_commit_sends() -> None:
    user = make_user()
    with transaction.atomic():
        notify(CODE, subject="x", at=timezone.now(), user=user, secret="123456")
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not TrayMessage.objects.exists()
    with transaction.atomic():
        notify(CODE, subject="x", at=timezone.now(), user=user, secret="123456")
        assert not TrayMessage.objects.exists()
    assert "123456" in TrayMessage.objects.get(address=user.phone).text


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_write_one_notice() -> None:
    user = make_user()
    prefer(user, Channel.SMS, is_on=True)

    def tell(number: int) -> int:
        try:
            with transaction.atomic():
                return notify(NEWS, subject="same", at=AT, user=user, context={"house": number}).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        found = set(pool.map(tell, range(20)))
    assert len(found) == 1
    assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["inbox", "sms"]
    assert TrayMessage.objects.count() == 1


def test_secrets_are_sealed_and_leave_no_trace_in_the_tables(
    db: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    user = make_user()

    def dump() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT n::text || encode(coalesce(n.secret, ''), 'escape') FROM notifications_notice n")
            notices = cursor.fetchall()
            cursor.execute("SELECT d::text FROM notifications_delivery d")
            return str(notices + cursor.fetchall())

    with django_capture_on_commit_callbacks() as callbacks:
        notice = notify(CODE, subject="x", at=timezone.now(), user=user, secret="907341")
    assert "907341" not in dump()
    assert notice.secret is not None
    assert sealing.unseal(notice.secret) == "907341"
    for callback in callbacks:
        callback()
    assert "907341" in TrayMessage.objects.get().text
    assert "907341" not in dump()
    assert Notice.objects.get().secret is None  # erased once sent


def test_an_old_key_still_opens_and_the_first_key_writes(settings: Settings) -> None:
    settings.FIELD_KEY = "old"
    sealed, key = sealing.seal("123456"), sealing.digest("a@example.com")
    settings.FIELD_KEY = "new, old"
    assert sealing.unseal(sealed) == "123456"
    assert sealing.digest("a@example.com") == key
    newer = sealing.seal("123456")
    settings.FIELD_KEY = "new"
    assert sealing.unseal(newer) == "123456"


def test_an_address_may_be_closed_to_codes_for_thirty_days(db: None) -> None:
    opt_out("+79120000001", at=AT)
    assert is_opted_out("+79120000001", AT + timedelta(days=29))
    assert not is_opted_out("+79120000001", AT + timedelta(days=31))
    assert not is_opted_out("+79120000002", AT)
    opt_out("+79120000001", at=AT + timedelta(days=5))
    assert is_opted_out("+79120000001", AT + timedelta(days=31))
