"""ЮKassa: the real library against a server on this machine that speaks its API."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from yookassa.domain.request import PaymentRequest

from billing.actions.paying import go_on, refresh
from billing.actions.reconciling import reconcile
from billing.actions.refunding import ask_refund, send_refund
from billing.cheques import receipt
from billing.models import LedgerEntry, Payment, PaymentIntent, ProviderAccount, Refund
from billing.providers import ProviderError, is_allowed, yookassa
from billing.testing import make_intent, make_till
from notifications.sealing import seal
from portal.testing import Cast

SHOP, SECRET = "100500", "test_secret"


@dataclass
class Shop:
    """What the other side keeps: payments, refunds, answers by key, and how it misbehaves."""

    url: str = ""
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, key
    trouble: list[int] = field(default_factory=list)  # statuses to answer with next; 0 keeps silent
    bodies: list[dict[str, Any]] = field(default_factory=list)  # of what was asked to be made
    page: str = "https://yoomoney.ru/checkout/payments/v2/contract?orderId="

    def pay(self, payment_id: str, **words: Any) -> None:
        self.payments[payment_id] |= {
            "status": "succeeded",
            "paid": True,
            "captured_at": "2026-11-30T11:52:31.827Z",
        } | words

    def make(self, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if key not in self.answers:
            self.answers[key] = self._payment(body) if path.endswith("/payments") else self._refund(body)
        return self.answers[key]

    def _payment(self, body: dict[str, Any]) -> dict[str, Any]:
        one = str(uuid4())
        assert body["capture"] is True
        assert body["confirmation"]["type"] == "redirect"
        self.payments[one] = {
            "id": one, "status": "pending", "paid": False, "amount": body["amount"], "created_at": "2026-11-30T11:50:00Z",
            "description": body["description"], "metadata": body["metadata"], "refundable": False, "test": True,
            "recipient": {"account_id": SHOP, "gateway_id": "1"}, "payment_method": body["payment_method_data"] | {
                "id": one, "saved": False}, "confirmation": {"type": "redirect", "confirmation_url": self.page + one},
        }  # fmt: skip
        return self.payments[one]

    def _refund(self, body: dict[str, Any]) -> dict[str, Any]:
        payment = self.payments[body["payment_id"]]
        one = str(uuid4())
        self.refunds[one] = {"id": one, "status": "succeeded", "created_at": "2026-11-30T12:00:00Z"} | body
        total = Decimal(payment.get("refunded_amount", {"value": "0"})["value"]) + Decimal(body["amount"]["value"])
        payment["refunded_amount"] = {"value": f"{total:.2f}", "currency": "RUB"}
        return self.refunds[one]


class Handler(BaseHTTPRequestHandler):
    shop: Shop

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self._is_refused("GET", parts.path, ""):
            return
        if parts.path == "/v3/refunds":
            of = parse_qs(parts.query)["payment_id"]
            self._say(
                200, {"type": "list", "items": [one for one in self.shop.refunds.values() if [one["payment_id"]] == of]}
            )
            return
        found = self.shop.payments.get(parts.path.removeprefix("/v3/payments/"))
        self._say(200, found) if found else self._say(404, {"type": "error", "code": "not_found"})

    def do_POST(self) -> None:
        key = self.headers.get("Idempotence-Key", "")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.shop.bodies.append(body)
        made = self.shop.make(key, self.path, body)  # made, even if the answer is lost
        if not self._is_refused("POST", self.path, key):
            self._say(200, made)

    def _is_refused(self, method: str, path: str, key: str) -> bool:
        self.shop.seen.append((method, path, key))
        if self.headers.get("Authorization") != "Basic " + base64.b64encode(f"{SHOP}:{SECRET}".encode()).decode():
            self._say(401, {"type": "error", "code": "invalid_credentials"})
            return True
        if not self.shop.trouble:
            return False
        status = self.shop.trouble.pop(0)
        if status == 302:
            self.send_response(302)
            self.send_header("Location", f"{self.shop.url}/payments/stolen")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif status == 200:
            self._raw(b"<html>maintenance</html>")
        elif status:
            self._say(status, {"type": "error", "code": "trouble"})
        return True  # 0: the connection is closed without a word

    def _say(self, status: int, thing: object) -> None:
        self._raw(json.dumps(thing).encode(), status)

    def _raw(self, data: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Silence."""


