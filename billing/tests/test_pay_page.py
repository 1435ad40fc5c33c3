"""P24, steps 1 to 3: choosing a sum, checking it, going to the provider. The sum comes from the book, never from the page."""

import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.ledger import post_documents, post_payments
from billing.actions.paying import go_on, refresh
from billing.models import Invoice, PartnerLink, Payment, PaymentIntent, Requisites
from billing.testing import make_intent, make_invoice, make_payment, make_till
from billing.tests.till import Stub
from billing.views import paying
from portal.testing import Cast

Enter = Callable[[User], Client]


@pytest.fixture
def bill(cast: Cast) -> Invoice:
    """Flat 12 owes 3680.39 for October, and 319.61 from before."""
    make_till(cast.company)
    Requisites.objects.create(
        organization=cast.company, recipient="ООО «Уютный дом»", tax_id="3661057530", account="4" * 20
    )
    invoice = make_invoice(cast.account, date(2026, 10, 1), opening="319.61")
    post_documents([invoice])
    return invoice


def url_of(cast: Cast, query: str = "") -> str:
    return reverse("pay", args=[cast.account.public_id]) + query


def send(client: Client, url: str, **typed: str) -> Any:
    values = {"what": "due", "amount": "", "method": "wallet", "email": "", "idem": str(uuid.uuid4())} | typed
    return client.post(url, values)


def body(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode().replace("\u00a0", " "))


def first_page(intent: PaymentIntent) -> str:
    return reverse("pay_intent", args=[intent.account.public_id, intent.public_id])


def press(client: Client, intent: PaymentIntent, **options: Any) -> Any:
    """Press «Go to the payment» on the page as it is now."""
    intent.refresh_from_db()
    go = reverse("pay_go", args=[intent.account.public_id, intent.public_id])
    return client.post(go, {"shown": intent.facts}, **options)


# --- Step 1 ---------------------------------------------------------------------------------------------------------


@pytest.mark.feature("C4")
def test_the_whole_debt_comes_first_and_every_fee_is_said_before_leaving(
    cast: Cast, bill: Invoice, enter: Enter
) -> None:
    page = body(enter(cast.olga).get(url_of(cast)))
    assert "The whole debt: 4,000.00 RUB" in page
    assert "Only for October 2026: 3,680.39 RUB" in page
    assert "Wallet: no fee" in page
    assert "Bank card: fee 1 % (40.00 RUB of 4,000.00 RUB)" in page
    assert page.index("The whole debt") < page.index("Only for") < page.index("Another sum")


def test_the_receipt_goes_to_the_address_of_the_profile_unless_changed(cast: Cast, bill: Invoice, enter: Enter) -> None:
    User.objects.filter(pk=cast.olga.pk).update(email="olga@example.com")
    assert 'value="olga@example.com"' in body(enter(cast.olga).get(url_of(cast)))


@pytest.mark.parametrize(
    ("typed", "amount", "method", "fee"),
    [
        ({"what": "due"}, "4000.00", "wallet", "0.00"),
        ({"what": "due", "method": "card"}, "4000.00", "card", "40.00"),
        ({"what": "month"}, "3680.39", "wallet", "0.00"),
        ({"what": "other", "amount": "1 234,5"}, "1234.50", "wallet", "0.00"),
        ({"what": "other", "amount": "100.05 ₽", "method": "card"}, "100.05", "card", "1.00"),
    ],
)
def test_what_is_chosen_is_begun(
    cast: Cast, bill: Invoice, enter: Enter, typed: dict[str, str], amount: str, method: str, fee: str
) -> None:
    answer = send(enter(cast.olga), url_of(cast), **typed)
    intent = PaymentIntent.objects.get()
    assert answer["Location"] == reverse("pay_intent", args=[cast.account.public_id, intent.public_id])
    assert (str(intent.amount), intent.method, str(intent.fee)) == (amount, method, fee)
    assert (intent.user, intent.currency, intent.state) == (cast.olga, "RUB", "created")


