"""The one thing a person should do next, chosen by rule (pure: facts in, a step out)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Step(StrEnum):
    """What the panel on top of the home page asks for."""

    CONFIRM = "confirm"  # the link is limited: prove that the flat is yours
    READINGS = "readings"  # the window closes in a few days, and a meter waits
    OVERDUE = "overdue"  # a debt whose day has passed
    DUE = "due"  # a debt to be paid until a day, or with no day known
    FIRST_BILL = "first_bill"  # a new account: nothing was charged yet
    ALL_WELL = "all_well"


SOON = 5  # days until the window closes


@dataclass(frozen=True)
class Facts:
    """What the rule looks at. `balance` is what the sections of the book owe; `due_on` is the day by which the oldest of the
    debt was to be paid.

    `readings_left`: days until the open window closes, when a meter waits for its reading; None otherwise.
    """

    is_limited: bool
    balance: Decimal
    due_on: date | None
    has_book: bool  # whether anything was ever charged or brought in
    today: date
    readings_left: int | None = None


def next_step(facts: Facts) -> Step:
    """Return the most pressing step: proof of the flat, readings whose days end, then money, then peace.

    Readings come before a debt: after their last day nobody takes them, while a bill can still be paid tomorrow.
    A debt below one whole unit of the currency is not worth a person's errand.
    """
    if facts.is_limited:
        return Step.CONFIRM
    if facts.readings_left is not None and facts.readings_left <= SOON:
        return Step.READINGS
    if facts.balance >= 1:
        is_late = facts.due_on is not None and facts.due_on < facts.today
        return Step.OVERDUE if is_late else Step.DUE
    return Step.ALL_WELL if facts.has_book else Step.FIRST_BILL
