"""What an employee has set up, in the profile: a new app, new recovery codes, never none; and the printed code of the demo."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.test import Client
from django.utils import timezone

from accounts.factors import gate, totp
from accounts.models import User
from accounts.tests.test_factor import SECRET, answer, before_factor, code_now, recovery, with_app
from notifications.models import Notice
from portal.testing import Cast, prove

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
Clock = Callable[[int], None]


def test_the_profile_says_what_is_set_up(cast: Cast, enter: Enter) -> None:
    page = enter(cast.mark).get("/profile/").content.decode()
    assert "Second factor" in page
    assert "Not set up" in page
    assert "App with codes" in enter(with_app(cast.anna)).get("/profile/").content.decode()


def test_the_page_says_what_is_left_and_when_it_was_used(cast: Cast, enter: Enter) -> None:
    client = before_factor(with_app(cast.anna))
    answer(client, recovery(cast.anna)[0])
    page = client.get("/profile/factors/").content.decode()
    assert "9 codes are left." in page
    assert "Last used" in page
    assert not [code for code in recovery(cast.anna) if code in page.replace(" ", "")]


def test_the_key_is_shown_as_a_picture_and_in_fours(cast: Cast) -> None:
    client = before_factor(cast.mark)
    page = client.get("/factor/set-up/app/").content.decode()
    key = decrypt(client.session[totp.SECRET])
    assert 'src="data:image/png;base64,' in page
    assert " ".join(key[at : at + 4] for at in range(0, 32, 4)) in page
    assert key not in str(client.session.items())
    assert client.get("/factor/set-up/app/").content.decode().count(key[:4]) == 1


def test_a_wrong_first_code_sets_nothing_up(cast: Cast) -> None:
    client = before_factor(cast.mark)
    client.get("/factor/set-up/app/")
    page = client.post("/factor/set-up/app/", {"code": "000000"})
    assert page.status_code == 422
    assert "not the code that belongs to this key" in page.content.decode()
    assert not Authenticator.objects.exists()


def test_the_key_is_sealed_and_the_first_code_is_used_up(cast: Cast) -> None:
    with_app(cast.mark)
    row = Authenticator.objects.get(user=cast.mark, type="totp")
    assert SECRET not in str(row.data)
    assert decrypt(row.data["secret"]) == SECRET
    assert row.data[totp.STEP]


def test_ten_codes_are_shown_once(cast: Cast, clock: Clock) -> None:
    client = before_factor(cast.mark)
    client.get("/factor/set-up/app/")
    code = totp.code_at(decrypt(client.session[totp.SECRET]), timezone.now())
    client.post("/factor/set-up/app/", {"code": code})
    page = client.get("/factor/codes/")
    shown = page.content.decode()
    assert [f"{one[:4]} {one[4:]}" in shown for one in recovery(cast.mark)] == [True] * 10
    assert page["Cache-Control"] == "no-store"
    client.post("/factor/codes/")
    assert client.get("/factor/codes/")["Location"] == "/profile/factors/"
    assert Notice.objects.get(kind="accounts.factor_added", user=cast.mark).context == {"what": "app"}


@pytest.mark.parametrize("wanted", ["", "/home/", "/profile/names/"])
def test_the_first_factor_always_brings_fresh_codes_and_leads_on(cast: Cast, settings: Any, wanted: str) -> None:
    """Also where codes stand already that nobody was shown: the demo's. Then on to what was asked for, else to work."""
    settings.DEMO = True
    printed = totp.printed_code(cast.mark)
    client = before_factor(cast.mark)
    client.get(f"/factor/?next={wanted}")
    assert _sets_up(client)["Location"] == "/factor/codes/"
    page = client.get("/factor/codes/").content.decode()
    assert "Step 3 of 3" in page
    assert [f"{one[:4]} {one[4:]}" in page for one in recovery(cast.mark)] == [True] * 10
    assert printed not in recovery(cast.mark)
    assert totp.printed_code(cast.mark) in recovery(cast.mark)
    there = wanted if wanted.startswith("/profile/") else "/admin/"
    assert client.post("/factor/codes/")["Location"] == there
    assert answer(before_factor(cast.mark), printed).status_code == 422


