"""A change that two people agree on, as the second of them meets it on a computer and on a phone."""

import pytest
from django.utils import timezone

from billing.actions.requisites import ask_change
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, axe
from portal.tests.things import Things

WORDS = {
    "recipient": "ООО «Управляющая компания „Уютный дом“»", "tax_id": "3661057530", "kpp": "366101001",
    "bank": "ЦЕНТРАЛЬНО-ЧЕРНОЗЕМНЫЙ БАНК ПАО СБЕРБАНК", "bic": "044525225", "account": "40702810652000001234",
    "corr_account": "30101810400000000225",
}  # fmt: skip


@pytest.mark.browser
@pytest.mark.feature("F2")
def test_the_buttons_stand_under_what_they_decide(
    town: Things, open_portal: OpenPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.sessions.is_fresh", lambda request, *, at: True)
    asked = ask_change(town.cast.company, WORDS, kind="main", by=town.cast.anna, at=timezone.now())
    walk = open_portal().enter_as(town.cast.mark)
    assert walk.go(f"/admin/billing/requisiteschange/{asked.pk}/change/") == 200
    assert not axe(walk.page)
    for width, height in (DESKTOP, PHONE):
        walk.page.set_viewport_size({"width": width, "height": height})
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= width
        last = walk.page.locator(".field-effective_at").bounding_box()
        assert last
        for word in ("Approve", "Refuse"):
            button = walk.page.get_by_role("button", name=word).bounding_box()
            assert button
            assert button["y"] >= last["y"] + last["height"]
            assert button["x"] + button["width"] <= width
