"""The law as this deployment keeps it: the rows of LegalRule as a lookup of `billing.charging.rules`."""

from typing import Any

from billing.charging.rules import NO, YES, Rule, Rules
from billing.models import LegalRule


def rules_of(country: str) -> Rules:
    """The rules of one country, its territories included, in one query."""
    rows = LegalRule.objects.filter(country=country).order_by().values_list("key", "territory", "valid_from", "value")
    return Rules(
        Rule(country, key, valid_from, written(value), territory=territory)
        for key, territory, valid_from, value in rows
    )


def written(value: Any) -> str:
    """The value of a row as text, in whatever shape somebody typed it: "15", 15 or true."""
    if isinstance(value, bool):
        return YES if value else NO
    return "" if value is None else str(value)
