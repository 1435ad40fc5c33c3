"""Paying online: begin, send to the provider, ask it how it ended, enter the money once.

What the provider says is fetched outside of every transaction; `settle` then writes it down in one, under the intent's lock.
States only move forward: what is paid stays paid, and money that comes after «too late» is entered all the same.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing import cheques
from billing.actions.ledger import hold_book, post_payments
from billing.actions.refunding import note_returns
from billing.models import LedgerEntry, Payment, PaymentIntent, ProviderAccount
from billing.models.ledger import short_number
from billing.notices import PAYMENT_RECEIVED
from billing.paying import fee_of, is_payable, shares
from billing.providers import Created, ProviderError, State, Status, is_known, provider_of
from lib.errors import Refusal
from notifications.actions import notify
from notifications.models import Channel
from premises.models import Organization, PersonalAccount

PAUSE = timedelta(seconds=3)  # between two questions to the provider that a page may cause
CALLED_OFF = "canceled_by_merchant"  # the word of providers for what the shop's side cancelled
MOST_OPEN = 3  # payments of one account that wait for the bank at the same time
Intent = PaymentIntent
Is = PaymentIntent.State


class NotPayable(Refusal):
    """This cannot be paid here now."""


class Moved(NotPayable):
    """The shop that it was begun at was switched off before it took the payment."""

    def __init__(self) -> None:
        super().__init__(_("The company takes payments in another place now. Begin once more."))


class TooManyOpen(Refusal):
    """Payments of this account wait for the bank already."""

    def __init__(self) -> None:
        super().__init__(_("Three payments of this account wait for the bank. Finish or cancel one of them first."))


class Changed(Refusal):
    """The person pressed for another sum, fee or way than is written down now."""

    def __init__(self) -> None:
        super().__init__(_("The payment was changed in another tab. Check it once more."))


def provider_account_of(organization: Organization) -> ProviderAccount | None:
    """Where the company takes payments now; None where residents pay elsewhere."""
    found = ProviderAccount.objects.filter(organization=organization, is_active=True).first()
    return found if found and is_known(found.provider) else None


@transaction.atomic
def start_payment(
    account: PersonalAccount,
    *,
    amount: Decimal,
    method: str,
    email: str = "",
    period: date | None = None,
    debts: Mapping[str, Decimal] | None = None,
    by: User,
    at: datetime,
) -> PaymentIntent:
    """Write down what a person means to pay; nothing is sent yet. What they left unsent before is replaced, nothing else is.

    `period` is the month they name, `debts` what of it is owed by section (else of the whole book). The fee and the parts
    are counted here.
    """
    PersonalAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    till = provider_account_of(account.organization)
    if till is None:
        raise NotPayable(_("The company does not take payments here now. Pay by one of the other ways."))
    if not is_payable(amount):
        raise NotPayable(_("From 1.00 to 500,000.00 can be paid at once."))
    own = Intent.objects.filter(account=account).unsent_of(by).select_for_update()
    _guard_waiting(account)
    parts = shares(amount, LedgerEntry.objects.balances_by_section(account) if debts is None else debts)
    values = {
        "organization": account.organization, "provider_account": till, "amount": amount, "method": method,
        "fee": fee_of(amount, till.wallet_fee if method == Intent.Method.WALLET else till.card_fee),
        "currency": account.organization.currency, "email": email, "period": period, "created_at": at,
        "asked_at": at,
        "sections": {name: str(part) for name, part in parts.items()},
    }  # fmt: skip
    if unsent := own.first():
        for name, value in values.items():
            setattr(unsent, name, value)
        unsent.save()
        return unsent
    return Intent.objects.create(account=account, user=by, **values)


def is_full(account: PersonalAccount) -> bool:
    """Whether so many payments of an account wait for the bank that no other may begin."""
    return Intent.objects.filter(account=account).waiting().count() >= MOST_OPEN


def _guard_waiting(account: PersonalAccount) -> None:
    if is_full(account):
        raise TooManyOpen


def go_on(intent: PaymentIntent, *, shown: str | None = None, at: datetime) -> PaymentIntent:
    """Lead the payment on after a press of «Pay»: send it, send it again after a failure, or find out that it is paid.

    `shown` are the facts of the page that was pressed: a payment that is another by now is not sent (Changed).

    Never inside a transaction. Before a failed payment is tried again, the provider is asked how the old one ended, so that
    nobody pays twice. Pressing twice, in two tabs or after Back gives one payment at the provider.
    """
    _compare(intent, shown)
    if intent.state in (Is.FAILED, Is.EXPIRED):
        intent = _once_more(intent, at=at)
    if intent.is_open and not intent.pay_url:
        intent = _send(intent, shown=shown, at=at)
    return intent


def _compare(intent: PaymentIntent, shown: str | None) -> None:
    if shown is not None and shown != intent.facts:
        raise Changed


def _once_more(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """Begin a new try, unless the old one is paid or can still be: then the person goes on with that."""
    if intent.provider_id:
        state = provider_of(intent.provider_account).fetch(intent)
        intent = settle(intent, state, at=at)
        if state.status != Status.CANCELED:
            return intent
    return _renew(intent, at=at)


def _send(intent: PaymentIntent, *, shown: str | None, at: datetime) -> PaymentIntent:
    """Make the payment at the provider; our row says so before, the answer is kept after."""
    try:
        intent = _mark_sent(intent, shown=shown)
    except Moved:
        if intent.state == Is.SENT:  # it would wait, and count, until its day is over
            _drop(intent)
        raise
    if not intent.is_open or intent.pay_url:
        return intent
    return _remember(intent, provider_of(intent.provider_account).create(intent, return_url(intent)))


def return_url(intent: PaymentIntent) -> str:
    """Where the provider sends the person back to."""
    return settings.PUBLIC_URL + reverse("pay_intent", args=[intent.account.public_id, intent.public_id])


@transaction.atomic
def _mark_sent(intent: PaymentIntent, *, shown: str | None) -> PaymentIntent:
    """From here on the sum stands. The account is held first, as where a payment begins: no fourth one slips through.

    A shop that was switched off meanwhile gets nothing new, neither what was never sent nor what it has not answered:
    a person begins anew, with the fees of the shop in use (Moved).
    """
    PersonalAccount.objects.select_for_update(no_key=True).get(pk=intent.account_id)
    held = _hold(intent)
    _compare(held, shown)
    if held.is_open and not held.provider_id and not held.provider_account.is_active:
        raise Moved
    if held.state == Is.CREATED:
        _guard_waiting(held.account)
        held.state = Is.SENT
        if held.user:
            held.cheque = cheques.terms(held.provider_account, email=held.user.email, phone=held.user.phone)
        held.save(update_fields=["state", "cheque"])
    return held


@transaction.atomic
def _remember(intent: PaymentIntent, made: Created) -> PaymentIntent:
    """Keep the provider's id and page of this very try; what another request kept meanwhile stays."""
    held = _hold(intent)
    if held.tries == intent.tries and held.is_open and not held.provider_id:
        held.provider_id, held.pay_url = made.id, made.pay_url
        try:
            with transaction.atomic():
                held.save(update_fields=["provider_id", "pay_url"])
        except IntegrityError as error:
            raise ProviderError("the provider gave the id of another payment", is_final=True) from error
    return held


