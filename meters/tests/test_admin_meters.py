"""The staff's list and pages of meters: Mark manages, Anna counts, Dima dispatches, Pavel works elsewhere."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from meters.models import Meter, MeterState
from meters.testing import make_house_meter, make_meter, make_reading
from portal.testing import Cast, make_account

Enter = Callable[[User], Client]
LIST = "/admin/meters/meter/"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E5", "F2")]

NEW = {
    "account": "", "house": "", "place": "кухня", "resource": "cold", "serial": "345 671", "model": "СГВ-15", "seal": "",
    "gis_number": "", "unit": "", "zones": "1", "int_digits": "", "decimals": "", "ratio": "1", "initial_t1": "",
    "initial_t2": "", "initial_t3": "", "installed_on": "2026-03-12", "verified_on": "", "next_verification": "",
    "act": "17/3",
}  # fmt: skip


def inlines() -> dict[str, str]:
    names = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    return {f"{prefix}-{name}": "0" for prefix in ("events", "readings") for name in names}


def add(client: Client, **fields: Any) -> Any:
    return client.post(f"{LIST}add/", {**NEW, **inlines(), **fields})


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def change(client: Client, meter: Meter, **fields: Any) -> Any:
    """Send the meter's page as it is shown, with these fields changed or added."""
    url = reverse("admin:meters_meter_change", args=[meter.pk])
    page = client.get(url)
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    whole = {name: "" if value is None else value for name, value in sent.items()}
    for formset in page.context["inline_admin_formsets"]:
        whole |= {f"{formset.formset.prefix}-{name}": value
                  for name, value in formset.formset.management_form.initial.items()}  # fmt: skip
    return client.post(url, whole | fields)


def body(client: Client, url: str = LIST) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_a_manager_installs_a_meter_with_what_is_usual_for_its_resource(cast: Cast, enter: Enter) -> None:
    response = add(enter(cast.mark), account=" 10012 ", resource="power", verified_on="2026-03-12", initial_t1="0,5")
    assert response.status_code == 302
    meter = Meter.objects.get(serial="345 671")
    assert (meter.account, meter.house, meter.organization) == (cast.account, cast.house, cast.company)
    assert (meter.unit, meter.int_digits, meter.decimals, str(meter.initial_t1)) == ("kwh", 6, 1, "0.5000")
    assert meter.next_verification == date(2042, 3, 12)
    line = meter.events.get()
    assert (line.what, line.act, line.by, line.on) == ("installed", "17/3", cast.mark, date(2026, 3, 12))


