"""An import holds the meters for minutes: whoever sends readings then gets a polite answer, and loses nothing."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event, Thread
from typing import Any

import pytest
from celery.exceptions import Retry
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.once import new_key
from meters.actions import report, take_back
from meters.holding import hold
from meters.models import Meter, MeterReport, Reading, ReadingDraft, Source, SubmissionWindow
from meters.testing import enter as send
from meters.testing import make_meter, make_reading
from meters.tests.page import field
from portal.testing import Cast, make_cast, page_words
from premises.actions import imports
from premises.actions.imports import check_file, start_import, start_undo
from premises.tasks import apply_import, take_import_back

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.feature("C2", "F2")]
WORDS = "Readings of your house are being loaded right now. Try again in a minute."
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """The cast, visible to another connection."""
    return make_cast()


@pytest.fixture
def meter(cast: Cast) -> Meter:
    """Olga's cold water; readings are taken on every day."""
    SubmissionWindow.objects.create(organization=cast.company, opens=1, closes=31)
    meter = make_meter(cast.account)
    make_reading(meter, date(2026, 10, 1), "100")
    return meter


@contextmanager
def held(meter: Meter) -> Iterator[None]:
    """Somebody else has locked the meter as an import does; nobody here waits long."""
    taken, done = Event(), Event()

    def somebody() -> None:
        with transaction.atomic():
            hold([meter.pk])
            taken.set()
            done.wait(30)
        connection.close()

    thread = Thread(target=somebody)
    thread.start()
    assert taken.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    try:
        yield
    finally:
        done.set()
        thread.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


@pytest.mark.usefixtures("clock")
def test_olgas_readings_stay_on_the_page_and_as_a_draft(cast: Cast, meter: Meter, enter: Any) -> None:
    olga, key = enter(cast.olga), new_key()
    page, sent = reverse("readings", args=[cast.account.public_id]), {field(meter): "103,5", "taken_on": "21.11.2026"}
    with held(meter):
        response = olga.post(page, sent | {"idem": key})
        assert response.status_code == 409
        seen = page_words(response)
        assert "Please wait a minute" in seen
        assert "Nothing is sent yet. What you typed is kept." in seen
        assert WORDS in seen
        assert 'value="103,5"' in response.content.decode()
        assert 'value="103,5"' in olga.get(page).content.decode()  # she leaves and comes back
    assert not Reading.objects.filter(author=cast.olga).exists()
    assert olga.post(page, sent | {"idem": key}).status_code == 302
    assert Reading.objects.get(author=cast.olga).source == Source.OWNER
    assert not ReadingDraft.objects.exists()


@pytest.mark.usefixtures("clock")
def test_drafts_and_reports_of_a_held_meter_are_written(cast: Cast, meter: Meter, enter: Any) -> None:
    SubmissionWindow.objects.update(opens=1, closes=5)
    page, sent = reverse("readings", args=[cast.account.public_id]), {field(meter): "103,5", "taken_on": "21.11.2026"}
    with held(meter):
        assert enter(cast.olga).post(page, sent | {"draft": "1"}).status_code == 302
        report(meter, MeterReport.Kind.REPLACED, values="1", on=date(2026, 11, 20), text="", by=cast.olga, at=AT)
    assert ReadingDraft.objects.get().typed == ["103,5"]


@pytest.mark.usefixtures("clock")
def test_olga_takes_a_reading_back_in_a_minute(cast: Cast, meter: Meter, enter: Any) -> None:
    reading = send(meter, "103.5", by=cast.olga, at=AT).reading
    page = reverse("reading_take_back", args=[cast.account.public_id, reading.public_id])
    olga = enter(cast.olga)
    with held(meter):
        response = olga.post(page)
        assert (response.status_code, WORDS in page_words(response)) == (409, True)
    reading.refresh_from_db()
    assert reading.is_current
    assert take_back(reading, by=cast.olga, at=AT).state == "withdrawn"


def test_the_councils_row_says_it_under_itself(cast: Cast, meter: Meter, enter: Any) -> None:
    page = reverse("council_row", args=[cast.house.public_id, cast.account.public_id])
    typed = {f"m{meter.pk}z1": "104,5", "taken_on": f"{timezone.localdate():%d.%m.%Y}"}
    vera = enter(cast.vera)
    with held(meter):
        for headers in ({}, {"X-Row": "1"}):
            response = vera.post(page, typed, headers=headers)
            assert response.status_code == 422
            assert f"Nothing is saved yet. {WORDS}" in page_words(response)
            assert 'value="104,5"' in response.content.decode()
    assert not Reading.objects.filter(source=Source.COUNCIL).exists()
    assert vera.post(page, typed).status_code == 302


def test_the_companys_table_says_it_above_itself(cast: Cast, meter: Meter, enter: Any) -> None:
    page = f"/admin/meters/reading/enter/?house={cast.house.pk}"
    typed = {"day": timezone.localdate().isoformat(), f"t1_{meter.pk}": "105,5"}
    mark = enter(cast.mark)
    with held(meter):
        response = mark.post(page, typed)
        assert response.status_code == 422
        assert WORDS in page_words(response)
        assert 'value="105,5"' in response.content.decode()
    assert mark.post(page, typed).status_code == 302
    assert Reading.objects.get(source=Source.COMPANY).t1 == 105.5


def test_an_act_waits_politely_too(cast: Cast, meter: Meter, enter: Any) -> None:
    mark = enter(cast.mark)
    with held(meter):
        response = mark.post(
            reverse("admin:meters_meter_act", args=[meter.pk, "seal"]),
            {"on": timezone.localdate().isoformat(), "act": "1", "seal": "П-1"},
        )
        assert WORDS in page_words(response)
    meter.refresh_from_db()
    assert meter.seal == ""


# --- The worker -------------------------------------------------------------------------------------------------------


def test_the_worker_comes_back_when_somebody_else_holds_the_meters(
    cast: Cast, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = f"account;meter_no;resource;date;value\n{cast.account.number};{meter.serial};CW;20.11.2026;107\n"
    file = io.BytesIO(row.encode())
    run = check_file("readings", cast.company, file, name="f.csv", by=cast.mark, at=AT)
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    start_import(run, by=cast.mark, at=AT, later=lambda *ids: None)
    with held(meter), pytest.raises(Retry):
        apply_import(run.pk, cast.mark.pk)
    apply_import(run.pk, cast.mark.pk)
    run.refresh_from_db()
    assert (run.state, counts(meter)) == ("applied", 107)
    start_undo(run, by=cast.mark, at=AT, later=lambda pk: None)
    with held(meter), pytest.raises(Retry):
        take_import_back(run.pk)
    take_import_back(run.pk)
    run.refresh_from_db()
    assert (run.state, counts(meter)) == ("undone", 100)


def counts(meter: Meter) -> object:
    """The newest value that counts."""
    return meter.readings.current().latest("period").t1
