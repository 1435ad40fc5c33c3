"""P03: the first visit asks names, language and notices."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Consent, User
from portal.testing import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A1", "D2")]
Enter = Callable[[User], Client]
NAMES = {"last_name": "О’Коннор-Мартинович", "first_name": "Марʼяна", "patronymic": "", "language": "uk"}


@pytest.fixture
def newcomer() -> User:
    return make_user(welcomed_at=None, email="new@example.com")


def test_names_and_language_are_kept(newcomer: User, enter: Enter) -> None:
    client = enter(newcomer)
    assert client.get("/in/welcome/").status_code == 200
    assert client.post("/in/welcome/", NAMES)["Location"] == "/home/"
    newcomer.refresh_from_db()
    assert newcomer.get_full_name() == "О’Коннор-Мартинович Марʼяна"
    assert newcomer.language == "uk"
    assert newcomer.welcomed_at is not None


def test_it_may_be_skipped(newcomer: User, enter: Enter) -> None:
    assert enter(newcomer).post("/in/welcome/", {"skip": "1"})["Location"] == "/home/"
    newcomer.refresh_from_db()
    assert newcomer.welcomed_at is not None


def test_notices_are_agreed_to_one_by_one(newcomer: User, enter: Enter) -> None:
    page = enter(newcomer).get("/in/welcome/").content.decode()
    assert "checked" not in page.split('name="sms"')[1].split(">")[0]
    enter(newcomer).post("/in/welcome/", NAMES | {"email": "on"})
    assert list(Consent.objects.values_list("purpose", flat=True)) == ["email"]


def test_a_person_without_a_phone_is_not_offered_sms(enter: Enter) -> None:
    user = make_user(welcomed_at=None, email="only@example.com", phone=None)
    page = enter(user).get("/in/welcome/").content.decode()
    assert 'name="sms"' not in page
    assert 'name="email"' in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"last_name": ""}, "Enter your last name"),
        ({"first_name": " "}, "Enter your first name"),
        ({"first_name": "<b>Olga</b>"}, "Write the name with letters"),
        ({"last_name": "Olina2"}, "Write the name with letters"),
        ({"last_name": "я" * 81}, "80"),
        ({"language": "xx"}, "xx"),
    ],
)
def test_a_wrong_name_is_told_beside_the_field(
    newcomer: User, enter: Enter, change: dict[str, str], sentence: str
) -> None:
    page = enter(newcomer).post("/in/welcome/", NAMES | change)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert NAMES["patronymic"] in page.content.decode()


def test_a_surname_of_eighty_letters_fits(newcomer: User, enter: Enter) -> None:
    assert enter(newcomer).post("/in/welcome/", NAMES | {"last_name": "я" * 80}).status_code == 302


def test_a_stranger_signs_in_first(client: Client) -> None:
    assert client.get("/in/welcome/")["Location"] == "/in/?next=/in/welcome/"
