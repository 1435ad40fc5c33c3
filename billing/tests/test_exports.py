"""Files that leave the portal: whose, how many rows, what for; the figures are of the book, no cell is a formula."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing import owing
from billing.actions.ledger import post_documents, post_payments
from billing.models import Export, Requisites, Subsidy
from billing.owing import owed
from billing.testing import make_invoice, make_payment
from billing.tests.firm import NOV, issued, make_service
from lib.tables import csv_file
from portal.testing import Cast
from premises.actions.imports import check_file
from premises.models import Organization

Enter = Callable[[User], Client]
pytestmark = [pytest.mark.feature("G10"), pytest.mark.usefixtures("fresh")]
PAGE = reverse("admin:billing_ledgerentry_exports")
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def papers(cast: Cast) -> Cast:
    """Olga's flat owes a part of January and all of February; Nina's has paid too much; a repair is owed, too."""
    cast.account.holder = "=Олина;Ольга"
    cast.account.save()
    post_documents([
        make_invoice(cast.account, JANUARY, accrued="100.00", due_on=date(2026, 2, 10)),
        make_invoice(cast.account, FEBRUARY, accrued="50.00", due_on=date(2026, 3, 15)),
        make_invoice(cast.account, FEBRUARY, accrued="7.00", kind="repair"),
    ])  # fmt: skip
    post_payments([
        make_payment(cast.account, "05.02.2026", "30.00"), make_payment(cast.nina_account, "05.02.2026", "5.00")
    ])  # fmt: skip
    Requisites.objects.create(
        organization=cast.company, recipient="ООО", tax_id="3661057530", account="40702810652000001234"
    )
    return cast


def ask(client: Client, cast: Cast, sort: str, **fields: str) -> Any:
    values = {
        "organization": str(cast.company.pk), "sort": sort, "period": "2026-02", "kind": "csv", "number": "1",
        "encoding": "cp1251", "reason": "по договору с банком",
    } | fields  # fmt: skip
    return client.post(PAGE, values)


def table_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=";"))


def table(answer: Any) -> list[list[str]]:
    return table_of(answer.getvalue())


def test_balances_are_those_of_the_book_with_the_day_when_the_debt_arose(papers: Cast, enter: Enter) -> None:
    answer = ask(enter(papers.anna), papers, "balances")
    assert answer.status_code == 200
    content = answer.getvalue()
    rows = {(row[0], row[3]): row for row in table_of(content)[1:]}
    main = rows["10012", "Housing and utilities"]
    assert main[-2:] == ["120,00", "10.02.2026"]
    assert rows["10012", "Capital repair"][-2] == "7,00"
    assert rows["10013", "Housing and utilities"][-2:] == ["-5,00", ""]
    assert "'=Олина" in content.decode()
    note = Export.objects.get()
    assert (note.what, note.rows, note.reason, note.by) == ("balances", 3, "по договору с банком", papers.anna)


def test_the_bank_gets_numbers_addresses_and_sums_and_no_names(papers: Cast, enter: Enter) -> None:
    answer = ask(enter(papers.mark), papers, "sberbank", number="12")
    assert "3661057530_40702810652000001234_012_0226.txt" in answer["Content-Disposition"]
    assert answer.getvalue().decode("cp1251").splitlines() == [
        "10012;;г. Волгодонск, ул. Садовая, 1, 12;0226;127,00", "10013;;г. Волгодонск, ул. Садовая, 1, 13;0226;0,00"
    ]  # fmt: skip
    feed = ask(enter(papers.mark), papers, "feed").getvalue().decode()
    assert "127" not in feed
    assert "Олина" not in feed
    assert "120,00" in feed


def test_the_fund_gets_who_owes_and_since_when_if_it_is_long_ago(papers: Cast, enter: Enter) -> None:
    Organization.objects.update(country="UA")
    rows = table(ask(enter(papers.anna), papers, "showcase"))
    assert rows[0][0] == "особовий_рахунок"
    assert {row[0] for row in rows[1:]} == {"10012"}


def test_documents_go_out_line_by_line_and_are_a_register_again(papers: Cast, enter: Enter) -> None:
    content = ask(enter(papers.anna), papers, "documents").getvalue()
    rows = table_of(content)
    assert [row[6] for row in rows[1:]] == ["Содержание жилья", "ИТОГО"] * 2
    moved = content.decode().replace("02.2026", "12.2025").replace("2026", "2025").encode()
    run = check_file("documents", papers.company, BytesIO(moved), name="f.csv", by=None, at=timezone.now())
    assert (run.state, run.created) == ("checked", 2), run.report
    book = openpyxl.load_workbook(BytesIO(ask(enter(papers.anna), papers, "gis").getvalue()))
    sums = {row[6].value: row[9].value for row in book["Основная информация"].iter_rows(min_row=2)}
    assert sorted(map(float, sums.values())) == [7.0, 50.0]


@pytest.mark.parametrize(
    ("country", "own", "foreign"),
    [("RU", ["sberbank", "gis"], ["showcase"]), ("UA", ["showcase"], ["sberbank", "gis"])],
)
def test_only_files_of_the_companys_country_are_offered(
    papers: Cast, enter: Enter, country: str, own: list[str], foreign: list[str]
) -> None:
    Organization.objects.filter(pk=papers.company.pk).update(country=country)
    anna = enter(papers.anna)
    page = anna.get(PAGE).content.decode()
    assert all(f'value="{sort}"' in page for sort in ("balances", *own))
    assert not any(f'value="{sort}"' in page for sort in foreign)
    assert ("for Sberbank" in page) == (country == "RU")
    for sort in foreign:
        assert ask(anna, papers, sort).status_code == 422
    assert ask(anna, papers, "balances").status_code == 200


def test_who_works_in_two_countries_gets_each_companys_own(papers: Cast, enter: Enter) -> None:
    Organization.objects.filter(pk=papers.other_company.pk).update(country="UA")
    sofia = enter(papers.sofia)
    assert "are not for" not in sofia.get(PAGE).content.decode()
    answer = ask(sofia, papers, "showcase")
    assert (answer.status_code, "not for companies of this country" in answer.content.decode()) == (422, True)
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": "—"}, "at least 5"),
        ({"period": "вчера"}, "valid date"),
        ({"sort": "everything"}, "valid choice"),
        ({"sort": "sberbank", "number": "1000"}, "less than or equal"),
    ],
)
def test_a_wrong_order_is_an_error_and_nothing_is_noted(
    papers: Cast, enter: Enter, fields: dict[str, str], words: str
) -> None:
    answer = ask(enter(papers.anna), papers, **({"sort": "balances"} | fields))
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not Export.objects.exists()


def test_without_bank_details_there_is_no_file_for_the_bank(papers: Cast, enter: Enter) -> None:
    Requisites.objects.all().delete()
    answer = ask(enter(papers.anna), papers, "sberbank")
    assert (answer.status_code, "ИНН of 10 digits" in answer.content.decode()) == (422, True)


def test_a_list_with_names_holds_no_more_than_one_may_take(
    papers: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from billing import admin_exports

    sort = admin_exports.SORTS["balances"]
    monkeypatch.setitem(admin_exports.SORTS, "balances", type(sort)(sort.count, sort.make, most=2))
    answer = ask(enter(papers.anna), papers, "balances")
    assert (answer.status_code, "at most 2" in answer.content.decode()) == (409, True)
    assert not Export.objects.exists()
    assert ask(enter(papers.anna), papers, "feed").status_code == 200


def test_the_record_of_documents_counts_lines_and_a_workbook_holds_no_more_than_it_can(
    papers: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two documents of one line and a total each are four rows."""
    from billing import admin_exports

    monkeypatch.setattr(admin_exports, "MOST_OF_A_WORKBOOK", 3)
    answer = ask(enter(papers.anna), papers, "documents", kind="xlsx")
    assert answer.status_code == 422
    assert "would hold 4 rows, a workbook holds at most 3. Choose CSV." in answer.content.decode()
    assert not Export.objects.exists()
    rows = table(ask(enter(papers.anna), papers, "documents", kind="csv"))
    assert len(rows) - 1 == Export.objects.get().rows == 4
    monkeypatch.setattr(admin_exports, "MOST_OF_A_WORKBOOK", 4)
    assert ask(enter(papers.anna), papers, "documents", kind="xlsx").status_code == 200


