"""Money: rounded in one place, written the way each country writes it."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
NBSP = "\u00a0"
MINUS = "\u2212"
SIGNS = {"RUB": "₽", "UAH": "₴"}
FRACTION = re.compile(r"-?\d+\.(?:\d{1,3}|\d{5,})", re.ASCII)  # four digits would be the year of 03.2019


def rounded(amount: Decimal) -> Decimal:
    """Return the amount in whole kopecks, half up: the rounding of both countries' payment documents.

    >>> rounded(Decimal("2.345"))
    Decimal('2.35')
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


def trimmed(number: Decimal) -> Decimal:
    """Return the number without the zeros behind its kopecks that a wide column adds; three places are a dial's own.

    >>> trimmed(Decimal("2828.910000")), trimmed(Decimal("0.333333")), trimmed(Decimal("152.300")), trimmed(Decimal("5"))
    (Decimal('2828.91'), Decimal('0.333333'), Decimal('152.300'), Decimal('5'))
    """
    kept, needed = number.as_tuple().exponent, number.normalize().as_tuple().exponent
    if not (isinstance(kept, int) and isinstance(needed, int)) or kept >= -3:
        return number
    return number.quantize(Decimal(1).scaleb(min(-2, needed)))


def format_number(number: Decimal, language: str, places: int | None = None) -> str:
    """Return the number with grouped thousands; without `places` its own decimals are kept less trailing zeros.

    >>> format_number(Decimal("1234.500"), "en")
    '1,234.5'
    """
    if places is None:
        text = f"{abs(number):,f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{abs(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)):,f}"
    sign = MINUS if number < 0 and text.strip("0.,") else ""
    if language[:2] != "en":
        text = text.replace(",", NBSP).replace(".", ",")
    return sign + text


def format_money(amount: Decimal, currency: str, language: str) -> str:
    """Return «3 680,39 ₽» for Russian and Ukrainian, «3,680.39 RUB» for English; no break inside the figure.

    >>> format_money(Decimal("3680.39"), "RUB", "en").replace(NBSP, " ")
    '3,680.39 RUB'
    """
    sign = currency if language[:2] == "en" else SIGNS.get(currency, currency)
    return f"{format_number(rounded(amount), language, 2)}{NBSP}{sign}"


def in_words(facts: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the facts of a sentence with every fraction among them written for its reader; all else stays as it is.

    >>> in_words({"total": "-1000.50", "month": "03.2019", "count": "12"}, "en")
    {'total': '−1,000.50', 'month': '03.2019', 'count': '12'}
    """
    return {name: _figure(text, language) for name, text in facts.items()}


def _figure(text: str, language: str) -> str:
    if not FRACTION.fullmatch(str(text)):
        return text
    return format_number(Decimal(text), language, len(str(text).partition(".")[2]))
