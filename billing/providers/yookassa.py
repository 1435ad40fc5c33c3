"""ЮKassa through its own library: its requests, answers and models, with a transport of ours.

The library keeps shop and secret in one global class, waits for ever and follows redirects; `Http` gives every shop a client
of its own with timeouts. Notifications are not signed there, so they only say what to ask for.
"""

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.utils.dateparse import parse_datetime
from yookassa.client import ApiClient
from yookassa.domain.common import HttpVerb, UserAgent
from yookassa.domain.request import PaymentRequest
from yookassa.domain.request.refund_request import RefundRequest
from yookassa.domain.response import PaymentResponse
from yookassa.domain.response.refund_list_response import RefundListResponse
from yookassa.domain.response.refund_response import RefundResponse

from billing.cheques import receipt
from billing.models import PaymentIntent, ProviderAccount, Refund
from billing.providers import Back, Created, ProviderError, Returned, State, Status, is_allowed
from notifications.sealing import unseal

URL = "https://api.yookassa.ru/v3"
PAGES = ("yoomoney.ru", "*.yoomoney.ru", "yookassa.ru", "*.yookassa.ru")  # where it lets people pay
TIMEOUT = (4, 12)  # seconds to connect and to answer
BRIEF = (2, 3)  # where a person waits for the page
METHODS = {PaymentIntent.Method.WALLET: "yoo_money", PaymentIntent.Method.CARD: "bank_card"}
READ = {"succeeded": Status.SUCCEEDED, "canceled": Status.CANCELED}
TEMPORARY = {403, 408, 425, 429}  # the first, as 401, speaks of the shop's secret, not of the payment


class WrongSecret(ProviderError):
    """The shop has another secret by now, or ours cannot be read."""


class Http(ApiClient):
    """The library's client for one shop."""

    def __init__(self, shop_id: str) -> None:
        self.endpoint = settings.YOOKASSA_URL or URL
        self.shop_id, self.shop_password, self.auth_token = shop_id, "", None
        self.user_agent = UserAgent()
        self.timeout = TIMEOUT

    def request(
        self, method: str = "", path: str = "", query_params: Any = None, headers: Any = None, body: Any = None
    ) -> dict[str, Any]:
        """Ask and return the answer as read from JSON; everything else is a ProviderError."""
        sent = None if body is None else dict(body)
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    method, self.endpoint + path, params=query_params, headers=self.prepare_request_headers(headers),
                    json=sent, timeout=self.timeout, allow_redirects=False,
                )  # fmt: skip
                return self._read(answer)
        except requests.RequestException as error:
            raise ProviderError(f"ЮKassa: {type(error).__name__}") from error

    @staticmethod
    def _read(answer: requests.Response) -> dict[str, Any]:
        if answer.status_code == 401:
            raise WrongSecret("ЮKassa answered 401")
        if answer.status_code != 200:
            is_final = 400 <= answer.status_code < 500 and answer.status_code not in TEMPORARY
            raise ProviderError(f"ЮKassa answered {answer.status_code}", is_final=is_final)
        found = answer.json()
        if not isinstance(found, dict):
            raise ProviderError("ЮKassa: not an object")
        return found


