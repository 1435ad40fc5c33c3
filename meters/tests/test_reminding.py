"""Reminders: who is told of the window and of verifications, on which day, and that nothing is said twice."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from meters.actions import take_back
from meters.actions.reminding import remind_houses, remind_of_verifications, stage_of
from meters.models import SubmissionWindow
from meters.testing import enter, make_meter, make_reading
from meters.windows import Window
from notifications.actions import prefer
from notifications.models import Channel, Delivery, Notice
from notifications.rendering import title_and_text
from portal.testing import Cast, make_account, make_link, make_user


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)  # 12 in Moscow


def titles(user: User) -> list[str]:
    """What the person's inbox says of meters, oldest first."""
    found = Notice.objects.filter(user=user, kind__startswith="meters.").order_by("pk")
    return [title_and_text(notice)[0] for notice in found]


@pytest.mark.parametrize(
    ("window", "day", "stage"),
    [
        (Window(15, 25), date(2026, 11, 14), None),
        (Window(15, 25), date(2026, 11, 15), "opened"),
        (Window(15, 25), date(2026, 11, 16), "opened"),  # the clock stood still for a day
        (Window(15, 25), date(2026, 11, 17), None),
        (Window(15, 25), date(2026, 11, 21), None),
        (Window(15, 25), date(2026, 11, 22), "soon"),
        (Window(15, 25), date(2026, 11, 24), "soon"),
        (Window(15, 25), date(2026, 11, 25), "last"),
        (Window(15, 25), date(2026, 11, 26), None),
        (Window(28, 3), date(2026, 11, 28), "opened"),
        (Window(28, 3), date(2026, 12, 1), "soon"),
        (Window(28, 3), date(2026, 12, 3), "last"),
        (Window(1, 31), date(2027, 2, 28), "last"),
        (Window(10, 10), date(2026, 11, 10), "opened"),
        (Window(10, 12), date(2026, 11, 11), "opened"),
        (Window(10, 12), date(2026, 11, 12), "last"),
    ],
)
def test_a_day_has_one_word_or_none(window: Window, day: date, stage: str | None) -> None:
    assert stage_of(window, day) == stage


@pytest.mark.feature("C2")
def test_everybody_of_the_flat_is_told_once_when_the_window_opens(cast: Cast) -> None:
    make_meter(cast.account)
    make_meter(cast.account, "hot", "H-2")
    assert remind_houses(at=noon(11, 15)) == 3
    assert remind_houses(at=noon(11, 15) + timedelta(hours=1)) == 0
    for person in (cast.olga, cast.oleg, cast.tanya):  # a limited link sends readings too
        assert titles(person) == ["Send your readings until Nov. 25, 2026"]
    notice = Notice.objects.get(user=cast.tanya, kind="meters.window")
    assert "2 meters are waiting" in title_and_text(notice)[1]
    assert titles(cast.nina) == []  # her flat has no meters
    assert remind_houses(at=noon(11, 20)) == 0


def test_three_days_before_and_on_the_last_day_only_those_who_have_not_sent_are_told(cast: Cast) -> None:
    make_meter(cast.account)
    make_reading(make_meter(cast.nina_account, serial="N-1"), date(2026, 11, 1), "10")
    assert remind_houses(at=noon(11, 21)) == 0
    assert remind_houses(at=noon(11, 22)) == 3
    assert remind_houses(at=noon(11, 25)) == 3
    assert titles(cast.olga) == ["No readings yet: send them until Nov. 25, 2026"] * 2
    assert titles(cast.nina) == []
    assert remind_houses(at=noon(11, 26)) == 0


def test_what_was_taken_back_is_asked_for_again(cast: Cast) -> None:
    meter = make_meter(cast.account)
    outcome = enter(meter, "5", by=cast.olga, at=noon(11, 20))
    assert remind_houses(at=noon(11, 22)) == 0
    take_back(outcome.reading, by=cast.olga, at=noon(11, 22))
    assert remind_houses(at=noon(11, 22) + timedelta(hours=1)) == 3


def test_ended_and_waiting_links_closed_accounts_and_useless_meters_are_left_alone(cast: Cast) -> None:
    make_meter(cast.nina_account, serial="N-1")
    cast.nina_account.links.update(state="revoked")
    make_link(cast.igor, cast.nina_account, state="pending")
    make_meter(cast.vera_account, serial="V-1")
    cast.vera_account.closed_on = date(2026, 10, 31)
    cast.vera_account.save()
    make_meter(cast.account, serial="B-1", broken_on=date(2026, 11, 1))
    make_meter(cast.account, serial="R-1", removed_on=date(2026, 11, 1))
    make_meter(cast.account, serial="Y-1", installed_on=date(2026, 11, 2))  # is read next month
    assert remind_houses(at=noon(11, 15)) == 0


