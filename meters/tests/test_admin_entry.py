"""«Enter readings»: the company enters a whole entrance at once."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.once import new_key
from meters.models import Meter, Reading, ReadingState, Source, SubmissionWindow
from meters.testing import make_house_meter, make_meter, make_reading
from notifications.models import Notice
from portal.testing import Cast, make_account

Enter = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D4", "E5", "G4")]


def url(cast: Cast, **more: Any) -> str:
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/admin/meters/reading/enter/?house={cast.house.pk}{rest}"


def send(client: Client, address: str, **fields: Any) -> Any:
    return client.post(address, {"day": timezone.localdate().isoformat(), "idem": new_key()} | fields)


def last_month() -> date:
    return (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)


@pytest.fixture
def meters(cast: Cast) -> list[Meter]:
    """Cold water of flats 12 and 13, and two zones of electricity in flat 12; every day counts to its own month."""
    SubmissionWindow.objects.create(organization=cast.company, opens=1, closes=31)
    found = [
        make_meter(cast.account, serial="C-12"),
        make_meter(cast.nina_account, serial="C-13"),
        make_meter(cast.account, "power", "P-12", zones=2, initial_t2=0, int_digits=6, decimals=1),
    ]
    make_reading(found[0], last_month(), "150")
    make_reading(found[1], last_month(), "99990")
    return found


def test_the_table_has_every_meter_in_the_order_of_a_walk(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    make_house_meter(cast.house, serial="WHOLE-1")
    make_meter(make_account(cast.house, "9", "10009"), serial="C-9")
    make_meter(cast.account, serial="GONE", removed_on=date(2026, 1, 1))
    seen = enter(cast.mark).get(url(cast)).content.decode()
    places = [seen.index(f"№ {serial}</td>") for serial in ("WHOLE-1", "C-9", "C-12", "P-12", "C-13")]
    assert places == sorted(places)
    assert "GONE" not in seen
    assert "150.000" in seen


def test_one_flat_or_one_entrance(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    cast.nina_account.unit.entrance = 2
    cast.nina_account.unit.save()
    for query, there in (({"flat": "12"}, [True, False]), ({"entrance": 2}, [False, True])):
        seen = mark.get(url(cast, **query)).content.decode()
        assert [serial in seen for serial in ("C-12", "C-13")] == there
    assert "There are no meters here." in mark.get(url(cast, flat="777")).content.decode()


def test_an_entrance_is_saved_at_once(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    cold, nina, power = meters
    anna = enter(cast.anna)
    response = send(
        anna, url(cast),
        **{f"t1_{cold.pk}": "152,347", f"t1_{nina.pk}": "99991.5", f"t1_{power.pk}": "10", f"t2_{power.pk}": "5,5"},
    )  # fmt: skip
    assert response["Location"] == url(cast)
    fresh = Reading.objects.filter(source=Source.COMPANY)
    assert {row.meter_id: row.values for row in fresh} == {
        cold.pk: (Decimal("152.347"),), nina.pk: (Decimal("99991.5"),), power.pk: (Decimal(10), Decimal("5.5")),
    }  # fmt: skip
    assert {row.author for row in fresh} == {cast.anna}
    assert "3 readings are saved." in anna.get(url(cast)).content.decode()


@pytest.mark.parametrize(
    "typed",
    ["абв", "1,2,3", "9" * 20, "-5", "12.34567", "140"],
    ids=["letters", "commas", "long", "minus", "fine", "less"],
)
def test_what_is_wrong_stops_all_and_loses_nothing(typed: str, meters: list[Meter], cast: Cast, enter: Enter) -> None:
    cold, nina, _power = meters
    response = send(enter(cast.mark), url(cast), **{f"t1_{cold.pk}": typed, f"t1_{nina.pk}": "99991"})
    assert response.status_code == 422
    seen = response.content.decode()
    assert f'value="{typed}"' in seen
    assert 'value="99991"' in seen
    assert f'href="#id_t1_{cold.pk}"' in seen
    assert not Reading.objects.filter(source=Source.COMPANY).exists()


def test_a_day_to_come_and_an_empty_table_are_told(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    response = send(mark, url(cast), day="2999-01-01", **{f"t1_{meters[0].pk}": "151"})
    assert "day" in response.context["form"].errors
    assert "Nothing is filled in" in send(mark, url(cast)).content.decode()
    only_one = send(mark, url(cast), **{f"t1_{meters[2].pk}": "10"})
    assert "Fill in every zone" in only_one.content.decode()
    assert not Reading.objects.filter(source=Source.COMPANY).exists()


def test_everything_wrong_is_told_at_once(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    cold, nina, _power = meters
    response = send(enter(cast.mark), url(cast), **{f"t1_{cold.pk}": "абв", f"t1_{nina.pk}": "99989"})
    told = {line.meter.pk for line in response.context["lines"] if line.errors or line.question}
    assert told == {cold.pk, nina.pk}


def test_a_doubtful_value_is_asked_about_and_the_answer_is_for_that_value(
    meters: list[Meter], cast: Cast, enter: Enter
) -> None:
    cold, mark = meters[0], enter(cast.mark)
    first = send(mark, url(cast), **{f"t1_{cold.pk}": "9000"})
    assert first.status_code == 422
    assert "So much cannot run" in first.content.decode()
    answer = first.context["lines"][0].question.answer
    other = send(mark, url(cast), **{f"t1_{cold.pk}": "9001", f"say_{cold.pk}": answer})
    assert other.status_code == 422
    assert send(mark, url(cast), **{f"t1_{cold.pk}": "9000", f"say_{cold.pk}": answer}).status_code == 302
    reading = Reading.objects.get(source=Source.COMPANY)
    assert "impossible" in reading.doubts


def test_a_passed_zero_is_said_so(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    nina, mark = meters[1], enter(cast.mark)
    first = send(mark, url(cast), **{f"t1_{nina.pk}": "3,5"})
    question = next(line.question for line in first.context["lines"] if line.question)
    assert (question.is_lower, question.volume) == (True, "13.5")
    assert send(mark, url(cast), **{f"t1_{nina.pk}": "3,5", f"say_{nina.pk}": question.answer}).status_code == 302
    assert Reading.objects.get(source=Source.COMPANY).drop == "rollover"


def test_a_fall_that_is_no_passed_zero_needs_an_act(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    cold = meters[0]
    response = send(enter(cast.mark), url(cast), **{f"t1_{cold.pk}": "15"})
    seen = response.content.decode()
    assert f'name="say_{cold.pk}"' not in seen
    assert f"/admin/meters/meter/{cold.pk}/do/check/" in seen
    assert f"/admin/meters/meter/{cold.pk}/do/replace/" in seen


def test_no_answer_carries_a_lower_value(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    cold = meters[0]
    forged = {f"t1_{cold.pk}": "149", f"say_{cold.pk}": "149.000|lower"}
    assert send(enter(cast.mark), url(cast), **forged).status_code == 422
    assert not Reading.objects.filter(source=Source.COMPANY).exists()


def test_the_resident_hears_that_the_companys_value_counts(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    cold, today = meters[0], timezone.localdate()
    make_reading(cold, today, "151", author=cast.olga, taken_on=today)
    seen = enter(cast.mark).get(url(cast)).content.decode()
    assert "Resident" in seen
    send(enter(cast.mark), url(cast), **{f"t1_{cold.pk}": "152"})
    assert Reading.objects.get(source=Source.OWNER, period=today.replace(day=1)).state == ReadingState.KEPT
    assert Notice.objects.filter(user=cast.olga, kind="meters.overruled").exists()


def test_an_act_stays_and_it_is_said(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    cold, today = meters[0], timezone.localdate()
    make_reading(cold, today, "151", source=Source.CONTROLLED, taken_on=today)
    mark = enter(cast.mark)
    response = mark.get(send(mark, url(cast), **{f"t1_{cold.pk}": "152"})["Location"])
    assert "an act counts for this month" in response.content.decode()
    assert Reading.objects.get(source=Source.COMPANY).state == ReadingState.KEPT


def test_a_meter_that_is_not_on_the_page_is_never_read(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    foreign = make_meter(cast.other_account)
    for address in (url(cast), url(cast, flat="12")):
        send(
            enter(cast.mark), address,
            **{f"t1_{foreign.pk}": "5", f"t1_{meters[1].pk}": "99991", f"t1_{meters[0].pk}": "151"},
        )  # fmt: skip
    assert not foreign.readings.exists()


def test_another_companys_house_is_not_offered_and_not_shown(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    pavel = enter(cast.pavel)
    response = pavel.get(url(cast))
    assert response.status_code == 422
    assert "C-12" not in response.content.decode()
    assert send(pavel, url(cast), **{f"t1_{meters[0].pk}": "151"}).status_code == 422
    assert "Садовая" not in pavel.get("/admin/meters/reading/enter/").content.decode()
    assert enter(cast.dima).get(url(cast)).status_code == 404
    assert not Reading.objects.filter(source=Source.COMPANY).exists()


def test_two_clicks_enter_once(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    mark, key = enter(cast.mark), new_key()
    for _click in range(2):
        assert send(mark, url(cast), idem=key, **{f"t1_{meters[0].pk}": "151"}).status_code == 302
    assert Reading.objects.filter(source=Source.COMPANY).count() == 1


def test_ten_flats_cost_as_many_queries_as_one(meters: list[Meter], cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert mark.get(url(cast)).status_code == 200
        return len(queries)

    cost()
    first = cost()
    for number in range(20, 29):
        make_reading(make_meter(make_account(cast.house, str(number), f"100{number}")), last_month(), "1")
    assert cost() == first
    assert first <= 12