@pytest.fixture
def shop(settings: Any) -> Iterator[Shop]:
    shop = Shop()
    handler = type("ShopHandler", (Handler,), {"shop": shop})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.YOOKASSA_URL = shop.url = f"http://127.0.0.1:{server.server_port}/v3"
    yield shop
    server.shutdown()
    server.server_close()


@pytest.fixture
def till(cast: Cast) -> ProviderAccount:
    return make_till(cast.company, provider="yookassa", shop_id=SHOP, secret=seal(SECRET))


@pytest.fixture
def sent(cast: Cast, till: ProviderAccount, shop: Shop) -> PaymentIntent:
    return go_on(make_intent(cast.account, cast.olga, "3680.39", method="card"), at=timezone.now())


def balance(cast: Cast) -> Decimal:
    return LedgerEntry.objects.filter(account=cast.account).balance()


@pytest.mark.feature("B14")
def test_from_the_sum_to_the_credit(cast: Cast, shop: Shop, sent: PaymentIntent) -> None:
    made = shop.payments[sent.provider_id]
    assert made["amount"] == {"value": "3717.19", "currency": "RUB"}
    assert made["metadata"]["reference"] == str(sent.public_id)
    assert made["payment_method"]["type"] == "bank_card"
    assert sent.pay_url == shop.page + sent.provider_id
    assert shop.seen == [("POST", "/v3/payments", sent.key)]
    assert refresh(sent, at=timezone.now()).state == "sent"
    shop.pay(sent.provider_id)
    assert refresh(sent, at=timezone.now()).state == "paid"
    assert balance(cast) == Decimal("-3680.39")


def test_a_decline_comes_with_its_reason(shop: Shop, sent: PaymentIntent) -> None:
    details = {"party": "payment_network", "reason": "insufficient_funds"}
    shop.payments[sent.provider_id] |= {"status": "canceled", "cancellation_details": details}
    intent = refresh(sent, at=timezone.now())
    assert (intent.state, intent.failure) == ("failed", "insufficient_funds")


@pytest.mark.parametrize(
    "words",
    [
        {"amount": {"value": "1.00", "currency": "RUB"}},
        {"amount": {"value": "3717.185", "currency": "RUB"}},  # the library alone would round it to the right sum
        {"amount": {"value": "3717.19", "currency": "USD"}},
        {"metadata": {"reference": "another"}},
        {"recipient": {"account_id": "666", "gateway_id": "1"}},
    ],
)
def test_other_money_is_set_aside(cast: Cast, shop: Shop, sent: PaymentIntent, words: dict[str, Any]) -> None:
    shop.pay(sent.provider_id, **words)
    assert refresh(sent, at=timezone.now()).state == "mismatch"
    assert balance(cast) == 0


@pytest.mark.parametrize("trouble", [0, 500, 502, 429, 200, 302])
def test_a_lost_answer_makes_no_second_payment(cast: Cast, till: ProviderAccount, shop: Shop, trouble: int) -> None:
    """The payment was made, we did not hear so: the same key leads to the same payment; redirects are not followed."""
    shop.trouble = [trouble]
    intent = make_intent(cast.account, cast.olga)
    with pytest.raises(ProviderError) as error:
        go_on(intent, at=timezone.now())
    assert not error.value.is_final
    go_on(PaymentIntent.objects.get(pk=intent.pk), at=timezone.now())
    assert len(shop.payments) == 1
    assert [path for _method, path, _key in shop.seen] == ["/v3/payments"] * 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_secret_that_is_wrong_for_a_while_ends_no_payment(
    cast: Cast, shop: Shop, sent: PaymentIntent, status: int
) -> None:
    """It says nothing of the payment: a renewed secret that was mistyped must not let what was paid run out."""
    shop.trouble = [status]
    with pytest.raises(ProviderError) as error:
        refresh(sent, at=timezone.now())
    assert not error.value.is_final


@pytest.mark.parametrize("status", [400, 404])
def test_what_would_be_refused_again_is_final(cast: Cast, shop: Shop, sent: PaymentIntent, status: int) -> None:
    shop.trouble = [status]
    with pytest.raises(ProviderError) as error:
        refresh(sent, at=timezone.now())
    assert error.value.is_final


def test_a_wrong_secret_is_refused_and_never_said(cast: Cast, till: ProviderAccount, shop: Shop) -> None:
    ProviderAccount.objects.update(secret=seal("wrong-secret"))
    with pytest.raises(ProviderError) as error:
        go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    assert "wrong-secret" not in str(error.value)
    assert b"wrong-secret" not in bytes(ProviderAccount.objects.get().secret or b"")


