"""Proving a limited link better."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Challenge, User, VerifiedPerson
from notifications.models import Delivery, Notice
from notifications.sealing import unseal
from portal.testing import Cast, make_verified, page_words
from premises import actions
from premises.models import LinkRequest, OwnerProof, Ownership
from premises.tests.test_prove_owner import BANK

Enter = Callable[[User], Client]
NAMES = ["link_upgrade", "upgrade_send", "upgrade_code", "upgrade_ask", "upgrade_owner"]


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
    page = page_words(browser.get(reverse("link_upgrade", args=[public_id])))
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


# --- Owner by verified identity -------------------------------------------------------------------------------------
@pytest.mark.feature("G1", "C3")
@pytest.mark.parametrize(
    ("names", "policy", "said"),
    [
        (("Олин", "Олег", "Олегович"), "at_once", "You are confirmed as an owner."),
        (("Олин", "Олег"), "at_once", "Your confirmed name"),
        (("Олин", "Олег"), "propose", "Your confirmed name"),
        (("Olin", "Oleg"), "at_once", "Your confirmed name"),
        (("Другой", "Человек"), "at_once", "The register names nobody like you: ask the company."),
    ],
)
def test_oleg_compares_himself_with_the_register(
    cast: Cast, enter: Enter, names: tuple[str, ...], policy: str, said: str
) -> None:
    Ownership.objects.filter(user=cast.oleg).update(owner="Олин Олег Олегович" if names[2:] else "Олин Олег")
    cast.company.owner_policy = policy
    cast.company.save()
    make_verified(cast.oleg, *names)
    browser, page = enter(cast.oleg), reverse("link_upgrade", args=[cast.account.public_id])
    assert page in browser.get(reverse("flat", args=[cast.account.public_id])).content.decode()
    assert "Compare with the register of owners" in browser.get(page).content.decode()
    url = reverse("upgrade_owner", args=[cast.account.public_id])
    response = browser.post(url, {"idem": str(uuid.uuid4())}, follow=True)
    assert said in response.content.decode()
    assert browser.get(url).status_code == 405


def test_a_refusal_of_the_company_is_said_again(cast: Cast, enter: Enter) -> None:
    make_verified(cast.oleg, "Олин", "Олег")
    browser, url = enter(cast.oleg), reverse("upgrade_owner", args=[cast.account.public_id])
    browser.post(url, {"idem": str(uuid.uuid4())})
    actions.refuse_proof(OwnerProof.objects.get(), reason="Two cousins", by=cast.mark, at=timezone.now())
    page = browser.post(url, {"idem": str(uuid.uuid4())}, follow=True).content.decode()
    assert "refused this name before" in page


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ("Олин", "Олег", "Олегович"),
            "Your confirmed name stands in the register of owners. Your company was asked on",
        ),
        (("Олин", "Олег"), "Your confirmed name is like a name in the register of owners. Your company was asked on"),
    ],
)
def test_a_proof_that_waits_and_a_refusal_are_said_on_both_pages(
    cast: Cast, enter: Enter, names: tuple[str, ...], said: str
) -> None:
    Ownership.objects.filter(user=cast.oleg).update(owner="Олин Олег Олегович")
    make_verified(cast.oleg, *names)
    browser = enter(cast.oleg)
    urls = [reverse(name, args=[cast.account.public_id]) for name in ("flat", "link_upgrade")]
    actions.prove_link(cast.oleg.links.get(), at=timezone.now())
    for url in urls:
        page = browser.get(url).content.decode()
        assert said in page
        assert not [asked for asked in ("Are you an owner", "Compare with the register") if asked in page]
    actions.refuse_proof(OwnerProof.objects.get(), reason="Two cousins", by=cast.mark, at=timezone.now())
    for url in urls:
        page = browser.get(url).content.decode()
        assert "The company writes: Two cousins" in page
        assert 'href="tel:' in page
        assert not [asked for asked in ("Are you an owner", "Compare with the register") if asked in page]
    VerifiedPerson.objects.filter(user=cast.oleg).update(first_name="Олесь")
    assert "Are you an owner" in browser.get(urls[0]).content.decode()  # another name may be compared anew
    assert "Compare with the register" in browser.get(urls[1]).content.decode()


def test_whom_the_register_does_not_name_is_given_the_phone_and_no_button(cast: Cast, enter: Enter) -> None:
    make_verified(cast.oleg, "Другой", "Человек")
    browser, url = enter(cast.oleg), reverse("upgrade_owner", args=[cast.account.public_id])
    page = browser.post(url, {"idem": str(uuid.uuid4())}, follow=True).content.decode()
    assert "Office phone" in page
    assert 'href="tel:' in page
    assert "Compare with the register" not in page


def test_who_is_not_verified_is_led_to_the_identity_page(cast: Cast, enter: Enter, settings: Any) -> None:
    browser, page = enter(cast.oleg), reverse("link_upgrade", args=[cast.account.public_id])
    settings.IDENTITY_SERVICES = []
    assert "owner of this flat" not in browser.get(page).content.decode()
    settings.IDENTITY_SERVICES = [BANK]
    shown = browser.get(page).content.decode()
    assert f'href="{reverse("identities")}">Confirm with BankID' in shown
    assert "Compare with" not in shown
    url = reverse("upgrade_owner", args=[cast.account.public_id])
    assert browser.post(url, {"idem": str(uuid.uuid4())})["Location"] == page
    assert not OwnerProof.objects.exists()


def test_an_owner_is_not_asked_for_more(cast: Cast, enter: Enter) -> None:
    make_verified(cast.olga, "Олина", "Ольга")
    page = enter(cast.olga).get(reverse("link_upgrade", args=[cast.account.public_id])).content.decode()
    assert "you are confirmed as an owner" in page
    assert "Compare with" not in page
