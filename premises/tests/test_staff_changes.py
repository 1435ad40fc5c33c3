"""Jobs begin, change and end: all sessions of the person end at that moment, and the staff room follows the jobs."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.rights import OwnRights
from accounts.tests.tools import at_once
from notifications.models import Notice
from portal.testing import Cast, make_user, prove
from premises.actions.staff import AlreadyEmployed, ProfileIsClosed, change_job, dismiss, employ
from premises.models import CouncilSeat, StaffMember

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
ROOM = "/admin/premises/house/"


def job_of(user: User) -> StaffMember:
    return StaffMember.objects.get(user=user)


def page_of(job: StaffMember) -> str:
    return reverse("admin:premises_staffmember_change", args=[job.pk])


def is_out(client: Client) -> bool:
    """Whether the browser is nobody's any more."""
    return client.get("/profile/").status_code == 302 and client.get(ROOM)["Location"].startswith("/admin/login/")


def told(user: User) -> list[str]:
    return [notice.context["what"] for notice in Notice.objects.filter(user=user, kind="premises.job_changed")]


@pytest.fixture
def dima(cast: Cast, enter: Enter) -> Client:
    """Dima at work on his second device; the first one lies at home."""
    client = prove(enter(cast.dima))
    assert client.get(ROOM).status_code == 200
    return client


@pytest.mark.parametrize("boss", ["mark", "sofia"])
def test_dismissal_is_felt_at_the_next_request(cast: Cast, enter: Enter, dima: Client, boss: str) -> None:
    home = prove(enter(cast.dima))
    assert home.get(ROOM).status_code == 200
    job = job_of(cast.dima)
    form = {"organization": cast.company.pk, "role": "dispatcher"}
    assert prove(enter(getattr(cast, boss))).post(page_of(job), form)["Location"] == "/admin/premises/staffmember/"
    for client in (dima, home):
        assert is_out(client)
        assert not Session.objects.filter(session_key=client.cookies["session"].value).exists()
    cast.dima.refresh_from_db()
    assert not cast.dima.is_staff
    assert told(cast.dima) == ["ended"]
    (entry,) = LogEntry.objects.filter(object_id=str(job.pk))
    assert "sessions" in entry.get_change_message()


def test_who_was_dismissed_is_a_resident_again(cast: Cast, enter: Enter) -> None:
    dismiss(job_of(cast.dima), by=cast.mark, at=timezone.now())
    client = enter(User.objects.get(pk=cast.dima.pk))
    assert client.get("/profile/").status_code == 200
    assert client.get(ROOM, follow=True).status_code == 404


def test_a_new_role_is_a_new_session(cast: Cast, enter: Enter, dima: Client) -> None:
    form = {"organization": cast.company.pk, "role": "accountant", "is_active": "on"}
    prove(enter(cast.sofia)).post(page_of(job_of(cast.dima)), form)
    assert job_of(cast.dima).role == "accountant"
    assert is_out(dima)
    assert told(cast.dima) == ["changed"]


def test_another_company_is_a_new_session(cast: Cast, dima: Client) -> None:
    change_job(job_of(cast.dima), role="dispatcher", organization=cast.other_company, by=cast.sofia, at=timezone.now())
    assert is_out(dima)
    assert job_of(cast.dima).organization == cast.other_company


def test_what_is_as_it_was_ends_nothing(cast: Cast, enter: Enter, dima: Client) -> None:
    job = job_of(cast.dima)
    change_job(job, role=job.role, organization=job.organization, by=cast.sofia, at=timezone.now())
    form = {"organization": cast.company.pk, "role": "dispatcher", "is_active": "on"}
    prove(enter(cast.sofia)).post(page_of(job), form)
    assert dima.get(ROOM).status_code == 200
    assert told(cast.dima) == []


