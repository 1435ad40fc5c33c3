"""Entering a reading: what each source may do with each meter, and which month it counts to."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meters.actions import NotAcceptable, Result, TooLateToTakeBack, WindowIsClosed, submit, take_back
from meters.consumption import Doubt
from meters.examining import Entry
from meters.models import Drop, Meter, Reading, Source, SubmissionWindow
from meters.testing import enter, make_meter, make_reading, make_readings
from portal.testing import Cast, make_account

NOV = date(2026, 11, 1)
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EVERYBODY = list(Source)


def why(info: pytest.ExceptionInfo[NotAcceptable]) -> str:
    """What the first finding says."""
    finding = info.value.findings[0]
    return str(finding.error) or " ".join(sorted(finding.doubts))


def refused(meter: Meter, value: str = "10", *, source: str = Source.OWNER, at: datetime = AT, **fields: object) -> str:
    """Try to enter; return why it was refused, '' if it was not."""
    try:
        enter(meter, value, source=source, at=at, **fields)
    except NotAcceptable as caught:
        assert not meter.readings.filter(created_at=at).exists()
        return str(caught.findings[0].error) or " ".join(sorted(caught.findings[0].doubts))
    return ""


class TestTheMeter:
    """Every source × a meter that is not as it should be."""

    @pytest.mark.parametrize("source", EVERYBODY)
    def test_removed(self, cast: Cast, source: str) -> None:
        meter = make_meter(cast.account, removed_on=date(2026, 11, 10))
        assert "has been removed" in refused(meter, source=source)

    @pytest.mark.parametrize("source", EVERYBODY)
    def test_on_the_day_of_removal_only_those_who_sign_acts(self, cast: Cast, source: str) -> None:
        meter = make_meter(cast.account, removed_on=date(2026, 11, 10))
        taken = refused(meter, source=source, taken_on=date(2026, 11, 10)) == ""
        assert taken is (source in {Source.CONTROLLED, Source.COMPANY, Source.SUPPLIER})

    @pytest.mark.parametrize("source", EVERYBODY)
    def test_broken(self, cast: Cast, source: str) -> None:
        meter = make_meter(cast.account, broken_on=date(2026, 11, 10))
        taken = refused(meter, source=source) == ""
        assert taken is (source in {Source.CONTROLLED, Source.COMPANY, Source.SUPPLIER})

    @pytest.mark.parametrize("takes_expired", [True, False])
    @pytest.mark.parametrize("source", EVERYBODY)
    def test_verification_expired(self, cast: Cast, source: str, takes_expired: bool) -> None:
        SubmissionWindow.objects.create(organization=cast.company, takes_expired=takes_expired)
        meter = make_meter(cast.account, next_verification=date(2026, 11, 19))
        walks = source in {Source.OWNER, Source.COUNCIL}
        assert (refused(meter, source=source) == "") is (takes_expired or not walks)
        for reading in meter.readings.all():
            assert reading.is_billable is (source == Source.CONTROLLED)

    @pytest.mark.parametrize("source", EVERYBODY)
    def test_not_installed_yet(self, cast: Cast, source: str) -> None:
        meter = make_meter(cast.account, installed_on=date(2026, 11, 18))
        assert "not installed yet" in refused(meter, source=source, taken_on=date(2026, 11, 17))

    @pytest.mark.parametrize("source", EVERYBODY)
    def test_a_day_that_has_not_come(self, cast: Cast, source: str) -> None:
        assert "not come yet" in refused(make_meter(cast.account), source=source, taken_on=date(2026, 11, 21))

    def test_a_day_before_the_last_reading(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_reading(meter, date(2026, 10, 1), "5", taken_on=date(2026, 11, 12))
        assert "last reading was taken later" in refused(meter, taken_on=date(2026, 11, 11))

    def test_too_many_digits(self, cast: Cast) -> None:
        assert "before the comma" in refused(make_meter(cast.account), "100000")
        assert "after the comma" in refused(make_meter(cast.account, serial="2"), "1.2345")

    def test_every_zone_or_none(self, cast: Cast) -> None:
        assert "every zone" in refused(make_meter(cast.account, "power", zones=2, initial_t2=0))


class TestALowerValue:
    """Mistyped, replaced or passed zero: nothing else lets it through."""

    @pytest.mark.parametrize("source", [one for one in EVERYBODY if one != Source.CONTROLLED])
    def test_is_refused_and_no_confirmation_helps(self, cast: Cast, source: str) -> None:
        meter = make_meter(cast.account)
        make_reading(meter, date(2026, 10, 1), "500")
        with pytest.raises(NotAcceptable) as caught:
            enter(meter, "400", source=source, at=AT, confirmed=frozenset(Doubt))
        assert caught.value.findings[0].is_wrong

    def test_passes_as_a_counter_that_passed_zero(self, cast: Cast) -> None:
        """Vector M1 through the door: 99998.450 → 3.120."""
        meter = make_meter(cast.account)
        make_reading(meter, date(2026, 10, 1), "99998.450")
        reading = enter(meter, "3.120", at=AT, passed_zero=True).reading
        assert (reading.drop, reading.is_current) == (Drop.ROLLOVER, True)

    @pytest.mark.parametrize("source", [one for one in EVERYBODY if one != Source.CONTROLLED])
    def test_is_no_rollover_when_too_much_would_have_been_used(self, cast: Cast, source: str) -> None:
        """99 900 m³ in a month: whoever says so, only an act may."""
        meter = make_meter(cast.account)
        make_reading(meter, date(2026, 10, 1), "500")
        assert "Too much" in refused(meter, "400", source=source, passed_zero=True)

    def test_passes_as_an_act_and_says_so(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_reading(meter, date(2026, 10, 1), "500")
        assert enter(meter, "400", source=Source.CONTROLLED, at=AT).reading.drop == Drop.ACT


class TestADoubt:
    def test_asks_once_and_is_kept_with_the_reading(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_readings(meter, date(2026, 5, 1), "100", "104", "108", "112", "116", "120")
        assert refused(meter, "160") == "high"
        reading = enter(meter, "160", at=AT, confirmed=frozenset({"high"})).reading
        assert reading.doubts == "high"
        assert list(Reading.objects.doubtful()) == [reading]

    def test_equal_to_the_last_is_fine(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_readings(meter, date(2026, 9, 1), "100", "104")
        assert enter(meter, "104", at=AT).result == Result.ACCEPTED

    def test_nothing_used_for_three_months_where_people_live(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_readings(meter, date(2026, 7, 1), "100", "104", "104", "104")
        assert refused(meter, "104") == "zero"
        cast.account.residents = 0
        cast.account.save()
        assert refused(meter, "104") == ""

    def test_hot_far_above_cold_in_one_flat(self, cast: Cast) -> None:
        cold, hot = make_meter(cast.account), make_meter(cast.account, "hot", "H")
        for meter in (cold, hot):
            make_reading(meter, date(2026, 10, 1), "100")
        entries = [Entry(meter, (Decimal(value),), AT.date()) for meter, value in ((cold, "102"), (hot, "109"))]
        with pytest.raises(NotAcceptable) as caught:
            submit(entries, source=Source.OWNER, by=cast.olga, at=AT)
        assert [set(one.doubts) for one in caught.value.findings] == [set(), {"hot_over_cold"}]

    def test_hot_is_compared_with_cold_that_was_sent_before(self, cast: Cast) -> None:
        cold, hot = make_meter(cast.account), make_meter(cast.account, "hot", "H")
        for meter in (cold, hot):
            make_reading(meter, date(2026, 10, 1), "100")
        assert refused(hot, "109") == ""
        hot.readings.current().get(period=NOV)
        enter(cold, "102", at=AT)
        assert refused(hot, "109.5", at=AT.replace(hour=10)) == "hot_over_cold"

    def test_a_comma_left_out_is_guessed(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_readings(meter, date(2026, 7, 1), "18.100", "20.000", "22.050", "24.347")
        with pytest.raises(NotAcceptable) as caught:
            enter(meter, "26500", at=AT)
        assert "glued" in caught.value.findings[0].doubts
        assert caught.value.findings[0].suggestion == Decimal("26.500")


class TestTheWindow:
    """15 to 25, in the time of the house."""

    @pytest.mark.parametrize("source", [Source.OWNER, Source.COUNCIL])
    @pytest.mark.parametrize(("day", "is_open"), [(14, False), (15, True), (25, True), (26, False)])
    def test_is_open_on_its_days(self, cast: Cast, source: str, day: int, is_open: bool) -> None:
        meter, at = make_meter(cast.account), datetime(2026, 11, day, 12, tzinfo=ZoneInfo("Europe/Moscow"))
        if is_open:
            assert enter(meter, "1", source=source, at=at).reading.period == NOV
        else:
            with pytest.raises(WindowIsClosed) as caught:
                enter(meter, "1", source=source, at=at)
            assert caught.value.reopens == date(2026, 11 if day < 15 else 12, 15)

    @pytest.mark.parametrize(("zone", "is_open"), [("Europe/Moscow", True), ("Asia/Vladivostok", False)])
    def test_closes_at_midnight_of_the_house(self, cast: Cast, zone: str, is_open: bool) -> None:
        """23:30 in Moscow on the 25th is the 26th in Vladivostok."""
        cast.company.time_zone = zone
        cast.company.save()
        meter, at = make_meter(cast.account), datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
        if is_open:
            enter(meter, "1", at=at, taken_on=date(2026, 11, 25))
        else:
            with pytest.raises(WindowIsClosed):
                enter(meter, "1", at=at, taken_on=date(2026, 11, 25))

    def test_vector_m6_after_the_close_counts_to_november(self, cast: Cast) -> None:
        """26 October → November: for the company, and for the resident where the company takes late readings."""
        at = datetime(2026, 10, 26, 9, tzinfo=UTC)
        assert enter(make_meter(cast.account), "1", source=Source.COMPANY, at=at).reading.period == NOV
        SubmissionWindow.objects.create(organization=cast.company, takes_late=True)
        assert enter(make_meter(cast.account, serial="2"), "1", at=at).reading.period == NOV

    def test_the_house_has_its_own_days(self, cast: Cast) -> None:
        """28 to 3: on 2 December the reading counts to November."""
        SubmissionWindow.objects.create(organization=cast.company, house=cast.house, opens=28, closes=3)
        at = datetime(2026, 12, 2, 9, tzinfo=UTC)
        assert enter(make_meter(cast.account), "1", at=at).reading.period == NOV

    def test_what_was_sent_is_not_taken_back_after_the_close(self, cast: Cast) -> None:
        reading = enter(make_meter(cast.account), "1", by=cast.olga, at=AT).reading
        with pytest.raises(TooLateToTakeBack):
            take_back(reading, by=cast.olga, at=datetime(2026, 11, 26, 9, tzinfo=UTC))

    def test_nobody_takes_back_what_another_sent(self, cast: Cast) -> None:
        reading = enter(make_meter(cast.account), "1", by=cast.olga, at=AT).reading
        with pytest.raises(TooLateToTakeBack):
            take_back(reading, by=cast.oleg, at=AT)


def test_five_hundred_readings_cost_as_many_queries_as_five(cast: Cast) -> None:
    meters = [make_meter(make_account(cast.house, f"9{number}", f"9000{number}")) for number in range(50)]
    for meter in meters:
        make_readings(meter, date(2026, 9, 1), "100", "104")

    def cost(some: list[Meter]) -> int:
        entries = [Entry(meter, (Decimal(105),), AT.date()) for meter in some]
        with CaptureQueriesContext(connection) as seen:
            submit(entries, source=Source.COUNCIL, by=cast.vera, at=AT)
        return len(seen)

    assert cost(meters[:5]) == cost(meters[5:]) <= 10
