"""Rights of a person change: sessions end, the person is told, nobody changes their own, one superuser is always left."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import LastSuperuser, NoSuperuserAnyMore, OwnRights, Rights, change_rights
from accounts.tests.tools import at_once
from notifications.models import Notice
from portal.testing import Cast, make_user, prove

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
OPEN, CLOSED = Rights(True, False, False), Rights(False, False, False)
SUPER = Rights(True, True, True)


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


@pytest.mark.parametrize("flags", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_a_script_that_writes_the_flag_ends_the_sessions_too(cast: Cast, enter: Enter, flags: dict[str, bool]) -> None:
    olga, nina = enter(cast.olga), enter(cast.nina)
    assert is_in(olga)
    assert is_in(nina)
    User.objects.filter(pk=cast.olga.pk).update(**flags)
    assert not Session.objects.filter(session_key=olga.session.session_key).exists()
    assert not is_in(olga)
    assert is_in(nina)


def test_a_row_that_is_saved_as_it_was_ends_nothing(cast: Cast, enter: Enter) -> None:
    olga = enter(cast.olga)
    assert is_in(olga)
    cast.olga.theme = User.Theme.DARK
    cast.olga.save()
    assert is_in(olga)


def test_the_person_is_told_and_the_history_says_it(cast: Cast, enter: Enter) -> None:
    url = f"/admin/accounts/user/{cast.dima.pk}/change/"
    assert (
        prove(enter(cast.sofia)).post(url, {"is_active": "on", "is_staff": "on", "is_superuser": "on"}).status_code
        == 302
    )
    cast.dima.refresh_from_db()
    assert cast.dima.is_superuser
    assert Notice.objects.filter(user=cast.dima, kind="accounts.rights_changed").count() == 1
    (entry,) = LogEntry.objects.filter(object_id=str(cast.dima.pk))
    assert "sessions" in entry.get_change_message()


def test_a_form_saved_as_it_was_says_and_ends_nothing(cast: Cast, enter: Enter) -> None:
    dima = enter(cast.dima)
    assert is_in(dima)
    prove(enter(cast.sofia)).post(f"/admin/accounts/user/{cast.dima.pk}/change/", {"is_active": "on", "is_staff": "on"})
    assert is_in(dima)
    assert not Notice.objects.filter(user=cast.dima).exists()
    assert "sessions" not in LogEntry.objects.get(object_id=str(cast.dima.pk)).get_change_message()


def test_a_superuser_works_in_the_staff_room_in_any_case(cast: Cast) -> None:
    change_rights(cast.olga, Rights(True, False, True), by=cast.sofia, at=timezone.now())
    cast.olga.refresh_from_db()
    assert cast.olga.is_staff


def test_nobody_changes_their_own_rights(cast: Cast, enter: Enter) -> None:
    make_user("Вторая", is_staff=True, is_superuser=True)
    with pytest.raises(OwnRights):
        change_rights(cast.sofia, OPEN, by=cast.sofia, at=timezone.now())
    sofia = prove(enter(cast.sofia))
    sofia.post(f"/admin/accounts/user/{cast.sofia.pk}/change/", {"is_active": ""})
    cast.sofia.refresh_from_db()
    assert Rights.of(cast.sofia) == SUPER
    assert is_in(sofia)


@pytest.mark.parametrize("wanted", [OPEN, CLOSED, Rights(False, True, True)])
def test_the_last_superuser_stays(cast: Cast, wanted: Rights) -> None:
    make_user("Бывшая", is_superuser=True, is_active=False)
    with pytest.raises(LastSuperuser):
        change_rights(cast.sofia, wanted, by=None, at=timezone.now())
    second = make_user("Вторая", is_staff=True, is_superuser=True)
    assert change_rights(cast.sofia, wanted, by=second, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_the_right_from_each_other_one_is_left(cast: Cast) -> None:
    second = make_user("Вторая", is_staff=True, is_superuser=True)
    pairs = [(cast.sofia, second), (second, cast.sofia)]
    answers = at_once(2, lambda n: change_rights(pairs[n][0], OPEN, by=pairs[n][1], at=timezone.now()))
    assert [type(answer) for answer in answers if answer is not True] == [NoSuperuserAnyMore]
    assert User.objects.superusers().count() == 1


def test_who_becomes_an_employee_sets_a_new_password(cast: Cast) -> None:
    for user in (cast.olga, cast.dima):
        user.set_password("аист 19772")
        user.save()
    change_rights(cast.olga, Rights(True, True, False), by=cast.sofia, at=timezone.now())
    change_rights(cast.dima, SUPER, by=cast.sofia, at=timezone.now())  # an employee already: it is long enough
    cast.olga.refresh_from_db()
    cast.dima.refresh_from_db()
    assert not cast.olga.has_usable_password()
    assert cast.dima.has_usable_password()
    assert Notice.objects.get(user=cast.olga).context["password_removed"]
    assert not Notice.objects.get(user=cast.dima).context["password_removed"]


def test_the_passkeys_of_a_resident_prove_nothing_for_an_employee(cast: Cast) -> None:
    for user in (cast.olga, cast.dima):
        Authenticator.objects.create(user=user, type="webauthn", data={"name": "Телефон"})
    change_rights(cast.olga, Rights(True, True, False), by=cast.sofia, at=timezone.now())
    change_rights(cast.dima, SUPER, by=cast.sofia, at=timezone.now())  # an employee already: added by a second factor
    assert list(Authenticator.objects.values_list("user", flat=True)) == [cast.dima.pk]
    assert Notice.objects.get(user=cast.olga).context["passkeys_removed"]
    assert not Notice.objects.get(user=cast.dima).context["passkeys_removed"]


def test_an_erased_profile_is_not_opened_again(cast: Cast, enter: Enter) -> None:
    User.objects.filter(pk=cast.igor.pk).update(
        is_active=False, erased_at=timezone.now(), phone=None, email=None, last_name="", first_name="", patronymic=""
    )
    prove(enter(cast.sofia)).post(f"/admin/accounts/user/{cast.igor.pk}/change/", {"is_active": "on"})
    cast.igor.refresh_from_db()
    assert not cast.igor.is_active
