"""What a company's manager does about links, requests, owners and council seats."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from portal.testing import Cast, make_link
from premises import actions
from premises.models import AccountLink, CouncilSeat, LinkRequest, Ownership
from premises.tests.conftest import Issue, Told

pytestmark = pytest.mark.usefixtures("fresh")

Enter = Callable[[User], Client]
LINKS = reverse("admin:premises_accountlink_changelist")


def act(browser: Client, action: str, *links: AccountLink, **more: str) -> str:
    posted = {"action": action, "_selected_action": [link.pk for link in links], **more}
    return browser.post(LINKS, posted, follow=True).content.decode()


@pytest.mark.feature("G1", "F2")
@pytest.mark.parametrize(("action", "grade"), [("confirm", "confirmed"), ("confirm_owner", "owner")])
def test_mark_confirms_a_link_that_waits(cast: Cast, enter: Enter, told: Told, action: str, grade: str) -> None:
    link = make_link(cast.igor, cast.account, "limited", state="pending")
    act(enter(cast.mark), action, link)
    link.refresh_from_db()
    assert (link.grade, link.state, link.method) == (grade, "active", "staff")
    assert link.events.get().by == cast.mark
    assert told(cast.igor) == ["premises.link_changed"]


@pytest.mark.feature("G1", "F2")
def test_mark_ends_a_link_with_a_reason_and_the_next_request_is_404(cast: Cast, enter: Enter, told: Told) -> None:
    link, oleg = cast.oleg.links.get(), enter(cast.oleg)
    assert oleg.get(reverse("flat", args=[cast.account.public_id])).status_code == 200
    act(enter(cast.mark), "revoke", link)
    assert cast.oleg.links.get().state == "active"  # no reason, no step
    act(enter(cast.mark), "revoke", link, reason="The lease ended")
    assert oleg.get(reverse("flat", args=[cast.account.public_id])).status_code == 404
    assert cast.oleg.links.get().reason == "The lease ended"
    assert told(cast.oleg) == ["premises.link_changed"]


def test_mark_refuses_only_what_waits(cast: Cast, enter: Enter) -> None:
    waiting = make_link(cast.igor, cast.account, "limited", state="pending")
    act(enter(cast.mark), "refuse", waiting, cast.oleg.links.get(), reason="Not known")
    waiting.refresh_from_db()
    assert waiting.state == "refused"
    assert cast.oleg.links.get().state == "active"


@pytest.mark.parametrize("who", ["pavel", "dima", "anna"])
@pytest.mark.parametrize("action", ["confirm", "confirm_owner", "refuse", "revoke"])
def test_nobody_else_decides(cast: Cast, enter: Enter, who: str, action: str) -> None:
    link = make_link(cast.igor, cast.account, "limited", state="pending")
    act(enter(getattr(cast, who)), action, link, reason="x")
    link.refresh_from_db()
    assert (link.grade, link.state) == ("limited", "pending")


def test_the_links_page_writes_nothing_by_itself(cast: Cast, enter: Enter) -> None:
    link = cast.tanya.links.get()
    url = reverse("admin:premises_accountlink_change", args=[link.pk])
    assert enter(cast.mark).get(url).status_code == 200
    assert enter(cast.mark).post(url, {"grade": "owner", "state": "active"}).status_code == 403
    assert enter(cast.mark).get(reverse("admin:premises_accountlink_add")).status_code == 403


@pytest.mark.feature("F2")
def test_the_new_owner_closes_older_links(cast: Cast, enter: Enter, issue: Issue) -> None:
    AccountLink.objects.update(created_at=timezone.now() - timedelta(days=30))
    posted = {"action": "close_older_links", "_selected_action": [cast.account.pk]}
    url = reverse("admin:premises_personalaccount_changelist")
    enter(cast.mark).post(url, posted)
    enter(cast.pavel).post(url, posted | {"day": timezone.localdate().isoformat()})
    assert AccountLink.objects.active().filter(account=cast.account).count() == 3
    enter(cast.mark).post(url, posted | {"day": timezone.localdate().isoformat()})
    assert not AccountLink.objects.live().filter(account=cast.account).exists()
    assert AccountLink.objects.active().filter(account=cast.nina_account).exists()


# --- Requests -------------------------------------------------------------------------------------------------------
@pytest.fixture
def asked(cast: Cast) -> LinkRequest:
    return actions.ask_to_link(cast.igor, cast.house, flat="12", message="", at=timezone.now())


def page_of(request: LinkRequest) -> str:
    return reverse("admin:premises_linkrequest_change", args=[request.pk])


@pytest.mark.feature("F2")
def test_mark_links_the_account_he_chose(cast: Cast, enter: Enter, asked: LinkRequest, told: Told) -> None:
    browser = enter(cast.mark)
    assert browser.post(page_of(asked), {"account": cast.account.pk, "answer": ""}).status_code == 302
    assert cast.igor.links.get().is_full
    assert told(cast.igor) == ["premises.request_answered"]
    assert browser.post(page_of(asked), {"account": "", "answer": "No"}).status_code == 403  # answered once


def test_mark_refuses_with_an_answer(cast: Cast, enter: Enter, asked: LinkRequest, told: Told) -> None:
    assert enter(cast.mark).post(page_of(asked), {"account": "", "answer": "Bring the deed"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.answered_by) == ("refused", "Bring the deed", cast.mark)
    assert told(cast.igor) == ["premises.request_answered"]


def test_an_answer_is_one_of_the_two_and_of_this_house(cast: Cast, enter: Enter, asked: LinkRequest) -> None:
    browser = enter(cast.mark)
    for posted in (
        {"account": "", "answer": ""},
        {"account": cast.account.pk, "answer": "No"},
        {"account": cast.other_account.pk, "answer": ""},
    ):
        assert browser.post(page_of(asked), posted).status_code == 200
    asked.refresh_from_db()
    assert asked.state == "new"


def test_pavel_does_not_see_the_request(cast: Cast, enter: Enter, asked: LinkRequest) -> None:
    response = enter(cast.pavel).post(page_of(asked), {"account": cast.account.pk, "answer": ""})
    assert response.status_code in {302, 403, 404}
    assert not cast.igor.links.exists()


# --- Owners, seats, letters -----------------------------------------------------------------------------------------
def test_shares_over_one_are_said_in_words(cast: Cast, enter: Enter) -> None:
    posted = {"unit": cast.account.unit.pk, "owner": "Третий", "numerator": 1, "denominator": 10000}
    response = enter(cast.mark).post(reverse("admin:premises_ownership_add"), posted)
    assert response.status_code == 200
    assert "already hold 1" in response.content.decode()
    assert Ownership.objects.count() == 2


def test_overlapping_seats_are_said_in_words(cast: Cast, enter: Enter) -> None:
    posted = {"user": cast.vera.pk, "house": cast.house.pk, "since": timezone.localdate().isoformat()}
    response = enter(cast.mark).post(reverse("admin:premises_councilseat_add"), posted)
    assert response.status_code == 200
    assert CouncilSeat.objects.count() == 1


def test_letters_are_looked_at_without_their_secrets(cast: Cast, enter: Enter, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    row = cast.account.letters.get()
    browser = enter(cast.mark)
    for url in (
        reverse("admin:premises_accessletter_changelist"),
        reverse("admin:premises_accessletter_change", args=[row.pk]),
    ):
        page = browser.get(url).content.decode()
        assert "10012" in page
        for secret in (letter.code, letter.password, row.code_digest, row.password_hash):
            assert secret not in page


def test_the_house_page_leads_to_the_letters(cast: Cast, enter: Enter) -> None:
    page = enter(cast.mark).get(reverse("admin:premises_house_changelist")).content.decode()
    assert reverse("council_letters", args=[cast.house.public_id]) in page
