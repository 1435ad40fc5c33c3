"""The council's desk: who gets in, what a row does, what a member never sees."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from billing.models import Invoice
from billing.testing import make_invoice, make_payment
from meters.history import months_before
from meters.models import Meter, Reading, ReadingState, Source, SubmissionWindow
from meters.testing import enter as send
from meters.testing import make_meter, make_reading
from meters.windows import last_day, next_opening, period_of
from notifications.models import Notice
from portal.testing import Cast, make_account, page_words
from premises.models import CouncilSeat, House, PersonalAccount, Unit

Enter = Callable[[User], Client]
TODAY = timezone.localdate().replace(day=1)
LAST = months_before(TODAY, 1)


@pytest.fixture
def window(cast: Cast) -> SubmissionWindow:
    """Readings are taken on every day of the month."""
    return SubmissionWindow.objects.create(organization=cast.company, opens=1, closes=31)


@pytest.fixture
def meter(cast: Cast, window: SubmissionWindow) -> Meter:
    """The cold meter of flat 12, read last month."""
    meter = make_meter(cast.account, place="кухня")
    make_reading(meter, LAST, "100")
    return meter


@pytest.fixture
def vera(cast: Cast, enter: Enter) -> Client:
    return enter(cast.vera)


def page(name: str, house: House, **query: str) -> str:
    return reverse(name, args=[house.public_id], query=query or None)


def row(account: PersonalAccount, house: House | None = None, **query: str) -> str:
    return reverse(
        "council_row", args=[(house or account.unit.house).public_id, account.public_id], query=query or None
    )


def save(browser: Client, meter: Meter, *values: str, also: dict[str, str] | None = None, follow: bool = False) -> Any:
    """Type values into the row of the meter's account and press «Save»."""
    assert meter.account
    typed = {f"m{meter.pk}z{zone}": value for zone, value in enumerate(values, start=1)}
    typed["taken_on"] = f"{timezone.localdate():%d.%m.%Y}"
    return browser.post(row(meter.account), typed | (also or {}), follow=follow)


def counts(meter: Meter) -> Reading | None:
    return Reading.objects.filter(meter=meter, period=TODAY, state=ReadingState.CURRENT).first()


# --- Who gets in ----------------------------------------------------------------------------------------------------

PAGES = ["council_readings", "council_walk", "council_sheet", "council_board"]


@pytest.mark.parametrize("name", PAGES)
def test_any_member_gets_in_and_not_only_the_chair(cast: Cast, enter: Enter, meter: Meter, name: str) -> None:
    CouncilSeat.objects.create(user=cast.nina, house=cast.house, since=timezone.localdate())
    assert enter(cast.nina).get(page(name, cast.house)).status_code == 200


@pytest.mark.parametrize("who", ["olga", "igor", "mark", "dima", "pavel", "sofia"])
def test_others_meet_404(cast: Cast, enter: Enter, meter: Meter, who: str) -> None:
    browser = enter(getattr(cast, who))
    for name in PAGES:
        assert browser.get(page(name, cast.house)).status_code == 404
    assert browser.get(row(cast.account)).status_code == 404
    assert save(browser, meter, "101").status_code == 404
    assert counts(meter) is None


def test_a_seat_that_ended_yesterday_opens_nothing(cast: Cast, vera: Client, meter: Meter) -> None:
    assert vera.get(page("council_readings", cast.house)).status_code == 200
    CouncilSeat.objects.filter(user=cast.vera).update(until=timezone.localdate() - timedelta(days=1))
    for name in PAGES:
        assert vera.get(page(name, cast.house)).status_code == 404
    assert save(vera, meter, "101").status_code == 404
    assert "council" not in vera.get(reverse("accounts")).content.decode()


def test_a_member_reads_no_other_house(cast: Cast, vera: Client, meter: Meter) -> None:
    """Neither the pages of another house, nor a flat of it under the address of one's own, nor its meter in one's form."""
    foreign = make_meter(cast.other_account)
    for name in PAGES:
        assert vera.get(page(name, cast.other_house)).status_code == 404
    assert vera.get(row(cast.other_account)).status_code == 404
    assert vera.get(row(cast.other_account, cast.house)).status_code == 404
    save(vera, meter, "101", also={f"m{foreign.pk}z1": "5"})
    assert not foreign.readings.exists()


@pytest.mark.parametrize("name", PAGES)
def test_the_header_calls_the_dispatcher_of_the_house(cast: Cast, vera: Client, meter: Meter, name: str) -> None:
    def header() -> str:
        return str(vera.get(page(name, cast.house)).content.decode().split("</header>")[0])

    assert 'class="sos" href="tel:88005500735"' in header()
    House.objects.filter(pk=cast.house.pk).update(dispatch_phone="8 (8639) 11-22-33")
    assert 'class="sos" href="tel:88639112233"' in header()


