"""Absence, quality, benefits, recalculation and totals."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charging.absence import Absence, Utility, absent_days, is_in_time, is_reduced, reduction, reductions
from billing.charging.basis import Basis, Rate
from billing.charging.benefits import Benefit, Held, benefit_of, benefits_of, share_of_month
from billing.charging.exact import NOTHING, cents
from billing.charging.methods import charge
from billing.charging.quality import for_interruption, for_temperature, together
from billing.charging.recalculation import annual_by_days, difference, settled
from billing.charging.totals import (
    Line,
    closing,
    line_total,
    to_pay,
    total_overall,
    total_period,
    vat_inside,
)
from billing.issuing import Paper

SUMS = ("accrued", "accrued_common", "excess", "recalculated", "benefit", "fine")
pytestmark = pytest.mark.feature("B10")

D = Decimal
DAY = timedelta(days=1)
JUNE = date(2026, 6, 1)
COLD, SEWER, NORM = D("43.57"), D("32.18"), D("4.745")
money = st.decimals(-9999, 9999, places=2, allow_nan=False)
positive = st.decimals(0, 9999, places=2, allow_nan=False)


# --- Absence ----------------------------------------------------------------------------------------------------------


def test_one_of_three_is_away_for_two_weeks() -> None:
    """C26."""
    away = absent_days(Absence(date(2026, 6, 5), date(2026, 6, 20)), JUNE)
    charged = charge("NORM", Basis(persons=3), Rate(COLD, norm=NORM)).accrued
    assert (away, charged) == (14, D("620.22"))
    assert reduction(NORM, COLD, away, 30) == D("-96.48")
    assert charged + reduction(NORM, COLD, away, 30) == D("523.74")
    assert reduction(NORM, SEWER, away, 30) == D("-71.26")


@pytest.mark.parametrize(
    ("left", "returned", "days"),
    [
        ("2026-06-05", "2026-06-11", 0),  # five full days are not more than five
        ("2026-06-05", "2026-06-12", 6),
        ("2026-05-20", "2026-06-02", 1),  # most of it was in May
        ("2026-05-20", "2026-07-20", 30),
        ("2026-06-28", "2026-07-03", 0),
        ("2026-06-28", "2026-07-05", 2),
        ("2026-07-02", "2026-07-20", 0),
        ("2026-06-05", "2026-06-05", 0),
    ],
)
def test_only_full_days_count_and_only_more_than_five(left: str, returned: str, days: int) -> None:
    assert absent_days(Absence(date.fromisoformat(left), date.fromisoformat(returned)), JUNE) == days


@given(st.integers(0, 300), st.integers(0, 120))
def test_the_months_of_an_absence_add_up_to_it(begin: int, length: int) -> None:
    left = date(2026, 1, 1) + begin * DAY
    absence = Absence(left, left + length * DAY)
    months = [date(2026 + month // 12, month % 12 + 1, 1) for month in range(18)]
    found = sum(absent_days(absence, month) for month in months)
    assert found == (absence.full_days if absence.full_days > 5 else 0)


@pytest.mark.parametrize(
    ("applied", "is_accepted"), [("2026-06-01", True), ("2026-07-20", True), ("2026-07-21", False)]
)
def test_an_application_may_come_before_or_thirty_days_after(applied: str, is_accepted: bool) -> None:
    absence = Absence(date(2026, 6, 5), date(2026, 6, 20))
    assert is_in_time(absence, date.fromisoformat(applied)) is is_accepted


@pytest.mark.parametrize(
    ("utility", "has_meter", "is_possible", "expected"),
    [
        (Utility.COLD, False, False, True), (Utility.COLD, True, False, False), (Utility.COLD, False, True, False),
        (Utility.SEWAGE, False, False, True), (Utility.WASTE, True, True, True), (Utility.HEAT, False, False, False),
        (Utility.ELECTRICITY, False, False, False), (Utility.GAS_HEATING, False, False, False),
        (Utility.COMMON, False, False, False), (Utility.HOUSING, False, False, False),
    ],
)  # fmt: skip
def test_what_an_absence_lessens(utility: Utility, has_meter: bool, is_possible: bool, expected: bool) -> None:
    assert is_reduced(utility, has_meter=has_meter, meter_is_possible=is_possible) is expected


@given(st.lists(st.integers(0, 31), max_size=9), positive)
def test_an_absence_never_takes_more_than_was_charged(away: list[int], charged: Decimal) -> None:
    assert -charged <= reductions(NORM, [COLD * one for one in away], 30, charged) <= 0


# --- Quality ----------------------------------------------------------------------------------------------------------


def test_an_interruption_above_the_allowed_hours() -> None:
    assert for_interruption(D("620.22"), D(12), D("0.15")) == D("-11.16")
    assert for_interruption(D("620.22"), D(1000), D("0.15")) == D("-620.22")
    assert for_interruption(D("-5.00"), D(10), D("0.15")) == D("0.00")


def test_hot_water_that_is_too_cold() -> None:
    step = {"percent": D("0.1"), "step": D(3)}
    assert for_temperature(D("500.00"), D("2.9"), D(100), **step) == D("0.00")
    assert for_temperature(D("500.00"), D(7), D(100), **step) == D("-100.00")  # two full steps


@given(positive, st.lists(positive.map(lambda value: -value), max_size=4))
def test_reductions_together_never_pass_the_charge(charged: Decimal, taken: list[Decimal]) -> None:
    assert -charged <= together(charged, *taken) <= 0


# --- Benefits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("benefit", "volume", "persons", "expected"),
    [
        (Benefit(percent=D(50)), None, 1, "742.98"),
        (Benefit(percent=D(50), entitled=1), None, 3, "247.66"),
        (Benefit(percent=D(50), norm=D(42)), D(61), 1, "511.56"),  # 42 of 61 m²
        (Benefit(percent=D(50), norm=D(42), entitled=1), D(61), 2, "255.78"),
        (Benefit(percent=D(50), norm=D(80)), D(61), 1, "742.98"),
        (Benefit(flat=D("100.00")), None, 1, "100.00"),
        (Benefit(flat=D("2000.00")), None, 1, "1485.96"),
    ],
)
def test_benefits_of_a_charge(benefit: Benefit, volume: Decimal | None, persons: int, expected: str) -> None:
    assert benefit_of(benefit, D("1485.96"), volume=volume, persons=persons) == D(expected)


@given(
    money, st.lists(st.builds(Benefit, percent=st.integers(0, 100).map(Decimal), flat=positive,
                    entitled=st.none() | st.integers(0, 5), norm=st.none() | positive), max_size=3),
    positive, st.integers(0, 5),
)  # fmt: skip
def test_benefits_are_positive_and_never_above_the_charge(
    charged: Decimal, benefits: list[Benefit], volume: Decimal, persons: int
) -> None:
    assert 0 <= benefits_of(benefits, charged, volume=volume, persons=persons) <= max(charged, NOTHING)


@given(
    st.lists(st.builds(Held, percent=st.integers(1, 100).map(Decimal), first=st.integers(1, 30), last=st.integers(1, 30),
                       entitled=st.none() | st.integers(0, 5)), max_size=4),
    st.integers(1, 5),
)  # fmt: skip
def test_benefits_together_are_on_each_day_no_more_than_all_of_it(held: list[Held], persons: int) -> None:
    """The same day by day."""
    days = []
    for day in range(1, 31):
        here = [one for one in held if one.first <= day <= one.last]
        parts = [Fraction(1) if one.entitled is None else Fraction(min(one.entitled, persons), persons) for one in here]
        days.append(min(sum(Fraction(one.percent) / 100 * part for one, part in zip(here, parts, strict=True)), 1))
    assert share_of_month(held, 30, persons) == Fraction(sum(days), 30)


@given(positive, st.integers(0, 100), st.integers(1, 6), st.integers(1, 6), st.integers(1, 99), st.integers(100, 300))
def test_a_benefit_is_rounded_once(
    charged: Decimal, percent: int, entitled: int, persons: int, norm: int, volume: int
) -> None:
    benefit = Benefit(percent=D(percent), entitled=entitled, norm=D(norm))
    share = Fraction(min(entitled, persons), persons) * Fraction(norm, volume)
    expected = cents(Fraction(charged) * percent / 100 * share)
    assert benefit_of(benefit, charged, volume=D(volume), persons=persons) == expected


# --- Recalculation ----------------------------------------------------------------------------------------------------


def test_a_reading_after_two_averages() -> None:
    """C20."""
    assert settled(D("430.04"), [D("184.45"), D("184.45")]) == D("61.14")
    assert settled(D("217.85"), [D("184.45"), D("184.45")]) == D("-151.05")


def test_heating_by_the_mean_month_is_settled_for_the_year() -> None:
    charged = [D("2465.76")] * 12
    year = (D("1100.000"), D("61.00"), D("4873.20"), D("2245.68"))
    assert annual_by_days([year], charged) == D("1332.07")
    halves = [(volume, *year[1:]) for volume in (D("600.000"), D("500.000"))]
    assert abs(annual_by_days(halves, charged) - D("1332.07")) <= D("0.01")


def test_only_what_differs_is_recalculated() -> None:
    old = [Line("cold", D("620.22")), Line("heat", D("3164.39")), Line("lift", D("10.00"))]
    new = [Line("cold", D("523.74")), Line("heat", D("3164.39")), Line("waste", D("5.00"))]
    found = {row.service: row.amount for row in difference(old, new)}
    assert found == {"cold": D("-96.48"), "lift": D("-10.00"), "waste": D("5.00")}


lines = st.lists(
    st.builds(Line, service=st.sampled_from("abcd"), accrued=money, accrued_common=money, excess=positive,
              recalculated=money, benefit=positive, fine=positive), max_size=8,
)  # fmt: skip


@given(lines)
def test_a_recalculated_unchanged_period_changes_nothing(period: list[Line]) -> None:
    assert difference(period, reversed(period)) == []


@given(lines, lines)
def test_a_period_recalculated_twice_gives_the_difference_once(old: list[Line], new: list[Line]) -> None:
    first = difference(old, new)
    given_before = {row.service: row.amount for row in first}
    assert difference(old, new, given_before) == []
    assert sum((row.amount for row in first), NOTHING) == sum(one.charge for one in new) - sum(
        one.charge for one in old
    )


# --- Totals -----------------------------------------------------------------------------------------------------------


def test_the_balance_of_a_document() -> None:
    """D1."""
    line = Line("all", D("3680.39"), recalculated=D("-96.48"), benefit=D("219.24"))
    overall = total_overall([line], D("12.35"))
    assert (line_total(line), total_period([line]), overall) == (D("3364.67"), D("3364.67"), D("3377.02"))
    balance = closing(D("1250.00"), overall, D("1250.00"))
    assert (balance, to_pay(balance), to_pay(D("-5.00"))) == (D("3377.02"), D("3377.02"), D("0.00"))


def test_the_ukrainian_bill_contains_its_tax() -> None:
    """U4."""
    water = charge("METER", Basis(volume=D(6)), Rate(D("18.94"))).total
    sewage = charge("METER", Basis(volume=D(6)), Rate(D("17.22"))).total
    whole = water + sewage + charge("ACCOUNT", Basis(), Rate(D("24.11"))).total
    assert (whole, vat_inside(whole, D(20))) == (D("241.07"), D("40.18"))


@given(lines, positive, money, money)
def test_a_document_is_the_sum_of_its_lines(
    period: list[Line], penalty: Decimal, opening: Decimal, paid: Decimal
) -> None:
    """What is issued is reckoned by the same functions."""
    rows: list[Any] = [SimpleNamespace(**{name: getattr(line, name) for name in SUMS}) for line in period]
    paper = Paper(None, "main", {}, rows, penalty=penalty, opening=opening, paid=paid)  # type: ignore[arg-type]
    whole = sum((line.charge + line.recalculated for line in period), NOTHING)
    assert (total_period(period), paper.charged) == (whole, whole + penalty)
    assert paper.payable == opening + whole + penalty - paid
    sums = paper.sums
    assert whole == sums["accrued"] + sums["excess"] + sums["recalculated"] - sums["benefit"] - sums["fine"]
