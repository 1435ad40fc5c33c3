"""Where a person is signed in: the list, ending one, ending others, ages, and at most ten."""

from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.core import context
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sessions import sign_in
from accounts.tests.tools import request_from
from notifications.models import Notice
from portal.testing import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E9")]
Enter = Callable[[User], Client]
PHONE_BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"


def visit(enter: Enter, user: User, **headers: str) -> Client:
    client = enter(user)
    client.get("/profile/", headers=headers)
    return client


def test_the_list_names_devices(cast: Cast, enter: Enter) -> None:
    visit(enter, cast.olga, **{"user-agent": PHONE_BROWSER})
    here = visit(enter, cast.olga)
    page = here.get("/profile/sessions/").content.decode()
    assert "Chrome, Android" in page
    assert page.count("this device") == 1
    assert page.count("Last used") == 2


def test_one_place_is_signed_out(cast: Cast, enter: Enter) -> None:
    there, here = visit(enter, cast.olga), visit(enter, cast.olga)
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(f"/profile/sessions/{row.pk}/end/")["Location"] == "/profile/sessions/"
    assert there.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200


def test_all_others_are_signed_out(cast: Cast, enter: Enter) -> None:
    others = [visit(enter, cast.olga) for _ in range(3)]
    here = visit(enter, cast.olga)
    here.post("/profile/sessions/end-others/")
    assert [other.get("/profile/").status_code for other in others] == [302, 302, 302]
    assert here.get("/profile/").status_code == 200


def test_ending_this_place_signs_out(cast: Cast, enter: Enter) -> None:
    here = visit(enter, cast.olga)
    row = UserSession.objects.get()
    here.post(f"/profile/sessions/{row.pk}/end/")
    assert here.get("/profile/").status_code == 302


def test_a_neighbour_cannot_end_my_session(cast: Cast, enter: Enter) -> None:
    olga = visit(enter, cast.olga)
    row = UserSession.objects.get()
    for stranger in (cast.nina, cast.pavel):
        assert enter(stranger).post(f"/profile/sessions/{row.pk}/end/").status_code == 404
    assert olga.get("/profile/").status_code == 200
    assert enter(cast.nina).get(f"/profile/sessions/{row.pk}/end/").status_code == 405


def test_a_session_ends_after_thirty_idle_days(cast: Cast, enter: Enter, clock: Callable[[int], None]) -> None:
    here = visit(enter, cast.olga)
    clock(30 * 86400 + 60)
    assert here.get("/profile/").status_code == 302


def test_a_session_in_use_ends_after_ninety_days(cast: Cast, enter: Enter, clock: Callable[[int], None]) -> None:
    here = visit(enter, cast.olga)
    for _month in range(3):
        clock(29 * 86400)
        assert here.get("/profile/").status_code == 200
    clock(4 * 86400)
    assert here.get("/profile/").status_code == 302


def test_an_employee_is_signed_out_after_twenty_idle_minutes(
    cast: Cast, enter: Enter, clock: Callable[[int], None]
) -> None:
    here = visit(enter, cast.dima)
    clock(19 * 60)
    assert here.get("/profile/").status_code == 200
    clock(21 * 60)
    assert here.get("/profile/").status_code == 302


def test_a_page_that_asks_by_itself_is_no_visit(cast: Cast, enter: Enter, clock: Callable[[int], None]) -> None:
    here = visit(enter, cast.dima)
    seen = here.session["seen"]
    for _poll in range(2):
        clock(9 * 60)
        assert here.get("/profile/", headers={"x-progress": "1"}).status_code == 200
    assert here.session["seen"] == seen
    clock(3 * 60)
    assert here.get("/profile/", headers={"x-progress": "1"}).status_code == 302


