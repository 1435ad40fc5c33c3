"""Services, tariffs, norms and what changes a charge, in the staff room: bad input gets a sentence, the past stays."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.urls import reverse

from billing.admin_circumstances import SubsidyAdmin
from billing.models import (
    Absence,
    AccountFact,
    Benefit,
    BillingRun,
    HouseService,
    Recalculation,
    Service,
    Subsidy,
    Tariff,
)
from billing.testing import make_invoice
from portal.testing import Cast
from premises.models import PersonalAccount

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)


@pytest.fixture
def service(cast: Cast) -> Service:
    return Service.objects.create(
        organization=cast.company, code="CW", name="Холодная вода", unit="м3", method="meter", resource="cold"
    )


def add(name: str) -> str:
    return reverse(f"admin:billing_{name}_add")


def change(row: Any) -> str:
    return reverse(f"admin:billing_{row._meta.model_name}_change", args=[row.pk])


def tariff(service: Service, **values: Any) -> dict[str, Any]:
    return {"service": service.pk, "since": "2026-01-01", "rate": "43.57", "tiers": ""} | values


def errors(response: Any) -> str:
    return str(response.context["adminform"].form.errors) + str(response.context["adminform"].form.non_field_errors())


@pytest.mark.feature("E3")
def test_overlapping_tariffs_are_refused_in_words_and_by_the_database(cast: Cast, service: Service, enter: Any) -> None:
    client = enter(cast.anna)
    assert client.post(add("tariff"), tariff(service, until="2026-06-30")).status_code == 302
    again = client.post(add("tariff"), tariff(service, since="2026-06-30"))
    assert "Another tariff of this service is in force" in errors(again)
    assert client.post(add("tariff"), tariff(service, since="2026-07-01", rate="47.00")).status_code == 302
    of_house = tariff(service, since="2026-02-01", house=cast.house.pk, rate="40")
    assert client.post(add("tariff"), of_house).status_code == 302
    assert Tariff.objects.count() == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        Tariff.objects.create(service=service, since=MARCH, rate=1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rate": "-1"}, "greater than or equal to 0"),
        ({"until": "2025-12-31"}, "last day is before the first"),
        ({"rate": "99999999"}, "digits"),
        ({"tiers": "сто рублей"}, "Write a range in each line"),
        ({"tiers": "100 = 4.32\n50 = 5\n= 6"}, "from the smallest on"),
        ({"tiers": "100 = 4.32"}, "from the smallest on"),
        ({"tiers": "100 ="}, "Write a range in each line"),
    ],
)
def test_a_wrong_tariff_is_an_error_that_says_what_to_do(
    cast: Cast, service: Service, enter: Any, wrong: dict[str, str], words: str
) -> None:
    Service.objects.filter(pk=service.pk).update(method="tiers")
    response = enter(cast.anna).post(add("tariff"), tariff(service, **wrong))
    assert response.status_code == 200
    assert words in errors(response)
    assert not Tariff.objects.exists()


def test_ranges_are_written_line_by_line_and_read_back(cast: Cast, service: Service, enter: Any) -> None:
    client = enter(cast.anna)
    Service.objects.filter(pk=service.pk).update(method="tiers")
    assert client.post(add("tariff"), tariff(service, tiers="100 = 4,32\n= 5.10")).status_code == 302
    row = Tariff.objects.get()
    assert row.tiers == [["100", "4.32"], [None, "5.10"]]
    assert "100 = 4.32" in client.get(change(row)).content.decode()


def test_a_metered_service_says_what_flows(cast: Cast, enter: Any) -> None:
    values = {"organization": cast.company.pk, "code": "W", "name": "Вода", "kind": "main", "method": "meter",
              "vat_percent": "0", "position": "1"}  # fmt: skip
    client = enter(cast.anna)
    assert "Choose the resource" in errors(client.post(add("service"), values))
    assert client.post(add("service"), values | {"resource": "cold"}).status_code == 302


def test_things_of_another_company_are_no_choice(cast: Cast, service: Service, enter: Any) -> None:
    theirs = Service.objects.create(organization=cast.other_company, code="X", name="Чужая", method="area")
    client = enter(cast.anna)
    assert client.post(add("tariff"), tariff(theirs)).status_code == 200
    values = {"house": cast.other_house.pk, "service": service.pk, "since": "2026-01-01", "method": ""}
    assert client.post(add("houseservice"), values).status_code == 200
    assert not Tariff.objects.exists()
    assert not HouseService.objects.exists()


def test_the_way_of_charging_changes_with_a_month(cast: Cast, service: Service, enter: Any) -> None:
    """The supplier may change on any day; a new way begins on the first, or the month would have two."""
    client, words = enter(cast.anna), "A month is charged in one way"
    old = {"house": cast.house.pk, "service": service.pk, "since": "2026-01-01", "until": "2026-11-10", "method": ""}
    assert client.post(add("houseservice"), old).status_code == 302
    row = HouseService.objects.get()
    new = old | {"since": "2026-11-11", "until": "", "method": "account"}
    assert service.method != "account"
    assert words in errors(client.post(add("houseservice"), new))
    assert client.post(add("houseservice"), new | {"method": "", "until": "2026-11-30"}).status_code == 302
    assert client.post(add("houseservice"), new | {"since": "2026-12-01"}).status_code == 302
    last = HouseService.objects.get(since=date(2026, 12, 1))
    # The old one cannot be drawn into the month of the new one either.
    HouseService.objects.exclude(pk__in=[row.pk, last.pk]).delete()
    HouseService.objects.filter(pk=last.pk).update(since=date(2026, 12, 16))
    drawn = errors(client.post(change(row), old | {"until": "2026-12-15"}))
    assert words in drawn
    assert client.post(change(row), old | {"until": "2026-11-30"}).status_code == 302


@pytest.mark.feature("G10")
def test_what_a_month_was_issued_by_may_be_put_right_but_not_deleted(cast: Cast, service: Service, enter: Any) -> None:
    row = Tariff.objects.create(service=service, since=JANUARY, until=date(2027, 6, 30), rate="43.57")
    later = Tariff.objects.create(service=service, since=date(2027, 7, 1), rate="50")
    BillingRun.objects.create(organization=cast.company, period=MARCH, state="issued")
    client = enter(cast.anna)
    said = client.post(change(row), tariff(service, rate="44.57", until="2027-06-30"), follow=True).content.decode()
    assert "Months that are issued already were reckoned without this" in said
    row.refresh_from_db()
    assert row.rate == Decimal("44.57")
    assert client.post(reverse("admin:billing_tariff_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    said = client.post(change(later), tariff(service, since="2027-07-01", rate="51"), follow=True).content.decode()
    assert "reckoned without this" not in said
    assert client.post(reverse("admin:billing_tariff_delete", args=[later.pk]), {"post": "yes"}).status_code == 302


@pytest.mark.feature("G10")
def test_a_list_says_why_what_a_month_was_issued_by_stays(cast: Cast, service: Service, enter: Any) -> None:
    row = Tariff.objects.create(service=service, since=JANUARY, until=date(2027, 6, 30), rate="43.57")
    later = Tariff.objects.create(service=service, since=date(2027, 7, 1), rate="50")
    BillingRun.objects.create(organization=cast.company, period=MARCH, state="issued")
    client, page = enter(cast.anna), reverse("admin:billing_tariff_changelist")
    chosen = {"action": "delete_selected", "_selected_action": [row.pk, later.pk]}
    for post in ({}, {"post": "yes"}):
        text = client.post(page, chosen | post, follow=True).content.decode()
        assert "Nothing was deleted. An issued month was reckoned by this: Холодная вода: 43.57." in text
        assert "permission" not in text
    assert Tariff.objects.count() == 2
    client.post(page, chosen | {"_selected_action": [later.pk], "post": "yes"})
    assert Tariff.objects.get() == row


def test_prices_stand_as_they_were_typed(cast: Cast, service: Service, enter: Any) -> None:
    heat = Tariff.objects.create(service=service, since=JANUARY, rate="2828.91", rate_2="0.123456")
    cast.anna.language = "ru"
    cast.anna.save()
    client = enter(cast.anna)
    text = client.get(reverse("admin:billing_tariff_changelist")).content.decode()
    assert "2\xa0828,91<" in text
    assert "0,123456<" in text
    page = client.get(change(heat)).content.decode()
    assert not re.search(r'value="2828[.,]910000"', page)
    assert re.search(r'name="rate" value="2828[.,]91"', page)
    client.post(change(heat), {"service": service.pk, "since": "01.01.2026", "rate": "2828,91", "tiers": ""})
    heat.refresh_from_db()
    assert heat.rate == Decimal("2828.91")


@pytest.mark.feature("G10")
def test_a_subsidy_of_an_issued_month_may_come_or_change_later(cast: Cast, enter: Any) -> None:
    BillingRun.objects.create(organization=cast.company, period=MARCH, state="issued")
    client = enter(cast.anna)
    values = {"account": cast.account.pk, "period": "2026-03-01", "amount": "150.00", "source": "решение"}
    said = client.post(add("subsidy"), values, follow=True).content.decode()
    assert "the next closing credits the difference" in said
    assert "reckoned without this" not in said
    row = Subsidy.objects.get()
    Subsidy.objects.update(credited=Decimal("150.00"))
    values |= {"account": cast.nina_account.pk, "period": "2026-04-01", "amount": "120.00"}
    assert client.post(change(row), values).status_code == 302
    row.refresh_from_db()
    assert (row.account, row.period, row.amount, row.credited) == (
        cast.account, MARCH, Decimal("120.00"), Decimal("150.00"),
    )  # fmt: skip


@pytest.mark.feature("G10")
def test_a_subsidy_that_a_document_credited_is_not_deleted(cast: Cast, enter: Any, monkeypatch: Any) -> None:
    """The month is being issued: the document of flat 12 is written, that of flat 14 is not."""
    BillingRun.objects.create(organization=cast.company, period=MARCH, state="issuing")
    client = enter(cast.anna)
    given = Subsidy.objects.create(account=cast.account, period=MARCH, amount=Decimal(500), credited=Decimal(500))
    waits = Subsidy.objects.create(account=cast.nina_account, period=MARCH, amount=Decimal(500))
    for row, status in ((given, 403), (waits, 302)):
        page = reverse("admin:billing_subsidy_delete", args=[row.pk])
        assert client.post(page, {"post": "yes"}).status_code == status
        client.post(reverse("admin:billing_subsidy_changelist"), {
            "action": "delete_selected", "_selected_action": [row.pk], "post": "yes",
        })  # fmt: skip
    assert Subsidy.objects.get() == given


@pytest.mark.feature("G10")
def test_a_subsidy_that_is_credited_while_it_is_being_deleted_stays(cast: Cast, enter: Any, monkeypatch: Any) -> None:
    """The page was allowed to delete it, then waited for the row until the run had written its documents."""
    row = Subsidy.objects.create(account=cast.account, period=MARCH, amount=Decimal(500))
    real = SubsidyAdmin.log_deletions

    def credit(*args: Any) -> Any:
        Subsidy.objects.update(credited=Decimal(500))
        return real(*args)

    monkeypatch.setattr(SubsidyAdmin, "log_deletions", credit)
    page = reverse("admin:billing_subsidy_delete", args=[row.pk])
    assert enter(cast.anna).post(page, {"post": "yes"}).status_code == 403
    assert Subsidy.objects.filter(pk=row.pk).exists()


def test_a_recalculation_waits_and_one_that_was_printed_stays(cast: Cast, service: Service, enter: Any) -> None:
    client = enter(cast.anna)
    values = {"account": cast.account.pk, "service": service.pk, "period": "2026-02-14", "amount": "-12.30",
              "reason": "По акту"}  # fmt: skip
    for amount in ("-99999999999.00", "100000000.00"):
        assert "99999999.99" in errors(client.post(add("recalculation"), values | {"amount": amount}))
    assert "above or below zero" in errors(client.post(add("recalculation"), values | {"amount": "0"}))
    assert "has not begun" in errors(client.post(add("recalculation"), values | {"period": "2199-01-01"}))
    assert client.post(add("recalculation"), values).status_code == 302
    row = Recalculation.objects.get()
    assert (row.period, row.amount, row.by) == (date(2026, 2, 1), Decimal("-12.30"), cast.anna)
    run = BillingRun.objects.create(organization=cast.company, period=MARCH, state="issued")
    Recalculation.objects.update(run=run)
    assert client.post(reverse("admin:billing_recalculation_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert 'name="_save"' not in client.get(change(row)).content.decode()


def test_days_of_absence_are_in_order(cast: Cast, enter: Any) -> None:
    values = {"account": cast.account.pk, "persons": "1", "left_on": "2026-06-20", "returned_on": "2026-06-05",
              "applied_on": "2026-06-01"}  # fmt: skip
    response = enter(cast.anna).post(add("absence"), values)
    assert "after the day of leaving" in errors(response)


@pytest.mark.parametrize(
    "name", ["service", "tariff", "houseservice", "servicenorm", "housefact", "benefit", "recalculation"]
)
def test_the_dispatcher_has_nothing_to_do_here(cast: Cast, enter: Any, name: str) -> None:
    assert enter(cast.dima).get(reverse(f"admin:billing_{name}_changelist")).status_code == 403


def test_a_benefit_is_not_given_twice_at_a_time(cast: Cast, service: Service, enter: Any) -> None:
    client = enter(cast.anna)
    values = {"account": cast.account.pk, "service": "", "category": "Ветеран", "percent": "50", "persons": "1",
              "since": "2026-01-01", "until": "2026-06-30"}  # fmt: skip
    assert client.post(add("benefit"), values).status_code == 302
    again = client.post(add("benefit"), values | {"category": "ветеран", "since": "2026-06-30", "until": ""})
    assert "already has this benefit" in errors(again)
    for other in ({"since": "2026-07-01", "until": ""}, {"category": "Инвалид"}, {"service": service.pk}):
        assert client.post(add("benefit"), values | other).status_code == 302
    row = Benefit.objects.filter(until="2026-06-30")[0]
    assert client.post(change(row), values | {"category": row.category, "percent": "40"}).status_code == 302


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ({}, {}, True),  # of every service, both of all who live there
        ({}, {"service": True}, True),
        ({"service": True}, {}, True),
        ({"service": True}, {"service": True}, True),
        ({}, {"since": "2026-12-01", "until": ""}, False),
        ({}, {"persons": "1"}, False),  # somebody there has another one
        ({"persons": "1"}, {}, False),
        ({"persons": "1"}, {"persons": "1"}, False),
    ],
)
def test_all_of_a_flat_have_one_benefit_of_a_service_at_a_time(
    cast: Cast, service: Service, enter: Any, first: dict[str, Any], second: dict[str, Any], is_refused: bool
) -> None:
    client = enter(cast.anna)
    values = {"account": cast.account.pk, "service": "", "percent": "50", "persons": ""}
    values |= {"category": "Многодетная семья", "since": "2026-11-01", "until": "2026-11-30"}
    first, second = ({**one, "service": service.pk} if "service" in one else one for one in (first, second))
    assert client.post(add("benefit"), values | first).status_code == 302
    again = client.post(add("benefit"), values | {"category": "Чернобыльцы", "percent": "70"} | second)
    if is_refused:
        assert "Многодетная семья, 50 %" in errors(again)
    else:
        assert again.status_code == 302


def test_a_benefit_of_capital_repair_stands_beside_that_of_the_main_document(
    cast: Cast, service: Service, enter: Any
) -> None:
    Service.objects.filter(pk=service.pk).update(kind="repair")
    client = enter(cast.anna)
    values = {"account": cast.account.pk, "percent": "50", "persons": "", "since": "2026-11-01", "until": ""}
    for row in ({"service": "", "category": "Ветеран"}, {"service": service.pk, "category": "Старше 80 лет"}):
        assert client.post(add("benefit"), values | row).status_code == 302


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("absence", {"persons": "4"}, "So many people do not live there: 3"),
        ("qualitycase", {"hours": "745"}, "744 hours"),
        ("qualitycase", {"hours": "0"}, "how many hours"),
        ("qualitycase", {"kind": "cold_hot_water"}, "not hot water"),
        ("subsidy", {"period": "2199-01-01"}, "too far ahead"),
        ("subsidy", {"amount": "100000000"}, "99999999.99"),
        ("supplier", {"tax_id": "3661057531"}, "check digit"),
        ("supplier", {"phone": "abc"}, "Write the phone with its digits"),
    ],
)
def test_nonsense_is_refused_in_words(
    cast: Cast, service: Service, enter: Any, name: str, wrong: dict[str, str], words: str
) -> None:
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=2, registered=3)
    right: dict[str, dict[str, Any]] = {
        "absence": {"account": cast.account.pk, "persons": "3", "left_on": "2026-06-05", "returned_on": "2026-06-20",
                    "applied_on": "2026-06-21"},
        "qualitycase": {"house": cast.house.pk, "service": service.pk, "period": "2026-01-15", "kind": "interruption",
                        "hours": "744", "degrees": "0", "percent": "0"},
        "subsidy": {"account": cast.account.pk, "period": "2026-01-15", "amount": "99999999.99"},
        "supplier": {"organization": cast.company.pk, "name": "Водоканал", "tax_id": "3661 057530",
                     "phone": "8 (47354) 2-15-15, доб. 12"},
    }  # fmt: skip
    client = enter(cast.anna)
    assert words in errors(client.post(add(name), right[name] | wrong))
    said = client.post(add(name), right[name], follow=True)
    assert said.redirect_chain, errors(said)
    assert "Applied later" not in said.content.decode()


def test_hours_that_cannot_be_are_said_once(cast: Cast, service: Service, enter: Any) -> None:
    values = {"house": cast.house.pk, "service": service.pk, "period": "2026-01-15", "kind": "interruption",
              "hours": "10000", "degrees": "0", "percent": "0"}  # fmt: skip
    answer = enter(cast.anna).post(add("qualitycase"), values)
    [said] = answer.context["adminform"].form.errors["hours"]
    assert "4 digits before" in said


def test_what_is_only_unlikely_is_warned_of(cast: Cast, enter: Any) -> None:
    client = enter(cast.anna)
    late = {"account": cast.account.pk, "persons": "1", "left_on": "2026-06-05", "returned_on": "2026-06-20",
            "applied_on": "2026-07-21"}  # fmt: skip
    assert "Applied later than 30 days" in client.post(add("absence"), late, follow=True).content.decode()
    whole = cast.house.units.aggregate(sum=Sum("area_total"))["sum"]
    area = {"house": cast.house.pk, "since": "2026-01-01", "area_rooms": str(whole / 2), "area_common": "0",
            "heating_from": "10", "heating_months": "7"}  # fmt: skip
    assert "Check the area" not in client.post(add("housefact"), area, follow=True).content.decode()
    area |= {"since": "2026-02-01", "area_rooms": "1"}
    assert "Check the area" in client.post(add("housefact"), area, follow=True).content.decode()


def test_an_absence_is_not_given_back_twice(cast: Cast, enter: Any) -> None:
    """On no day are more away than live there; the days of leaving and returning do not count."""
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=1, registered=3)
    client = enter(cast.anna)
    values = {"account": cast.account.pk, "persons": "1", "left_on": "2026-11-01", "returned_on": "2026-11-25",
              "applied_on": "2026-11-20"}  # fmt: skip
    assert client.post(add("absence"), values).status_code == 302
    for days in (("2026-11-01", "2026-11-25"), ("2026-10-01", "2026-11-03"), ("2026-11-23", "2026-12-20")):
        again = values | {"left_on": days[0], "returned_on": days[1]}
        assert "already: 1, living there: 1" in errors(client.post(add("absence"), again))
    row = Absence.objects.get()
    assert client.post(change(row), values | {"document": "справка"}).status_code == 302
    after = values | {"left_on": "2026-11-25", "returned_on": "2026-12-10", "applied_on": "2026-12-01"}
    assert client.post(add("absence"), after).status_code == 302
    AccountFact.objects.create(account=cast.account, since=date(2026, 11, 10), residents=2)
    second = values | {"left_on": "2026-11-08"}
    assert "already: 1, living there: 1" in errors(client.post(add("absence"), second))
    assert client.post(add("absence"), second | {"left_on": "2026-11-09"}).status_code == 302
    assert "already: 2, living there: 2" in errors(client.post(add("absence"), second | {"left_on": "2026-11-12"}))


def test_a_recalculation_says_when_it_is_charged_and_whether_it_is_hardly_meant(
    cast: Cast, service: Service, enter: Any
) -> None:
    make_invoice(cast.account, MARCH, accrued="5500.00")
    client = enter(cast.anna)
    values = {"account": cast.account.pk, "service": service.pk, "period": "2026-03-14", "amount": "-12.30",
              "reason": "По акту"}  # fmt: skip
    text = client.post(add("recalculation"), values, follow=True).content.decode()
    assert "stays as it is" not in text
    assert "Check the sum" not in text
    BillingRun.objects.create(organization=cast.company, period=MARCH, state="issued")
    text = client.post(add("recalculation"), values | {"amount": "9999999"}, follow=True).content.decode()
    assert "The issued document of March 2026 stays as it is" in text
    assert "9,999,999.00" in text
    assert "much more than the account was billed" in text


@pytest.mark.feature("E3")
def test_a_parameter_of_the_law_in_an_issued_month_says_what_to_do(cast: Cast, enter: Any) -> None:
    BillingRun.objects.create(organization=cast.company, period=MARCH, state="issued")
    values = {"country": "RU", "key": "absence_min_days", "valid_from": "2026-02-15", "value": "6", "source": "закон"}
    client = enter(cast.sofia)
    assert "reckoned without this" in client.post(add("legalrule"), values, follow=True).content.decode()
    later = values | {"valid_from": "2026-04-01"}
    assert "reckoned without this" not in client.post(add("legalrule"), later, follow=True).content.decode()
