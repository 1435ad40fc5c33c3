"""«This was not me»: who may say it, what happens at once and what the company decides."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications.models import Notice
from portal.testing import Cast, make_link, make_verified
from premises import actions
from premises.actions.telling import dispute_token
from premises.models import AccountLink, Ownership
from premises.tests.conftest import Told

Enter = Callable[[User], Client]


@pytest.fixture
def link(cast: Cast) -> AccountLink:
    """Igor linked flat 12 by its address a moment ago."""
    return actions.link_by_address(cast.igor, cast.house, flat="12", number="10012", at=timezone.now()).link


def page_of(link: AccountLink) -> str:
    return reverse("link_dispute", args=[link.public_id])


@pytest.mark.parametrize("who", ["nina", "pavel", "vera", "mark", "sofia", "igor"])
def test_neighbours_strangers_and_the_person_of_the_link_meet_404(
    cast: Cast, enter: Enter, link: AccountLink, who: str
) -> None:
    browser = enter(getattr(cast, who))
    assert browser.get(page_of(link)).status_code == 404
    assert browser.post(page_of(link)).status_code == 404
    assert AccountLink.objects.get(pk=link.pk).disputed_at is None


def test_a_stranger_is_asked_to_sign_in_and_a_wrong_token_is_404(cast: Cast, client: Client, link: AccountLink) -> None:
    assert client.get(page_of(link))["Location"].startswith(reverse("entry"))
    token, other = dispute_token(link), dispute_token(cast.olga.links.get())
    mixed = token.split("-")[0] + "-" + other.split("-")[1]
    for wrong in ("x", "-", "²-1", f"{'9' * 30}-{'0' * 12}", mixed, token[:-1], f"0{token}", token.lower()):
        assert client.get(reverse("contact_dispute", args=[wrong])).status_code == 404
    assert client.get(reverse("contact_dispute", args=[token])).status_code == 200


@pytest.mark.feature("G1")
def test_olga_stops_a_limited_link_with_one_tap(cast: Cast, enter: Enter, link: AccountLink, told: Told) -> None:
    igor = enter(cast.igor)
    assert igor.get(reverse("flat", args=[cast.account.public_id])).status_code == 200
    url = Notice.objects.get(user=cast.olga, kind="premises.linked").url
    browser = enter(cast.olga)
    page = browser.get(url).content.decode()
    assert "I do not know this person" in page
    assert "Игорь" not in page
    key = str(uuid.uuid4())
    for _twice in range(2):
        assert browser.post(url, {"idem": key}).status_code == 302
    assert igor.get(reverse("flat", args=[cast.account.public_id])).status_code == 404
    link.refresh_from_db()
    assert (link.state, [event.what for event in link.events.all()]) == ("pending", ["linked", "suspended"])
    assert link.events.last().by == cast.olga  # type: ignore[union-attr]
    assert told(cast.igor) == ["premises.link_changed"]
    assert told(cast.mark) == ["premises.link_waits"]
    assert "sees nothing" in browser.get(url).content.decode()


@pytest.mark.feature("G1")
def test_a_confirmed_link_stays_and_the_company_looks(cast: Cast, enter: Enter, told: Told) -> None:
    link = make_link(cast.igor, cast.account, "confirmed", created_at=timezone.now())
    enter(cast.olga).post(page_of(link))
    link.refresh_from_db()
    assert link.is_full
    assert link.disputed_at
    assert told(cast.mark) == ["premises.link_waits"]


def test_a_limited_holder_cannot_suspend_anybody(cast: Cast, enter: Enter, link: AccountLink) -> None:
    enter(cast.tanya).post(page_of(link))
    link.refresh_from_db()
    assert link.state == "active"
    assert link.disputed_at


@pytest.mark.feature("G1")
def test_the_contact_on_file_disputes_without_signing_in(cast: Cast, client: Client, link: AccountLink) -> None:
    url = Notice.objects.get(kind="premises.linked_contact").url
    assert "10012" in client.get(url).content.decode()
    assert client.post(url, {"idem": str(uuid.uuid4())})["Location"] == url
    link.refresh_from_db()
    assert link.state == "pending"
    assert link.events.last().by is None  # type: ignore[union-attr]


@pytest.mark.feature("G1")
@pytest.mark.parametrize(("hours", "state"), [(71, "pending"), (73, "active")])
def test_a_dispute_works_for_72_hours(cast: Cast, enter: Enter, link: AccountLink, hours: int, state: str) -> None:
    AccountLink.objects.filter(pk=link.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    browser = enter(cast.olga)
    late = "More than 72 hours" in browser.get(page_of(link)).content.decode()
    assert late == (hours > 72)
    assert browser.post(page_of(link)).status_code == (409 if late else 302)
    link.refresh_from_db()
    assert link.state == state


def test_the_company_settles_a_dispute_either_way(cast: Cast, enter: Enter, link: AccountLink, told: Told) -> None:
    now = timezone.now()
    actions.dispute(link, by=cast.olga, trusted=True, at=now)
    approved = actions.approve(link, grade="confirmed", by=cast.mark, at=now + timedelta(minutes=1))
    assert approved.is_full
    assert approved.disputed_at is None
    actions.revoke(link, reason="The lease ended", by=cast.mark, at=now + timedelta(minutes=2))
    assert enter(cast.igor).get(reverse("flat", args=[cast.account.public_id])).status_code == 404
    assert [event.what for event in link.events.all()] == ["linked", "suspended", "approved", "revoked"]
    assert told(cast.igor) == ["premises.link_changed"] * 3


def test_a_refused_link_opens_nothing(cast: Cast, enter: Enter, link: AccountLink) -> None:
    now = timezone.now()
    actions.dispute(link, by=cast.olga, trusted=True, at=now)
    actions.refuse(link, reason="Not known to the owner", by=cast.mark, at=now)
    page = enter(cast.igor).get(reverse("accounts")).content.decode()
    assert "Refused by the company" in page
    assert "Not known to the owner" in page


@pytest.mark.feature("G1")
@pytest.mark.parametrize("who", ["a name", "an employee"])
def test_an_owner_by_name_alone_is_suspended_and_a_code_does_not_bring_the_grade_back(
    cast: Cast, told: Told, who: str
) -> None:
    now = timezone.now()
    cast.company.owner_policy = "at_once" if who == "a name" else "propose"
    cast.company.save()
    Ownership.objects.create(unit=cast.account.unit, owner="Игорев Игорь Игоревич", is_joint=True)
    make_verified(cast.igor, "Игорев", "Игорь", "Игоревич")
    link = actions.join(cast.igor, cast.account, grade="limited", method="address", at=now).link
    if who == "an employee":
        actions.accept_proof(link.owner_proofs.get(), by=cast.mark, at=now)
    link.refresh_from_db()
    assert link.grade == "owner"
    link = actions.dispute(link, by=cast.olga, trusted=True, at=now + timedelta(hours=71))
    assert link.is_full == (who == "an employee")
    if who == "a name":
        event = link.events.last()
        assert event is not None
        assert (event.what, event.grade, event.state) == ("suspended", "limited", "pending")
        assert "premises.link_waits" in told(cast.mark)
        actions.join(cast.igor, cast.account, grade="confirmed", method="code", at=now + timedelta(hours=71))
        link.refresh_from_db()
        assert (link.state, link.grade, link.owner_proofs.waiting().count()) == ("active", "confirmed", 1)
