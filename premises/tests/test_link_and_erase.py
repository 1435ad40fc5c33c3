"""A flat is added in one tab while the profile is deleted in another: nobody's profile keeps no link.

The lock that sees to it stops nobody else: two who add each other's flats at once tell one another.
"""

from threading import Barrier
from typing import Any

import pytest
from django.utils import timezone

from accounts import actions
from accounts.locks import ProfileClosed
from accounts.models import User
from accounts.tests.tools import at_once, overtaken
from portal.testing import Cast, make_cast
from premises.actions import ask_to_link, link_by_address, linking, telling
from premises.models import AccountLink, LinkRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.feature("B2")]


@pytest.fixture
def town() -> Cast:
    return make_cast()


def add(town: Cast) -> Any:
    """As the page does: it has read the person before."""
    return link_by_address(User.objects.get(pk=town.igor.pk), town.house, flat="12", number="10012", at=timezone.now())


def delete(town: Cast) -> Any:
    return actions.erase(User.objects.get(pk=town.igor.pk), at=timezone.now())


def test_a_link_that_is_being_made_ends_with_the_profile(town: Cast) -> None:
    answers = overtaken(lambda: add(town), lambda: delete(town))
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert not AccountLink.objects.live().filter(user=town.igor).exists()


def test_a_profile_that_is_being_deleted_gets_no_link(town: Cast) -> None:
    held = User.objects.get(pk=town.igor.pk)
    adds = lambda: link_by_address(held, town.house, flat="12", number="10012", at=timezone.now())  # noqa: E731
    answers = overtaken(lambda: delete(town), adds)
    assert isinstance(answers[1], ProfileClosed)
    assert not AccountLink.objects.live().filter(user=town.igor).exists()


def test_two_who_add_each_others_flats_at_once_both_do(town: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    flats = [(town.nina, "1", "10001"), (town.vera, "13", "10013")]
    tell, both_are_locked = telling.tell_about_link, Barrier(2, timeout=10)

    def tell_when_both_are_locked(*args: Any, **kwargs: Any) -> None:
        both_are_locked.wait()
        tell(*args, **kwargs)

    def add_the_others(number: int) -> Any:
        user, flat, account = flats[number]
        return link_by_address(user, town.house, flat=flat, number=account, at=timezone.now())

    monkeypatch.setattr(linking, "tell_about_link", tell_when_both_are_locked)
    assert [answer.change for answer in at_once(2, add_the_others)] == ["new", "new"]


def test_a_request_to_the_company_ends_with_the_profile_and_what_was_written_goes(town: Cast) -> None:
    at = timezone.now()
    ask_to_link(town.igor, town.house, flat="12", message="Я унаследовал квартиру", at=at)
    delete(town)
    request = LinkRequest.objects.get()
    assert (request.state, request.message, request.answered_at is None) == ("refused", "", False)
    assert not LinkRequest.objects.waiting().exists()


def test_a_profile_that_is_being_deleted_asks_for_nothing(town: Cast) -> None:
    held = User.objects.get(pk=town.igor.pk)
    asks = lambda: ask_to_link(held, town.house, flat="12", message="Моё", at=timezone.now())  # noqa: E731
    answers = overtaken(lambda: delete(town), asks)
    assert isinstance(answers[1], ProfileClosed)
    assert not LinkRequest.objects.exists()
