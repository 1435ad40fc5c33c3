"""The sandbox bank as a provider: its books are rows of ours, its pages are `billing/views/bank.py`. Never in production."""

import json
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from billing.models import PaymentIntent, ProviderAccount, Refund, SandboxPayment
from billing.providers import Back, Created, ProviderError, Returned, State, Status

READ = {
    SandboxPayment.State.PENDING: Status.PENDING,
    SandboxPayment.State.SUCCEEDED: Status.SUCCEEDED,
    SandboxPayment.State.CANCELED: Status.CANCELED,
}


class SandboxBank:
    """Speaks as a bank does: keys make repeated requests harmless, a state may come later than the payer does."""

    form_hosts: tuple[str, ...] = ()
    can_cancel = True

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self.host = settings.PUBLIC_HOST

    def create(self, intent: PaymentIntent, return_url: str) -> Created:
        row, _made = SandboxPayment.objects.get_or_create(
            key=intent.key,
            defaults={
                "reference": str(intent.public_id), "payee": intent.organization.name, "amount": intent.amount,
                "fee": intent.fee, "currency": intent.currency, "method": intent.method, "return_url": return_url,
                "description": intent.account.number,
            },
        )  # fmt: skip
        return Created(str(row.token), reverse("bank", args=[row.token]))

    def fetch(self, intent: PaymentIntent, *, is_brief: bool = False) -> State:
        token = _token(intent.provider_id)
        row = SandboxPayment.objects.filter(token=token).first() if token else None
        if row is None:
            raise ProviderError("no such payment", is_final=True)
        is_later = row.decided_at is not None and row.decided_at > timezone.now()
        return State(
            id=str(row.token),
            status=Status.PENDING if is_later else READ[SandboxPayment.State(row.state)],
            amount=row.amount + row.fee,
            currency=row.currency,
            reference=row.reference,
            merchant=self.account.shop_id,
            method=row.method,
            reason=row.reason,
            paid_at=row.decided_at,
            refunds=_listed(row),
        )

    def cancel(self, intent: PaymentIntent, *, at: datetime) -> None:
        if token := _token(intent.provider_id):
            decide(token, SandboxPayment.State.CANCELED, reason="canceled_by_merchant", at=at)

    def refund(self, refund: Refund) -> Returned:
        intent = refund.payment.intent
        if intent is None:
            raise ProviderError("not paid online", is_final=True)
        return give_back(intent.provider_id, refund.amount, key=str(refund.public_id), is_chargeback=False)

    def returns(self, intent: PaymentIntent) -> tuple[Back, ...]:
        return _listed(SandboxPayment.objects.get(token=intent.provider_id))


def _listed(row: SandboxPayment) -> tuple[Back, ...]:
    return tuple(Back(one["id"], Decimal(one["amount"]), Status.SUCCEEDED, one["chargeback"]) for one in row.returns)


def _token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@transaction.atomic
def give_back(token: str, amount: Decimal, *, key: str, is_chargeback: bool) -> Returned:
    """Write a return into the bank's books, once per key, never more than was paid."""
    row = SandboxPayment.objects.select_for_update().get(token=token)
    if any(one["id"] == key for one in row.returns):
        return Returned(key, Status.SUCCEEDED)
    if row.state != SandboxPayment.State.SUCCEEDED or row.refunded + amount > row.amount:
        return Returned(key, Status.CANCELED)
    row.refunded += amount
    row.returns = [*row.returns, {"id": key, "amount": str(amount), "chargeback": is_chargeback}]
    row.save(update_fields=["refunded", "returns"])
    return Returned(key, Status.SUCCEEDED)


@transaction.atomic
def decide(token: UUID, state: SandboxPayment.State, *, reason: str = "", at: datetime) -> bool:
    """Write down how a waiting payment ended, seen by the shop from `at` on; False if that was decided before."""
    waiting = SandboxPayment.objects.filter(token=token, state=SandboxPayment.State.PENDING)
    return bool(waiting.update(state=state, reason=reason, decided_at=at))


def notification(token: UUID, word: str, *, at: datetime) -> bytes:
    """What the bank writes to the shop: like a real one it is not signed."""
    thing = {"id": str(token), "status": word}
    return json.dumps({"event": f"payment.{word}", "at": at.isoformat(), "object": thing}).encode()


def read(body: bytes) -> str:
    """The payment that a notification speaks of; ValueError if it is none."""
    try:
        return str(UUID(json.loads(body)["object"]["id"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a notification") from error
