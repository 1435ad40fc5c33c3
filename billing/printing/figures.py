"""Figures and days as the forms print them: no locale is asked, a sheet has hundreds of them."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from billing.sublines import measured
from lib.money import MINUS, NBSP

MONTHS = {
    "ru": [
        "январь",
        "февраль",
        "март",
        "апрель",
        "май",
        "июнь",
        "июль",
        "август",
        "сентябрь",
        "октябрь",
        "ноябрь",
        "декабрь",
    ],
    "uk": [
        "січень",
        "лютий",
        "березень",
        "квітень",
        "травень",
        "червень",
        "липень",
        "серпень",
        "вересень",
        "жовтень",
        "листопад",
        "грудень",
    ],
}
YEAR = {"ru": "г.", "uk": "р."}


@lru_cache(maxsize=4096)
def figure(number: Decimal, places: int | None = None) -> str:
    """«3 680,39», with exactly `places` decimals or with its own less trailing zeros.

    >>> figure(Decimal("-1234.500"), 2).replace(NBSP, " ")
    '−1 234,50'
    """
    if places is not None:
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(number):,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    sign = MINUS if number < 0 else ""
    return sign + text.replace(",", NBSP).replace(".", ",")


def money(amount: Decimal | None) -> str:
    """A sum in whole kopecks; nothing for an absent one."""
    return "" if amount is None else figure(Decimal(amount), 2)


def given(value: object, places: int | None = None) -> str:
    """A figure of a frozen block with the decimals it was written with; words stay words."""
    if value is None or value == "":
        return ""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):  # not a number, or without end
        return ""
    return figure(number, max(0, -exponent) if places is None else places)


def day(value: date | None) -> str:
    return f"{value:%d.%m.%Y}" if value else ""


def month(value: date | None, language: str) -> str:
    """«март 2026 г.», «березень 2026 р.»"""
    return f"{MONTHS[language][value.month - 1]} {value.year}{NBSP}{YEAR[language]}" if value else ""


def month_given(value: object, language: str) -> str:
    """The month of a frozen block: an ISO date or month as words, anything else as it stands."""
    text = str(value or "")
    try:
        return month(date.fromisoformat(text if len(text) > 7 else f"{text}-01"), language)
    except ValueError:
        return text


def whole(value: object) -> object:
    """The volume of a house less the millionths that sharing leaves; what is not a number stays as it was given."""
    try:
        return str(measured(Decimal(str(value))))
    except InvalidOperation:
        return value
