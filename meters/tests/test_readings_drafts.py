"""The entry page while readings are not taken, and of several flats at once: drafts wait, nothing typed is lost."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from lib.tests.test_photos import picture
from meters.models import Reading, ReadingDraft, SubmissionWindow
from meters.testing import make_meter, make_reading
from meters.tests.page import field
from meters.tests.test_readings_page import post, url
from portal.testing import Cast, make_account, make_link, make_user, page_words

pytestmark = pytest.mark.usefixtures("clock")

# --- Closed window and drafts ------------------------------------------------------------------------------------------

CLOSED = datetime(2026, 11, 27, 9, tzinfo=UTC)
OPEN_AGAIN = datetime(2026, 12, 15, 9, tzinfo=UTC)


@pytest.mark.feature("C2")
def test_a_closed_window_says_when_it_opens_and_keeps_a_draft_until_then(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    clock(CLOSED)
    page = client.get(url(cast.account))
    assert "Readings are taken again from 15 December" in page_words(page)
    assert "Save as a draft" in page_words(page)
    post(client, cast.account, taken_on="26.11.2026", draft="1", **{field(meter): "сто"})  # a draft is kept as typed
    assert 'value="сто"' in client.get(url(cast.account)).content.decode()
    post(client, cast.account, taken_on="26.11.2026", draft="1", **{field(meter): "7,5"})
    assert not Reading.objects.exists()
    clock(OPEN_AGAIN)
    page = client.get(url(cast.account))
    assert "This is your draft." in page_words(page)
    assert 'value="7,5"' in page.content.decode()
    assert 'value="26.11.2026"' in page.content.decode()
    post(client, cast.account, taken_on="26.11.2026", **{field(meter): "7,5"})
    assert meter.readings.get().period == date(2026, 12, 1)
    assert not ReadingDraft.objects.exists()


def test_a_window_that_closes_while_olga_fills_in_loses_nothing(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    client.get(url(cast.account))
    clock(datetime(2026, 11, 25, 21, 0, 1, tzinfo=UTC))
    response = post(client, cast.account, send="1", **{field(meter): "7,5"})
    page = client.get(response["Location"])
    assert "kept as a draft. Send it from 15 December on." in page_words(page)
    assert 'value="7,5"' in page.content.decode()
    assert not Reading.objects.exists()


def test_a_company_that_takes_readings_late_says_to_which_month_they_count(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    SubmissionWindow.objects.create(organization=cast.company, takes_late=True)
    clock(CLOSED)
    words = page_words(client.get(url(cast.account)))
    assert "What you send now counts to December 2026" in words
    assert "Send the readings" in words
    post(client, cast.account, taken_on="27.11.2026", **{field(meter): "7"})
    assert meter.readings.get().period == date(2026, 12, 1)


def test_a_draft_is_ones_own(cast: Cast, enter: Any, clock: Any) -> None:
    meter = make_meter(cast.account)
    clock(CLOSED)
    post(enter(cast.olga), cast.account, draft="1", **{field(meter): "7,5"})
    assert 'value="7,5"' not in enter(cast.tanya).get(url(cast.account)).content.decode()


# --- All flats at once -------------------------------------------------------------------------------------------------


@pytest.mark.feature("E5")
def test_olga_sends_readings_of_both_her_flats_at_once(cast: Cast, enter: Any) -> None:
    second = make_account(cast.house, "44", "10044")
    make_link(cast.olga, second)
    one, two, ninas = make_meter(cast.account), make_meter(second), make_meter(cast.nina_account, serial="9999999")
    client = enter(cast.olga)
    page = client.get(reverse("readings_all"))
    assert "9999999" not in page_words(page)
    assert {field(one), field(two)} <= set(re.findall(r'name="(value_[^"]+)"', page.content.decode()))
    sent = {"taken_on": "21.11.2026", field(one): "1", field(two): "2"}
    response = client.post(reverse("readings_all"), sent)
    assert "10044" in page_words(page)
    words = page_words(client.get(response["Location"]))
    assert "1.000" in words
    assert "2.000" in words
    assert not ninas.readings.exists()
    assert "Readings of all my flats on one page" in page_words(client.get(url(cast.account)))


@pytest.mark.feature("E5")
def test_of_two_windows_the_open_one_is_filled_in_and_the_other_says_when(cast: Cast, enter: Any, clock: Any) -> None:
    other = make_account(cast.other_house, "7", "77007")
    make_link(cast.olga, other)
    SubmissionWindow.objects.create(organization=cast.other_company, opens=1, closes=5)
    one, two, client = make_meter(cast.account), make_meter(other), enter(cast.olga)
    page = client.get(reverse("readings_all"))
    assert "Readings are taken again from 1 December" in page_words(page)
    assert {field(one), field(two)} <= set(re.findall(r'name="([^"]+)"', page.content.decode()))
    assert f"photo_{one.public_id.hex}" in page.content.decode()
    assert f"photo_{two.public_id.hex}" not in page.content.decode()
    sent = {"taken_on": "21.11.2026", field(one): "1", field(two): "2"}
    page = client.get(client.post(reverse("readings_all"), sent)["Location"])
    assert "kept as a draft. Send it from 1 December on." in page_words(page)
    assert (one.readings.count(), two.readings.count()) == (1, 0)
    assert ReadingDraft.objects.get().meter == two
    page = client.get(reverse("readings_all"))
    assert 'value="2"' in page.content.decode()
    assert "This is your draft" not in page_words(page)  # it cannot be sent today
    again = client.post(reverse("readings_all"), {"taken_on": "21.11.2026", field(one): "1.5", field(two): "2"})
    assert "kept as a draft" not in page_words(client.get(again["Location"]))  # it was said
    client.post(reverse("readings_all"), {"taken_on": "21.11.2026", field(one): "1.7", field(two): ""})
    assert not ReadingDraft.objects.exists()


def test_somebody_without_flats_is_led_to_adding_one(cast: Cast, enter: Any) -> None:
    page = enter(make_user("Новый")).get(reverse("readings_all"))
    assert "No flats yet" in page_words(page)
    assert reverse("account_add") in page.content.decode()


@pytest.mark.feature("E5")
def test_the_page_of_all_flats_is_found_where_there_are_several(cast: Cast, enter: Any) -> None:
    client, here = enter(cast.olga), reverse("readings_all")
    pages = [reverse("accounts"), reverse("account_home", args=[cast.account.public_id])]
    assert not [page for page in pages if f'href="{here}"' in client.get(page).content.decode()]
    second = make_account(cast.house, "44", "10044")
    make_link(cast.olga, second, grade="limited")
    for account in (cast.account, second):
        make_meter(account)
    assert [page for page in pages if f'href="{here}"' in client.get(page).content.decode()] == pages
    html = client.get(here).content.decode()
    assert url(cast.account, "readings_history") in html
    assert url(second, "readings_history") not in html  # not proved yet


def test_a_draft_that_is_cleared_is_forgotten_when_the_others_are_sent(cast: Cast, enter: Any, clock: Any) -> None:
    one, two = make_meter(cast.account), make_meter(cast.account, "hot", "2")
    client = enter(cast.olga)
    clock(CLOSED)
    post(client, cast.account, draft="1", **{field(one): "7,5", field(two): "3"})
    clock(OPEN_AGAIN)
    post(client, cast.account, taken_on="15.12.2026", **{field(one): "8"})  # the form of one meter, of long ago
    assert [draft.meter for draft in ReadingDraft.objects.all()] == [two]
    post(client, cast.account, taken_on="15.12.2026", **{field(one): "8,5", field(two): ""})
    assert not ReadingDraft.objects.exists()
    assert "This is your draft" not in page_words(client.get(url(cast.account)))


def test_a_closed_window_offers_no_photo_and_says_that_a_draft_holds_none(cast: Cast, enter: Any, clock: Any) -> None:
    meter, client = make_meter(cast.account), enter(cast.olga)
    name = f"photo_{meter.public_id.hex}"
    assert name in client.get(url(cast.account)).content.decode()
    clock(CLOSED)
    assert name not in client.get(url(cast.account)).content.decode()
    photo = SimpleUploadedFile("x.jpg", picture(), "image/jpeg")
    response = post(client, cast.account, taken_on="25.11.2026", send="1", **{field(meter): "7", name: photo})
    assert "A draft holds no photo" in page_words(client.get(response["Location"]))


def test_a_flat_where_nothing_can_be_written_is_promised_no_draft(cast: Cast, enter: Any, clock: Any) -> None:
    make_meter(cast.account, broken_on=date(2026, 11, 2))
    clock(CLOSED)
    words = page_words(enter(cast.olga).get(url(cast.account)))
    assert "Readings are taken again from 15 December" in words
    assert "the draft waits for you" not in words


def test_tanya_who_proved_nothing_takes_nobodys_place(cast: Cast, enter: Any) -> None:
    meter = make_meter(cast.account)
    mine = make_reading(meter, date(2026, 11, 1), "7", author=cast.olga)
    client = enter(cast.tanya)
    page = client.get(url(cast.account))
    assert "Entered already: 7.000 — A resident of the flat" in page_words(page)
    assert field(meter) not in page.content.decode()
    response = post(client, cast.account, **{field(meter): "9"})  # opened before Olga sent hers
    assert response.status_code == 302
    assert meter.readings.current().get() == mine
    assert field(meter) in enter(cast.oleg).get(url(cast.account)).content.decode()