def _sets_up(client: Client) -> Any:
    client.get("/factor/set-up/app/")
    code = totp.code_at(decrypt(client.session[totp.SECRET]), timezone.now())
    return client.post("/factor/set-up/app/", {"code": code})


def test_new_codes_are_no_step_of_a_set_up_and_lead_back_to_the_profile(cast: Cast, enter: Enter) -> None:
    client = prove(enter(with_app(cast.mark)))
    client.post("/profile/factors/codes/")
    assert "Step 3 of 3" not in client.get("/factor/codes/").content.decode()
    assert client.post("/factor/codes/")["Location"] == "/profile/factors/"
    assert 'href="/admin/"' in client.get("/profile/factors/").content.decode()


def test_codes_that_were_left_open_are_not_shown_later(cast: Cast, enter: Enter, clock: Clock) -> None:
    client = prove(enter(with_app(cast.mark)))
    client.post("/profile/factors/codes/")
    clock(601)
    assert client.get("/factor/codes/")["Location"] == "/profile/factors/"


def test_new_codes_make_the_old_ones_void_and_need_a_fresh_factor(cast: Cast, enter: Enter) -> None:
    client, old = enter(with_app(cast.mark)), recovery(cast.mark)
    assert client.post("/profile/factors/codes/")["Location"] == "/factor/?next=/profile/factors/codes/"
    assert recovery(cast.mark) == old
    prove(client)
    assert client.post("/profile/factors/codes/")["Location"] == "/factor/codes/"
    assert not set(recovery(cast.mark)) & set(old)
    assert answer(before_factor(cast.mark), old[0]).status_code == 422


def test_a_new_app_needs_a_fresh_factor_and_ends_the_old_one(cast: Cast, enter: Enter, clock: Clock) -> None:
    client = enter(with_app(cast.mark))
    assert client.get("/factor/set-up/app/")["Location"] == "/factor/?next=/factor/set-up/app/"
    prove(client)
    client.get("/factor/set-up/app/")
    key = decrypt(client.session[totp.SECRET])
    done = client.post("/factor/set-up/app/", {"code": totp.code_at(key, timezone.now())})
    assert done["Location"] == "/profile/factors/"
    assert Authenticator.objects.filter(user=cast.mark, type="totp").count() == 1
    assert answer(before_factor(cast.mark), code_now()).status_code == 422
    kinds = set(Notice.objects.filter(user=cast.mark).values_list("kind", flat=True))
    assert {"accounts.factor_added", "accounts.factor_removed"} <= kinds


def test_an_employee_keeps_the_last_factor(cast: Cast) -> None:
    with_app(cast.mark)
    app = Authenticator.objects.get(user=cast.mark, type="totp")
    assert not gate.may_remove(app)
    Authenticator.objects.create(user=cast.mark, type="webauthn", data={"name": "x", "credential": {}})
    assert gate.may_remove(app)
    User.objects.filter(pk=cast.mark.pk).update(is_staff=False)
    assert gate.may_remove(Authenticator.objects.get(user=cast.mark, type="webauthn"))


def test_the_demo_prints_a_code_that_opens_it(cast: Cast, settings: Any, clock: Clock) -> None:
    settings.DEMO = True
    for _turn in range(11):
        client = before_factor(cast.mark)
        assert client.get("/admin/")["Location"] == "/factor/?next=/admin/"
        page = client.get("/factor/").content.decode()
        assert "Demo: your recovery code is" in page
        assert "/factor/set-up/" in page
        code = totp.printed_code(cast.mark)
        assert code in page
        assert answer(client, code).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert before_factor(cast.mark).get("/factor/set-up/app/").status_code == 200


def test_nothing_is_printed_outside_of_the_demo(cast: Cast) -> None:
    page = before_factor(with_app(cast.mark)).get("/factor/").content.decode()
    assert "Demo" not in page
    assert not [code for code in recovery(cast.mark) if code in page]
    with pytest.raises(RuntimeError):
        totp.printed_code(cast.mark)
