"""Users and consents under parallel first visits."""

import pytest
from django.utils import timezone

from accounts import actions, consents
from accounts.models import Consent, User
from accounts.tests.tools import at_once
from portal.testing import make_user


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["+79123456789", "olga@example.com"])
def test_parallel_first_visits_make_one_user(address: str) -> None:
    results = at_once(8, lambda _number: actions.find_or_create_user(address, language="ru")[0].pk)
    assert len(set(results)) == 1
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_consents_make_one_row() -> None:
    user = make_user()
    at_once(8, lambda _number: consents.give_consent(user, "sms", channel="portal", at=timezone.now()))
    assert Consent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_get_one_phone() -> None:
    users = [make_user(email=f"{number}@example.com") for number in range(4)]
    results = at_once(4, lambda number: actions.change_contact(users[number], "+79990001122", at=timezone.now()))
    assert User.objects.filter(phone="+79990001122").count() == 1
    assert sum(isinstance(result, User) for result in results) == 1


@pytest.mark.django_db(transaction=True)
def test_both_contacts_cannot_be_removed_at_once() -> None:
    user = make_user(email="olga@example.com")
    at_once(2, lambda number: actions.remove_contact(user, ["phone", "email"][number], at=timezone.now()))
    user.refresh_from_db()
    assert bool(user.phone) != bool(user.email)