def test_the_first_job_lets_in_and_signs_the_resident_out(cast: Cast, enter: Enter) -> None:
    cast.olga.set_password("аист 19772")
    cast.olga.save()
    phone = enter(cast.olga)
    assert phone.get("/profile/").status_code == 200
    form = {"user": cast.olga.pk, "organization": cast.company.pk, "role": "dispatcher"}
    assert prove(enter(cast.sofia)).post(reverse("admin:premises_staffmember_add"), form).status_code == 302
    assert is_out(phone)
    cast.olga.refresh_from_db()
    assert cast.olga.is_staff
    assert not cast.olga.has_usable_password()
    assert told(cast.olga) == ["begun"]
    (entry,) = LogEntry.objects.filter(object_id=str(job_of(cast.olga).pk))
    assert "sessions" in entry.get_change_message()


def test_a_second_job_keeps_the_password_and_its_end_keeps_the_room(cast: Cast, dima: Client) -> None:
    cast.dima.set_password("аист 19772 м")
    cast.dima.save()
    second = employ(cast.dima, cast.other_company, "dispatcher", by=cast.sofia, at=timezone.now())
    dismiss(second, by=cast.sofia, at=timezone.now())
    cast.dima.refresh_from_db()
    assert (cast.dima.is_staff, cast.dima.has_usable_password()) == (True, True)
    dismiss(job_of_company(cast.dima, cast.company.pk), by=cast.sofia, at=timezone.now())
    cast.dima.refresh_from_db()
    assert not cast.dima.is_staff


def job_of_company(user: User, organization: int) -> StaffMember:
    return StaffMember.objects.get(user=user, organization=organization)


def test_a_superuser_stays_in_the_room_without_a_job(cast: Cast) -> None:
    second = make_user("Вторая", is_staff=True, is_superuser=True)
    dismiss(employ(second, cast.company, "manager", by=cast.sofia, at=timezone.now()), by=cast.sofia, at=timezone.now())
    second.refresh_from_db()
    assert second.is_staff


def test_a_job_that_ended_begins_again_only_by_the_superuser(cast: Cast, enter: Enter) -> None:
    job = dismiss(job_of(cast.dima), by=cast.mark, at=timezone.now())
    prove(enter(cast.mark)).post(page_of(job), {"is_active": "on"})
    assert not job_of(cast.dima).is_active
    prove(enter(cast.sofia)).post(page_of(job), {"is_active": "on"})
    assert job_of(cast.dima).is_active
    assert told(cast.dima) == ["ended", "begun"]


# --- Oneself, twice, nobody -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", [{}, {"is_active": ""}, {"role": "accountant", "is_active": "on"}])
def test_a_manager_does_not_end_or_change_the_own_job(cast: Cast, enter: Enter, form: dict[str, str]) -> None:
    mark = prove(enter(cast.mark))
    mark.post(page_of(job_of(cast.mark)), form)
    job = job_of(cast.mark)
    assert (job.is_active, job.role) == (True, "manager")
    assert mark.get(ROOM).status_code == 200
    with pytest.raises(OwnRights):
        dismiss(job, by=cast.mark, at=timezone.now())


def test_a_superuser_does_not_hire_themselves(cast: Cast, enter: Enter) -> None:
    form = {"user": cast.sofia.pk, "organization": cast.company.pk, "role": "manager"}
    assert prove(enter(cast.sofia)).post(reverse("admin:premises_staffmember_add"), form).status_code == 409
    assert not StaffMember.objects.filter(user=cast.sofia).exists()


def test_one_person_has_one_job_at_a_company(cast: Cast) -> None:
    with pytest.raises(AlreadyEmployed):
        employ(cast.dima, cast.company, "manager", by=cast.sofia, at=timezone.now())
    assert job_of(cast.dima).role == "dispatcher"


def test_a_closed_profile_is_not_hired(cast: Cast) -> None:
    User.objects.filter(pk=cast.igor.pk).update(is_active=False)
    with pytest.raises(ProfileIsClosed):
        employ(cast.igor, cast.company, "manager", by=cast.sofia, at=timezone.now())


def test_pavel_dismisses_nobody_of_another_company(cast: Cast, enter: Enter, dima: Client) -> None:
    prove(enter(cast.pavel)).post(page_of(job_of(cast.dima)), {})
    assert job_of(cast.dima).is_active
    assert dima.get(ROOM).status_code == 200