def test_a_page_that_was_tampered_with_pays_what_the_book_says(cast: Cast, bill: Invoice, enter: Enter) -> None:
    send(enter(cast.olga), url_of(cast), what="due", sum="1.00", total="1.00", fee="0", sections='{"main": "1.00"}')
    assert PaymentIntent.objects.get().amount == Decimal("4000.00")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("", "Write how much you want to pay."),
        ("0", "Enter a sum above zero."),
        ("0,99", "From 1.00 RUB to 500,000.00 RUB can be paid at once."),
        ("0,00 ₽", "Enter a sum above zero."),
        ("-100", "Enter a sum above zero."),
        ("500000.01", "From 1.00 RUB to 500,000.00 RUB can be paid at once."),
        ("9" * 30, "From 1.00 RUB to 500,000.00 RUB can be paid at once."),
        ("100.005", "Write at most two digits after the decimal sign"),
        ("много", "Write the sum in figures"),
        ("💰" * 50, "Write the sum in figures"),
        ("1" * 400, "From 1.00 RUB to 500,000.00 RUB can be paid at once."),
        ("100" + " " * 50 + "USD", "Write the sum in figures"),
        ("1e5", "Write the sum in figures"),
        ("٣٠٠", "Write the sum in figures"),
        ("NaN", "Write the sum in figures"),
        ("100 USD", "This account is paid in RUB only."),
        ("$100", "This account is paid in RUB only."),
        ("100 ₴", "This account is paid in RUB only."),
    ],
)
def test_a_wrong_sum_gets_one_clear_sentence_and_nothing_is_begun(
    cast: Cast, bill: Invoice, enter: Enter, amount: str, words: str
) -> None:
    answer = send(enter(cast.olga), url_of(cast), what="other", amount=amount)
    assert answer.status_code == 422
    assert words in body(answer)
    assert "characters" not in body(answer)
    assert not PaymentIntent.objects.exists()


def test_another_sum_is_never_called_optional(cast: Cast, bill: Invoice, enter: Enter) -> None:
    olga = enter(cast.olga)
    for page in (olga.get(url_of(cast)), send(olga, url_of(cast), what="other", amount="")):
        label = body(page).split('<label for="id_amount">')[1].split("</label>")[0]
        assert label.strip() == "Another sum, if chosen above"


def test_a_sum_typed_beside_another_choice_is_asked_about(cast: Cast, bill: Invoice, enter: Enter) -> None:
    answer = send(enter(cast.olga), url_of(cast), what="due", amount="50")
    assert "You wrote another sum." in body(answer)
    assert not PaymentIntent.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"what": "everything"}, "Choose how much to pay."),
        ({"method": "cash"}, "Choose one of the ways to pay."),
        ({"email": "nobody"}, "Enter the e-mail in full, for example name@example.com."),
    ],
)
def test_other_answers_are_not_taken_and_get_our_own_words(
    cast: Cast, bill: Invoice, enter: Enter, typed: dict[str, str], words: str
) -> None:
    answer = send(enter(cast.olga), url_of(cast), **typed)
    assert answer.status_code == 422
    assert words in body(answer)
    assert "valid choice" not in body(answer)
    assert not PaymentIntent.objects.exists()


def test_ten_times_the_debt_is_taken_and_a_kopeck_more_is_asked_about(cast: Cast, bill: Invoice, enter: Enter) -> None:
    olga = enter(cast.olga)
    assert send(olga, url_of(cast), what="other", amount="40000.00").status_code == 302
    asked = send(olga, url_of(cast), what="other", amount="40000.01")
    assert asked.status_code == 422
    assert "more than ten times what is owed" in body(asked)
    # The answer is for that sum: with it another one is asked about anew.
    assert send(olga, url_of(cast), what="other", amount="50000", sure="40000.01").status_code == 422
    assert send(olga, url_of(cast), what="other", amount="40000.01", sure="40000.01").status_code == 302
    assert PaymentIntent.objects.get().amount == Decimal("40000.01")


