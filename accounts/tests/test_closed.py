"""Whatever was under way when the profile was deleted or closed writes nothing about its person."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions, sessions
from accounts.consents import give_consent
from accounts.factors import passkeys, totp
from accounts.forms import LookForm, NamesForm
from accounts.identity import linking
from accounts.locks import ChangedMeanwhile, ProfileClosed
from accounts.models import User
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_linking import BANK, OLGA
from accounts.tests.tools import overtaken, request_from
from portal.testing import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E9")]
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def services(settings: Any) -> None:
    settings.IDENTITY_SERVICES = [BANK]


def adds_a_passkey(user: User) -> object:
    request, key = request_from(), SoftKey()
    with context.request_context(request):
        answer = key.create(passkeys.begin_adding(request, user, at=timezone.now()))

    def job() -> None:
        with context.request_context(request):
            passkeys.add(request, user, answer, "Телефон", at=timezone.now())

    return job


def sets_up_an_app(user: User) -> object:
    at = timezone.now()
    return lambda: totp.set_up(user, SECRET, totp.code_at(SECRET, at), replacing=False, at=at)


def saves(form: Any, data: dict[str, str]) -> Callable[[User], object]:
    def begin(user: User) -> object:
        filled = form(data, instance=user)
        assert filled.is_valid(), filled.errors
        return filled.save

    return begin


def signs_in(user: User) -> object:
    request = request_from()

    def job() -> None:
        with context.request_context(request):
            sessions.sign_in(request, user, method="code", at=timezone.now())

    return job


WRITES: dict[str, Callable[[User], Any]] = {
    "a service": lambda user: lambda: linking.link(user, BANK, "s-1", OLGA, at=timezone.now()),
    "a contact": lambda user: lambda: actions.change_contact(user, "new@example.com", at=timezone.now()),
    "no contact": lambda user: lambda: actions.remove_contact(user, "phone", at=timezone.now()),
    "a password": lambda user: lambda: actions.set_password(user, "длинная фраза 1977", at=timezone.now()),
    "a consent": lambda user: lambda: give_consent(user, "personal_data", channel="portal", at=timezone.now()),
    "recovery codes": lambda user: lambda: totp.make_recovery_codes(user),
    "names": saves(NamesForm, {"last_name": "Олина", "first_name": "Ольга", "patronymic": ""}),
    "the look": saves(LookForm, {"language": "ru", "text_size": "125", "theme": "dark"}),
    "a passkey": adds_a_passkey,
    "an app": sets_up_an_app,
    "a session": signs_in,
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("is_erased", [True, False], ids=["deleted", "closed"])
def test_nothing_is_written_into_a_profile_that_was_closed_meanwhile(
    cast: Cast, write: Callable[[User], Any], is_erased: bool
) -> None:
    job = write(User.objects.get(pk=cast.olga.pk))
    if is_erased:
        actions.erase(cast.olga, at=timezone.now())
    else:
        User.objects.filter(pk=cast.olga.pk).update(is_active=False)
    before = User.objects.filter(pk=cast.olga.pk).values().get()
    with pytest.raises(ProfileClosed):
        job()
    assert User.objects.filter(pk=cast.olga.pk).values().get() == before
    assert not SocialAccount.objects.exists()
    assert not Authenticator.objects.filter(user=cast.olga).exists()
    assert not sessions.sessions_of(cast.olga).exists()


def test_a_form_of_names_leaves_everything_else_of_the_row(cast: Cast) -> None:
    form = NamesForm({"last_name": "Олина", "first_name": "Ольга"}, instance=User.objects.get(pk=cast.olga.pk))
    User.objects.filter(pk=cast.olga.pk).update(email="newer@example.com", theme="dark")
    assert form.is_valid()
    form.save()
    cast.olga.refresh_from_db()
    assert (cast.olga.first_name, cast.olga.email, cast.olga.theme) == ("Ольга", "newer@example.com", "dark")


@pytest.mark.parametrize(
    "facts",
    [{"phone": "+79120000001"}, {"email": "x@example.com"}, {"last_name": "О"}, {"first_name": "О"},
     {"patronymic": "О"}, {"is_active": True}],
    ids=lambda facts: next(iter(facts)),
)  # fmt: skip
def test_the_database_keeps_a_deleted_person_nobody(cast: Cast, facts: dict[str, Any]) -> None:
    actions.erase(cast.olga, at=timezone.now())
    with pytest.raises(IntegrityError, match="erased_user_is_nobody"), transaction.atomic():
        User.objects.filter(pk=cast.olga.pk).update(**facts)


@pytest.mark.django_db(transaction=True)
def test_a_service_that_answers_while_the_profile_is_deleted_is_not_linked(cast: Cast) -> None:
    answers = overtaken(
        lambda: actions.erase(cast.olga, at=timezone.now()),
        lambda: linking.link(cast.olga, BANK, "s-1", OLGA, at=timezone.now()),
    )
    assert isinstance(answers[1], ProfileClosed)
    assert not SocialAccount.objects.exists()
    assert User.objects.get(pk=cast.olga.pk).get_full_name() == ""


@pytest.mark.parametrize("write", [adds_a_passkey, sets_up_an_app], ids=["passkey", "app"])
def test_a_factor_begun_as_a_resident_is_not_an_employees(cast: Cast, write: Callable[[User], Any]) -> None:
    job = write(User.objects.get(pk=cast.olga.pk))
    User.objects.filter(pk=cast.olga.pk).update(is_staff=True)
    with pytest.raises(ChangedMeanwhile):
        job()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("end", ["unlink", "withdraw", "erase"])
def test_who_comes_from_a_service_that_was_just_disconnected_is_told(cast: Cast, end: str) -> None:
    link = linking.link(cast.olga, BANK, "s-1", OLGA, at=timezone.now())
    under_way = SocialAccount.objects.select_related("user").get(pk=link.pk)
    if end == "unlink":
        linking.unlink(link, at=timezone.now())
    elif end == "withdraw":
        actions.revoke_consents(cast.olga, ["identity"], at=timezone.now())
    else:
        actions.erase(cast.olga, at=timezone.now())
    with pytest.raises((linking.NoLongerLinked, ProfileClosed)):
        linking.refresh(under_way, BANK, OLGA, at=timezone.now())
    assert not SocialAccount.objects.exists()


def test_withdrawing_the_consent_asks_nothing_though_disconnecting_does(
    cast: Cast, enter: Callable[[User], Any]
) -> None:
    link = linking.link(cast.olga, BANK, "s-1", OLGA, at=timezone.now())
    olga = enter(cast.olga)
    assert olga.get(f"/profile/identity/{link.pk}/disconnect/")["Location"].startswith("/profile/confirm/")
    assert olga.post("/profile/consents/", {"purpose": "identity"})["Location"] == "/profile/consents/"
    assert not SocialAccount.objects.exists()
