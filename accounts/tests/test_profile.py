"""P31: the profile, its names and look, and what was agreed to."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Consent, User
from accounts.notices import NEW_DEVICE, PASSWORD_CHANGED
from notifications.actions import notify
from portal.testing import Cast
from premises.notices import LINK_CHANGED, LINKED, REQUEST_ANSWERED

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
PAGES = [
    "", "names/", "look/", "phone/", "email/", "contact/code/", "password/", "password/remove/", "consents/", "sessions/",
    "delete/", "confirm/", "confirm/code/", "phone/remove/", "email/remove/",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_signs_in_first(client: Client, page: str) -> None:
    response = client.get(f"/profile/{page}")
    assert response.status_code == 302
    assert response["Location"].startswith("/in/?next=")


@pytest.mark.feature("A3")
def test_everybody_sees_only_their_own_profile(cast: Cast, enter: Enter) -> None:
    for user, other in ((cast.nina, cast.olga), (cast.pavel, cast.olga), (cast.olga, cast.nina)):
        page = enter(user).get("/profile/").content.decode()
        assert user.first_name in page
        assert other.last_name not in page


@pytest.mark.feature("A3", "E9")
def test_olga_changes_her_names(cast: Cast, enter: Enter) -> None:
    client = enter(cast.olga)
    assert 'value="Олина"' in client.get("/profile/names/").content.decode()
    names = {"last_name": "  Новая   Фамилия ", "first_name": "Ольга", "patronymic": "Олеговна"}
    assert client.post("/profile/names/", names)["Location"] == "/profile/"
    cast.olga.refresh_from_db()
    assert cast.olga.get_full_name() == "Новая Фамилия Ольга Олеговна"


def test_extra_fields_change_nothing(cast: Cast, enter: Enter) -> None:
    names = {"last_name": "Олина", "first_name": "Ольга", "is_staff": "1", "is_superuser": "1", "phone": "+79990000000"}
    enter(cast.olga).post("/profile/names/", names)
    cast.olga.refresh_from_db()
    assert not cast.olga.is_staff
    assert not cast.olga.is_superuser
    assert cast.olga.phone != "+79990000000"


def test_a_wrong_name_keeps_what_was_typed(cast: Cast, enter: Enter) -> None:
    page = enter(cast.olga).post("/profile/names/", {"last_name": "Олина", "first_name": "1"})
    assert page.status_code == 422
    assert 'value="1"' in page.content.decode()
    cast.olga.refresh_from_db()
    assert cast.olga.first_name == "Ольга"


@pytest.mark.feature("D2")
def test_nina_switches_a_consent_on_and_off(cast: Cast, enter: Enter) -> None:
    client = enter(cast.nina)
    client.post("/profile/consents/", {"purpose": "sms", "on": "1"})
    row = Consent.objects.get()
    assert (row.user, row.purpose, row.channel, row.revoked_at) == (cast.nina, "sms", "portal", None)
    client.post("/profile/consents/", {"purpose": "sms", "on": "0"})
    row.refresh_from_db()
    assert row.revoked_at is not None
    client.post("/profile/consents/", {"purpose": "sms", "on": "1"})
    assert Consent.objects.count() == 2
    assert client.get("/profile/consents/").content.decode().count("ended on") == 1


@pytest.mark.feature("D2")
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_consent_opens_its_channel_and_its_end_closes_it(cast: Cast, enter: Enter, channel: str) -> None:
    type(cast.nina).objects.filter(pk=cast.nina.pk).update(email="nina@example.com")
    cast.nina.refresh_from_db()
    client, told = enter(cast.nina), []
    for step, answer in enumerate(["0", "1", "0"]):
        client.post("/profile/consents/", {"purpose": channel, "on": answer})
        notice = notify(REQUEST_ANSWERED, subject=f"request:{step}", at=timezone.now(), user=cast.nina)
        told.append(set(notice.deliveries.values_list("channel", flat=True)))
    assert told == [{"inbox"}, {"inbox", channel}, {"inbox"}]


@pytest.mark.feature("D2")
def test_what_is_about_security_goes_out_without_any_consent(cast: Cast) -> None:
    type(cast.nina).objects.filter(pk=cast.nina.pk).update(email="nina@example.com")
    cast.nina.refresh_from_db()
    for kind in (LINKED, LINK_CHANGED, NEW_DEVICE, PASSWORD_CHANGED):
        notice = notify(kind, subject="security", at=timezone.now(), user=cast.nina)
        assert set(notice.deliveries.values_list("channel", flat=True)) == {"inbox", "email"}


def test_the_agreement_ends_only_with_the_profile(cast: Cast, enter: Enter) -> None:
    from accounts import consents

    consents.give_consent(cast.nina, "agreement", channel="sms", at=timezone.now())
    enter(cast.nina).post("/profile/consents/", {"purpose": "agreement", "on": "0"})
    assert Consent.objects.in_force().filter(purpose="agreement").exists()


def test_a_consent_names_the_text_in_its_language(cast: Cast) -> None:
    from django.utils import translation

    from accounts import consents

    with translation.override("uk"):
        row = consents.give_consent(cast.nina, "personal_data", channel="portal", at=timezone.now())
    assert row.language == "uk"
    assert len(row.text_hash) == 64


@pytest.mark.parametrize("path", ["/agreement/", "/consent/", "/privacy/"])
def test_anybody_may_read_the_texts(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert page.content.decode().count("<h1") == 1
