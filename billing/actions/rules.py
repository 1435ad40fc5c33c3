"""The rows every deployment starts with."""

from typing import Any

from django.apps import apps

from billing.charging.defaults import DEFAULTS
from billing.models import LegalRule


def load_defaults(**kwargs: Any) -> None:
    """Insert the default rows that are missing, in one query; a row that is there stays as staff wrote it.

    Connected to `post_migrate`: tables that were just made or emptied have their law again.
    """
    try:
        kwargs.get("apps", apps).get_model("billing", "LegalRule")
    except LookupError:  # migrated back to before there was a table
        return
    rows = [
        LegalRule(
            country=row.country, key=row.key, territory=row.territory, valid_from=row.valid_from, value=row.value,
            source=row.source, is_checked=row.is_checked,
        )
        for row in DEFAULTS
    ]  # fmt: skip
    LegalRule.objects.using(kwargs.get("using")).bulk_create(rows, ignore_conflicts=True)
