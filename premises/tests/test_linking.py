"""The three ways to prove an account, each grade and state that comes out, and one answer with one cost for every mismatch."""

from collections.abc import Callable
from datetime import date, timedelta
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from accounts.signals import erased
from notifications.models import Delivery, Notice
from notifications.rendering import render
from portal.testing import Cast, make_account, make_cast, make_link, make_user
from premises import actions, letter_codes
from premises.actions.linking import find_account
from premises.actions.telling import dispute_token
from premises.models import AccountLink, AccountLinkEvent, LinkRequest
from premises.tests.conftest import Issue, Told

NOW = timezone.now()


def by_address(cast: Cast, user: User, flat: str = "12", number: str = "10012") -> actions.Linked:
    return actions.link_by_address(user, cast.house, flat=flat, number=number, at=NOW)


# --- Address and number ---------------------------------------------------------------------------------------------
@pytest.mark.feature("B4", "C1", "G1")
def test_address_and_number_earn_a_limited_link(cast: Cast) -> None:
    link, change = by_address(cast, cast.igor, " 12 ", "100 12")
    assert (link.grade, link.state, link.method, change) == ("limited", "active", "address", "new")
    assert not link.is_full
    event = link.events.get()
    assert (event.what, event.by, event.at) == ("linked", cast.igor, NOW)


@pytest.mark.feature("G1")
@pytest.mark.parametrize("contact", [{"phone": "+79120000999"}, {"email": "olga@example.com"}])
def test_the_contact_on_file_makes_it_confirmed(cast: Cast, contact: dict[str, str]) -> None:
    cast.account.contact_email = "Olga@Example.com"
    cast.account.save()
    link, _change = by_address(cast, make_user("Ольга", **contact))
    assert (link.grade, link.state) == ("confirmed", "active")


@pytest.mark.parametrize(
    ("policy", "grade", "state"), [("confirm", "confirmed", "active"), ("review", "limited", "pending")]
)
def test_the_company_chooses_what_an_address_is_worth(
    cast: Cast, policy: str, grade: str, state: str, told: Told
) -> None:
    cast.company.link_policy = policy
    cast.company.save()
    link, _change = by_address(cast, cast.igor)
    assert (link.grade, link.state) == (grade, state)
    assert told(cast.mark) == (["premises.link_waits"] if policy == "review" else [])


@pytest.mark.parametrize(
    ("flat", "number"), [("13", "10012"), ("12", "10013"), ("12", "77005"), ("99", "10012"), ("12", "99999"), ("", "")]
)
def test_every_mismatch_has_one_answer(cast: Cast, flat: str, number: str) -> None:
    with pytest.raises(actions.Mismatch, match="No account fits this flat and this number"):
        by_address(cast, cast.igor, flat, number)
    assert not cast.igor.links.exists()


@pytest.fixture
def payer(cast: Cast) -> None:
    """Flat 12 has its identifiers of the state's register; flat 13 has others."""
    type(cast.account).objects.filter(pk=cast.account.pk).update(els="60ЕХ209700", zhku="60ЕХ209700-10")
    type(cast.account).objects.filter(pk=cast.nina_account.pk).update(els="60ЕХ209701", zhku="60ЕХ209701-10")


@pytest.mark.feature("C1")
@pytest.mark.usefixtures("payer")
@pytest.mark.parametrize("typed", ["60ЕХ209700", "60ex 209700", "60ЕХ209700-10", "60EX209700–10"])
def test_another_payer_identifier_serves_instead_of_the_number(cast: Cast, typed: str) -> None:
    link, _change = by_address(cast, cast.igor, "12", typed)
    assert link.account == cast.account


@pytest.mark.usefixtures("payer")
@pytest.mark.parametrize("typed", ["60ЕХ209701", "60ЕХ209700-11", "60ЕХ20970", "-", ""])
def test_another_flats_identifier_has_the_one_answer(cast: Cast, typed: str) -> None:
    with pytest.raises(actions.Mismatch, match="No account fits this flat and this number"):
        by_address(cast, cast.igor, "12", typed)


