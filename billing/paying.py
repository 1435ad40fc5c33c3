"""What is paid online: sums as people write them, how a sum falls to the sections of the book, fees (pure)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from billing.charging.exact import largest_remainder
from lib.money import CENT, rounded

LEAST, MOST = Decimal("1.00"), Decimal("500000.00")
MAIN = "main"
TIMES_USUAL = 10  # so many times the debt is asked about before it is paid

OWN_SIGNS = {"RUB": r"(?:₽|руб\.?|рублей|rub|р\.?)", "UAH": r"(?:₴|грн\.?|гривень|uah)"}
ANY_SIGN = re.compile(r"[$€£₽₴₸¥]|\b(?:usd|eur|uah|rub|kzt|byn|грн|руб|долл|євро|евро)", re.IGNORECASE)
FIGURES = re.compile(r"([0-9]{1,3}(?:[ \u00a0\u202f'][0-9]{3})+|[0-9]+)(?:[.,]([0-9]{1,2}))?")
FINER = re.compile(r"[0-9 \u00a0\u202f']+[.,][0-9]{3,}")
BELOW_ZERO = re.compile(r"[-−–]\s*[0-9 \u00a0]+([.,][0-9]+)?")
LONGEST = 20  # signs of a sum
MOST_SIGNS = 40  # with its currency; what is longer is not looked into


class Wrong(StrEnum):
    """Why a typed sum is none."""

    GARBAGE = "garbage"
    CURRENCY = "currency"
    FRACTIONS = "fractions"
    RANGE = "range"
    NOTHING = "nothing"


class NotASum(ValueError):
    """What was typed is no sum that can be paid."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong)
        self.wrong = wrong


def sum_of(text: str, currency: str) -> Decimal:
    """Read a sum: «3 680,39», «3680.39 ₽»; raise NotASum for everything else, also where it is out of the limits.

    >>> sum_of("3 680,39 ₽", "RUB")
    Decimal('3680.39')
    """
    text = text.strip()
    if len(text) > MOST_SIGNS:
        raise NotASum(Wrong.RANGE if FIGURES.fullmatch(text) else Wrong.GARBAGE)
    bare = re.sub(rf"\s*{OWN_SIGNS[currency]}\s*$", "", text, flags=re.IGNORECASE)
    if ANY_SIGN.search(bare):
        raise NotASum(Wrong.CURRENCY)
    if FINER.fullmatch(bare):
        raise NotASum(Wrong.FRACTIONS)
    found = FIGURES.fullmatch(bare)
    if BELOW_ZERO.fullmatch(bare):
        raise NotASum(Wrong.NOTHING)
    if found and len(bare) > LONGEST:
        raise NotASum(Wrong.RANGE)
    if not found:
        raise NotASum(Wrong.GARBAGE)
    whole, cents = found.groups()
    amount = Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{(cents or '').ljust(2, '0')}")
    if not amount:
        raise NotASum(Wrong.NOTHING)
    if not is_payable(amount):
        raise NotASum(Wrong.RANGE)
    return amount


def is_payable(amount: Decimal) -> bool:
    """Whether a sum is within the limits and in whole kopecks.

    >>> is_payable(Decimal("0.99")), is_payable(Decimal("500000.00"))
    (False, True)
    """
    return LEAST <= amount <= MOST and amount == amount.quantize(CENT)


def is_unusual(amount: Decimal, due: Decimal) -> bool:
    """Whether a sum is so far above what is owed that it is asked about; where nothing is owed, any sum is."""
    return amount > TIMES_USUAL * max(due, Decimal(0))


def fee_of(amount: Decimal, percent: Decimal) -> Decimal:
    """The fee of a payment, in whole kopecks.

    >>> fee_of(Decimal("3680.39"), Decimal("1.00"))
    Decimal('36.80')
    """
    return rounded(amount * percent / 100)


def shares(amount: Decimal, debts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """How a sum falls to the sections: up to their debts in proportion to them, what is over to the main one.

    The parts add up to the sum, none is zero or below.

    >>> shares(Decimal("130.00"), {"main": Decimal("100.00"), "repair": Decimal("20.00")})
    {'main': Decimal('110.00'), 'repair': Decimal('20.00')}
    """
    owed = {name: debt for name, debt in debts.items() if debt > 0}
    covered = min(amount, sum(owed.values(), Decimal(0)))
    parts = dict(zip(owed, largest_remainder(covered, owed.values()), strict=True))
    if over := amount - covered:
        spare = MAIN if MAIN in owed or not owed else next(iter(owed))
        parts[spare] = parts.get(spare, Decimal("0.00")) + over
    return {name: part for name, part in parts.items() if part}
