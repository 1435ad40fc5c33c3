"""Every change of a grade is written down and told, once, to the others of the flat, who may object."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.testing import Cast, make_account, make_link, make_verified, post
from premises import actions
from premises.models import AccountLink, OwnerProof
from premises.tests.conftest import Told

Enter = Callable[[User], Client]


@pytest.fixture
def room(cast: Cast) -> User:
    """Igor holds another account of flat 12: a room of it."""
    make_link(cast.igor, make_account(cast.house, "12", "10012-2"))
    return cast.igor


def raise_by(how: str, cast: Cast) -> AccountLink:
    """Raise Tanya's limited link."""
    link, now = cast.tanya.links.get(), timezone.now()
    match how:
        case "code":
            actions.join(cast.tanya, cast.account, grade="confirmed", method="code", at=now)
        case "contact":
            actions.confirm_by_contact(link, address=cast.account.contact_phone, at=now)
        case "staff":
            actions.approve(link, grade="owner", by=cast.mark, at=now)
        case "request":
            asked = actions.ask_to_link(cast.tanya, cast.house, flat="12", message="", link=link, at=now)
            actions.accept_request(asked, cast.account, by=cast.mark, at=now)
        case "identity":
            make_verified(cast.tanya, "Олин", "Олег")
            actions.prove_link(link, at=now)
            actions.accept_proof(OwnerProof.objects.get(), by=cast.mark, at=now)
    link.refresh_from_db()
    return link


@pytest.mark.feature("G1")
@pytest.mark.parametrize("how", ["code", "contact", "staff", "request", "identity"])
def test_the_others_of_the_flat_are_told_once_and_without_names(cast: Cast, room: User, told: Told, how: str) -> None:
    cast.oleg.ownerships.update(user=None)
    link = raise_by(how, cast)
    for user in (cast.olga, cast.oleg, room):
        assert told(user) == ["premises.grade_changed"]
    assert "premises.grade_changed" not in told(cast.tanya) + told(cast.nina) + told(cast.vera)
    event = link.events.last()
    assert event is not None
    assert event.grade == link.grade != "limited"
    notice = Notice.objects.get(user=room)
    title, text = title_and_text(notice)
    assert ("owner" in title) == (link.grade == "owner")
    for secret in ("Тан", "Ол", "10012"):
        assert secret not in title + text + event.note
    assert "72 hours" in text
    post()
    assert not Notice.objects.filter(kind="premises.grade_changed", user=cast.tanya).exists()


def test_a_decision_that_changes_no_grade_is_not_told(cast: Cast, told: Told) -> None:
    link, now = cast.oleg.links.get(), timezone.now()
    actions.approve(link, grade="confirmed", by=cast.mark, at=now)
    actions.join(cast.oleg, cast.account, grade="limited", method="address", at=now)
    assert told(cast.olga) == []
    link.refresh_from_db()
    assert link.raised_at is None


def test_two_changes_are_told_twice(cast: Cast, told: Told) -> None:
    link, now = cast.tanya.links.get(), timezone.now()
    actions.approve(link, grade="confirmed", by=cast.mark, at=now)
    actions.approve(link, grade="owner", by=cast.mark, at=now)
    assert told(cast.olga) == ["premises.grade_changed"] * 2


@pytest.mark.feature("G1")
def test_a_raise_may_be_disputed_by_anybody_of_the_flat(cast: Cast, enter: Enter, room: User, told: Told) -> None:
    AccountLink.objects.update(created_at=timezone.now() - timedelta(days=400))
    cast.oleg.ownerships.update(user=None)
    link = raise_by("identity", cast)
    url = Notice.objects.get(user=room).url
    browser = enter(room)
    page = browser.get(url).content.decode()
    assert "Somebody proved more about this flat" in page
    assert "Confirmed identity" in page
    for secret in ("Тан", "Ол", "10012"):
        assert secret not in page
    browser.post(url)
    link.refresh_from_db()
    assert link.is_full
    assert link.disputed_at
    assert told(cast.mark)[-1] == "premises.link_waits"
    assert enter(cast.nina).get(url).status_code == 404
    assert enter(cast.tanya).get(url).status_code == 404


def test_an_account_of_the_same_flat_opens_no_page_of_a_link_that_did_not_rise(
    cast: Cast, enter: Enter, room: User
) -> None:
    assert enter(room).get(reverse("link_dispute", args=[cast.tanya.links.get().public_id])).status_code == 404


@pytest.mark.parametrize(("hours", "late"), [(71, False), (73, True)])
def test_a_raise_may_be_disputed_for_72_hours(cast: Cast, enter: Enter, hours: int, late: bool) -> None:
    link, now = cast.tanya.links.get(), timezone.now()
    AccountLink.objects.update(created_at=now - timedelta(days=400))
    actions.approve(link, grade="confirmed", by=cast.mark, at=now - timedelta(hours=hours))
    response = enter(cast.olga).post(reverse("link_dispute", args=[link.public_id]))
    assert response.status_code == (409 if late else 302)
