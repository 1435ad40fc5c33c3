"""A bank statement: single payments are credited, transfers are held against registers, a day twice is one day."""

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.strays import credit_stray
from billing.models import BankDocument, LedgerEntry, Payment, StrayPayment
from billing.tests.firm import make_details
from billing.tests.test_exchange_payments import SBER
from billing.tests.test_exchange_statement import STATEMENT, order, with_orders
from portal.testing import Cast, make_account
from premises.actions.imports import apply_file, check_file, undo_import
from premises.models import ImportRun

Enter = Callable[[User], Client]
pytestmark = pytest.mark.feature("G10")
OWN = order("Оплата ЖКУ за 02.2019, ЛС 10012")
NOBODY = order("Помощь", number="8", amount="50.00")
SPENT = order("Аренда", number="9", incoming=False)


def take(cast: Cast, text: str, kind: str = "statement", name: str = "kl_to_1c.txt") -> ImportRun:
    run = check_file(kind, cast.company, BytesIO(text.encode("cp1251")), name=name, by=None, at=timezone.now())
    return apply_file(run, by=None, at=timezone.now()) if run.state == "checked" else run


def states() -> dict[str, tuple[str, int | None]]:
    return {one.number: (one.state, one.register_id) for one in BankDocument.objects.exclude(state="void")}


def register(cast: Cast) -> ImportRun:
    return take(cast, SBER, "payments", "3661057530_40702_001_0219.txt")


def test_single_payments_are_credited_and_transfers_wait_for_their_register(cast: Cast) -> None:
    run = take(cast, with_orders(OWN, NOBODY, SPENT))
    assert (run.state, run.rows, run.created, run.facts["format"]) == ("applied", 3, 3, "statement"), run.report
    assert states() == {"123456": ("open", None), "7": ("credited", None), "8": ("credited", None)}
    payment = Payment.objects.get()
    assert (payment.account, payment.amount, payment.source) == (cast.account, Decimal("1180.70"), run)
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-1180.70")
    assert StrayPayment.objects.get().purpose == "Помощь"
    assert run.totals["transfers of registers"] == "1"
    assert any("equal no register" in one.message for one in run.problems)


@pytest.mark.parametrize("first", ["register", "statement"])
def test_a_transfer_equals_its_register_in_either_order(cast: Cast, first: str) -> None:
    make_account(cast.house, "17", "10117")
    runs = {}
    for word in (first, *({"register", "statement"} - {first})):
        runs[word] = register(cast) if word == "register" else take(cast, STATEMENT)
        assert runs[word].state == "applied", runs[word].report
    assert states() == {"123456": ("matched", runs["register"].pk)}
    undo_import(runs["register"], by=None, at=timezone.now())
    assert states() == {"123456": ("open", None)}
    again = register(cast)
    assert states() == {"123456": ("matched", again.pk)}


def test_before_a_matched_register_is_taken_back_its_transfer_is_named(cast: Cast, enter: Enter) -> None:
    make_account(cast.house, "17", "10117")
    run, anna = register(cast), enter(cast.anna)
    asked = reverse("admin:premises_importrun_undo", args=[run.pk])
    assert "bank statement" not in anna.get(asked).content.decode()
    take(cast, STATEMENT)
    assert "A transfer of the bank statement, 4,955.70, equals this register." in anna.get(asked).content.decode()
    assert states() == {"123456": ("matched", run.pk)}


def test_an_order_without_an_account_is_said_and_listed_as_not_identified(cast: Cast, enter: Enter) -> None:
    """Nothing is «credited» that waits in the tray, and no number is called unknown where there is none."""
    run = take(cast, with_orders(OWN, NOBODY, order("Оплата ЖКУ, ЛС 99999", number="11")))
    assert [(one.field, one.message.partition(":")[0]) for one in run.problems if "until you say" in one.message] == [
        ("НазначениеПлатежа", "No account is named"),
        ("НазначениеПлатежа", "The company has no account with this number"),
    ]
    anna, listed = enter(cast.anna), reverse("admin:billing_bankdocument_changelist")
    page = anna.get(listed).content.decode()
    assert (page.count('field-now">Not identified'), page.count('field-now">Credited as a payment')) == (2, 1)
    stray = StrayPayment.objects.get(purpose="Помощь")
    document = reverse("admin:billing_bankdocument_change", args=[BankDocument.objects.get(number="8").pk])
    assert "Not identified" in anna.get(document).content.decode()
    credit_stray(stray, cast.account, by=cast.anna, at=timezone.now())
    assert "Credited as a payment" in anna.get(document).content.decode()
    page = anna.get(listed).content.decode()
    assert (page.count('field-now">Not identified'), page.count('field-now">Credited as a payment')) == (1, 2)


def test_a_transfer_of_another_sum_stays_open(cast: Cast) -> None:
    make_account(cast.house, "17", "10117")
    register(cast)
    take(cast, STATEMENT.replace("4955.70", "4955.60"))
    assert states() == {"123456": ("open", None)}


def test_a_statement_of_a_strange_account_is_refused(cast: Cast) -> None:
    """The own accounts are those of the bank details; a company without any is only warned."""
    run = take(cast, with_orders(OWN))
    assert any("no bank details" in one.message for one in run.problems if one.level == "warning")
    make_details(cast.company, account="40702810652000009999")
    run = take(cast, with_orders(OWN, NOBODY))
    assert run.state == "refused"
    assert any("40702810652000001234, which is not" in one.message for one in run.problems if one.level == "error")
    make_details(cast.company, kind="repair")
    run = take(cast, with_orders(OWN, NOBODY))
    assert (run.state, [one for one in run.problems if "bank details" in one.message]) == ("applied", [])


def test_two_statements_that_share_a_day_bring_it_once(cast: Cast) -> None:
    take(cast, with_orders(OWN))
    run = take(cast, with_orders(OWN, NOBODY))
    assert (run.state, run.created, run.unchanged) == ("applied", 1, 2)
    assert (Payment.objects.count(), BankDocument.objects.count()) == (1, 3)
    credit_stray(StrayPayment.objects.get(), cast.nina_account, by=cast.anna, at=timezone.now())
    run = take(cast, with_orders(NOBODY, OWN))
    assert (run.state, run.created, Payment.objects.count()) == ("applied", 0, 2)


def test_a_statement_is_taken_back_and_comes_again(cast: Cast) -> None:
    run = take(cast, with_orders(OWN, NOBODY))
    undo_import(run, by=None, at=timezone.now())
    assert states() == {}
    assert LedgerEntry.objects.filter(account=cast.account).balance() == 0
    assert StrayPayment.objects.get().state == "void"
    again = take(cast, with_orders(OWN, NOBODY))
    assert (again.state, again.created) == ("applied", 3)
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-1180.70")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (with_orders(OWN).replace("КонецФайла\n", ""), "cut off"),
        (with_orders(OWN, OWN), "twice"),
        (with_orders(OWN.replace("1180.70", "-5")), "between"),
        (with_orders(OWN.replace("13.03.2019", "13.03.2099")), "not come yet"),
        ("account;date\n1;2\n", "no statement"),
        ("", "no statement"),
    ],
)
def test_a_bad_statement_is_refused_whole(cast: Cast, text: str, word: str) -> None:
    run = take(cast, text)
    assert run.state == "refused"
    assert any(word in one.message for one in run.problems if one.level == "error"), run.report
    assert not BankDocument.objects.exists()
    assert not Payment.objects.exists()
