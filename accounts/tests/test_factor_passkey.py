"""A passkey as an employee's second factor: instead of the app, at the challenge, and before important steps."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.factors import totp
from accounts.models import User
from accounts.tests.soft_key import SoftKey, add_passkey, ask, send
from portal.testing import Cast

pytestmark = pytest.mark.django_db
ADD, OPTIONS = "/factor/set-up/passkey/", "/factor/set-up/passkey/options/"


def before_factor(user: User) -> Client:
    """Signed in, but no second factor yet."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def anna_key(cast: Cast) -> SoftKey:
    """Anna has set up a passkey instead of an app."""
    key, anna = SoftKey(counts=True), before_factor(cast.anna)
    made = send(anna, ADD, key.create(ask(anna, OPTIONS)), name="Рабочий телефон")
    assert made["Location"] == "/factor/codes/"
    return key


def test_a_passkey_is_set_up_instead_of_an_app(cast: Cast) -> None:
    anna = before_factor(cast.anna)
    assert "Add a passkey" in anna.get("/factor/set-up/").content.decode()
    assert "Step 2 of 3" in anna.get(ADD).content.decode()
    answer = SoftKey().create(ask(anna, OPTIONS))
    assert send(anna, ADD, answer, name="Телефон")["Location"] == "/factor/codes/"
    codes = totp.recovery_codes(cast.anna)
    assert codes
    assert codes.get_unused_codes()[0][:4] in anna.get("/factor/codes/").content.decode()
    assert anna.get("/admin/").status_code == 200


def test_a_first_passkey_brings_fresh_codes_where_some_stand_already(cast: Cast, settings: Any) -> None:
    """In the demo, also for who passed with a printed code and adds the passkey in the profile."""
    settings.DEMO = True
    printed = totp.printed_code(cast.anna)
    anna = before_factor(cast.anna)
    assert anna.post("/factor/", {"code": printed}).status_code == 302
    assert anna.get("/profile/passkeys/add/")["Location"] == ADD
    assert send(anna, ADD, SoftKey().create(ask(anna, OPTIONS)), name="Телефон")["Location"] == "/factor/codes/"
    codes = totp.recovery_codes(cast.anna)
    assert codes
    assert len(codes.get_unused_codes()) == 10
    assert codes.get_unused_codes()[0][:4] in anna.get("/factor/codes/").content.decode()


def test_the_challenge_takes_the_passkey(cast: Cast, anna_key: SoftKey) -> None:
    anna = before_factor(cast.anna)
    assert anna.get("/admin/")["Location"] == "/factor/?next=/admin/"
    assert "Use a passkey" in anna.get("/factor/?next=/admin/").content.decode()
    assert send(anna, "/factor/passkey/", anna_key.get(ask(anna)))["Location"] == "/admin/"
    assert anna.get("/admin/").status_code == 200


def test_signing_in_by_passkey_is_both_steps_at_once(cast: Cast, anna_key: SoftKey, client: Client) -> None:
    assert send(client, "/in/passkey/", anna_key.get(ask(client))).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_wrong_answer_opens_nothing(cast: Cast, anna_key: SoftKey) -> None:
    anna = before_factor(cast.anna)
    ask(anna)
    refused = send(anna, "/factor/passkey/", {})
    assert refused.status_code == 422
    assert '<form method="post" action="/factor/"' in refused.content.decode()  # the code is asked for on the same page
    assert anna.get("/admin/").status_code == 302


def test_a_refused_passkey_leaves_the_codes_of_the_challenge(cast: Cast, anna_key: SoftKey) -> None:
    anna = before_factor(cast.anna)
    anna.get("/factor/?next=/admin/")
    ask(anna)
    for status, sentence in [(422, "The passkey did not work")] * 10 + [(429, "There were too many tries")]:
        refused = send(anna, "/factor/passkey/", {})
        page = refused.content.decode()
        assert refused.status_code == status
        assert sentence in page.split('autofocus aria-labelledby="summary-title"')[1].split("</div>")[0]
        assert '<form method="post" action="/factor/"' in page  # the code does not go to the door that refused
        assert "Use a passkey" in page
        assert refused["Cache-Control"] == "no-store"
    codes = totp.recovery_codes(cast.anna)
    assert codes
    assert anna.post("/factor/", {"code": codes.get_unused_codes()[0]})["Location"] == "/admin/"


def test_who_has_a_factor_adds_none_before_proving_it(cast: Cast, anna_key: SoftKey) -> None:
    thief = before_factor(cast.anna)
    for door in (ADD, OPTIONS, "/profile/passkeys/options/"):
        assert thief.post(door)["Location"].startswith("/factor/")


def test_a_factor_set_up_meanwhile_must_be_proved(cast: Cast) -> None:
    one, other = before_factor(cast.anna), before_factor(cast.anna)
    answers = [SoftKey().create(ask(client, OPTIONS)) for client in (one, other)]
    assert send(one, ADD, answers[0], name="Один").status_code == 302
    assert send(other, ADD, answers[1], name="Другой")["Location"].startswith("/factor/")
    assert Authenticator.objects.filter(user=cast.anna, type="webauthn").count() == 1


def test_the_passkey_is_a_fresh_proof_of_an_employee(
    cast: Cast, anna_key: SoftKey, client: Client, clock: Callable[[int], None]
) -> None:
    send(client, "/in/passkey/", anna_key.get(ask(client)))
    clock(601)
    client.get("/profile/")
    led = client.get("/profile/passkeys/add/")["Location"]
    assert led.startswith("/factor/")
    client.get(led)
    assert send(client, "/factor/passkey/", anna_key.get(ask(client)))["Location"] == "/profile/passkeys/add/"
    assert client.get("/profile/passkeys/add/").status_code == 200


def test_an_employee_keeps_the_last_factor(cast: Cast, anna_key: SoftKey, client: Client) -> None:
    send(client, "/in/passkey/", anna_key.get(ask(client)))
    pk = Authenticator.objects.get(type="webauthn").pk
    refused = client.post(f"/profile/passkeys/{pk}/remove/")
    assert refused.status_code == 409
    assert "only second factor" in refused.content.decode()
    assert add_passkey(client, SoftKey()).status_code == 302
    assert client.post(f"/profile/passkeys/{pk}/remove/").status_code == 302


def test_residents_have_no_such_doors(cast: Cast) -> None:
    olga = before_factor(cast.olga)
    for door in ("/factor/passkey/", ADD, OPTIONS):
        assert olga.post(door).status_code == 404