def test_a_slow_provider_does_not_hold_us(cast: Cast, shop: Shop, sent: PaymentIntent, monkeypatch: Any) -> None:
    import time

    monkeypatch.setattr(yookassa, "TIMEOUT", (0.5, 0.2))
    monkeypatch.setattr(Handler, "_is_refused", lambda *args: time.sleep(0.6))
    with pytest.raises(ProviderError, match="ReadTimeout"):
        refresh(sent, at=timezone.now())


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/", "https://yoomoney.ru.evil.example/", "https://yoomoney.ru@evil.example/",
        "http://yoomoney.ru/", "//yoomoney.ru/", "javascript:alert(1)", "https://yoomoney.ru\\@evil.example/",
        "https://уoomoney.ru/", "https://evil.example/?https://yoomoney.ru/", "https://yoomoney.ru:8443/", "",
        "https://yoomoney.ru/%0d\nSet-Cookie:a", "https://evilyoomoney.ru/",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_a_page_that_is_not_the_providers(
    cast: Cast, till: ProviderAccount, shop: Shop, url: str
) -> None:
    shop.page = url
    intent = make_intent(cast.account, cast.olga)
    with pytest.raises(ProviderError):
        go_on(intent, at=timezone.now())
    assert PaymentIntent.objects.get().pay_url == ""


@pytest.mark.parametrize("url", ["https://yoomoney.ru/a?b=c", "https://pay.yookassa.ru/x", "https://yookassa.ru:443/"])
def test_its_own_pages_are_known(url: str) -> None:
    assert is_allowed(url, yookassa.PAGES)


def test_money_goes_back_once_under_one_key(cast: Cast, shop: Shop, sent: PaymentIntent) -> None:
    shop.pay(sent.provider_id)
    refresh(sent, at=timezone.now())
    payment = Payment.objects.get(intent=sent)
    refund = ask_refund(payment, amount=Decimal("680.39"), reason="оплачено дважды", by=cast.mark, at=timezone.now())
    shop.trouble = [0]
    with pytest.raises(ProviderError):
        send_refund(refund, at=timezone.now())
    refresh(sent, at=timezone.now())  # it sees a return it does not know, and waits for the answer to ours
    assert send_refund(refund, at=timezone.now()).state == "done"
    refresh(sent, at=timezone.now())
    assert len(shop.refunds) == 1
    assert balance(cast) == Decimal("-3000.00")


@pytest.mark.parametrize("status", ["succeeded", "pending"])  # the second is not in the payment's refunded sum yet
def test_money_goes_back_once_after_the_key_was_forgotten(
    cast: Cast, shop: Shop, sent: PaymentIntent, status: str
) -> None:
    shop.pay(sent.provider_id)
    refresh(sent, at=timezone.now())
    payment = Payment.objects.get(intent=sent)
    refund = ask_refund(payment, amount=Decimal("680.39"), reason="оплачено дважды", by=cast.mark, at=timezone.now())
    shop.trouble = [0]
    with pytest.raises(ProviderError):
        send_refund(refund, at=timezone.now())
    shop.answers.clear()
    [made] = shop.refunds.values()
    made["status"] = status
    if status == "pending":
        del shop.payments[sent.provider_id]["refunded_amount"]
    found = send_refund(refund, at=timezone.now() + timedelta(hours=30))
    assert (len(shop.refunds), found.provider_id) == (1, made["id"])
    assert balance(cast) == (Decimal("-3000.00") if status == "succeeded" else Decimal("-3680.39"))


def test_a_refund_made_in_the_cabinet_of_the_provider_is_found(cast: Cast, shop: Shop, sent: PaymentIntent) -> None:
    shop.pay(sent.provider_id)
    refresh(sent, at=timezone.now())
    shop.make(
        "cabinet", "/v3/refunds", {"payment_id": sent.provider_id, "amount": {"value": "80.39", "currency": "RUB"}}
    )
    for _time in range(2):
        refresh(sent, at=timezone.now())
    assert [(one.kind, str(one.amount), one.by) for one in Refund.objects.all()] == [("refund", "80.39", None)]
    assert balance(cast) == Decimal("-3600.00")


def test_what_waits_for_a_capture_is_not_paid(cast: Cast, shop: Shop, sent: PaymentIntent) -> None:
    shop.payments[sent.provider_id]["status"] = "waiting_for_capture"
    assert refresh(sent, at=timezone.now()).state == "sent"