def test_an_account_of_another_company_in_the_house_does_not_fit(cast: Cast) -> None:
    account = make_account(cast.house, "12", "55555")
    type(account).objects.filter(pk=account.pk).update(organization=cast.other_company)
    with pytest.raises(actions.Mismatch):
        by_address(cast, cast.igor, "12", "55555")


def test_a_closed_account_does_not_fit(cast: Cast) -> None:
    type(cast.account).objects.filter(pk=cast.account.pk).update(closed_on=NOW.date())
    with pytest.raises(actions.Mismatch):
        by_address(cast, cast.igor)


def test_whom_the_company_removed_comes_back_only_through_the_company(cast: Cast, issue: Issue) -> None:
    old = issue(cast.account, cast.mark, NOW - timedelta(days=2))
    actions.revoke(cast.tanya.links.get(), reason="Moved out", by=cast.mark, at=NOW - timedelta(days=1))
    with pytest.raises(actions.Mismatch):
        actions.link_by_code(cast.tanya, code=old.code, at=NOW)
    with pytest.raises(actions.Mismatch):
        actions.link_by_password(cast.tanya, login="10012", password=old.password, at=NOW)
    link, _change = by_address(cast, cast.tanya)
    assert link.state == "pending"
    new = issue(cast.account, cast.mark, NOW)
    assert actions.link_by_code(cast.tanya, code=new.code, at=NOW).link.is_full