@pytest.mark.parametrize("sort", ["documents", "gis", "feed", "balances"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_long_file_leaves_while_it_is_read_and_is_written_down_before(
    papers: Cast, enter: Enter, sort: str, kind: str, django_assert_num_queries: Any
) -> None:
    """Documents line by line were put together first: 1.1 million rows took 125 s to the first byte, 595 MB and a lock."""
    client = enter(papers.anna)
    with CaptureQueriesContext(connection) as seen:
        answer = ask(client, papers, sort, kind=kind)
    assert answer.streaming
    assert not any("holder" in one["sql"] or '"t1"' in one["sql"] or "document_id" in one["sql"] for one in seen)
    assert Export.objects.get().what == sort
    parts = iter(answer.streaming_content)
    if kind == "csv" and sort == "documents":
        with django_assert_num_queries(0):
            assert next(parts).startswith("\ufeffperiod;account".encode())
        with django_assert_num_queries(2):
            assert "ИТОГО" in b"".join(parts).decode()


def test_documents_are_read_a_few_at_a_time(
    papers: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(owing, "DOCUMENTS_AT_ONCE", 1)
    _header, rows = owing.documents_table(owing.documents_of(papers.company, FEBRUARY))
    with django_assert_num_queries(2):
        assert [next(rows)[6], next(rows)[6]] == ["Содержание жилья", "ИТОГО"]
    with django_assert_num_queries(1):
        assert [row[1] for row in rows] == ["10012", "10012"]


def test_documents_with_a_subsidy_come_back_as_a_register(cast: Cast) -> None:
    """1830.00 charged, 500.00 of them given by the state: the row of totals said 1830.00, and 1330.00 to pay."""
    make_service(cast.house, "main", "account", "1830.00")
    Subsidy.objects.create(account=cast.account, period=NOV, amount=Decimal("500.00"))
    issued(cast.company, NOV, by=cast.anna)
    header, rows = owing.documents_table(owing.documents_of(cast.company, NOV))
    body = b"".join(csv_file(header, rows)).replace(b"11.2026", b"01.2026")
    run = check_file("documents", cast.company, BytesIO(body), name="again.csv", by=cast.anna, at=timezone.now())
    assert (run.state, run.report) == ("checked", [])


def test_a_file_that_leaves_after_its_page_speaks_the_language_of_who_took_it(papers: Cast, enter: Enter) -> None:
    papers.anna.language = "ru"
    papers.anna.save()
    answer = ask(enter(papers.anna), papers, "balances")
    assert {row[3] for row in table(answer)[1:]} == {"Жилищно-коммунальные услуги", "Капитальный ремонт"}


def test_others_take_nothing(papers: Cast, enter: Enter) -> None:
    for user in (papers.dima, papers.olga):
        assert enter(user).get(PAGE).status_code in (302, 403, 404)
        assert ask(enter(user), papers, "balances").status_code in (302, 403, 404)
    assert ask(enter(papers.pavel), papers, "balances").status_code == 422
    assert not Export.objects.exists()


def test_the_sums_are_those_of_the_accounts_in_a_few_passes(papers: Cast, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        debts = list(owed(papers.company, FEBRUARY, metered=True))
    assert sum((debt.amount for debt in debts), Decimal(0)) == Decimal("122.00")


def test_of_a_month_to_come_there_is_no_file(papers: Cast, enter: Enter) -> None:
    answer = ask(enter(papers.anna), papers, "balances", period="2199-01")
    assert answer.status_code == 422
    assert "This month has not begun yet." in answer.content.decode()
    assert not Export.objects.exists()