def test_a_flat_without_meters_has_no_row(cast: Cast, vera: Client, meter: Meter) -> None:
    assert vera.get(row(cast.nina_account)).status_code == 404


def test_no_page_of_the_council_knows_people_phones_or_money(cast: Cast, vera: Client, meter: Meter) -> None:
    """Field by field: the strings are in the database beside what the pages show, and on none of them."""
    Unit.objects.filter(pk=cast.account.unit_id).update(contact_phone="+79120000888", intercom="38К2511")
    PersonalAccount.objects.filter(pk=cast.account.pk).update(contact_email="holder@example.com")
    make_invoice(cast.account, date(2026, 10, 1))
    make_payment(cast.account, "11.11.2026", "3680.39")
    send(meter, "104", by=cast.olga, at=timezone.now())
    pages = [vera.get(page(name, cast.house)) for name in PAGES]
    pages += [vera.get(page("council_walk", cast.house, all="1")), vera.get(row(cast.account))]
    pages += [save(vera, meter, "1"), save(vera, meter, "105", follow=True)]
    reading = counts(meter)
    assert reading
    pages.append(vera.get(undo(reading, cast.house)))
    people = [cast.olga, cast.oleg, cast.tanya, cast.nina]
    secret = ["Олина", "Олин", "Нинина", "Танина", "0000999", "0000888", "holder@", "38К2511", "3680", "3 680"]
    secret += [str(person.phone)[2:] for person in people] + [cast.olga.first_name]
    for response in pages:
        text = response.content.decode()
        assert not [word for word in secret if word in text], response.request["PATH_INFO"]


# --- The matrix -----------------------------------------------------------------------------------------------------


def test_flats_stand_in_the_order_of_a_walk(cast: Cast, vera: Client, window: SubmissionWindow) -> None:
    for flat, entrance, floor in (("10", 1, 2), ("9", 1, 2), ("21", 2, 1), ("2а", 1, 1), ("2", 1, 1)):
        account = make_account(cast.house, flat, f"900{flat}")
        Unit.objects.filter(pk=account.unit_id).update(entrance=entrance, floor=floor)
        make_meter(account, serial=f"N{flat}")
    response = vera.get(page("council_readings", cast.house))
    assert [one.title for one in response.context["rows"]] == ["2", "2а", "9", "10", "21"]
    response = vera.get(page("council_readings", cast.house, entrance="2"))
    assert [one.title for one in response.context["rows"]] == ["21"]


def test_columns_are_the_meters_of_the_richest_flat(cast: Cast, vera: Client, meter: Meter) -> None:
    make_meter(cast.account, serial="2", place="ванная")
    make_meter(cast.account, "power", serial="3", zones=2, initial_t2=Decimal(0))
    make_meter(cast.nina_account, serial="4")
    response = vera.get(page("council_readings", cast.house))
    assert [column.title for column in response.context["columns"]] == ["Cold water 1", "Cold water 2", "Electricity"]
    olga, nina = response.context["rows"]
    assert [len(cell.slots) for cell in olga.filled] == [1, 1, 2]
    assert [cell is None for cell in nina.cells] == [False, True, True]


def test_two_accounts_of_one_flat_are_told_apart(cast: Cast, vera: Client, meter: Meter) -> None:
    second = make_account(cast.house, "12", "10012-2")
    make_meter(second, serial="S")
    titles = [one.title for one in vera.get(page("council_readings", cast.house)).context["rows"]]
    assert titles == ["12 · 10012", "12 · 10012-2"]


def test_above_the_field_stands_the_value_before_and_beside_it_what_was_sent(
    cast: Cast, vera: Client, meter: Meter
) -> None:
    moment = timezone.now()
    send(meter, "104.5", by=cast.olga, at=moment)
    [cell] = vera.get(page("council_readings", cast.house)).context["rows"][0].filled
    assert (cell.slots[0].previous, cell.said, cell.source) == ("100.000", "104.500", "Resident")
    assert cell.slots[0].typed == ""  # what a resident sent is never sent again in the council's name
    text = vera.get(page("council_readings", cast.house)).content.decode()
    assert "104.500" in text
    assert cell.when in text


def test_a_thousand_flats_cost_as_many_queries_as_three(cast: Cast, vera: Client, window: SubmissionWindow) -> None:
    def flats(numbers: range) -> None:
        for number in numbers:
            account = make_account(cast.house, str(100 + number), f"800{number}")
            for place in range(3):
                meter = make_meter(account, serial=f"{number}-{place}")
                make_reading(meter, LAST, "10")
                send(meter, "11", by=cast.olga, at=timezone.now())

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert vera.get(page("council_readings", cast.house)).status_code == 200
        return len(seen)

    flats(range(3))
    queries()
    with_three = queries()
    flats(range(3, 30))
    assert with_three == queries() <= 10