def test_where_nothing_is_owed_an_advance_is_asked_about(cast: Cast, enter: Enter) -> None:
    make_till(cast.company)
    olga = enter(cast.olga)
    page = body(olga.get(url_of(cast)))
    assert "The whole debt" not in page
    assert "this will be an advance" in body(send(olga, url_of(cast), what="other", amount="100"))
    assert send(olga, url_of(cast), what="other", amount="100", sure="100.00").status_code == 302


def test_a_bill_is_paid_by_itself(cast: Cast, bill: Invoice, enter: Enter) -> None:
    post_documents([make_invoice(cast.account, date(2026, 10, 1), accrued="80.00", kind="repair", number="R-1")])
    repair = Invoice.objects.get(kind="repair")
    olga = enter(cast.olga)
    url = url_of(cast, f"?invoice={repair.public_id}")
    assert "Bill № R-1: 80.00 RUB" in body(olga.get(url))
    send(olga, url, what="bill")
    intent = PaymentIntent.objects.get()
    assert (intent.amount, intent.sections, intent.period) == (Decimal("80.00"), {"repair": "80.00"}, date(2026, 10, 1))


def test_a_foreign_bill_is_as_good_as_none(cast: Cast, bill: Invoice, enter: Enter) -> None:
    foreign = make_invoice(cast.nina_account, date(2026, 10, 1), number="Чужой-7")
    post_documents([foreign])
    for word in (foreign.public_id, "nonsense", "' OR 1=1"):
        page = enter(cast.olga).get(url_of(cast, f"?invoice={word}"))
        assert page.status_code == 200
        assert "Чужой-7" not in body(page)


@pytest.mark.feature("B14")
def test_tanya_pays_with_a_limited_link_and_learns_nothing_of_bills(cast: Cast, bill: Invoice, enter: Enter) -> None:
    tanya = enter(cast.tanya)
    page = body(tanya.get(url_of(cast, f"?invoice={bill.public_id}")))
    assert "The whole debt: 4,000.00 RUB" in page
    assert "October" not in page
    assert bill.number not in page
    assert send(tanya, url_of(cast), what="month").status_code == 422
    assert send(tanya, url_of(cast), what="due").status_code == 302


def test_the_parts_of_the_debt_and_their_receivers_are_shown(cast: Cast, bill: Invoice, enter: Enter) -> None:
    post_documents([make_invoice(cast.account, date(2026, 10, 1), accrued="80.00", kind="repair")])
    Requisites.objects.create(
        organization=cast.company, kind="repair", recipient="Фонд капремонта", tax_id="1", account="5" * 20
    )
    page = body(enter(cast.olga).get(url_of(cast)))
    assert "Фонд капремонта" in page
    assert "80.00 RUB" in page


# --- Once -----------------------------------------------------------------------------------------------------------


def test_no_page_of_a_payment_leads_tanya_to_bills(cast: Cast, bill: Invoice, enter: Enter) -> None:
    tanya = enter(cast.tanya)
    page = body(tanya.get(send(tanya, url_of(cast), what="due")["Location"]))
    assert f'href="{reverse("bills", args=[cast.account.public_id])}"' not in page


def test_a_double_click_and_two_tabs_begin_one_payment(cast: Cast, bill: Invoice, enter: Enter) -> None:
    olga, key = enter(cast.olga), str(uuid.uuid4())
    answers = [send(olga, url_of(cast), idem=key), send(olga, url_of(cast), idem=key), send(olga, url_of(cast))]
    assert len({answer["Location"] for answer in answers}) == 1
    assert PaymentIntent.objects.count() == 1


def test_a_payment_of_the_same_sum_a_moment_ago_is_asked_about(cast: Cast, bill: Invoice, enter: Enter) -> None:
    waiting = go_on(make_intent(cast.account, cast.olga, "4000.00"), at=timezone.now())
    olga = enter(cast.olga)
    asked = send(olga, url_of(cast))
    assert asked.status_code == 422
    assert "still waits for the bank" in body(asked)
    assert reverse("pay_intent", args=[cast.account.public_id, waiting.public_id]) in body(asked)
    assert send(olga, url_of(cast), sure="4000.00").status_code == 302
    PaymentIntent.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(minutes=31))
    assert send(olga, url_of(cast)).status_code == 302


