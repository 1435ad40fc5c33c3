"""Who may stand above whom: controlled > company > supplier > automatic > council > owner, here and in the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext

from meters.actions import Result, submit, take_back
from meters.consumption import Doubt
from meters.examining import Entry
from meters.models import Reading, ReadingState, Source
from meters.models.reading import RANK
from meters.testing import enter, make_meter, make_reading
from notifications.models import Notice
from portal.testing import Cast, make_cast

NOV = date(2026, 11, 1)
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EVERY_DOUBT = frozenset(str(doubt) for doubt in Doubt)
ORDER = sorted(RANK, key=lambda source: RANK[source])


def counts(meter_id: int) -> Reading:
    return Reading.objects.get(meter=meter_id, period=NOV, state=ReadingState.CURRENT)


@pytest.mark.parametrize(("lower", "higher"), list(combinations(ORDER, 2)))
def test_of_two_sources_the_higher_counts_whatever_came_first(cast: Cast, lower: Source, higher: Source) -> None:
    """Every pair of sources in both orders: both rows are kept, one is current by the rule."""
    for number, (first, second) in enumerate([(lower, higher), (higher, lower)]):
        meter = make_meter(cast.account, serial=f"N{number}")
        enter(meter, "10.5", source=first, by=cast.olga, at=AT)
        outcome = enter(meter, "11.5", source=second, by=cast.mark, at=AT + timedelta(minutes=1))
        assert counts(meter.pk).source == higher
        assert meter.readings.count() == 2
        assert outcome.result == (Result.ACCEPTED if second == higher else Result.OUTRANKED)


def test_vector_m5_the_owner_comes_two_days_after_the_company(cast: Cast) -> None:
    """Domain vector M5: the company on the 22nd, the owner on the 24th: the company's value stays."""
    meter = make_meter(cast.account)
    enter(meter, "7", source=Source.COMPANY, by=cast.mark, at=datetime(2026, 11, 22, 9, tzinfo=UTC))
    outcome = enter(meter, "8", by=cast.olga, at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert outcome.result == Result.OUTRANKED
    assert outcome.rival
    assert (outcome.rival.author, counts(meter.pk).t1) == (cast.mark, Decimal(7))


def test_the_same_source_corrects_and_the_old_value_stays_as_history(cast: Cast) -> None:
    meter = make_meter(cast.account)
    enter(meter, "7", by=cast.olga, at=AT)
    enter(meter, "7.5", by=cast.oleg, at=AT + timedelta(hours=1))
    assert counts(meter.pk).t1 == Decimal("7.5")
    assert [row.state for row in meter.readings.order_by("pk")] == [ReadingState.KEPT, ReadingState.CURRENT]


def test_the_same_value_twice_is_one_row(cast: Cast) -> None:
    meter = make_meter(cast.account)
    first = enter(meter, "7", by=cast.olga, at=AT)
    again = enter(meter, "7", by=cast.olga, at=AT + timedelta(minutes=1))
    assert (again.result, again.reading) == (Result.UNCHANGED, first.reading)
    assert meter.readings.count() == 1


def test_the_resident_is_told_when_the_council_counts_instead(cast: Cast) -> None:
    """Olga sent hers, Vera walks round: Vera's counts and Olga gets a notice; neither value is lost."""
    meter = make_meter(cast.account)
    enter(meter, "7", by=cast.olga, at=AT)
    enter(meter, "9", source=Source.COUNCIL, by=cast.vera, at=AT)
    notice = Notice.objects.get(user_id=cast.olga.pk, kind="meters.overruled")
    assert notice.context["mine"] == "7.000"
    assert notice.context["values"] == "9.000"


def test_a_form_opened_before_the_council_entered_is_kept_and_its_author_told(cast: Cast) -> None:
    meter = make_meter(cast.account)
    enter(meter, "9", source=Source.COUNCIL, by=cast.vera, at=AT)
    outcome = enter(meter, "7", by=cast.olga, at=AT + timedelta(seconds=5))
    assert outcome.reading.state == ReadingState.KEPT
    assert Notice.objects.filter(user_id=cast.olga.pk, kind="meters.overruled").count() == 1


def test_taking_back_takes_back_all_of_ones_own(cast: Cast) -> None:
    """Olga mistyped, corrected and takes back: her mistake does not count again."""
    meter = make_meter(cast.account)
    enter(meter, "9000", by=cast.olga, at=AT, confirmed=EVERY_DOUBT)
    second = enter(meter, "7.5", by=cast.olga, at=AT + timedelta(hours=1)).reading
    take_back(second, by=cast.olga, at=AT + timedelta(hours=2))
    assert not meter.readings.current().exists()
    assert [row.state for row in meter.readings.all()] == [ReadingState.WITHDRAWN] * 2


def test_taking_back_lets_the_others_reading_count_again(cast: Cast) -> None:
    meter = make_meter(cast.account)
    enter(meter, "7", by=cast.oleg, at=AT)
    second = enter(meter, "7.5", by=cast.olga, at=AT + timedelta(hours=1)).reading
    take_back(second, by=cast.olga, at=AT + timedelta(hours=2))
    assert counts(meter.pk).author == cast.oleg


def test_a_council_member_takes_back_a_value_of_the_wrong_flat(cast: Cast) -> None:
    meter = make_meter(cast.account)
    enter(meter, "7", by=cast.olga, at=AT)
    wrong = enter(meter, "9", source=Source.COUNCIL, by=cast.vera, at=AT).reading
    take_back(wrong, by=cast.vera, at=AT)
    assert counts(meter.pk).author == cast.olga


def test_a_resident_is_told_when_another_resident_counts_instead(cast: Cast) -> None:
    meter = make_meter(cast.account)
    enter(meter, "7", by=cast.oleg, at=AT)
    enter(meter, "7.5", by=cast.olga, at=AT)
    assert set(Notice.objects.filter(kind="meters.overruled").values_list("user_id", flat=True)) == {cast.oleg.pk}


def test_a_limited_link_takes_no_others_place(cast: Cast) -> None:
    """Tanya's link is limited: her value is kept, Olga's counts; her own she may correct."""
    meter = make_meter(cast.account)
    enter(meter, "6", by=cast.tanya, at=AT, only_own=True)
    enter(meter, "6.5", by=cast.tanya, at=AT, only_own=True)
    enter(meter, "7", by=cast.olga, at=AT)
    outcome = enter(meter, "8", by=cast.tanya, at=AT + timedelta(hours=1), only_own=True)
    assert (outcome.result, counts(meter.pk).author) == (Result.OUTRANKED, cast.olga)


def test_a_reading_that_may_not_be_charged_takes_no_place_of_one_that_may(cast: Cast) -> None:
    """The verification ended on the 18th; the value of the 17th counts, that of the 20th is kept, however often it is sent."""
    meter = make_meter(cast.account, next_verification=date(2026, 11, 18))
    enter(meter, "7", by=cast.olga, at=AT, taken_on=date(2026, 11, 17))
    for minute in (1, 2):
        outcome = enter(meter, "8", by=cast.olga, at=AT + timedelta(minutes=minute))
        assert outcome.result == Result.OUTRANKED
    assert (counts(meter.pk).t1, meter.readings.count()) == (Decimal(7), 2)


def test_a_photo_sent_with_the_same_value_joins_the_reading(cast: Cast) -> None:
    meter = make_meter(cast.account)
    enter(meter, "7", by=cast.olga, at=AT)
    again = enter(meter, "7", by=cast.olga, at=AT, photo=ContentFile(b"jpeg", "one.jpg"))
    assert again.result == Result.UNCHANGED
    assert meter.readings.get().photo.read() == b"jpeg"


class TestTheDatabaseItself:
    """The rules hold for whoever writes past the actions."""

    def refused(self, name: str) -> pytest.RaisesExc[IntegrityError]:
        return pytest.raises(IntegrityError, match=name)

    def test_refuses_a_lower_source_in_the_place_of_a_higher(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        held = make_reading(meter, NOV, "7", source=Source.COMPANY)
        Reading.objects.filter(pk=held.pk).update(state=ReadingState.KEPT)
        with self.refused("higher source"), transaction.atomic():
            make_reading(meter, NOV, "8", source=Source.OWNER)

    def test_refuses_two_readings_that_count(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_reading(meter, NOV, "7")
        with self.refused("one_current_reading_per_period"), transaction.atomic():
            make_reading(meter, NOV, "8")

    def test_refuses_a_value_below_the_one_before_and_above_the_one_after(self, cast: Cast) -> None:
        meter = make_meter(cast.account)
        make_reading(meter, date(2026, 9, 1), "7")
        make_reading(meter, NOV, "9")
        with self.refused("lower than the one before"), transaction.atomic():
            make_reading(meter, date(2026, 10, 1), "6")
        with self.refused("higher than the one after"), transaction.atomic():
            make_reading(meter, date(2026, 10, 1), "10")
        make_reading(meter, date(2026, 12, 1), "3", drop="rollover")

    def test_refuses_zones_that_the_meter_has_not_and_days_before_it_was_there(self, cast: Cast) -> None:
        meter = make_meter(cast.account, "power", zones=2, initial_t2=0)
        with self.refused("does not fit"), transaction.atomic():
            make_reading(meter, NOV, "7")
        with self.refused("does not fit"), transaction.atomic():
            make_reading(meter, NOV, "7", "8", "9")
        with self.refused("does not fit"), transaction.atomic():
            make_reading(meter, NOV, "7", "8", taken_on=date(2019, 11, 20))

    def test_refuses_to_rewrite_and_to_delete(self, cast: Cast) -> None:
        reading = make_reading(make_meter(cast.account), NOV, "7")
        with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
            Reading.objects.filter(pk=reading.pk).update(t1=8)
        with pytest.raises((IntegrityError, InternalError), match="never rewritten"), transaction.atomic():
            reading.delete()


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_submissions_of_one_reading_are_one_row() -> None:
    cast = make_cast()
    meter = make_meter(cast.account)

    def send(number: int) -> Result:
        try:
            return enter(meter, "7", by=cast.olga, at=AT + timedelta(seconds=number)).result
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(send, range(50)))
    assert sorted(results) == [Result.ACCEPTED] + [Result.UNCHANGED] * 49
    assert meter.readings.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_owner_and_the_council_at_the_same_moment_end_the_same_way_every_time() -> None:
    cast = make_cast()
    meters = [make_meter(cast.account, serial=f"S{number}") for number in range(20)]

    def send(task: tuple[int, Source]) -> None:
        number, source = task
        who = cast.olga if source == Source.OWNER else cast.vera
        try:
            enter(meters[number], "5" if source == Source.OWNER else "6", source=source, by=who, at=AT)
        finally:
            connection.close()

    tasks = [(number, source) for number in range(20) for source in (Source.OWNER, Source.COUNCIL)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, tasks))
    for meter in meters:
        assert counts(meter.pk).source == Source.COUNCIL
        assert meter.readings.count() == 2
    assert Notice.objects.filter(user_id=cast.olga.pk, kind="meters.overruled").count() == 20


def test_many_residents_are_told_in_as_many_queries_as_two(cast: Cast) -> None:
    def overrule(count: int, value: str) -> int:
        meters = [make_meter(cast.account, serial=f"{value}-{number}") for number in range(count)]
        for meter in meters:
            enter(meter, "7", by=cast.olga, at=AT)
        entries = [Entry(meter, (Decimal(value),), AT.date()) for meter in meters]
        with CaptureQueriesContext(connection) as seen:
            submit(entries, source=Source.COMPANY, by=cast.mark, at=AT)
        assert Notice.objects.filter(user=cast.olga, kind="meters.overruled").count() >= count
        return len(seen)

    overrule(1, "8")  # warms what is read once
    assert overrule(2, "9") == overrule(12, "10")
