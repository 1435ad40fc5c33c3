"""Taking back a batch of documents or payments: the book is as if it had never come, or nothing is changed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from billing.actions.ledger import post_documents, post_payments
from billing.actions.refunding import record_chargeback
from billing.actions.strays import credit_stray, reopen_stray, return_stray
from billing.actions.taking_back import undo_documents, undo_payments
from billing.models import (
    BillingRun,
    Invoice,
    LedgerEntry,
    Payment,
    PaymentIntent,
    PenaltyCharge,
    ProviderAccount,
    Refund,
    StrayPayment,
)
from billing.testing import make_invoice, make_payment
from billing.tests.test_import_documents import HEAD as DOCUMENTS_HEAD
from billing.tests.test_import_documents import WATER
from billing.tests.test_import_payments import FIRST, HEAD, SECOND
from billing.tests.test_parallel import together
from lib.errors import Refusal
from portal.testing import Cast, make_account, make_cast, make_house, make_organization
from premises.actions.imports import apply_file, check_file, start_undo, undo_import
from premises.models import ImportRun, PersonalAccount
from premises.models.imports import NotUndoable
from premises.registers import Tally

Enter = Callable[[User], Client]
pytestmark = pytest.mark.feature("G10")
BOTH = FIRST + SECOND + "=2;6757,15\n"
BOTH_OF_HEAD = HEAD + BOTH
NUMBERS = count(1)


def take(cast: Cast, kind: str, text: str) -> ImportRun:
    run = check_file(kind, cast.company, BytesIO(text.encode()), name="f.csv", by=None, at=timezone.now())
    return apply_file(run, by=None, at=timezone.now()) if run.state == "checked" else run


def back(run: ImportRun) -> ImportRun:
    return undo_import(run, by=None, at=timezone.now())


def balances() -> dict[str, Decimal]:
    """What the book says, without accounts that owe nothing."""
    found = LedgerEntry.objects.balances(PersonalAccount.objects.all())
    names = dict(PersonalAccount.objects.values_list("pk", "number"))
    return {names[pk]: balance for pk, balance in found.items() if balance}


def test_payments_are_taken_back_and_come_again(cast: Cast) -> None:
    run = back(take(cast, "payments", BOTH_OF_HEAD))
    assert (run.state, run.totals["Payments taken back"]) == ("undone", "2")
    assert balances() == {}
    assert not Payment.objects.live().exists()
    pairs = LedgerEntry.objects.filter(reverses__isnull=False)
    assert [(one.amount, one.kind, one.on) for one in pairs] == [
        (-one.reverses.amount, one.reverses.kind, one.reverses.on) for one in pairs if one.reverses
    ]  # fmt: skip
    again = take(cast, "payments", BOTH_OF_HEAD)
    assert (again.state, again.created) == ("applied", 2)
    assert balances() == {"10012": Decimal("-3098.05"), "10013": Decimal("-3659.10")}


def test_documents_are_taken_back_and_come_again(cast: Cast) -> None:
    run = take(cast, "documents", DOCUMENTS_HEAD + WATER)
    before = balances()
    assert before
    run = back(run)
    assert (run.state, run.totals["Documents taken back"]) == ("undone", "1")
    assert balances() == {}
    assert not Invoice.objects.visible_to(cast.olga).exists()
    assert take(cast, "documents", DOCUMENTS_HEAD + WATER).created == 1
    assert balances() == before


def test_strays_go_with_their_batch_unless_somebody_decided(cast: Cast) -> None:
    text = HEAD + BOTH.replace("10013", "99999")
    run, now = take(cast, "payments", text), timezone.now()
    stray = StrayPayment.objects.get()
    credit_stray(stray, cast.account, by=cast.anna, at=now)
    with pytest.raises(NotUndoable, match="1 unidentified payment that was decided on"):
        back(run)
    stray = reopen_stray(stray, by=cast.anna, at=now)
    return_stray(stray, reason="письмо", by=cast.anna, at=now)
    with pytest.raises(NotUndoable):
        back(run)
    reopen_stray(stray, by=cast.anna, at=now)
    back(run)
    stray.refresh_from_db()
    assert (stray.state, balances()) == ("void", {})
    assert take(cast, "payments", text).created == 2


def opening(account: PersonalAccount, month: date, debt: str = "100.00", **fields: Any) -> Invoice:
    invoice = make_invoice(account, month, opening=debt, accrued="10.00", **fields)
    post_documents([invoice])
    return invoice


def test_a_later_document_with_an_opening_rests_on_payments_before_it(cast: Cast) -> None:
    run = take(cast, "payments", BOTH_OF_HEAD)
    opening(cast.account, date(2017, 7, 1))  # the payment is of the 11th: not inside this debt
    opening(cast.nina_account, date(2018, 1, 1), kind="main")  # Nina's payment is in another section
    back(run)
    again = take(cast, "payments", BOTH_OF_HEAD)
    opening(cast.account, date(2017, 8, 1))
    was = balances()
    with pytest.raises(NotUndoable, match="1 later document that prints an opening debt"):
        back(again)
    again.refresh_from_db()
    assert (again.state, balances()) == ("applied", was)


def test_an_opening_that_was_there_before_shields_the_later_ones(cast: Cast) -> None:
    opening(cast.account, date(2018, 1, 1))
    run = take(cast, "payments", BOTH_OF_HEAD)
    opening(cast.account, date(2018, 2, 1), "110.00")
    back(run)
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("120.00")


def test_what_was_included_in_a_document_rests_on_it(cast: Cast) -> None:
    run = take(cast, "documents", DOCUMENTS_HEAD + WATER)
    post_payments([make_payment(cast.account, "11.07.2017", "5.00")])
    with pytest.raises(NotUndoable, match="already included"):
        back(run)


def test_refunds_closings_penalties_and_open_online_payments_hold_a_batch(cast: Cast) -> None:
    payments, documents = take(cast, "payments", BOTH_OF_HEAD), take(cast, "documents", DOCUMENTS_HEAD + WATER)
    closing = BillingRun.objects.create(organization=cast.company, period=date(2026, 3, 1), state="issued")
    invoice = Invoice.objects.get(source=documents)
    refund = Refund.objects.create(payment=Payment.objects.get(operation="A1"), amount=1, reason="просьба")
    penalty = PenaltyCharge.objects.create(
        run=closing, account=cast.account, invoice=invoice, section="main", upto=date(2026, 3, 31), amount=1
    )
    intent = PaymentIntent.objects.create(
        organization=cast.company, account=cast.account, user=cast.olga, amount=10, currency="RUB", method="card",
        provider_account=ProviderAccount.objects.create(organization=cast.company, provider="sandbox"),
    )  # fmt: skip
    issued = make_invoice(cast.account, date(2026, 3, 1), run=closing, opening="1.00")
    post_documents([issued])
    for run, words in (
        (payments, ("1 refund", "1 document issued by a closing since then")),
        (documents, ("1 penalty", "1 online payment on its way", "1 document issued by a closing since then")),
    ):
        with pytest.raises(NotUndoable) as caught:
            back(run)
        assert [word for word in words if word not in str(caught.value)] == []
    refund.state, intent.state = "failed", "failed"
    for row in (refund, intent):
        row.save()
    penalty.delete()
    with pytest.raises(NotUndoable, match="issued by a closing"):
        back(documents)


def undo_page(run: ImportRun) -> str:
    return reverse("admin:premises_importrun_undo", args=[run.pk])


def test_the_refusal_stays_in_the_staff_room_and_says_what_can_be_done(cast: Cast, enter: Enter) -> None:
    """Anna is led to what holds the import, and is never told to take issued documents back."""
    run = take(cast, "payments", HEAD + BOTH.replace("10013", "99999"))
    credit_stray(StrayPayment.objects.get(), cast.account, by=cast.anna, at=timezone.now())
    anna = enter(cast.anna)
    answer = anna.post(undo_page(run))
    page = answer.content.decode()
    assert (answer.status_code, answer.templates[0].name) == (409, "admin/premises/importrun/report.html")
    assert "1 unidentified payment that was decided on" in page
    assert "Take these decisions back on their pages" in page
    tray = f"/admin/billing/straypayment/?source__id__exact={run.pk}"
    assert f'href="{tray}"' in page
    assert "99999" in anna.get(tray).content.decode()
    closing = BillingRun.objects.create(organization=cast.company, period=date(2026, 3, 1), state="issued")
    post_documents([make_invoice(cast.account, date(2026, 3, 1), run=closing, opening="1.00")])
    page = anna.post(undo_page(run)).content.decode()
    assert f'href="{reverse("admin:billing_billingrun_change", args=[closing.pk])}"' in page
    assert "They are issued and stay, and so does what they were reckoned with." in page
    assert "Take these decisions back" not in page  # that would be refused for the same reason
    assert "Take those back first" not in page


def test_imports_that_came_later_are_named_by_their_pages(cast: Cast, enter: Enter) -> None:
    run = take(cast, "payments", BOTH_OF_HEAD)
    later = ImportRun.objects.create(organization=cast.company, kind="documents", state="applied", file_name="d.csv")
    opening(cast.account, date(2017, 8, 1), source=later)
    page = enter(cast.anna).post(undo_page(run)).content.decode()
    assert "Take the imports that brought them back first." in page
    assert f'href="{reverse("admin:premises_importrun_change", args=[later.pk])}"' in page


def test_a_decision_that_an_issued_month_rests_on_is_refused_on_its_page(cast: Cast, enter: Enter) -> None:
    take(cast, "payments", HEAD + BOTH.replace("10012", "99999"))
    stray = StrayPayment.objects.get()
    credit_stray(stray, cast.account, by=cast.anna, at=timezone.now())
    closing = BillingRun.objects.create(organization=cast.company, period=date(2026, 3, 1), state="issued")
    post_documents([make_invoice(cast.account, date(2026, 3, 1), run=closing, opening="1.00")])
    answer = enter(cast.anna).post(
        reverse("admin:billing_straypayment_change", args=[stray.pk]), {"verb": "reopen", "idem": str(uuid4())}
    )
    page = answer.content.decode()
    assert (answer.status_code, answer.templates[0].name) == (409, "admin/billing/straypayment/whose.html")
    assert "1 document issued by a closing since then" in page
    stray.refresh_from_db()
    assert stray.state == "linked"


def test_the_worker_leaves_an_import_that_others_rest_on_and_says_why(cast: Cast, enter: Enter) -> None:
    from premises.actions import imports

    run = take(cast, "payments", BOTH_OF_HEAD)
    closing = BillingRun.objects.create(organization=cast.company, period=date(2026, 3, 1), state="issued")
    opening(cast.account, date(2017, 8, 1), run=closing)
    ImportRun.objects.filter(pk=run.pk).update(rows=imports.AT_ONCE + 1)
    run.refresh_from_db()
    run = start_undo(run, by=cast.anna, at=timezone.now(), later=lambda _pk: None)
    assert run.state == "undoing"
    run = imports.undo_queued(run, at=timezone.now())
    assert (run.state, "issued by a closing" in run.refusal_to_undo) == ("applied", True)
    page = enter(cast.anna).get(reverse("admin:premises_importrun_change", args=[run.pk])).content.decode()
    assert "They are issued and stay" in page
    assert f'href="{reverse("admin:billing_billingrun_change", args=[closing.pk])}"' in page


def test_nothing_of_a_payment_that_was_taken_back_is_returned(cast: Cast) -> None:
    back(take(cast, "payments", BOTH_OF_HEAD))
    payment = Payment.objects.get(operation="A1")
    with pytest.raises(Refusal, match="taken back with its import"):
        record_chargeback(payment, amount=Decimal(1), reason="банк плательщика", by=cast.mark, at=timezone.now())
    assert balances() == {}


# --- Every order ----------------------------------------------------------------------------------------------------

MONTHS = [date(2019, month, 1) for month in range(1, 7)]
CENTS = st.integers(-5000, 5000).map(lambda cents: Decimal(cents).scaleb(-2))
DOCUMENT = st.tuples(st.sampled_from(MONTHS), st.none() | CENTS, CENTS)
PAYMENT = st.tuples(st.dates(date(2018, 12, 1), date(2019, 7, 31)), CENTS.filter(bool).map(abs))
BATCH = st.lists(DOCUMENT, min_size=1, max_size=2, unique_by=lambda one: one[0]).map(
    lambda papers: ("documents", papers)
) | st.lists(PAYMENT, min_size=1, max_size=2).map(lambda papers: ("payments", papers))
STEP = st.tuples(st.just("import"), BATCH) | st.tuples(st.just("undo"), st.integers(0, 9))


class Book:
    """One account on which batches come and go."""

    def __init__(self) -> None:
        company = make_organization(f"Книга {next(NUMBERS)}")
        self.account = make_account(make_house(company, f"{next(NUMBERS)}"), "1", f"{next(NUMBERS):06}")
        self.runs: list[ImportRun] = []
        self.at = datetime(2026, 1, 1, tzinfo=timezone.get_current_timezone())

    def bring(self, kind: str, papers: list[Any]) -> None:
        run = ImportRun.objects.create(organization=self.account.organization, kind=kind, state="applied")
        self.runs.append(run)
        if kind == "payments":
            post_payments([
                make_payment(self.account, f"{day:%d.%m.%Y}", str(amount), source=run) for day, amount in papers
            ])  # fmt: skip
            return
        taken = set(Invoice.objects.live().filter(account=self.account).values_list("period", flat=True))
        post_documents([
            make_invoice(
                self.account, month, accrued=str(accrued), opening=None if debt is None else str(debt), source=run
            )
            for month, debt, accrued in papers
            if month not in taken
        ])  # fmt: skip

    def undo(self, number: int) -> None:
        """Take some batch back, if the book lets it go; refused, it must change nothing."""
        if not self.runs:
            return
        run, was = self.runs[number % len(self.runs)], self.balance()
        try:
            self.take_back(run)
            self.runs.remove(run)
        except NotUndoable:
            assert self.balance() == was

    def take_back(self, run: ImportRun) -> None:
        undo: Any = undo_payments if run.kind == "payments" else undo_documents
        undo(run, Tally(), at=self.at, by=None)

    def balance(self) -> Decimal:
        return LedgerEntry.objects.filter(account=self.account).balance()

    def check(self) -> None:
        """At every printed opening the book says what was printed; today the last one and all that came since."""
        entries = LedgerEntry.objects.filter(account=self.account)
        invoices = list(Invoice.objects.live().filter(account=self.account).order_by("period"))
        printed = [(one.period, one.opening) for one in invoices if one.opening is not None]
        for period, debt in printed:
            assert entries.before(period).balance() == debt
        since, start = printed[-1] if printed else (date.min, Decimal(0))
        charged = sum((one.accrued for one in invoices if one.period >= since), Decimal(0))
        payments = Payment.objects.live().filter(account=self.account, paid_on__gte=since)
        assert self.balance() == start + charged - sum((one.amount for one in payments), Decimal(0))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=2, max_size=7))
def test_whatever_is_taken_back_the_book_is_as_if_it_had_never_come(db: None, steps: list[Any]) -> None:
    book = Book()
    for word, what in steps:
        if word == "import":
            book.bring(*what)
        else:
            book.undo(what)
        book.check()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BATCH, max_size=3), BATCH)
def test_the_newest_batch_always_goes_and_leaves_the_balance_of_before(
    db: None, earlier: list[Any], newest: Any
) -> None:
    book = Book()
    for batch in earlier:
        book.bring(*batch)
    days = [date(2018, 12, 1) + timedelta(days=14 * n) for n in range(20)]
    entries = LedgerEntry.objects.filter(account=book.account)
    was = [entries.before(day).balance() for day in days]
    book.bring(*newest)
    book.take_back(book.runs[-1])
    assert [entries.before(day).balance() for day in days] == was


# --- At once --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_presses_take_back_once_and_import_once() -> None:
    cast, refused = make_cast(), list[Refusal]()
    run = check_file("payments", cast.company, BytesIO(BOTH_OF_HEAD.encode()), name="f.csv", by=None, at=timezone.now())

    def press(verb: Any) -> None:
        try:
            verb(run, by=None, at=timezone.now())
        except Refusal as refusal:
            refused.append(refusal)

    together(*[lambda: press(apply_file)] * 8)
    assert (Payment.objects.count(), len(refused)) == (2, 7)
    together(*[lambda: press(undo_import)] * 8)
    run.refresh_from_db()
    assert (run.state, len(refused), LedgerEntry.objects.count()) == ("undone", 14, 4)
    assert balances() == {}
