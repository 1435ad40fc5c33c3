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
from meters.actions import report
from meters.models import Meter, MeterEvent, MeterReport, MeterState, Reading, Source
from meters.testing import make_meter, make_reading
from portal.testing import Cast

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


def last_line(meter: Meter) -> MeterEvent:
    return meter.events.latest("pk")


def test_a_controlled_reading_is_entered_by_its_act(meter: Meter, cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    assert "152.347" in mark.get(url(meter, "check")).content.decode()
    response = do(mark, meter, "check", t1="150,5", note="пломба цела")
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