def test_a_renewed_secret_serves_the_payments_of_the_old_one(cast: Cast, shop: Shop, sent: PaymentIntent) -> None:
    """A new key in the cabinet ends the old one: what is on its way, and its refund, go on with the key of the newest row."""
    old = sent.provider_account
    shop.pay(sent.provider_id)
    ProviderAccount.objects.update(secret=seal("ended"), is_active=False)
    with pytest.raises(ProviderError) as error:
        refresh(PaymentIntent.objects.get(pk=sent.pk), at=timezone.now())
    assert not error.value.is_final
    make_till(cast.other_company, provider="yookassa", shop_id=SHOP, secret=seal(SECRET))
    with pytest.raises(ProviderError):  # another company's key is none of ours
        refresh(PaymentIntent.objects.get(pk=sent.pk), at=timezone.now())
    make_till(cast.company, provider="yookassa", shop_id=SHOP, secret=seal(SECRET))
    found = refresh(PaymentIntent.objects.get(pk=sent.pk), at=timezone.now())
    assert (found.state, found.provider_account) == ("paid", old)
    refund = ask_refund(Payment.objects.get(), amount=Decimal("1.00"), reason="ошибка", by=cast.mark, at=timezone.now())
    assert send_refund(refund, at=timezone.now()).state == "done"


UNREADABLE = Fernet(Fernet.generate_key()).encrypt(b"sealed with a key of the portal that is gone")


def test_a_secret_that_cannot_be_read_keeps_nobody_else_waiting(cast: Cast, shop: Shop, sent: PaymentIntent) -> None:
    """The first payment of the round is at such a shop; the second is asked about all the same."""
    other = make_till(cast.other_company, provider="yookassa", shop_id="other", secret=UNREADABLE)
    lost, long_ago = make_intent(cast.other_account, cast.pavel), timezone.now() - timedelta(hours=2)
    PaymentIntent.objects.filter(pk=lost.pk).update(state="sent", provider_id="zz", asked_at=long_ago)
    shop.pay(sent.provider_id)
    shop.seen.clear()
    assert reconcile(at=timezone.now() + timedelta(days=3)) == 2
    assert [path for _method, path, _key in shop.seen] == [f"/v3/payments/{sent.provider_id}"]
    sent.refresh_from_db()
    lost.refresh_from_db()
    assert (sent.state, lost.state, lost.provider_account) == ("paid", "sent", other)


@pytest.mark.parametrize("secret", [UNREADABLE, None])
def test_a_payment_is_asked_about_with_a_renewed_secret_where_its_own_cannot_be_read(
    cast: Cast, shop: Shop, sent: PaymentIntent, secret: bytes | None
) -> None:
    ProviderAccount.objects.update(secret=secret, is_active=False)
    shop.pay(sent.provider_id)
    make_till(cast.company, provider="yookassa", shop_id=SHOP, secret=seal(SECRET))
    assert refresh(PaymentIntent.objects.get(pk=sent.pk), at=timezone.now()).state == "paid"


def test_a_renewed_secret_that_cannot_be_read_is_no_answer(cast: Cast, shop: Shop, sent: PaymentIntent) -> None:
    ProviderAccount.objects.update(secret=seal("ended"), is_active=False)
    make_till(cast.company, provider="yookassa", shop_id=SHOP, secret=UNREADABLE)
    with pytest.raises(ProviderError) as error:
        refresh(PaymentIntent.objects.get(pk=sent.pk), at=timezone.now())
    assert not error.value.is_final


# --- Fiscal cheques (54-ФЗ) -----------------------------------------------------------------------------------------


def cheque(shop: Shop) -> dict[str, Any]:
    """The cheque of the last request; its items add up to the amount of the request, to the kopeck."""
    body = shop.bodies[-1]
    found: dict[str, Any] = body["receipt"]
    assert sum(Decimal(item["amount"]["value"]) for item in found["items"]) == Decimal(body["amount"]["value"])
    for item in found["items"]:
        assert 1 <= len(item["description"]) <= 128
        assert Decimal(item["quantity"]) == 1
        assert item["amount"]["currency"] == "RUB"
        assert item["payment_mode"] == "full_payment"
    return found


ADDRESS = "olga@example.org"  # proved, as every address of a user is


def with_cheques(till: ProviderAccount, vat: int, tax_system: int | None = None) -> None:
    ProviderAccount.objects.filter(pk=till.pk).update(cheque_vat=vat, cheque_tax_system=tax_system)


def test_without_the_setting_a_payment_carries_no_cheque(shop: Shop, sent: PaymentIntent) -> None:
    assert "receipt" not in shop.bodies[-1]
    assert sent.cheque == {}


