"""Money that goes back: asked for once, never more than was paid, owed again."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override

from billing.actions.hearing import hear, look_into
from billing.actions.ledger import post_documents
from billing.actions.paying import go_on, refresh
from billing.actions.reconciling import reconcile
from billing.actions.refunding import NotReturnable, ask_refund, record_chargeback, send_refund
from billing.models import LedgerEntry, Payment, PaymentIntent, Refund
from billing.providers import ProviderError, Status
from billing.testing import make_intent, make_invoice, make_payment, make_till
from billing.tests.firm import in_russian
from billing.tests.till import Stub
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.testing import Cast

Is = Refund.State


@pytest.fixture
def paid(cast: Cast, stub: Stub) -> Payment:
    """Olga has paid 100.00 online."""
    make_till(cast.company, provider="yookassa")
    intent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    stub.pay(intent)
    refresh(intent, at=timezone.now())
    return Payment.objects.get(intent=intent)


def ask(cast: Cast, payment: Payment, amount: str, reason: str = "paid twice") -> Refund:
    return ask_refund(payment, amount=Decimal(amount), reason=reason, by=cast.mark, at=timezone.now())


def balance(cast: Cast) -> Decimal:
    return LedgerEntry.objects.filter(account=cast.account).balance()


def returned(payment: Payment) -> Decimal:
    return Payment.objects.get(pk=payment.pk).refunded


def test_a_part_goes_back_and_is_owed_again(cast: Cast, stub: Stub, paid: Payment) -> None:
    refund = send_refund(ask(cast, paid, "30.00"), at=timezone.now())
    assert (refund.state, refund.provider_id, refund.by) == (Is.DONE, "r-2", cast.mark)
    entry = LedgerEntry.objects.get(refund=refund)
    assert (entry.kind, entry.amount, entry.section, entry.payment) == ("refund", Decimal("30.00"), "main", paid)
    assert balance(cast) == Decimal("-70.00")
    assert returned(paid) == Decimal("30.00")
    notice = Notice.objects.get(kind="billing.payment_returned", user_id=cast.olga.pk)
    title, text = title_and_text(notice)
    assert title.replace("\u00a0", " ") == "Money returned: 30.00 RUB, account 10012"
    assert "for this reason: paid twice\n" in text  # a day in Russian ends with a dot: no sentence ends with it


@pytest.mark.parametrize("amounts", [["100.01"], ["60.00", "40.01"], ["99.99", "0.01", "0.01"]])
def test_no_more_goes_back_than_was_paid(cast: Cast, stub: Stub, paid: Payment, amounts: list[str]) -> None:
    *fitting, last = amounts
    for amount in fitting:
        ask(cast, paid, amount)
    with pytest.raises(NotReturnable):
        ask(cast, paid, last)
    assert returned(paid) <= paid.amount


def test_the_database_itself_holds_the_sum(cast: Cast, paid: Payment) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=paid.pk).update(refunded=Decimal("100.01"))


@pytest.mark.parametrize(("amount", "reason"), [("0.00", "why"), ("-1.00", "why"), ("10.00", ""), ("10.00", "  ")])
def test_a_refund_has_a_sum_and_a_reason(cast: Cast, paid: Payment, amount: str, reason: str) -> None:
    with pytest.raises(NotReturnable):
        ask(cast, paid, amount, reason)


def test_money_that_came_by_a_register_is_not_returned_here(cast: Cast) -> None:
    with pytest.raises(NotReturnable):
        ask(cast, make_payment(cast.account, "01.11.2026", "100.00"), "10.00")


def test_a_provider_that_refuses_gives_the_sum_free_again(
    cast: Cast, stub: Stub, paid: Payment, monkeypatch: Any
) -> None:
    def refuse(refund: Refund) -> None:
        raise ProviderError("400", is_final=True)

    monkeypatch.setattr(stub, "refund", refuse)
    assert send_refund(ask(cast, paid, "100.00"), at=timezone.now()).state == Is.FAILED
    assert returned(paid) == 0
    assert balance(cast) == Decimal("-100.00")


def test_a_silent_provider_is_asked_again_with_the_same_key(cast: Cast, stub: Stub, paid: Payment) -> None:
    refund, stub.is_silent = ask(cast, paid, "30.00"), True
    with pytest.raises(ProviderError):
        send_refund(refund, at=timezone.now())
    assert returned(paid) == Decimal("30.00")  # set aside while nobody knows
    stub.is_silent = False
    for _round in range(3):
        reconcile(at=timezone.now() + timedelta(minutes=3))
    assert stub.asked.count(f"refund {refund.public_id}") == 2
    assert len(stub.returned) == 1
    assert balance(cast) == Decimal("-70.00")


def test_a_refund_that_takes_days_is_looked_up_with_its_payment(cast: Cast, stub: Stub, paid: Payment) -> None:
    stub.refund_status = Status.PENDING
    refund = send_refund(ask(cast, paid, "30.00"), at=timezone.now())
    assert (refund.state, refund.provider_id) == (Is.ASKED, "r-2")
    assert balance(cast) == Decimal("-100.00")
    assert paid.intent
    stub.takes_back(paid.intent, "30.00", "r-2", is_chargeback=False)
    reconcile(at=timezone.now() + timedelta(minutes=3))
    refund.refresh_from_db()
    assert refund.state == Is.DONE
    assert Refund.objects.count() == 1
    assert balance(cast) == Decimal("-70.00")


def test_a_chargeback_of_the_bank_is_found_and_entered_once(cast: Cast, stub: Stub, paid: Payment) -> None:
    assert paid.intent
    stub.takes_back(paid.intent, "100.00")
    for _time in range(3):
        refresh(paid.intent, at=timezone.now())
    [refund] = Refund.objects.all()
    assert (refund.kind, refund.state, refund.provider_id, refund.by) == ("chargeback", Is.DONE, "cb-1", None)
    assert balance(cast) == 0
    assert PaymentIntent.objects.get(payments=paid).state == "paid"  # it was; what went back is told beside it
    assert "took back" in title_and_text(Notice.objects.get(kind="billing.payment_returned"))[1]


@pytest.mark.parametrize("is_chargeback", [True, False])
def test_the_reason_of_an_unknown_return_is_in_the_company_s_language(
    cast: Cast, stub: Stub, paid: Payment, is_chargeback: bool
) -> None:
    assert paid.intent
    stub.takes_back(paid.intent, "100.00", is_chargeback=is_chargeback)
    with override("en"):
        refresh(paid.intent, at=timezone.now())
    refund = Refund.objects.get()
    assert refund.reason == in_russian("Chargeback of the bank" if is_chargeback else "Refund")
    assert refund.reason.isascii() is False


def test_an_unknown_return_waits_while_ours_has_no_answer(cast: Cast, stub: Stub, paid: Payment) -> None:
    """The answer to our refund was lost: what the provider shows may be that very refund, so it is not entered twice."""
    refund = ask(cast, paid, "30.00")
    assert paid.intent
    stub.takes_back(paid.intent, "30.00", "r-2", is_chargeback=False)
    refresh(paid.intent, at=timezone.now())
    assert balance(cast) == Decimal("-100.00")
    send_refund(refund, at=timezone.now())  # the same key: the provider answers with r-2
    refresh(paid.intent, at=timezone.now())
    assert balance(cast) == Decimal("-70.00")
    assert Refund.objects.count() == 1


def paid_in_two_sections(cast: Cast, stub: Stub) -> PaymentIntent:
    """Olga has paid 300.00 of the main section and 100.00 of the repair at once."""
    make_till(cast.company, provider="yookassa")
    for kind, accrued in (("main", "300.00"), ("repair", "100.00")):
        post_documents([make_invoice(cast.account, date(2026, 10, 1), accrued=accrued, kind=kind)])
    intent = go_on(make_intent(cast.account, cast.olga, "400.00"), at=timezone.now())
    stub.pay(intent)
    return refresh(intent, at=timezone.now())


def test_a_chargeback_is_shared_over_the_sections(cast: Cast, stub: Stub) -> None:
    intent = paid_in_two_sections(cast, stub)
    stub.takes_back(intent, "100.01")
    refresh(intent, at=timezone.now())
    assert sorted(Refund.objects.values_list("payment__kind", "amount")) == [
        ("main", Decimal("75.01")), ("repair", Decimal("25.00"))
    ]  # fmt: skip
    assert balance(cast) == Decimal("100.01")


def test_an_employee_writes_a_chargeback_down(cast: Cast, stub: Stub, paid: Payment) -> None:
    record_chargeback(paid, amount=Decimal("100.00"), reason="letter of the bank", by=cast.anna, at=timezone.now())
    assert balance(cast) == 0
    with pytest.raises(NotReturnable):
        ask(cast, paid, "0.01")


@pytest.mark.parametrize("is_chargeback", [True, False])  # ЮKassa lists both alike
def test_a_chargeback_that_was_written_down_is_not_entered_again(
    cast: Cast, stub: Stub, paid: Payment, is_chargeback: bool
) -> None:
    written = record_chargeback(
        paid, amount=Decimal("30.00"), reason="letter of the bank", by=cast.mark, at=timezone.now()
    )
    assert paid.intent
    stub.takes_back(paid.intent, "30.00", is_chargeback=is_chargeback)
    for _time in range(2):
        refresh(paid.intent, at=timezone.now())
    assert balance(cast) == Decimal("-70.00")
    written.refresh_from_db()
    assert (written.provider_id, written.reason, Refund.objects.count()) == ("cb-1", "letter of the bank", 1)
    stub.takes_back(paid.intent, "30.00", "cb-2")  # one more of the same sum is another one
    refresh(paid.intent, at=timezone.now())
    assert balance(cast) == Decimal("-40.00")


def test_a_chargeback_that_was_written_down_by_sections_is_not_entered_again(cast: Cast, stub: Stub) -> None:
    intent = paid_in_two_sections(cast, stub)
    for payment, amount in zip(intent.payments.order_by("kind"), ("75.01", "25.00"), strict=True):
        record_chargeback(payment, amount=Decimal(amount), reason="letter", by=cast.mark, at=timezone.now())
    stub.takes_back(intent, "100.01")
    refresh(intent, at=timezone.now())
    assert balance(cast) == Decimal("100.01")
    assert {one.provider_id for one in Refund.objects.all()} == {"cb-1"}


def test_a_return_seen_while_ours_waited_is_entered_once_ours_is_answered(
    cast: Cast, stub: Stub, paid: Payment
) -> None:
    """Ours of 10.00 waits; 20.00 go back in the provider's cabinet: the book must come to 100.00 less both."""
    refund, intent = ask(cast, paid, "10.00"), paid.intent
    assert intent
    stub.takes_back(intent, "20.00", "cabinet-1", is_chargeback=False)
    refresh(intent, at=timezone.now())
    assert balance(cast) == Decimal("-100.00")
    reconcile(at=timezone.now() + timedelta(minutes=3))
    refund.refresh_from_db()
    assert refund.state == Is.DONE
    assert balance(cast) == Decimal("-70.00")


