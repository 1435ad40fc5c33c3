"""Filters of the money pages: figures and months that a document keeps as text."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from django import template
from django.utils.translation import get_language

from billing import corrections
from billing.models.invoice import InvoiceLine, places_of
from billing.sublines import days_of, measured
from lib.money import SIGNS, format_number
from lib.text import raised

register = template.Library()
NUMBERED = re.compile(r"^(Раздел )?\d+\. ")
# Where the longest words of the forms may be broken, so that a head is no wider than the figures below it.
BREAKS = {
    "общедомовые": "обще\u00adдомовые", "Перерасчеты": "Пере\u00adрасчеты", "Задолженность": "Задолжен\u00adность",
    "превышения": "превы\u00adшения", "повышающий": "повы\u00adшающий", "коэффициент": "коэффи\u00adциент",
    "исполнителя": "исполни\u00adтеля", "загальнобудинкові": "загально\u00adбудинкові", "Перерахунок": "Пере\u00adрахунок",
    "Підвищувальний": "Підвищу\u00adвальний", "коефіцієнт": "коефі\u00adцієнт",
}  # fmt: skip
LONG = re.compile("|".join(BREAKS))


@register.filter
def figure(value: object, places: int | None = None) -> str:
    """A number that a document keeps as text, in the reader's writing; what is not a number stays as it was printed."""
    text = "" if value is None else str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format_number(number, get_language() or "en", places) if number.is_finite() else text


@register.filter
def named_month(text: object) -> date | None:
    """The month that a recalculation names, for the filter `month`."""
    return corrections.named_month(str(text))


@register.filter
def tariff(rate: Decimal) -> str:
    """A price with kopecks, or with more decimals where it has them."""
    return format_number(rate, get_language() or "en", places_of(rate))


@register.filter
def power(unit: str | None) -> str:
    """«м²» and «м³», however the register wrote them."""
    return raised(unit or "")


@register.filter
def whole(volume: object) -> object:
    """The volume of a house, kept as text, less the millionths that sharing leaves; what is not a number stays."""
    try:
        return measured(Decimal(str(volume)))
    except InvalidOperation:
        return volume


@register.filter
def with_days(line: InvoiceLine, period: date) -> list[tuple[Decimal, Decimal, Decimal, dict[str, int] | None]]:
    """The sub-lines of a line: (volume, tariff, sum, days); with days the volume is that of the whole line."""
    volume, found = line.volume or line.volume_common, []
    for part, rate, amount in line.by_tariff:
        days = days_of(part, volume, period)
        shown = volume if days and volume else part
        found.append((shown, rate, amount, {"days": days[0], "month": days[1]} if days else None))
    return found


@register.filter
def unnumbered(heading: str) -> str:
    """A heading of the form without its number: on the page what matters to the reader comes first, not section 1."""
    return NUMBERED.sub("", heading)


@register.filter
def breakable(head: str) -> str:
    """The head of a column with soft hyphens in its longest words."""
    return LONG.sub(lambda found: BREAKS[found[0]], head)


@register.filter
def sign(currency: str) -> str:
    """«₽» or «₴»; in English the code."""
    return currency if (get_language() or "en").startswith("en") else SIGNS.get(currency, currency)


@register.filter
def site_name(url: str) -> str:
    """The host of a site, without what only browsers need."""
    return urlsplit(url).netloc.removeprefix("www.")
