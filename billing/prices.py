"""What a volume costs, as the newest bills say: the estimate that people see before they send a reading.

A line of a bill is of a resource when its code or name says so and its unit is one in which the resource is measured; what a
house uses in common (СОИ, ОДН, МЗК), sewage and the supply of gas are other services. The price is that of the resource
alone: cold and hot water add nothing for sewage, a cheaper night or a social norm is not looked at.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from billing.models import InvoiceLine
from lib.text import search_key
from meters.prices import Price
from meters.resources import FACTS, Resource, Unit, from_base, parse_resource
from premises.models import PersonalAccount

# How a service begins, in Russian and in Ukrainian.
BEGINNINGS = {
    Resource.COLD: ("холодн", "хвс", "хвп"),
    Resource.HOT: ("горяч", "гаряч", "гвс", "гвп"),
    Resource.POWER: ("электр", "електр"),
    Resource.GAS: ("газ", "природн"),
    Resource.HEAT: ("отопл", "опал", "теплов", "централ"),
}
OTHER = re.compile(r"\b(сои|одн|моп|мзк|общ|общедом|загальн|отвед|водоотвед|відвед|водовідвед|распред|розподіл)")
UNITS = {
    "м3": Unit.M3, "m3": Unit.M3, "кубм": Unit.M3, "кубометр": Unit.M3,
    "квтч": Unit.KWH, "квтгод": Unit.KWH, "kwh": Unit.KWH,
    "гкал": Unit.GCAL, "gcal": Unit.GCAL, "гдж": Unit.GJ, "gj": Unit.GJ,
}  # fmt: skip
NOT_LETTER = re.compile(r"[\W_]+")


def tariffs(accounts: Iterable[PersonalAccount]) -> Mapping[tuple[int, str], Price]:
    """The newest printed tariff of each resource, by (account id, resource), in one query.

    Of two tariffs of one month (day and night) it is the higher one: an estimate should not promise too little.
    """
    newest: dict[tuple[int, str], tuple[date, Decimal, str]] = {}
    for account, currency, period, code, service, unit, tariff in _printed([one.pk for one in accounts]):
        resource, measured_in = resource_of(code, service), unit_of(unit)
        if tariff is None or resource is None or measured_in is None or measured_in not in FACTS[resource].units:
            continue
        price = (period, from_base(tariff, measured_in, resource), currency)
        newest[account, resource] = max(price, newest.get((account, resource), price))
    return {key: Price(per_unit, currency) for key, (_period, per_unit, currency) in newest.items()}


def _printed(accounts: list[int]) -> Iterable[tuple[int, str, date, str, str, str, Decimal | None]]:
    """The newest line of every service of these accounts."""
    service = ("invoice__account_id", "code", "service", "unit")
    rows = InvoiceLine.objects.filter(
        invoice__account__in=accounts, invoice__voided_at__isnull=True, tariff__gt=0
    ).exclude(unit="")
    rows = rows.order_by(*service, "-invoice__period", "-tariff").distinct(*service)
    return rows.values_list(
        "invoice__account_id", "invoice__currency", "invoice__period", "code", "service", "unit", "tariff"
    )


def resource_of(code: str, service: str) -> Resource | None:
    """The resource that a line of a bill is for, or None.

    >>> resource_of("", "Водоотведение") is None
    True
    """
    name = search_key(service)
    if OTHER.search(name):
        return None
    known = parse_resource(code) or parse_resource(service)
    return known or next((one for one, words in BEGINNINGS.items() if name.startswith(words)), None)


def unit_of(text: str) -> Unit | None:
    """The unit as a bill writes it: «м³», «куб. м», «кВт·год».

    >>> unit_of("кВт·ч")
    Unit.KWH
    """
    return UNITS.get(NOT_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold()))
