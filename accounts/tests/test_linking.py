"""Linking identity services: one subject opens one profile, one profile is one human, and nothing outlives the consent."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions, signals
from accounts.identity import linking
from accounts.identity.catalog import IdentityService, name_in_languages
from accounts.identity.claims import PersonFacts
from accounts.models import Consent, User, VerifiedPerson
from accounts.tests.tools import at_once
from notifications.models import Notice
from portal.testing import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A4")]
BANK = IdentityService("bank", "Банк", "bank", "https://bank.example.org", "c", "s", country="RU")
STATE = replace(BANK, id="state", name="Держава", kind="state", issuer="https://state.example.org")
BORN = date(1990, 1, 1)
OLGA = PersonFacts("Олина", "Ольга", "Олеговна", BORN, {"inn": "500100732259"}, level=2)
MARRIED = replace(OLGA, last_name="Петрова")
OTHER = PersonFacts("Нинина", "Нина", "Олеговна", date(1991, 2, 2), {"inn": "500100732259"[::-1]})
AT = timezone.now()


@pytest.fixture
def olga() -> User:
    return make_user("Оля", "Олина", email="olga@example.com")


@pytest.fixture(autouse=True)
def services(settings: Any) -> None:
    settings.IDENTITY_SERVICES = [BANK, STATE]


def kinds() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


def names(user: User) -> str:
    return User.objects.get(pk=user.pk).get_full_name()


def test_a_notice_names_the_service_in_the_readers_language(olga: User, settings: Any) -> None:
    User.objects.filter(pk=olga.pk).update(language="uk")
    settings.IDENTITY_SERVICES = [
        replace(BANK, name=name_in_languages({"ru": "Банк", "uk": "Банківський вхід"}, "bank"))
    ]
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    assert Notice.objects.get(kind="accounts.identity_linked").context == {"service": "Банківський вхід"}


def test_a_link_keeps_who_the_person_is(olga: User) -> None:
    identity = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    row = VerifiedPerson.objects.get()
    assert (identity.provider, identity.uid, identity.user) == ("bank", "s-1", olga)
    assert (row.get_full_name(), row.birth_date, row.level, row.verified_at) == (OLGA.get_full_name(), BORN, 2, AT)
    assert names(olga) == "Олина Ольга Олеговна"
    assert linking.verified_person(olga) == row
    assert olga.consents.in_force().filter(purpose="identity").count() == 1
    told = Notice.objects.get(kind="accounts.identity_linked")
    assert set(told.deliveries.values_list("channel", flat=True)) == {"inbox", "email"}


def test_identifiers_are_sealed_and_shown_by_their_end(olga: User) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    row = VerifiedPerson.objects.get()
    assert b"500100732259" not in bytes(row.identifiers_sealed)
    assert linking.identifiers_of(row) == {"inn": "500100732259"}
    assert linking.masked_identifiers(row) == {"inn": "•••• 2259"}


def test_the_rooms_above_hear_who_was_confirmed(olga: User) -> None:
    heard: list[Any] = []

    def listen(sender: Any, user: User, person: VerifiedPerson, **facts: Any) -> None:
        heard.append((user.pk, person.level, transaction.get_connection().in_atomic_block))

    signals.person_verified.connect(listen)
    identity = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    linking.refresh(identity, BANK, replace(OLGA, level=3), at=AT)
    linking.refresh(identity, BANK, None, at=AT)
    signals.person_verified.disconnect(listen)
    assert heard == [(olga.pk, 2, True), (olga.pk, 3, True)]


def test_a_subject_without_names_is_linked_only_for_signing_in(olga: User) -> None:
    identity = linking.link(olga, BANK, "s-1", None, at=AT)
    assert SocialAccount.objects.filter(user=olga).exists()
    assert linking.verified_person(olga) is None
    assert names(olga) == "Олина Оля"
    linking.refresh(identity, BANK, OLGA, at=AT)  # the next time the service tells them
    assert names(olga) == "Олина Ольга Олеговна"
    linking.refresh(identity, BANK, None, at=AT)  # and then no more
    assert VerifiedPerson.objects.filter(last_name="Олина").exists()


def test_a_patronymic_that_no_service_tells_stays(olga: User) -> None:
    User.objects.filter(pk=olga.pk).update(patronymic="Олеговна")
    linking.link(olga, BANK, "s-1", replace(OLGA, patronymic=""), at=AT)
    assert names(olga) == "Олина Ольга Олеговна"


def test_the_same_subject_opens_only_one_profile(olga: User) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    nina = make_user("Нина", "Нинина")
    with pytest.raises(linking.IdentityTaken):
        linking.link(nina, BANK, "s-1", OLGA, at=AT)
    assert not SocialAccount.objects.filter(user=nina).exists()
    assert not Consent.objects.filter(user=nina).exists()
    assert names(nina) == "Нинина Нина"


@pytest.mark.django_db(transaction=True)
def test_of_two_profiles_at_once_one_gets_the_subject() -> None:
    users = [make_user("Оля", f"Олина{number}") for number in range(4)]
    results = at_once(4, lambda number: linking.link(users[number], BANK, "s-1", OLGA, at=AT))
    assert sorted(type(result).__name__ for result in results) == ["IdentityTaken"] * 3 + ["SocialAccount"]
    winner = SocialAccount.objects.get().user
    assert VerifiedPerson.objects.get().user == winner
    assert Consent.objects.get().user == winner


@pytest.mark.django_db(transaction=True)
def test_two_services_at_once_cannot_name_two_people() -> None:
    user = make_user("Оля", "Олина")
    answers = [(BANK, OLGA), (STATE, OTHER)]
    results = at_once(2, lambda number: linking.link(user, answers[number][0], "s-1", answers[number][1], at=AT))
    assert sorted(type(result).__name__ for result in results) == ["AnotherPerson", "SocialAccount"]
    assert VerifiedPerson.objects.count() == 1


def test_a_second_click_changes_nothing_and_tells_nobody(olga: User) -> None:
    first = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    assert linking.link(olga, BANK, "s-1", OLGA, at=AT + timedelta(seconds=1)) == first
    assert kinds() == ["accounts.identity_linked"]


def test_one_service_has_one_login_per_profile(olga: User) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    with pytest.raises(linking.AlreadyLinked):
        linking.link(olga, BANK, "s-2", OLGA, at=AT)
    assert SocialAccount.objects.get().uid == "s-1"


def test_a_second_service_that_names_somebody_else_is_refused(olga: User) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    with pytest.raises(linking.AnotherPerson):
        linking.link(olga, STATE, "t-1", OTHER, at=AT)
    assert SocialAccount.objects.count() == 1
    assert names(olga) == "Олина Ольга Олеговна"


@pytest.mark.parametrize(
    "written", [OLGA, replace(OLGA, last_name="ОЛИНА", first_name="ОЛЬГА", birth_date=None, identifiers={})]
)
def test_a_second_service_that_names_the_same_human_is_linked(olga: User, written: PersonFacts) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    linking.link(olga, STATE, "t-1", replace(written, level=3), at=AT)
    best = linking.verified_person(olga)
    assert best is not None
    assert best.identity.provider == "state"
    assert names(olga) == best.get_full_name()


def test_changed_claims_change_what_is_kept(olga: User) -> None:
    identity = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    later = AT + timedelta(days=1)
    linking.refresh(identity, BANK, replace(MARRIED, level=3, identifiers={"snils": "11223344595"}), at=later)
    row = VerifiedPerson.objects.get()
    assert (row.last_name, row.level, row.verified_at) == ("Петрова", 3, later)
    assert linking.identifiers_of(row) == OLGA.identifiers | {"snils": "11223344595"}
    assert names(olga) == "Петрова Ольга Олеговна"


def test_what_a_service_stops_telling_still_tells_another_human_apart(olga: User) -> None:
    identity = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    linking.refresh(identity, BANK, replace(OLGA, birth_date=None, identifiers={}), at=AT)
    row = VerifiedPerson.objects.get()
    assert (row.birth_date, linking.identifiers_of(row)) == (OLGA.birth_date, OLGA.identifiers)


def test_another_human_on_refresh_changes_nothing_and_the_owner_is_told(olga: User) -> None:
    identity = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    with pytest.raises(linking.AnotherPerson):
        linking.refresh(identity, BANK, OTHER, at=AT + timedelta(days=1))
    assert VerifiedPerson.objects.get().verified_at == AT
    assert names(olga) == "Олина Ольга Олеговна"
    assert kinds() == ["accounts.identity_linked", "accounts.identity_refused"]


def test_unlinking_the_last_service_ends_the_consent_and_leaves_the_names(olga: User) -> None:
    identity = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    linking.unlink(identity, at=AT)
    linking.unlink(identity, at=AT)
    assert not SocialAccount.objects.exists()
    assert not VerifiedPerson.objects.exists()
    assert not olga.consents.in_force().exists()
    assert names(olga) == "Олина Ольга Олеговна"
    assert kinds() == ["accounts.identity_linked", "accounts.identity_unlinked"]


def test_unlinking_one_of_two_falls_back_to_the_other(olga: User) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    best = linking.link(olga, STATE, "t-1", replace(MARRIED, level=3), at=AT)
    assert names(olga) == "Петрова Ольга Олеговна"
    linking.unlink(best, at=AT)
    assert names(olga) == "Олина Ольга Олеговна"
    assert olga.consents.in_force().filter(purpose="identity").exists()


@pytest.mark.parametrize("purpose", ["identity", "personal_data"])
def test_a_withdrawn_consent_unlinks_everything(olga: User, purpose: str) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    linking.link(olga, STATE, "t-1", OLGA, at=AT)
    actions.revoke_consents(olga, [purpose], at=AT)
    assert not SocialAccount.objects.exists()
    assert not VerifiedPerson.objects.exists()
    assert not olga.consents.in_force().filter(purpose="identity").exists()
    assert olga.consents.filter(purpose="identity").exists()  # as history
    assert names(olga) == "Олина Ольга Олеговна"


def test_another_consent_unlinks_nothing(olga: User) -> None:
    linking.link(olga, BANK, "s-1", OLGA, at=AT)
    actions.revoke_consents(olga, ["sms", "email"], at=AT)
    assert SocialAccount.objects.exists()


@pytest.mark.feature("E9")
def test_a_service_is_no_way_in_that_may_be_the_only_one() -> None:
    user = make_user("Оля", "Олина")
    linking.link(user, BANK, "s-1", OLGA, at=AT)
    with pytest.raises(actions.LastContact):
        actions.remove_contact(user, "phone", at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(phone=None)


def test_a_service_that_the_deployment_no_longer_has_goes_by_its_id(olga: User, settings: Any) -> None:
    identity = linking.link(olga, BANK, "s-1", OLGA, at=AT)
    settings.IDENTITY_SERVICES = []
    linking.unlink(identity, at=AT)
    assert Notice.objects.get(kind="accounts.identity_unlinked").context == {"service": "bank"}
