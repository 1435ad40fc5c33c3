"""A session that begins, or proves its second factor, at the very moment at which all sessions of the person end."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.internal.flows import login
from allauth.core import context
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from accounts import sessions
from accounts.factors import resets
from accounts.locks import ChangedMeanwhile
from accounts.models import User
from accounts.tests.tools import at_once, overtaken, request_from
from portal.testing import Cast
from premises.actions.staff import dismiss
from premises.models import StaffMember

pytestmark = pytest.mark.django_db(transaction=True)


def signs_in(request: HttpRequest, user: User) -> None:
    with context.request_context(request):
        sessions.sign_in(request, user, method="code", at=timezone.now())


def proves(request: HttpRequest, user: User) -> None:
    with context.request_context(request):
        sessions.pass_factor(request, user, kind="totp", at=timezone.now())


def changes_key(request: HttpRequest, user: User) -> None:
    with context.request_context(request):
        sessions.change_key(request, user, at=timezone.now())


ENDINGS: dict[str, Callable[[Cast], Any]] = {
    "rights": lambda cast: User.objects.filter(pk=cast.mark.pk).update(is_superuser=True),
    "reset": lambda cast: resets.reset(cast.mark, by=cast.sofia, reason="lost", at=timezone.now()),
    "dismissal": lambda cast: dismiss(StaffMember.objects.get(user=cast.mark), by=cast.sofia, at=timezone.now()),
}
each_ending = pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
each_key = pytest.mark.parametrize("job", [proves, changes_key])


def is_alive(request: HttpRequest) -> bool:
    return Session.objects.filter(session_key=request.session.session_key).exists()


@pytest.fixture
def at_work(cast: Cast) -> HttpRequest:
    """Mark has signed in and is about to prove his second factor."""
    request = request_from()
    signs_in(request, cast.mark)
    request.session.save()
    return request


@each_ending
@each_key
def test_a_session_with_a_new_key_ends_with_the_others(
    cast: Cast, at_work: HttpRequest, job: Callable[..., None], end: Callable[[Cast], Any]
) -> None:
    answers = overtaken(lambda: job(at_work, cast.mark), lambda: end(cast))
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert not is_alive(at_work)
    assert not sessions.sessions_of(cast.mark).exists()


@each_ending
@each_key
def test_a_session_that_has_ended_gets_no_new_key(
    cast: Cast, at_work: HttpRequest, job: Callable[..., None], end: Callable[[Cast], Any]
) -> None:
    held = User.objects.get(pk=cast.mark.pk)
    answers = overtaken(lambda: end(cast), lambda: job(at_work, held))
    assert isinstance(answers[1], ChangedMeanwhile)
    assert not Session.objects.exists()


@each_ending
def test_a_session_that_begins_meanwhile_ends_too(
    cast: Cast, end: Callable[[Cast], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end comes between recognising the person and opening the session."""
    request, begun, ended = request_from(), threading.Event(), threading.Event()
    opens = login.perform_login

    def slowly(*facts: Any) -> Any:
        begun.set()
        ended.wait(1)
        return opens(*facts)

    monkeypatch.setattr(sessions, "perform_login", slowly)

    def one(number: int) -> None:
        if number == 0:
            signs_in(request, cast.mark)
            return
        begun.wait(10)
        end(cast)
        ended.set()

    assert at_once(2, one) == [None, None]
    assert not is_alive(request)


@pytest.mark.parametrize("name", ["rights", "dismissal"])
def test_who_was_recognised_before_the_change_signs_in_anew(cast: Cast, name: str) -> None:
    request, held = request_from(), User.objects.get(pk=cast.mark.pk)
    answers = overtaken(lambda: ENDINGS[name](cast), lambda: signs_in(request, held))
    assert isinstance(answers[1], ChangedMeanwhile)
    assert not Session.objects.exists()
