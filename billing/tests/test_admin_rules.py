"""The parameters of the law: rows with days, the superuser's alone; what months were issued by stays."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from billing.actions.rules import load_defaults
from billing.admin_rules import NAMES
from billing.charging.defaults import DEFAULTS
from billing.charging.rules import KINDS, problem_with
from billing.models import BillingRun, LegalRule
from portal.testing import Cast

ADD = "admin:billing_legalrule_add"
NEW = {"country": "RU", "key": "due_day", "valid_from": "2030-03-01", "value": "20", "source": "Новый закон"}


def test_every_deployment_starts_with_the_law_as_it_is_known(cast: Cast) -> None:
    assert LegalRule.objects.count() == len(DEFAULTS)
    LegalRule.objects.filter(key="due_day").delete()
    load_defaults()
    assert LegalRule.objects.count() == len(DEFAULTS)
    assert LegalRule.objects.exclude(source="").count() == len(DEFAULTS)


def test_every_default_can_be_read(cast: Cast) -> None:
    assert [row for row in DEFAULTS if problem_with(row)] == []
    assert {row.key for row in DEFAULTS} <= KINDS.keys()


def test_parameters_are_listed_and_chosen_by_what_they_are_called(cast: Cast, enter: Any) -> None:
    assert NAMES.keys() == KINDS.keys()
    client = enter(cast.sofia)
    page = client.get(reverse("admin:billing_legalrule_changelist"), {"key": "coef_no_meter"}).content.decode()
    assert page.count("Norm is raised without a meter: times") >= 3  # the filter, Russia, Ukraine
    assert "Last day for readings</a></th>" not in page
    assert "Last day for readings" in client.get(reverse(ADD)).content.decode()


def test_the_superuser_adds_what_a_new_law_says_and_employees_do_not(cast: Cast, enter: Any) -> None:
    assert enter(cast.mark).post(reverse(ADD), NEW).status_code == 403
    assert enter(cast.sofia).post(reverse(ADD), NEW).status_code == 302
    assert LegalRule.objects.get(key="due_day", valid_from=date(2030, 3, 1)).value == "20"
    again = enter(cast.sofia).post(reverse(ADD), NEW)
    assert "already has a value from this day" in again.content.decode()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("due_day", "32", "a day of the month"),
        ("coef_no_meter", "полтора", "a number with a point"),
        ("coef_no_meter", "-1", "a number with a point"),
        ("penalty_steps", "31/300", "steps"),
        ("penalty_enabled", "наверное", "yes or no"),
        ("absence_min_days", "1.5", "a whole number"),
    ],
)
def test_a_value_of_another_shape_is_an_error_that_shows_the_right_one(
    cast: Cast, enter: Any, key: str, value: str, words: str
) -> None:
    response = enter(cast.sofia).post(reverse(ADD), NEW | {"key": key, "value": value})
    assert words in str(response.context["adminform"].form.errors["value"])


def test_what_a_month_was_issued_by_stays_as_it_is(cast: Cast, enter: Any) -> None:
    row = LegalRule.objects.filter(country="RU", key="due_day").earliest("valid_from")
    BillingRun.objects.create(organization=cast.company, period=date(2026, 3, 1), state="issued")
    client = enter(cast.sofia)
    page = reverse("admin:billing_legalrule_change", args=[row.pk])
    assert "Pay by this day of the month" in client.get(page).content.decode()
    assert client.post(page, NEW | {"key": "doc_day", "is_checked": "on"}).status_code == 302
    row_after = LegalRule.objects.get(pk=row.pk)
    assert (row_after.key, row_after.value) == (row.key, row.value)
    url = reverse("admin:billing_legalrule_delete", args=[row.pk])
    assert client.post(url, {"post": "yes"}).status_code == 403
