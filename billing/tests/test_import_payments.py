"""Importing payments: the control line, repeats, unknown accounts."""

import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from billing.actions.ledger import post_documents
from billing.actions.strays import credit_stray
from billing.exchange.gis_written import payments_sheet
from billing.exchange.profile import UKRAINIAN
from billing.exchange.receipts import Receipt
from billing.models import LedgerEntry, Payment, StrayPayment
from billing.testing import make_invoice
from billing.tests.test_exchange_payments import BATCHES, DBF_PROFILE, DBF_ROWS, FIELDS, SBER, UA, dbf_file
from billing.tests.test_exchange_statement import order, with_orders
from lib.tables import workbook
from portal.testing import Cast, make_account
from premises.actions.imports import apply_file, check_file
from premises.models import ImportRun

HEAD = "account;date;number;operation;amount;kind;channel\n"
FIRST = "10012;11.07.2017;317;A1;3 098,05;main;Сбербанк\n"
SECOND = "10013;21.06.2017;285;A2;3659.10;repair;\n"
ONE, BOTH = "=1;3098,05\n", "=2;6757,15\n"


def check(cast: Cast, text: str) -> ImportRun:
    return check_file(
        "payments", cast.company, BytesIO((HEAD + text).encode("cp1251")), name="f.csv", by=None, at=timezone.now()
    )


def take(cast: Cast, text: str) -> ImportRun:
    return apply_file(check(cast, text), by=None, at=timezone.now())


def complaints(run: ImportRun) -> list[tuple[int, str]]:
    return [(one.row, one.message) for one in run.problems if one.level == "error"]


@pytest.mark.feature("B11", "G10")
def test_payments_come_in_and_lessen_the_debt(cast: Cast) -> None:
    run = take(cast, FIRST + SECOND + BOTH)
    assert (run.state, run.rows, run.created) == ("applied", 2, 2)
    assert run.totals == {
        "payments": "2", "sum of new payments": "6757.15", "rows with a known account": "2", "sum of the rows with a known account": "6757.15"
    }  # fmt: skip
    assert run.facts["format"] == "table"
    payment = Payment.objects.get(operation="A1")
    assert (payment.account, payment.number, payment.channel, payment.kind) == (cast.account, "317", "Сбербанк", "main")
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-3098.05")


@pytest.mark.parametrize(
    ("text", "row", "word"),
    [
        (FIRST + "=1;3098,04\n", 3, "It says: payments 1, sum 3,098.04. The rows give: payments 1, sum 3,098.05."),
        (FIRST + "=2;3098,05\n", 3, "does not agree"),
        (FIRST + "=1\n", 3, "It says: payments 1, sum —."),
        (FIRST + ONE + ONE, 4, "two control lines"),
        (FIRST, 0, "is missing"),
        (FIRST + FIRST, 3, "twice"),
        (FIRST.replace("11.07.2017", "11.07.2099"), 2, "has not come yet"),
        (FIRST.replace("11.07.2017", "31.12.1989"), 2, "before 1990"),
        (FIRST.replace("3 098,05", "1,234.56"), 2, "which sign"),
        (FIRST.replace("3 098,05", "100000000"), 2, "between 0.01 and 99,999,999.99"),
        (FIRST.replace("3 098,05", "0"), 2, "between"),
        (FIRST.replace("3 098,05", "-5"), 2, "between"),
        (FIRST.replace("11.07.2017", "31.02.2017"), 2, "no such day"),
        (FIRST.replace("main", "gift"), 2, "main, repair, other"),
    ],
)
@pytest.mark.feature("G10")
def test_a_bad_file_is_refused_whole_and_says_where(cast: Cast, text: str, row: int, word: str) -> None:
    run = check(cast, text)
    assert run.state == "refused"
    assert any(where == row and word in said for where, said in complaints(run)), complaints(run)
    assert not Payment.objects.exists()


@pytest.mark.feature("G10")
def test_an_operation_is_taken_once_and_never_changed(cast: Cast) -> None:
    take(cast, FIRST + ONE)
    again = take(cast, FIRST + SECOND + BOTH)
    assert (again.unchanged, again.created, Payment.objects.count()) == (1, 1, 2)
    assert "other figures" in complaints(check(cast, FIRST.replace("3 098,05", "1,00")))[0][1]
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-3098.05")