# --- A row ----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("D4", "G11")
def test_vera_saves_a_row(cast: Cast, vera: Client, meter: Meter) -> None:
    response = save(vera, meter, "104,5")
    assert response.status_code == 302
    assert response["Location"] == f"{page('council_readings', cast.house)}#row-{cast.account.public_id}"
    reading = counts(meter)
    assert reading
    assert (reading.t1, reading.source, reading.author) == (Decimal("104.5"), Source.COUNCIL, cast.vera)


def test_with_a_script_only_the_row_comes_back(cast: Cast, vera: Client, meter: Meter) -> None:
    assert meter.account
    response = vera.post(row(meter.account), {f"m{meter.pk}z1": "104"}, headers={"X-Row": "1"})
    assert response.status_code == 422  # the day is missing
    response = vera.post(
        row(meter.account), {f"m{meter.pk}z1": "104", "taken_on": "01.01.2021"}, headers={"X-Row": "1"}
    )
    text = response.content.decode().strip()
    assert response.status_code == 422
    assert "The last reading was taken later than this day" in text
    day = f"{timezone.localdate():%d.%m.%Y}"
    response = vera.post(row(meter.account), {f"m{meter.pk}z1": "104", "taken_on": day}, headers={"X-Row": "1"})
    text = response.content.decode().strip()
    assert response.status_code == 200
    assert text.startswith(f'<tbody id="row-{cast.account.public_id}"')
    assert text.endswith("</tbody>")
    assert "Saved: 1 reading." in text
    assert "<html" not in text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("12a", "Write only the digits"),
        ("1.2.3", "more than one comma"),
        ("1" * 20, "too many digits before the comma"),
        ("1,23456", "too many digits after the comma"),
        ("-5", "without plus and minus"),
    ],
)
def test_a_text_that_is_no_reading_is_named_and_kept(
    cast: Cast, vera: Client, meter: Meter, typed: str, sentence: str
) -> None:
    response = save(vera, meter, typed)
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert f'value="{typed}"' in text
    assert f'href="#m{meter.pk}z1"' in text
    assert counts(meter) is None


def test_one_wrong_field_keeps_the_whole_row_unsaved_and_typed(cast: Cast, vera: Client, meter: Meter) -> None:
    hot = make_meter(cast.account, "hot", serial="H")
    response = save(vera, meter, "101", also={f"m{hot.pk}z1": "oops"})
    assert response.status_code == 422
    assert 'value="101"' in response.content.decode()
    assert "Hot water: Write only the digits" in response.content.decode()
    assert (counts(meter), counts(hot)) == (None, None)


def test_an_empty_row_asks_for_a_value(cast: Cast, vera: Client, meter: Meter) -> None:
    response = save(vera, meter, "")
    assert response.status_code == 422
    assert "Nothing is written in this row yet." in response.content.decode()


def test_every_zone_is_a_field_and_none_may_be_left_out(cast: Cast, vera: Client, window: SubmissionWindow) -> None:
    power = make_meter(cast.account, "power", serial="P", zones=2, initial_t2=Decimal(0), decimals=1)
    response = save(vera, power, "10", "")
    assert response.status_code == 422
    assert "Electricity, T2: Write the digits of the meter" in response.content.decode()
    assert save(vera, power, "10", "4").status_code == 302
    reading = counts(power)
    assert reading
    assert reading.values == (Decimal(10), Decimal(4))


def box(response: Any, name: str) -> str:
    """The value of a check box under the row."""
    notes = [note for note in response.context["row"].notes if note.confirm and note.confirm.name == name]
    assert len(notes) == 1
    return str(notes[0].confirm.value)


def read_for_months(meter: Meter) -> None:
    for back in range(8, 1, -1):
        make_reading(meter, months_before(TODAY, back), str(100 - 4 * back))


def test_a_doubt_is_confirmed_for_the_value_it_was_about(cast: Cast, vera: Client, meter: Meter) -> None:
    read_for_months(meter)
    response = save(vera, meter, "160")
    assert response.status_code == 422
    assert "more than three times" in response.content.decode()
    assert "It makes 60 m³." in response.content.decode()
    name = f"c{meter.pk}"
    token = box(response, name)
    assert save(vera, meter, "170", also={name: token}).status_code == 422  # ticked beside another value
    assert counts(meter) is None
    assert save(vera, meter, "160", also={name: token}).status_code == 302
    reading = counts(meter)
    assert reading
    assert "high" in reading.doubts


def test_a_doubt_says_about_what_it_costs_where_a_tariff_is_known(cast: Cast, vera: Client, meter: Meter) -> None:
    """From the newest bill of the flat, of which nothing else is shown."""
    read_for_months(meter)
    invoice = make_invoice(cast.account, date(2026, 10, 1))
    print_tariff(invoice, "Холодная вода", "47.06")
    text = save(vera, meter, "160").content.decode().replace("\u00a0", " ")
    assert "It makes 60 m³, about 2,823.60 RUB." in text
    assert "3,680" not in text


