"""Sites where residents are sent to pay: added and worded by two people, a day apart; ordered and removed by one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.agreeing import AlreadyDecided, NotYours, apply_due_changes, approve_change, ask
from billing.models import AgreedChange, PartnerChange, PartnerLink
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.testing import Cast

Enter = Callable[[User], Client]
ADD = "admin:billing_partnerchange_add"
URL = "https://pay.example.net/"
pytestmark = pytest.mark.feature("A9", "G10")


def posted(cast: Cast, **words: Any) -> dict[str, Any]:
    return {"organization": cast.company.pk, "title": "Партнёр", "url": URL, "note": "", "link": ""} | words


def asked(cast: Cast, **words: Any) -> PartnerChange:
    """Anna asks to show a partner's site."""
    values = {"organization": cast.company, "title": "Партнёр", "url": URL} | words
    return ask(PartnerChange(**values), by=cast.anna, at=timezone.now())


def link_of(cast: Cast) -> PartnerLink:
    return PartnerLink.objects.create(organization=cast.company, title="Партнёр", url=URL, note="Город", position=3)


def told(kind: str) -> set[int | None]:
    return set(Notice.objects.filter(kind=f"billing.{kind}").values_list("user", flat=True))


def page_of(change: PartnerChange, word: str = "change") -> str:
    return reverse(f"admin:billing_partnerchange_{word}", args=[change.pk])


def test_one_manager_sends_residents_nowhere(cast: Cast, enter: Enter) -> None:
    """He put an address of his own among the places where residents pay, alone and with a session left open."""
    link, mark = link_of(cast), enter(cast.mark)
    mine = {
        "organization": cast.company.pk,
        "title": "Оплата",
        "url": "https://evil.example/",
        "note": "",
        "position": 1,
    }
    assert mark.post(reverse("admin:billing_partnerlink_add"), mine).status_code == 403
    assert mark.post(reverse("admin:billing_partnerlink_change", args=[link.pk]), mine).status_code == 302
    assert mark.post(reverse(ADD), mine | {"link": ""}).status_code == 302
    link.refresh_from_db()
    assert (link.title, link.url, link.note, link.position) == ("Партнёр", URL, "Город", 3)
    assert (PartnerLink.objects.count(), PartnerChange.objects.count()) == (1, 0)
    change = asked(cast)
    with pytest.raises(NotYours):
        approve_change(change, by=cast.anna, at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerChange.objects.filter(pk=change.pk).update(state="approved", decided_by=cast.anna)


@pytest.mark.usefixtures("fresh")
def test_one_manager_orders_and_removes(cast: Cast, enter: Enter) -> None:
    link = link_of(cast)
    approve_change(asked(cast, link=link, title="Новое имя"), by=cast.mark, at=timezone.now())
    page = enter(cast.mark).get(reverse("admin:billing_partnerlink_change", args=[link.pk])).content.decode()
    assert f"{reverse(ADD)}?link={link.pk}" in page
    assert enter(cast.anna).post(reverse("admin:billing_partnerlink_delete", args=[link.pk]), {"post": "yes"}).status_code == 403  # fmt: skip
    assert enter(cast.mark).post(reverse("admin:billing_partnerlink_delete", args=[link.pk]), {"post": "yes"}).status_code == 302  # fmt: skip
    assert not PartnerLink.objects.exists()
    assert apply_due_changes(at=timezone.now() + AgreedChange.DELAY) == 1  # two people want residents to see it
    assert PartnerLink.objects.get().title == "Новое имя"


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("url", "count"), [("https://pay.example.net/", 1), ("http://pay.example.net/", 0), ("javascript:alert(1)", 0)]
)
def test_a_site_has_a_safe_address(cast: Cast, enter: Enter, url: str, count: int) -> None:
    enter(cast.mark).post(reverse(ADD), posted(cast, url=url))
    assert PartnerChange.objects.count() == count
    assert not PartnerLink.objects.exists()


@pytest.mark.usefixtures("fresh")
def test_a_site_is_shown_a_day_after_the_second_person_agreed(cast: Cast, enter: Enter, mailoutbox: Any) -> None:
    link, mark = link_of(cast), enter(cast.mark)
    form = mark.get(f"{reverse(ADD)}?link={link.pk}").content.decode()
    assert f'value="{URL}"' in form
    words = posted(cast, link=link.pk, url="https://other.example.net/", note="Дом")
    assert mark.post(reverse(ADD), words).status_code == 302
    change = PartnerChange.objects.get()
    assert (change.asked_by, change.link, told("partner_asked")) == (cast.mark, link, {cast.anna.pk})
    anna = enter(cast.anna)
    assert "sites that wait for a second person" in anna.get(reverse("admin:index")).content.decode()
    page = anna.get(page_of(change)).content.decode()
    assert "https://other.example.net/ (was: https://pay.example.net/)" in page
    assert "look whose site it is" in page
    for user in (cast.pavel, cast.dima):
        assert enter(user).post(page_of(change, "approve")).status_code == 404
    assert mark.post(page_of(change, "approve")).status_code == 409
    assert anna.post(page_of(change, "approve")).status_code == 302
    assert told("partner_changed") == {cast.vera.pk}
    title, text = title_and_text(Notice.objects.get(kind="billing.partner_changed"))
    assert title == f"{cast.company.short_name} shows another site to pay at"
    assert "Партнёр, https://other.example.net/" in text
    change.refresh_from_db()
    assert change.effective_at is not None
    assert apply_due_changes(at=change.effective_at) == 1
    link.refresh_from_db()
    assert (link.title, link.url, link.note, link.position) == ("Партнёр", "https://other.example.net/", "Дом", 3)


@pytest.mark.usefixtures("fresh")
def test_one_change_of_a_company_waits_at_a_time_and_of_its_own_sites(cast: Cast, enter: Enter) -> None:
    foreign = PartnerLink.objects.create(organization=cast.other_company, title="Чужой", url=URL)
    enter(cast.mark).post(reverse(ADD), posted(cast, link=foreign.pk))
    enter(cast.mark).post(reverse(ADD), posted(cast, organization=cast.other_company.pk))
    assert enter(cast.dima).get(reverse(ADD)).status_code == 403
    assert not PartnerChange.objects.exists()
    asked(cast)
    with pytest.raises(AlreadyDecided):
        asked(cast, title="Другой")