def test_the_eleventh_payment_of_an_hour_is_too_many(cast: Cast, bill: Invoice, stub: Stub, enter: Enter) -> None:
    olga = enter(cast.olga)
    for number in range(10):
        assert send(olga, url_of(cast), what="other", amount=f"{100 + number}").status_code == 302
        PaymentIntent.objects.all().update(state="failed")
    assert send(olga, url_of(cast), what="other", amount="200").status_code == 429
    assert PaymentIntent.objects.count() == 10


def test_who_paid_and_never_returned_is_not_offered_the_same_debt(
    cast: Cast, bill: Invoice, stub: Stub, enter: Enter
) -> None:
    cast.company.provider_accounts.all().delete()
    make_till(cast.company, provider="yookassa")
    moment = timezone.now() - timedelta(minutes=1)
    paid = go_on(make_intent(cast.account, cast.olga, "3000.00"), at=moment)
    theirs = go_on(make_intent(cast.account, cast.oleg, "500.00"), at=moment)
    stub.pay(paid)
    page = body(enter(cast.olga).get(url_of(cast)))
    assert "The whole debt: 1,000.00 RUB" in page
    assert "Your payment of 3,000.00 RUB has arrived and is taken off the debt." in page
    assert f"fetch {theirs.provider_id}" not in stub.asked  # other people's are left to the worker
    asked = len(stub.asked)
    assert "has arrived" not in body(enter(cast.olga).get(url_of(cast)))
    assert len(stub.asked) == asked


