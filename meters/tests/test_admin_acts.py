"""Acts on a meter, each from the button of its page: check, replace, remove, verify, seal, broken, works again."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.once import new_key
from meters import prices
from meters.actions import report
from meters.models import Meter, MeterEvent, MeterReport, MeterState, Reading, Source, SubmissionWindow
from meters.testing import make_meter, make_reading
from portal.testing import Cast, page_words

Enter = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E5", "F2")]


def url(meter: Meter, act: str) -> str:
    return reverse("admin:meters_meter_act", args=[meter.pk, act])


def do(client: Client, meter: Meter, name: str, **fields: Any) -> Any:
    sent = {"on": timezone.localdate().isoformat(), "act": "17/3", "idem": new_key()} | fields
    return client.post(url(meter, name), sent)


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["form"].errors)


@pytest.fixture
def meter(cast: Cast) -> Meter:
    """A meter that showed 152.347 last month."""
    meter = make_meter(cast.account)
    day = timezone.localdate().replace(day=1) - timedelta(days=1)
    make_reading(meter, day, "152.347", taken_on=day)
    return meter


@pytest.fixture
def tariff(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    """Cold water costs 40 roubles."""
    price = {(cast.account.pk, "cold"): prices.Price(Decimal(40), "RUB")}
    monkeypatch.setattr(prices, "_pricers", [lambda accounts: price])


def last_line(meter: Meter) -> MeterEvent:
    return meter.events.latest("pk")


def asked(response: Any) -> list[str]:
    """What may be answered to the question of the page; nothing is saved while it asks."""
    assert response.status_code == 422
    return [sent for sent, _words in response.context["question"].choices]


def test_a_controlled_reading_is_entered_by_its_act(meter: Meter, cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    assert "152.347" in mark.get(url(meter, "check")).content.decode()
    fields = {"t1": "150,5", "note": "пломба цела"}
    question = do(mark, meter, "check", **fields)
    assert "Would be given back 1.847 m³" in page_words(question)
    response = do(mark, meter, "check", **fields, sure=asked(question)[0])
    assert response["Location"] == reverse("admin:meters_meter_change", args=[meter.pk])
    reading = Reading.objects.current().latest("period")
    assert (reading.t1, reading.source, reading.author, reading.drop) == (
        Decimal("150.5"),
        Source.CONTROLLED,
        cast.mark,
        "act",
    )
    assert (last_line(meter).what, last_line(meter).act) == ("checked", "17/3")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"act": ""}, "act"),
        ({"t1": ""}, "t1"),
        ({"t1": "12,3,4"}, "t1"),
        ({"t1": "9" * 20}, "t1"),
        ({"t1": "абв"}, "t1"),
        ({"on": "2999-01-01"}, "on"),
        ({"on": "2019-01-01"}, "on"),
        ({"on": "вчера"}, "on"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_is_kept(
    fields: dict[str, str], field: str, meter: Meter, cast: Cast, enter: Enter
) -> None:
    response = do(enter(cast.mark), meter, "check", **({"t1": "160,125", "note": "пломба"} | fields))
    assert field in errors(response)
    assert 'value="пломба"' in response.content.decode()
    assert not meter.events.exists()
    assert meter.readings.count() == 1


@pytest.mark.parametrize("name", ["check", "replace", "remove"])
def test_an_odd_value_is_asked_about_before_anything_is_saved(
    name: str, meter: Meter, cast: Cast, enter: Enter
) -> None:
    """Mark meant 154.2: five thousand cubic metres are not believed at once, and his answer holds for them alone."""
    mark = enter(cast.mark)
    new = {"serial": "NEW-7", "new_t1": "0"} if name == "replace" else {}
    question = do(mark, meter, name, t1="5152,347", **new)
    (answer,) = asked(question)
    assert "Used 5,000 m³" in page_words(question)
    assert "So much cannot run through this meter in these days." in page_words(question)
    assert 'value="5152,347"' in question.content.decode()
    other = do(mark, meter, name, t1="6152,347", **new, sure=answer)
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert asked(other) != [answer]
    assert asked(do(mark, meter, name, t1="5152,347", on=yesterday, **new, sure=answer)) != [answer]
    meter.refresh_from_db()
    assert (meter.removed_on, meter.readings.count(), meter.events.count(), Meter.objects.count()) == (None, 1, 0, 1)
    assert do(mark, meter, name, t1="5152,347", **new, sure=answer).status_code == 302
    saved = meter.readings.get(source=Source.CONTROLLED)
    assert (saved.t1, "impossible" in saved.doubts) == (Decimal("5152.347"), True)


def test_a_lower_value_tells_what_comes_back(meter: Meter, cast: Cast, enter: Enter, tariff: None) -> None:
    mark = enter(cast.mark)
    question = do(mark, meter, "remove", t1="102,347")
    assert "This is less than the value before." in page_words(question)
    assert "Would be given back 50 m³, about 2,000.00 RUB" in page_words(question)
    assert do(mark, meter, "remove", t1="102,347", sure=asked(question)[0]).status_code == 302
    assert meter.readings.get(source=Source.CONTROLLED).drop == "act"


def test_a_lower_value_may_have_passed_zero(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account)
    day = timezone.localdate().replace(day=1) - timedelta(days=1)
    make_reading(meter, day, "99998.450", taken_on=day)
    mark = enter(cast.mark)
    question = do(mark, meter, "remove", t1="3,12")
    assert "The counter passed zero, 4.67 was used" in page_words(question)
    assert do(mark, meter, "remove", t1="3,12", sure=asked(question)[1]).status_code == 302
    assert meter.readings.get(source=Source.CONTROLLED).drop == "rollover"


@pytest.mark.parametrize("name", ["replace", "remove"])
def test_a_meter_is_not_removed_before_a_reading_that_counts(name: str, meter: Meter, cast: Cast, enter: Enter) -> None:
    today = timezone.localdate()
    make_reading(meter, today, "155", taken_on=today)
    sent = {"t1": "154", "serial": "N", "new_t1": "0", "on": (today - timedelta(days=1)).isoformat()}
    words = f"A reading of {today:%d.%m.%Y} counts for this meter: it cannot have been removed before. Check the date."
    assert errors(do(enter(cast.mark), meter, name, **sent))["on"] == [words]
    meter.refresh_from_db()
    assert (meter.removed_on, Meter.objects.count()) == (None, 1)


def test_the_last_value_of_a_removed_meter_can_be_put_right(meter: Meter, cast: Cast, enter: Enter) -> None:
    """Mark took 155 for 165.3: the correction is another act of the same day, and nothing else can be done."""
    mark, today = enter(cast.mark), timezone.localdate()
    assert do(mark, meter, "replace", t1="155", serial="NEW-7", new_t1="0").status_code == 302
    page = mark.get(reverse("admin:meters_meter_change", args=[meter.pk])).content.decode()
    assert url(meter, "check") in page
    assert url(meter, "remove") not in page
    assert mark.get(url(meter, "check")).context["form"]["on"].value() == today
    earlier = do(mark, meter, "check", t1="165,3", on=(today - timedelta(days=1)).isoformat())
    assert "only its value of that day can be corrected" in errors(earlier)["on"][0]
    assert do(mark, meter, "check", t1="165,3", act="18/1", note="ошибка в акте").status_code == 302
    counting = Reading.objects.current().get(meter=meter, taken_on=today)
    assert (counting.t1, counting.source) == (Decimal("165.3"), Source.CONTROLLED)
    line = last_line(meter)
    assert (line.what, line.on, line.act, line.note, line.by) == ("checked", today, "18/1", "ошибка в акте", cast.mark)


def test_a_correction_counts_where_the_last_value_counted(meter: Meter, cast: Cast, enter: Enter) -> None:
    """The days for readings were changed since the removal: the corrected value stays in its month."""
    mark, today = enter(cast.mark), timezone.localdate()
    do(mark, meter, "remove", t1="155")
    first = Reading.objects.current().get(meter=meter, taken_on=today)
    opens, closes = (1, 28) if first.period > today else (1, max(today.day - 1, 1))
    SubmissionWindow.objects.create(organization=cast.company, opens=opens, closes=closes)
    assert do(mark, meter, "check", t1="156").status_code == 302
    assert Reading.objects.current().get(meter=meter, taken_on=today).period == first.period


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"removed_on": date(2026, 5, 1)}, "seal", "The meter was removed on 01.05.2026."),
        ({"broken_on": date(2026, 5, 1)}, "broken", "The meter is marked as broken already."),
        ({}, "repaired", "The meter is not marked as broken."),
    ],
)
def test_an_act_that_cannot_be_done_says_why(
    fields: dict[str, Any], name: str, words: str, cast: Cast, enter: Enter
) -> None:
    meter = make_meter(cast.account, **fields)
    mark = enter(cast.mark)
    page = mark.post(url(meter, name), {"on": "2026-06-01", "act": "1", "idem": new_key()}, follow=True)
    assert words in page.content.decode()
    assert not meter.events.exists()


def test_a_meter_of_another_kind_takes_the_place(cast: Cast, enter: Enter) -> None:
    """A meter with one zone gives way to one with two, with other digits and behind transformers."""
    old = make_meter(cast.account, "power", decimals=1, int_digits=6)
    mark = enter(cast.mark)
    form = mark.get(url(old, "replace")).context["form"]
    prefilled = {name: str(form[name].value()) for name in ("unit", "zones", "int_digits", "decimals", "ratio")}
    assert prefilled == {"unit": "kwh", "zones": "1", "int_digits": "6", "decimals": "1", "ratio": "1"}
    new = {"serial": "N-2", "zones": "2", "int_digits": "5", "decimals": "2", "ratio": "20"}
    assert "new_t2" in errors(do(mark, old, "replace", t1="10", new_t1="1,25", **new))
    assert "new_t3" in errors(do(mark, old, "replace", t1="10", new_t1="1", new_t2="2", new_t3="3", **new))
    assert "new_t1" in errors(do(mark, old, "replace", t1="10", new_t1="123456", new_t2="2", **new))
    assert "new_t1" in errors(do(mark, old, "replace", t1="10", new_t1="1,255", new_t2="2", **new))
    assert "unit" in errors(do(mark, old, "replace", t1="10", new_t1="1", new_t2="2", unit="m3", **new))
    assert do(mark, old, "replace", t1="10", new_t1="1,25", new_t2="2,5", **new).status_code == 302
    fresh = Meter.objects.get(serial="N-2")
    assert (fresh.resource, fresh.unit, fresh.zones, fresh.int_digits, fresh.decimals) == ("power", "kwh", 2, 5, 2)
    assert (fresh.ratio, fresh.initial) == (Decimal(20), (Decimal("1.25"), Decimal("2.5")))


def test_a_heat_meter_may_count_in_another_unit(cast: Cast, enter: Enter) -> None:
    old = make_meter(cast.account, "heat")
    assert do(enter(cast.mark), old, "replace", t1="0,5", serial="Q", new_t1="0", unit="kwh").status_code == 302
    assert (Meter.objects.get(serial="Q").unit, Meter.objects.get(serial="Q").zones) == ("kwh", 1)


@pytest.mark.parametrize(
    ("name", "fields", "field", "words"),
    [
        ("verify", {"on": "2023-12-31"}, "on", "The portal knows a later verification, of 01.01.2024."),
        ("verify", {"next_verification": "2999-01-01"}, "next_verification", "more than 30 years ahead"),
        ("verify", {"on": "2999-01-01"}, "on", "This day has not come yet."),
        ("replace", {"verified_on": "2999-01-01"}, "verified_on", "This day has not come yet."),
        ("replace", {"verified_on": "0206-01-01"}, "verified_on", "This is too long ago."),
        ("replace", {"next_verification": "2999-01-01"}, "next_verification", "more than 30 years ahead"),
        ("seal", {"on": "2999-01-01"}, "on", "This day has not come yet."),
        ("broken", {"on": "2999-01-01"}, "on", "This day has not come yet."),
        ("remove", {"on": "2999-01-01"}, "on", "This day has not come yet."),
    ],
)
def test_a_day_that_cannot_be_is_refused(
    name: str, fields: dict[str, str], field: str, words: str, meter: Meter, cast: Cast, enter: Enter
) -> None:
    Meter.objects.filter(pk=meter.pk).update(verified_on=date(2024, 1, 1))
    sent = {"t1": "155", "serial": "N", "new_t1": "0", "seal": "П-1"} | fields
    assert words in errors(do(enter(cast.mark), meter, name, **sent))[field][0]
    assert not meter.events.exists()
    assert Meter.objects.get().next_verification == date(2032, 3, 12)


def test_a_meter_is_not_repaired_before_it_broke(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account, broken_on=date(2026, 5, 10))
    mark = enter(cast.mark)
    assert "broken since 10.05.2026" in errors(do(mark, meter, "repaired", on="2026-05-09"))["on"][0]
    assert do(mark, meter, "repaired", on="2026-05-10").status_code == 302


def test_a_replacement_removes_the_old_meter_and_installs_the_new(meter: Meter, cast: Cast, enter: Enter) -> None:
    today = timezone.localdate()
    response = do(
        enter(cast.mark), meter, "replace", t1="155", serial="NEW-7", new_t1="0,012", model="СВК", seal="П-9",
        verified_on="2026-01-15",
    )  # fmt: skip
    assert response.status_code == 302
    fresh = Meter.objects.get(serial="NEW-7")
    meter.refresh_from_db()
    assert (meter.removed_on, fresh.replaces, fresh.account, fresh.installed_on) == (today, meter, cast.account, today)
    assert (fresh.initial_t1, fresh.seal, fresh.next_verification) == (Decimal("0.012"), "П-9", date(2032, 1, 15))
    assert Reading.objects.current().latest("period").t1 == 155
    page = enter(cast.mark).get(reverse("admin:meters_meter_change", args=[meter.pk])).content.decode()
    assert url(meter, "replace") not in page  # nothing more is done to a meter that is gone


def test_a_new_meter_has_a_number_of_its_own(meter: Meter, cast: Cast, enter: Enter) -> None:
    response = do(enter(cast.mark), meter, "replace", t1="155", serial=meter.serial, new_t1="0")
    assert "serial" in errors(response)
    assert Meter.objects.count() == 1


def test_a_meter_with_zones_asks_for_each(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account, "power", zones=2, initial_t2=0, decimals=1, int_digits=6)
    mark = enter(cast.mark)
    assert "t2" in errors(do(mark, meter, "remove", t1="10"))
    assert do(mark, meter, "remove", t1="10", t2="5,5").status_code == 302
    assert Reading.objects.get().values == (Decimal(10), Decimal("5.5"))
    meter.refresh_from_db()
    assert meter.state == MeterState.REMOVED


def test_a_verification_holds_as_long_as_usual_unless_said_otherwise(meter: Meter, cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    assert do(mark, meter, "verify", on="2026-02-01", seal="П-2").status_code == 302
    meter.refresh_from_db()
    assert (meter.verified_on, meter.next_verification, meter.seal) == (date(2026, 2, 1), date(2032, 2, 1), "П-2")
    assert "next_verification" in errors(do(mark, meter, "verify", on="2026-02-01", next_verification="2026-01-01"))
    assert do(mark, meter, "verify", on="2026-02-01", next_verification="2028-01-01").status_code == 302
    meter.refresh_from_db()
    assert meter.next_verification == date(2028, 1, 1)


def test_a_seal_a_fault_and_a_repair_leave_their_lines(meter: Meter, cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    do(mark, meter, "seal", seal="П-5")
    do(mark, meter, "broken", note="течёт")
    meter.refresh_from_db()
    assert (meter.seal, meter.state) == ("П-5", MeterState.BROKEN)
    assert do(mark, meter, "broken", note="ещё раз").status_code == 302
    do(mark, meter, "repaired")
    meter.refresh_from_db()
    assert meter.state == MeterState.ACTIVE
    assert list(meter.events.values_list("what", "note")) == [("sealed", "П-5"), ("broken", "течёт"), ("repaired", "")]


def test_two_clicks_make_one_act(meter: Meter, cast: Cast, enter: Enter) -> None:
    mark, key = enter(cast.mark), new_key()
    for _click in range(2):
        assert do(mark, meter, "seal", seal="П-5", idem=key).status_code == 302
    assert meter.events.count() == 1


def test_a_report_of_a_resident_begins_the_form(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = report(
        meter, MeterReport.Kind.REPLACED, on=date(2026, 11, 2), values="154,1", new_serial="N-8", new_values="0,5",
        by=cast.olga, at=timezone.now(),
    )  # fmt: skip
    page = enter(cast.mark).get(url(meter, "replace") + f"?report={told.pk}").context["form"]
    assert {name: page[name].value() for name in ("t1", "serial", "new_t1")} == {
        "t1": "154,1", "serial": "N-8", "new_t1": "0,5",
    }  # fmt: skip
    other = make_meter(cast.nina_account, serial="Z")
    for number in (str(told.pk), "abc", "999999"):
        assert (
            enter(cast.mark).get(url(other, "replace") + f"?report={number}").context["form"]["serial"].value() is None
        )


@pytest.mark.parametrize("act", ["check", "replace", "remove", "verify", "seal", "broken", "repaired", "steal"])
def test_another_companys_meter_does_not_exist(act: str, meter: Meter, cast: Cast, enter: Enter) -> None:
    pavel = enter(cast.pavel)
    assert pavel.get(url(meter, act)).status_code == 404
    assert do(pavel, meter, act, t1="200", serial="X", new_t1="1", seal="X").status_code == 404
    assert not meter.events.exists()


def test_the_dispatcher_says_what_is_broken_and_no_more(meter: Meter, cast: Cast, enter: Enter) -> None:
    dima = enter(cast.dima)
    page = dima.get(reverse("admin:meters_meter_change", args=[meter.pk])).content.decode()
    assert url(meter, "broken") in page
    assert url(meter, "check") not in page
    assert do(dima, meter, "check", t1="200").status_code == 404
    assert enter(cast.anna).get(url(meter, "broken")).status_code == 404
    assert do(dima, meter, "broken").status_code == 302
    meter.refresh_from_db()
    assert meter.state == MeterState.BROKEN
