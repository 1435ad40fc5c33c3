"""The optional password: set after a fresh proof, changed, removed; other devices are signed out."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from accounts import actions
from accounts.forms import NewPasswordForm
from accounts.models import User
from accounts.tests.tools import at_once
from notifications.models import Notice
from portal.testing import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A2", "A3", "E9")]
GOOD = "длинная фраза 1977"
Enter = Callable[[User], Client]


@pytest.fixture
def nina(cast: Cast, codes: list[str]) -> Client:
    """Nina, who has just come in by a code."""
    client = Client(headers={"accept-language": "en"})
    client.post("/in/", {"address": cast.nina.phone, "channel": "sms"})
    client.post("/in/code/", {"code": codes.pop()})
    return client


def test_nina_sets_a_password_without_an_old_one(cast: Cast, nina: Client) -> None:
    assert nina.post("/profile/password/", {"password": GOOD})["Location"] == "/profile/"
    cast.nina.refresh_from_db()
    assert cast.nina.check_password(GOOD)
    assert nina.get("/profile/").status_code == 200
    assert Notice.objects.filter(kind="accounts.password_changed", user=cast.nina).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a new password"),
        ("short", "too short"),
        ("password12", "too common"),
        ("Нинина Нина", "too similar"),
    ],
)
def test_a_weak_password_is_told(cast: Cast, nina: Client, typed: str, sentence: str) -> None:
    page = nina.post("/profile/password/", {"password": typed})
    assert page.status_code == 422
    assert sentence in page.content.decode()
    cast.nina.refresh_from_db()
    assert not cast.nina.has_usable_password()


def test_other_devices_are_signed_out(cast: Cast, nina: Client, enter: Enter) -> None:
    other = enter(cast.nina)
    assert other.get("/profile/").status_code == 200
    nina.post("/profile/password/", {"password": GOOD})
    assert other.get("/profile/").status_code == 302
    assert nina.get("/profile/sessions/").content.decode().count("Last used") == 1


def test_a_password_is_removed(cast: Cast, nina: Client) -> None:
    nina.post("/profile/password/", {"password": GOOD})
    assert nina.get("/profile/password/remove/").status_code == 200
    assert nina.post("/profile/password/remove/")["Location"] == "/profile/"
    cast.nina.refresh_from_db()
    assert not cast.nina.has_usable_password()
    assert nina.get("/profile/password/remove/")["Location"] == "/profile/"


def test_an_old_sign_in_confirms_first(cast: Cast, nina: Client, clock: Callable[[int], None]) -> None:
    clock(601)
    assert (
        nina.post("/profile/password/", {"password": GOOD})["Location"] == "/profile/confirm/?next=/profile/password/"
    )
    cast.nina.refresh_from_db()
    assert not cast.nina.has_usable_password()


# --- Two clicks -----------------------------------------------------------------------------------------------------
def copy_of(browser: Client) -> Client:
    """The same browser before an answer came: its cookies as they are now."""
    other = Client(headers={"accept-language": "en"})
    for name, morsel in browser.cookies.items():
        other.cookies[name] = morsel.value
    return other


@pytest.mark.parametrize("page", ["/profile/password/", "/profile/password/remove/"])
def test_a_second_click_after_the_first_answer_was_lost_stays_signed_in(cast: Cast, nina: Client, page: str) -> None:
    if "remove" in page:
        nina.post("/profile/password/", {"password": GOOD, "idem": str(uuid.uuid4())})
    form = {"password": GOOD, "idem": str(uuid.uuid4())}
    second = copy_of(nina)
    Notice.objects.all().delete()
    assert nina.post(page, form)["Location"] == "/profile/"
    assert second.post(page, form)["Location"] == "/profile/"
    assert second.get("/profile/").status_code == nina.get("/profile/").status_code == 200
    assert Notice.objects.filter(kind="accounts.password_changed").count() == 1


def test_a_form_without_a_key_is_followed_nowhere(cast: Cast, nina: Client) -> None:
    second = copy_of(nina)
    nina.post("/profile/password/", {"password": GOOD})
    assert second.post("/profile/password/", {"password": GOOD})["Location"].startswith("/in/")
    assert second.get("/profile/").status_code == 302


def test_a_copy_of_the_old_session_opens_nothing(cast: Cast, nina: Client) -> None:
    thief, form = copy_of(nina), {"password": GOOD, "idem": str(uuid.uuid4())}
    nina.post("/profile/password/", form)
    assert thief.get("/profile/").status_code == 302
    assert thief.post("/profile/password/", form | {"idem": str(uuid.uuid4())})["Location"].startswith("/in/")
    assert thief.post("/profile/password/", {"password": GOOD})["Location"].startswith("/in/")
    del thief.cookies["device"]
    assert thief.post("/profile/password/", form)["Location"].startswith("/in/")


def test_the_trace_of_the_old_key_is_gone_after_a_minute(
    cast: Cast, nina: Client, clock: Callable[[int], None]
) -> None:
    late, form = copy_of(nina), {"password": GOOD, "idem": str(uuid.uuid4())}
    nina.post("/profile/password/", form)
    clock(61)
    assert late.post("/profile/password/", form)["Location"].startswith("/in/")


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_stay_signed_in(cast: Cast, nina: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    form, save = {"password": GOOD, "idem": str(uuid.uuid4())}, actions.set_password

    def slowly(*args: object, **kwargs: object) -> User:
        threading.Event().wait(1)  # long enough for the second click to come in
        return save(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "set_password", slowly)
    browsers = [nina, copy_of(nina)]
    answers = at_once(2, lambda number: browsers[number].post("/profile/password/", form).get("Location"))
    assert answers == ["/profile/", "/profile/"]
    assert [browser.get("/profile/").status_code for browser in browsers] == [200, 200]
    assert Notice.objects.filter(kind="accounts.password_changed").count() == 1


# --- How long -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("nina", "аист 19772", ""),
        ("nina", "аист 1977", "at least 10"),
        ("mark", "аист 19772 м", ""),
        ("mark", "аист 19772!", "at least 12"),
        ("sofia", "аист 19772!", "at least 12"),
        ("mark", "password1234", "too common"),
        ("mark", "а" * 129, "at most 128"),
        ("mark", "аисты летят " * 10, ""),
    ],
    ids=["resident", "short", "employee", "short for one", "for a superuser", "common", "too long", "a sentence"],
)
def test_the_length_goes_by_what_the_person_may(cast: Cast, name: str, typed: str, sentence: str) -> None:
    form = NewPasswordForm({"password": typed}, user=getattr(cast, name))
    errors = str(form.errors.get("password", ""))
    assert sentence in errors if sentence else form.is_valid(), errors


def test_a_short_password_is_told_with_one_length(cast: Cast) -> None:
    form = NewPasswordForm({"password": "аист"}, user=cast.mark)
    assert "12" in str(form.errors)
    assert "10" not in str(form.errors)


@pytest.mark.parametrize(("name", "length"), [("nina", "10"), ("mark", "12"), ("sofia", "12")])
def test_the_form_says_the_length_before_it_is_filled_in(cast: Cast, name: str, length: str) -> None:
    assert f"at least {length} characters" in NewPasswordForm(user=getattr(cast, name)).fields["password"].help_text


def test_a_password_may_be_pasted(cast: Cast, nina: Client) -> None:
    page = nina.get("/profile/password/").content.decode()
    assert 'autocomplete="new-password"' in page
    assert "onpaste" not in page