@pytest.mark.parametrize("script", ["progress.js", "portal.js"])
def test_every_script_that_asks_by_itself_says_so(script: str) -> None:
    words = (Path(settings.BASE_DIR) / "static/js" / script).read_text()
    assert words.count("fetch(") == words.count('fetch(location.href, { headers: { "X-Progress": "1" } })') == 1


def test_who_comes_after_another_in_this_browser_leaves_no_ghost(cast: Cast) -> None:
    request = request_from()
    for user in (cast.oleg, cast.olga):
        with context.request_context(request):
            sign_in(request, user, method="code", at=timezone.now())
    assert list(UserSession.objects.values_list("user", flat=True)) == [cast.olga.pk]


def test_the_way_out_of_the_staff_room_leaves_no_ghost(cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    assert mark.get("/admin/").status_code == 200
    assert UserSession.objects.filter(user=cast.mark).count() == 1
    assert mark.post("/admin/logout/")["Location"] == "/"
    assert not UserSession.objects.filter(user=cast.mark).exists()


def test_an_employee_at_work_is_signed_out_after_twelve_hours(
    cast: Cast, enter: Enter, clock: Callable[[int], None]
) -> None:
    here = visit(enter, cast.dima)
    for _quarter in range(47):
        clock(15 * 60)
        assert here.get("/profile/").status_code == 200
    clock(16 * 60)
    assert here.get("/profile/").status_code == 302


def test_the_third_sign_in_of_an_employee_ends_the_oldest(
    cast: Cast, codes: list[str], clock: Callable[[int], None]
) -> None:
    clients = []
    for _turn in range(3):
        client = Client()
        client.post("/in/", {"address": cast.dima.phone, "channel": "sms"})
        client.post("/in/code/", {"code": codes[-1]})
        clients.append(client)
        clock(301)
    assert UserSession.objects.filter(user=cast.dima).count() == 2
    doors = [client.get("/profile/")["Location"].split("?")[0] for client in clients]
    assert doors == ["/in/", "/factor/set-up/", "/factor/set-up/"]


def test_a_resident_who_becomes_an_employee_has_no_long_session(
    cast: Cast, enter: Enter, clock: Callable[[int], None]
) -> None:
    """The limits are those of the present role: a session of yesterday is too old for an employee, and proves no factor."""
    today, yesterday = visit(enter, cast.igor), visit(enter, cast.igor)
    clock(13 * 3600)
    assert yesterday.get("/profile/").status_code == 200
    User.objects.filter(pk=cast.igor.pk).update(is_staff=True)
    assert yesterday.get("/profile/")["Location"].startswith("/in/")
    assert today.get("/profile/")["Location"].startswith("/in/")


def test_the_eleventh_sign_in_ends_the_oldest(cast: Cast, codes: list[str], clock: Callable[[int], None]) -> None:
    clients = []
    for _turn in range(11):
        client = Client()
        client.post("/in/", {"address": cast.olga.phone, "channel": "sms"})
        client.post("/in/code/", {"code": codes[-1]})
        clients.append(client)
        clock(5 * 3600)
    assert UserSession.objects.filter(user=cast.olga).count() == 10
    assert clients[0].get("/profile/").status_code == 302
    assert clients[1].get("/profile/").status_code == 200


def test_a_new_device_is_told_and_a_known_one_is_not(
    cast: Cast, codes: list[str], clock: Callable[[int], None]
) -> None:
    client = Client()
    for _turn in range(2):
        client.post("/in/", {"address": cast.olga.phone, "channel": "sms"})
        client.post("/in/code/", {"code": codes[-1]})
        client.post("/out/")
        clock(3600)
    assert Notice.objects.filter(kind="accounts.new_device", user=cast.olga).count() == 1


def test_a_newcomer_is_not_warned_of_themselves(codes: list[str]) -> None:
    client = Client()
    client.post("/in/", {"address": "new@example.com", "channel": "email"})
    client.post("/in/code/", {"code": codes[-1]})
    assert not Notice.objects.filter(kind="accounts.new_device").exists()
