"""The staff screen of the post room."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from notifications.actions import notify
from notifications.models import Delivery, TrayMessage
from notifications.tests.conftest import CODE, NEWS
from portal.testing import Cast

Enter = Callable[[User], Client]
DELIVERIES, NOTICES = "/admin/notifications/delivery/", "/admin/notifications/notice/"


@pytest.fixture
def dead(cast: Cast) -> Delivery:
    notice = notify(NEWS, subject="x", at=timezone.now(), address="+79120001122", context={"house": "секретный дом"})
    notice.deliveries.update(state=Delivery.State.DEAD, attempts=8, error="busy")
    return notice.deliveries.get()


def test_only_the_superuser_may_look(cast: Cast, enter: Enter, dead: Delivery) -> None:
    for user in (cast.olga, cast.dima, cast.mark, cast.pavel):
        for path in (DELIVERIES, NOTICES, f"{DELIVERIES}{dead.pk}/change/"):
            assert enter(user).get(path).status_code != 200
    assert enter(cast.sofia).get(DELIVERIES).status_code == 200


def test_addresses_and_words_are_masked(cast: Cast, enter: Enter, dead: Delivery) -> None:
    sofia = enter(cast.sofia)
    for path in (DELIVERIES, f"{DELIVERIES}{dead.pk}/change/"):
        page = sofia.get(path).content.decode()
        assert "+7912•••22" in page
        assert "9120001122" not in page
        assert "busy" in page
    page = sofia.get(f"{NOTICES}{dead.notice_id}/change/").content.decode()
    assert "house = •••" in page
    assert "секретный" not in page
    assert dead.notice.recipient not in page


def test_nothing_can_be_edited(cast: Cast, enter: Enter, dead: Delivery) -> None:
    sofia = enter(cast.sofia)
    for path in ("add/", f"{dead.pk}/delete/"):
        assert sofia.get(DELIVERIES + path).status_code == 403
    assert sofia.post(f"{DELIVERIES}{dead.pk}/change/", {"state": "sent"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "shown"),
    [("state__exact=dead", True), ("state__exact=sent", False), ("age=hour", True), ("age=older", False), ("", True)],
)
def test_dead_letters_are_found(cast: Cast, enter: Enter, dead: Delivery, query: str, shown: bool) -> None:
    page = enter(cast.sofia).get(f"{DELIVERIES}?{query}").content.decode()
    assert ("+7912•••22" in page) == shown


def test_a_dead_letter_is_sent_again(
    cast: Cast, enter: Enter, dead: Delivery, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    form = {"action": "send_again", "_selected_action": [str(dead.pk)]}
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        response = enter(cast.sofia).post(DELIVERIES, form, follow=True)
    assert TrayMessage.objects.filter(address="+79120001122").exists()
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == (Delivery.State.SENT, 1)
    assert response.status_code == 200


def test_what_is_out_of_date_is_not_sent_again(cast: Cast, enter: Enter) -> None:
    notice = notify(CODE, subject="x", at=timezone.now() - timedelta(hours=1), address="+79120001122", secret="907341")
    notice.deliveries.update(state=Delivery.State.FAILED)
    form = {"action": "send_again", "_selected_action": [str(notice.deliveries.get().pk)]}
    enter(cast.sofia).post(DELIVERIES, form)
    assert notice.deliveries.get().state == Delivery.State.FAILED


@pytest.mark.parametrize("path", [DELIVERIES, NOTICES])
def test_the_lists_cost_the_same_for_one_and_ten(cast: Cast, enter: Enter, dead: Delivery, path: str) -> None:
    sofia = enter(cast.sofia)
    sofia.get(path)
    with CaptureQueriesContext(connection) as one:
        sofia.get(path)
    for number in range(10):
        notify(NEWS, subject=f"more {number}", at=timezone.now(), address="+79120001122")
    with CaptureQueriesContext(connection) as eleven:
        sofia.get(path)
    assert len(one) == len(eleven) <= 20
