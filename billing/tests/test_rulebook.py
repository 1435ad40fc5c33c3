"""The law as rows: loaded once, kept as staff wrote it, and asked by the day to pay."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.rules import load_defaults
from billing.charging.defaults import DEFAULTS
from billing.due import due_date
from billing.models import LegalRule
from billing.rulebook import rules_of

JUNE = date(2026, 6, 1)


def test_a_fresh_database_has_the_law_and_it_is_read_in_one_query(db: None) -> None:
    assert LegalRule.objects.count() == len(DEFAULTS)
    with CaptureQueriesContext(connection) as seen:
        rules = rules_of("RU")
    assert len(seen) == 1
    assert rules.whole("RU", "due_day", JUNE) == 15
    assert rules.decimal("RU", "coef_no_meter", JUNE) == rules.decimal("RU", "coef_broken", JUNE)


def test_loading_again_leaves_what_staff_changed(db: None) -> None:
    LegalRule.objects.filter(country="UA", key="due_day").update(value="20")
    LegalRule.objects.filter(country="UA", key="doc_day").delete()
    load_defaults()
    assert rules_of("UA").whole("UA", "due_day", JUNE) == 20
    assert LegalRule.objects.filter(country="UA", key="doc_day").exists()


@pytest.mark.django_db(transaction=True)
def test_a_flushed_database_has_its_law_again() -> None:
    call_command("flush", interactive=False, verbosity=0)
    assert LegalRule.objects.count() == len(DEFAULTS)


def test_a_city_may_have_a_day_of_its_own(db: None) -> None:
    LegalRule.objects.create(country="UA", key="due_day", territory="м. Львів", valid_from=date(2026, 1, 1), value="20")
    LegalRule.objects.create(
        country="UA", key="due_moves", territory="м. Львів", valid_from=date(2026, 1, 1), value="no"
    )
    rules = rules_of("UA")
    assert due_date("UA", JUNE, rules, "м. Львів") == date(2026, 7, 20)
    assert due_date("UA", JUNE, rules, "м. Київ") == date(2026, 7, 31)
