"""What a volume costs by the newest bills."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Invoice
from billing.prices import resource_of, tariffs, unit_of
from billing.testing import make_invoice
from meters.prices import Price, prices_of
from portal.testing import Cast, make_account


def print_line(invoice: Invoice, service: str, unit: str, tariff: str | None, code: str = "") -> None:
    invoice.lines.create(
        position=invoice.lines.count() + 1, code=code, service=service, unit=unit, accrued=Decimal(1), payable=Decimal(1),
        tariff=tariff and Decimal(tariff),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "service", "resource"),
    [
        ("COLD", "Вода", "cold"),
        ("", "Холодная вода", "cold"),
        ("", "ХВС (прибор учёта)", "cold"),
        ("", "Холодна вода", "cold"),
        ("HOT", "", "hot"),
        ("", "Горячее водоснабжение (компонент на теплоноситель)", "hot"),
        ("", "Гаряча вода", "hot"),
        ("ГВС", "Подача", "hot"),
        ("", "Электроэнергия (день)", "power"),
        ("", "Електроенергія", "power"),
        ("", "Газ", "gas"),
        ("", "Природний газ", "gas"),
        ("", "Отопление", "heat"),
        ("", "Централізоване опалення", "heat"),
        ("", "Электроэнергия СОИ", None),
        ("", "ХВС на ОДН", None),
        ("", "Электроснабжение мест общего пользования", None),
        ("", "Водоотведение", None),
        ("", "Водовідведення", None),
        ("", "Розподіл природного газу", None),
        ("", "Техническое обслуживание газового оборудования", None),
        ("", "Содержание жилья", None),
        ("", "", None),
    ],
)
def test_a_line_is_of_a_resource_or_of_none(code: str, service: str, resource: str | None) -> None:
    assert resource_of(code, service) == resource


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("м3", "m3"), ("м³", "m3"), ("куб. м", "m3"), ("куб.м.", "m3"), ("кВт·ч", "kwh"), ("кВт*ч", "kwh"), ("кВт·год", "kwh"),
        ("Гкал", "gcal"), ("ГДж", "gj"), ("м2", None), ("м²", None), ("чел.", None), ("", None),
    ],
)  # fmt: skip
def test_a_unit_is_known_as_bills_write_it(text: str, unit: str | None) -> None:
    assert unit_of(text) == unit


def test_the_newest_bill_gives_the_price(cast: Cast) -> None:
    for month, cold in ((9, "43.57"), (10, "47.06")):
        invoice = make_invoice(cast.account, date(2026, month, 1))
        print_line(invoice, "Холодная вода", "м3", cold)
        print_line(invoice, "Водоотведение", "м3", "99.00")
        print_line(invoice, "Отопление", "м2", "55.00")
        print_line(invoice, "Газ", "м3", None)
    found = prices_of([cast.account])
    assert found == {(cast.account.pk, "cold"): Price(Decimal("47.06"), "RUB")}


def test_a_service_of_winter_keeps_its_price_in_summer(cast: Cast) -> None:
    print_line(make_invoice(cast.account, date(2026, 4, 1)), "Отопление", "Гкал", "2245.68")
    make_invoice(cast.account, date(2026, 7, 1))
    assert tariffs([cast.account])[cast.account.pk, "heat"].per_unit == Decimal("2245.68")


def test_a_service_renamed_follows_the_newest_and_day_counts_before_night(cast: Cast) -> None:
    print_line(make_invoice(cast.account, date(2026, 8, 1)), "Электроэнергия", "кВт·ч", "9.99")
    newest = make_invoice(cast.account, date(2026, 10, 1))
    print_line(newest, "Электроэнергия (ночь)", "кВт·ч", "3.04")
    print_line(newest, "Электроэнергия (день)", "кВт·ч", "6.93")
    print_line(newest, "Электроэнергия СОИ", "кВт·ч", "8.00")
    assert tariffs([cast.account])[cast.account.pk, "power"].per_unit == Decimal("6.93")


def test_heat_by_gigajoule_is_priced_by_the_gigacalorie(cast: Cast) -> None:
    print_line(make_invoice(cast.account, date(2026, 10, 1)), "Опалення", "ГДж", "100")
    assert tariffs([cast.account])[cast.account.pk, "heat"].per_unit == Decimal("418.68")


def test_twenty_accounts_take_one_query_and_keep_apart(cast: Cast) -> None:
    accounts = [make_account(cast.house, f"3{number}", f"30{number}") for number in range(20)]
    for number, account in enumerate(accounts):
        print_line(make_invoice(account, date(2026, 10, 1)), "ГВС", "м3", str(100 + number))
    with CaptureQueriesContext(connection) as seen:
        found = tariffs(accounts)
    assert len(seen) == 1
    assert [found[account.pk, "hot"].per_unit for account in accounts] == [Decimal(100 + n) for n in range(20)]