def print_tariff(invoice: Invoice, service: str, tariff: str) -> None:
    """A line of a bill with the price of a cubic metre."""
    invoice.lines.create(
        position=invoice.lines.count() + 1, service=service, unit="м3", tariff=Decimal(tariff), accrued=Decimal(1),
        payable=Decimal(1),
    )  # fmt: skip


def test_doubts_of_three_meters_ask_the_database_as_often_as_one(cast: Cast, vera: Client, meter: Meter) -> None:
    others = [make_meter(cast.account, serial=serial) for serial in ("D-2", "D-3")]
    for one in others:
        make_reading(one, LAST, "100")
    for one in (meter, *others):
        read_for_months(one)
    print_tariff(make_invoice(cast.account, date(2026, 10, 1)), "Холодная вода", "47.06")

    def queries(*meters: Meter) -> int:
        with CaptureQueriesContext(connection) as seen:
            response = save(vera, meters[0], "160", also={f"m{one.pk}z1": "160" for one in meters[1:]})
        assert len(response.context["row"].notes) == len(meters)
        return len(seen)

    queries(meter)  # the first visit writes the place of the session
    assert queries(meter) == queries(meter, *others)


def test_a_lower_value_passes_only_through_zero(cast: Cast, vera: Client, window: SubmissionWindow) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, LAST, "99998")
    response = save(vera, meter, "3")
    assert response.status_code == 422
    assert "The counter passed zero: 5 m³ were used" in response.content.decode()
    assert "tell the company: Уютный дом" in response.content.decode()
    name = f"p{meter.pk}"
    token = box(response, name)
    assert save(vera, meter, "2", also={name: token}).status_code == 422
    assert save(vera, meter, "3", also={name: token}).status_code == 302
    assert counts(meter)


def test_a_lower_value_that_cannot_have_passed_zero_offers_no_box(cast: Cast, vera: Client, meter: Meter) -> None:
    response = save(vera, meter, "99")
    assert response.status_code == 422
    assert "Less than before (100.000)" in response.content.decode()
    assert [note.confirm for note in response.context["row"].notes] == [None]
    assert save(vera, meter, "99", also={f"p{meter.pk}": "99.000"}).status_code == 422


def test_what_was_ticked_stays_ticked_while_another_field_is_mended(cast: Cast, vera: Client, meter: Meter) -> None:
    read_for_months(meter)
    hot = make_meter(cast.account, "hot", serial="H")
    make_reading(hot, LAST, "50")
    name = f"c{meter.pk}"
    token = box(save(vera, meter, "160"), name)
    response = save(vera, meter, "160", also={name: token, f"m{hot.pk}z1": "49"})
    assert response.status_code == 422
    assert f'value="{token}" checked' in response.content.decode()
    assert save(vera, meter, "160", also={name: token, f"m{hot.pk}z1": "51"}).status_code == 302


# --- Conflicts ------------------------------------------------------------------------------------------------------


@pytest.mark.feature("D4")
def test_a_resident_sent_while_the_matrix_was_open(cast: Cast, vera: Client, meter: Meter) -> None:
    """Olga's 123 at 10:41 came after Vera opened the page: both are kept, Vera's counts, both are told."""
    vera.get(page("council_readings", cast.house))
    sent = send(meter, "103", by=cast.olga, at=timezone.now()).reading
    text = save(vera, meter, "104", follow=True).content.decode()
    assert "A resident had sent 103.000" in text
    assert "both are kept, the resident is told" in text
    assert [(one.t1, one.state) for one in meter.readings.filter(period=TODAY).order_by("pk")] == [
        (Decimal(103), ReadingState.KEPT), (Decimal(104), ReadingState.CURRENT),
    ]  # fmt: skip
    assert Notice.objects.filter(user=cast.olga, subject=f"reading:{sent.public_id}").exists()


def test_the_same_value_as_the_resident_s_changes_nothing(cast: Cast, vera: Client, meter: Meter) -> None:
    send(meter, "103", by=cast.olga, at=timezone.now())
    text = save(vera, meter, "103,0", follow=True).content.decode()
    assert "the same value is there already (Resident" in text
    reading = counts(meter)
    assert reading
    assert reading.source == Source.OWNER
    assert not Notice.objects.filter(user=cast.olga).exists()


def test_what_the_company_entered_is_closed(cast: Cast, vera: Client, meter: Meter) -> None:
    send(meter, "104", source=Source.COMPANY, by=cast.mark, at=timezone.now())
    text = vera.get(page("council_readings", cast.house)).content.decode()
    assert f'name="m{meter.pk}z1"' not in text
    assert "Company," in text
    text = vera.get(row(cast.account)).content.decode()
    assert "What the company has entered only the company changes: Уютный дом, 8 (800) 550-07-36." in text
    assert "Марк" not in text