def test_a_notification_is_kept_until_what_it_told_of_is_entered(
    cast: Cast, stub: Stub, paid: Payment, monkeypatch: Any
) -> None:
    """The provider answers the refund and is silent when it is asked about the payment right after."""
    ask(cast, paid, "10.00")
    assert paid.intent
    stub.takes_back(paid.intent, "20.00", "cabinet-1", is_chargeback=False)
    body = {"event": "refund.succeeded", "object": {"id": "cabinet-1", "payment_id": paid.intent.provider_id}}
    event = hear("yookassa", json.dumps(body).encode(), at=timezone.now(), nudge=lambda pk: None)
    assert event
    look_into(event, at=timezone.now())
    with monkeypatch.context() as patch:
        patch.setattr(stub, "fetch", silent)
        reconcile(at=timezone.now() + timedelta(minutes=3))
    assert balance(cast) == Decimal("-90.00")
    reconcile(at=timezone.now() + timedelta(minutes=13))
    assert balance(cast) == Decimal("-70.00")
    event.refresh_from_db()
    assert event.outcome == "done"


def silent(*_question: Any, **_words: Any) -> None:
    raise ProviderError("no answer")


def lost(cast: Cast, stub: Stub, payment: Payment, amount: str = "30.00") -> Refund:
    """A refund that the provider has made and forgot the key of (ЮKassa: after 24 hours); its answer never came."""
    refund = ask(cast, payment, amount)
    made = stub.refund(refund)
    assert payment.intent
    stub.takes_back(payment.intent, amount, made.id, is_chargeback=False)
    stub.returned.clear()
    stub.asked.clear()
    return refund


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.PENDING])
def test_a_refund_whose_key_may_be_forgotten_is_looked_for_first(
    cast: Cast, stub: Stub, paid: Payment, status: Status
) -> None:
    """The shop's secret was wrong for a day; with the new one the old refund must not be made again."""
    refund = lost(cast, stub, paid)
    assert paid.intent
    kept = stub.states[paid.intent.provider_id].refunds
    stub.say(paid.intent, refunds=tuple(replace(one, status=status) for one in kept))
    reconcile(at=timezone.now() + timedelta(hours=30))
    refund.refresh_from_db()
    assert (refund.provider_id, stub.returned) == ("r-2", {})
    stub.say(paid.intent, refunds=kept)
    reconcile(at=timezone.now() + timedelta(hours=31))
    assert Refund.objects.get().state == Is.DONE
    assert balance(cast) == Decimal("-70.00")


