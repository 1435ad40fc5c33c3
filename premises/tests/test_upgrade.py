"""Proving a limited link better."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Challenge, User
from notifications.models import Delivery, Notice
from notifications.sealing import unseal
from portal.testing import Cast
from premises.models import LinkRequest

Enter = Callable[[User], Client]
NAMES = ["link_upgrade", "upgrade_send", "upgrade_code", "upgrade_ask"]


def sent_code() -> str:
    secret = Notice.objects.get(kind="accounts.code").secret
    assert secret is not None
    return unseal(bytes(secret))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", ["nina", "pavel", "igor", "vera", "mark"])
def test_others_meet_404(cast: Cast, enter: Enter, name: str, who: str) -> None:
    url = reverse(name, args=[cast.account.public_id])
    browser = enter(getattr(cast, who))
    assert (browser.get if name in {"link_upgrade", "upgrade_code"} else browser.post)(url).status_code == 404
    assert not Challenge.objects.exists()


@pytest.mark.feature("G1")
def test_tanya_proves_the_phone_on_file(cast: Cast, enter: Enter) -> None:
    browser, public_id = enter(cast.tanya), cast.account.public_id
    page = browser.get(reverse("link_upgrade", args=[public_id])).content.decode()
    assert "ends with 99" in page
    assert "0999" not in page
    response = browser.post(reverse("upgrade_send", args=[public_id]))
    assert response["Location"] == reverse("upgrade_code", args=[public_id])
    assert Delivery.objects.get(notice__kind="accounts.code").address == "+79120000999"
    wrong = browser.post(response["Location"], {"code": "000000" if sent_code() != "000000" else "111111"})
    assert wrong.status_code == 422
    right = browser.post(response["Location"], {"code": sent_code()})
    assert right["Location"] == f"/a/{public_id}/"
    link = cast.tanya.links.get()
    assert (link.grade, link.method) == ("confirmed", "contact")


def test_a_phone_that_the_company_changed_meanwhile_proves_nothing(cast: Cast, enter: Enter) -> None:
    browser, public_id = enter(cast.tanya), cast.account.public_id
    browser.post(reverse("upgrade_send", args=[public_id]))
    cast.account.contact_phone = "+79120000777"
    cast.account.save()
    url = reverse("upgrade_code", args=[public_id])
    assert browser.post(url, {"code": sent_code()})["Location"] == reverse("link_upgrade", args=[public_id])
    assert cast.tanya.links.get().grade == "limited"


def test_without_a_phone_on_file_that_way_is_not_offered(cast: Cast, enter: Enter) -> None:
    cast.account.contact_phone = ""
    cast.account.save()
    browser = enter(cast.tanya)
    assert "phone on file" not in browser.get(reverse("link_upgrade", args=[cast.account.public_id])).content.decode()
    assert browser.post(reverse("upgrade_send", args=[cast.account.public_id])).status_code == 409
    assert not Challenge.objects.exists()


@pytest.mark.feature("G1", "G3")
def test_the_company_is_asked_once(cast: Cast, enter: Enter) -> None:
    browser, url = enter(cast.tanya), reverse("upgrade_ask", args=[cast.account.public_id])
    posted = {"idem": str(uuid.uuid4())}
    for _twice in range(2):
        assert browser.post(url, posted)["Location"] == reverse("accounts")
    request = LinkRequest.objects.get()
    assert (request.link, request.house, request.unit_label) == (cast.tanya.links.get(), cast.house, "12")
    page = browser.get(reverse("link_upgrade", args=[cast.account.public_id])).content.decode()
    assert "You have asked already" in page
    assert browser.post(url, {"idem": str(uuid.uuid4())}).status_code == 409
    assert browser.get(url).status_code == 405


def test_who_is_confirmed_needs_nothing(cast: Cast, enter: Enter) -> None:
    page = enter(cast.oleg).get(reverse("link_upgrade", args=[cast.account.public_id])).content.decode()
    assert "Nothing is missing" in page
    assert enter(cast.oleg).post(reverse("upgrade_send", args=[cast.account.public_id])).status_code == 409
