"""Writes what accounts owe: for banks, for payment services, for the pension fund (pure).

    name = sberbank_name("3661057530", "40702810652000001234", 1, date(2019, 2, 1))
    content = b"".join(sberbank_lines(debts, encoding="cp1251"))
    header, rows = feed_table(debts)         for lib.tables: CSV or XLSX

No cell is ever a formula: `lib.tables` sees to it in tables, and in the bank's text such a sign is left out.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lib.identifiers import is_inn
from lib.tables import FORMULA_SIGNS, Row

ENCODINGS = ("cp1251", "koi8-r", "utf-8")
NOT_IN_CELL = re.compile(r"[;\r\n\t\x00-\x1f\x7f]+")
ACCOUNT = re.compile(r"[0-9]{20}")
SHOWCASE_MONTHS = 3  # a debt that is older than this is told with the day when it arose


@dataclass(frozen=True)
class Debt:
    """What one account owes in one section; below zero is an advance. `since` is the day when the oldest debt arose."""

    account: str
    payer: str
    address: str
    period: date
    amount: Decimal
    service: str = ""
    since: date | None = None
    meters: tuple[tuple[str, Decimal], ...] = ()  # number and last value
    tax_id: str = ""  # of the payer, where the law lets it be told


# --- Sberbank -------------------------------------------------------------------------------------------------------


def sberbank_name(tax_id: str, account: str, number: int, period: date) -> str:
    """The name that the bank asks for: ИНН_РС_НОМЕР_ММГГ.txt.

    >>> sberbank_name("3661057530", "40702810652000001234", 1, date(2019, 2, 1))
    '3661057530_40702810652000001234_001_0219.txt'
    """
    if not (is_inn(tax_id) and len(tax_id) == 10 and ACCOUNT.fullmatch(account) and 1 <= number <= 999):
        raise ValueError("the bank takes ИНН of 10 digits, an account of 20 and a number from 1 to 999")
    return f"{tax_id}_{account}_{number:03}_{period:%m%y}.txt"


def sberbank_lines(debts: Iterable[Debt], *, encoding: str = "cp1251") -> Iterator[bytes]:
    """Yield the lines: account, payer, address, MMГГ, debt. Who owes nothing has 0,00."""
    if encoding not in ENCODINGS:
        raise ValueError(f"the bank reads {', '.join(ENCODINGS)}")
    for debt in debts:
        owed = f"{max(debt.amount, Decimal('0.00')):.2f}".replace(".", ",")
        cells = (_bare(debt.account), _bare(debt.payer), _bare(debt.address), f"{debt.period:%m%y}", owed)
        yield (";".join(cells) + "\r\n").encode(encoding, "replace")


def _bare(text: str) -> str:
    """A cell of a text without quotation: no separators, nothing that a spreadsheet would reckon."""
    return NOT_IN_CELL.sub(" ", text).strip().lstrip(" " + "".join(FORMULA_SIGNS))


# --- Tables ---------------------------------------------------------------------------------------------------------

FEED = ("account", "payer", "address", "service", "period", "debt", "meters")
SHOWCASE = ("особовий_рахунок", "ПІБ", "РНОКПП", "адреса", "послуга", "борг", "дата_виникнення_боргу")
BALANCES = ("account", "payer", "address", "section", "period", "balance", "since")
Table = tuple[tuple[str, ...], Iterator[Row]]


def balances_table(debts: Iterable[Debt]) -> Table:
    """Balances as they stand in the book, advances with a minus."""
    return BALANCES, (
        (one.account, one.payer, one.address, one.service, f"{one.period:%m.%Y}", one.amount, one.since)
        for one in debts
    )


def feed_table(debts: Iterable[Debt]) -> Table:
    """The daily feed of a payment service: debts, and meters with their last values as «number=value»."""
    return FEED, (
        (one.account, one.payer, one.address, one.service, f"{one.period:%m.%Y}", one.amount, _meters(one))
        for one in debts
    )


def _meters(debt: Debt) -> str:
    return "; ".join(f"{number}={value:f}" for number, value in debt.meters)


def showcase_table(debts: Iterable[Debt], *, on: date) -> Table:
    """Debts for the pension fund («Вітрина-1201»): only who owes; since when, once that is over three months."""
    return SHOWCASE, (
        (
            one.account, one.payer, one.tax_id, one.address, one.service, one.amount,
            one.since if one.since and is_old(one.since, on) else None,
        )
        for one in debts
        if one.amount > 0
    )  # fmt: skip


def is_old(since: date, on: date) -> bool:
    """Whether more than three whole months lie between.

    >>> is_old(date(2026, 1, 31), date(2026, 5, 1)), is_old(date(2026, 1, 31), date(2026, 4, 30))
    (True, False)
    """
    months = (on.year - since.year) * 12 + on.month - since.month
    return months > SHOWCASE_MONTHS or (months == SHOWCASE_MONTHS and on.day > since.day)
