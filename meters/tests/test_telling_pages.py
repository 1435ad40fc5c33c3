"""Olga tells the company: the reading is wrong, the meter was replaced, it is broken."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from lib.tests.test_photos import picture
from lib.uploads import FIELDS, MAX_UPLOAD
from meters.models import Meter, MeterReport, Reading, Source
from meters.testing import make_meter, make_reading
from portal.testing import Cast, page_words

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
    assert "15.000 m³" in page_words(page)
    assert "Верина" not in page_words(page)
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
    assert "has your message" in page_words(page)
    assert "You told the company on 21 November: The reading is wrong" in page_words(page)
    assert rival.meter.readings.current().get() == rival
    page = client.get(dispute_url(cast, rival))
    for said in ("You told this on 21 November 2026; the company has not answered yet.", "Счётчик показывает 12", "12.500",
                 "20 November 2026", "Ask Уютный дом"):  # fmt: skip
        assert said in page_words(page)
    assert "<textarea" not in page.content.decode()
    again = client.post(dispute_url(cast, rival), {"text": "ещё раз", "on": "20.11.2026"})
    assert again.status_code == 409
    assert "what you wrote now is not sent" in page_words(again)
    assert "ещё раз" in again.content.decode()  # nothing typed is lost
    assert MeterReport.objects.count() == 1


@pytest.mark.feature("D4")
def test_a_dispute_needs_a_reason_and_loses_nothing_typed(cast: Cast, enter: Any) -> None:
    rival = make_reading(make_meter(cast.account), NOV, "15", source=Source.COMPANY)
    response = enter(cast.olga).post(dispute_url(cast, rival), {"text": " ", "value_1": "12x", "on": "31.02.2026"})
    assert response.status_code == 422
    words = page_words(response)
    for said in ("Say in a sentence what is wrong", "Write only the digits", "as day, month and year"):
        assert said in words
    assert 'value="12x"' in response.content.decode()
    assert 'value="31.02.2026"' in response.content.decode()
    assert not MeterReport.objects.exists()


@pytest.mark.feature("D4")
def test_olga_disputes_what_another_resident_of_her_flat_entered(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    theirs = make_reading(meter, NOV, "15", author=cast.oleg)
    here = reverse("readings", args=[cast.account.public_id])
    assert dispute_url(cast, theirs) in client.get(here).content.decode()
    assert dispute_url(cast, theirs) in enter(cast.tanya).get(here).content.decode()
    page = client.get(dispute_url(cast, theirs))
    assert "A resident of the flat" in page_words(page)
    assert "Олег" not in page_words(page)
    assert client.post(dispute_url(cast, theirs), {"text": "Не так", "on": "20.11.2026"}).status_code == 302
    assert MeterReport.objects.get().reading == theirs


@pytest.mark.feature("D4", "G4")
def test_after_the_days_olga_tells_that_her_own_reading_is_wrong(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    make_reading(meter, date(2026, 10, 1), "10", author=cast.olga)
    own = make_reading(meter, NOV, "15", author=cast.olga)
    history = reverse("readings_history", args=[cast.account.public_id])
    assert dispute_url(cast, own) not in client.get(history).content.decode()  # it may still be corrected
    clock(datetime(2026, 11, 27, 9, tzinfo=UTC))
    pages = [history, reverse("readings", args=[cast.account.public_id])]
    assert [page for page in pages if dispute_url(cast, own) in client.get(page).content.decode()] == pages
    assert "My reading is wrong" in page_words(client.get(history))
    assert "My reading is wrong" in page_words(client.get(dispute_url(cast, own)))
    low = client.post(dispute_url(cast, own), {"text": "Ошибка", "value_1": "9", "on": "26.11.2026"})
    assert low.status_code == 422
    assert "This is less than before: 10.000." in page_words(low)
    large = client.post(dispute_url(cast, own), {"text": "Ошибка", "value_1": "123456", "on": "26.11.2026"})
    assert "at most 5 fit this meter. If you left the comma out, write 123,456." in page_words(large)
    client.post(dispute_url(cast, own), {"text": "Ошибка", "value_1": "14", "on": "26.11.2026"})
    assert MeterReport.objects.get().reading == own


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
    for said in ("Write the number of the new meter", "Write the digits of the meter",
                 "This day has not come yet. Write the day when the meter was replaced."):  # fmt: skip
        assert said in page_words(response)


def test_a_replacement_that_cannot_be_is_said_beside_its_fields(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account, serial="0123456-19"), enter(cast.olga)
    make_reading(meter, date(2026, 10, 1), "124.5")
    sent = {"on": "19.10.2026", "old_1": "124,4", "new_serial": " 0123456-19", "new_1": "0"}
    response = client.post(about(cast, "meter_replaced", meter), sent)
    assert response.status_code == 422
    for said in ("A reading was taken on 20 October 2026. Write that day or a later one.", "This is less than before: 124.500.",
                 "This is the number of the old meter."):  # fmt: skip
        assert said in page_words(response)
    assert "was installed on 12 March 2020" in page_words(
        client.post(about(cast, "meter_replaced", meter), sent | {"on": "1.1.2020"})
    )
    good = {"on": "20.10.2026", "old_1": "124,5", "new_serial": "999", "new_1": "0"}
    assert client.post(about(cast, "meter_replaced", meter), good).status_code == 302


def test_what_was_told_stands_in_place_of_the_form_and_on_the_card(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    here = reverse("readings", args=[cast.account.public_id])
    assert about(cast, "meter_broken", meter) in client.get(here).content.decode()
    client.post(about(cast, "meter_broken", meter), {"on": "20.11.2026", "text": "Не крутится"})
    sent = {"on": "20.11.2026", "new_serial": "0999-26", "new_1": "0,12"}
    client.post(about(cast, "meter_replaced", meter), sent)
    words = page_words(client.get(here))
    for said in (
        "You told the company on 21 November: The meter is broken.",
        "You told the company on 21 November: The meter was replaced.",
    ):
        assert said in words
    assert about(cast, "meter_broken", meter) not in client.get(here).content.decode()
    assert about(cast, "meter_broken", meter) in enter(cast.oleg).get(here).content.decode()
    for name, said in (("meter_broken", "Не крутится"), ("meter_replaced", "0999-26")):
        page = client.get(about(cast, name, meter))
        assert said in page_words(page)
        assert "the company has not answered yet" in page_words(page)
        assert 'name="on"' not in page.content.decode()
    again = client.post(about(cast, "meter_replaced", meter), sent | {"new_serial": "0777-26"})
    assert again.status_code == 409
    assert 'value="0777-26"' in again.content.decode()


def test_that_a_meter_is_broken_is_told_once(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account, broken_on=date(2026, 11, 2)), enter(cast.olga)
    here = reverse("readings", args=[cast.account.public_id])
    assert about(cast, "meter_broken", meter) not in client.get(here).content.decode()
    page = client.get(about(cast, "meter_broken", meter))
    assert "counts as broken since 2 November 2026" in page_words(page)
    assert "<textarea" not in page.content.decode()
    sent = client.post(about(cast, "meter_broken", meter), {"on": "20.11.2026", "text": "Не крутится"})
    assert sent.status_code == 409
    assert "Не крутится" in sent.content.decode()
    assert not MeterReport.objects.exists()


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
    assert "larger than 10 MB together" in page_words(response)
    assert "Не крутится" in response.content.decode()


def test_anothers_meter_and_a_removed_one_do_not_exist(cast: Cast, enter: Any) -> None:
    ninas = make_meter(cast.nina_account)
    gone = make_meter(cast.account, removed_on=date(2026, 11, 1))
    for name in ("meter_replaced", "meter_broken"):
        for meter in (ninas, gone):
            assert enter(cast.olga).get(about(cast, name, meter)).status_code == 404
        assert enter(cast.nina).get(about(cast, name, gone)).status_code == 404
