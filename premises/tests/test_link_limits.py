"""How often linking may be tried: every limit at n and n + 1, in parallel too, and who is alarmed."""

import uuid
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from portal.testing import Cast, make_cast, make_user
from premises.tests.conftest import Issue, Told

Enter = Callable[[User], Client]


def try_address(browser: Client, cast: Cast, flat: str, number: str, ip: str = "198.51.100.7") -> Any:
    browser.post(reverse("link_flat", args=[cast.house.public_id]), {"flat": flat, "number": number})
    return browser.post(reverse("link_check"), {"idem": str(uuid.uuid4())}, REMOTE_ADDR=ip)


def statuses(count: int, send: Callable[[int], Any]) -> list[int]:
    return [send(number).status_code for number in range(count)]


@pytest.mark.feature("G1", "B4")
def test_one_person_tries_five_addresses_an_hour(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.igor)
    tries = statuses(6, lambda n: try_address(browser, cast, f"9{n}", f"9000{n}"))
    assert tries == [422] * 5 + [429]
    assert try_address(browser, cast, "12", "10012").status_code == 429  # the right one too
    assert not cast.igor.links.exists()


@pytest.mark.feature("G1")
def test_one_flat_is_tried_five_times_a_day_by_anybody_and_its_company_is_told(
    cast: Cast, enter: Enter, told: Told
) -> None:
    people = [make_user() for _ in range(7)]
    tries = statuses(6, lambda n: try_address(enter(people[n]), cast, "12", f"9000{n}", ip=f"198.51.100.{n}"))
    assert tries == [422] * 5 + [429]
    page = try_address(enter(people[6]), cast, "12", "10012", ip="198.51.100.99")
    assert page.status_code == 429
    assert told(cast.mark) == ["premises.link_attack"]  # once a day
    assert told(cast.pavel) == []
    other = try_address(enter(people[5]), cast, "13", "10013", ip="198.51.100.98")
    assert other.status_code == 302  # only this flat is closed


def test_one_number_is_tried_five_times_a_day_whether_it_exists_or_not(cast: Cast, enter: Enter) -> None:
    for number in ("10012", "99999"):
        people = [make_user() for _ in range(6)]
        tries = statuses(6, lambda n: try_address(enter(people[n]), cast, f"9{n}{number}", number, ip=f"203.0.113.{n}"))  # noqa: B023
        assert tries == [422] * 5 + [429]


def test_one_network_tries_twenty_addresses_a_day(cast: Cast, enter: Enter) -> None:
    def send(n: int) -> Any:
        return try_address(enter(make_user()), cast, f"8{n}", f"8000{n}")

    assert statuses(21, send) == [422] * 20 + [429]


def test_more_than_thirty_tries_at_a_house_alarm_its_company_and_refuse_nobody(
    cast: Cast, enter: Enter, told: Told
) -> None:
    def send(n: int) -> Any:
        return try_address(enter(make_user()), cast, f"7{n}", f"7000{n}", ip=f"192.0.2.{n}")

    assert statuses(30, send) == [422] * 30
    assert told(cast.mark) == []
    assert statuses(2, lambda n: send(100 + n)) == [422] * 2
    assert told(cast.mark) == ["premises.link_attack"]


@pytest.mark.feature("B3")
def test_one_person_tries_five_passwords_in_ten_minutes(cast: Cast, enter: Enter, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    browser = enter(cast.igor)
    tries = statuses(6, lambda n: browser.post(reverse("link_password"), {"login": f"1001{n}", "password": "WRONG"}))
    assert tries == [422] * 5 + [429]
    right = browser.post(reverse("link_password"), {"login": "10012", "password": letter.password})
    assert right.status_code == 429


@pytest.mark.feature("B3")
def test_one_login_is_tried_ten_times_a_day_by_anybody(cast: Cast, enter: Enter, issue: Issue) -> None:
    issue(cast.account, cast.mark)

    def send(_n: int) -> Any:
        return enter(make_user()).post(reverse("link_password"), {"login": "100 12", "password": "WRONG"})

    assert statuses(11, send) == [422] * 10 + [429]


def test_one_person_tries_ten_codes_an_hour_and_right_ones_cost_nothing(cast: Cast, enter: Enter, issue: Issue) -> None:
    letter = issue(cast.account, cast.mark)
    browser, right = enter(cast.igor), reverse("link_qr", args=[letter.code])
    assert statuses(15, lambda _n: browser.get(right)) == [200] * 15
    wrong = statuses(11, lambda n: browser.get(reverse("link_qr", args=[f"00000000000{n:x}".upper()[-12:]])))
    assert wrong == [404] * 10 + [429]
    assert browser.get(right).status_code == 429


@pytest.mark.django_db(transaction=True)
@pytest.mark.feature("G1")
def test_ten_parallel_tries_are_counted_exactly() -> None:
    cast, answers = make_cast(), []

    def send(n: int) -> None:
        browser = Client()
        browser.force_login(cast.igor)
        answers.append(try_address(browser, cast, f"9{n}", f"9000{n}").status_code)
        connection.close()

    threads = [Thread(target=send, args=[n]) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [422] * 5 + [429] * 5


@pytest.mark.feature("D1")
def test_the_entry_page_shares_the_limit_of_the_login(cast: Cast, enter: Enter, issue: Issue) -> None:
    """Ten wrong passwords of one letter a day, wherever they are typed."""
    letter = issue(cast.account, cast.mark)
    wrong, right = {"login": "10012", "password": "WRONG"}, {"login": "10012", "password": letter.password}

    def recognised() -> bool:
        browser = Client()
        browser.post(reverse("entry_password"), right)
        return "issued_letter" in browser.session

    assert recognised()
    assert statuses(10, lambda _n: enter(make_user()).post(reverse("link_password"), wrong)) == [422] * 10
    assert not recognised()
