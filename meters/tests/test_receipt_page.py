"""The receipt of a submission, taking a reading back, and the photo of a reading."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from meters import prices
from meters.models import ReadingState, Source
from meters.prices import Price
from meters.testing import make_meter, make_reading
from meters.tests.page import field
from notifications.models import Notice
from portal.testing import Cast, page_words

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.usefixtures("clock")


def send(client: Any, cast: Cast, **values: str) -> str:
    """Send readings and return the address of the receipt."""
    response = client.post(reverse("readings", args=[cast.account.public_id]), {"taken_on": "21.11.2026"} | values)
    assert response.status_code == 302
    return str(response["Location"])


@pytest.fixture
def tariff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cold water costs 50 roubles a cubic metre."""
    monkeypatch.setattr(
        prices, "_pricers", [lambda accounts: {(one.pk, "cold"): Price(Decimal(50), "RUB") for one in accounts}]
    )


@pytest.mark.feature("C2", "G4")
@pytest.mark.usefixtures("tariff")
def test_the_receipt_says_when_what_how_much_and_until_when_it_may_be_changed(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account, place="кухня")
    make_reading(meter, date(2026, 10, 1), "121.304")
    client = enter(cast.olga)
    words = page_words(client.get(send(client, cast, **{field(meter): "124,5"})))
    for said in ("21 November 2026, 12:00", "Cold water, кухня", "124.500 m³", "November 2026", "3.196 m³", "159.80 RUB",
                 "You may correct it or take it back until 25 November."):  # fmt: skip
        assert said in words


@pytest.mark.usefixtures("tariff")
def test_what_is_not_charged_has_no_cost_and_says_why(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account, next_verification=date(2026, 11, 20)), enter(cast.olga)
    make_reading(meter, date(2026, 10, 1), "121.304")
    receipt = send(client, cast, **{field(meter): "124,5"})
    words = page_words(client.get(receipt))
    assert "3.196 m³" in words
    assert "RUB" not in words
    assert "The cost is reckoned" not in words
    assert "The verification expired on 20 November 2026" in words
    clock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    again = client.post(
        reverse("readings", args=[cast.account.public_id]), {"taken_on": "20.11.2026", field(meter): "124,5"}
    )
    assert "159.80 RUB" in page_words(client.get(again["Location"]))
    clock(datetime(2026, 11, 21, 11, tzinfo=UTC))
    words = page_words(client.get(send(client, cast, **{field(meter): "125"})))
    assert "Not counted" in words
    assert "124.500, which you sent on 21 November, may be charged, and this one may not." in words
    assert "Dispute" not in words


