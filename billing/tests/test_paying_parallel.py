"""Many at once on a real PostgreSQL: one credit, no more returned than paid, no more begun than allowed."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.limits import PAY_USER, LimitReached, take
from billing.actions.paying import MOST_OPEN, TooManyOpen, go_on, refresh
from billing.actions.refunding import NotReturnable, ask_refund
from billing.models import LedgerEntry, Payment, PaymentIntent, Refund
from billing.testing import make_intent, make_till
from billing.tests.test_parallel import together
from billing.tests.till import Stub
from notifications.models import Notice
from portal.testing import Cast, make_cast, make_link, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def begin(cast: Cast, stub: Stub) -> PaymentIntent:
    make_till(cast.company, provider="yookassa")
    return go_on(make_intent(cast.account, cast.olga), at=timezone.now())


def counted(work: Callable[[], object], refusal: type[Exception], done: list[bool]) -> Callable[[], None]:
    """The work, noting whether it was done or refused."""

    def run() -> None:
        try:
            work()
            done.append(True)
        except refusal:
            done.append(False)

    return run


@pytest.mark.feature("B14")
def test_a_hundred_confirmations_at_once_give_one_credit(stub: Stub) -> None:
    cast = make_cast()
    sent = begin(cast, stub)
    stub.pay(sent)
    for _wave in range(5):
        together(*[lambda: refresh(sent, at=timezone.now())] * 20)
    assert Payment.objects.filter(intent=sent).count() == 1
    assert LedgerEntry.objects.filter(account=cast.account).count() == 1
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-100.00")
    assert Notice.objects.filter(kind="billing.payment_received").count() == 1


def test_ten_presses_at_once_make_one_payment_at_the_provider(stub: Stub) -> None:
    cast = make_cast()
    make_till(cast.company, provider="yookassa")
    intent = make_intent(cast.account, cast.olga)
    found: list[str] = []
    together(*[lambda: found.append(go_on(intent, at=timezone.now()).pay_url)] * 10)
    assert set(found) == {"https://pay.example.org/p-1"}
    assert len(stub.ids) == 1


def test_refunds_at_once_never_return_more_than_was_paid(stub: Stub) -> None:
    cast = make_cast()
    sent = begin(cast, stub)
    stub.pay(sent)
    refresh(sent, at=timezone.now())
    payment, done = Payment.objects.get(intent=sent), list[bool]()
    ask = counted(
        lambda: ask_refund(payment, amount=Decimal("30.00"), reason="ошибка", by=cast.mark, at=timezone.now()),
        NotReturnable,
        done,
    )
    together(*[ask] * 8)
    assert sorted(done) == [False] * 5 + [True] * 3
    payment.refresh_from_db()
    assert payment.refunded == Decimal("90.00")
    assert Refund.objects.count() == 3


def test_of_many_who_begin_at_once_three_pass(stub: Stub) -> None:
    cast, done = make_cast(), list[bool]()
    make_till(cast.company, provider="yookassa")
    people = [make_user(f"Житель {number}") for number in range(8)]
    for one in people:
        make_link(one, cast.account)
    works = [
        counted(lambda one=one: go_on(make_intent(cast.account, one), at=timezone.now()), TooManyOpen, done)  # type: ignore[misc]
        for one in people
    ]
    together(*works)
    assert sum(done) == MOST_OPEN
    assert PaymentIntent.objects.filter(account=cast.account).waiting().count() == MOST_OPEN


def test_the_eleventh_payment_of_an_hour_waits(stub: Stub) -> None:
    cast, done, now = make_cast(), list[bool](), timezone.now()
    together(*[counted(lambda: take([(PAY_USER, cast.olga)], at=now), LimitReached, done)] * 15)
    assert sum(done) == 10
