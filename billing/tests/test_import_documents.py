"""Importing documents: the file room's own path, bad files, repeats, parallel clerks."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from billing.models import BillingRun, Invoice, InvoiceLine, LedgerEntry, Requisites
from lib.errors import Refusal
from portal.testing import Cast, make_cast
from premises.actions.imports import apply_file, check_file
from premises.models import ImportRun

HEAD = "period;account;doc_no;kind;group;service_code;service;unit;volume;method;tariff;accrued;recalc;benefit;penalty;balance;paid;payable\n"
WATER = "02.2019;10012;5531;main;Вода;CW;Вода;м3;2;M;50,00;100,00;;;;10,00;;110,00\n"
HEAT = "02.2019;10012;5531;main;Тепло;HT;Тепло;м2;61;N;2,00;122,00;-2,00;20,00;1,00;-1,00;;100,00\n"
TOTAL = "02.2019;10012;5531;main;;;ИТОГО;;;;;222,00;-2,00;20,00;1,00;9,00;0,00;210,00\n"


def check(cast: Cast, text: str, kind: str = "documents") -> ImportRun:
    file = BytesIO((HEAD + text).encode())
    return check_file(kind, cast.company, file, name="f.csv", by=None, at=timezone.now())


def take(cast: Cast, text: str) -> ImportRun:
    return apply_file(check(cast, text), by=None, at=timezone.now())


def complaints(run: ImportRun) -> list[tuple[int, str, str]]:
    return [(one.row, one.field, one.message) for one in run.problems if one.level == "error"]


@pytest.mark.feature("B10", "G10")
def test_a_document_comes_in_with_its_lines_and_enters_the_book(cast: Cast) -> None:
    run = take(cast, WATER + HEAT + TOTAL)
    assert (run.state, run.rows, run.created, run.warnings, complaints(run)) == ("applied", 3, 1, 0, [])
    invoice = Invoice.objects.get()
    assert (invoice.period, invoice.opening, invoice.charged, invoice.payable) == (
        date(2019, 2, 1), Decimal("9.00"), Decimal("201.00"), Decimal("210.00")
    )  # fmt: skip
    assert invoice.payer["name"] == "Олина Ольга Олеговна"
    assert [(line.service, line.group, line.method) for line in invoice.lines.all()] == [
        ("Вода", "Вода", "M"), ("Тепло", "Тепло", "N")
    ]  # fmt: skip
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("210.00")


def test_without_a_row_of_totals_the_lines_are_added_up(cast: Cast) -> None:
    take(cast, WATER + HEAT)
    invoice = Invoice.objects.get()
    assert [str(sum_) for sum_ in (invoice.accrued, invoice.benefit, invoice.opening, invoice.payable)] == [
        "222.00", "20.00", "9.00", "210.00"
    ]  # fmt: skip


def test_a_day_to_pay_comes_from_the_register_or_else_from_the_rule(cast: Cast) -> None:
    take(cast, WATER)
    assert Invoice.objects.get().due_on == date(2019, 3, 11)  # the 10th was a Sunday
    given = (
        HEAD.strip() + ";due\n" + WATER.replace("5531", "5532").replace("02.2019", "03.2019").strip() + ";20.04.2019\n"
    )
    run = check_file("documents", cast.company, BytesIO(given.encode()), name="f.csv", by=None, at=timezone.now())
    apply_file(run, by=None, at=timezone.now())
    assert Invoice.objects.get(number="5532").due_on == date(2019, 4, 20)


def test_a_document_names_the_main_details_whoever_else_has_some_of_its_kind(cast: Cast) -> None:
    own = Requisites.objects.create(organization=cast.company, recipient="ООО Альфа", tax_id="3661057530", account="1")
    supplier = {"recipient": "ПАО Теплосеть", "tax_id": "7707083893", "account": "2", "is_main": False}
    Requisites.objects.create(organization=cast.company, **supplier)
    take(cast, WATER)
    invoice = Invoice.objects.get()
    assert (invoice.recipient, invoice.requisites["account"]) == (own.recipient, own.account)


def test_the_dry_run_writes_nothing(cast: Cast) -> None:
    run = check(cast, WATER)
    assert (run.state, run.created) == ("checked", 1)
    assert run.totals["documents"] == "1"
    assert not Invoice.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("text", "row", "word"),
    [
        (WATER + HEAT + TOTAL.replace("210,00", "211,00"), 4, "add up"),
        (WATER + TOTAL, 3, "lines add up"),
        (WATER.replace("10012", "99999"), 2, "no account"),
        (WATER.replace("10012", "77005"), 2, "no account"),  # an account of another company
        (WATER + WATER, 3, "twice"),
        (WATER + WATER.replace("5531", "5532"), 3, "already has a document"),
        (WATER + HEAT.replace("10012", "10013") + WATER, 4, "must stand together"),
        (WATER.replace("100,00", "сто"), 2, "not a number"),
        (WATER.replace("02.2019", "13.2019"), 2, "no such month"),
        (WATER.replace("main", "tax"), 2, "main, repair, other"),
        (WATER.replace(";M;", ";Z;"), 2, "n, m, o"),
        (WATER.replace(";100,00;", ";;"), 2, "filled in"),
        (TOTAL, 2, "no service lines"),
        (WATER + HEAT + TOTAL + TOTAL, 5, "two rows of totals"),
        (WATER.replace("110,00", "110,00;1"), 2, "columns"),
        (WATER.replace("м3;2;", "м3;2,12345678;"), 2, "At most"),
    ],
)
@pytest.mark.feature("G10")
def test_a_bad_file_is_refused_whole_and_says_where(cast: Cast, text: str, row: int, word: str) -> None:
    good = WATER.replace("10012", "10013").replace("5531", "1")
    run = check(cast, text + good)
    assert run.state == "refused"
    assert any(where == row and word in said for where, _field, said in complaints(run)), complaints(run)
    with pytest.raises(Refusal):
        apply_file(run, by=None, at=timezone.now())
    assert not Invoice.objects.exists()


def test_a_closed_account_takes_no_later_document(cast: Cast) -> None:
    cast.account.closed_on = date(2019, 1, 31)
    cast.account.save()
    assert "closed" in complaints(check(cast, WATER))[0][2]
    assert check(cast, WATER.replace("02.2019", "01.2019")).state == "checked"


def test_a_missing_column_is_named(cast: Cast) -> None:
    file = BytesIO((HEAD + WATER).replace("payable", "sum").encode())
    run = check_file("documents", cast.company, file, name="f.csv", by=None, at=timezone.now())
    words = "Write one of these words into the header: payable, к оплате, до сплати."
    assert [(field, said) for _row, field, said in complaints(run)] == [
        ("payable", f"The file has no such column. {words}")
    ]


@pytest.mark.parametrize(
    ("line", "warned"),
    [
        (WATER.replace("50,00", "50,01"), ["volume"]),
        (WATER.replace("м3;2;", "м3;2,0002;"), []),  # one kopeck is rounding
        (WATER.replace("110,00", "110,02"), ["sum"]),
        (WATER.replace("110,00", "110,01"), []),
        (WATER.replace("м3;2;M;50,00", ";;;"), []),
    ],
)
@pytest.mark.feature("B10", "G10")
def test_printed_figures_that_do_not_add_up_are_warned_of_and_kept(cast: Cast, line: str, warned: list[str]) -> None:
    run = take(cast, line)
    assert (run.state, run.warnings) == ("applied", len(warned))
    assert InvoiceLine.objects.get().warnings == warned


def test_an_advance_may_be_printed_as_nothing_to_pay(cast: Cast) -> None:
    take(cast, WATER.replace(";10,00;;110,00", ";-500,00;;-400,00") + TOTAL.replace(
        "222,00;-2,00;20,00;1,00;9,00;0,00;210,00", "100,00;;;;-500,00;;0,00"
    ))  # fmt: skip
    assert Invoice.objects.get().payable == Decimal("-400.00")


@pytest.mark.feature("G10")
def test_the_same_document_in_another_file_is_unchanged_and_a_changed_one_is_refused(cast: Cast) -> None:
    take(cast, WATER)
    again = take(cast, WATER + WATER.replace("10012", "10013"))
    assert (again.unchanged, again.created, Invoice.objects.count()) == (1, 1, 2)
    changed = check(cast, WATER.replace("5531", "5599"))
    assert "never edited" in complaints(changed)[0][2]
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("110.00")


def test_a_number_excel_or_a_clerk_wrote_differently_is_the_same_document(cast: Cast) -> None:
    take(cast, WATER)
    assert take(cast, WATER.replace("100,00", "100.0").replace("10012", "10 012") + "\n").unchanged == 1


@pytest.mark.django_db(transaction=True)
def test_two_clerks_import_overlapping_files_at_once_and_the_book_is_right() -> None:
    cast = make_cast()
    runs = [check(cast, WATER), check(cast, WATER + WATER.replace("10012", "10013"))]
    start, outcomes = Barrier(2), list[str]()

    def clerk(run: ImportRun) -> None:
        start.wait()
        try:
            outcomes.append(apply_file(run, by=None, at=timezone.now()).state)
        except Refusal:
            outcomes.append("try later")
        finally:
            connection.close()

    threads = [Thread(target=clerk, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "applied" in outcomes
    assert Invoice.objects.filter(account=cast.account).count() == 1
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("110.00")


@pytest.mark.feature("B10", "B11")
@pytest.mark.parametrize(("state", "is_refused"), [("calculated", True), ("issued", True), ("dropped", False)])
def test_a_month_that_is_closed_here_takes_no_register(cast: Cast, state: str, is_refused: bool) -> None:
    """Neither the same section nor another one: two papers of one month would charge it twice."""
    closing = {"organization": cast.company, "period": date(2019, 2, 1)}
    BillingRun.objects.create(state=state, **closing)
    BillingRun.objects.create(state="issued", kind="correction", **closing | {"period": date(2019, 3, 1)})
    run = check(cast, WATER.replace(";main;", ";repair;") + WATER.replace("02.2019", "03.2019"))
    refused = [(2, "period", "This month is closed here. Its documents cannot come by a register.")]
    assert complaints(run) == (refused if is_refused else [])