# --- Letters --------------------------------------------------------------------------------------------------------
@pytest.mark.feature("B3", "D1")
def test_login_and_password_confirm_at_once_and_once_only(cast: Cast, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    link, change = actions.link_by_password(cast.igor, login=" 10012", password=letter.printed_password.lower(), at=NOW)
    assert (link.grade, link.state, link.method, change) == ("confirmed", "active", "password", "new")
    again = actions.link_by_password(cast.igor, login="10012", password=letter.password, at=NOW)
    assert again.change == "same"  # the same form twice
    with pytest.raises(actions.Mismatch):
        actions.link_by_password(cast.nina, login="10012", password=letter.password, at=NOW)


@pytest.mark.feature("B3")
@pytest.mark.parametrize(
    ("login", "wrong"), [("10012", "AAAAA-AAAAA"), ("10013", ""), ("99999", ""), ("", ""), ("10012", "")]
)
def test_a_wrong_login_or_password_says_neither(cast: Cast, issue: Issue, login: str, wrong: str) -> None:
    letter = issue(cast.account, cast.mark)
    password = wrong or ("" if login == "10012" else letter.password)
    with pytest.raises(actions.Mismatch, match="The login or the password did not fit"):
        actions.link_by_password(cast.igor, login=login, password=password, at=NOW)


def test_two_companies_may_have_the_same_account_number(cast: Cast, issue: Issue) -> None:
    twin = make_account(cast.other_house, "6", "10012")
    ours, theirs = issue(cast.account, cast.mark), issue(twin, cast.pavel)
    assert (
        actions.link_by_password(cast.igor, login="10012", password=ours.password, at=NOW).link.account == cast.account
    )
    assert actions.link_by_password(cast.igor, login="10012", password=theirs.password, at=NOW).link.account == twin


@pytest.mark.parametrize("use", ["password", "code"])
def test_a_letter_dies_after_90_days(cast: Cast, issue: Issue, use: str) -> None:
    letter = issue(cast.account, cast.mark, NOW)

    def link(at: object) -> object:
        if use == "code":
            return actions.link_by_code(cast.igor, code=letter.code, at=at)  # type: ignore[arg-type]
        return actions.link_by_password(cast.igor, login="10012", password=letter.password, at=at)  # type: ignore[arg-type]

    with pytest.raises(actions.Mismatch):
        link(NOW + timedelta(days=90))
    assert link(NOW + timedelta(days=90, seconds=-1))


@pytest.mark.feature("B3", "D1")
def test_a_new_letter_voids_the_old_one(cast: Cast, issue: Issue) -> None:
    old, new = issue(cast.account, cast.mark), issue(cast.account, cast.mark)
    with pytest.raises(actions.Mismatch):
        actions.link_by_code(cast.igor, code=old.code, at=NOW)
    with pytest.raises(actions.Mismatch):
        actions.link_by_password(cast.igor, login="10012", password=old.password, at=NOW)
    assert actions.recognise_letter("10012", old.password, at=NOW) is None
    assert actions.link_by_code(cast.igor, code=new.code, at=NOW).change == "new"


@pytest.mark.feature("G1")
def test_a_code_links_five_people_and_not_the_sixth(cast: Cast, issue: Issue) -> None:
    code = issue(cast.nina_account, cast.mark).code
    for _number in range(5):
        assert actions.link_by_code(make_user(), code=code, at=NOW).link.method == "code"
    with pytest.raises(actions.Mismatch):
        actions.link_by_code(cast.igor, code=code, at=NOW)


def test_the_same_person_does_not_use_the_code_up(cast: Cast, issue: Issue) -> None:
    code = issue(cast.account, cast.mark).code
    for _number in range(7):
        assert actions.link_by_code(cast.oleg, code=code, at=NOW).change == "same"
    assert cast.account.letters.get().code_uses == 0


@pytest.mark.feature("G1")
def test_a_better_proof_raises_the_link_and_a_worse_one_does_not_lower_it(cast: Cast, issue: Issue) -> None:
    code = issue(cast.account, cast.mark).code
    link, change = actions.link_by_code(cast.tanya, code=code, at=NOW)
    assert (link.grade, link.method, change) == ("confirmed", "code", "raised")
    assert [event.what for event in link.events.all()] == ["raised"]
    assert actions.link_by_code(cast.olga, code=code, at=NOW).link.grade == "owner"
    assert by_address(cast, cast.oleg).change == "same"
    assert AccountLink.objects.live().filter(account=cast.account).count() == 3


@pytest.mark.feature("D1")
def test_recognising_a_letter_does_not_use_it_up(cast: Cast, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    for _number in range(2):
        found = actions.recognise_letter("10012", letter.printed_password, at=NOW)
        assert found is not None
    assert found
    assert actions.link_by_letter(cast.igor, found, at=NOW).change == "new"
    assert actions.recognise_letter("10012", letter.password, at=NOW) is None
    with pytest.raises(actions.Mismatch):
        actions.link_by_letter(cast.nina, found, at=NOW)


# --- One cost -------------------------------------------------------------------------------------------------------
def cost(search: Callable[..., object], *args: object, **kwargs: object) -> tuple[int, int]:
    """Queries and password hashes that a search takes."""
    hashes = patch.object(
        hashers.MD5PasswordHasher, "encode", autospec=True, side_effect=hashers.MD5PasswordHasher.encode
    )
    with CaptureQueriesContext(connection) as queries, hashes as made:
        search(*args, **kwargs)
    return len(queries), made.call_count


@pytest.mark.feature("G1")
@pytest.mark.usefixtures("payer")
def test_hit_and_every_miss_of_an_address_take_one_query(cast: Cast) -> None:
    tries = [("12", "10012"), ("13", "10012"), ("12", "10013"), ("99", "10012"), ("12", "99999"), ("12", "77005")]
    tries += [("12", "60EX209700"), ("13", "60ЕХ209700"), ("12", "60ЕХ209700-10"), ("99", "60ЕХ209700-10")]
    costs = {cost(find_account, cast.house, flat=flat, number=number) for flat, number in tries}
    assert costs == {(1, 0)}


def test_hit_and_every_miss_of_a_password_take_one_query_and_one_hash(cast: Cast, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    actions.recognise_letter("warm", "up", at=NOW)
    tries = [("10012", letter.password), ("10012", "WRONG"), ("10013", letter.password), ("", ""), ("99999", "WRONG")]
    costs = {cost(actions.recognise_letter, login, word, at=NOW) for login, word in tries}
    assert costs == {(1, 1)}


def test_hit_and_every_miss_of_a_code_take_two_queries(cast: Cast, issue: Issue) -> None:
    old, new = issue(cast.account, cast.mark), issue(cast.account, cast.mark)
    bill, later = (actions.connect_code_for(cast.account, date(2026, month, 1), at=NOW) for month in (10, 11))
    tries = [new.code, old.code, later, bill, "0000-0000-0000", "", "'; DROP TABLE", "ж" * 5000]
    assert {cost(actions.paper_of_code, code, at=NOW) for code in tries} == {(2, 0)}


# --- Who is told ----------------------------------------------------------------------------------------------------
@pytest.mark.feature("G1")
def test_those_linked_and_the_contact_on_file_are_told_and_nobody_else(cast: Cast, told: Told) -> None:
    link, _change = by_address(cast, cast.igor)
    for holder in (cast.olga, cast.oleg, cast.tanya):
        assert told(holder) == ["premises.linked"]
    for other in (cast.igor, cast.nina, cast.vera, cast.pavel):
        assert told(other) == []
    letter = Delivery.objects.get(notice__kind="premises.linked_contact")
    assert (letter.address, letter.channel) == ("+79120000999", "sms")
    assert letter.notice.url == reverse("contact_dispute", args=[dispute_token(link)])
    assert "Олин" not in str(Notice.objects.values_list("context", "url", "subject"))


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_the_sms_to_the_contact_on_file_has_two_parts_at_most(cast: Cast, settings: Any, language: str) -> None:
    settings.PUBLIC_URL = "https://portal.example.ru"
    by_address(cast, cast.igor)
    with translation.override(language):
        text = render(Delivery.objects.get(notice__kind="premises.linked_contact")).text
    assert "https://portal.example.ru/d/" in text
    assert len(text) <= 2 * 67  # signs in a part of a long message in Cyrillic


def test_the_contact_on_file_is_not_told_twice_nor_about_itself(cast: Cast) -> None:
    by_address(cast, make_user(phone="+79120000999"))
    assert not Notice.objects.filter(kind="premises.linked_contact").exists()


def test_nobody_is_told_when_nothing_is_new(cast: Cast) -> None:
    by_address(cast, cast.tanya)
    assert not Notice.objects.exists()


# --- Ending ---------------------------------------------------------------------------------------------------------
@pytest.mark.feature("E9")
def test_unlinking_leaves_the_account_and_the_others(cast: Cast, issue: Issue) -> None:
    link = cast.oleg.links.get()
    actions.unlink(link, by=cast.oleg, at=NOW)
    assert cast.oleg.links.get().state == "revoked"
    assert AccountLink.objects.active().filter(account=cast.account).count() == 2
    assert by_address(cast, cast.oleg).link.state == "active"  # one's own step back is no «no» of the company
    assert cast.oleg.links.count() == 2  # the old one is history


def test_the_new_owner_ends_older_links_and_letters(cast: Cast, issue: Issue, told: Told) -> None:
    old = issue(cast.account, cast.mark, NOW - timedelta(days=10))
    make_link(cast.igor, cast.account, created_at=NOW)
    AccountLink.objects.exclude(user=cast.igor).update(created_at=NOW - timedelta(days=9))
    ended = actions.close_links_before(cast.account, (NOW - timedelta(days=3)).date(), by=cast.mark, at=NOW)
    assert ended == 3
    assert set(AccountLink.objects.active().filter(account=cast.account)) == {cast.igor.links.get()}
    assert AccountLink.objects.active().filter(account=cast.nina_account).exists()
    assert told(cast.olga) == ["premises.link_changed"]
    with pytest.raises(actions.Mismatch):
        actions.link_by_code(make_user(), code=old.code, at=NOW)


def test_an_ended_link_cannot_be_ended_again(cast: Cast) -> None:
    link = cast.oleg.links.get()
    actions.revoke(link, reason="Moved", by=cast.mark, at=NOW)
    with pytest.raises(Exception, match="has ended already"):
        actions.unlink(link, by=cast.oleg, at=NOW)


def test_an_erased_person_has_no_links(cast: Cast) -> None:
    actions.end_links_of(cast.olga, at=NOW)
    link = cast.olga.links.get()
    assert (link.state, link.reason) == ("revoked", "")
    assert AccountLinkEvent.objects.get(link=link).what == "erased"
    assert cast.account.links.count() == 3


# --- Parallel -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.feature("G3")
def test_ten_parallel_links_of_one_person_are_one_and_a_password_serves_one_of_ten_people(issue: Issue) -> None:
    cast = make_cast()
    code, password = issue(cast.account, cast.mark).code, issue(cast.nina_account, cast.mark).password
    code = issue(cast.account, cast.mark).code
    people, changes = [make_user() for _ in range(10)], []

    def same() -> None:
        changes.append(("code", actions.link_by_code(cast.igor, code=code, at=NOW).change))
        connection.close()

    def other(user: User) -> None:
        try:
            linked = actions.link_by_password(user, login="10013", password=password, at=NOW)
            changes.append(("password", linked.change))
        except actions.Mismatch:
            changes.append(("password", "refused"))
        finally:
            connection.close()

    threads = [Thread(target=same) for _ in people] + [Thread(target=other, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changes) == sorted(
        [("code", "new")] + [("code", "same")] * 9 + [("password", "new")] + [("password", "refused")] * 9
    )
    assert cast.igor.links.count() == 1
    assert cast.account.letters.get(voided_at=None).code_uses == 1


# --- Requests -------------------------------------------------------------------------------------------------------
def test_a_request_is_answered_once_with_an_account_of_its_house(cast: Cast, told: Told) -> None:
    request = actions.ask_to_link(cast.igor, cast.house, flat=" 12 ", message="I inherited it", at=NOW)
    assert told(cast.mark) == ["premises.link_waits"]
    assert told(cast.pavel) == []
    with pytest.raises(actions.AskedAlready):
        actions.ask_to_link(cast.igor, cast.house, flat="12", message="", at=NOW)
    with pytest.raises(actions.AccountElsewhere):
        actions.accept_request(request, cast.other_account, by=cast.mark, at=NOW)
    actions.accept_request(request, cast.account, by=cast.mark, at=NOW)
    link = cast.igor.links.get()
    assert (link.grade, link.method, link.events.get().by) == ("confirmed", "staff", cast.mark)
    assert told(cast.igor) == ["premises.request_answered"]
    with pytest.raises(Exception, match="answered already"):
        actions.refuse_request(request, answer="No", by=cast.mark, at=NOW)


def test_a_refused_request_tells_why_and_links_nothing(cast: Cast, told: Told) -> None:
    request = actions.ask_to_link(cast.igor, cast.house, flat="12", message="", at=NOW)
    actions.refuse_request(request, answer="Bring the deed", by=cast.mark, at=NOW)
    assert LinkRequest.objects.get().answer == "Bring the deed"
    assert told(cast.igor) == ["premises.request_answered"]
    assert not cast.igor.links.exists()


# --- The signs of a code --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed", ["7f3k q9zt 2mxa", "7F3K-Q9ZT-2MXA", "7F3КQ9ZТ2МХА", " 7ф3k".replace("ф", "F") + "q9zt–2mxa"]
)
def test_look_alikes_and_separators_are_read(typed: str) -> None:
    assert letter_codes.read(typed) == "7F3KQ9ZT2MXA"


def test_letters_that_look_like_digits_are_digits() -> None:
    assert letter_codes.read("OОoо IiІі lL Зз") == "0000" + "1111" + "11" + "33"


def test_a_code_has_sixty_bits_and_no_look_alikes() -> None:
    codes = {letter_codes.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(letter_codes.is_code(code) and letter_codes.read(code) == code for code in codes)
    assert len(letter_codes.ALPHABET) == 32


@pytest.mark.feature("E9")
def test_deleting_the_profile_ends_its_links(cast: Cast) -> None:
    erased.send(sender=User, user=cast.oleg, at=NOW)
    assert not AccountLink.objects.live().filter(user=cast.oleg).exists()
