"""What runs by the clock: the timetable knows the tasks, and they do the whole day's work."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from meters.models import ConsumptionNorm, Estimate, ReadingDraft, SubmissionWindow
from meters.tasks import close_months, remind
from meters.testing import make_meter
from notifications.models import Notice
from portal.celery import app
from portal.testing import Cast


def test_the_timetable_has_both() -> None:
    named = {row["task"] for row in app.conf.beat_schedule.values()}
    assert {remind.name, close_months.name} <= named


def test_a_night_closes_the_month_and_forgets_old_drafts(cast: Cast) -> None:
    """The norm is set: without it and without readings nobody may say what was used."""
    meter = make_meter(cast.account)
    ConsumptionNorm.objects.create(
        organization=cast.company, resource="cold", since=date(2020, 1, 1), per_person=Decimal("4.745")
    )
    for days, user in ((44, cast.olga), (46, cast.oleg)):
        ReadingDraft.objects.create(user=user, meter=meter, typed=["1"], saved_at=timezone.now() - timedelta(days=days))
    close_months()
    assert Estimate.objects.filter(meter=meter).count() == 1
    assert ReadingDraft.objects.get().user == cast.olga
    close_months()
    assert Estimate.objects.filter(meter=meter).count() == 1


def test_by_day_the_hour_reminds(cast: Cast) -> None:
    """Whatever the hour of this test: a zone in which it is noon now."""
    now = timezone.now()
    shift = (12 - now.hour) % 24
    zone = f"Etc/GMT{-shift if shift <= 12 else 24 - shift:+d}"  # the sign is turned round in these names
    cast.company.time_zone = zone
    cast.company.save()
    today = (now + timedelta(hours=shift if shift <= 12 else shift - 24)).day
    SubmissionWindow.objects.create(organization=cast.company, opens=today, closes=today)
    make_meter(cast.account)
    remind()
    assert Notice.objects.filter(kind="meters.window").count() == 3
