"""A resident tells the company about a meter, and the company answers."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile

from accounts.signals import erased
from meters.actions import ToldAlready, answer_report, report, save_drafts
from meters.actions.drafts import drop_drafts, forget_old_drafts
from meters.models import MeterReport, Reading, ReadingDraft, Source
from meters.models.report import ReportIsAnswered
from meters.testing import enter, make_meter
from notifications.models import Notice
from portal.testing import Cast

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)


def dispute(cast: Cast, **fields: Any) -> MeterReport:
    meter = make_meter(cast.account)
    reading = enter(meter, "9", source=Source.COUNCIL, by=cast.vera, at=AT).reading
    return report(
        meter, MeterReport.Kind.DISPUTE, reading=reading, values="7", on=DAY, text="Показывает 7", by=cast.olga, at=AT,
        **fields,
    )  # fmt: skip


def test_a_dispute_reaches_the_managers_and_nobody_else(cast: Cast) -> None:
    dispute(cast)
    assert set(Notice.objects.filter(kind="meters.report_waits").values_list("user_id", flat=True)) == {cast.mark.pk}


def test_the_same_twice_is_refused_while_it_waits(cast: Cast) -> None:
    told = dispute(cast)
    with pytest.raises(ToldAlready):
        report(told.meter, MeterReport.Kind.DISPUTE, on=DAY, by=cast.olga, at=AT)
    answer_report(told, accepted=False, answer="Акт от 19.11", by=cast.mark, at=AT)
    report(told.meter, MeterReport.Kind.DISPUTE, on=DAY, by=cast.olga, at=AT)


def test_the_answer_comes_once_and_is_told(cast: Cast) -> None:
    told = dispute(cast)
    answer_report(told, accepted=True, answer="Исправили", by=cast.mark, at=AT)
    notice = Notice.objects.get(user_id=cast.olga.pk, kind="meters.report_answered")
    assert notice.context["answer"] == "Исправили"
    with pytest.raises(ReportIsAnswered):
        answer_report(told, accepted=False, answer="Нет", by=cast.dima, at=AT)


def test_a_draft_is_one_per_person_and_meter(cast: Cast) -> None:
    meter = make_meter(cast.account)
    assert save_drafts([(meter, ["1,5"], DAY)], by=cast.olga, at=AT) == 1
    assert save_drafts([(meter, ["2,5"], DAY)], by=cast.olga, at=AT) == 1
    assert save_drafts([(meter, ["9"], None)], by=cast.oleg, at=AT) == 1
    assert ReadingDraft.objects.get(user=cast.olga).typed == ["2,5"]
    drop_drafts([meter], by=cast.olga)
    assert [draft.user for draft in ReadingDraft.objects.all()] == [cast.oleg]
    assert save_drafts([(meter, [""], None)], by=cast.oleg, at=AT) == 0
    assert not ReadingDraft.objects.exists()


def test_a_draft_outlives_the_closed_days_and_no_more(cast: Cast) -> None:
    meter = make_meter(cast.account)
    save_drafts([(meter, ["1"], None)], by=cast.olga, at=AT)
    assert forget_old_drafts(at=datetime(2027, 1, 4, 8, tzinfo=UTC)) == 0
    assert forget_old_drafts(at=datetime(2027, 1, 5, 8, tzinfo=UTC)) == 1


def test_a_deleted_profile_leaves_the_reading_and_takes_the_photos_and_drafts(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    meter = make_meter(cast.account)
    enter(meter, "9", by=cast.olga, at=AT, photo=ContentFile(b"jpeg", "one.jpg"))
    told = report(
        meter, MeterReport.Kind.BROKEN, on=DAY, text="Стоит", by=cast.olga, at=AT, photo=ContentFile(b"jpeg", "two.jpg")
    )
    save_drafts([(meter, ["1"], None)], by=cast.olga, at=AT)
    reading = Reading.objects.get()
    kept, storage = reading.photo.name, reading.photo.storage
    with django_capture_on_commit_callbacks(execute=True):
        erased.send(sender=None, user=cast.olga, at=AT)
    reading.refresh_from_db()
    told.refresh_from_db()
    assert reading.t1 == 9
    assert [reading.photo.name, told.photo.name, told.text] == ["", "", ""]
    assert not storage.exists(str(kept))
    assert not ReadingDraft.objects.exists()
