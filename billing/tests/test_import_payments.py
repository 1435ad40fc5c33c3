"""Importing payments: the control line, repeats, unknown accounts."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.utils import timezone

from billing.models import LedgerEntry, Payment
from portal.testing import Cast
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
    assert run.totals == {"payments": "2", "sum of new payments": "6757.15"}
    payment = Payment.objects.get(operation="A1")
    assert (payment.account, payment.number, payment.channel, payment.kind) == (cast.account, "317", "Сбербанк", "main")
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-3098.05")


@pytest.mark.parametrize(
    ("text", "row", "word"),
    [
        (FIRST + "=1;3098,04\n", 3, "does not agree"),
        (FIRST + "=2;3098,05\n", 3, "does not agree"),
        (FIRST + "=1\n", 3, "does not agree"),
        (FIRST + ONE + ONE, 4, "two control lines"),
        (FIRST, 0, "is missing"),
        (FIRST + FIRST, 3, "twice"),
        (FIRST.replace("10012", "99999"), 2, "no account"),
        (FIRST.replace("10012", "77005"), 2, "no account"),  # an account of another company
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