def test_the_company_entered_while_the_matrix_was_open(cast: Cast, vera: Client, meter: Meter) -> None:
    """Vera's value is kept as history, the company's counts, and she is told when and whom to ask."""
    vera.get(page("council_readings", cast.house))
    send(meter, "104", source=Source.COMPANY, by=cast.mark, at=timezone.now())
    text = save(vera, meter, "105", follow=True).content.decode()
    assert "Company: 104.000" in text
    assert "ask Уютный дом: 8 (800) 550-07-36" in text
    reading = counts(meter)
    assert reading
    assert reading.source == Source.COMPANY
    assert meter.readings.filter(source=Source.COUNCIL, state=ReadingState.KEPT).count() == 1


def test_the_council_corrects_itself(cast: Cast, vera: Client, meter: Meter) -> None:
    save(vera, meter, "104")
    text = save(vera, meter, "103", follow=True).content.decode()
    assert "Saved: 1 reading." in text
    assert "resident" not in text.lower().split("<main")[1].split("saved:")[0]
    reading = counts(meter)
    assert reading
    assert reading.t1 == Decimal(103)


def test_a_broken_meter_has_no_field(cast: Cast, vera: Client, meter: Meter) -> None:
    Meter.objects.filter(pk=meter.pk).update(broken_on=timezone.localdate() - timedelta(days=3))
    assert f'name="m{meter.pk}z1"' not in vera.get(page("council_readings", cast.house)).content.decode()
    response = save(vera, meter, "101")
    assert response.status_code == 422
    assert "marked as broken" in response.content.decode()


def test_of_an_unverified_meter_vera_hears_that_it_is_not_used_for_charges(
    cast: Cast, vera: Client, meter: Meter, window: SubmissionWindow
) -> None:
    Meter.objects.filter(pk=meter.pk).update(next_verification=LAST)
    said = "Stored, not used for charges: the verification has expired"
    assert save(vera, meter, "102", follow=True).content.decode().count(said) == 1
    assert counts(meter)
    power = make_meter(cast.account, "power", serial="P")
    response = save(vera, power, "10", follow=True)
    assert "Saved: 1 reading." in response.content.decode()
    assert said not in response.content.decode()
    SubmissionWindow.objects.filter(pk=window.pk).update(takes_expired=False)
    response = save(vera, meter, "103")
    assert response.status_code == 422
    assert "does not take its readings" in response.content.decode()


def test_a_value_that_may_be_charged_stands_above_a_later_one_that_may_not(
    cast: Cast, vera: Client, meter: Meter
) -> None:
    save(vera, meter, "101", follow=True)
    Meter.objects.filter(pk=meter.pk).update(next_verification=LAST)
    text = save(vera, meter, "102", follow=True).content.decode()
    assert "Stored, not used for charges: the verification has expired" in text
    assert "House council: 101.000" in text
    assert "Saved:" not in text


# --- Taking back ----------------------------------------------------------------------------------------------------


def undo(reading: Reading, house: House, **query: str) -> str:
    return reverse("council_take_back", args=[house.public_id, reading.public_id], query=query or None)


def entered(meter: Meter, value: str, by: User) -> Reading:
    return send(meter, value, source=Source.COUNCIL, by=by, at=timezone.now()).reading


@pytest.mark.feature("D4", "G11")
def test_vera_takes_back_a_value_typed_into_the_wrong_flat(cast: Cast, vera: Client, meter: Meter) -> None:
    """From the row of the flat, over a page that asks; Olga's reading counts again; a second press changes nothing."""
    send(meter, "103", by=cast.olga, at=timezone.now())
    save(vera, meter, "105")
    reading = counts(meter)
    assert reading
    address = undo(reading, cast.house, entrance="1")
    assert address in vera.get(row(cast.account, entrance="1")).content.decode()
    assert address.split("?")[0] not in vera.get(page("council_readings", cast.house)).content.decode()
    asked = vera.get(address).content.decode()
    assert "105" in asked
    assert "flat 12" in asked
    assert counts(meter) == reading  # looking changes nothing
    response = vera.post(address)
    assert response["Location"] == row(cast.account, entrance="1")
    now = counts(meter)
    assert now
    assert (now.t1, now.source) == (Decimal(103), Source.OWNER)
    text = vera.get(response["Location"]).content.decode()
    assert "The reading is taken back." in text
    assert "Take back" not in text
    assert vera.post(address).status_code == 302
    assert counts(meter) == now
    assert "It is taken back already." in vera.get(address).content.decode()


def test_a_value_is_taken_back_on_the_stairs(cast: Cast, vera: Client, meter: Meter) -> None:
    reading = entered(meter, "105", cast.vera)
    text = vera.get(page("council_walk", cast.house, all="1")).content.decode()
    assert undo(reading, cast.house, all="1") in text
    response = vera.post(undo(reading, cast.house, walk="1"), follow=True)
    assert "Nobody home, next" in response.content.decode()
    assert counts(meter) is None