class YooKassa:
    """A company's shop at ЮKassa."""

    host = "yoomoney.ru"
    can_cancel = False  # only what was authorised and not captured can be; these are captured at once
    form_hosts = tuple(f"https://{host}" for host in PAGES)

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self.http = Http(account.shop_id)

    def _ask(self, *words: Any) -> dict[str, Any]:
        """Ask with the secret of this row; where that cannot be read, or ЮKassa knows it no more, with the newest of the shop.

        A new key in its cabinet ends the old one, also for payments that are on their way and for refunds of years ago.
        """
        try:
            self.http.shop_password = _secret(self.account)
            return self.http.request(*words)
        except WrongSecret:
            renewed = self.account.renewed
            if renewed is None:
                raise
            self.account = renewed
            self.http.shop_password = _secret(renewed)
            return self.http.request(*words)

    def create(self, intent: PaymentIntent, return_url: str) -> Created:
        request = PaymentRequest(
            {
                "amount": _money(intent.charged, intent.currency),
                "capture": True,
                "confirmation": {"type": "redirect", "return_url": return_url},
                "description": f"Лицевой счёт {intent.account.number}"[:128],
                "metadata": {"reference": str(intent.public_id)},
                "payment_method_data": {"type": METHODS[PaymentIntent.Method(intent.method)]},
            }
            | receipt(
                intent.cheque, {name: Decimal(part) for name, part in intent.sections.items()}, fee=intent.fee,
                currency=intent.currency, number=intent.account.number,
            )
        )  # fmt: skip
        made = _read(PaymentResponse, self._ask(HttpVerb.POST, "/payments", None, _key(intent.key), request))
        url = str(getattr(made.confirmation, "confirmation_url", "") or "")
        if not made.id or not _is_page(url):
            raise ProviderError("ЮKassa gave no page to pay at")
        return Created(str(made.id), url)

    def fetch(self, intent: PaymentIntent, *, is_brief: bool = False) -> State:
        self.http.timeout = BRIEF if is_brief else TIMEOUT
        answer = self._ask(HttpVerb.GET, f"/payments/{intent.provider_id}")
        payment = _read(PaymentResponse, answer)
        amount, currency = _amount(answer)
        reason = getattr(payment.cancellation_details, "reason", "") if payment.cancellation_details else ""
        has_refunds = bool(answer.get("refunded_amount")) and _amount(answer, "refunded_amount")[0] > 0
        return State(
            id=str(payment.id),
            status=READ.get(str(payment.status), Status.PENDING),
            amount=amount,
            currency=currency,
            reference=str((payment.metadata or {}).get("reference", "")),
            merchant=str(getattr(payment.recipient, "account_id", "")),
            method=str(getattr(payment.payment_method, "type", "") or ""),
            reason=str(reason)[:60],
            paid_at=parse_datetime(str(payment.captured_at)) if payment.captured_at else None,
            refunds=self.returns(intent) if has_refunds else (),
        )

    def cancel(self, intent: PaymentIntent, *, at: datetime) -> None:
        raise ProviderError("ЮKassa cancels nothing that waits for its payer", is_final=True)

    def returns(self, intent: PaymentIntent) -> tuple[Back, ...]:
        answer = self._ask(HttpVerb.GET, "/refunds", {"payment_id": intent.provider_id, "limit": 100})
        found = _read(RefundListResponse, answer).items or ()
        return tuple(
            Back(str(one.id), _amount(raw)[0], READ.get(str(one.status), Status.PENDING))
            for one, raw in zip(found, answer["items"], strict=True)
        )

    def refund(self, refund: Refund) -> Returned:
        intent = refund.payment.intent
        if intent is None:
            raise ProviderError("not paid online", is_final=True)
        request = RefundRequest(
            {
                "payment_id": intent.provider_id,
                "amount": _money(refund.amount, intent.currency),
                "description": refund.reason[:250],
            }
            | receipt(
                intent.cheque, {refund.payment.kind: refund.amount}, currency=intent.currency,
                number=intent.account.number,
            )
        )  # fmt: skip
        answer = self._ask(HttpVerb.POST, "/refunds", None, _key(str(refund.public_id)), request)
        done = _read(RefundResponse, answer)
        return Returned(str(done.id), READ.get(str(done.status), Status.PENDING))


def read(body: bytes) -> str:
    """The payment that a notification speaks of: of a payment its id, of a refund the payment it belongs to."""
    try:
        found = json.loads(body)
        thing = found["object"]
        word = thing["payment_id"] if str(found["event"]).startswith("refund.") else thing["id"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not a notification") from error
    if not isinstance(word, str) or not 1 <= len(word) <= 64:
        raise ValueError("no id of a payment")
    return word


def _is_page(url: str) -> bool:
    """Whether a person may be sent there; another server that speaks the API (YOOKASSA_URL) may show its own page."""
    if is_allowed(url, PAGES):
        return True
    own = urlsplit(settings.YOOKASSA_URL)
    return bool(own.netloc) and not settings.PRODUCTION and url.startswith(f"{own.scheme}://{own.netloc}/")


def _read(kind: Any, answer: dict[str, Any]) -> Any:
    """The library's object; what it cannot read is an answer that says nothing."""
    try:
        return kind(answer)
    except (TypeError, ValueError, KeyError, AttributeError, InvalidOperation) as error:
        raise ProviderError(f"ЮKassa: unreadable answer ({type(error).__name__})") from error


def _amount(answer: dict[str, Any], name: str = "amount") -> tuple[Decimal, str]:
    """The sum as it was written: the library's own reading of it goes through binary fractions and rounds."""
    try:
        return Decimal(answer[name]["value"]), str(answer[name]["currency"])
    except (InvalidOperation, KeyError, TypeError) as error:
        raise ProviderError("ЮKassa: no amount") from error


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"value": f"{amount:.2f}", "currency": currency}


def _secret(account: ProviderAccount) -> str:
    """The shop's secret; where it is missing, or sealed with a key that the portal has no more, WrongSecret: not final."""
    try:
        return unseal(account.secret or b"")
    except InvalidToken as error:
        raise WrongSecret("the secret of the shop at ЮKassa cannot be read") from error


def _key(key: str) -> dict[str, str]:
    return {"Idempotence-Key": key}
