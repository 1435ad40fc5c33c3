"""Workbooks of ГИС ЖКХ: found by sheet and header, written and read back. No database."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.exchange import gis, gis_written
from billing.exchange.detect import detect, open_payments
from billing.exchange.receipts import Receipt
from premises.register import Row

DOCUMENT_HEADERS: list[Any] = [
    "Идентификатор лицевого счета", "Номер ЛС", "Идентификатор ЖКУ", "Тип платежного документа",
    "Форма платежного документа", "Идентификатор платежного документа", "Номер платежного документа",
    "Статус платежного документа", "Расчетный период\n(ММ.ГГГГ)",
    "Сумма к оплате за расчетный период, руб.\n(по всему платежному документу)", "Оплачено денежных средств, руб.",
    "Дата последней поступившей оплаты", "Сумма, руб.",
    "Итого к оплате за расчетный период c учетом задолженности/переплаты, руб. (по всему платежному документу)",
    "Прочее", "ИТОГО К ОПЛАТЕ (по всем услугам), руб.", "Дата размещения",
]  # fmt: skip
DOCUMENT: list[Any] = [
    "60ЕХ209700", "10117", "60ЕХ209700-10", "Текущий", "Единый", "60ЕХ209700-10-6021", "202602_60ЕХ209700-10", "Размещен",
    "02.2026", "3625,82", "0,00", None, "", 3625.82, "", 3625.82, "10.02.2026",
]  # fmt: skip


def book(**sheets: list[list[Any]]) -> io.BytesIO:
    """A workbook; an underscore in a name is a space, and a cover sheet stands in front."""
    whole = openpyxl.Workbook()
    whole.active.title = "Титул"
    for name, lines in sheets.items():
        sheet = whole.create_sheet(name.replace("_", " "))
        for line in lines:
            sheet.append(line)
    file = io.BytesIO()
    whole.save(file)
    return file


@pytest.mark.feature("G10")
@pytest.mark.parametrize("turn", [0, 5, 11])
def test_documents_are_found_by_their_headers_wherever_these_stand(turn: int) -> None:
    moved = [line[turn:] + line[:turn] for line in (DOCUMENT_HEADERS, DOCUMENT)]
    address: list[list[Any]] = [
        ["№", "Номер платежного документа", "Адрес ОЖФ"],
        [1, "202602_60ЕХ209700-10", "г. Волгодонск, 1"],
    ]
    found = gis.documents(book(Основная_информация=moved, Адрес_плательщика=address))
    [document] = found
    assert (found.problems, document.row.problems) == ([], [])
    assert (document.account, document.number, document.identifier, document.status) == (
        "10117", "202602_60ЕХ209700-10", "60ЕХ209700-10-6021", "Размещен"
    )  # fmt: skip
    assert (document.period, document.placed, document.paid_on) == (date(2026, 2, 1), date(2026, 2, 10), None)
    assert [document.charged, document.due, document.payable] == [Decimal("3625.82")] * 3
    assert document.paid == 0
    assert document.address == "г. Волгодонск, 1"


def test_a_row_of_sub_headers_is_no_document() -> None:
    below: list[Any] = [None] * 12 + ["в том числе", "руб", None, None, None]
    assert len(list(gis.documents(book(Основная_информация=[DOCUMENT_HEADERS, below, DOCUMENT])))) == 1


def test_latin_letters_of_an_identifier_are_mended_and_a_wrong_one_is_a_warning() -> None:
    latin: list[Any] = [*DOCUMENT[:5], "60EX209700-10-6021", *DOCUMENT[6:]]
    wrong: list[Any] = [*DOCUMENT[:5], "60Х209700-10", *DOCUMENT[6:]]
    first, second = gis.documents(book(Основная_информация=[DOCUMENT_HEADERS, latin, wrong]))
    assert (first.identifier, first.row.problems) == ("60ЕХ209700-10-6021", [])
    assert [(one.level, one.field) for one in second.row.problems] == [("warning", "identifier")]


PAYMENTS: list[list[Any]] = [
    ["Номер платежного документа", "Дата внесения платы\n(ДД.ММ.ГГГГ)", "Месяц", "Год", "Сумма", "Уникальный номер платежа",
     "Услуга", "Сумма", "Услуга", "Сумма"],
    ["202602_60ЕХ209700-10", "11.03.2026", 2, 2026, 3625.82, "60A1", "Отопление", 3000, "Вода", "625,82"],
    ["60EX209700-10-6021", "12.03.2026", 2, 2026, 10, "60A2", "Вода", 9, None, None],
    ["60EX209700-10-6021", "12.03.2026", None, None, 11, None, None, None, None, None],
]  # fmt: skip


@pytest.mark.feature("G10")
def test_payments_name_a_document_and_are_split_over_services() -> None:
    content = book(Оплаты=PAYMENTS)
    assert detect(content) == "gis"
    found = open_payments(content)
    first, second, third = found
    assert found.problems == []
    assert (first.document, first.account, first.on, first.amount, first.operation, first.period) == (
        "202602_60ЕХ209700-10", "", date(2026, 3, 11), Decimal("3625.82"), "60A1", date(2026, 2, 1)
    )  # fmt: skip
    assert first.lines == (("Отопление", Decimal(3000)), ("Вода", Decimal("625.82")))
    assert (first.problems, second.document, third.operation) == (
        [], "60ЕХ209700-10-6021", "60ЕХ209700-10-6021 2026-03-12 11"
    )  # fmt: skip
    assert [(one.level, one.message) for one in second.problems] == [
        ("warning", "The sums of the services make 9.00, the payment is 10.")
    ]


def test_pairs_may_stand_in_a_row_of_sub_headers_below_a_merged_cell() -> None:
    above = [*PAYMENTS[0][:6], "Квитирование", None, None, None]
    below: list[Any] = [None] * 6 + ["Услуга", "Сумма", "Услуга", "Сумма"]
    [first, *_rest] = open_payments(book(Оплаты=[above, below, *PAYMENTS[1:]]))
    assert first.lines == (("Отопление", Decimal(3000)), ("Вода", Decimal("625.82")))


@pytest.mark.parametrize(
    ("column", "cell", "word"),
    [(4, -5, "between"), (4, "1,234.56", "not clear"), (4, 1e12, "between"), (4, "=A1", "formula"), (1, "31.02.2026", "no such"),
     (0, None, "filled in"), (2, 13, "between"), (4, True, "not a number")],
)  # fmt: skip
def test_a_bad_cell_of_a_payment_is_an_error(column: int, cell: Any, word: str) -> None:
    changed: list[list[Any]] = [PAYMENTS[0], [*PAYMENTS[1][:column], cell, *PAYMENTS[1][column + 1 :]]]
    [receipt] = open_payments(book(Оплаты=changed))
    assert not receipt.is_good
    assert any(word in one.message for one in receipt.problems), receipt.problems


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (book(Другое=[["a"]]), "no sheet «Оплаты»"),
        (book(Оплаты=[]), "empty"),
        (book(Оплаты=[PAYMENTS[0]]), "no rows"),
        (book(Оплаты=[PAYMENTS[0][:4], PAYMENTS[1][:4]]), "no such column"),
        (io.BytesIO(book(Оплаты=PAYMENTS).getvalue()[:2000]), "broken"),
    ],
)
def test_a_bad_workbook_is_refused_with_a_sentence(content: io.BytesIO, word: str) -> None:
    found = gis.payments(content)
    assert list(found) == []
    assert any(word in one.message for one in found.problems), found.problems


def test_a_workbook_without_payments_is_no_file_of_payments() -> None:
    found = open_payments(book(Основная_информация=[DOCUMENT_HEADERS, DOCUMENT]))
    assert (list(found), "no sheet of payments" in found.problems[0].message) == ([], True)


def test_accounts_and_capital_repair_are_read() -> None:
    accounts: list[list[Any]] = [
        ["№ п/п", "Статус лицевого счета", "Номер лицевого счета\n(иной идентификатор плательщика)", "Является нанимателем",
         "Фамилия", "Имя", "Отчество", "Общая площадь, кв.м"],
        [1, "Новый", "0667000001", "Нет", "Мартынович", "Александр", "Владимирович", 61],
    ]  # fmt: skip
    [row] = gis.accounts(book(ЛС=accounts))
    assert {key: row.values[key] for key in ("status", "account", "last_name", "first_name", "area_total")} == {
        "status": "Новый", "account": "0667000001", "last_name": "Мартынович", "first_name": "Александр", "area_total": 61
    }  # fmt: skip
    head: list[Any] = [
        "Номер платежного документа", "Размер взноса на кв.м, руб.", "Всего начислено за расчетный период (без перерасчетов и льгот)",
        "Перерасчеты, корректировки (руб.)", "Льготы, субсидии, скидки (руб.)", "Итого к оплате за расчетный период (руб.)",
    ]  # fmt: skip
    sheet: dict[str, list[list[Any]]] = {
        "Платежки_(капитальный_ремонт)": [head, ["1", 12.5, 762.5, -2.5, 60, 700], ["2", 12.5, 762.5, 0, 0, 700]]
    }
    good, wrong = gis.repair(book(**sheet))
    assert (good.values["rate"], good.problems) == (Decimal("12.5"), [])
    assert "762.50, printed 700" in wrong.problems[0].message


# --- Round trips ----------------------------------------------------------------------------------------------------

WORDS = st.text("абвАБВ =+-@'\"<&;0", min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(
    lambda text: text.strip("-") != ""
)  # fmt: skip
SUMS = st.decimals("0.01", "99999999.99", places=2)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.from_regex(r"[0-9]{6}_[0-9]{3}", fullmatch=True), DAYS, st.lists(st.tuples(WORDS, SUMS), max_size=25)),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_written_payments_are_read_back(rows: list[tuple[str, date, list[tuple[str, Decimal]]]]) -> None:
    written = [
        Receipt(
            line, [], on=on, number=f"N{line}", operation=f"N{line}", period=on.replace(day=1), document=document,
            amount=min(sum((one for _name, one in lines), Decimal(0)), Decimal("99999999.99")) or Decimal(1), lines=tuple(lines),
        )
        for line, (document, on, lines) in enumerate(rows, start=2)
    ]  # fmt: skip
    content = io.BytesIO(gis_written.workbook([gis_written.payments_sheet(written)]))
    read = list(open_payments(content))
    for receipt in read:
        receipt.problems.clear()  # lines that make more than the largest payment
    assert read == written


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS, SUMS, DAYS)
def test_written_documents_are_read_back(number: str, address: str, amount: Decimal, day: date) -> None:
    written = gis.GisDocument(
        Row(2, {}, []), account="0667000001", number=number, period=day.replace(day=1), charged=amount, payable=-amount,
        placed=day, address=address, identifier="60ЕХ209700-10-6021",
    )  # fmt: skip
    [read] = gis.documents(io.BytesIO(gis_written.workbook(gis_written.documents_sheets([written]))))
    read.row = written.row
    assert read == written


def test_a_name_that_looks_like_a_formula_is_written_as_text_and_read_back() -> None:
    sheet = gis_written.accounts_sheet([{"status": "Новый", "account": "007", "last_name": '=HYPERLINK("http://a")'}])
    content = io.BytesIO(gis_written.workbook([sheet]))
    cell = openpyxl.load_workbook(content)["ЛС"]["H2"]
    assert cell.data_type == "s"
    [row] = gis.accounts(content)
    assert (row.values["account"], row.values["last_name"]) == ("007", '=HYPERLINK("http://a")')
