"""The entry page: Olga and those of her flat send readings, all or some of them, and are asked about what looks wrong."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse

from lib.tests.test_photos import picture
from lib.uploads import FIELDS, MAX_UPLOAD
from meters.models import Drop, Meter, Reading, Source, SubmissionWindow
from meters.testing import make_meter, make_reading, make_readings
from meters.tests.page import field
from portal.testing import Cast, page_words
from premises.models import PersonalAccount

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.usefixtures("clock")


def url(account: PersonalAccount, name: str = "readings", *rest: Any) -> str:
    return reverse(name, args=[account.public_id, *rest])


def say(meter: Meter) -> str:
    return f"say_{meter.public_id.hex}"


def answers(response: HttpResponse, meter: Meter) -> dict[str, str]:
    """What the page offers as answers about a meter: words → value."""
    found = re.findall(rf'name="{say(meter)}"[^>]*value="([^"]+)"[^>]*><span>([^<]+)</span>', response.content.decode())
    return {words: value for value, words in found}


def post(client: Any, account: PersonalAccount, **values: Any) -> HttpResponse:
    response: HttpResponse = client.post(url(account), {"taken_on": "21.11.2026"} | values)
    return response


def usual_year(meter: Meter, month: int = 3) -> None:
    """Eight months to October, three cubic metres each: the last value is 121.304."""
    values = [f"{100.304 + month * number:.3f}" for number in range(8)]
    make_readings(meter, date(2026, 3, 1), *values)


# --- Who may, and what the page shows --------------------------------------------------------------------------------


@pytest.mark.feature("C2", "E5")
def test_olga_sees_each_meter_with_its_place_number_and_last_value(cast: Cast, enter: Any) -> None:
    cold = make_meter(cast.account, serial="0345671", place="кухня")
    usual_year(cold)
    make_meter(cast.account, "hot", serial="0345672", place="ванная")
    make_meter(cast.nina_account, serial="9999999")
    words = page_words(enter(cast.olga).get(url(cast.account)))
    for said in ("Cold water, кухня", "№ 0345671", "121.304", "20 October 2026", "Hot water, ванная", "Readings for November 2026",
                 "Until 25 November: 4 days left.", "Cancel"):  # fmt: skip
        assert said in words
    assert "9999999" not in words


@pytest.mark.feature("C2", "G1")
def test_whoever_lives_there_may_and_nobody_else(cast: Cast, enter: Any, client: Any) -> None:
    meter = make_meter(cast.account)
    for number, person in enumerate((cast.tanya, cast.olga, cast.oleg), start=1):
        assert post(enter(person), cast.account, **{field(meter): str(number)}).status_code == 302
    for stranger in (cast.nina, cast.vera, cast.mark, cast.pavel, cast.igor, cast.sofia):
        assert enter(stranger).get(url(cast.account)).status_code == 404
        assert post(enter(stranger), cast.account, **{field(meter): "9"}).status_code == 404
    assert client.get(url(cast.account)).status_code == 302
    assert [row.author for row in meter.readings.order_by("pk")] == [cast.tanya, cast.olga, cast.oleg]


def test_the_last_day_and_one_day_are_said_as_people_say_them(cast: Cast, enter: Any, clock: Any) -> None:
    make_meter(cast.account)
    clock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert "Until 25 November: 1 day left." in page_words(enter(cast.olga).get(url(cast.account)))
    clock(datetime(2026, 11, 25, 20, 30, tzinfo=UTC))  # 23:30 in Moscow
    assert "Today, 25 November, is the last day." in page_words(enter(cast.olga).get(url(cast.account)))
    clock(datetime(2026, 11, 25, 21, 30, tzinfo=UTC))  # past midnight there
    assert "Readings are taken again from 15 December" in page_words(enter(cast.olga).get(url(cast.account)))


def test_a_flat_without_meters_says_what_to_do(cast: Cast, enter: Any) -> None:
    words = page_words(enter(cast.olga).get(url(cast.account)))
    assert "No meters yet" in words
    assert "8 (800) 550-07-36" in words or "800 550" in words
    assert "Send the readings" not in words


def test_a_removed_meter_is_not_there(cast: Cast, enter: Any) -> None:
    make_meter(cast.account, serial="OLD-1", removed_on=date(2026, 11, 10))
    make_meter(cast.account, serial="NEW-1", installed_on=date(2026, 11, 10))
    words = page_words(enter(cast.olga).get(url(cast.account)))
    assert "NEW-1" in words
    assert "OLD-1" not in words


# --- Sending ----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("C2", "D4", "E5")
def test_olga_sends_one_with_a_comma_and_one_with_a_point_and_leaves_the_third(cast: Cast, enter: Any) -> None:
    cold, hot, power = (
        make_meter(cast.account),
        make_meter(cast.account, "hot", "2"),
        make_meter(cast.account, "power", "3"),
    )
    usual_year(cold)
    response = post(enter(cast.olga), cast.account, **{field(cold): "00124,5", field(hot): " 3.25 ", field(power): ""})
    assert response.status_code == 302
    assert (cold.readings.latest("pk").t1, hot.readings.get().t1) == (Decimal("124.5"), Decimal("3.25"))
    row = cold.readings.latest("pk")
    assert (row.source, row.author, row.period, row.taken_on) == (Source.OWNER, cast.olga, NOV, date(2026, 11, 21))
    assert not power.readings.exists()


@pytest.mark.parametrize(
    "typed", ["20.11.2026", "20.11.26", "2026-11-20", "20,11,2026", "20/11/2026", " 20 11 2026", "20.11"]
)
def test_the_day_is_read_as_people_write_it(cast: Cast, enter: Any, typed: str) -> None:
    meter = make_meter(cast.account)
    post(enter(cast.olga), cast.account, taken_on=typed, **{field(meter): "7"})
    assert meter.readings.get().taken_on == date(2026, 11, 20)


@pytest.mark.feature("E5")
def test_a_meter_of_two_zones_has_two_fields(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account, "power", zones=2, initial_t2=0)
    client = enter(cast.olga)
    response = post(client, cast.account, **{field(meter): "100,5"})
    assert response.status_code == 422
    assert "Fill in every zone of this meter." in page_words(response)
    assert 'value="100,5"' in response.content.decode()
    post(client, cast.account, **{field(meter): "100,5", field(meter, 2): "40"})
    assert [str(value) for value in meter.readings.get().values] == ["100.5000", "40.0000"]


def test_nothing_filled_in_is_said(cast: Cast, enter: Any) -> None:
    make_meter(cast.account)
    response = post(enter(cast.olga), cast.account)
    assert response.status_code == 422
    assert "Nothing is filled in." in page_words(response)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("сто", "Write only the digits of the meter"), ("12,3,4", "more than one comma or point"),
        ("1" * 20, "too many digits before the comma"), ("1,23456", "too many digits after the comma"),
        ("-5", "without plus and minus"), (",", "Write only the digits"), ("1" * 4000, "too many digits"),
        ("<b>7</b>", "Write only the digits"), ("123456", "too many digits before the comma"),
    ],
)  # fmt: skip
@pytest.mark.feature("G4")
def test_what_is_no_value_is_said_beside_it_and_stays_typed(cast: Cast, enter: Any, typed: str, said: str) -> None:
    meter, other = make_meter(cast.account), make_meter(cast.account, "hot", "2")
    response = post(enter(cast.olga), cast.account, taken_on="20.11.2026", **{field(meter): typed, field(other): "7,5"})
    html = response.content.decode()
    assert response.status_code == 422
    assert said in page_words(response)
    assert 'value="7,5"' in html
    assert 'value="20.11.2026"' in html
    assert f'href="#id_{field(meter)}"' in html
    assert "Error: " in html
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("22.11.2026", "This day has not come yet"), ("01.01.2020", "was not installed yet"), ("вчера", "as day, month and year"),
        ("31.02.2026", "as day, month and year"), ("", "Write the day"), ("19.10.2026", "The last reading was taken later"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_said(cast: Cast, enter: Any, day: str, said: str) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, date(2026, 10, 1), "5")
    response = post(enter(cast.olga), cast.account, taken_on=day, **{field(meter): "7"})
    assert response.status_code == 422
    assert said in page_words(response)
    assert meter.readings.count() == 1


@pytest.mark.feature("G1")
def test_another_flats_meter_in_the_form_is_never_saved(cast: Cast, enter: Any) -> None:
    mine, ninas, house = make_meter(cast.account), make_meter(cast.nina_account), uuid4()
    client = enter(cast.olga)
    assert post(client, cast.account, **{field(ninas): "7"}).status_code == 422
    assert (
        post(client, cast.account, **{field(mine): "7", field(ninas): "8", f"value_{house.hex}_1": "9"}).status_code
        == 302
    )
    assert [row.meter_id for row in Reading.objects.all()] == [mine.pk]
    assert client.post(reverse("readings_all"), {"taken_on": "21.11.2026", field(ninas): "7"}).status_code == 422
    assert not ninas.readings.exists()


def test_a_second_click_gives_one_reading_and_the_same_receipt(cast: Cast, enter: Any) -> None:
    meter, key = make_meter(cast.account), str(uuid4())
    client = enter(cast.olga)
    first, second = (post(client, cast.account, idem=key, **{field(meter): "7"}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert meter.readings.count() == 1


def test_the_same_value_again_leads_to_the_first_receipt(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    first = post(client, cast.account, **{field(meter): "7"})
    clock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    again = post(client, cast.account, **{field(meter): "7"})
    assert again["Location"] == first["Location"]
    assert "stays as it is" in page_words(client.get(again["Location"]))
    assert meter.readings.count() == 1


def test_equal_to_the_value_before_is_fine(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    make_readings(meter, date(2026, 9, 1), "5", "8")
    assert post(enter(cast.olga), cast.account, **{field(meter): "8"}).status_code == 302


def test_too_many_submissions_in_an_hour_are_slowed_down(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    for number in range(60):
        assert post(client, cast.account, **{field(meter): str(number / 1000)}).status_code == 302
    assert post(client, cast.account, **{field(meter): "1"}).status_code == 429


# --- What looks wrong --------------------------------------------------------------------------------------------------


@pytest.mark.feature("G4")
def test_a_high_value_is_asked_about_with_volume_and_what_is_usual(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    usual_year(meter)
    response = post(client, cast.account, **{field(meter): "141,304"})
    words = page_words(response)
    assert response.status_code == 422
    for said in (
        "Please look once more",
        "Nothing is sent yet",
        "more than three times what is usual",
        "20.000 m³",
        "In a usual month",
    ):
        assert said in words
    assert "Error:" not in response.content.decode()
    assert meter.readings.count() == 8
    yes = answers(response, meter)["Yes, the meter shows this"]
    sent = post(client, cast.account, **{field(meter): "141,304", say(meter): yes})
    assert meter.readings.latest("pk").doubt_words == ["high"]
    assert "Confirmed by you: This is more than three times what is usual." in page_words(client.get(sent["Location"]))


@pytest.mark.feature("G4")
def test_a_yes_is_good_for_one_value_only(cast: Cast, enter: Any) -> None:
    """Olga confirms 141,304, corrects it to 151,304 and leaves the tick: she is asked anew."""
    meter, client = make_meter(cast.account), enter(cast.olga)
    usual_year(meter)
    yes = answers(post(client, cast.account, **{field(meter): "141,304"}), meter)["Yes, the meter shows this"]
    response = post(client, cast.account, **{field(meter): "151,304", say(meter): yes})
    assert response.status_code == 422
    assert "30.000 m³" in page_words(response)
    assert "checked" not in response.content.decode().split(f'name="{say(meter)}"')[1][:200]
    assert post(client, cast.account, **{field(meter): "124,304", say(meter): yes}).status_code == 302


def test_a_yes_stays_ticked_while_something_else_is_mended(cast: Cast, enter: Any) -> None:
    meter, other, client = make_meter(cast.account), make_meter(cast.account, "hot", "2"), enter(cast.olga)
    usual_year(meter)
    typed = {field(meter): "141,304", field(other): "x"}
    yes = answers(post(client, cast.account, **typed), meter)["Yes, the meter shows this"]
    response = post(client, cast.account, **typed, **{say(meter): yes})
    assert response.status_code == 422
    assert re.search(rf'value="{re.escape(yes)}" checked', response.content.decode())


@pytest.mark.feature("G4")
def test_a_forgotten_comma_is_put_back_with_one_choice(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account, int_digits=6), enter(cast.olga)
    usual_year(meter)
    response = post(client, cast.account, **{field(meter): "124500"})
    assert "The comma seems to be missing." in page_words(response)
    meant = answers(response, meter)["No, I meant 124.500"]
    assert post(client, cast.account, **{field(meter): "124500", say(meter): meant}).status_code == 302
    assert str(meter.readings.latest("pk").t1) == "124.5000"


def test_a_choice_made_for_another_value_changes_nothing(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account, int_digits=6), enter(cast.olga)
    usual_year(meter)
    meant = answers(post(client, cast.account, **{field(meter): "124500"}), meter)["No, I meant 124.500"]
    assert post(client, cast.account, **{field(meter): "124,9", say(meter): meant}).status_code == 302
    assert str(meter.readings.latest("pk").t1) == "124.9000"


@pytest.mark.feature("G4")
def test_a_lower_value_has_three_ways_on(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    usual_year(meter)
    response = post(client, cast.account, **{field(meter): "3,12"})
    words = page_words(response)
    assert "less than the value before" in words
    assert "If you mistyped, simply correct the value." in words
    assert f"{url(cast.account, 'meter_replaced', meter.public_id)}?new=3.120" in response.content.decode()
    assert answers(response, meter) == {}  # from 121 it cannot have passed zero


@pytest.mark.feature("G4")
def test_a_counter_that_passed_zero_is_believed_when_olga_says_so(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    make_readings(meter, date(2026, 7, 1), "99989.45", "99992.45", "99995.45", "99998.45")
    response = post(client, cast.account, **{field(meter): "3,12"})
    assert "4.670 m³" in page_words(response)
    passed = answers(response, meter)["Yes, the counter passed zero and began anew"]
    assert post(client, cast.account, **{field(meter): "3,12", say(meter): passed}).status_code == 302
    assert meter.readings.latest("pk").drop == Drop.ROLLOVER


@pytest.mark.feature("G4")
@pytest.mark.parametrize("flags", ["lower", "zero", "lower,zero,high,impossible"])
def test_a_lower_value_cannot_be_pushed_through_with_a_made_up_answer(cast: Cast, enter: Any, flags: str) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    usual_year(meter)
    response = post(client, cast.account, **{field(meter): "3,12", say(meter): f"3.120|{flags}"})
    assert response.status_code == 422
    assert meter.readings.count() == 8


def test_a_photo_goes_with_the_reading_and_a_wrong_file_is_refused(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    name = f"photo_{meter.public_id.hex}"
    bad = post(client, cast.account, **{field(meter): "7", name: SimpleUploadedFile("x.jpg", b"MZ", "image/jpeg")})
    assert bad.status_code == 422
    assert "not a photo we can take" in page_words(bad)
    assert "Choose the photo again" in page_words(bad)
    sent = post(client, cast.account, **{field(meter): "7", name: SimpleUploadedFile("x.jpg", picture(), "image/jpeg")})
    assert str(meter.readings.get().photo.name).startswith("readings/")
    page = client.get(sent["Location"])
    assert "Photo received" in page_words(page)
    assert url(cast.account, "reading_photo", meter.readings.get().public_id) in page.content.decode()


def test_photos_that_are_too_large_together_lose_nothing_typed(cast: Cast, enter: Any) -> None:
    meter, other = make_meter(cast.account), make_meter(cast.account, "hot", "2")
    large = SimpleUploadedFile("x.jpg", b"\xff" * (MAX_UPLOAD + FIELDS + 1), "image/jpeg")
    sent = {field(meter): "7,5", f"photo_{meter.public_id.hex}": large, field(other): "3,5"}
    response = post(enter(cast.olga), cast.account, **sent)
    assert response.status_code == 422
    assert "larger than 10 MB together" in page_words(response)
    assert 'value="7,5"' in response.content.decode()
    assert 'value="3,5"' in response.content.decode()  # what stood after the photo came, too
    assert not Reading.objects.exists()


# --- Verification, broken, another source ------------------------------------------------------------------------------


def test_a_verification_that_runs_out_is_said_with_whom_to_ask(cast: Cast, enter: Any) -> None:
    make_meter(cast.account, next_verification=date(2026, 12, 5))
    words = page_words(enter(cast.olga).get(url(cast.account)))
    assert "Verification until 5 December 2026" in words
    assert "Ask Уютный дом" in words


def test_an_expired_meter_is_taken_and_not_charged_or_not_taken_as_the_company_says(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account, next_verification=date(2026, 10, 1)), enter(cast.olga)
    assert "stored but not used for charges" in page_words(client.get(url(cast.account)))
    response = post(client, cast.account, **{field(meter): "7"})
    words = page_words(client.get(response["Location"]))
    assert "Stored, not used for charges" in words
    assert "The verification expired on 1 October 2026: until the meter is verified" in words
    SubmissionWindow.objects.create(organization=cast.company, takes_expired=False)
    page = client.get(url(cast.account))
    assert "does not take readings of this meter" in page_words(page)
    assert field(meter) not in page.content.decode()
    refused = post(client, cast.account, **{field(meter): "8"})
    assert refused.status_code == 422
    assert "Order a verification" in page_words(refused)


def test_a_broken_meter_is_not_asked_for(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account, broken_on=date(2026, 11, 2)), enter(cast.olga)
    page = client.get(url(cast.account))
    assert "Broken since 2 November 2026" in page_words(page)
    assert field(meter) not in page.content.decode()
    assert post(client, cast.account, **{field(meter): "8"}).status_code == 422


@pytest.mark.feature("D4")
@pytest.mark.parametrize(
    ("source", "who"), [(Source.COUNCIL, "House council"), (Source.COMPANY, "Уютный дом"), (Source.CONTROLLED, "by an act")]
)  # fmt: skip
def test_once_a_higher_source_has_spoken_olga_sees_value_who_when_and_whom_to_ask(
    cast: Cast, enter: Any, source: str, who: str
) -> None:
    meter = make_meter(cast.account)
    rival = make_reading(meter, NOV, "152.347", source=source, author=cast.vera)
    for reader in (cast.olga, cast.tanya):
        page = enter(reader).get(url(cast.account))
        words = page_words(page)
        assert "Entered already: 152.347" in words
        assert who in words
        assert "20 November" in words
        assert "Ask Уютный дом" in words
        assert url(cast.account, "reading_dispute", rival.public_id) in page.content.decode()
        assert field(meter) not in page.content.decode()
        assert "Верина" not in words


@pytest.mark.feature("D4")
def test_a_form_opened_before_the_council_spoke_gets_an_honest_receipt(cast: Cast, enter: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    client.get(url(cast.account))
    make_reading(meter, NOV, "9", source=Source.COUNCIL, author=cast.vera)
    response = post(client, cast.account, **{field(meter): "7"})
    page = client.get(response["Location"])
    words = page_words(page)
    assert "Your value is kept but not counted. What counts: 9.000 — House council, 20 November, 13:00." in words
    assert "Ask Уютный дом" in words
    assert "<h1>Not counted</h1>" in page.content.decode()
    assert "Readings sent" not in words
    assert "Used" not in words
    assert url(cast.account, "reading_dispute", meter.readings.current().get().public_id) in page.content.decode()
    assert meter.readings.current().get().source == Source.COUNCIL


# --- One's own reading of the period -----------------------------------------------------------------------------------


def test_olga_sees_what_she_sent_and_corrects_it(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    post(client, cast.account, **{field(meter): "7"})
    words = page_words(client.get(url(cast.account)))
    assert "Sent: 7.000 (You, 21 November)." in words
    assert "Take back" in words
    clock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert post(client, cast.account, **{field(meter): "6"}).status_code == 302
    assert str(meter.readings.current().get().t1) == "6.0000"
    assert meter.readings.count() == 2


def test_the_others_of_the_flat_are_never_named(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    post(enter(cast.olga), cast.account, **{field(meter): "7"})
    words = page_words(enter(cast.tanya).get(url(cast.account)))
    assert "A resident of the flat" in words
    assert "Take back" not in words
    assert "Олина" not in words