@transaction.atomic
def _renew(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """A new try of a payment that has ended without money: the same row, a new key."""
    held = _hold(intent)
    if held.state in (Is.FAILED, Is.EXPIRED) and held.tries == intent.tries:
        held.state, held.tries, held.created_at, held.asked_at = Is.CREATED, held.tries + 1, at, at
        held.provider_id = held.pay_url = held.failure = ""
        held.save()
    return held


def refresh(intent: PaymentIntent, *, is_brief: bool = False, at: datetime) -> PaymentIntent:
    """Ask the provider by the id we keep and write down what it says. Raises ProviderError; never inside a transaction.

    `is_brief`: somebody waits for a page.
    """
    if not intent.provider_id:
        return settle_unsent(intent, at=at)
    return settle(intent, provider_of(intent.provider_account).fetch(intent, is_brief=is_brief), at=at)


def ask_once(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """Ask the provider for a page that is looked at; so that pages looked at again and again ask it once in a PAUSE.

    A payment that was never asked about is asked about at once: its payer has just come back. Raises ProviderError.
    """
    never, long_ago = Q(asked_at=F("created_at")), Q(asked_at__lt=at - PAUSE)
    if not Intent.objects.filter(never | long_ago, pk=intent.pk).update(asked_at=at):
        return intent
    return refresh(intent, is_brief=True, at=at)


def call_off(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """End a payment that its payer does not want to make. The provider is asked first: what is paid is credited.

    What the provider cannot cancel stays as it is. Raises ProviderError; never inside a transaction.
    """
    if not intent.provider_id:
        return _drop(intent)
    found = refresh(intent, at=at)
    provider = provider_of(found.provider_account)
    if found.state == Is.SENT and provider.can_cancel:
        provider.cancel(found, at=at)
        found = refresh(found, at=at)
    return found


@transaction.atomic
def _drop(intent: PaymentIntent) -> PaymentIntent:
    """Without an id nobody was shown a page to pay at."""
    held = _hold(intent)
    if held.is_open and not held.provider_id:
        held.state, held.failure = Is.FAILED, CALLED_OFF
        held.save(update_fields=["state", "failure"])
    return held


@transaction.atomic
def settle(intent: PaymentIntent, state: State, *, at: datetime) -> PaymentIntent:
    """Write down what the provider said of the present try. Any number of times, at once and in any order: one credit."""
    held = _hold(intent)
    if state.id != held.provider_id:
        if held.provider_id == intent.provider_id and state.status == Status.SUCCEEDED and held.state != Is.PAID:
            _set_aside(held, "id")
        return held  # else the answer to an earlier try, which is over
    held.asked_at = max(at, held.asked_at)
    if state.status == Status.SUCCEEDED:
        _take_in(held, state, at=at)
    elif held.state in (*Intent.OPEN, Is.EXPIRED) and state.status == Status.CANCELED:
        held.state, held.failure = Is.FAILED, state.reason[:60]
    elif held.is_open and held.created_at + Intent.LIFETIME < at:
        held.state = Is.EXPIRED
    held.save()
    note_returns(held, state.refunds, at=at)
    return held


@transaction.atomic
def settle_unsent(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """Without an id at the provider nobody was ever shown a page to pay at: after a day it is over."""
    held = _hold(intent)
    if held.is_open and not held.provider_id and held.created_at + Intent.LIFETIME < at:
        held.state = Is.EXPIRED
        held.save(update_fields=["state"])
    return held


@transaction.atomic
def note_silence(intent: PaymentIntent, *, is_unknown: bool, at: datetime) -> None:
    """The provider did not answer, or knows no such payment: the next question comes later; after a day it is over."""
    held = _hold(intent)
    held.asked_at = max(at, held.asked_at)
    if is_unknown and held.is_open and held.created_at + Intent.LIFETIME < at:
        held.state = Is.EXPIRED
    held.save(update_fields=["asked_at", "state"])


def _hold(intent: PaymentIntent) -> PaymentIntent:
    rows = Intent.objects.select_for_update(of=("self",))
    return rows.select_related("account", "organization", "provider_account", "user").get(pk=intent.pk)


def _take_in(intent: PaymentIntent, state: State, *, at: datetime) -> None:
    """The money is there: enter it, unless that is done, or unless it is other money than was meant."""
    if intent.state == Is.PAID:
        return
    if wrong := _difference(intent, state):
        _set_aside(intent, wrong)
    else:
        _credit(intent, state, at=at)


def _difference(intent: PaymentIntent, state: State) -> str:
    """What of the provider's words is not as we sent it: amount, currency, merchant, reference; '' if all is."""
    pairs = {
        f"{state.amount} {state.currency}": (state.amount, state.currency) == (intent.charged, intent.currency),
        "merchant": state.merchant == intent.provider_account.shop_id,
        "reference": state.reference == str(intent.public_id),
    }
    return ", ".join(word for word, is_right in pairs.items() if not is_right)[:60]


def _set_aside(intent: PaymentIntent, wrong: str) -> None:
    """Not credited: an employee clears it up with the provider."""
    intent.state, intent.failure = Is.MISMATCH, wrong
    intent.save(update_fields=["state", "failure"])


def _credit(intent: PaymentIntent, state: State, *, at: datetime) -> None:
    """Write one payment for each section and enter them into the book; tell the payer."""
    hold_book(intent.organization)
    moment = state.paid_at if state.paid_at and intent.created_at <= state.paid_at <= at else at
    with translation.override(intent.organization.language):
        channel = f"{intent.provider_account.get_provider_display()}, {intent.get_method_display()}"
    rows = [
        Payment(
            organization=intent.organization, account=intent.account, number=intent.provider_id[:40], kind=section,
            operation=f"{intent.provider_account.provider}:{intent.provider_id}:{section}", channel=channel[:60],
            paid_on=intent.organization.day(moment), amount=Decimal(part), period=intent.period,
            intent=intent, created_at=at,
        )
        for section, part in intent.sections.items()
    ]  # fmt: skip
    post_payments(Payment.objects.bulk_create(rows))
    intent.state, intent.paid_at, intent.failure = Is.PAID, moment, ""
    _tell(intent, moment, at=at)


def _tell(intent: PaymentIntent, moment: datetime, *, at: datetime) -> None:
    """Send the receipt: to the inbox of who paid, and by e-mail where they asked for it."""
    if not (intent.user or intent.email):
        return
    context = {
        "amount": intent.amount, "fee": intent.fee, "charged": intent.charged, "currency": intent.currency,
        "account": intent.account.number, "payee": intent.organization.short_name, "number": intent.provider_id,
        "method": intent.method, "paid_on": intent.organization.day(moment), "place": intent.account.place,
        "short": short_number(intent.provider_id[:40]),
    }  # fmt: skip
    notify(
        PAYMENT_RECEIVED, subject=f"payment:{intent.public_id}", at=at, user=intent.user, address=intent.email,
        context=context, url=reverse("pay_intent", args=[intent.account.public_id, intent.public_id]),
        channels=(Channel.INBOX, Channel.EMAIL) if intent.email else (Channel.INBOX,),
        language=intent.organization.language,
    )  # fmt: skip