def test_a_member_takes_back_nothing_of_others(cast: Cast, vera: Client, enter: Enter, meter: Meter) -> None:
    """Neither a resident's, nor another member's, nor one's own as a resident, nor of another house, nor after the term."""
    CouncilSeat.objects.create(user=cast.nina, house=cast.house, since=timezone.localdate())
    hot = make_meter(cast.account, "hot", serial="H")
    own = make_meter(cast.vera_account, serial="V")
    others = [
        send(meter, "103", by=cast.olga, at=timezone.now()).reading, entered(hot, "3", cast.nina),
        send(own, "3", by=cast.vera, at=timezone.now()).reading,
    ]  # fmt: skip
    for reading in others:
        assert vera.post(undo(reading, cast.house)).status_code == 404
        assert vera.get(undo(reading, cast.house)).status_code == 404
    assert "Take back" not in vera.get(row(cast.account)).content.decode()
    mine = entered(meter, "105", cast.vera)
    assert vera.post(undo(mine, cast.other_house)).status_code == 404
    assert enter(cast.olga).post(undo(mine, cast.house)).status_code == 404
    CouncilSeat.objects.filter(user=cast.vera).update(until=timezone.localdate() - timedelta(days=1))
    assert vera.post(undo(mine, cast.house)).status_code == 404
    assert counts(meter) == mine


def test_after_the_window_nothing_is_taken_back(
    cast: Cast, vera: Client, meter: Meter, window: SubmissionWindow
) -> None:
    reading = entered(meter, "105", cast.vera)
    close(window)
    assert "Take back" not in vera.get(row(cast.account)).content.decode()
    response = vera.post(undo(reading, cast.house))
    assert response.status_code == 409
    assert "cannot be taken back any more" in response.content.decode()
    assert counts(meter) == reading


# --- The window -----------------------------------------------------------------------------------------------------


def close(window: SubmissionWindow) -> None:
    """From now on readings are taken on one day that is not today."""
    today = timezone.localdate()
    other = today.day % 28 + 2
    SubmissionWindow.objects.filter(pk=window.pk).update(opens=other, closes=other)


def test_outside_the_window_the_matrix_only_shows(
    cast: Cast, vera: Client, meter: Meter, window: SubmissionWindow
) -> None:
    close(window)
    text = vera.get(page("council_readings", cast.house)).content.decode()
    assert "Readings are not taken now. They are taken again from" in text
    assert f'name="m{meter.pk}z1"' not in text
    assert "<button" not in text.split("<main")[1].split("</main")[0]


def test_the_window_closes_between_the_page_and_the_button(
    cast: Cast, vera: Client, meter: Meter, window: SubmissionWindow
) -> None:
    close(window)
    response = save(vera, meter, "104,5")
    assert response.status_code == 422
    assert "Readings are not taken today" in response.content.decode()
    assert 'value="104,5"' in response.content.decode()
    assert counts(meter) is None


def test_the_day_is_chosen_once_for_the_table(cast: Cast, vera: Client, meter: Meter) -> None:
    day = timezone.localdate() - timedelta(days=1)
    text = vera.get(page("council_readings", cast.house, on=f"{day:%d.%m.%Y}")).content.decode()
    assert f'<input type="hidden" name="taken_on" value="{day:%d.%m.%Y}">' in text
    tomorrow = timezone.localdate() + timedelta(days=1)
    text = vera.get(page("council_readings", cast.house, on=f"{tomorrow:%d.%m.%Y}")).content.decode()
    assert "This day has not come yet" in text
    assert f'name="taken_on" value="{timezone.localdate():%d.%m.%Y}"' in text


# --- The walk -------------------------------------------------------------------------------------------------------


@pytest.fixture
def stairs(cast: Cast, window: SubmissionWindow) -> list[Meter]:
    """Three flats of entrance 1 and one of entrance 2, a meter each."""
    meters = []
    for flat, entrance in (("2", 1), ("9", 1), ("10", 1), ("21", 2)):
        account = make_account(cast.house, flat, f"900{flat}")
        Unit.objects.filter(pk=account.unit_id).update(entrance=entrance, floor=1)
        meters.append(make_meter(account, serial=f"N{flat}"))
    return meters