def test_the_meter_of_a_whole_house_has_no_account(cast: Cast, enter: Enter) -> None:
    assert add(enter(cast.mark), house=cast.house.pk).status_code == 302
    meter = Meter.objects.get()
    assert (meter.account, meter.house, meter.organization) == (None, cast.house, cast.company)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "account"),
        ({"unit": "kwh"}, "__all__"),
        ({"zones": "2"}, "__all__"),
        ({"int_digits": "0"}, "int_digits"),
        ({"decimals": "7"}, "decimals"),
        ({"ratio": "0"}, "ratio"),
        ({"initial_t1": "1.2.3"}, "initial_t1"),
        ({"initial_t1": "-5"}, "initial_t1"),
        ({"initial_t1": "123456"}, "initial_t1"),
        ({"initial_t1": "1,2345"}, "initial_t1"),
        ({"serial": " "}, "serial"),
        ({"verified_on": "2026-03-12", "next_verification": "2026-03-12"}, "next_verification"),
        ({"resource": "steam"}, "resource"),
        ({"account": "999999"}, "account"),
        ({"installed_on": "2999-01-01"}, "installed_on"),
        ({"installed_on": "1949-12-31"}, "installed_on"),
        ({"verified_on": "2999-01-01"}, "verified_on"),
        ({"verified_on": "2026-03-12", "next_verification": "2999-01-01"}, "next_verification"),
        ({"next_verification": "2999-01-01"}, "next_verification"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_in_words(
    fields: dict[str, str], field: str, cast: Cast, enter: Enter
) -> None:
    given = {"account": "10012"} | fields if fields else {}
    found = errors(add(enter(cast.mark), **given))
    assert field in found
    assert "constraint" not in str(found).casefold()
    assert not Meter.objects.exists()


def test_the_same_number_twice_in_one_flat_is_told(cast: Cast, enter: Enter) -> None:
    make_meter(cast.account, serial="345671")
    found = errors(add(enter(cast.mark), account="10012"))
    assert found["__all__"] == ["This account already has a meter with this number."]


def test_one_number_of_the_state_system_is_one_meter(cast: Cast, enter: Enter) -> None:
    make_meter(cast.nina_account, gis_number="8637")
    other = make_meter(cast.account, "hot", "H-1")
    words = ["Another meter of the company has this number in ГИС ЖКХ."]
    mark = enter(cast.mark)
    assert errors(add(mark, account="10012", gis_number="8637"))["__all__"] == words
    assert errors(change(mark, other, gis_number="8637"))["__all__"] == words
    with pytest.raises(IntegrityError), transaction.atomic():
        Meter.objects.filter(pk=other.pk).update(gis_number="8637")
    make_meter(cast.other_account, gis_number="8637")
    assert Meter.objects.filter(gis_number="").count() == 1


def test_the_page_of_a_new_meter_needs_no_scripts(cast: Cast, enter: Enter) -> None:
    page = body(enter(cast.mark), f"{LIST}add/")
    assert "autocomplete" not in page.replace('autocomplete="off"', "")
    assert re.search(r'<input[^>]*type="text"[^>]*name="account"', page)
    houses = page.partition('name="house"')[2].partition("</select>")[0]
    assert cast.house.address in houses
    assert cast.other_house.address not in houses


def test_a_number_of_two_companies_needs_the_house(cast: Cast, enter: Enter) -> None:
    """Only the superuser meets both."""
    make_account(cast.other_house, "5", "10012")
    sofia = enter(cast.sofia)
    for house in ("", "x"):
        assert "choose its house" in errors(add(sofia, account="10012", house=house))["account"][0]
    assert add(sofia, account="10012", house=cast.house.pk).status_code == 302
    assert Meter.objects.get().account == cast.account


def test_another_companys_flat_or_house_cannot_be_chosen(cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    assert "account" in errors(add(mark, account=cast.other_account.number))
    assert "house" in errors(add(mark, house=cast.other_house.pk))
    assert "house" in errors(add(enter(cast.sofia), account="10012", house=cast.other_house.pk))
    assert not Meter.objects.exists()


def test_before_the_first_reading_the_dial_may_be_put_right(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account)
    assert change(enter(cast.mark), meter, decimals="2", initial_t1="1,25", place="ванная").status_code == 302
    meter.refresh_from_db()
    assert (meter.decimals, str(meter.initial_t1), meter.place) == (2, "1.2500", "ванная")


def test_after_it_facts_may_be_changed_and_the_dial_not(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account, next_verification=date(2031, 1, 1))
    make_reading(meter, date(2026, 10, 1), "12.5")
    mark = enter(cast.mark)
    response = change(
        mark, meter, place="ванная", model="СВК", seal="П-1", gis_number="77", resource="hot", zones="2", decimals="1",
        initial_t1="9", account=cast.nina_account.pk, next_verification="2050-01-01", broken_on="2026-01-01",
        organization=cast.other_company.pk,
    )  # fmt: skip
    assert response.status_code == 302
    meter.refresh_from_db()
    assert (meter.place, meter.model, meter.seal, meter.gis_number) == ("ванная", "СВК", "П-1", "77")
    assert (meter.resource, meter.zones, meter.decimals, meter.initial_t1) == ("cold", 1, 3, Decimal(0))
    assert (meter.account, meter.organization, meter.broken_on) == (cast.account, cast.company, None)
    assert meter.next_verification == date(2031, 1, 1)


def test_the_page_shows_the_history_and_the_last_readings(cast: Cast, enter: Enter) -> None:
    old = make_meter(cast.account, serial="OLD-1", removed_on=date(2026, 5, 1))
    meter = make_meter(cast.account, serial="NEW-1", replaces=old)
    make_reading(meter, timezone.localdate().replace(day=1) - timedelta(days=1), "152.347")
    page = body(enter(cast.mark), reverse("admin:meters_meter_change", args=[meter.pk]))
    assert "152.347" in page
    assert reverse("admin:meters_meter_change", args=[old.pk]) in page
    assert "№ NEW-1" in body(enter(cast.mark), reverse("admin:meters_meter_change", args=[old.pk]))


@pytest.mark.parametrize("typed", ["0123456", "10012", "садовая 12", "0123456 садовая"])
def test_a_meter_is_found_by_its_number_account_or_address(typed: str, cast: Cast, enter: Enter) -> None:
    make_meter(cast.account)
    make_meter(cast.nina_account, serial="999")
    page = body(enter(cast.mark), f"{LIST}?q={typed}").split('id="result_list"')[1]
    assert "0123456-19" in page
    assert ">999<" not in page


def test_the_states_filter_says_what_each_meter_says_itself(cast: Cast) -> None:
    today = date(2026, 11, 20)
    cases: list[dict[str, Any]] = [
        {"next_verification": None},
        {"next_verification": today - timedelta(days=1)},
        {"next_verification": today},
        {"next_verification": today + timedelta(days=60)},
        {"next_verification": today + timedelta(days=61)},
        {"broken_on": today},
        {"broken_on": today + timedelta(days=1)},
        {"removed_on": today, "broken_on": today},
        {"removed_on": today + timedelta(days=1)},
    ]
    for number, fields in enumerate(cases):
        make_meter(cast.account, serial=f"N{number}", **fields)
    for state in MeterState.values:
        found = set(Meter.objects.in_state(state, today))
        assert found == {meter for meter in Meter.objects.all() if meter.state_on(today) == state}
        assert found


def test_the_list_filters_by_state_and_shows_the_last_reading(cast: Cast, enter: Enter) -> None:
    make_reading(make_meter(cast.account, serial="OK-1"), date(2026, 10, 1), "7.5")
    make_meter(cast.account, serial="BAD-1", broken_on=date(2026, 1, 1))
    mark = enter(cast.mark)
    assert "7.500 (20.10.2026)" in body(mark)
    only = body(mark, f"{LIST}?state=broken").split('id="result_list"')[1]
    assert "BAD-1" in only
    assert "OK-1" not in only
    assert "OK-1" in body(mark, f"{LIST}?state=nonsense")


def test_how_much_a_flat_uses_is_not_the_dispatchers_business(cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, timezone.localdate().replace(day=1), "152.347")
    dima = enter(cast.dima)
    for url in (LIST, reverse("admin:meters_meter_change", args=[meter.pk])):
        assert "0123456-19" in body(dima, url)
        assert "152.347" not in body(dima, url)
    assert "152.347" in body(enter(cast.anna))


@pytest.mark.parametrize("name", ["anna", "dima", "pavel", "olga"])
def test_only_the_manager_writes(name: str, cast: Cast, enter: Enter) -> None:
    meter = make_meter(cast.account)
    client = enter(getattr(cast, name))
    add(client, account="10012")
    client.post(reverse("admin:meters_meter_change", args=[meter.pk]), {"serial": "X", "place": "X"})
    client.post(reverse("admin:meters_meter_delete", args=[meter.pk]), {"post": "yes"})
    assert Meter.objects.get().place == ""


def test_nobody_deletes_a_meter(cast: Cast, enter: Enter) -> None:
    meter = make_house_meter(cast.house)
    for user in (cast.mark, cast.sofia):
        assert (
            enter(user).post(reverse("admin:meters_meter_delete", args=[meter.pk]), {"post": "yes"}).status_code == 403
        )
    assert Meter.objects.exists()


def test_a_list_of_ten_costs_as_much_as_a_list_of_one(cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            body(mark)
        return len(queries)

    make_reading(make_meter(cast.account, serial="N"), date(2026, 10, 1), "1")
    cost()
    first = cost()
    for number in range(9):
        make_reading(make_meter(cast.nina_account, serial=f"N{number}"), date(2026, 10, 1), "1")
    assert cost() == first
    assert first <= 12
