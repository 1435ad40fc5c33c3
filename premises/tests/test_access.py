"""Which accounts a person sees, and how."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404
from django.test import RequestFactory

from accounts.models import User
from portal.testing import Cast
from premises.access import account_or_404, links_of
from premises.models import PersonalAccount


def ask(user: User | AnonymousUser, public_id: uuid.UUID, *, full: bool = False) -> str:
    request = RequestFactory().get("/")
    request.user, request.session = user, SessionStore()
    account, link = account_or_404(request, public_id, full=full)
    return f"{account.number} {link.grade}"


def test_nina_pavel_and_a_stranger_meet_404(cast: Cast) -> None:
    for user in (cast.nina, cast.pavel, cast.igor, cast.dima, cast.sofia, AnonymousUser()):
        with pytest.raises(Http404):
            ask(user, cast.account.public_id)


def test_each_linked_person_sees_the_account_with_their_own_grade(cast: Cast) -> None:
    assert ask(cast.olga, cast.account.public_id) == "10012 owner"
    assert ask(cast.oleg, cast.account.public_id, full=True) == "10012 confirmed"
    assert ask(cast.tanya, cast.account.public_id) == "10012 limited"


def test_what_needs_full_grade_does_not_exist_for_tanya(cast: Cast) -> None:
    with pytest.raises(Http404):
        ask(cast.tanya, cast.account.public_id, full=True)
    assert not PersonalAccount.objects.fully_visible_to(cast.tanya).exists()
    assert PersonalAccount.objects.visible_to(cast.tanya).get() == cast.account


@pytest.mark.parametrize("state", ["pending", "refused", "revoked"])
def test_a_link_that_is_not_active_opens_nothing(cast: Cast, state: str) -> None:
    cast.olga.links.update(state=state)
    with pytest.raises(Http404):
        ask(cast.olga, cast.account.public_id)
    assert links_of(cast.olga) == []


def test_the_account_comes_whole_in_one_query(cast: Cast, django_assert_num_queries: object) -> None:
    request = RequestFactory().get("/")
    request.user, request.session = cast.olga, SessionStore()
    with django_assert_num_queries(1):  # type: ignore[operator]
        account, _link = account_or_404(request, cast.account.public_id)
        assert account.unit.house.organization.country == account.organization.country
