"""The tray: money of nobody gets its account, goes back, or waits; every decision is made once and can be taken back."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.strays import AlreadyDecided, Impossible, credit_stray, guesses, reopen_stray, return_stray
from billing.models import LedgerEntry, Payment, StrayPayment
from billing.testing import make_payment
from billing.tests.test_parallel import together
from lib.errors import Refusal
from portal.testing import Cast, make_account, make_cast

Enter = Callable[[User], Client]
pytestmark = pytest.mark.feature("G10")


def make_stray(cast: Cast, **fields: Any) -> StrayPayment:
    values: dict[str, Any] = {
        "account_text": "99999", "payer": "ПЕТРОВ П.П.", "number": "5", "operation": "OP5", "paid_on": date(2019, 3, 11),
        "period": date(2019, 2, 1), "amount": Decimal("1000.00"), "channel": "MOBILE",
    } | fields  # fmt: skip
    return StrayPayment.objects.create(organization=cast.company, **values)


def page(stray: StrayPayment) -> str:
    return reverse("admin:billing_straypayment_change", args=[stray.pk])


def balance(account: Any) -> Decimal:
    return LedgerEntry.objects.filter(account=account).balance()


def test_an_accountant_says_whose_it_is(cast: Cast, enter: Enter) -> None:
    stray, anna = make_stray(cast), enter(cast.anna)
    text = anna.get(page(stray)).content.decode()
    assert "ПЕТРОВ П.П." in text
    assert "11.03.2019 1,000.00" in text
    answer = anna.post(page(stray), {"verb": "credit", "account": " 100 12"})
    assert answer.status_code == 302
    stray.refresh_from_db()
    payment = Payment.objects.get()
    assert (stray.state, stray.payment, stray.decided_by) == ("linked", payment, cast.anna)
    assert (payment.account, payment.operation, payment.amount, payment.period, payment.channel) == (
        cast.account, "OP5", Decimal("1000.00"), date(2019, 2, 1), "MOBILE"
    )  # fmt: skip
    assert balance(cast.account) == Decimal("-1000.00")
    again = anna.post(page(stray), {"verb": "credit", "account": "10013"})
    assert again.status_code == 409
    assert balance(cast.nina_account) == 0


@pytest.mark.parametrize("number", ["", "404", "77005"])
def test_a_wrong_number_is_an_error_beside_the_field(cast: Cast, enter: Enter, number: str) -> None:
    answer = enter(cast.mark).post(page(make_stray(cast)), {"verb": "credit", "account": number})
    assert answer.status_code == 422
    assert not Payment.objects.exists()


def test_money_that_went_back_has_a_reason_and_can_be_reopened(cast: Cast, enter: Enter) -> None:
    stray, mark = make_stray(cast), enter(cast.mark)
    assert mark.post(page(stray), {"verb": "return", "reason": "—"}).status_code == 422
    assert mark.post(page(stray), {"verb": "return", "reason": "письмо плательщика"}).status_code == 302
    stray.refresh_from_db()
    assert (stray.state, stray.reason) == ("returned", "письмо плательщика")
    assert mark.post(page(stray), {"verb": "reopen"}).status_code == 302
    stray.refresh_from_db()
    assert (stray.state, stray.reason, stray.payment) == ("open", "", None)


def test_a_wrong_link_is_taken_back_by_the_opposite_entry(cast: Cast) -> None:
    stray, now = make_stray(cast), timezone.now()
    wrong = credit_stray(stray, cast.nina_account, by=cast.anna, at=now)
    reopen_stray(stray, by=cast.mark, at=now)
    wrong.refresh_from_db()
    assert wrong.voided_at == now
    assert balance(cast.nina_account) == 0
    right = credit_stray(stray, cast.account, by=cast.anna, at=now)
    assert (right.operation, balance(cast.account)) == (wrong.operation, Decimal("-1000.00"))


def test_an_operation_that_is_credited_already_is_not_credited_again(cast: Cast) -> None:
    make_payment(cast.account, "11.03.2019", "1000.00", operation="OP5")
    with pytest.raises(Impossible, match="credited already"):
        credit_stray(make_stray(cast), cast.account, by=cast.anna, at=timezone.now())
    with pytest.raises(Impossible, match="another company"):
        credit_stray(make_stray(cast, operation="OP6"), cast.other_account, by=cast.anna, at=timezone.now())


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"account_text": "0010012", "payer": ""}, "without zeros"),
        ({"account_text": "л/с 10012", "payer": ""}, "without zeros"),
        ({"account_text": "10012", "payer": ""}, "known by now"),
        ({"account_text": "", "purpose": "за квартиру 12, счёт 10012"}, "words of the payment"),
        ({"account_text": "", "payer": "", "address": "г. Волгодонск, ул. Садовая, 1, кв. 12"}, "address"),
        ({"account_text": "", "payer": "ОЛИНА Ольга Олеговна"}, "name of the payer"),
    ],
)
def test_the_tray_guesses_whose_it_may_be(cast: Cast, enter: Enter, fields: dict[str, str], why: str) -> None:
    stray = make_stray(cast, **fields)
    [guess] = guesses(stray)
    assert guess.account == cast.account
    assert why in str(guess.why)
    assert "Credit to 10012" in enter(cast.anna).get(page(stray)).content.decode()


def test_who_paid_so_before_is_guessed(cast: Cast) -> None:
    make_account(cast.other_house, "9", "99999")  # the same number in another company helps nobody
    credit_stray(make_stray(cast), cast.account, by=cast.anna, at=timezone.now())
    [guess] = guesses(make_stray(cast, operation="OP6"))
    assert (guess.account, "before" in str(guess.why)) == (cast.account, True)


def test_an_account_is_found_by_address_number_and_name_within_the_company(cast: Cast, enter: Enter) -> None:
    client, stray = enter(cast.anna), make_stray(cast)
    for words in ("садовая 12", "10012", "Олина"):
        text = client.get(page(stray), {"q": words}).content.decode()
        assert "Credit to 10012" in text
        assert cast.account.holder in text
    for words in ("77005", "Чужой", "ничего такого"):
        text = client.get(page(stray), {"q": words}).content.decode()
        assert "Credit to 7" not in text
        assert "Nothing fits" in text


def test_others_find_no_such_payment(cast: Cast, enter: Enter) -> None:
    stray = make_stray(cast)
    listed = reverse("admin:billing_straypayment_changelist")
    assert "ПЕТРОВ" in enter(cast.mark).get(listed).content.decode()
    assert "ПЕТРОВ" not in enter(cast.pavel).get(listed).content.decode()
    for user in (cast.pavel, cast.dima, cast.olga):
        client = enter(user)
        for response in (client.get(page(stray)), client.post(page(stray), {"verb": "credit", "account": "77005"})):
            assert response.status_code in (302, 403, 404)
            assert "ПЕТРОВ" not in response.content.decode()
    assert not Payment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_presses_at_once_credit_once() -> None:
    cast, done, refused = make_cast(), list[Payment](), list[Refusal]()
    stray = make_stray(cast)

    def press() -> None:
        try:
            done.append(credit_stray(stray, cast.account, by=cast.anna, at=timezone.now()))
        except AlreadyDecided as refusal:
            refused.append(refusal)

    def send_back() -> None:
        try:
            return_stray(stray, reason="письмо", by=cast.mark, at=timezone.now())
        except AlreadyDecided as refusal:
            refused.append(refusal)

    together(*[press] * 7, send_back)
    assert len(done) <= 1
    assert len(refused) == 7
    assert balance(cast.account) == sum((-one.amount for one in done), Decimal(0))