def test_a_silent_bank_keeps_nobody_from_the_page_of_the_sum(
    cast: Cast, bill: Invoice, stub: Stub, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(paying, "nudge_intent", left.append)
    cast.company.provider_accounts.all().delete()
    make_till(cast.company, provider="yookassa")
    moment = timezone.now() - timedelta(minutes=1)
    two = [go_on(make_intent(cast.account, cast.olga, amount), at=moment) for amount in ("100.00", "200.00")]
    stub.is_silent, asked = True, len(stub.asked)
    page = enter(cast.olga).get(url_of(cast))
    assert page.status_code == 200
    assert "The whole debt: 4,000.00 RUB" in body(page)
    assert len(stub.asked) == asked + 1  # its patience is spent once for a page
    assert sorted(left) == sorted(one.pk for one in two)


# --- Step 2 and 3 ---------------------------------------------------------------------------------------------------


@pytest.mark.feature("C4")
def test_the_check_names_payee_account_sum_fee_and_where_one_is_taken(cast: Cast, bill: Invoice, enter: Enter) -> None:
    olga = enter(cast.olga)
    page = body(olga.get(send(olga, url_of(cast), method="card", email="olga@example.com")["Location"]))
    for words in (
        "ООО «Уютный дом»",
        "10012",
        "4,000.00 RUB",
        "40.00 RUB",
        "4,040.00 RUB",
        "Bank card",
        "olga@example.com",
    ):
        assert words in page
    assert "You will be taken to <b>localhost:8000</b>" in page
    assert "no real money is moved" in page


def test_the_check_says_what_of_the_sum_is_more_than_is_owed(cast: Cast, bill: Invoice, enter: Enter) -> None:
    olga = enter(cast.olga)
    words = "The rest stays on the account as an advance."
    page = body(olga.get(send(olga, url_of(cast), what="other", amount="40000.00")["Location"]))
    assert f"This is 36,000.00 RUB more than is owed. {words}" in page
    assert words not in body(olga.get(send(olga, url_of(cast), what="other", amount="4000.00")["Location"]))
    assert words not in body(olga.get(send(olga, url_of(cast), what="due")["Location"]))


def test_the_check_says_that_all_of_it_is_an_advance_where_nothing_is_owed(cast: Cast, enter: Enter) -> None:
    make_till(cast.company)
    olga = enter(cast.olga)
    page = body(olga.get(send(olga, url_of(cast), what="other", amount="100", sure="100.00")["Location"]))
    assert "Nothing is owed now: this will be an advance." in page


def test_the_press_leads_to_the_bank_and_back_leads_to_the_same_payment(
    cast: Cast, bill: Invoice, enter: Enter
) -> None:
    olga = enter(cast.olga)
    send(olga, url_of(cast))
    intent = PaymentIntent.objects.get()
    go = reverse("pay_go", args=[cast.account.public_id, intent.public_id])
    shown = {"shown": intent.facts}
    first, second = olga.post(go, shown), olga.post(go, shown)
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert first["Location"].startswith("/bank/")
    page = body(olga.get(first_page(intent)))
    assert "The payment is being processed" in page
    assert "We are asking the bank" in page
    PaymentIntent.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert "the money is not lost" in body(olga.get(first_page(intent)))


def test_only_the_page_that_leads_to_a_provider_lets_its_form_go_there(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    intent = make_intent(cast.account, cast.olga)
    olga = enter(cast.olga)
    page = olga.get(reverse("pay_intent", args=[cast.account.public_id, intent.public_id]))
    assert "form-action 'self' https://pay.example.org;" in page["Content-Security-Policy"] + ";"
    assert "pay.example.org" not in olga.get(url_of(cast))["Content-Security-Policy"]
    assert press(olga, intent)["Location"] == ("https://pay.example.org/p-1")


def test_a_bank_that_does_not_answer_is_said_so(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    intent, stub.is_silent = make_intent(cast.account, cast.olga), True
    olga = enter(cast.olga)
    page = body(press(olga, intent, follow=True))
    assert "The bank does not answer now. Nothing was paid." in page
    assert "Try again" in page


# --- Step 4 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("insufficient_funds", "there is not enough money"),
        ("expired_on_confirmation", "time for paying"),
        ("something_new<script>", "did not say why"),
    ],
)
def test_a_failure_says_why_and_is_tried_again(cast: Cast, stub: Stub, enter: Enter, reason: str, words: str) -> None:
    from billing.providers import Status

    make_till(cast.company, provider="yookassa")
    intent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    stub.say(intent, status=Status.CANCELED, reason=reason)
    refresh(intent, at=timezone.now())
    olga = enter(cast.olga)
    page = body(olga.get(reverse("pay_intent", args=[cast.account.public_id, intent.public_id])))
    assert words in page
    assert reason not in page
    answer = press(olga, intent)
    assert answer["Location"] == "https://pay.example.org/p-2"
    assert PaymentIntent.objects.count() == 1


def test_the_page_of_a_waiting_payment_asks_the_provider_in_the_background(
    cast: Cast, stub: Stub, enter: Enter
) -> None:
    make_till(cast.company, provider="yookassa")
    intent = go_on(make_intent(cast.account, cast.olga), at=timezone.now() - timedelta(seconds=10))
    stub.pay(intent)
    page = body(enter(cast.olga).get(reverse("pay_intent", args=[cast.account.public_id, intent.public_id])))
    assert "already taken off the debt" in page
    asked = len(stub.asked)
    enter(cast.olga).get(reverse("pay_intent", args=[cast.account.public_id, intent.public_id]))
    assert len(stub.asked) == asked  # what is paid is not asked about again


def test_a_paid_payment_leads_to_its_copy_and_to_the_book(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    olga, tanya = enter(cast.olga), enter(cast.tanya)
    for user, client, may_read in ((cast.olga, olga, True), (cast.tanya, tanya, False)):
        intent = go_on(make_intent(cast.account, user), at=timezone.now())
        stub.pay(intent)
        page = body(client.get(first_page(intent)))
        [payment] = Payment.objects.filter(intent=intent)
        for url in (
            reverse("payment", args=[cast.account.public_id, payment.pk]),
            reverse("bills", args=[cast.account.public_id]),
            reverse("statement", args=[cast.account.public_id]),
        ):
            assert (f'href="{url}"' in page) == may_read
        assert (f"Payment № {payment.short_number}" in page) == may_read


def test_a_mismatch_asks_for_patience_and_offers_no_second_payment(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa")
    intent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    stub.say(intent, amount=Decimal("1.00"))
    stub.pay(intent)
    refresh(intent, at=timezone.now())
    olga = enter(cast.olga)
    page = body(olga.get(reverse("pay_intent", args=[cast.account.public_id, intent.public_id])))
    assert "Do not pay a second time." in page
    assert "Try again" not in page
    answer = press(olga, intent)
    assert answer["Location"] == reverse("pay_intent", args=[cast.account.public_id, intent.public_id])


def test_a_payment_is_seen_by_who_makes_it_alone(cast: Cast, bill: Invoice, enter: Enter) -> None:
    intent = make_intent(cast.account, cast.olga)
    for user in (cast.oleg, cast.tanya, cast.nina, cast.mark, cast.sofia):
        for name in ("pay_intent", "pay_go"):
            url = reverse(name, args=[cast.account.public_id, intent.public_id])
            client = enter(user)
            assert (client.get(url) if name == "pay_intent" else client.post(url)).status_code == 404
    foreign = reverse("pay_intent", args=[cast.nina_account.public_id, intent.public_id])
    assert enter(cast.olga).get(foreign).status_code == 404
    cast.account.links.filter(user=cast.olga).update(state="revoked")
    assert (
        enter(cast.olga).get(reverse("pay_intent", args=[cast.account.public_id, intent.public_id])).status_code == 404
    )


# --- Elsewhere ------------------------------------------------------------------------------------------------------


@pytest.mark.feature("A9")
def test_a_company_without_a_provider_shows_the_other_ways(cast: Cast, enter: Enter) -> None:
    PartnerLink.objects.create(
        organization=cast.company, title="Портал партнёра", url="https://pay.example.net/", note="Город, потом счёт"
    )
    PartnerLink.objects.create(organization=cast.other_company, title="Чужой партнёр", url="https://other.example.net/")
    Requisites.objects.create(
        organization=cast.company, recipient="ООО «Уютный дом»", tax_id="6143098718", kpp="614301001",
        bank="ПАО СБЕРБАНК", bic="044525225", account="40702810652000001234", corr_account="30101810400000000225",
    )  # fmt: skip
    from billing import freezing

    details = freezing.requisites(cast.company, Requisites.objects.get())
    post_documents([make_invoice(cast.account, date(2026, 10, 1), requisites=details)])
    full, limited = body(enter(cast.olga).get(url_of(cast))), body(enter(cast.tanya).get(url_of(cast)))
    for page in (full, limited):
        assert 'href="https://pay.example.net/"' in page
        assert "Город, потом счёт" in page
        assert "Чужой партнёр" not in page
        assert "40702810652000001234" in page
        assert "Оплата ЖКУ, ЛС 10012" in page
        assert '<form method="post" novalidate' not in page
    assert "data:image/png" in full
    assert "data:image/png" not in limited
    september = make_invoice(cast.account, date(2026, 9, 1), accrued="100.00", requisites=details)
    post_documents([september])
    post_payments([make_payment(cast.account, "20.11.2026", "3680.39", period=date(2026, 10, 1))])
    [way] = enter(cast.olga).get(url_of(cast)).context["ways"]
    assert way.amount == Decimal("100.00")
    assert "|PaymPeriod=092026" in way.code  # the newest bill is paid: the code names the month that is owed
    assert send(enter(cast.olga), url_of(cast)).status_code == 200  # a form of yesterday begins nothing
    assert not PaymentIntent.objects.exists()


@pytest.mark.feature("A9")
def test_partners_stand_beside_the_form_too(cast: Cast, bill: Invoice, enter: Enter) -> None:
    PartnerLink.objects.create(organization=cast.company, title="Портал партнёра", url="https://pay.example.net/")
    page = body(enter(cast.olga).get(url_of(cast)))
    assert 'href="https://pay.example.net/" rel="noopener noreferrer external"' in page
    assert 'data-copy="10012"' in page
