"""The law as this deployment keeps it: the rows of LegalRule as a lookup of `billing.charging.rules`."""

from billing.charging.rules import Rule, Rules
from billing.models import LegalRule


def rules_of(country: str) -> Rules:
    """The rules of one country, its territories included, in one query."""
    rows = LegalRule.objects.filter(country=country).order_by().values_list("key", "territory", "valid_from", "value")
    return Rules(
        Rule(country, key, valid_from, value, territory=territory) for key, territory, valid_from, value in rows
    )
