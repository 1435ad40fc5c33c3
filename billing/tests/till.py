"""A provider that says what a test tells it to, for companies with an account at «yookassa»."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from billing import providers
from billing.models import PaymentIntent, Refund
from billing.providers import Back, Created, ProviderError, Returned, State, Status


@dataclass
class Stub:
    """Keeps payments by their keys, counts the questions, and may be silent."""

    host: str = "pay.example.org"
    form_hosts: tuple[str, ...] = ("https://pay.example.org",)
    is_silent: bool = False
    can_cancel: bool = False
    states: dict[str, State] = field(default_factory=dict)  # by the id of the payment
    ids: dict[str, str] = field(default_factory=dict)  # by the key
    returned: dict[str, Returned] = field(default_factory=dict)  # by the key of the refund
    asked: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))
    refund_status: Status = Status.SUCCEEDED

    def create(self, intent: PaymentIntent, return_url: str) -> Created:
        self._answer(f"create {intent.key}")
        if intent.key not in self.ids:
            self.ids[intent.key] = one = f"p-{next(self.numbers)}"
            self.states[one] = State(
                id=one, status=Status.PENDING, amount=intent.charged, currency=intent.currency,
                reference=str(intent.public_id), merchant=intent.provider_account.shop_id,
            )  # fmt: skip
        return Created(self.ids[intent.key], f"https://pay.example.org/{self.ids[intent.key]}")

    def fetch(self, intent: PaymentIntent, *, is_brief: bool = False) -> State:
        self._answer(f"fetch {intent.provider_id}")
        return self.states[intent.provider_id]

    def cancel(self, intent: PaymentIntent, *, at: datetime) -> None:
        self._answer(f"cancel {intent.provider_id}")
        if self.states[intent.provider_id].status == Status.PENDING:
            self.say(intent, status=Status.CANCELED, reason="canceled_by_merchant")

    def refund(self, refund: Refund) -> Returned:
        self._answer(f"refund {refund.public_id}")
        key = str(refund.public_id)
        return self.returned.setdefault(key, Returned(f"r-{next(self.numbers)}", self.refund_status))

    def returns(self, intent: PaymentIntent) -> tuple[Back, ...]:
        self._answer(f"returns {intent.provider_id}")
        return self.states[intent.provider_id].refunds

    def say(self, intent: PaymentIntent, **words: Any) -> None:
        """From now on the payment of this intent is so."""
        self.states[intent.provider_id] = replace(self.states[intent.provider_id], **words)

    def pay(self, intent: PaymentIntent) -> None:
        self.say(intent, status=Status.SUCCEEDED)

    def takes_back(self, intent: PaymentIntent, amount: str, name: str = "cb-1", **words: Any) -> None:
        """The payer's bank takes money back."""
        refunds = self.states[intent.provider_id].refunds
        one = Back(name, Decimal(amount), Status.SUCCEEDED, **{"is_chargeback": True} | words)
        self.say(intent, refunds=(*refunds, one))

    def _answer(self, question: str) -> None:
        self.asked.append(question)
        if self.is_silent:
            raise ProviderError("no answer")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    """The provider of every account at «yookassa»; the sandbox bank stays as it is."""
    one, real = Stub(), providers.makers
    known = dict(real()) | {"yookassa": (lambda account: one, real()["yookassa"][1])}
    monkeypatch.setattr(providers, "makers", lambda: known)
    return one
