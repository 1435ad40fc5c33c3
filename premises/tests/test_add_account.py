"""Adding an account on its pages: three ways, one answer for every mismatch, nothing twice."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from portal.testing import Cast, make_account, make_house, make_link, page_words
from premises.models import AccountLink, LinkRequest
from premises.tests.conftest import Issue

Enter = Callable[[User], Client]
PAGES = ["accounts", "account_add", "link_password", "link_address", "link_code", "link_ask"]


def answer(browser: Client, cast: Cast, flat: str = "12", number: str = "10012") -> None:
    """Walk steps 1 and 2 of the way by address."""
    page = browser.get(reverse("link_address"), {"q": "садовая 1"})
    assert reverse("link_flat", args=[cast.house.public_id]) in page.content.decode()
    to = reverse("link_flat", args=[cast.house.public_id])
    assert browser.post(to, {"flat": flat, "number": number})["Location"] == reverse("link_check")


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_is_asked_to_sign_in(client: Client, db: None, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("entry"))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("who", ["igor", "nina", "pavel", "tanya", "mark"])
def test_everybody_signed_in_may_add_an_account(cast: Cast, enter: Enter, name: str, who: str) -> None:
    assert enter(getattr(cast, who)).get(reverse(name)).status_code == 200


# --- By address -----------------------------------------------------------------------------------------------------
@pytest.mark.feature("B4", "C1", "G1")
def test_igor_adds_flat_12_by_address_and_number(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.igor)
    answer(browser, cast)
    check = browser.get(reverse("link_check")).content.decode()
    assert cast.house.address in check
    assert cast.company.name in check
    assert "10012" in check
    response = browser.post(reverse("link_check"), {"idem": str(uuid.uuid4())})
    assert response["Location"] == reverse("link_upgrade", args=[cast.account.public_id])
    assert cast.igor.links.get().grade == "limited"
    page = browser.get(response["Location"]).content.decode()
    assert "ends with 99" in page
    assert "+7912" not in page.replace(" ", "")


@pytest.mark.feature("B4", "C1")
@pytest.mark.parametrize(("flat", "number"), [("13", "10012"), ("12", "99999"), ("99", "10012"), ("12", "77005")])
def test_every_mismatch_looks_the_same_and_keeps_what_was_typed(
    cast: Cast, enter: Enter, flat: str, number: str
) -> None:
    browser = enter(cast.igor)
    answer(browser, cast, flat, number)
    response = browser.post(reverse("link_check"), {"idem": str(uuid.uuid4())})
    page = response.content.decode()
    assert response.status_code == 422
    assert "No account fits this flat and this number" in page
    assert f'value="{flat}"' in page
    assert f'value="{number}"' in page
    assert not cast.igor.links.exists()


@pytest.mark.parametrize(("country", "offered"), [("RU", True), ("UA", False)])
def test_other_identifiers_are_offered_where_the_country_has_them(
    cast: Cast, enter: Enter, country: str, offered: bool
) -> None:
    type(cast.company).objects.filter(pk=cast.company.pk).update(country=country)
    page = enter(cast.igor).get(reverse("link_flat", args=[cast.house.public_id])).content.decode()
    assert ("ИЖКУ" in page) is offered


def test_a_house_that_is_not_served_leads_to_the_directory(cast: Cast, enter: Enter) -> None:
    page = enter(cast.igor).get(reverse("link_address"), {"q": "Нигде 7"}).content.decode()
    assert "This house is not connected yet" in page


@pytest.mark.parametrize("query", ["УЛ. САДОВАЯ, 1", "1 садовая", "волгодонск садов"])
def test_the_house_is_found_in_any_case_and_order(cast: Cast, enter: Enter, query: str) -> None:
    page = enter(cast.igor).get(reverse("link_address"), {"q": query}).content.decode()
    assert cast.house.address in page
    assert "кв" not in page  # never a list of flats


def test_long_lists_are_cut_and_say_so(cast: Cast, enter: Enter) -> None:
    for number in range(2, 24):
        make_house(cast.company, str(number))
    page = enter(cast.igor).get(reverse("link_address"), {"q": "садовая"}).content.decode()
    assert page.count('class="option"') == 20
    assert "There are more" in page


def test_steps_cannot_be_skipped(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.igor)
    assert browser.post(reverse("link_check"))["Location"] == reverse("link_address")
    assert browser.get(reverse("link_flat", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("posted", [{}, {"flat": "", "number": ""}, {"flat": "1" * 21, "number": "1"}])
def test_missing_answers_are_said_beside_the_field(cast: Cast, enter: Enter, posted: dict[str, str]) -> None:
    response = enter(cast.igor).post(reverse("link_flat", args=[cast.house.public_id]), posted)
    assert response.status_code == 422


def test_extra_fields_give_no_grade(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.igor)
    answer(browser, cast)
    browser.post(reverse("link_check"), {"grade": "owner", "state": "active", "user": cast.olga.pk, "method": "staff"})
    link = cast.igor.links.get()
    assert (link.grade, link.method) == ("limited", "address")


@pytest.mark.feature("G3")
def test_the_same_form_twice_is_one_link_and_one_answer(cast: Cast, enter: Enter) -> None:
    browser, key = enter(cast.igor), str(uuid.uuid4())
    answer(browser, cast)
    first = browser.post(reverse("link_check"), {"idem": key})
    again = browser.post(reverse("link_check"), {"idem": key})
    assert AccountLink.objects.filter(user=cast.igor).count() == 1
    assert first["Location"] == again["Location"] or again["Location"] == reverse("link_address")


# --- By login and password ------------------------------------------------------------------------------------------
@pytest.mark.feature("B3")
def test_igor_adds_flat_12_with_the_letter(cast: Cast, enter: Enter, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    posted = {"login": "10012", "password": letter.printed_password.lower(), "idem": str(uuid.uuid4())}
    browser = enter(cast.igor)
    response = browser.post(reverse("link_password"), posted)
    assert response["Location"] == f"/a/{cast.account.public_id}/"
    assert browser.post(reverse("link_password"), posted)["Location"] == response["Location"]  # a double click
    assert cast.igor.links.get().is_full


@pytest.mark.feature("B3")
def test_a_wrong_password_says_how_many_tries_are_left(cast: Cast, enter: Enter, issue: Issue) -> None:
    issue(cast.account, cast.mark)
    response = enter(cast.igor).post(reverse("link_password"), {"login": "10012", "password": "WRONG"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "did not fit" in page
    assert "4 tries are left" in page
    assert 'value="10012"' in page
    assert "WRONG" not in page


# --- By code --------------------------------------------------------------------------------------------------------
@pytest.mark.feature("G1")
def test_the_qr_code_waits_until_the_person_has_signed_in(cast: Cast, client: Client, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    response = client.get(reverse("link_qr", args=[letter.code]), follow=False)
    assert response.status_code == 302
    assert letter.code not in response["Location"]  # not into the log of the entry page
    assert "Садовая" not in response.content.decode()
    client.force_login(cast.igor)
    session_keeps = client.get(reverse("link_code"))
    assert session_keeps["Location"] == reverse("link_qr", args=[letter.code])
    page = client.get(session_keeps["Location"]).content.decode()
    assert cast.house.address in page
    assert not cast.igor.links.exists()  # looking does not link
    assert client.post(session_keeps["Location"])["Location"] == f"/a/{cast.account.public_id}/"
    assert cast.igor.links.get().method == "code"


def test_a_typed_code_leads_to_the_same_page(cast: Cast, enter: Enter, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    typed = letter.printed_code.replace("-", " ").lower().replace("0", "о").replace("1", "l")
    response = enter(cast.igor).post(reverse("link_code"), {"code": typed})
    assert response["Location"] == reverse("link_qr", args=[letter.code])


@pytest.mark.parametrize("code", ["", "ABC", "0000-0000-000", "0000-0000-0000", "x" * 70])
def test_a_code_that_fits_nothing_is_kept_and_explained(cast: Cast, enter: Enter, code: str) -> None:
    response = enter(cast.igor).post(reverse("link_code"), {"code": code})
    assert response.status_code == 422


def test_used_old_and_mistyped_codes_share_one_page(cast: Cast, enter: Enter, issue: Issue) -> None:
    old, used = issue(cast.account, cast.mark), issue(cast.nina_account, cast.mark)
    issue(cast.account, cast.mark)
    cast.nina_account.letters.update(code_uses=5)
    browser = enter(cast.igor)
    pages = [browser.get(reverse("link_qr", args=[code])) for code in (old.code, used.code, "000000000000")]
    assert {page.status_code for page in pages} == {404}
    assert all("This code does not work" in page.content.decode() for page in pages)
    assert browser.post(reverse("link_qr", args=[old.code])).status_code == 404


# --- Straight from the entry page -----------------------------------------------------------------------------------
@pytest.mark.feature("D1")
def test_who_came_in_with_a_letter_is_linked_at_once(cast: Cast, enter: Enter, issue: Issue) -> None:
    issue(cast.account, cast.mark)
    browser = enter(cast.igor)
    session = browser.session
    session["issued_letter"] = str(cast.account.letters.get().pk)
    session.save()
    assert browser.get(reverse("link_issued"))["Location"] == f"/a/{cast.account.public_id}/"
    assert cast.igor.links.get().is_full
    assert browser.get(reverse("link_issued"))["Location"] == reverse("accounts")  # once


@pytest.mark.feature("D1")
def test_a_letter_that_was_voided_meanwhile_links_nothing(cast: Cast, enter: Enter, issue: Issue) -> None:
    issue(cast.account, cast.mark)
    old = cast.account.letters.get()
    issue(cast.account, cast.mark)
    browser = enter(cast.igor)
    session = browser.session
    session["issued_letter"] = str(old.pk)
    session.save()
    assert browser.get(reverse("link_issued"))["Location"] == reverse("account_add")
    assert not cast.igor.links.exists()


# --- None of these --------------------------------------------------------------------------------------------------
@pytest.mark.feature("G3")
def test_igor_asks_the_company_once(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.igor)
    assert "?house=" in browser.get(reverse("link_ask"), {"q": "садовая"}).content.decode()
    to = f"{reverse('link_ask')}?house={cast.house.public_id}"
    posted = {"unit_label": "12", "message": "I inherited it", "idem": str(uuid.uuid4()), "state": "done"}
    assert browser.post(to, posted)["Location"] == reverse("accounts")
    assert browser.post(to, posted)["Location"] == reverse("accounts")
    request = LinkRequest.objects.get()
    assert (request.user, request.state) == (cast.igor, "new")
    assert "You asked the company" in browser.get(reverse("accounts")).content.decode()
    assert browser.post(to, posted | {"idem": str(uuid.uuid4())}).status_code == 409


@pytest.mark.parametrize("house", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_asking_about_an_unknown_house_starts_with_the_search(cast: Cast, enter: Enter, house: str) -> None:
    assert "Find your house" in enter(cast.igor).get(reverse("link_ask"), {"house": house}).content.decode()


def test_a_house_is_needed_to_ask(cast: Cast, enter: Enter) -> None:
    to = f"{reverse('link_ask')}?house={cast.house.public_id}"
    assert enter(cast.igor).post(to, {"unit_label": ""}).status_code == 422


# --- The list -------------------------------------------------------------------------------------------------------
@pytest.mark.feature("B2", "B6")
def test_the_list_says_how_each_account_stands(cast: Cast, enter: Enter) -> None:
    make_link(cast.tanya, cast.nina_account, state="pending")
    make_link(cast.tanya, cast.vera_account, state="revoked", reason="Moved out")
    make_link(cast.tanya, cast.other_account, state="revoked")  # her own step back is not shown
    page = page_words(enter(cast.tanya).get(reverse("accounts")))
    assert "Added, not proved yet" in page
    assert "Waits for the company" in page
    assert "Moved out" in page
    assert cast.company.phone in page
    assert "10012" in page
    assert "77005" not in page


def test_the_empty_list_says_what_to_do(cast: Cast, enter: Enter) -> None:
    page = enter(cast.igor).get(reverse("accounts")).content.decode()
    assert "No flat is added yet" in page
    assert reverse("account_add") in page


def test_nina_and_pavel_see_only_their_own(cast: Cast, enter: Enter) -> None:
    assert "10012" not in page_words(enter(cast.nina).get(reverse("accounts")))
    assert "100" not in page_words(enter(cast.pavel).get(reverse("accounts")))


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_costs_the_same_at_one_and_at_ten(
    cast: Cast, enter: Enter, count: int, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(count - 1):
        make_link(cast.nina, make_account(cast.house, str(200 + number), str(20000 + number)))
    browser = enter(cast.nina)
    browser.get(reverse("accounts"))  # the first visit of a session writes it down
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        browser.get(reverse("accounts"))


# --- Removing -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["nina", "pavel", "igor", "vera", "mark"])
def test_nobody_else_can_remove_a_link(cast: Cast, enter: Enter, who: str) -> None:
    url = reverse("unlink", args=[cast.account.public_id])
    assert enter(getattr(cast, who)).get(url).status_code == 404
    assert enter(getattr(cast, who)).post(url).status_code == 404
    assert cast.account.links.filter(state="active").count() == 3


@pytest.mark.feature("E9", "B6")
def test_oleg_removes_his_link_and_no_other(cast: Cast, enter: Enter) -> None:
    browser, url = enter(cast.oleg), reverse("unlink", args=[cast.account.public_id])
    assert "Remove this flat" in browser.get(url).content.decode()
    posted = {"idem": str(uuid.uuid4())}
    assert browser.post(url, posted)["Location"] == reverse("accounts")
    assert browser.post(url, posted)["Location"] == reverse("accounts")  # twice is once
    assert browser.get(url).status_code == 404
    assert browser.get(reverse("flat", args=[cast.account.public_id])).status_code == 404
    assert cast.account.links.filter(state="active").count() == 2
