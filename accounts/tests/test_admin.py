"""People in the admin: the superuser's business only."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts import consents
from accounts.models import User
from portal.testing import Cast, prove

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]


def test_employees_do_not_see_people(cast: Cast, enter: Enter) -> None:
    for user in (cast.mark, cast.dima, cast.pavel):
        for path in (
            "/admin/accounts/user/",
            f"/admin/accounts/user/{cast.olga.pk}/change/",
            "/admin/accounts/consent/",
        ):
            assert enter(user).get(path).status_code in {302, 403, 404}


def test_the_superuser_finds_a_person_by_phone_and_sees_it_masked(cast: Cast, enter: Enter) -> None:
    phone = cast.olga.phone or ""
    page = enter(cast.sofia).get("/admin/accounts/user/", {"q": phone})
    text = page.content.decode()
    assert page.status_code == 200
    assert "Олина" in text
    assert "Нинина" not in text
    assert phone not in text.replace(f'value="{phone}"', "")


def test_a_profile_is_closed_and_signed_out(cast: Cast, enter: Enter) -> None:
    olga = enter(cast.olga)
    assert olga.get("/profile/").status_code == 200
    prove(enter(cast.sofia)).post(f"/admin/accounts/user/{cast.olga.pk}/change/", {"phone": "+79990000000"})
    cast.olga.refresh_from_db()
    assert not cast.olga.is_active
    assert cast.olga.phone != "+79990000000"
    assert olga.get("/profile/").status_code == 302


def test_a_password_is_shown_to_nobody(cast: Cast, enter: Enter) -> None:
    page = prove(enter(cast.sofia)).get(f"/admin/accounts/user/{cast.olga.pk}/change/").content.decode()
    assert "Олина" in page
    assert cast.olga.password not in page


def test_consents_are_read_only(cast: Cast, enter: Enter) -> None:
    row = consents.give_consent(cast.olga, "sms", channel="portal", at=timezone.now())
    sofia = enter(cast.sofia)
    assert sofia.get("/admin/accounts/consent/").status_code == 200
    assert sofia.post(f"/admin/accounts/consent/{row.pk}/change/", {"purpose": "email"}).status_code == 403
    assert sofia.post(f"/admin/accounts/consent/{row.pk}/delete/", {"post": "yes"}).status_code == 403
