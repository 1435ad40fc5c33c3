"""The staff room speaks the reader's language: every column, field and part has a Russian and a Ukrainian name."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import override

from accounts.models import User
from portal.testing import Cast, make_account, make_link, make_user

SAME_EVERYWHERE = {"PDF", "ID", "БИК", "КПП"}
CYRILLIC = re.compile("[а-яіїєґ]", re.IGNORECASE)


@pytest.mark.parametrize("language", ["ru", "uk"])
@pytest.mark.feature("F2", "G13")
def test_no_column_or_field_is_left_in_english(language: str, cast: Cast, rf: RequestFactory) -> None:
    request = rf.get("/admin/")
    request.user = cast.sofia
    english = []
    with override(language):
        for model, page in admin.site._registry.items():
            shown = {*page.get_list_display(request), *(name for name in page.fields or () if isinstance(name, str))}
            typed = getattr(page.form, "base_fields", {})  # fields of the form alone, such as a secret
            labels = {
                name: str(typed[name].label if name in typed else label_for_field(name, model, page))
                for name in shown - {"action_checkbox", "__str__"}
            }
            labels["part"] = str(model._meta.app_config.verbose_name)
            labels["rows"] = str(model._meta.verbose_name_plural)
            english += [
                f"{model.__name__}.{name}: {label}"
                for name, label in labels.items()
                if label not in SAME_EVERYWHERE and not CYRILLIC.search(label)
            ]
    assert not english


@pytest.mark.parametrize(
    "name",
    [
        "billing_invoice",
        "billing_payment",
        "billing_ledgerentry",
        "premises_accountlink",
        "premises_accessletter",
        "premises_linkrequest",
        "premises_connectcode",
    ],
)
def test_what_actions_write_has_no_form_even_for_the_superuser(
    name: str, cast: Cast, enter: Callable[[User], Client]
) -> None:
    assert enter(cast.sofia).get(reverse(f"admin:{name}_add")).status_code == 403


def test_the_superuser_changes_links_by_actions_only(cast: Cast, enter: Callable[[User], Client]) -> None:
    link = cast.account.links.first()
    assert link is not None
    sofia = enter(cast.sofia)
    assert b'name="grade"' not in sofia.get(reverse("admin:premises_accountlink_change", args=[link.pk])).content
    assert sofia.get(reverse("admin:premises_accountlink_delete", args=[link.pk])).status_code == 403


@pytest.mark.parametrize("typed", ["Семёнов", "семенов", "СЕМЁНОВ", "семен пётр", "петр"])
def test_a_holder_is_found_in_any_case_and_with_or_without_the_dots(
    typed: str, cast: Cast, enter: Callable[[User], Client]
) -> None:
    account = make_account(cast.house, "20", "10020", holder="Семёнов Пётр")
    make_link(make_user("Пётр", "Семёнов"), account)
    mark = enter(cast.mark)
    for name in ("personalaccount", "accountlink"):
        page = mark.get(reverse(f"admin:premises_{name}_changelist"), {"q": typed}).content.decode()
        assert "Семёнов" in page.split('id="result_list"')[-1]
