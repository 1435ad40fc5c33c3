"""Paying: what is begun, sent, credited. The provider's word counts, once; nothing that a browser sends does."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.actions import erase
from billing.actions import paying
from billing.actions.ledger import post_documents
from billing.actions.paying import NotPayable, TooManyOpen, go_on, refresh, settle
from billing.actions.reconciling import reconcile
from billing.actions.refunding import ask_refund, send_refund
from billing.models import LedgerEntry, Payment, PaymentIntent
from billing.providers import ProviderError, Status
from billing.testing import make_intent, make_invoice, make_till
from billing.tests.till import Stub
from notifications.models import Delivery, Notice
from notifications.rendering import title_and_text
from portal.testing import Cast, post
from premises.models import Organization

Is = PaymentIntent.State


@pytest.fixture
def sent(cast: Cast, stub: Stub) -> PaymentIntent:
    """Olga has begun to pay 100.00 and stands on the page of the provider."""
    make_till(cast.company, provider="yookassa")
    return go_on(make_intent(cast.account, cast.olga), at=timezone.now())


def balance(cast: Cast) -> Decimal:
    return LedgerEntry.objects.filter(account=cast.account).balance()


def again(intent: PaymentIntent) -> PaymentIntent:
    return PaymentIntent.objects.select_related("provider_account").get(pk=intent.pk)


@pytest.mark.feature("B14", "C4")
def test_a_payment_is_credited_when_the_provider_says_so(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    assert refresh(sent, at=timezone.now()).state == Is.SENT
    assert balance(cast) == 0
    stub.pay(sent)

    intent = refresh(sent, at=timezone.now())

    assert intent.state == Is.PAID
    assert balance(cast) == Decimal("-100.00")
    payment = Payment.objects.get(intent=intent)
    assert (payment.operation, payment.amount, payment.kind) == ("yookassa:p-1:main", Decimal("100.00"), "main")


def test_the_day_of_a_payment_and_of_a_refund_is_that_of_the_company(cast: Cast, stub: Stub) -> None:
    """23:30 on 30 November in Kyiv is 1 December in Moscow: another month, and a day of penalty more."""
    late = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)
    Organization.objects.filter(pk=cast.company.pk).update(time_zone="Europe/Kyiv")
    cast.account.organization.refresh_from_db()
    make_till(cast.company, provider="yookassa")
    intent = go_on(make_intent(cast.account, cast.olga, at=late), at=late)
    stub.pay(intent)
    refresh(intent, at=late)
    payment = Payment.objects.get(intent=intent)
    assert payment.paid_on == date(2026, 11, 30)
    assert Notice.objects.get(kind="billing.payment_received").context["paid_on"] == date(2026, 11, 30)
    refund = ask_refund(payment, amount=Decimal("30.00"), reason="paid twice", by=cast.mark, at=late)
    assert send_refund(refund, at=late).done_on == date(2026, 11, 30)


def test_the_fee_is_counted_by_us_and_asked_for_with_the_sum(cast: Cast, stub: Stub) -> None:
    make_till(cast.company, provider="yookassa", card_fee=Decimal("1.00"))
    intent = go_on(make_intent(cast.account, cast.olga, "3680.39", method="card"), at=timezone.now())
    assert intent.fee == Decimal("36.80")
    assert stub.states[intent.provider_id].amount == Decimal("3717.19")
    stub.pay(intent)
    refresh(intent, at=timezone.now())
    assert balance(cast) == Decimal("-3680.39")  # the fee is the provider's


def test_a_sum_falls_to_the_sections_by_their_debts(cast: Cast, stub: Stub) -> None:
    make_till(cast.company, provider="yookassa")
    post_documents(
        [make_invoice(cast.account, date(2026, 10, 1), accrued="300.00"),
         make_invoice(cast.account, date(2026, 10, 1), accrued="100.00", kind="repair")]
    )  # fmt: skip
    intent = go_on(make_intent(cast.account, cast.olga, "200.00"), at=timezone.now())
    stub.pay(intent)
    refresh(intent, at=timezone.now())
    assert LedgerEntry.objects.balances_by_section(cast.account) == {
        "main": Decimal("150.00"),
        "repair": Decimal("50.00"),
    }
    assert set(intent.payments.values_list("operation", flat=True)) == {"yookassa:p-1:main", "yookassa:p-1:repair"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"amount": Decimal("1.00")}, "1.00 RUB"),
        ({"amount": Decimal("100.01")}, "100.01 RUB"),
        ({"currency": "UAH"}, "100.00 UAH"),
        ({"merchant": "another shop"}, "merchant"),
        ({"reference": "another payment"}, "reference"),
    ],
)
def test_other_money_than_was_sent_for_is_set_aside(
    cast: Cast, stub: Stub, sent: PaymentIntent, words: dict[str, Any], said: str
) -> None:
    stub.say(sent, status=Status.SUCCEEDED, **words)
    intent = refresh(sent, at=timezone.now())
    assert (intent.state, intent.failure) == (Is.MISMATCH, said)
    assert balance(cast) == 0
    stub.say(intent, amount=Decimal("100.00"), currency="RUB", merchant=sent.provider_account.shop_id,
             reference=str(sent.public_id))  # fmt: skip
    assert refresh(intent, at=timezone.now()).state == Is.PAID  # the provider put it right
    assert balance(cast) == Decimal("-100.00")


def test_the_answer_about_another_payment_is_set_aside(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    stub.say(sent, status=Status.SUCCEEDED, id="p-77")
    assert refresh(sent, at=timezone.now()).state == Is.MISMATCH
    assert balance(cast) == 0


def test_what_is_paid_stays_paid_in_whatever_order_answers_come(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    late = stub.fetch(sent)
    stub.pay(sent)
    paid = stub.fetch(sent)
    stub.say(sent, status=Status.CANCELED, reason="fraud_suspected")
    canceled = stub.fetch(sent)
    for state in (paid, late, canceled, paid, paid):
        settle(sent, state, at=timezone.now())
    assert again(sent).state == Is.PAID
    assert Payment.objects.filter(intent=sent).count() == 1
    assert balance(cast) == Decimal("-100.00")


def test_a_decline_is_told_and_the_same_row_is_tried_again(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    stub.say(sent, status=Status.CANCELED, reason="insufficient_funds")
    failed = refresh(sent, at=timezone.now())
    assert (failed.state, failed.failure) == (Is.FAILED, "insufficient_funds")

    tried = go_on(failed, at=timezone.now())

    assert (tried.pk, tried.tries, tried.state) == (sent.pk, 2, Is.SENT)
    assert tried.provider_id == "p-2"
    assert stub.asked[-2:] == ["fetch p-1", f"create {sent.public_id}-2"]  # first how the old one ended
    stub.pay(tried)
    refresh(tried, at=timezone.now())
    assert balance(cast) == Decimal("-100.00")


def test_a_failed_payment_that_is_paid_after_all_is_not_paid_twice(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    stub.say(sent, status=Status.CANCELED)
    failed = refresh(sent, at=timezone.now())
    stub.pay(sent)
    tried = go_on(failed, at=timezone.now())
    assert (tried.state, tried.tries) == (Is.PAID, 1)
    assert len(stub.ids) == 1
    assert balance(cast) == Decimal("-100.00")


def test_while_the_old_try_can_still_be_paid_no_new_one_begins(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    PaymentIntent.objects.filter(pk=sent.pk).update(state=Is.EXPIRED)
    tried = go_on(again(sent), at=timezone.now())
    assert (tried.state, tried.tries, tried.pay_url) == (Is.EXPIRED, 1, sent.pay_url)
    assert len(stub.ids) == 1


def test_an_answer_to_an_earlier_try_changes_nothing(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    stub.say(sent, status=Status.CANCELED)
    old = stub.fetch(sent)
    tried = go_on(refresh(sent, at=timezone.now()), at=timezone.now())
    settle(tried, old, at=timezone.now())
    assert again(sent).state == Is.SENT


@pytest.mark.parametrize("state", [Is.EXPIRED, Is.FAILED])
def test_money_that_comes_too_late_is_entered_all_the_same(
    cast: Cast, stub: Stub, sent: PaymentIntent, state: str
) -> None:
    PaymentIntent.objects.filter(pk=sent.pk).update(state=state)
    stub.pay(sent)
    assert refresh(again(sent), at=timezone.now()).state == Is.PAID
    assert balance(cast) == Decimal("-100.00")


def test_pressing_again_and_again_makes_one_payment(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    for _press in range(5):
        assert go_on(again(sent), at=timezone.now()).pay_url == sent.pay_url
    assert len(stub.ids) == 1


def test_a_provider_that_is_away_loses_nothing(cast: Cast, stub: Stub) -> None:
    make_till(cast.company, provider="yookassa")
    intent, stub.is_silent = make_intent(cast.account, cast.olga), True
    with pytest.raises(ProviderError):
        go_on(intent, at=timezone.now())
    assert again(intent).state == Is.SENT  # our row says that it began
    stub.is_silent = False
    assert go_on(again(intent), at=timezone.now()).pay_url == "https://pay.example.org/p-1"
    assert stub.asked == [f"create {intent.public_id}-1"] * 2


def test_a_crash_between_the_answer_and_the_commit_is_made_good_once(
    cast: Cast, stub: Stub, sent: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **kwargs: object) -> None:
        raise SystemExit("killed")

    stub.pay(sent)
    with monkeypatch.context() as patch:
        patch.setattr(paying, "notify", crash)
        with pytest.raises(SystemExit):
            refresh(sent, at=timezone.now())
    assert not Payment.objects.filter(intent=sent).exists()
    assert balance(cast) == 0

    later = timezone.now() + timedelta(minutes=16)
    for _round in range(3):
        reconcile(at=later)
    assert again(sent).state == Is.PAID
    assert balance(cast) == Decimal("-100.00")


def test_reconciliation_asks_only_after_a_while_and_gives_up_after_a_day(
    cast: Cast, stub: Stub, sent: PaymentIntent
) -> None:
    now = timezone.now()
    assert reconcile(at=now + timedelta(minutes=14)) == 0
    assert reconcile(at=now + timedelta(minutes=16)) == 1
    assert again(sent).state == Is.SENT
    reconcile(at=now + timedelta(hours=25))
    assert stub.asked[-1] == "fetch p-1"  # one last time
    assert again(sent).state == Is.EXPIRED
    assert reconcile(at=now + timedelta(hours=26)) == 0


def test_what_was_never_sent_ends_after_a_day(cast: Cast) -> None:
    make_till(cast.company)
    intent = make_intent(cast.account, cast.olga)
    reconcile(at=timezone.now() + timedelta(hours=25))
    assert again(intent).state == Is.EXPIRED


def test_a_silent_provider_does_not_keep_the_rest_waiting(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    stub.is_silent = True
    later = timezone.now() + timedelta(hours=25)
    assert reconcile(at=later) == 1
    assert again(sent).state == Is.SENT  # only the provider can end it
    assert reconcile(at=later) == 0  # it went to the end of the line


# --- Limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0.99", "0.00", "-5.00", "500000.01", "10.005"])
def test_sums_out_of_the_limits_are_refused(cast: Cast, amount: str) -> None:
    make_till(cast.company)
    with pytest.raises(NotPayable):
        make_intent(cast.account, cast.olga, amount)


@pytest.mark.parametrize("amount", ["1.00", "500000.00"])
def test_the_limits_themselves_are_taken(cast: Cast, amount: str) -> None:
    make_till(cast.company)
    assert make_intent(cast.account, cast.olga, amount).amount == Decimal(amount)


def test_a_company_without_a_provider_takes_no_payments(cast: Cast) -> None:
    make_till(cast.company, is_active=False)
    with pytest.raises(NotPayable):
        make_intent(cast.account, cast.olga)


def test_three_payments_of_an_account_may_wait_and_a_fourth_not(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    for number in range(2):
        go_on(make_intent(cast.account, cast.oleg, f"{200 + number}.00"), at=timezone.now())
    with pytest.raises(TooManyOpen):
        make_intent(cast.account, cast.olga, "300.00")
    stub.say(sent, status=Status.CANCELED)
    refresh(sent, at=timezone.now())
    assert make_intent(cast.account, cast.olga, "300.00").state == Is.CREATED


def test_what_a_person_left_unsent_is_replaced(cast: Cast) -> None:
    make_till(cast.company)
    first = make_intent(cast.account, cast.olga, "100.00")
    second = make_intent(cast.account, cast.olga, "200.00", method="card")
    assert (second.pk, second.amount, second.fee) == (first.pk, Decimal("200.00"), Decimal("2.00"))
    assert make_intent(cast.account, cast.tanya, "100.00").pk != first.pk


def test_a_sandbox_takes_no_money_in_production(cast: Cast, settings: Any) -> None:
    make_till(cast.company)
    intent = make_intent(cast.account, cast.olga)
    settings.DEV_PAGES = False
    assert paying.provider_account_of(cast.company) is None
    with pytest.raises(ProviderError):
        go_on(intent, at=timezone.now())


# --- The receipt ----------------------------------------------------------------------------------------------------


@pytest.mark.feature("C4")
def test_the_receipt_comes_by_e_mail_and_to_the_inbox(cast: Cast, stub: Stub, mailoutbox: Any) -> None:
    make_till(cast.company, provider="yookassa")
    intent = go_on(
        make_intent(cast.account, cast.olga, "3680.39", method="card", email="olga@example.com"), at=timezone.now()
    )
    stub.pay(intent)
    for _time in range(2):
        refresh(intent, at=timezone.now())
    post()
    [letter] = mailoutbox
    assert letter.to == ["olga@example.com"]
    text = f"{letter.subject} {letter.body}".replace("\u00a0", " ")
    assert "Paid: 3,680.39 RUB, account 10012" in text
    assert "36.80 RUB" in text
    body = letter.body.replace("\u00a0", " ")
    assert f"Account: 10012, {cast.account.unit.house.address}, кв. {cast.account.unit.label}" in body
    assert f"Number: {Payment.objects.get(intent=intent).short_number}" in body  # as the list of payments calls it
    assert settings.PUBLIC_URL + reverse("pay_intent", args=[cast.account.public_id, intent.public_id]) in body
    assert Notice.objects.filter(kind="billing.payment_received").count() == 1
    assert Delivery.objects.filter(notice__user=cast.olga, channel="inbox").exists()


def test_a_receipt_of_last_year_is_read_as_it_was(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    stub.pay(sent)
    refresh(sent, at=timezone.now())
    notice = Notice.objects.get(kind="billing.payment_received")
    notice.context = {name: value for name, value in notice.context.items() if name not in {"place", "short"}}
    _title, text = title_and_text(notice)
    assert "10012" in _title
    assert "Number at the bank" in text
    assert "Account:" not in text


def test_without_an_address_the_receipt_stays_in_the_inbox(cast: Cast, stub: Stub, sent: PaymentIntent) -> None:
    stub.pay(sent)
    refresh(sent, at=timezone.now())
    assert list(Delivery.objects.values_list("channel", flat=True)) == ["inbox"]


def test_the_month_that_the_payer_names_is_kept_on_the_payment(cast: Cast, stub: Stub) -> None:
    make_till(cast.company, provider="yookassa")
    month = date(2026, 10, 1)
    intent = make_intent(cast.account, cast.olga, "70.00", period=month, debts={"repair": Decimal("70.00")})
    intent = go_on(intent, at=timezone.now())
    stub.pay(intent)
    refresh(intent, at=timezone.now())
    assert list(intent.payments.values_list("period", "kind")) == [(month, "repair")]


def test_a_deleted_profile_leaves_no_address_behind(cast: Cast) -> None:
    make_till(cast.company)
    intent = make_intent(cast.account, cast.olga, email="olga@example.com")
    erase(cast.olga, at=timezone.now())
    assert again(intent).email == ""
