"""Money that goes back: asked for by the company, or taken by the payer's bank.

The sum is set aside on the payment's row first (`refunded`, which the database keeps within the payment), then the provider
is asked, then the book is written. A refund that fails gives its sum free again.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.ledger import hold_book, post_refund
from billing.charging.exact import largest_remainder
from billing.models import Payment, PaymentIntent, Refund
from billing.notices import PAYMENT_RETURNED
from billing.providers import KEY_HOLDS, Back, ProviderError, Status, provider_of
from lib.errors import Refusal
from notifications.actions import notify
from notifications.models import Channel

Kind, Is = Refund.Kind, Refund.State


class NotReturnable(Refusal):
    """So much of this payment cannot go back."""


@transaction.atomic
def ask_refund(payment: Payment, *, amount: Decimal, reason: str, by: User, at: datetime) -> Refund:
    """Set the sum aside; `send_refund` asks the provider. The caller's job was looked at before."""
    if payment.intent_id is None or payment.voided_at:
        raise NotReturnable(_("Only a payment made online can be returned here."))
    return _set_aside(payment, Kind.REFUND, amount, reason, by=by, at=at)


def send_refund(refund: Refund, *, at: datetime) -> Refund:
    """Ask the provider, with the refund's own key: a repeated question returns nothing twice. Not in a transaction.

    Once the provider may have forgotten the key, what it lists is looked through first. Raises ProviderError.
    """
    intent = refund.payment.intent
    if refund.state != Is.ASKED or intent is None:
        return refund
    provider = provider_of(intent.provider_account)
    if at - refund.created_at > KEY_HOLDS and (found := _found_there(refund, provider.returns(intent), at=at)):
        return found
    try:
        done = provider.refund(refund)
    except ProviderError as error:
        if not error.is_final:
            raise
        return _close(refund, Status.CANCELED, "", at=at)
    return _close(refund, done.status, done.id, at=at)


@transaction.atomic
def _found_there(refund: Refund, returns: Sequence[Back], *, at: datetime) -> Refund | None:
    """The refund as the provider lists it: an unknown return of its sum; None if there is none and it can be sent again."""
    payments = Payment.objects.select_for_update(no_key=True).filter(intent=refund.payment.intent_id).order_by("pk")
    ours = list(Refund.objects.filter(payment__in=list(payments)))
    if found := next((one for one in ours if one.pk == refund.pk and not one.is_unanswered), None):
        return found  # another worker was faster
    known = {one.provider_id for one in ours}
    for back in sorted(returns, key=lambda one: one.status == Status.CANCELED):
        if back.id not in known and back.amount == refund.amount and not back.is_chargeback:
            return _close(refund, back.status, back.id, at=at)
    return None


@transaction.atomic
def record_chargeback(payment: Payment, *, amount: Decimal, reason: str, by: User | None, at: datetime) -> Refund:
    """The payer's bank took money back: write it down; it is owed again."""
    refund = _set_aside(payment, Kind.CHARGEBACK, amount, reason, by=by, at=at)
    return _close(refund, Status.SUCCEEDED, "", at=at)


@transaction.atomic
def note_returns(intent: PaymentIntent, returns: Sequence[Back], *, at: datetime) -> None:
    """Close our refunds as the provider says, and write down what we do not know: a chargeback, or a refund made there.

    What an employee wrote down before the provider told of it gets the provider's id and is not entered again. While a
    refund of ours waits for its first answer, an unknown one may be that very refund: it is looked at later.
    """
    if not returns:
        return
    payments = list(
        intent.payments.select_for_update(no_key=True, of=("self",)).select_related("organization").order_by("pk")
    )
    ours = list(Refund.objects.filter(payment__in=payments))
    by_id = {one.provider_id: one for one in ours if one.provider_id}
    waits_for_answer = any(one.is_unanswered for one in ours)
    for back in returns:
        if back.id in by_id:
            _close(by_id[back.id], back.status, back.id, at=at)
        elif back.status == Status.SUCCEEDED and not waits_for_answer:
            if written := _written_down(ours, back.amount):
                for one in written:
                    one.provider_id = back.id
                    one.save(update_fields=["provider_id"])
            else:
                _note(payments, back, at=at)


