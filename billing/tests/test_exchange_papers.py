"""Bank details, debts for banks and funds, benefits. No database."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.exchange.benefits import benefits
from billing.exchange.debts import (
    Debt,
    balances_table,
    feed_table,
    is_old,
    sberbank_lines,
    sberbank_name,
    showcase_table,
)
from billing.exchange.requisites import requisites
from billing.payment_code import russian_problems, ukrainian_problems
from billing.tests.test_exchange_payments import dbf_file
from lib.tables import csv_file, xlsx_file
from premises.register import Row

HEAD = "recipient;tax_id;kpp;bank;bic;account;corr_account;kind\n"
RUSSIAN = "ООО «Дом»;3661057530;366101001;ПАО Банк;044525225;40702810652000001234;30101810400000000225;main\n"
UKRAINIAN = "ОСББ «Дім»;14360570;;;;UA21 3223 1300 0002 6007 2335 66001;;\n"


def details(text: str, country: str = "RU") -> tuple[list[Row], list[str]]:
    register, rows = requisites(
        io.BytesIO((HEAD + text).encode()), russian_problems if country == "RU" else ukrainian_problems
    )
    found = list(rows)
    own = [problem for row in found for problem in row.problems]
    return found, [f"{one.field}: {one.message}" for one in [*register.problems, *own]]


@pytest.mark.feature("G10")
def test_right_bank_details_of_both_countries_pass() -> None:
    [russian], problems = details(RUSSIAN)
    assert (problems, russian.values["account"], russian.values["kind"]) == ([], "40702810652000001234", "main")
    [ukrainian], problems = details(UKRAINIAN, "UA")
    assert (problems, ukrainian.values["account"]) == ([], "UA213223130000026007233566001")


@pytest.mark.parametrize(
    ("text", "country", "field"),
    [
        (RUSSIAN.replace("3661057530", "3661057531"), "RU", "tax_id"),
        (RUSSIAN.replace("366101001", "36610100"), "RU", "kpp"),
        (RUSSIAN.replace("044525225;", "44525225;"), "RU", "bic"),
        (RUSSIAN.replace("40702810652000001234", "40702810652000001235"), "RU", "account"),
        (RUSSIAN.replace("30101810400000000225", "30101810500000000225"), "RU", "corr_account"),
        (RUSSIAN.replace("ПАО Банк", ""), "RU", "bank"),
        (RUSSIAN.replace("ООО «Дом»", ""), "RU", "recipient"),
        (RUSSIAN.replace("main", "gift"), "RU", "kind"),
        (RUSSIAN + RUSSIAN, "RU", "kind"),
        (RUSSIAN.replace("40702810652000001234", "4" * 40), "RU", "account"),
        (UKRAINIAN.replace("14360570", "40121453"), "UA", "tax_id"),
        (UKRAINIAN.replace("66001", "66002"), "UA", "account"),
    ],
)
@pytest.mark.feature("G10")
def test_wrong_bank_details_are_an_error_of_their_field(text: str, country: str, field: str) -> None:
    _rows, problems = details(text, country)
    assert any(one.startswith(f"{field}: ") for one in problems), problems


def test_a_workbook_that_lost_the_zero_of_a_bik_gives_it_back_and_one_that_spoilt_an_account_is_refused() -> None:
    lines: list[list[Any]] = [
        HEAD.strip().split(";"),
        ["ООО", 3661057530, 366101001, "Банк", 44525225, "40702810652000001234", "", "main"],
        ["ООО", 3661057530, 366101001, "Банк", 44525225, 40702810652000001234, "", "repair"],
    ]
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    _register, rows = requisites(file, russian_problems)
    good, spoilt = rows
    assert (good.problems, good.values["bic"]) == ([], "044525225")
    assert "spoilt by Excel" in spoilt.problems[0].message


# --- Debts ----------------------------------------------------------------------------------------------------------

OWED = Debt(
    "10117", "Мартынович Александр Владимирович", "г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. 17",
    date(2019, 2, 1), Decimal("47048.00"), "ЖКУ", date(2018, 10, 15), (("0123456-19", Decimal("152.347")),),
)  # fmt: skip
ADVANCE = Debt("10118", "Петров", "", date(2019, 2, 1), Decimal("-5.00"))


@pytest.mark.feature("G10")
@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "utf-8"])
def test_the_debts_of_a_bank_stand_in_its_own_layout(encoding: str) -> None:
    assert sberbank_name("3661057530", "40702810652000001234", 1, date(2019, 2, 1)) == (
        "3661057530_40702810652000001234_001_0219.txt"
    )
    lines = b"".join(sberbank_lines([OWED, ADVANCE], encoding=encoding)).decode(encoding).splitlines()
    assert lines == [
        "10117;Мартынович Александр Владимирович;г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. 17;0219;47048,00",
        "10118;Петров;;0219;0,00",
    ]


@pytest.mark.parametrize(
    ("tax_id", "account", "number"),
    [("366105753", "4" * 20, 1), ("3661057531", "4" * 20, 1), ("3661057530", "4" * 19, 1), ("3661057530", "4" * 20, 0),
     ("3661057530", "4" * 20, 1000), ("../..", "4" * 20, 1)],
)  # fmt: skip
def test_a_name_that_the_bank_would_refuse_is_not_made(tax_id: str, account: str, number: int) -> None:
    with pytest.raises(ValueError, match="bank takes"):
        sberbank_name(tax_id, account, number, date(2019, 2, 1))


@given(st.text("=+-@ \t;\ra", max_size=12) | st.text(max_size=30), st.text(max_size=30))
def test_no_name_breaks_a_line_or_becomes_a_formula(payer: str, address: str) -> None:
    [line] = sberbank_lines([Debt("1", payer, address, date(2019, 2, 1), Decimal(1))], encoding="utf-8")
    text = line.decode()
    cells = text.removesuffix("\r\n").split(";")
    assert len(cells) == 5
    assert not any(sign in text[:-2] for sign in "\r\n\t\0")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@pytest.mark.feature("G10")
def test_debts_as_tables_hold_no_formula() -> None:
    evil = Debt("=1+1", "@SUM(A1)", "+7", date(2019, 2, 1), Decimal("1.50"), "-x", date(2019, 1, 1))
    for header, rows in (balances_table([evil]), feed_table([evil]), showcase_table([evil], on=date(2019, 9, 1))):
        body = list(rows)
        [_head, line] = csv.reader(io.StringIO(b"".join(csv_file(header, body)).decode("utf-8-sig")), delimiter=";")
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)
        sheet = openpyxl.load_workbook(io.BytesIO(xlsx_file("Debts", header, body))).active
        assert {cell.data_type for cell in sheet[2]} <= {"s", "inlineStr", "n", "d"}


def test_a_feed_tells_meters_and_the_fund_hears_only_of_debts() -> None:
    _header, rows = feed_table([OWED])
    assert next(rows)[-1] == "0123456-19=152.347"
    _header, rows = showcase_table([OWED, ADVANCE], on=date(2019, 3, 1))
    assert [(row[0], row[5], row[6]) for row in rows] == [("10117", Decimal("47048.00"), date(2018, 10, 15))]
    _header, rows = showcase_table([OWED], on=date(2019, 1, 15))
    assert next(rows)[6] is None
    _header, rows = balances_table([ADVANCE])
    assert next(rows)[5] == Decimal("-5.00")


@pytest.mark.parametrize(
    ("since", "on", "old"),
    [(date(2026, 1, 15), date(2026, 4, 15), False), (date(2026, 1, 15), date(2026, 4, 16), True),
     (date(2025, 12, 1), date(2026, 4, 1), True), (date(2026, 4, 1), date(2026, 4, 1), False)],
)  # fmt: skip
def test_a_debt_is_old_after_three_months(since: date, on: date, old: bool) -> None:
    assert is_old(since, on) is old


# --- Benefits -------------------------------------------------------------------------------------------------------

FIELDS = [
    ("FAM_L", "C", 25), ("IM_L", "C", 20), ("OT_L", "C", 25), ("DR", "D", 8), ("NNASP", "C", 30), ("NYLIC", "C", 36),
    ("NDOM", "C", 7), ("NKORP", "C", 3), ("NKW", "C", 15), ("LCHET", "C", 25), ("USL1", "C", 50), ("POSTUSL1", "C", 50),
    ("VID_TARIF1", "C", 10), ("TARIF1", "N", 5), ("FAKT1", "N", 5), ("SUM1", "N", 10), ("SUML1", "N", 10),
]  # fmt: skip
BENEFIT = [
    "Мартынович", "Александр", "Владимирович", "19500101", "г. Волгодонск", "ул. Садовая", "1", "", "17", "0667000001",
    "Отопление", "Тепло", "", "30.10", " 9.94", "    299.19", "    149.60",
]  # fmt: skip


@pytest.mark.feature("G10")
@pytest.mark.parametrize("page", [0x65, 0])
def test_a_register_of_benefits_is_read(page: int) -> None:
    register = benefits(io.BytesIO(dbf_file(FIELDS, [BENEFIT], "cp866", page)))
    [person] = register
    assert (register.problems, person.row.problems) == ([], [])
    assert (person.account, person.name, person.born, person.address) == (
        "0667000001", "Мартынович Александр Владимирович", date(1950, 1, 1), "г. Волгодонск, ул. Садовая, 1, кв. 17"
    )  # fmt: skip
    [line] = person.lines
    assert (line.service, line.tariff, line.volume, line.charged, person.benefit) == (
        "Отопление", Decimal("30.10"), Decimal("9.94"), Decimal("299.19"), Decimal("149.60")
    )  # fmt: skip


def test_a_benefit_above_the_charge_and_a_file_of_another_kind_are_refused() -> None:
    [person] = benefits(io.BytesIO(dbf_file(FIELDS, [[*BENEFIT[:-1], "    300.00"]], "cp866")))
    assert [(one.level, one.field) for one in person.row.problems] == [("error", "SUML1")]
    register = benefits(io.BytesIO(b"account;date\n"))
    assert (list(register), "no DBF" in register.problems[0].message) == ([], True)
