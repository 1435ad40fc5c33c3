"""The flat: what each grade sees of it, and the two things a resident may change."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from meters.testing import make_meter
from portal.testing import Cast
from premises.models import UnitEdit

Enter = Callable[[User], Client]


def body(browser: Client, cast: Cast) -> str:
    page = browser.get(reverse("flat", args=[cast.account.public_id])).content.decode()
    return page.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("name", ["flat", "flat_edit"])
@pytest.mark.parametrize("who", ["nina", "pavel", "igor", "vera", "mark", "sofia"])
def test_others_meet_404(cast: Cast, enter: Enter, name: str, who: str) -> None:
    url = reverse(name, args=[cast.account.public_id])
    assert enter(getattr(cast, who)).get(url).status_code == 404
    assert enter(getattr(cast, who)).post(url).status_code in {404, 405}


@pytest.mark.feature("D3", "G1")
def test_each_grade_sees_its_own_part(cast: Cast, enter: Enter) -> None:
    cast.account.unit.contact_phone = "+79120000555"
    cast.account.unit.save()
    limited, confirmed, owner = (body(enter(user), cast) for user in (cast.tanya, cast.oleg, cast.olga))
    for page in (limited, confirmed, owner):
        assert "61" in page
        assert cast.company.phone in page
    for secret in ("Олина Ольга Олеговна", "Live here", "Registered here", "000-05-55", "0000555"):
        assert secret not in limited
    assert "Prove it" in limited
    assert "Live here" in confirmed
    assert "1/2" not in confirmed
    assert "Олин Олег" not in confirmed
    assert owner.count("1/2") == 2
    assert "Олин Олег" in owner


def test_what_is_not_known_is_no_data_and_never_zero(cast: Cast, enter: Enter) -> None:
    type(cast.account).objects.update(residents=None, registered=0)
    page = body(enter(cast.olga), cast)
    assert page.count("no data") >= 5
    residents = page.split("Live here")[1].split("</dd>")[0]
    registered = page.split("Registered here")[1].split("</dd>")[0]
    assert "no data" in residents
    assert "no data" not in registered
    assert registered.strip().endswith("0")


@pytest.mark.feature("C2", "D3")
@pytest.mark.parametrize("who", ["olga", "tanya"])
def test_the_flat_shows_its_meters_and_leads_to_their_readings(cast: Cast, enter: Enter, who: str) -> None:
    today = timezone.localdate()
    make_meter(cast.account, serial="C-1", place="kitchen", next_verification=today + timedelta(days=400))
    make_meter(cast.account, "hot", "H-1", next_verification=today + timedelta(days=40))
    make_meter(cast.account, "gas", "G-1", next_verification=today - timedelta(days=1))
    make_meter(cast.account, "power", "P-1", broken_on=today)
    make_meter(cast.account, serial="OLD", removed_on=today)
    make_meter(cast.nina_account, serial="NINA")
    page = body(enter(getattr(cast, who)), cast)
    for words in ("Cold water, kitchen", "C-1", "verified until", "verify until", "Verification expired", "Broken"):
        assert words in page
    assert "OLD" not in page
    assert "NINA" not in page
    assert reverse("readings", args=[cast.account.public_id]) in page


def test_a_flat_without_meters_says_so(cast: Cast, enter: Enter) -> None:
    assert "has not entered any meters" in body(enter(cast.olga), cast)


@pytest.mark.feature("D3", "G3")
def test_olga_changes_phone_and_intercom_once_and_it_is_remembered(cast: Cast, enter: Enter) -> None:
    browser, url = enter(cast.olga), reverse("flat_edit", args=[cast.account.public_id])
    posted = {"contact_phone": "8 (912) 000-05-55", "intercom": "12#", "idem": str(uuid.uuid4()), "label": "99"}
    for _twice in range(2):
        assert browser.post(url, posted)["Location"] == reverse("flat", args=[cast.account.public_id])
    unit = cast.account.unit
    unit.refresh_from_db()
    assert (unit.contact_phone, unit.intercom, unit.label) == ("+79120000555", "12#", "12")
    edit = UnitEdit.objects.get()
    assert (edit.by, edit.fields) == (cast.olga, "contact_phone, intercom")
    assert "You changed this on" in body(browser, cast)
    assert "Another person of this flat changed this on" in body(enter(cast.oleg), cast)
    browser.post(url, posted | {"idem": str(uuid.uuid4())})
    assert UnitEdit.objects.count() == 1  # nothing was different


@pytest.mark.parametrize("phone", ["12345", "abc", "+1 202 555 0100", "8 (495) 123-45-67"])
def test_a_wrong_phone_is_kept_and_explained(cast: Cast, enter: Enter, phone: str) -> None:
    url = reverse("flat_edit", args=[cast.account.public_id])
    response = enter(cast.olga).post(url, {"contact_phone": phone, "intercom": "call"})
    assert response.status_code == 422
    assert f'value="{phone}"' in response.content.decode()
    assert not UnitEdit.objects.exists()


def test_tanya_changes_nothing(cast: Cast, enter: Enter) -> None:
    assert enter(cast.tanya).get(reverse("flat_edit", args=[cast.account.public_id])).status_code == 404
