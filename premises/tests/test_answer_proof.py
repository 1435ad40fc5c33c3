"""The staff's queue of proofs of owners: two names side by side, one answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, VerifiedPerson
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.testing import Cast, make_verified, prove
from premises import actions
from premises.admin_proofs import marked
from premises.models import OwnerProof, Ownership
from premises.tests.conftest import Told
from premises.tests.test_prove_owner import in_russian

Enter = Callable[[User], Client]
LIST = reverse("admin:premises_ownerproof_changelist")


@pytest.fixture
def share(cast: Cast) -> Ownership:
    Ownership.objects.filter(user=cast.oleg).update(user=None, owner="Олин Олег Олегович")
    return Ownership.objects.get(owner="Олин Олег Олегович")


def proposed(user: User, *names: str) -> OwnerProof:
    make_verified(user, *names)
    actions.prove_link(user.links.get(), at=timezone.now())
    return OwnerProof.objects.get(link__user=user)


@pytest.fixture
def similar(cast: Cast, share: Ownership) -> OwnerProof:
    return proposed(cast.oleg, "Олин", "Олег")


@pytest.fixture
def same(cast: Cast, share: Ownership) -> OwnerProof:
    return proposed(cast.oleg, "Олин", "Олег", "Олегович")


def page_of(proof: OwnerProof) -> str:
    return reverse("admin:premises_ownerproof_change", args=[proof.pk])


def act(browser: Client, action: str, *proofs: OwnerProof, **more: str) -> str:
    posted = {"action": action, "_selected_action": [proof.pk for proof in proofs], **more}
    return browser.post(LIST, posted, follow=True).content.decode()


@pytest.mark.parametrize(
    ("name", "other", "shown"),
    [
        ("Олина О. О.", "ОЛИНА О. О.", "Олина О. О."),
        ("Олина Ольга", "Олина", "Олина<mark> Ольга</mark>"),
        ("Олін", "Олин", "Ол<mark>і</mark>н"),
        ("<b>", "", "<mark>&lt;b&gt;</mark>"),
        ("", "Олин", ""),
    ],
)
def test_differences_are_marked(name: str, other: str, shown: str) -> None:
    assert marked(name, other) == shown


@pytest.mark.feature("G1", "F2")
def test_mark_sees_both_names_and_accepts(
    cast: Cast, enter: Enter, similar: OwnerProof, share: Ownership, told: Told
) -> None:
    browser = enter(cast.mark)
    page = browser.get(page_of(similar)).content.decode()
    assert "Олин Олег<mark> Олегович</mark>" in page
    assert "bank" in page
    assert "Substantial" in page
    assert browser.post(page_of(similar), {"decision": "accept", "answer": ""}).status_code == 302
    link = cast.oleg.links.get()
    assert (link.grade, link.method) == ("owner", "identity")
    share.refresh_from_db()
    assert share.user == cast.oleg
    similar.refresh_from_db()
    assert (similar.state, similar.answered_by) == ("accepted", cast.mark)
    event = link.events.get()
    assert (event.what, event.by, event.note) == ("approved", cast.mark, in_russian("bank"))
    assert told(cast.oleg) == ["premises.owner_asked", "premises.link_changed"]
    assert (
        "confirmed as an owner" in title_and_text(Notice.objects.get(user=cast.oleg, kind="premises.link_changed"))[0]
    )
    assert told(cast.olga) == ["premises.grade_changed"]
    late = browser.post(page_of(similar), {"decision": "refuse", "answer": "No"}, follow=True)
    assert "This has been answered meanwhile" in late.content.decode()  # and by whom stands below
    similar.refresh_from_db()
    assert similar.state == OwnerProof.State.ACCEPTED


@pytest.mark.feature("F2")
def test_mark_refuses_with_a_reason(cast: Cast, enter: Enter, similar: OwnerProof, told: Told) -> None:
    browser = enter(cast.mark)
    assert browser.post(page_of(similar), {"decision": "refuse", "answer": " "}).status_code == 200
    assert browser.post(page_of(similar), {"decision": "accept", "answer": "Yes"}).status_code == 200
    assert browser.post(page_of(similar), {}).status_code == 200
    assert browser.post(page_of(similar), {"decision": "refuse", "answer": "Two cousins"}).status_code == 302
    similar.refresh_from_db()
    assert (similar.state, similar.answer, cast.oleg.links.get().grade) == ("refused", "Two cousins", "confirmed")
    assert told(cast.oleg) == ["premises.owner_asked", "premises.link_changed"]
    title, text = title_and_text(Notice.objects.get(user=cast.oleg, kind="premises.link_changed"))
    assert "not confirmed as an owner" in title
    assert "Two cousins" in text
    assert told(cast.olga) == []


def test_the_person_is_told_once_per_proof_that_the_company_is_asked(
    cast: Cast, similar: OwnerProof, told: Told
) -> None:
    actions.prove_link(cast.oleg.links.get(), at=timezone.now())
    assert told(cast.oleg) == ["premises.owner_asked"]
    title, text = title_and_text(Notice.objects.get(user=cast.oleg))
    assert "we asked your company to confirm you as an owner" in title
    assert "three working days" in text


def test_the_list_accepts_the_same_names_only(cast: Cast, enter: Enter, same: OwnerProof) -> None:
    other = proposed(cast.tanya, "Олина", "Ольга")
    page = act(enter(cast.mark), "accept", same, other)
    assert "only similar" in page
    assert "1 row is done" in page
    assert (cast.oleg.links.get().grade, cast.tanya.links.get().grade) == ("owner", "limited")


def test_the_list_refuses_with_a_reason(cast: Cast, enter: Enter, similar: OwnerProof) -> None:
    browser = enter(cast.mark)
    assert "Write the reason beside the action" in act(browser, "refuse", similar)
    similar.refresh_from_db()
    assert similar.is_waiting
    assert "1 row is done" in act(browser, "refuse", similar, reason="Two cousins")
    similar.refresh_from_db()
    assert (similar.state, similar.answered_by) == ("refused", cast.mark)


@pytest.mark.parametrize("change", ["owner", "ended", "deleted", "name", "not verified"])
def test_what_changed_meanwhile_is_not_accepted(
    cast: Cast, enter: Enter, similar: OwnerProof, share: Ownership, change: str
) -> None:
    browser = enter(cast.mark)
    shares = Ownership.objects.filter(pk=share.pk)
    match change:
        case "owner":
            shares.update(owner="Олин О. О.")
        case "ended":
            shares.update(until=timezone.localdate() - timedelta(days=3))
        case "deleted":
            shares.delete()
        case "name":
            VerifiedPerson.objects.filter(user=cast.oleg).update(last_name="Другой")
        case "not verified":
            VerifiedPerson.objects.filter(user=cast.oleg).delete()
    page = browser.post(page_of(similar), {"decision": "accept", "answer": ""}, follow=True).content.decode()
    assert "changed meanwhile" in page
    assert cast.oleg.links.get().grade == "confirmed"
    similar.refresh_from_db()
    assert similar.state == "withdrawn"  # compared anew at once
    assert OwnerProof.objects.waiting().count() == (change == "owner")


def test_a_share_of_another_user_is_not_taken_away(
    cast: Cast, enter: Enter, similar: OwnerProof, share: Ownership
) -> None:
    Ownership.objects.filter(pk=share.pk).update(user=cast.nina)
    page = enter(cast.mark).post(page_of(similar), {"decision": "accept", "answer": ""}, follow=True).content.decode()
    assert "belongs to another user" in page
    share.refresh_from_db()
    assert (share.user, cast.oleg.links.get().grade) == (cast.nina, "confirmed")


def test_a_suspended_link_is_not_opened_by_a_proof(cast: Cast, similar: OwnerProof) -> None:
    cast.oleg.links.update(state="pending")
    with pytest.raises(actions.RegisterChanged):
        actions.accept_proof(similar, by=cast.mark, at=timezone.now())
    assert cast.oleg.links.get().state == "pending"


@pytest.mark.parametrize("who", ["pavel", "dima", "anna", "olga", "oleg"])
def test_nobody_else_sees_or_decides(cast: Cast, enter: Enter, same: OwnerProof, who: str) -> None:
    browser = enter(getattr(cast, who))
    assert "Олегович" not in browser.get(page_of(same), follow=True).content.decode()
    browser.post(page_of(same), {"decision": "accept", "answer": ""})
    act(browser, "accept", same)
    act(browser, "refuse", same, reason="x")
    same.refresh_from_db()
    assert same.is_waiting


def test_the_manager_chooses_the_policy(cast: Cast, enter: Enter) -> None:
    browser = prove(enter(cast.mark))
    page = browser.get(reverse("admin:premises_organization_change", args=[cast.company.pk])).content.decode()
    assert 'name="owner_policy"' in page
    assert "always wait for an employee" in page


def test_the_first_page_of_the_staff_room_counts_what_waits(cast: Cast, enter: Enter, similar: OwnerProof) -> None:
    page = " ".join(enter(cast.mark).get("/admin/").content.decode().split())
    assert '?state__exact=waiting">Owners to confirm</a> <strong>1</strong>' in page
    assert "Owners to confirm</a> <strong>0</strong>" in " ".join(
        enter(cast.pavel).get("/admin/").content.decode().split()
    )
    for queue in re.findall(r'href="(/admin/premises/[a-z]+/\?state[^"]+)"', page):
        assert enter(cast.mark).get(unescape(queue)).status_code == 200, queue
    assert "Owners to confirm" not in enter(cast.dima).get("/admin/").content.decode()