def test_numbers_without_operations_may_repeat_on_other_days(cast: Cast) -> None:
    bare = "account;date;number;amount\n10012;11.07.2017;1;10\n10012;12.07.2017;1;10\n10013;11.07.2017;1;10\n"
    file = BytesIO(bare.encode())
    run = check_file("payments", cast.company, file, name="f.csv", by=None, at=timezone.now())
    assert apply_file(run, by=None, at=timezone.now()).created == 3


# --- Every format ---------------------------------------------------------------------------------------------------


def received(cast: Cast, content: bytes, *, name: str = "f.txt", layout: dict[str, Any] | None = None) -> ImportRun:
    """Check a file of any format as the room does."""
    run = check_file(
        "payments", cast.company, BytesIO(content), name=name, by=None, at=timezone.now(), layout=layout or {}
    )
    return run if run.state != "checked" else apply_file(run, by=None, at=timezone.now())


def known_accounts(cast: Cast, *numbers: str) -> None:
    for number in numbers:
        make_account(cast.house, number[-4:], number)


def paid() -> dict[str, tuple[str, str, str]]:
    return {
        one.operation: (one.account.number, str(one.amount), f"{one.period:%m.%Y}" if one.period else "")
        for one in Payment.objects.select_related("account")
    }


def zipped(content: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("reg.txt", content)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r", "utf-8"])
@pytest.mark.parametrize("is_zipped", [False, True])
@pytest.mark.feature("G10")
def test_a_register_of_sberbank_credits_the_known_and_keeps_the_rest(
    cast: Cast, encoding: str, is_zipped: bool
) -> None:
    known_accounts(cast, "10117")
    content = SBER.encode(encoding)
    run = received(cast, zipped(content) if is_zipped else content, name="3661057530_40702_001_0219.txt")
    assert (run.state, run.rows, run.created, run.warnings) == ("applied", 3, 3, 1), run.report
    assert run.facts["format"] == "sberbank"
    assert paid() == {
        "500000000001": ("10117", "3680.39", "02.2019"), "500000000002": ("10117", "335.50", "02.2019")
    }  # fmt: skip
    stray = StrayPayment.objects.get()
    assert (stray.account_text, stray.payer, stray.amount, stray.state, stray.source) == (
        "99999", "ПЕТРОВ П.П.", Decimal("1000.00"), "open", run
    )  # fmt: skip
    totals = {
        "payments": "2", "sum of new payments": "4015.89", "rows with a known account": "2", "sum of the rows with a known account": "4015.89",
        "rows with an unknown account": "1", "sum of the rows with an unknown account": "1000.00",
        "to be transferred to the company": "4955.70", "fees": "60.19",
    }  # fmt: skip
    assert run.totals == totals
    assert run.facts["transfers"] == [
        {"sum": "4955.70", "register": "001", "on": "2019-03-11", "order": "123456", "order_on": "2019-03-12"}
    ]


@pytest.mark.feature("G10")
def test_batches_of_a_centre_and_a_bank_of_ukraine_and_a_dbf_are_taken(cast: Cast) -> None:
    known_accounts(cast, "10117", "0667000001")
    run = received(cast, UA.encode("cp1251"), name="ua.csv", layout=UKRAINIAN.as_json())
    assert (run.state, run.created) == ("applied", 2), run.report
    assert paid()["PB260000002"] == ("0667000001", "241.07", "10.2026")
    centre = received(cast, BATCHES.encode())
    assert (centre.state, centre.facts["format"]) == ("applied", "centre"), centre.report
    assert len(centre.facts["transfers"]) == 2
    dbf = received(cast, dbf_file(FIELDS, DBF_ROWS, "cp1251"), name="p.dbf", layout=DBF_PROFILE.as_json())
    assert (dbf.state, dbf.facts["format"]) == ("applied", "dbf"), dbf.report


@pytest.mark.feature("G10")
def test_a_workbook_of_the_state_system_names_documents_and_finds_their_accounts(cast: Cast) -> None:
    cast.nina_account.zhku = "60ЕХ209700-10"
    cast.nina_account.save()
    post_documents([make_invoice(cast.account, date(2019, 2, 1), number="П-77", kind="repair")])
    amounts = [("П-77", "10.00"), ("60ЕХ209700-10-6021", "20.00"), ("П-78", "30.00")]
    receipts = [
        Receipt(
            0, [], on=date(2019, 3, 5), operation=f"G{n}", number=f"G{n}", amount=Decimal(amount), document=document
        )
        for n, (document, amount) in enumerate(amounts)
    ]
    run = received(cast, workbook([payments_sheet(receipts)]), name="gis.xlsx")
    assert (run.state, run.facts["format"], run.created) == ("applied", "gis", 3), run.report
    assert {one.operation: (one.account, one.kind) for one in Payment.objects.all()} == {
        "G0": (cast.account, "repair"), "G1": (cast.nina_account, "main")
    }  # fmt: skip
    assert StrayPayment.objects.get().account_text == "П-78"


@pytest.mark.feature("G10")
def test_the_same_operation_gives_nothing_new_wherever_it_is_by_now(cast: Cast) -> None:
    stranger = FIRST.replace("10012", "99999").replace("A1", "S1")
    take(cast, FIRST + stranger + "=2;6196,10\n")
    again = take(cast, stranger + FIRST + "=2;6196,10\n")
    assert (again.state, again.created, again.unchanged) == ("applied", 0, 2)
    credit_stray(StrayPayment.objects.get(), cast.nina_account, by=cast.anna, at=timezone.now())
    third = take(cast, stranger + ONE)
    assert (third.state, third.created, third.unchanged) == ("applied", 0, 1)
    assert (Payment.objects.count(), StrayPayment.objects.count()) == (2, 1)
    other = check(cast, stranger.replace("3 098,05", "3 098,06") + "=1;3098,06\n")
    assert "other figures" in complaints(other)[0][1]


def test_money_for_a_closed_account_is_credited_with_a_word(cast: Cast) -> None:
    cast.account.closed_on = date(2017, 1, 31)
    cast.account.save()
    run = take(cast, FIRST + ONE)
    assert (run.state, run.warnings) == ("applied", 1)
    assert "closed since 31.01.2017" in run.problems[0].message


def test_a_register_of_strangers_is_refused(cast: Cast) -> None:
    rows = "".join(f"9{n:04};11.07.2017;{n};Z{n};1,00;main;\n" for n in range(20))
    run = check(cast, rows + "=20;20,00\n")
    assert (run.state, run.errors) == ("refused", 1)
    assert "another company" in complaints(run)[0][1]


def test_a_month_far_ahead_is_a_warning(cast: Cast) -> None:
    text = "account;date;number;amount;period\n10012;11.07.2017;1;10;01.2090\n=1;10\n"
    run = check_file("payments", cast.company, BytesIO(text.encode()), name="f.csv", by=None, at=timezone.now())
    assert (run.state, run.warnings) == ("checked", 1)


def test_a_statement_brought_as_a_register_credits_single_payments_and_says_what_it_passes_over(cast: Cast) -> None:
    content = with_orders(order("Оплата ЖКУ за 02.2019, ЛС 10012")).encode("cp1251")
    run = received(cast, content, name="kl_to_1c.txt")
    assert (run.state, run.created) == ("applied", 1), run.report
    assert "bank statement" in run.problems[0].message


def test_money_far_above_the_debt_is_remarked_on(cast: Cast) -> None:
    """More than a year of bills above what is owed; an advance of some months is nobody's mistake."""
    now = timezone.now().date()
    post_documents([make_invoice(cast.account, now.replace(day=1), accrued="1400.00")])
    for amount, warnings in (("150 000,00", 1), ("18 200,00", 0)):
        run = check(cast, FIRST.replace("3 098,05", amount) + f"=1;{amount}\n")
        found = [one.message for one in run.problems if one.level == "warning"]
        assert len(found) == warnings
        assert all("far above the debt" in one for one in found)
