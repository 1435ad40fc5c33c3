"""The rule of the home page's first panel, as a table."""

from datetime import date
from decimal import Decimal

import pytest

from portal.next_action import Facts, Step, next_step

TODAY = date(2026, 11, 21)
EARLIER, LATER = date(2026, 11, 15), date(2026, 12, 15)


@pytest.mark.parametrize(
    ("is_limited", "balance", "due_on", "has_book", "step"),
    [
        (True, "0.00", None, False, Step.CONFIRM),
        (True, "3680.39", EARLIER, True, Step.CONFIRM),
        (False, "3680.39", EARLIER, True, Step.OVERDUE),
        (False, "3680.39", TODAY, True, Step.DUE),
        (False, "3680.39", LATER, True, Step.DUE),
        (False, "3680.39", None, True, Step.DUE),
        (False, "1.00", EARLIER, True, Step.OVERDUE),
        (False, "0.99", EARLIER, True, Step.ALL_WELL),
        (False, "0.00", LATER, True, Step.ALL_WELL),
        (False, "-214.00", EARLIER, True, Step.ALL_WELL),
        (False, "0.00", None, False, Step.FIRST_BILL),
    ],
)
def test_the_most_pressing_step_comes_first(
    is_limited: bool, balance: str, due_on: date | None, has_book: bool, step: Step
) -> None:
    facts = Facts(is_limited=is_limited, balance=Decimal(balance), due_on=due_on, has_book=has_book, today=TODAY)
    assert next_step(facts) == step


@pytest.mark.parametrize(
    ("is_limited", "readings_left", "balance", "step"),
    [
        (False, None, "0.00", Step.ALL_WELL),
        (False, 6, "0.00", Step.ALL_WELL),
        (False, 5, "0.00", Step.READINGS),
        (False, 0, "0.00", Step.READINGS),
        (False, 5, "3680.39", Step.READINGS),
        (False, 6, "3680.39", Step.OVERDUE),
        (True, 0, "3680.39", Step.CONFIRM),
    ],
)
def test_readings_come_first_in_the_last_days_of_their_window(
    is_limited: bool, readings_left: int | None, balance: str, step: Step
) -> None:
    facts = Facts(
        is_limited=is_limited, balance=Decimal(balance), due_on=EARLIER, has_book=True, today=TODAY,
        readings_left=readings_left,
    )  # fmt: skip
    assert next_step(facts) == step
