"""The code on a bill: one per account and month, five uses, 90 days, ended by a newer bill, by staff, by a new owner."""

from datetime import date, timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from portal.testing import Cast, make_cast, make_user
from premises import actions, letter_codes
from premises.models import ConnectCode
from premises.tests.conftest import Issue
from premises.tests.test_dispute import Enter

NOW = timezone.now()
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def refused(user: User, code: str, **at: object) -> bool:
    try:
        actions.link_by_code(user, code=code, **({"at": NOW} | at))  # type: ignore[arg-type]
    except actions.Mismatch:
        return True
    return False


@pytest.fixture
def code(cast: Cast) -> str:
    return actions.connect_code_for(cast.account, MARCH, at=NOW)


@pytest.mark.feature("B4", "G1")
def test_the_same_bill_drawn_again_shows_the_same_code_and_only_a_digest_is_kept(cast: Cast, code: str) -> None:
    assert letter_codes.is_code(code)
    assert actions.connect_code_for(cast.account, MARCH, at=NOW + timedelta(days=9)) == code
    row = ConnectCode.objects.get()
    assert row.expires_at == NOW + timedelta(days=90)  # a second drawing prolongs nothing
    assert code not in str(vars(row))
    assert actions.connect_code_for(cast.nina_account, MARCH, at=NOW) != code


@pytest.mark.feature("B4", "C1", "G1")
def test_igor_types_the_code_of_a_bill_and_is_confirmed(cast: Cast, code: str) -> None:
    link, change = actions.link_by_code(cast.igor, code=f" {letter_codes.grouped(code).lower()} ", at=NOW)
    assert (link.account, link.grade, link.state, link.method, change) == (
        cast.account, "confirmed", "active", "code", "new",
    )  # fmt: skip
    assert actions.link_by_code(cast.igor, code=code, at=NOW).change == "same"
    assert ConnectCode.objects.get().code_uses == 1


@pytest.mark.feature("B4", "G1")
def test_the_newer_bill_ends_the_older_code_and_never_the_other_way_round(cast: Cast, code: str) -> None:
    newer = actions.connect_code_for(cast.account, APRIL, at=NOW)
    assert newer not in ("", code)
    assert refused(cast.igor, code)
    assert actions.connect_code_for(cast.account, MARCH, at=NOW) == ""
    assert not refused(cast.igor, newer)


def test_a_newer_bill_that_nobody_has_drawn_ends_the_code_too(cast: Cast, code: str) -> None:
    accounts = [cast.account.pk, cast.nina_account.pk]
    assert actions.retire_connect_codes(accounts, before=MARCH, at=NOW) == 0
    assert actions.retire_connect_codes(accounts, before=APRIL, at=NOW) == 1
    assert refused(cast.igor, code)
    assert actions.connect_code_for(cast.account, MARCH, at=NOW) == ""
    assert actions.connect_code_for(cast.account, APRIL, at=NOW)


def test_a_code_dies_after_90_days(cast: Cast, code: str) -> None:
    assert refused(cast.igor, code, at=NOW + timedelta(days=90))
    assert actions.connect_code_for(cast.account, MARCH, at=NOW + timedelta(days=90)) == ""
    assert not refused(cast.igor, code, at=NOW + timedelta(days=90, seconds=-1))


@pytest.mark.feature("G1")
def test_a_code_links_five_people_and_not_the_sixth(cast: Cast, code: str) -> None:
    assert not any(refused(make_user(), code) for _person in range(5))
    assert refused(cast.igor, code)
    assert actions.connect_code_for(cast.account, MARCH, at=NOW) == ""
    with pytest.raises(IntegrityError):
        ConnectCode.objects.update(code_uses=6)


def test_a_bill_older_than_the_companys_no_does_not_bring_a_person_back(cast: Cast, code: str) -> None:
    actions.revoke(cast.tanya.links.get(), reason="Moved out", by=cast.mark, at=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)
    assert refused(cast.tanya, code, at=later)
    assert not refused(cast.igor, code, at=later)


@pytest.mark.feature("E9", "G1")
def test_a_new_owner_ends_the_code_whenever_it_was_drawn(cast: Cast, code: str) -> None:
    actions.close_links_before(cast.account, (NOW - timedelta(days=3)).date(), by=cast.mark, at=NOW)
    assert refused(make_user(), code)


@pytest.mark.feature("G1")
@pytest.mark.parametrize(("trusted", "ends"), [(True, True), (False, False)])
def test_a_trusted_dispute_of_a_link_by_code_ends_the_code(cast: Cast, code: str, trusted: bool, ends: bool) -> None:
    link = actions.link_by_code(cast.igor, code=code, at=NOW).link
    actions.dispute(link, by=cast.olga, trusted=trusted, at=NOW)
    assert refused(make_user(), code) == ends


def test_a_dispute_of_a_link_by_address_leaves_the_code(cast: Cast, code: str) -> None:
    link = actions.link_by_address(cast.igor, cast.house, flat="12", number="10012", at=NOW).link
    actions.dispute(link, by=cast.olga, trusted=True, at=NOW)
    assert not refused(make_user(), code)


# --- Pages ----------------------------------------------------------------------------------------------------------
@pytest.mark.feature("B4", "C1")
def test_the_qr_code_of_a_bill_asks_to_sign_in_shows_the_flat_and_adds_it(
    cast: Cast, client: Client, enter: Enter, code: str
) -> None:
    url = reverse("link_qr", args=[code])
    assert client.get(url)["Location"].startswith(reverse("entry"))
    igor = enter(cast.igor)
    assert "10012" in igor.get(url).content.decode()
    assert not cast.igor.links.exists()
    igor.post(url)
    assert cast.igor.links.get().is_full


def test_the_printed_short_address_leads_to_the_page_that_takes_the_code(cast: Cast, enter: Enter, code: str) -> None:
    igor = enter(cast.igor)
    assert igor.get("/q/")["Location"] == reverse("link_code")
    page = igor.post(reverse("link_code"), {"code": letter_codes.grouped(code)})
    assert page["Location"] == reverse("link_qr", args=[code])


@pytest.mark.feature("G1")
def test_mark_ends_the_code_of_a_bill_and_pavel_cannot(cast: Cast, enter: Enter, code: str) -> None:
    row, url = ConnectCode.objects.get(), reverse("admin:premises_connectcode_changelist")
    posted = {"action": "end", "_selected_action": [row.pk]}
    enter(cast.pavel).post(url, posted)
    assert actions.paper_of_code(code, at=NOW) == row
    mark = enter(cast.mark)
    assert code not in mark.get(url).content.decode()
    mark.post(url, posted)
    assert refused(cast.igor, code)
    history = mark.get(reverse("admin:premises_connectcode_history", args=[row.pk])).content.decode()
    assert "Ended" in history


def test_an_access_letter_and_a_bill_do_not_end_each_other(cast: Cast, code: str, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    assert actions.connect_code_for(cast.account, MARCH, at=NOW) == code
    assert not refused(cast.igor, code)
    assert not refused(make_user(), letter.code)


# --- Parallel -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.feature("G3")
def test_twelve_people_at_once_use_a_code_five_times() -> None:
    cast = make_cast()
    code = actions.connect_code_for(cast.account, MARCH, at=NOW)
    answers: list[bool] = []

    def use(user: User) -> None:
        answers.append(refused(user, code))
        connection.close()

    threads = [Thread(target=use, args=[make_user()]) for _number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 5 + [True] * 7
    assert ConnectCode.objects.get().code_uses == 5
