"""Olga tells the company: the reading is wrong, the meter was replaced, it is broken."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from lib.tests.test_photos import picture
from lib.uploads import FIELDS, MAX_UPLOAD
from meters.models import Meter, MeterReport, Reading, Source
from meters.testing import make_meter, make_reading
from meters.tests.page import text
from portal.testing import Cast

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.usefixtures("clock")


def dispute_url(cast: Cast, reading: Reading) -> str:
    return reverse("reading_dispute", args=[cast.account.public_id, reading.public_id])


def about(cast: Cast, name: str, meter: Meter) -> str:
    return reverse(name, args=[cast.account.public_id, meter.public_id])


@pytest.mark.feature("D4")
def test_olga_disputes_what_the_council_entered(cast: Cast, enter: Any) -> None:
    rival = make_reading(make_meter(cast.account), NOV, "15", source=Source.COUNCIL, author=cast.vera)
    client = enter(cast.olga)
    page = client.get(dispute_url(cast, rival))
    assert "15.000 m³" in text(page)
    assert "Верина" not in text(page)
    sent = {"text": "Счётчик показывает 12", "value_1": "12,5", "on": "20.11.2026",
            "photo": SimpleUploadedFile("m.jpg", picture(), "image/jpeg")}  # fmt: skip
    page = client.get(client.post(dispute_url(cast, rival), sent)["Location"])
    told = MeterReport.objects.get()
    assert (told.kind, told.reading, told.values, told.on, told.by) == (
        "dispute",
        rival,
        "12.500",
        date(2026, 11, 20),
        cast.olga,
    )
    assert told.photo
    assert "has your message" in text(page)
    assert "You told the company on 21 November: The reading is wrong" in text(page)
    assert rival.meter.readings.current().get() == rival
    again = client.post(dispute_url(cast, rival), {"text": "ещё раз", "on": "20.11.2026"})
    assert again.status_code == 409
    assert "You have told this already" in text(again)


@pytest.mark.feature("D4")
def test_a_dispute_needs_a_reason_and_loses_nothing_typed(cast: Cast, enter: Any) -> None:
    rival = make_reading(make_meter(cast.account), NOV, "15", source=Source.COMPANY)
    response = enter(cast.olga).post(dispute_url(cast, rival), {"text": " ", "value_1": "12x", "on": "31.02.2026"})
    assert response.status_code == 422
    words = text(response)
    for said in ("Say in a sentence what is wrong", "Write only the digits", "as day, month and year"):
        assert said in words
    assert 'value="12x"' in response.content.decode()
    assert 'value="31.02.2026"' in response.content.decode()
    assert not MeterReport.objects.exists()


def test_ones_own_and_strangers_readings_are_not_disputed(cast: Cast, enter: Any) -> None:
    own = make_reading(make_meter(cast.account), NOV, "15", author=cast.olga)
    rival = make_reading(make_meter(cast.account, "hot"), NOV, "15", source=Source.COUNCIL)
    assert enter(cast.olga).get(dispute_url(cast, own)).status_code == 404
    assert enter(cast.tanya).get(dispute_url(cast, rival)).status_code == 200
    for stranger in (cast.nina, cast.vera, cast.pavel):
        assert enter(stranger).post(dispute_url(cast, rival), {"text": "x", "on": "20.11.2026"}).status_code == 404
    nina = reverse("reading_dispute", args=[cast.nina_account.public_id, rival.public_id])
    assert enter(cast.nina).get(nina).status_code == 404


@pytest.mark.feature("G4")
def test_a_replaced_meter_is_told_with_both_values(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    page = client.get(about(cast, "meter_replaced", meter) + "?new=3.120")
    assert 'value="3.120"' in page.content.decode()
    sent = {"on": "15.11.2026", "old_1": "124,5", "new_serial": "0999-26", "new_1": "0,12"}
    client.post(about(cast, "meter_replaced", meter), sent)
    told = MeterReport.objects.get()
    assert (told.kind, told.values, told.new_serial, told.new_values) == ("replaced", "124.500", "0999-26", "0.1200")
    meter.refresh_from_db()
    assert meter.removed_on is None  # the company replaces it by an act


def test_the_last_value_of_the_old_meter_may_be_left_out(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account, "power", zones=2, initial_t2=0)
    client = enter(cast.olga)
    sent = {"on": "15.11.2026", "new_serial": "0999-26", "new_1": "1", "new_2": "2"}
    assert client.post(about(cast, "meter_replaced", meter), sent | {"new_2": ""}).status_code == 422
    assert client.post(about(cast, "meter_replaced", meter), sent).status_code == 302
    assert MeterReport.objects.get().new_values == "1.0000 2.0000"


def test_a_replaced_meter_needs_a_number_and_a_value(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    response = enter(cast.olga).post(about(cast, "meter_replaced", meter), {"on": "22.11.2026"})
    assert response.status_code == 422
    for said in ("Write the number of the new meter", "Write the digits of the meter", "This day has not come yet"):
        assert said in text(response)


def test_a_broken_meter_is_told_and_stays_as_it_is_until_the_company_looks(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.tanya)
    assert client.post(about(cast, "meter_broken", meter), {"on": "20.11.2026"}).status_code == 422
    client.post(about(cast, "meter_broken", meter), {"on": "20.11.2026", "text": "Не крутится"})
    told = MeterReport.objects.get()
    assert (told.kind, told.text, told.by) == ("broken", "Не крутится", cast.tanya)
    meter.refresh_from_db()
    assert meter.broken_on is None


def test_a_photo_that_is_too_large_loses_nothing_typed(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    large = SimpleUploadedFile("x.jpg", b"\xff" * (MAX_UPLOAD + FIELDS + 1), "image/jpeg")
    sent = {"photo": large, "on": "20.11.2026", "text": "Не крутится"}
    response = enter(cast.olga).post(about(cast, "meter_broken", meter), sent)
    assert response.status_code == 422
    assert "larger than 10 MB together" in text(response)
    assert "Не крутится" in response.content.decode()


def test_anothers_meter_and_a_removed_one_do_not_exist(cast: Cast, enter: Any) -> None:
    ninas = make_meter(cast.nina_account)
    gone = make_meter(cast.account, removed_on=date(2026, 11, 1))
    for name in ("meter_replaced", "meter_broken"):
        for meter in (ninas, gone):
            assert enter(cast.olga).get(about(cast, name, meter)).status_code == 404
        assert enter(cast.nina).get(about(cast, name, gone)).status_code == 404
