"""Deleting the profile: the person goes, what belongs to the flat stays."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.test import Client
from django.utils import timezone

from accounts import actions, signals
from accounts.identity import linking
from accounts.identity.catalog import IdentityService
from accounts.identity.claims import PersonFacts
from accounts.models import Consent, FactorReset, User
from accounts.notices import NEW_DEVICE
from accounts.sessions import sessions_of
from notifications.actions import notify
from portal.testing import Cast, make_user
from premises.models import CouncilSeat

BANK = IdentityService("bank", "Банк", "bank", "https://bank.example.org", "c", "s", country="RU")
OURS = {"accounts", "notifications", "premises", "sessions", "usersessions", "socialaccount", "mfa"}
TERM = {"since": date(2026, 1, 1), "until": date(2027, 1, 1)}
pytestmark = [pytest.mark.django_db, pytest.mark.feature("E9")]


@pytest.fixture
def person(codes: list[str]) -> tuple[User, Client]:
    """Somebody with everything a profile can hold, who has just come in."""
    user = make_user(
        "Зинаида", "Приметнова", patronymic="Ёлкина", phone="+79135557788", email="zina-unique@example.com"
    )
    client = Client(headers={"accept-language": "en"})
    client.post("/in/", {"address": "zina-unique@example.com", "channel": "email", "personal_data": "on"})
    client.post("/in/code/", {"code": codes[-1]})
    facts = PersonFacts("Приметнова", "Зинаида", "Ёлкина", None, {"inn": "500100732259"})
    linking.link(user, BANK, "subject-unique", facts, at=timezone.now())
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Ключ Зинаиды"})
    notify(NEW_DEVICE, user=user, subject="x", context={"device": "Приметнова"}, at=timezone.now())
    return user, client


def everything() -> str:
    """The text of every row of our apps."""
    rows: list[Any] = []
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            rows += model._default_manager.values()
    return repr(rows)


def test_the_page_says_what_goes_and_what_stays(person: tuple[User, Client]) -> None:
    page = person[1].get("/profile/delete/").content.decode()
    assert "What is erased at once" in page
    assert "five years" in page


def test_it_asks_for_a_tick(person: tuple[User, Client]) -> None:
    page = person[1].post("/profile/delete/", {})
    assert page.status_code == 422
    assert "Tick the box" in page.content.decode()


def test_nothing_of_the_person_is_left(person: tuple[User, Client]) -> None:
    user, client = person
    marks = ["Зинаида", "Приметнова", "Ёлкина", "9135557788", "zina-unique", "subject-unique", "Ключ Зинаиды"]
    assert all(mark in everything() for mark in marks)
    assert client.post("/profile/delete/", {"agreed": "on"}).status_code == 302
    left = everything()
    assert [mark for mark in marks if mark in left] == []
    user.refresh_from_db()
    assert user.erased_at is not None
    assert not user.is_active
    assert not sessions_of(user).exists()
    assert client.get("/profile/").status_code == 302


def test_the_record_of_consents_stays_without_a_name(person: tuple[User, Client]) -> None:
    person[1].post("/profile/delete/", {"agreed": "on"})
    assert Consent.objects.filter(user=person[0]).count() == 3
    assert not Consent.objects.in_force().exists()


def test_the_same_phone_may_register_anew(person: tuple[User, Client], codes: list[str]) -> None:
    person[1].post("/profile/delete/", {"agreed": "on"})
    client = Client()
    client.post("/in/", {"address": "+79135557788", "channel": "sms"})
    client.post("/in/code/", {"code": codes[-1]})
    assert User.objects.get(phone="+79135557788").pk != person[0].pk


def test_the_rooms_above_are_told_while_the_person_is_still_named(cast: Cast) -> None:
    heard: list[str] = []

    def listen(sender: Any, user: User, **facts: Any) -> None:
        heard.append(user.first_name)

    signals.erased.connect(listen)
    actions.erase(cast.nina, at=timezone.now())
    signals.erased.disconnect(listen)
    assert heard == ["Нина"]


def test_an_employee_is_sent_to_the_manager(cast: Cast, enter: Callable[[User], Client], clock: Any) -> None:
    from accounts.actions import StaffProfile

    with pytest.raises(StaffProfile):
        actions.erase(cast.dima, at=timezone.now())
    cast.dima.refresh_from_db()
    assert cast.dima.first_name == "Дима"


def test_an_old_sign_in_confirms_first(person: tuple[User, Client], clock: Callable[[int], None]) -> None:
    clock(601)
    response = person[1].post("/profile/delete/", {"agreed": "on"})
    assert response["Location"] == "/profile/confirm/?next=/profile/delete/"
    assert User.objects.get(pk=person[0].pk).is_active


def test_the_history_of_the_staff_room_forgets_the_name(cast: Cast) -> None:
    old, rows = str(cast.olga), [cast.olga, cast.olga.links.get()]
    FactorReset.objects.create(user=cast.olga, reason="", at=timezone.now(), expires_at=timezone.now(), code_hash="")
    rows += [cast.olga.factor_resets.get(), CouncilSeat.objects.create(user=cast.olga, house=cast.house, **TERM)]
    for row in (*rows, cast.nina):
        LogEntry.objects.log_actions(cast.sofia.pk, [row], CHANGE, change_message="x", single_object=True)
    actions.erase(cast.olga, at=timezone.now())
    called = list(LogEntry.objects.order_by("pk").values_list("object_repr", flat=True))
    assert called == [str(cast.olga.public_id)] * len(rows) + [str(cast.nina)]
    assert not any(old in name for name in called)