@pytest.mark.feature("G4")
@pytest.mark.usefixtures("tariff")
def test_a_doubtful_value_shows_its_cost_before_it_is_saved(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    for month in range(4, 11):
        make_reading(meter, date(2026, month, 1), str(3 * month))
    response = enter(cast.olga).post(
        reverse("readings", args=[cast.account.public_id]), {"taken_on": "21.11.2026", field(meter): "50"}
    )
    assert "1,000.00 RUB" in page_words(response)


def test_a_receipt_is_for_its_author_only(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    receipt = send(enter(cast.olga), cast, **{field(meter): "124,5"})
    answer = enter(cast.oleg).get(receipt)
    assert (answer.status_code, answer["Location"]) == (302, reverse("readings", args=[cast.account.public_id]))
    assert enter(cast.nina).get(receipt).status_code == 404


@pytest.mark.parametrize("moment", ["", "x", "20261121090000000000", "9" * 40, "2026-11-21T09:00:00"])
def test_an_address_without_a_submission_leads_to_the_readings(cast: Cast, enter: Any, moment: str) -> None:
    for name, args in (("readings_receipt", [cast.account.public_id]), ("readings_all_receipt", [])):
        assert enter(cast.olga).get(reverse(name, args=args, query={"at": moment})).status_code == 302


def test_a_receipt_tells_what_became_of_a_reading_later(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    first = send(client, cast, **{field(meter): "7"})
    clock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    second = send(client, cast, **{field(meter): "6"})
    assert "Corrected later" in page_words(client.get(first))
    make_reading(meter, NOV, "9", source=Source.COMPANY, state=ReadingState.KEPT)
    clock(datetime(2026, 11, 26, 10, tzinfo=UTC))
    assert "You may correct it" not in page_words(client.get(second))


def test_a_receipt_tells_that_somebody_of_the_flat_sent_another_value(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    receipt = send(client, cast, **{field(meter): "7"})
    clock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    send(enter(cast.oleg), cast, **{field(meter): "8"})
    words = page_words(client.get(receipt))
    assert "What counts: 8.000 — A resident of the flat, 21 November, 13:00." in words
    assert "Readings sent" in words  # they were, and counted for an hour
    notice = Notice.objects.get(user=cast.olga, kind="meters.overruled")
    assert notice.url == reverse("readings", args=[cast.account.public_id])


# --- Taking back -------------------------------------------------------------------------------------------------------


@pytest.mark.feature("G4")
def test_olga_takes_her_reading_back_after_she_was_asked(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    receipt = send(client, cast, **{field(meter): "7"})
    address = reverse("reading_take_back", args=[cast.account.public_id, meter.readings.get().public_id])
    assert "Take this reading back?" in page_words(client.get(address))
    assert "Nothing will count for November 2026." in page_words(client.get(address))
    assert meter.readings.current().exists()
    page = client.get(client.post(address)["Location"])
    assert "The reading is taken back. Nothing counts for this month now" in page_words(page)
    assert "Sent:" not in page_words(page)
    assert meter.readings.get().state == ReadingState.WITHDRAWN
    assert "Taken back" in page_words(client.get(receipt))
    assert client.post(address).status_code == 302  # a second press changes nothing
    line = page_words(client.get(reverse("readings_history", args=[cast.account.public_id])))
    assert "Taken back" in line
    others = page_words(enter(cast.oleg).get(reverse("readings_history", args=[cast.account.public_id])))
    assert "Taken back" not in others


@pytest.mark.feature("G4")
def test_where_another_resident_sent_before_olga_is_told_that_theirs_will_count(
    cast: Cast, enter: Any, clock: Any
) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    send(enter(cast.oleg), cast, **{field(meter): "6"})
    for hour, value in ((10, "7"), (11, "8")):
        clock(datetime(2026, 11, 21, hour, tzinfo=UTC))
        send(client, cast, **{field(meter): value})
    address = reverse("reading_take_back", args=[cast.account.public_id, meter.readings.current().get().public_id])
    assert "This value will count again: 6.000 — A resident of the flat, 21 November." in page_words(
        client.get(address)
    )
    page = client.get(client.post(address)["Location"])
    assert "Now 6.000 counts (A resident of the flat)." in page_words(page)
    assert str(meter.readings.current().get().t1) == "6.0000"


def test_what_does_not_count_is_not_taken_back(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    own = make_reading(meter, NOV, "7", author=cast.olga, state=ReadingState.KEPT)
    address = reverse("reading_take_back", args=[cast.account.public_id, own.public_id])
    page = enter(cast.olga).get(address)
    assert "there is nothing to take back" in page_words(page)
    assert "Keep it" not in page_words(page)


@pytest.mark.feature("G4")
def test_after_the_window_has_closed_it_is_too_late(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    send(client, cast, **{field(meter): "7"})
    clock(datetime(2026, 11, 26, 9, tzinfo=UTC))
    reading = meter.readings.get()
    address = reverse("reading_take_back", args=[cast.account.public_id, reading.public_id])
    pages = [client.get(address), client.post(address)]
    assert [page.status_code for page in pages] == [200, 409]
    for page in pages:
        assert "too late to take this reading back" in page_words(page)
        assert "Ask Уютный дом" in page_words(page)
        assert reverse("reading_dispute", args=[cast.account.public_id, reading.public_id]) in page.content.decode()
        assert "Keep it" not in page_words(page)
    assert meter.readings.current().get() == reading


def test_anothers_reading_cannot_be_taken_back(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    send(enter(cast.olga), cast, **{field(meter): "7"})
    address = reverse("reading_take_back", args=[cast.account.public_id, meter.readings.get().public_id])
    for other in (cast.oleg, cast.tanya, cast.nina, cast.vera):
        assert enter(other).post(address).status_code == 404
    assert meter.readings.current().exists()


# --- The photo ---------------------------------------------------------------------------------------------------------


def test_a_photo_is_shown_to_those_who_proved_the_flat_and_kept_by_nobody(cast: Cast, enter: Any) -> None:
    reading = make_reading(make_meter(cast.account), NOV, "7", photo=ContentFile(b"\xff\xd8 picture", "p.jpg"))
    plain = make_reading(make_meter(cast.account, "hot"), NOV, "7")
    address = reverse("reading_photo", args=[cast.account.public_id, reading.public_id])
    response = enter(cast.oleg).get(address)
    assert b"".join(response.streaming_content) == b"\xff\xd8 picture"
    assert (response["Content-Type"], response["Cache-Control"]) == ("image/jpeg", "no-store")
    for stranger in (cast.tanya, cast.nina, cast.vera, cast.pavel):
        assert enter(stranger).get(address).status_code == 404
    no_photo = reverse("reading_photo", args=[cast.account.public_id, plain.public_id])
    assert enter(cast.olga).get(no_photo).status_code == 404
    other_flat = reverse("reading_photo", args=[cast.nina_account.public_id, reading.public_id])
    assert enter(cast.nina).get(other_flat).status_code == 404


def test_an_author_sees_the_photo_they_sent_and_nobody_else_what_was_taken_back(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    photo = ContentFile(b"\xff\xd8 picture", "p.jpg")
    tanyas = make_reading(meter, NOV, "7", author=cast.tanya, photo=photo)
    gone = make_reading(meter, NOV, "8", author=cast.olga, photo=photo, state=ReadingState.WITHDRAWN)
    seen = {
        (reader.first_name, reading): enter(reader)
        .get(reverse("reading_photo", args=[cast.account.public_id, reading.public_id]))
        .status_code
        for reader in (cast.tanya, cast.olga, cast.oleg)
        for reading in (tanyas, gone)
    }
    assert list(seen.values()) == [200, 404, 200, 200, 200, 404]
