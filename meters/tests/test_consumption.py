"""Volumes between readings, doubts before saving, and what is taken when nobody reads. No database."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.money import rounded
from meters.consumption import (
    OTHER_LIMIT,
    Dial,
    Doubt,
    Method,
    Past,
    average,
    capacity,
    corrected,
    hot_over_cold,
    judge,
    median,
    monthly,
    next_estimate,
    norm_volume,
    quantum,
    replaced,
    rollover,
    rollover_limit,
    used,
)
from meters.resources import FACTS, Resource, Unit

D = Decimal
TODAY = date(2026, 10, 24)
MONTH_AGO = TODAY - timedelta(days=30)
COLD = Dial("cold", 5, 3)
POWER = Dial("power", 6, 1)
USUAL = (D("4.1"), D("3.9"), D("4.4"), D("5.2"), D("4.0"), D("3.8"))
T_COLD = D("43.57")


def past(previous: str, usual: Sequence[Decimal] = USUAL, days: int = 30, zero_months: int = 0) -> Past:
    return Past(D(previous), TODAY - timedelta(days=days), tuple(usual), zero_months)


def doubts(dial: Dial, before: Past, value: str, people: int | None = 2) -> tuple[Doubt, ...]:
    return judge(dial, before, D(value), on=TODAY, people=people).doubts


# --- Vectors of the handbook ----------------------------------------------------------------------------------------


def test_m1_the_counter_passed_zero() -> None:
    assert used(D("99998.450"), D("3.120"), int_digits=5, passed_zero=True) == D("4.670")
    assert rollover(D("99998.450"), D("3.120"), int_digits=5, limit=D(30)) == D("4.670")


def test_m3_the_meter_was_replaced() -> None:
    assert replaced(D("854.320"), D("857.100"), D("0.012"), D("1.640")) == D("4.408")


def test_c1_and_c3_a_meter_and_a_norm() -> None:
    assert used(D("148.102"), D("152.347"), int_digits=5) == D("4.245")
    assert norm_volume(3, D("4.745")) == D("14.235")


def test_c19_the_average_of_six_months() -> None:
    volumes = [(date(2026, 4 + month, 1), volume) for month, volume in enumerate(USUAL)]
    assert average(volumes) == D("4.233333")
    assert rounded(D("4.233333") * T_COLD) == D("184.45")


def test_c20_a_reading_after_two_averages_charges_the_rest() -> None:
    rest = corrected(D("9.870"), [D("4.233333"), D("4.233333")])
    assert rest == D("1.403334")
    assert rounded(rest * T_COLD) == rounded(D("9.870") * T_COLD) - 2 * D("184.45") == D("61.14")


def test_c25_people_of_a_part_of_the_month() -> None:
    assert rounded(norm_volume(D("3.666667"), D("4.745")) * T_COLD) == D("758.05")


# --- Between two readings -------------------------------------------------------------------------------------------


def test_steps_and_capacity_of_a_dial() -> None:
    assert [quantum(decimals) for decimals in (0, 1, 3)] == [D(1), D("0.1"), D("0.001")]
    assert capacity(5) == 100000


def test_an_equal_value_is_nothing_used() -> None:
    assert used(D("124.5"), D("124.5"), int_digits=5) == 0
    assert used(D("124.5"), D("124.5"), int_digits=5, passed_zero=True) == 0


def test_a_fall_without_a_reason_is_never_a_volume() -> None:
    with pytest.raises(ValueError, match="fell"):
        used(D("124.5"), D("124.4"), int_digits=5)
    with pytest.raises(ValueError, match="fell"):
        replaced(D("124.5"), D("124.4"), D(0), D(1))
    with pytest.raises(ValueError, match="fell"):
        replaced(D("124.5"), D("124.6"), D(2), D(1))


STEPS = st.integers(0, 10**8 - 1).map(lambda steps: D(steps) / 1000)


@given(STEPS, STEPS)
def test_what_was_used_leads_from_one_value_to_the_other(previous: Decimal, current: Decimal) -> None:
    volume = used(previous, current, int_digits=5, passed_zero=True)
    assert 0 <= volume < capacity(5)
    assert (previous + volume) % capacity(5) == current


@given(STEPS, STEPS)
def test_a_passed_zero_wraps_to_the_current_value(previous: Decimal, current: Decimal) -> None:
    volume = rollover(previous, current, int_digits=5, limit=capacity(5))
    if current >= previous:
        assert volume is None
    else:
        assert volume is not None
        assert previous + volume - capacity(5) == current
        assert rollover(previous, current, int_digits=5, limit=volume) == volume
        assert rollover(previous, current, int_digits=5, limit=volume - quantum(3)) is None


@given(STEPS, STEPS, STEPS, STEPS)
def test_a_replacement_is_the_sum_of_both_meters(a: Decimal, b: Decimal, c: Decimal, d: Decimal) -> None:
    (previous, final), (initial, current) = sorted((a, b)), sorted((c, d))
    both = used(previous, final, int_digits=5) + used(initial, current, int_digits=5)
    assert replaced(previous, final, initial, current) == both
    assert replaced(previous, final, final, current + final) == used(previous, current + final, int_digits=6)


# --- What is usual --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("volumes", "middle"),
    [
        ([], None),
        (["4", "5"], None),
        (["4", "9", "5"], "5"),
        (["4", "5", "6", "7"], "5.5"),
        (["1", "1", "1", "1", "1", "1", *["900"] * 9], "1"),  # only the last six
    ],
)
def test_the_median_looks_back_six_months(volumes: list[str], middle: str | None) -> None:
    assert median([D(volume) for volume in volumes]) == (D(middle) if middle else None)


@pytest.mark.parametrize(
    ("days", "month"), [(30, "8.116667"), (61, "3.991803"), (1, "243.5"), (0, "243.5"), (-3, "243.5")]
)
def test_a_volume_of_some_days_as_one_of_a_month(days: int, month: str) -> None:
    assert monthly(D(8), days) == D(month)


@pytest.mark.parametrize(
    ("resource", "usual", "limit"),
    [
        ("cold", [], "30"),
        ("cold", ["4", "4", "4"], "30"),
        ("cold", ["20", "10", "30"], "60"),
        ("cold", ["20", "10"], "30"),
        ("cold", ["20"] * 6 + ["9000"], "60"),
        ("power", [], "1000"),
    ],
)
def test_how_much_of_a_passed_zero_is_believed(resource: str, usual: list[str], limit: str) -> None:
    assert rollover_limit(resource, [D(volume) for volume in usual]) == D(limit)


def test_the_limit_is_in_the_unit_of_the_meter() -> None:
    assert rollover_limit("heat", []) == 5
    assert rollover_limit("heat", [], unit=Unit.KWH) == 5 * 1163


# --- Doubts ---------------------------------------------------------------------------------------------------------


def test_a_usual_value_is_not_doubted() -> None:
    verdict = judge(COLD, past("148.102"), D("152.347"), on=TODAY, people=3)
    assert verdict.volume == D("4.245")
    assert not verdict.doubts
    assert verdict.rolled is verdict.suggestion is None


def test_the_first_reading_of_a_meter_has_no_volume() -> None:
    verdict = judge(COLD, Past(None, None), D("152.347"), on=TODAY, people=3)
    assert verdict.volume is None
    assert not verdict.doubts


def test_a_lower_value_is_doubted_and_has_no_volume() -> None:
    verdict = judge(COLD, past("148.102"), D("140"), on=TODAY, people=3)
    assert verdict.volume is None
    assert verdict.doubts == (Doubt.LOWER,)
    assert verdict.rolled is None


def test_a_lower_value_after_nearly_full_dial_may_have_passed_zero() -> None:
    verdict = judge(COLD, past("99998.450"), D("3.120"), on=TODAY, people=3)
    assert verdict.volume is None
    assert verdict.doubts == (Doubt.LOWER,)
    assert verdict.rolled == D("4.670")


def test_once_the_resident_says_so_the_volume_counts() -> None:
    verdict = judge(COLD, past("99998.450"), D("3.120"), on=TODAY, people=3, passed_zero=True)
    assert verdict.volume == verdict.rolled == D("4.670")
    assert not verdict.doubts


def test_nobody_is_believed_that_a_half_empty_dial_passed_zero() -> None:
    verdict = judge(COLD, past("148.102"), D("140"), on=TODAY, people=3, passed_zero=True)
    assert verdict.volume is None
    assert verdict.doubts == (Doubt.LOWER,)


def test_a_passed_zero_with_much_water_is_still_high() -> None:
    verdict = judge(COLD, past("99990"), D("10"), on=TODAY, people=3, passed_zero=True)
    assert verdict.volume == 20
    assert verdict.doubts == (Doubt.HIGH,)


def test_a_year_without_readings_widens_what_is_believed() -> None:
    assert judge(COLD, past("99960"), D("8"), on=TODAY, people=3).rolled is None
    assert judge(COLD, past("99960", days=365), D("8"), on=TODAY, people=3).rolled == 48


def test_a_small_dial_never_turned_more_than_half_way_unseen() -> None:
    small = Dial("cold", 2, 3)
    assert judge(small, past("60", days=3650), D("5"), on=TODAY, people=3).rolled == 45
    assert judge(small, past("60", days=3650), D("15"), on=TODAY, people=3).rolled is None


@pytest.mark.parametrize(
    ("value", "days", "found"),
    [
        ("112.1", 30, ()),  # 3 × 4.05 = 12.15
        ("112.2", 30, (Doubt.HIGH,)),
        ("112.2", 10, (Doubt.HIGH,)),
        ("112.1", 10, ()),  # a few busy days are not multiplied up to a month
        ("112.2", 61, ()),  # two months
        ("125", 61, (Doubt.HIGH,)),
    ],
)
def test_more_than_three_times_the_median_is_high(value: str, days: int, found: tuple[Doubt, ...]) -> None:
    assert doubts(COLD, past("100", days=days), value) == found


def test_a_jump_of_little_water_is_no_wonder() -> None:
    little = past("100", [D("0.1")] * 6)
    assert not doubts(COLD, little, "100.400")
    assert not doubts(COLD, little, "102")
    assert doubts(COLD, little, "102.001") == (Doubt.HIGH,)


def test_without_three_months_nothing_is_high() -> None:
    assert not doubts(COLD, past("100", [D("0.1")] * 2), "125.5")
    assert not doubts(COLD, past("100", [D(0)] * 6), "125.5")
    assert not doubts(COLD, past("100", [D(-4)] * 6), "125.5")  # months that acts took back


@pytest.mark.parametrize(
    ("zero_months", "people", "value", "found"),
    [
        (2, 3, "100", (Doubt.ZERO,)),
        (5, 1, "100.000", (Doubt.ZERO,)),
        (1, 3, "100", ()),
        (2, 0, "100", ()),
        (2, None, "100", ()),
        (2, 3, "100.001", ()),
    ],
)
def test_zero_for_three_months_where_people_live(
    zero_months: int, people: int | None, value: str, found: tuple[Doubt, ...]
) -> None:
    before = past("100", [D(0)] * 3, zero_months=zero_months)
    assert doubts(COLD, before, value, people) == found


@pytest.mark.parametrize(
    ("previous", "typed", "meant"),
    [
        ("148.102", "15234", "152.340"),  # one decimal short
        ("148.102", "1523", "152.300"),
        ("12.300", "14500", "14.500"),
        ("0.012", "4120", "4.120"),
    ],
)
@pytest.mark.parametrize("usual", [USUAL, ()])
def test_a_forgotten_comma_is_put_back(previous: str, typed: str, meant: str, usual: tuple[Decimal, ...]) -> None:
    verdict = judge(COLD, past(previous, usual), D(typed), on=TODAY, people=3)
    assert verdict.doubts[0] == Doubt.GLUED
    assert verdict.suggestion == D(meant)
    assert str(verdict.suggestion) == meant


def test_five_hundred_times_the_previous_value_is_glued_even_when_no_comma_helps() -> None:
    verdict = judge(COLD, past("1.000", ()), D("501.500"), on=TODAY, people=3)
    assert verdict.doubts == (Doubt.GLUED,)
    assert verdict.suggestion is None


@pytest.mark.parametrize(("previous", "value"), [("0.012", "7"), ("0", "6.5"), ("0.012", "6.500")])
def test_the_first_month_of_a_new_meter_is_not_glued(previous: str, value: str) -> None:
    assert not doubts(COLD, past(previous, ()), value)


@pytest.mark.parametrize(
    ("serial", "value", "found"),
    [
        ("0012345", "12345", True),
        ("12345", "12345.000", True),
        ("0012345-19", "12345", True),
        ("12345678", "12345.678", True),
        ("123456", "12345.6", True),
        ("1234560", "12345.60", True),
        ("СГВ 12345/2019", "12345", True),
        ("12346", "12345", False),
        ("1234", "1234", False),  # too short to be sure
        ("123456-2019", "2019", False),
        ("", "0", False),
        ("б/н", "0", False),
    ],
)
def test_the_number_of_the_meter_is_not_its_value(serial: str, value: str, found: bool) -> None:
    verdict = judge(Dial("cold", 5, 3, serial=serial), Past(None, None), D(value), on=TODAY, people=3)
    assert (Doubt.SERIAL in verdict.doubts) is found


def test_more_than_the_pipe_lets_through_is_impossible() -> None:
    assert not doubts(COLD, past("100", ()), "1179.999")
    assert doubts(COLD, past("100", ()), "1180.001") == (Doubt.IMPOSSIBLE,)
    assert doubts(COLD, past("100", (), days=0), "136.5") == (Doubt.IMPOSSIBLE,)  # the same day counts as one


def test_a_house_meter_has_a_thicker_pipe() -> None:
    house = Dial("cold", 6, 0, house_wide=True)
    assert not doubts(house, past("100000", [D(1250)] * 6), "103000")
    assert doubts(house, past("100000", [D(1250)] * 6), "104000") == (Doubt.HIGH,)
    assert judge(house, past("999500", ()), D("700"), on=TODAY, people=None).rolled == 1200


def test_transformers_multiply_the_volume_and_the_limits() -> None:
    dial = Dial("power", 5, 1, ratio=D(40))
    verdict = judge(dial, past("1000", [D(9000)] * 3), D("1250.5"), on=TODAY, people=None)
    assert verdict.volume == 10020
    assert not verdict.doubts
    assert judge(dial, past("99990", [D(9000)] * 3), D(10), on=TODAY, people=None).rolled == 800
    assert judge(dial, past("99990", [D(9000)] * 3), D(1100), on=TODAY, people=None).rolled is None
    assert not doubts(dial, past("1000", [D(40)] * 3), "1050")
    assert doubts(dial, past("1000", [D(40)] * 3), "1050.1") == (Doubt.HIGH,)


def test_heat_in_kilowatt_hours_is_measured_with_its_own_stick() -> None:
    heat = Dial("heat", 5, 0, unit=Unit.KWH)
    most = FACTS[Resource.HEAT].physical_per_day * 30 * 1163
    assert not doubts(heat, past("1000", ()), str(1000 + int(most)))
    assert Doubt.IMPOSSIBLE in doubts(heat, past("1000", ()), str(1001 + int(most)))
    assert Doubt.IMPOSSIBLE in doubts(Dial("heat", 5, 3), past("1000", ()), "1050")


def test_a_previous_value_of_an_unknown_day_counts_as_a_month_old() -> None:
    assert judge(COLD, Past(D(100), None, USUAL), D("112.2"), on=TODAY, people=3).doubts == (Doubt.HIGH,)


@pytest.mark.parametrize(
    ("hot", "cold", "found"),
    [("8.1", "4", True), ("8", "4", False), ("2", "0", False), ("2.001", "0", True), ("1.5", "0.2", False)],
)
def test_much_more_hot_water_than_cold(hot: str, cold: str, found: bool) -> None:
    assert hot_over_cold(D(hot), D(cold)) is found


@st.composite
def cases(draw: st.DrawFn) -> tuple[Dial, Past, Decimal, date]:
    """A dial of any resource, any past and a value that the dial can show."""
    resource = draw(st.sampled_from(list(Resource)))
    int_digits, decimals = draw(st.integers(1, 9)), draw(st.integers(0, 4))
    shown = st.integers(0, 10 ** (int_digits + decimals) - 1).map(lambda steps: D(steps).scaleb(-decimals))
    dial = Dial(
        resource,
        int_digits,
        decimals,
        ratio=draw(st.sampled_from([D(1), D("0.001"), D(40), D("999999.999")])),
        serial=draw(st.one_of(st.text(max_size=12), shown.map(str))),
        unit=draw(st.sampled_from(["", *FACTS[resource].units])),
        house_wide=draw(st.booleans()),
    )
    before = Past(
        draw(st.one_of(st.none(), shown)),
        draw(st.one_of(st.none(), st.dates(date(1990, 1, 1), TODAY))),
        tuple(draw(st.lists(st.decimals(-1000, 10**9, places=6), max_size=8))),
        draw(st.integers(0, 12)),
    )
    return dial, before, draw(shown), TODAY


@given(cases(), st.one_of(st.none(), st.integers(0, 20)), st.booleans())
def test_whatever_a_dial_shows_can_be_judged(
    case: tuple[Dial, Past, Decimal, date], people: int | None, passed_zero: bool
) -> None:
    dial, before, value, on = case
    verdict = judge(dial, before, value, on=on, people=people, passed_zero=passed_zero)
    assert len(set(verdict.doubts)) == len(verdict.doubts)
    assert Doubt.HOT_OVER_COLD not in verdict.doubts
    assert (verdict.volume is None) == (before.previous is None or Doubt.LOWER in verdict.doubts)
    if verdict.volume is not None and before.previous is not None:
        assert verdict.volume >= 0
        assert verdict.volume == dial.ratio * used(
            before.previous, value, int_digits=dial.int_digits, passed_zero=passed_zero
        )
    if verdict.rolled is not None:
        assert passed_zero or verdict.doubts[0] == Doubt.LOWER
        said = judge(dial, before, value, on=on, people=people, passed_zero=True)
        assert said.volume == verdict.rolled > 0
    if verdict.suggestion is not None:
        again = judge(dial, before, verdict.suggestion, on=on, people=people)
        assert Doubt.GLUED in verdict.doubts
        assert not {Doubt.LOWER, Doubt.HIGH, Doubt.IMPOSSIBLE, Doubt.GLUED} & set(again.doubts)


# --- When nobody reads ----------------------------------------------------------------------------------------------


def months(*volumes: str) -> list[tuple[date, Decimal]]:
    """The volumes of the months of a year, from January on."""
    return [(date(2026, number, 1), D(volume)) for number, volume in enumerate(volumes, start=1)]


def test_an_average_needs_three_months() -> None:
    assert average(months("4", "5")) is None
    assert average(months("4", "5", "6")) == 5


def test_an_average_takes_the_last_six_months_in_whatever_order_they_come() -> None:
    assert average(months("900", "1", "2", "3", "4", "5", "6")[::-1]) == D("3.5")


def test_two_meters_of_one_month_are_one_month() -> None:
    assert average([*months("1", "1", "1"), *months("2", "2", "2")]) == 3


def test_an_average_is_rounded_half_up() -> None:
    assert average(months("0.000001", "0.000002", "0.000001", "0.000002")) == D("0.000002")


@given(st.decimals(0, 10**6, places=6), st.integers(3, 12))
def test_the_average_of_equal_months_is_each_of_them(volume: Decimal, count: int) -> None:
    assert average(months(*[str(volume)] * count)) == volume


@given(st.lists(st.decimals(0, 10**6, places=3), min_size=3, max_size=6))
def test_an_average_lies_between_the_least_and_the_most(volumes: list[Decimal]) -> None:
    found = average(months(*map(str, volumes)))
    assert found is not None
    assert min(volumes) <= found <= max(volumes)


@pytest.mark.parametrize(
    ("in_a_row", "limit", "method"),
    [(0, 3, Method.AVERAGE), (2, 3, Method.AVERAGE), (3, 3, Method.NORM), (9, 3, Method.NORM),
     (1, OTHER_LIMIT, Method.AVERAGE), (2, OTHER_LIMIT, Method.NORM)],
)  # fmt: skip
def test_the_average_serves_for_three_periods_and_then_the_norm(in_a_row: int, limit: int, method: Method) -> None:
    assert next_estimate(in_a_row, D("4.2"), limit) == method


def test_without_an_average_the_norm_serves_at_once_and_an_average_of_nothing_is_one() -> None:
    assert next_estimate(0, None) == Method.NORM
    assert next_estimate(0, D(0)) == Method.AVERAGE


def test_too_much_charged_by_averages_comes_back() -> None:
    assert corrected(D("5"), [D("4.2"), D("4.2")]) == D("-3.4")
    assert corrected(D("5"), []) == 5


@given(STEPS, st.lists(STEPS, max_size=3))
def test_averages_and_the_rest_make_what_was_measured(measured: Decimal, averaged: list[Decimal]) -> None:
    assume(measured >= 0)
    assert corrected(measured, averaged) + sum(averaged) == measured