def _written_down(refunds: Sequence[Refund], amount: Decimal) -> Sequence[Refund]:
    """What was written down by hand of a return of this sum: one row, or one of each section; () if nothing was.

    Providers may list a chargeback as any other return (ЮKassa), so its kind says nothing.
    """
    by_hand = [one for one in refunds if one.state == Is.DONE and not one.provider_id]
    if same := next((one for one in by_hand if one.amount == amount), None):
        return (same,)
    is_one_of_each = len({one.payment_id for one in by_hand}) == len(by_hand)
    return by_hand if is_one_of_each and sum(one.amount for one in by_hand) == amount else ()


def _note(payments: list[Payment], back: Back, *, at: datetime) -> None:
    """Share a return over the sections that were paid, in proportion to what is left of each."""
    left = [payment.amount - payment.refunded for payment in payments]
    total = min(back.amount, sum(left, Decimal(0)))
    kind = Kind.CHARGEBACK if back.is_chargeback else Kind.REFUND
    for payment, part in zip(payments, largest_remainder(total, left), strict=True):
        if part:
            with translation.override(payment.organization.language):  # the payer reads it, whoever asked the provider
                reason = str(kind.label)
            refund = _set_aside(payment, kind, part, reason, by=None, at=at)
            payment.refunded += part
            _close(refund, Status.SUCCEEDED, back.id, at=at)


def _set_aside(payment: Payment, kind: str, amount: Decimal, reason: str, *, by: User | None, at: datetime) -> Refund:
    """Count the sum on the payment, as far as the database lets it, and write the refund down."""
    if amount <= 0:
        raise NotReturnable(_("Write how much goes back: more than zero."))
    if not reason.strip():
        raise NotReturnable(_("Write why the money goes back."))
    try:
        with transaction.atomic():
            counted = Payment.objects.live().filter(pk=payment.pk).update(refunded=F("refunded") + amount)
    except IntegrityError as error:
        raise NotReturnable(_("No more can go back than was paid and not returned yet.")) from error
    if not counted:
        raise NotReturnable(_("This payment was taken back with its import: nothing of it can be returned."))
    return Refund.objects.create(
        payment=payment, kind=kind, amount=amount, reason=reason.strip()[:200], by=by, created_at=at
    )


@transaction.atomic
def _close(refund: Refund, status: Status, provider_id: str, *, at: datetime) -> Refund:
    """Write down how a refund ended, once: into the book, or its sum free again; while it waits, only its id."""
    Payment.objects.select_for_update(no_key=True).get(pk=refund.payment_id)  # always before the refund: no circle
    rows = Refund.objects.select_for_update(of=("self",))
    held = rows.select_related("payment__account", "payment__organization", "payment__intent__user").get(pk=refund.pk)
    if held.state != Is.ASKED:
        return held
    held.provider_id = provider_id or held.provider_id
    if status == Status.SUCCEEDED:
        hold_book(held.payment.organization)
        held.state, held.done_on = Is.DONE, held.payment.organization.day(at)
        held.save()
        post_refund(held, on=held.done_on)
        _tell(held, at=at)
    elif status == Status.CANCELED:
        held.state = Is.FAILED
        Payment.objects.filter(pk=held.payment_id).update(refunded=F("refunded") - held.amount)
    held.save()
    return held


def _tell(refund: Refund, *, at: datetime) -> None:
    payment, intent = refund.payment, refund.payment.intent
    if intent is None or not (intent.user or intent.email):
        return
    context = {
        "amount": refund.amount, "currency": intent.currency, "account": payment.account.number,
        "payee": payment.organization.short_name, "is_chargeback": refund.kind == Kind.CHARGEBACK,
        "reason": refund.reason, "paid_on": payment.paid_on,
    }  # fmt: skip
    notify(
        PAYMENT_RETURNED, subject=f"refund:{refund.public_id}", at=at, user=intent.user, address=intent.email,
        context=context, url=reverse("pay_intent", args=[payment.account.public_id, intent.public_id]),
        channels=(Channel.INBOX, Channel.EMAIL) if intent.email else (Channel.INBOX,),
        language=payment.organization.language,
    )  # fmt: skip
