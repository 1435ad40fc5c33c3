"""What the answer of an identity service does: sign in, hold and join, connect. The protocol is not here."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.identity import held, linking
from accounts.identity.claims import PersonFacts
from accounts.models import Consent, User, VerifiedPerson
from accounts.sessions import sessions_of
from accounts.tests.test_linking import BANK, STATE
from accounts.tests.tools import request_from
from accounts.views.identity import SomebodyElse, arrived
from notifications.sealing import seal
from portal.testing import Cast, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A4")]
CLAIMS = {"family_name": "ОЛИНА", "given_name": "ОЛЬГА", "middle_name": "ОЛЕГОВНА", "birthdate": "1990-01-01"}
FACTS = PersonFacts("Олина", "Ольга", "Олеговна", None)
NEW = "+79135550011"


@pytest.fixture(autouse=True)
def services(settings: Any) -> None:
    settings.IDENTITY_SERVICES = [BANK, STATE]


def come(client: Client, claims: dict[str, Any] | None = None, *, subject: str = "s-1", process: str = "login",
         began_as: int | None = None) -> HttpResponse:  # fmt: skip
    """The service answers in this browser."""
    request = request_from()
    request.session = client.session
    request.COOKIES.update({name: morsel.value for name, morsel in client.cookies.items()})
    pk = request.session.get("_auth_user_id")
    if pk:
        request.user = User.objects.get(pk=pk)
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    answer = arrived(request, BANK, subject, CLAIMS if claims is None else claims, process=process, began_as=began_as)
    request._messages.update(answer)  # type: ignore[attr-defined]
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key or ""
    client.cookies.update(answer.cookies)
    return answer


def enter_by_code(client: Client, codes: list[str], address: str) -> Any:
    client.post("/in/", {"address": address, "channel": "sms"})
    return client.post("/in/code/", {"code": codes[-1]})


# --- a linked person ------------------------------------------------------------------------------------------------
def test_a_linked_person_is_in_and_led_where_they_wanted(cast: Cast, client: Client) -> None:
    linking.link(cast.olga, BANK, "s-1", FACTS, at=timezone.now())
    client.get("/in/?next=/profile/sessions/")
    answer = come(client)
    assert answer["Location"] == "/profile/sessions/"
    assert client.get("/profile/sessions/").status_code == 200
    assert sessions_of(cast.olga).count() == 1
    assert VerifiedPerson.objects.get().birth_date is not None  # refreshed


def test_a_linked_person_who_gave_no_names_is_asked_for_them(client: Client) -> None:
    user = make_user(welcomed_at=None)
    linking.link(user, BANK, "s-1", None, at=timezone.now())
    client.get("/in/")
    assert come(client)["Location"] == "/in/welcome/"


def test_a_closed_profile_is_not_opened(cast: Cast, client: Client) -> None:
    linking.link(cast.olga, BANK, "s-1", FACTS, at=timezone.now())
    User.objects.filter(pk=cast.olga.pk).update(is_active=False)
    client.get("/in/")
    assert come(client)["Location"] == "/in/"  # where the other ways in are
    assert "This profile is closed" in client.get("/in/").content.decode()
    assert not sessions_of(cast.olga).exists()


def test_another_human_with_the_same_subject_is_not_let_in(cast: Cast, client: Client) -> None:
    linking.link(cast.olga, BANK, "s-1", FACTS, at=timezone.now())
    client.get("/in/")
    assert come(client, CLAIMS | {"given_name": "Анна"})["Location"] == "/in/"
    assert "named another person" in client.get("/in/").content.decode()
    assert not sessions_of(cast.olga).exists()


# --- somebody the portal does not know ------------------------------------------------------------------------------
def test_a_stranger_proves_an_address_and_is_asked(cast: Cast, client: Client, codes: list[str]) -> None:
    client.get("/in/?next=/profile/sessions/")
    assert come(client)["Location"] == "/in/"
    page = client.get("/in/").content.decode()
    assert "«Олина Ольга Олеговна» is confirmed by Банк" in page
    assert enter_by_code(client, codes, cast.olga.phone or "")["Location"] == "/in/join/"
    assert not SocialAccount.objects.exists()
    page = client.get("/in/join/").content.decode()
    assert "Is «Олина Ольга Олеговна», as Банк says, you?" in page
    assert client.post("/in/join/", {"answer": "yes"})["Location"] == "/profile/sessions/"
    assert SocialAccount.objects.get().user == cast.olga
    assert cast.olga.consents.in_force().get(purpose="identity").ip
    assert "has confirmed your names" in client.get("/profile/").content.decode()
    assert client.get("/in/join/")["Location"] == "/home/"


def test_a_new_person_registers_with_a_code_and_then_links(client: Client, codes: list[str]) -> None:
    client.get("/in/")
    come(client)
    assert enter_by_code(client, codes, NEW)["Location"] == "/in/join/"
    assert client.post("/in/join/", {"answer": "yes"})["Location"] == "/in/welcome/"
    user = User.objects.get(phone=NEW)
    assert user.get_full_name() == "Олина Ольга Олеговна"


@pytest.mark.parametrize("answer", ["no", ""])
def test_whoever_says_no_is_not_linked(cast: Cast, client: Client, codes: list[str], answer: str) -> None:
    client.get("/in/")
    come(client)
    enter_by_code(client, codes, cast.nina.phone or "")
    assert client.post("/in/join/", {"answer": answer})["Location"] == "/home/"
    assert not SocialAccount.objects.exists()
    assert not Consent.objects.filter(purpose="identity").exists()
    assert client.post("/in/join/", {"answer": "yes"})["Location"] == "/home/"  # the answer is forgotten
    assert not SocialAccount.objects.exists()


def test_the_next_one_at_the_computer_says_that_it_is_not_them(cast: Cast, client: Client, codes: list[str]) -> None:
    client.get("/in/")
    come(client, CLAIMS | {"email": "olga@example.com"})
    assert client.post("/in/not-me/")["Location"] == "/in/"
    page = client.get("/in/").content.decode()
    assert "Ольга" not in page
    assert "olga@example.com" not in page
    assert enter_by_code(client, codes, cast.nina.phone or "")["Location"] == "/home/"


def test_an_answer_waits_ten_minutes(
    cast: Cast, client: Client, codes: list[str], clock: Callable[[int], None]
) -> None:
    client.get("/in/")
    come(client)
    clock(599)
    assert "Ольга" in client.get("/in/").content.decode()
    clock(1)
    enter_by_code(client, codes, cast.olga.phone or "")
    page = client.post("/in/join/", {"answer": "yes"}, follow=True).content.decode()
    assert "More than ten minutes have passed" in page
    assert not SocialAccount.objects.exists()


def test_what_is_too_old_is_forgotten(client: Client, clock: Callable[[int], None]) -> None:
    client.get("/in/")
    come(client, CLAIMS | {"email": "olga@example.com"})
    clock(600)
    page = client.get("/in/").content.decode()
    assert [mark for mark in ("Ольга", "olga@example.com") if mark in page] == []
    assert held.KEY not in client.session


@pytest.mark.parametrize(
    "waiting",
    [
        "garbage",
        7,
        seal("[]").decode(),
        seal('{"service": "bank"}').decode(),
        seal('{"service": "bank", "subject": "s", "until": 9e12, "entry": {}, "facts": {"surname": "A"}}').decode(),
    ],
    ids=["text", "number", "list", "nothing but a service", "unknown facts"],
)
def test_what_cannot_be_opened_is_forgotten(cast: Cast, client: Client, codes: list[str], waiting: Any) -> None:
    """A key or the shape of the facts has changed: nobody is kept out of the portal by it."""
    client.get("/in/")
    session = client.session
    session[held.KEY] = waiting
    session.save()
    assert client.get("/in/").status_code == 200
    assert held.KEY not in client.session
    session[held.KEY] = waiting
    session.save()
    assert enter_by_code(client, codes, cast.nina.phone or "")["Location"] == "/in/join/"
    assert client.get("/in/join/")["Location"] == "/home/"
    assert not SocialAccount.objects.exists()


def test_an_answer_sealed_with_another_key_is_forgotten(client: Client, settings: Any) -> None:
    client.get("/in/")
    come(client)
    settings.FIELD_KEY = "another key, the old one is gone"
    assert "Ольга" not in client.get("/in/").content.decode()
    assert held.KEY not in client.session


@pytest.mark.parametrize("page", ["/in/", "/in/password/"])
def test_who_waits_to_be_joined_is_offered_no_second_service(client: Client, page: str) -> None:
    client.get("/in/")
    before = client.get(page).content.decode()
    assert "Or sign in with" in before
    come(client)
    after = client.get(page).content.decode()
    assert "Or sign in with" not in after
    assert "Sign in with a passkey" not in after
    client.post("/in/not-me/")
    assert client.get(page).content.decode().count("Or sign in with") == before.count("Or sign in with")


def test_what_waits_is_sealed(client: Client) -> None:
    client.get("/in/")
    come(client, CLAIMS | {"sub": "s-1", "email": "olga@example.com", "phone_number": "+79135550011"})
    waiting = repr(dict(client.session.items()))
    assert [mark for mark in ("Олина", "Ольга", "1990", "s-1", "olga@", "79135550011") if mark in waiting] == []


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"phone_number": "+7 913 555-00-11", "email": "olga@example.com"}, "+79135550011"),
        ({"phone_number": "+1 202 555 0100", "email": "Olga@Example.com"}, "olga@example.com"),
        ({"phone_number": ["x"], "email": 7}, ""),
        ({}, ""),
    ],
)
def test_the_address_that_the_service_tells_stands_in_the_form(
    client: Client, claims: dict[str, Any], shown: str
) -> None:
    client.get("/in/")
    come(client, CLAIMS | claims)
    field = client.get("/in/").content.decode().split('name="address"')[1].split(">")[0]
    assert (f'value="{shown}"' in field) if shown else ("value=" not in field)


def test_a_subject_without_names_is_linked_for_signing_in(cast: Cast, client: Client, codes: list[str]) -> None:
    client.get("/in/")
    come(client, {})
    assert "has not told your name" in client.get("/in/").content.decode()
    enter_by_code(client, codes, cast.nina.phone or "")
    assert "Was it you" in client.get("/in/join/").content.decode()
    page = client.post("/in/join/", {"answer": "yes"}, follow=True).content.decode()
    assert "It did not tell your names" in page
    assert SocialAccount.objects.get().user == cast.nina
    assert not VerifiedPerson.objects.exists()


def test_whoever_is_in_already_is_asked_too(cast: Cast, enter: Callable[[User], Client]) -> None:
    client = enter(cast.nina)
    assert come(client)["Location"] == "/in/join/"
    assert not SocialAccount.objects.exists()


def test_whoever_is_in_with_the_service_already_stays_in(cast: Cast, enter: Callable[[User], Client]) -> None:
    linking.link(cast.nina, BANK, "s-1", FACTS, at=timezone.now())
    client = enter(cast.nina)
    assert come(client)["Location"] == "/home/"
    assert client.get("/profile/").status_code == 200


def test_another_profile_that_the_service_opens_takes_the_place_of_the_one_at_the_screen(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    linking.link(cast.olga, BANK, "s-1", FACTS, at=timezone.now())
    client = enter(cast.nina)
    assert come(client)["Location"] == "/home/"
    assert client.session["_auth_user_id"] == str(cast.olga.pk)


def test_a_profile_with_another_login_there_stays_as_it_is(cast: Cast, client: Client, codes: list[str]) -> None:
    linking.link(cast.olga, BANK, "s-0", FACTS, at=timezone.now())
    client.get("/in/")
    come(client)
    enter_by_code(client, codes, cast.olga.phone or "")
    page = client.post("/in/join/", {"answer": "yes"}, follow=True).content.decode()
    assert "another login there" in page
    assert SocialAccount.objects.get().uid == "s-0"


# --- connecting in the profile --------------------------------------------------------------------------------------
def test_a_person_connects_a_service(cast: Cast, enter: Callable[[User], Client]) -> None:
    client = enter(cast.olga)
    assert come(client, process="connect", began_as=cast.olga.pk)["Location"] == "/profile/identity/"
    assert SocialAccount.objects.get().user == cast.olga
    page = client.get("/profile/identity/").content.decode()
    assert "has confirmed your names" in page
    assert cast.olga.consents.in_force().filter(purpose="identity").exists()


@pytest.mark.parametrize(("answer", "name"), [("yes", "Олина Ольга Олеговна"), ("no", "Петрова Оля")])
def test_who_typed_another_name_is_asked_before_a_service_overwrites_it(
    cast: Cast, enter: Callable[[User], Client], answer: str, name: str
) -> None:
    User.objects.filter(pk=cast.olga.pk).update(last_name="Петрова", first_name="Оля", patronymic="")
    client = enter(cast.olga)
    assert come(client, process="connect", began_as=cast.olga.pk)["Location"] == "/in/join/"
    assert not SocialAccount.objects.exists()
    page = client.get("/in/join/").content.decode()
    assert "Олина Ольга Олеговна" in page
    assert "Петрова Оля" in page  # in full: «Петрова О.» might be either
    assert client.post("/in/join/", {"answer": answer})["Location"] == "/profile/identity/"
    assert SocialAccount.objects.exists() == (answer == "yes")
    assert ("Банк was not connected." in client.get("/profile/identity/").content.decode()) == (answer == "no")
    assert User.objects.get(pk=cast.olga.pk).get_full_name() == name


def test_a_service_in_latin_letters_leaves_the_cyrillic_name(cast: Cast, enter: Callable[[User], Client]) -> None:
    User.objects.filter(pk=cast.olga.pk).update(last_name="Олина", first_name="Ольга", patronymic="")
    client = enter(cast.olga)
    passport = {"family_name": "OLINA", "given_name": "OLHA"}
    assert come(client, passport, process="connect", began_as=cast.olga.pk)["Location"] == "/profile/identity/"
    assert VerifiedPerson.objects.get().get_full_name() == "Olina Olha"
    assert User.objects.get(pk=cast.olga.pk).get_full_name() == "Олина Ольга"


@pytest.mark.parametrize(
    ("typed", "told", "kept"),
    [
        (("Олина", "Ольга", "Петровна"), ("OLINA", "OLHA", "OLEHIVNA"), "Olina Olha Olehivna"),  # another patronymic
        (("Олина", "О.", ""), ("OLINA", "OLHA", ""), "Olina Olha"),
        (("Ольга", "Олина", ""), ("OLINA", "OLHA", ""), "Olina Olha"),  # typed into each other's fields
        (("Олина", "Ольга", "Олеговна"), ("OLINA", "OLHA", "OLEHIVNA"), "Олина Ольга Олеговна"),
        (("Олина", "Ольга", ""), ("OLINA", "OLHA", "OLEHIVNA"), "Олина Ольга"),
    ],
)
def test_cyrillic_stays_only_where_each_word_is_the_one_that_is_confirmed(
    cast: Cast, typed: tuple[str, str, str], told: tuple[str, str, str], kept: str
) -> None:
    User.objects.filter(pk=cast.olga.pk).update(**dict(zip(linking.NAMES, typed, strict=True)))
    last_name, first_name, patronymic = (word.title() for word in told)
    facts = PersonFacts(last_name, first_name, patronymic)
    linking.link(cast.olga, BANK, "s-1", facts, at=timezone.now())
    assert User.objects.get(pk=cast.olga.pk).get_full_name() == kept


def test_joining_does_not_promise_names_that_it_will_not_write(cast: Cast, client: Client, codes: list[str]) -> None:
    User.objects.filter(pk=cast.olga.pk).update(last_name="Олина", first_name="Ольга", patronymic="")
    client.get("/in/")
    come(client, {"family_name": "OLINA", "given_name": "OLHA"})
    enter_by_code(client, codes, cast.olga.phone or "")
    assert "Your names will be those" not in client.get("/in/join/").content.decode()


@pytest.mark.parametrize("who", ["nina", "nobody"])
def test_only_who_began_connects(cast: Cast, enter: Callable[[User], Client], client: Client, who: str) -> None:
    browser = enter(cast.nina) if who == "nina" else client
    browser.get("/in/")
    with pytest.raises(SomebodyElse):
        come(browser, process="connect", began_as=cast.olga.pk)
    assert not SocialAccount.objects.exists()


def test_a_subject_of_another_profile_is_refused_in_words(cast: Cast, enter: Callable[[User], Client]) -> None:
    linking.link(cast.olga, BANK, "s-1", FACTS, at=timezone.now())
    client = enter(cast.nina)
    assert come(client, process="connect", began_as=cast.nina.pk)["Location"] == "/profile/identity/"
    assert "already opens another profile" in client.get("/profile/identity/").content.decode()
    assert SocialAccount.objects.get().user == cast.olga