def test_of_two_forgotten_refunds_of_one_sum_only_the_missing_one_is_sent(
    cast: Cast, stub: Stub, paid: Payment
) -> None:
    """Another sum and a chargeback are none of ours, and what one refund was found to be is no other one."""
    assert paid.intent
    first, second = lost(cast, stub, paid, "10.00"), ask(cast, paid, "10.00")
    stub.takes_back(paid.intent, "7.00", "cabinet-1", is_chargeback=False)
    stub.takes_back(paid.intent, "10.00", "cb-1")
    reconcile(at=timezone.now() + timedelta(hours=30))
    assert [one for one in stub.asked if one.startswith("refund")] == [f"refund {second.public_id}"]
    first.refresh_from_db()
    assert (first.state, first.provider_id) == (Is.DONE, "r-2")
    assert balance(cast) == Decimal("-63.00")


def test_a_forgotten_refund_waits_while_the_list_of_returns_cannot_be_read(
    cast: Cast, stub: Stub, paid: Payment, monkeypatch: Any
) -> None:
    refund = lost(cast, stub, paid)

    def unknown(intent: PaymentIntent) -> None:
        raise ProviderError("404", is_final=True)

    monkeypatch.setattr(stub, "returns", unknown)
    reconcile(at=timezone.now() + timedelta(hours=30))
    refund.refresh_from_db()
    assert (refund.state, returned(paid), stub.returned) == (Is.ASKED, Decimal("30.00"), {})


def test_a_young_refund_is_not_looked_for(cast: Cast, stub: Stub, paid: Payment) -> None:
    ask(cast, paid, "30.00")
    stub.asked.clear()
    reconcile(at=timezone.now() + timedelta(hours=22))
    assert [one.split()[0] for one in stub.asked] == ["refund", "fetch"]


def test_a_later_printed_debt_that_knew_nothing_of_it_is_made_right(cast: Cast, stub: Stub, paid: Payment) -> None:
    """A document of a month to come is in the book already: at its start the balance stays the printed one."""
    month = (timezone.localdate().replace(day=1) + timedelta(days=40)).replace(day=1)
    post_documents([make_invoice(cast.account, month, opening="50.00", accrued="0.00")])
    send_refund(ask(cast, paid, "30.00"), at=timezone.now())
    assert LedgerEntry.objects.filter(account=cast.account).before(month).balance() == Decimal("50.00")