def test_a_meter_whose_readings_are_not_taken_is_not_asked_for(cast: Cast) -> None:
    make_meter(cast.account, next_verification=date(2026, 10, 1))
    rules = SubmissionWindow.objects.create(organization=cast.company, takes_expired=False)
    assert remind_houses(at=noon(11, 15)) == 0
    rules.takes_expired = True
    rules.save()
    assert remind_houses(at=noon(11, 15)) == 3


@pytest.mark.parametrize(("hour", "count"), [(4, 0), (5, 3), (18, 3), (19, 0)])  # UTC; Moscow is three hours ahead
def test_nobody_is_told_at_night(cast: Cast, hour: int, count: int) -> None:
    make_meter(cast.account)
    assert remind_houses(at=datetime(2026, 11, 15, hour, 30, tzinfo=UTC)) == count


def test_a_house_of_its_own_days_is_reminded_by_them(cast: Cast) -> None:
    make_meter(cast.account)
    SubmissionWindow.objects.create(organization=cast.company, house=cast.house, opens=28, closes=3)
    assert remind_houses(at=noon(11, 15)) == 0
    assert remind_houses(at=noon(11, 28)) == 3
    assert titles(cast.olga) == ["Send your readings until Dec. 3, 2026"]


@pytest.mark.parametrize(
    ("days", "count"), [(61, 0), (60, 1), (59, 1), (31, 1), (30, 1), (29, 1), (8, 1), (7, 1), (0, 1), (-1, 0)]
)
def test_a_verification_is_told_of_from_sixty_days_before(cast: Cast, days: int, count: int) -> None:
    make_meter(cast.nina_account, next_verification=date(2026, 12, 10) + timedelta(days=days))
    assert remind_houses(at=noon(12, 10)) == count


def test_a_verification_is_told_of_three_times_and_never_three_at_once(cast: Cast) -> None:
    make_meter(cast.nina_account, next_verification=date(2026, 12, 31))
    last = noon(12, 31)
    days = range(65, -1, -1)
    written = [
        (ahead, remind_of_verifications(cast.house, (last - timedelta(ahead)).date(), at=last)) for ahead in days
    ]
    assert [ahead for ahead, count in written if count] == [60, 30, 7]


def test_a_clock_that_stood_still_says_only_the_last_word(cast: Cast) -> None:
    make_meter(cast.nina_account, next_verification=date(2026, 12, 15))
    assert remind_houses(at=noon(12, 10)) == 1
    assert remind_houses(at=noon(12, 11)) == 0
    assert titles(cast.nina) == ["Cold water: verification until Dec. 15, 2026"]


def test_meters_of_one_day_are_told_of_together(cast: Cast) -> None:
    for resource, serial, place in (("cold", "C-1", "kitchen"), ("hot", "H-1", "bath")):
        make_meter(cast.nina_account, resource, serial, place=place, next_verification=date(2027, 1, 20))
    assert remind_houses(at=noon(12, 1)) == 1
    notice = Notice.objects.get(user=cast.nina)
    title, text = title_and_text(notice)
    assert title == "2 meters: verification until Jan. 20, 2027"
    assert "Cold water, kitchen, № C-1. Hot water, bath, № H-1." in text


def test_mail_goes_to_those_who_asked_for_it_on_the_lane_for_many(cast: Cast) -> None:
    make_meter(cast.account)
    User.objects.filter(pk=cast.olga.pk).update(email="olga@example.com")
    User.objects.filter(pk=cast.oleg.pk).update(email="oleg@example.com")
    prefer(cast.oleg, Channel.EMAIL, is_on=True)
    remind_houses(at=noon(11, 15))
    mail = Delivery.objects.get(channel=Channel.EMAIL, notice__kind="meters.window")
    assert (mail.address, mail.lane) == ("oleg@example.com", Delivery.Lane.BULK)


def test_a_house_costs_as_many_queries_for_twenty_flats_as_for_two(cast: Cast) -> None:
    def flats(first: int, count: int) -> None:
        for number in range(first, first + count):
            account = make_account(cast.house, str(number), f"90{number}")
            make_link(make_user(), account)
            make_meter(account, serial=f"S-{number}", next_verification=date(2026, 12, 1))

    def queries(at: datetime) -> int:
        with CaptureQueriesContext(connection) as seen:
            remind_houses(at=at)
        return len(seen)

    flats(100, 2)
    few = queries(noon(11, 15))
    flats(200, 20)
    assert queries(noon(11, 22)) <= few
