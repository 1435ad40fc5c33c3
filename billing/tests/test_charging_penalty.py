"""Penalty, dated rules and working days: the worked figures of docs/charging.md and what must hold for any figures."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charging.defaults import ALWAYS, DEFAULTS
from billing.charging.exact import cents
from billing.charging.penalty import Portion, Terms, penalty
from billing.charging.rules import NO, YES, NoRule, Rule, Rules, Step, problem_with
from billing.charging.workdays import is_working, working_from
from billing.due import due_date

pytestmark = pytest.mark.feature("B10")

D = Decimal
RULES = Rules(DEFAULTS)
STEPS = (Step(31, 300), Step(91, 130))
FLAT = Terms("RU", rates=((ALWAYS, D("9.5")),), steps=STEPS)
UA = Terms("UA", daily=D("0.01"), cap=D(100))
DAY = timedelta(days=1)


def day(text: str) -> date:
    return date.fromisoformat(text)


def amounts() -> st.SearchStrategy[Decimal]:
    return st.decimals(D("0.01"), D(999999), places=2, allow_nan=False)


# --- Russia -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "debt", "due", "paid", "expected"),
    [
        ("P1", "3680.39", "2025-03-10", "2025-04-09", "0.00"),
        ("P2", "3680.39", "2025-03-10", "2025-04-10", "1.17"),
        ("P3", "3680.39", "2025-03-10", "2025-06-08", "69.93"),
        ("P5", "10000.00", "2025-04-10", "2025-07-19", "263.08"),
        ("paid early", "10000.00", "2025-04-10", "2025-03-01", "0.00"),
    ],
)
def test_worked_figures_of_russia(name: str, debt: str, due: str, paid: str, expected: str) -> None:
    terms = Terms.of(RULES, "RU", day(due))
    assert penalty([Portion(D(debt), day(paid))], day(due), day("2025-12-31"), terms) == D(expected)
    assert penalty([Portion(D(debt))], day(due), day(paid), terms) == D(expected)


def test_capital_repair_has_no_second_step() -> None:
    terms = Terms.of(RULES, "RU", day("2025-04-10"), repair=True)
    grown = penalty([Portion(D("10000.00"), day("2025-07-19"))], day("2025-04-10"), day("2025-12-31"), terms)
    assert grown == D("221.67")  # 10 000 × 9.5 % × 70 / 300


def test_what_was_paid_bears_the_rate_of_its_day_and_the_rest_that_of_the_day_of_counting() -> None:
    terms = Terms("RU", rates=((ALWAYS, D(8)), (day("2025-05-15"), D(9))), steps=STEPS)
    paid, unpaid = Portion(D("1000.00"), day("2025-05-14")), Portion(D("1000.00"))
    grown = penalty([paid, unpaid], day("2025-03-10"), day("2025-05-15"), terms)
    assert grown == cents(Fraction(1000 * 8 * 35, 100 * 300) + Fraction(1000 * 9 * 36, 100 * 300))


def test_a_moratorium_stops_the_growth_but_not_the_count_of_days() -> None:
    rows = [Rule("RU", "penalty_enabled", ALWAYS, YES), Rule("RU", "penalty_enabled", day("2025-05-01"), NO),
            Rule("RU", "penalty_enabled", day("2025-05-11"), YES)]  # fmt: skip
    rules = Rules([row for row in DEFAULTS if row.key != "penalty_enabled"] + rows)
    terms = Terms.of(rules, "RU", day("2025-03-10"))
    grown = penalty([Portion(D("3000.00"))], day("2025-03-10"), day("2025-06-08"), terms)
    assert grown == cents(Fraction(3000) * Fraction("9.5") / 100 * 50 / 300)


def test_a_debt_that_a_refund_brought_back_grows_from_the_refund_on() -> None:
    due = day("2025-03-10")
    back = Portion(D("3000.00"), since=day("2025-05-01"))
    assert penalty([back], due, day("2025-05-10"), FLAT) == cents(Fraction(3000) * Fraction("9.5") / 100 * 10 / 300)


@given(st.lists(amounts(), min_size=1, max_size=8), st.integers(0, 400))
def test_slices_of_a_debt_grow_as_the_whole_does(parts: list[Decimal], late: int) -> None:
    due, on = day("2025-03-10"), day("2025-03-10") + late * DAY
    whole = penalty([Portion(sum(parts, D(0)), on)], due, on, FLAT)
    assert penalty([Portion(part, on) for part in parts], due, on, FLAT) == whole
    days = (Fraction(max(min(late, 90) - 30, 0), 300), Fraction(max(late - 90, 0), 130))
    assert whole == cents(Fraction(sum(parts, D(0))) * Fraction("9.5") / 100 * sum(days))


@given(amounts(), st.integers(0, 600), st.integers(0, 60), st.sampled_from([FLAT, UA]))
def test_a_penalty_only_grows_with_days_and_with_debt(debt: Decimal, late: int, more: int, terms: Terms) -> None:
    due = day("2025-03-10")
    now = penalty([Portion(debt)], due, due + late * DAY, terms)
    assert 0 <= now <= penalty([Portion(debt)], due, due + (late + more) * DAY, terms)
    assert now <= penalty([Portion(debt + more)], due, due + late * DAY, terms)


@given(amounts(), st.integers(0, 600), st.integers(0, 600))
def test_paying_stops_the_growth(debt: Decimal, paid: int, later: int) -> None:
    due = day("2025-03-10")
    portion = Portion(debt, due + paid * DAY)
    known = penalty([portion], due, due + paid * DAY, FLAT)
    assert penalty([portion], due, due + (paid + later) * DAY, FLAT) == known


# --- Ukraine ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "debt", "last_day", "on", "expected"),
    [
        ("U1", "2450.00", "2026-08-31", "2026-09-30", "7.35"),  # 30 days
        ("U3", "561.20", "2026-10-31", "2026-11-21", "1.12"),  # a Saturday: from Monday 2 November, 20 days
        ("U3 before it starts", "561.20", "2026-10-31", "2026-11-01", "0.00"),
    ],
)
def test_worked_figures_of_ukraine(name: str, debt: str, last_day: str, on: str, expected: str) -> None:
    terms = Terms.of(RULES, "UA", day(last_day))
    assert penalty([Portion(D(debt))], day(last_day), day(on), terms) == D(expected)


def test_the_penalty_is_never_above_the_debt() -> None:
    strict = Terms("UA", daily=D("0.01"), cap=D("0.05"))
    assert penalty([Portion(D("1000.00"))], day("2026-08-31"), day("2026-12-31"), strict) == D("0.50")
    assert penalty([Portion(D("1000.00"))], day("1990-08-31"), day("2026-12-31"), UA) == D("1000.00")


def test_a_moratorium_by_date_and_territory() -> None:
    rows = [Rule("UA", "penalty_enabled", day("2024-01-01"), NO, territory="kherson")]
    rules = Rules([*DEFAULTS, *rows])
    due, on = day("2026-08-31"), day("2026-09-30")
    assert penalty([Portion(D(2450))], due, on, Terms.of(rules, "UA", due, territory="kherson")) == 0
    assert penalty([Portion(D(2450))], due, on, Terms.of(rules, "UA", due, territory="lviv")) == D("7.35")
    war = penalty([Portion(D(2450))], day("2022-01-31"), day("2023-12-31"), Terms.of(rules, "UA", day("2022-01-31")))
    assert war == cents(Fraction(2450) * 25 / 10000)  # 23 days of February 2022, two of December 2023


# --- Rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "on", "expected"),
    [
        ("due_day", "2026-01-01", 10), ("due_day", "2026-02-01", 15), ("doc_day", "2026-01-01", 1),
        ("doc_day", "2026-03-01", 5), ("reading_last_day", "2026-03-01", 25), ("absence_min_days", "2026-03-01", 5),
        ("absence_apply_days", "2026-03-01", 30), ("average_periods_dwelling", "2026-03-01", 3),
        ("average_periods_other", "2026-03-01", 2),
    ],
)  # fmt: skip
def test_a_parameter_is_that_of_the_period(key: str, on: str, expected: int) -> None:
    assert RULES.whole("RU", key, day(on)) == expected


@pytest.mark.parametrize(
    ("on", "rate"),
    [("2022-02-20", "9.5"), ("2022-10-01", "7.5"), ("2025-07-01", "9.5"), ("2026-12-31", "9.5"), ("2027-01-01", "15.5"),
     ("2019-12-16", "6.25")],
)  # fmt: skip
def test_the_rate_of_the_penalty_is_the_key_rate_under_its_cap(on: str, rate: str) -> None:
    """The cap holds until the end of 2026; the key rate after it is the last one that was entered."""
    assert RULES.penalty_rate("RU", day(on)) == D(rate)
    assert Terms.of(RULES, "RU", day("2026-01-12")).rate_on(day(on)) == D(rate)


def test_a_row_of_the_staff_wins_over_an_older_one_and_a_territory_over_the_country() -> None:
    rules = Rules(
        [
            *DEFAULTS,
            Rule("RU", "key_rate", day("2026-12-20"), "12"),
            Rule("RU", "due_day", ALWAYS, "20", territory="61"),
        ]
    )
    assert rules.penalty_rate("RU", day("2027-01-01")) == D(12)
    assert rules.whole("RU", "due_day", day("2026-05-01"), "61") == 20
    assert rules.whole("RU", "due_day", day("2026-05-01"), "77") == 15


def test_what_no_row_says_is_an_error() -> None:
    with pytest.raises(NoRule):
        RULES.text("UA", "key_rate", day("2026-01-01"))
    with pytest.raises(NoRule):
        RULES.text("RU", "due_day", day("1999-12-31"))


def test_every_default_can_be_read_and_says_where_it_comes_from() -> None:
    assert not [row for row in DEFAULTS if problem_with(row) or not row.source]
    keys = [(row.country, row.key, row.territory, row.valid_from) for row in DEFAULTS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("key", "value"),
    [("due_day", "32"), ("due_day", "x"), ("key_rate", "-1"), ("key_rate", "100.01"), ("key_rate", "NaN"), ("penalty_steps", "31-300"),
     ("penalty_steps", ""), ("penalty_steps", "31:0"), ("penalty_enabled", "true"), ("absence_min_days", "-1"),
     ("penalty_rate_cap", "a"), ("nothing", "1")],
)  # fmt: skip
def test_a_mistyped_value_is_noticed(key: str, value: str) -> None:
    assert problem_with(Rule("RU", key, ALWAYS, value))


# --- Working days -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "on", "working"),
    [
        ("RU", "2026-01-09", False), ("RU", "2026-01-12", True), ("RU", "2026-03-09", False), ("RU", "2025-11-01", True),
        ("UA", "2021-08-24", False), ("UA", "2026-08-24", True),  # martial law: holidays are worked
        ("UA", "2026-10-31", False),
    ],
)  # fmt: skip
def test_working_days_of_both_countries(country: str, on: str, working: bool) -> None:
    assert is_working(country, day(on)) is working


def test_a_last_day_moves_over_holidays_as_well() -> None:
    assert working_from("RU", day("2026-01-10")) == day("2026-01-12")
    assert working_from("RU", day("2026-05-09")) == day("2026-05-12")
    early = Rules([*DEFAULTS, Rule("RU", "due_day", ALWAYS, "8", territory="61")])
    assert due_date("RU", day("2026-02-01"), early, "61") == day("2026-03-10")  # 8 March is kept on Monday the 9th
    still = Rules([*DEFAULTS, Rule("RU", "due_moves", ALWAYS, NO, territory="61")])
    assert due_date("RU", day("2025-12-01"), still, "61") == day("2026-01-10")