@pytest.mark.feature("B14")
def test_a_cheque_says_what_was_paid_section_by_section(cast: Cast, till: ProviderAccount, shop: Shop) -> None:
    """3680.39 with a fee of one percent: 3000.00 of services, 680.39 for capital repair, 36.80 of fee."""
    with_cheques(till, 11, 2)
    cast.olga.email = ADDRESS
    cast.olga.save()
    debts = {"main": Decimal("3000.00"), "repair": Decimal("680.39")}
    go_on(make_intent(cast.account, cast.olga, "3680.39", method="card", debts=debts), at=timezone.now())
    found = cheque(shop)
    assert found["customer"] == {"email": ADDRESS}
    assert found["tax_system_code"] == 2
    said = [(one["amount"]["value"], one["vat_code"], one["payment_subject"]) for one in found["items"]]
    assert said == [("3000.00", 11, "service"), ("680.39", 1, "payment"), ("36.80", 11, "service")]
    number = cast.account.number
    assert [one["description"] for one in found["items"]] == [
        f"Жилищные, коммунальные, прочие услуги, лицевой счёт {number}",
        f"Взнос на капитальный ремонт, лицевой счёт {number}",
        "Комиссия за оплату",
    ]


def test_without_an_address_the_cheque_goes_to_the_phone(cast: Cast, till: ProviderAccount, shop: Shop) -> None:
    with_cheques(till, 1)
    cast.olga.email, cast.olga.phone = None, "+79281234567"
    cast.olga.save()
    go_on(make_intent(cast.account, cast.olga, email="typed@example.org"), at=timezone.now())
    found = cheque(shop)
    assert found["customer"] == {"phone": "79281234567"}  # what was typed, nobody has proved
    assert "tax_system_code" not in found


def test_what_goes_back_has_the_cheque_of_its_payment(cast: Cast, till: ProviderAccount, shop: Shop) -> None:
    """With the rate and to the address of the payment, whatever the shop and the person say by now."""
    with_cheques(till, 4)
    cast.olga.email = ADDRESS
    cast.olga.save()
    sent = go_on(make_intent(cast.account, cast.olga, "3680.39", method="card"), at=timezone.now())
    shop.pay(sent.provider_id)
    refresh(sent, at=timezone.now())
    with_cheques(till, 11)
    PaymentIntent.objects.update(user=None)
    payment = Payment.objects.get(intent=sent)
    refund = ask_refund(payment, amount=Decimal("680.39"), reason="оплачено дважды", by=cast.mark, at=timezone.now())
    shop.trouble = [0]
    with pytest.raises(ProviderError):
        send_refund(refund, at=timezone.now())
    assert send_refund(Refund.objects.get(pk=refund.pk), at=timezone.now()).state == "done"
    assert shop.bodies[-1] == shop.bodies[-2]  # under the same key the very same words
    found = cheque(shop)
    assert found["customer"] == {"email": ADDRESS}
    assert [(one["amount"]["value"], one["vat_code"]) for one in found["items"]] == [("680.39", 4)]


def test_a_payment_sent_without_a_cheque_goes_back_without_one(
    cast: Cast, till: ProviderAccount, shop: Shop, sent: PaymentIntent
) -> None:
    shop.pay(sent.provider_id)
    refresh(sent, at=timezone.now())
    with_cheques(till, 11)
    refund = ask_refund(Payment.objects.get(), amount=Decimal("1.00"), reason="ошибка", by=cast.mark, at=timezone.now())
    assert send_refund(refund, at=timezone.now()).state == "done"
    assert "receipt" not in shop.bodies[-1]


@given(
    st.dictionaries(st.sampled_from(["main", "repair", "other"]), st.decimals("0.01", "166666", places=2), min_size=1),
    st.decimals("0.00", "5000", places=2),
    st.text(max_size=200),
)
def test_a_cheque_always_adds_up(parts: dict[str, Decimal], fee: Decimal, number: str) -> None:
    found = receipt({"customer": {"email": "a@b.example"}, "vat": 7}, parts, fee=fee, currency="RUB", number=number)
    request = PaymentRequest({"amount": {"value": "1.00", "currency": "RUB"}} | found)
    items = dict(request)["receipt"]["items"]  # as the library sends them
    assert sum(Decimal(item["amount"]["value"]) for item in items) == sum(parts.values()) + fee
    assert all(len(item["description"]) <= 128 for item in items)
