"""Workbooks of ГИС ЖКХ in the import room: documents, capital repair and accounts become rows of the portal."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from billing.exchange.gis_written import accounts_sheet, documents_sheets, workbook
from billing.models import Invoice, LedgerEntry
from billing.owing import documents_of, gis_documents
from billing.testing import make_invoice
from billing.tests.test_exchange_gis import DOCUMENT, DOCUMENT_HEADERS, book
from portal.testing import Cast, make_account
from premises.actions.imports import apply_file, check_file, undo_import
from premises.models import ImportRun, PersonalAccount

pytestmark = pytest.mark.feature("G10")
REPAIR_HEAD: list[Any] = [
    "Номер платежного документа", "Размер взноса на кв.м, руб.", "Всего начислено за расчетный период (без перерасчетов и льгот)",
    "Перерасчеты, корректировки (руб.)", "Льготы, субсидии, скидки (руб.)", "Итого к оплате за расчетный период (руб.)",
]  # fmt: skip
REPAIR: list[Any] = ["202602_60ЕХ209700-10", 12.5, 762.5, -2.5, 60, 700]


def take(cast: Cast, file: BytesIO, kind: str = "documents") -> ImportRun:
    run = check_file(kind, cast.company, file, name="gis.xlsx", by=None, at=timezone.now())
    return apply_file(run, by=None, at=timezone.now()) if run.state == "checked" else run


def changed(place: str, value: Any) -> list[Any]:
    return [value if head.startswith(place) else cell for head, cell in zip(DOCUMENT_HEADERS, DOCUMENT, strict=True)]


def papers(*rows: list[Any], repair: list[list[Any]] | None = None) -> BytesIO:
    sheets: dict[str, list[list[Any]]] = {"Основная_информация": [DOCUMENT_HEADERS, *rows]} if rows else {}
    if repair:
        sheets["Платежки_(капитальный_ремонт)"] = [REPAIR_HEAD, *repair]
    return book(**sheets)


@pytest.mark.parametrize("by", ["number", "flat"])
def test_a_document_comes_with_what_is_known_of_it(cast: Cast, by: str) -> None:
    number, zhku = ("10117", "") if by == "number" else ("777", "60ЕХ209700-10")
    account = make_account(cast.house, "17", number, zhku=zhku)
    run = take(cast, papers(DOCUMENT))
    assert (run.state, run.created, run.facts["format"]) == ("applied", 1, "gis_documents"), run.report
    invoice = Invoice.objects.get()
    assert (invoice.account, invoice.period, invoice.number, invoice.document_id, invoice.payable) == (
        account, date(2026, 2, 1), "202602_60ЕХ209700-10", "60ЕХ209700-10-6021", Decimal("3625.82")
    )  # fmt: skip
    assert invoice.opening == 0
    assert [str(line) for line in invoice.lines.all()] == ["Жилищно-коммунальные услуги"]
    again = take(cast, papers(DOCUMENT, changed("Прочее", "иначе")[: len(DOCUMENT)]))
    assert again.state == "refused"  # the same document twice
    undo_import(run, by=None, at=timezone.now())
    assert LedgerEntry.objects.balance() == 0


def test_a_debt_that_the_workbook_tells_is_the_opening(cast: Cast) -> None:
    make_account(cast.house, "17", "10117")
    run = take(cast, papers(changed("Итого к оплате за расчетный период", "4000,00")))
    assert run.state == "applied", run.report
    assert Invoice.objects.get().opening == Decimal("374.18")
    assert LedgerEntry.objects.balance() == Decimal("4000.00")


@pytest.mark.parametrize("is_there", [True, False])
def test_capital_repair_takes_account_and_month_from_the_other_document(cast: Cast, is_there: bool) -> None:
    account = make_account(cast.house, "17", "10117")
    if is_there:
        make_invoice(account, date(2026, 2, 1), number="202602_60ЕХ209700-10")
    rows = () if is_there else (DOCUMENT,)
    run = take(cast, papers(*rows, repair=[REPAIR]))
    assert run.state == "applied", run.report
    repair = Invoice.objects.get(kind="repair")
    assert (repair.account, repair.period, repair.accrued, repair.recalculated, repair.benefit, repair.payable) == (
        account, date(2026, 2, 1), Decimal("762.50"), Decimal("-2.50"), Decimal("60.00"), Decimal("700.00")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "word"),
    [
        (papers(repair=[REPAIR]), "no document with this number"),
        (papers(changed("Расчетный период", "02.2199")), "year"),
        (papers(changed("Расчетный период", "02.2099")), "has not begun"),
        (papers(changed("Номер ЛС", "404")), "no account"),
        (papers(changed("Сумма к оплате за расчетный период", "3 625,8Х")), "number"),
        (papers(DOCUMENT, DOCUMENT), "already has a document"),
    ],
)
def test_a_bad_workbook_is_refused_whole(cast: Cast, file: BytesIO, word: str) -> None:
    make_account(cast.house, "17", "10117")
    run = take(cast, file)
    assert run.state == "refused"
    assert any(word in one.message for one in run.problems if one.level == "error"), run.report
    assert not Invoice.objects.exists()


def test_a_withdrawn_document_is_passed_over(cast: Cast) -> None:
    make_account(cast.house, "17", "10117")
    run = take(cast, papers(changed("Статус платежного документа", "Отозван")))
    assert (run.state, run.created, run.warnings) == ("applied", 0, 1)


def test_written_documents_come_back_unchanged(cast: Cast) -> None:
    account = make_account(cast.house, "17", "10117")
    first = take(cast, papers(DOCUMENT))
    written = workbook(documents_sheets(gis_documents(documents_of(cast.company, date(2026, 2, 1)))))
    undo_import(first, by=None, at=timezone.now())
    run = take(cast, BytesIO(written))
    assert (run.state, run.created) == ("applied", 1), run.report
    assert LedgerEntry.objects.filter(account=account).balance() == Decimal("3625.82")


def test_the_workbook_of_accounts_is_a_register_of_accounts(cast: Cast) -> None:
    rows: list[dict[str, Any]] = [
        {
            "status": "Новый", "account": "0667000001", "zhku": "60ЕХ209700-10", "els": "60ЕХ209700", "last_name": "Мартынович",
            "first_name": "Александр", "patronymic": "Владимирович", "area_total": Decimal("61.00"), "residents": 2,
            "share": "100", "address": "347360, обл. Ростовская, г. Волгодонск, ул. Садовая, д. 1", "flat": "17",
        },
        {"status": "Закрыт", "account": "0667000002", "address": "г. Волгодонск, ул. Садовая, 1", "flat": "18"},
    ]  # fmt: skip
    run = take(cast, BytesIO(workbook([accounts_sheet(rows)])), "accounts")
    assert (run.state, run.created, run.warnings) == ("applied", 1, 1), run.report
    account = PersonalAccount.objects.get(number="0667000001")
    assert (account.unit.house, account.unit.label, account.holder, account.zhku) == (
        cast.house, "17", "Мартынович Александр Владимирович", "60ЕХ209700-10"
    )  # fmt: skip
