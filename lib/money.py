"""Money: rounded in one place, written the way each country writes it."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
NBSP = "\u00a0"
MINUS = "\u2212"
SIGNS = {"RUB": "₽", "UAH": "₴"}


def rounded(amount: Decimal) -> Decimal:
    """Return the amount in whole kopecks, half up: the rounding of both countries' payment documents.

    >>> rounded(Decimal("2.345"))
    Decimal('2.35')
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


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