def test_the_table_of_a_large_house_opens_with_its_first_entrance(
    cast: Cast, vera: Client, stairs: list[Meter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others and the whole house are a press away; how many have sent is said of the whole house."""

    def shown(**query: str) -> list[str]:
        return [one.title for one in vera.get(page("council_readings", cast.house, **query)).context["rows"]]

    monkeypatch.setattr("meters.matrix.LARGE", len(stairs))
    assert shown() == ["2", "9", "10", "21"]
    monkeypatch.setattr("meters.matrix.LARGE", len(stairs) - 1)
    assert shown() == ["2", "9", "10"]
    text = vera.get(page("council_readings", cast.house)).content.decode()
    assert 'href="?entrance=2"' in text
    assert 'href="?entrance=all"' in text
    assert "of 4 flats" in text
    assert shown(entrance="2") == ["21"]
    assert shown(entrance="all") == ["2", "9", "10", "21"]
    assert shown(entrance="all", on=f"{timezone.localdate():%d.%m.%Y}") == ["2", "9", "10", "21"]
    text = vera.get(page("council_readings", cast.house, entrance="all")).content.decode()
    assert '<input type="hidden" name="entrance" value="all">' in text
    Unit.objects.filter(house=cast.house, entrance=1).update(entrance=None)
    assert shown() == ["21", "2", "9", "10"]  # with one entrance there is nothing to choose


def test_the_walk_goes_from_flat_to_flat(cast: Cast, vera: Client, stairs: list[Meter]) -> None:
    response = vera.get(page("council_walk", cast.house))
    assert response.context["row"].title == "2"
    assert "1 of 3 in entrance 1" in response.content.decode()
    first = stairs[0].account
    assert first
    typed = {f"m{stairs[0].pk}z1": "3", "taken_on": f"{timezone.localdate():%d.%m.%Y}"}
    response = vera.post(f"{row(first)}?{response.context['walk_query']}", typed, follow=True)
    assert "Saved: 1 reading." in response.content.decode()
    assert response.context["row"].title == "9"
    response = vera.get(f"{page('council_walk', cast.house)}?{response.context['skip_query']}")  # nobody home
    assert response.context["row"].title == "10"
    assert "3 of 3 in entrance 1" in response.content.decode()


def test_the_walk_skips_flats_that_have_sent_and_can_show_them(cast: Cast, vera: Client, stairs: list[Meter]) -> None:
    send(stairs[0], "3", by=cast.olga, at=timezone.now())
    assert vera.get(page("council_walk", cast.house)).context["row"].title == "9"
    assert vera.get(page("council_walk", cast.house, all="1")).context["row"].title == "2"


def test_the_walk_stays_in_its_entrance_and_ends(cast: Cast, vera: Client, stairs: list[Meter]) -> None:
    response = vera.get(page("council_walk", cast.house, entrance="2"))
    assert response.context["row"].title == "21"
    response = vera.get(f"{page('council_walk', cast.house)}?{response.context['skip_query']}")
    assert "That was the last flat" in response.content.decode()


def test_a_doubt_in_the_walk_keeps_the_person_at_the_flat(cast: Cast, vera: Client, stairs: list[Meter]) -> None:
    account = stairs[0].account
    assert account
    make_reading(stairs[0], LAST, "100")
    typed = {f"m{stairs[0].pk}z1": "99", "taken_on": f"{timezone.localdate():%d.%m.%Y}"}
    response = vera.post(row(account, walk="1", entrance="1"), typed)
    assert response.status_code == 422
    assert "Save and next flat" in response.content.decode()
    assert "1 of 3 in entrance 1" in response.content.decode()
    assert 'value="99"' in response.content.decode()


# --- The sheet and the board ----------------------------------------------------------------------------------------


def test_the_sheet_has_values_before_and_no_names(cast: Cast, vera: Client, meter: Meter) -> None:
    text = vera.get(page("council_sheet", cast.house)).content.decode()
    assert "100.000" in text
    assert "№ 0123456-19" in text
    assert "Олин" not in text
    assert vera.get(page("council_sheet", cast.house, entrance="2")).context["rows"] == []


@pytest.mark.parametrize("name", ["council_sheet", "council_readings", "council_board"])
def test_while_readings_are_not_taken_every_page_names_the_day_when_they_are(
    cast: Cast, vera: Client, meter: Meter, window: SubmissionWindow, name: str
) -> None:
    close(window)
    window.refresh_from_db()
    opening = next_opening(window.window, timezone.localdate())
    assert f"from {date_format(opening, 'j E')}" in vera.get(page(name, cast.house)).content.decode()


def test_the_sheet_of_a_closed_window_is_for_the_next_one(cast: Cast, vera: Client, window: SubmissionWindow) -> None:
    """A value of the period that has just closed stands as the one before."""
    close(window)
    window.refresh_from_db()
    following = period_of(window.window, timezone.localdate())
    closed = months_before(following, 1)
    make_reading(make_meter(cast.account), closed, "177", taken_on=last_day(window.window, closed))
    response = vera.get(page("council_sheet", cast.house))
    assert response.context["round"].period == following
    assert "177.000" in response.content.decode()
    assert "Readings are taken until" not in response.content.decode()


def states(response: Any) -> dict[str, str]:
    return {place.label: place.state for place in response.context["board"].places}


@pytest.mark.feature("D4")
def test_a_flat_has_sent_when_every_working_meter_of_every_account_has(cast: Cast, vera: Client, meter: Meter) -> None:
    hot = make_meter(make_account(cast.house, "12", "10012-2"), "hot", serial="H")
    make_meter(cast.account, serial="broken", broken_on=date(2024, 1, 1))
    make_meter(cast.account, serial="gone", removed_on=date(2024, 1, 1))
    make_meter(cast.nina_account, serial="N")
    board = page("council_board", cast.house)
    assert states(vera.get(board)) == {"12": "none", "13": "none"}
    send(meter, "104", by=cast.olga, at=timezone.now())
    assert states(vera.get(board)) == {"12": "part", "13": "none"}
    send(hot, "104", source=Source.COMPANY, by=cast.mark, at=timezone.now())
    assert states(vera.get(board)) == {"12": "done", "13": "none"}
    assert "1 of 2 flats have sent everything: 50 %." in vera.get(board).content.decode()
    assert "104" not in page_words(vera.get(board))


def test_the_board_of_a_closed_window_is_that_of_the_last_period(
    cast: Cast, vera: Client, window: SubmissionWindow
) -> None:
    today = timezone.localdate()
    close(window)
    window.refresh_from_db()
    closed = months_before(period_of(window.window, today), 1)
    meter = make_meter(cast.account)
    make_reading(meter, closed, "104", taken_on=last_day(window.window, closed))
    assert states(vera.get(page("council_board", cast.house))) == {"12": "done"}


@pytest.mark.feature("D4")
@pytest.mark.parametrize(
    ("board", "who", "status"),
    [
        ("house", "olga", 200), ("house", "oleg", 200), ("house", "tanya", 404), ("house", "nina", 404),
        ("house", "sofia", 404), ("council", "olga", 404), ("council", "oleg", 404),
    ],
)  # fmt: skip
def test_residents_see_the_board_where_the_company_shows_it(
    cast: Cast, enter: Enter, meter: Meter, window: SubmissionWindow, board: str, who: str, status: int
) -> None:
    SubmissionWindow.objects.filter(pk=window.pk).update(board=board)
    browser = enter(getattr(cast, who))
    assert browser.get(reverse("readings_board", args=[cast.account.public_id])).status_code == status


@pytest.mark.parametrize(
    ("board", "who", "is_led"), [("house", "olga", True), ("house", "tanya", False), ("council", "olga", False)]
)
def test_the_readings_page_leads_to_the_board_where_it_opens(
    cast: Cast, enter: Enter, meter: Meter, window: SubmissionWindow, board: str, who: str, is_led: bool
) -> None:
    SubmissionWindow.objects.filter(pk=window.pk).update(board=board)
    text = enter(getattr(cast, who)).get(reverse("readings", args=[cast.account.public_id])).content.decode()
    assert (reverse("readings_board", args=[cast.account.public_id]) in text) == is_led


def test_the_board_of_residents_tells_no_values(
    cast: Cast, enter: Enter, meter: Meter, window: SubmissionWindow
) -> None:
    SubmissionWindow.objects.filter(pk=window.pk).update(board="house")
    send(meter, "104.777", by=cast.olga, at=timezone.now())
    text = page_words(enter(cast.nina).get(reverse("readings_board", args=[cast.nina_account.public_id])))
    assert "flat 12" in text
    assert "104" not in text
    assert "Олин" not in text


# --- The way in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["accounts", "account_home"])
def test_a_member_is_led_to_the_desk(cast: Cast, vera: Client, enter: Enter, name: str) -> None:
    def text(browser: Client, account: PersonalAccount) -> str:
        args = [account.public_id] if name == "account_home" else []
        return browser.get(reverse(name, args=args)).content.decode()

    mine = text(vera, cast.vera_account)
    for address in PAGES:
        assert page(address, cast.house) in mine
    assert reverse("council_letters", args=[cast.house.public_id]) in mine
    assert "House council" not in text(enter(cast.olga), cast.account)


def test_a_member_who_is_not_the_chair_is_not_led_to_letters(cast: Cast, enter: Enter) -> None:
    CouncilSeat.objects.create(user=cast.nina, house=cast.house, since=timezone.localdate())
    text = enter(cast.nina).get(reverse("accounts")).content.decode()
    assert page("council_walk", cast.house) in text
    assert reverse("council_letters", args=[cast.house.public_id]) not in text


def test_times_are_those_of_the_house(cast: Cast, vera: Client, meter: Meter) -> None:
    """10:41 in Moscow is 07:41 by the clock of the server."""
    moment = datetime(TODAY.year, TODAY.month, 1, 7, 41, tzinfo=UTC)
    make_reading(meter, TODAY, "104", taken_on=TODAY, created_at=moment)
    assert f"{TODAY:01.%m} 10:41" in vera.get(page("council_readings", cast.house)).content.decode()