# --- What no script forgets -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "write",
    [
        lambda rows, cast: rows.update(is_active=False),
        lambda rows, cast: rows.update(role="manager"),
        lambda rows, cast: rows.update(organization=cast.other_company),
        lambda rows, cast: rows.update(user=cast.igor),
        lambda rows, cast: rows.delete(),
        lambda rows, cast: StaffMember.objects.create(
            user=cast.dima, organization=cast.other_company, role="dispatcher"
        ),
    ],
    ids=["ends", "role", "company", "person", "deleted", "one more"],
)
def test_a_script_that_changes_a_job_ends_the_sessions_too(
    cast: Cast, enter: Enter, dima: Client, write: Callable[[Any, Cast], object]
) -> None:
    mark = prove(enter(cast.mark))
    assert mark.get(ROOM).status_code == 200
    write(StaffMember.objects.filter(user=cast.dima), cast)
    assert is_out(dima)
    assert mark.get(ROOM).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_request_under_way_does_not_bring_the_session_back(
    cast: Cast, dima: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dima's page is being made while Mark dismisses him: whatever it answers, the cookie is dead afterwards."""
    job, reached, dismissed = job_of(cast.dima), threading.Event(), threading.Event()
    from accounts import sessions

    seen = sessions.note_visit

    def slowly(request: Any, user: User, **facts: Any) -> None:
        reached.set()
        dismissed.wait(10)
        request.session["seen"] = 0  # so that the session is written
        seen(request, user, **facts)

    monkeypatch.setattr(sessions, "note_visit", slowly)

    def one(number: int) -> int:
        if number == 0:
            return dima.get(ROOM).status_code
        reached.wait(10)
        dismiss(job, by=cast.mark, at=timezone.now())
        dismissed.set()
        return 0

    answers = at_once(2, one)
    monkeypatch.setattr(sessions, "note_visit", seen)
    assert answers[0] != 200
    assert dima.get(ROOM).status_code in {302, 404}
    assert not Session.objects.filter(session_key=dima.cookies["session"].value).exists()


@pytest.mark.django_db(transaction=True)
def test_two_jobs_that_end_at_once_leave_a_resident(cast: Cast) -> None:
    second = employ(cast.dima, cast.other_company, "dispatcher", by=cast.sofia, at=timezone.now())
    jobs = [job_of_company(cast.dima, cast.company.pk), second]
    at_once(2, lambda number: dismiss(jobs[number], by=cast.sofia, at=timezone.now()))
    cast.dima.refresh_from_db()
    assert not cast.dima.is_staff


@pytest.mark.django_db(transaction=True)
def test_two_who_hire_at_once_hire_once(cast: Cast) -> None:
    answers = at_once(2, lambda _n: employ(cast.igor, cast.company, "manager", by=cast.sofia, at=timezone.now()))
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyEmployed", "StaffMember"]
    assert told(cast.igor) == ["begun"]


# --- The council ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["expired", "deleted"])
def test_a_seat_that_ended_opens_nothing_at_the_next_request(cast: Cast, enter: Enter, how: str) -> None:
    vera, page = enter(cast.vera), reverse("council_letters", args=[cast.house.public_id])
    assert vera.get(page).status_code == 200
    seats = CouncilSeat.objects.filter(user=cast.vera)
    yesterday = cast.company.day(timezone.now()) - timedelta(days=2)
    seats.delete() if how == "deleted" else seats.update(until=yesterday)
    assert vera.get(page).status_code == 404


def test_a_form_that_was_left_open_hires_nobody_again_and_undoes_no_change(cast: Cast, enter: Enter) -> None:
    sofia, job = prove(enter(cast.sofia)), job_of(cast.dima)
    page = sofia.get(page_of(job)).content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    form = {"organization": cast.company.pk, "role": "dispatcher", "is_active": "on", "seen": seen[1]}
    sofia.post(page_of(job), {"organization": cast.company.pk, "role": "dispatcher", "seen": seen[1]})
    assert not job_of(cast.dima).is_active
    late = sofia.post(page_of(job), form)
    assert "was changed meanwhile" in late.content.decode()
    assert not job_of(cast.dima).is_active
    StaffMember.objects.filter(pk=job.pk).update(is_active=True, role="accountant")
    assert "was changed meanwhile" in sofia.post(page_of(job), form).content.decode()
    assert job_of(cast.dima).role == "accountant"
