"""The tray of payments whose account nobody knows: an employee says whose it is, or that the money went back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.ledger import hold_book, post_payments
from billing.actions.taking_back import guard_payments, void_payments
from billing.models import Payment, StrayPayment
from lib.errors import Refusal
from lib.text import account_key, folded, search_key
from premises.models import PersonalAccount
from premises.registers.accounts import address_of, flat_label

State = StrayPayment.State
MOST = 5  # suggestions
NUMBERS = re.compile(r"[0-9]{4,30}")
FLAT = re.compile(r",?\s*(?:кв|квартира|пом)\.?\s*([^\s,]+)\s*$", re.IGNORECASE)


class AlreadyDecided(Refusal):
    """Somebody decided about this payment before."""


class Impossible(Refusal):
    """The payment cannot be credited so."""


@transaction.atomic
def credit_stray(stray: StrayPayment, account: PersonalAccount, *, by: User, at: datetime) -> Payment:
    """The money is this account's: write the payment and enter it into the book.

    Any number of parallel calls credit it once; the others raise AlreadyDecided.
    """
    hold_book(stray.organization)
    held = _hold(stray, State.OPEN)
    if account.organization_id != held.organization_id:
        raise Impossible(_("The account belongs to another company."))
    try:
        with transaction.atomic():
            payment = Payment.objects.create(
                organization=held.organization, account=account, number=held.number, operation=held.operation,
                channel=held.channel, paid_on=held.paid_on, amount=held.amount, kind=held.kind, period=held.period,
                source=held.source, created_at=at,
            )  # fmt: skip
    except IntegrityError:
        raise Impossible(_("A payment with this operation is credited already.")) from None
    post_payments([payment])
    held.state, held.payment = State.LINKED, payment
    _decide(held, by=by, at=at)
    return payment


@transaction.atomic
def return_stray(stray: StrayPayment, *, reason: str, by: User, at: datetime) -> StrayPayment:
    """The money went back to the payer."""
    held = _hold(stray, State.OPEN)
    held.state, held.reason = State.RETURNED, reason
    return _decide(held, by=by, at=at)


@transaction.atomic
def reopen_stray(stray: StrayPayment, *, by: User, at: datetime) -> StrayPayment:
    """The decision was wrong: the payment waits again; a credited one is taken back in the book by opposite entries.

    Raises the refusals of taking back where something depends on the payment.
    """
    hold_book(stray.organization)
    held = _hold(stray, State.LINKED, State.RETURNED)
    if held.payment_id:
        mine = Payment.objects.filter(pk=held.payment_id)
        guard_payments(mine)
        void_payments(mine, at=at)
    held.state, held.payment, held.reason = State.OPEN, None, ""
    return _decide(held, by=by, at=at)


def _hold(stray: StrayPayment, *states: str) -> StrayPayment:
    held = StrayPayment.objects.select_for_update(of=("self",)).get(pk=stray.pk)
    if held.state not in states:
        raise AlreadyDecided(_("This payment is decided already. Nothing was changed a second time."))
    return held


def _decide(held: StrayPayment, *, by: User, at: datetime) -> StrayPayment:
    held.decided_by, held.decided_at = by, at
    held.save()
    return held


# --- Whose it may be ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guess:
    """An account whose payment it may be, and why."""

    account: PersonalAccount
    why: str | Promise


def guesses(stray: StrayPayment) -> list[Guess]:
    """At most five accounts of the company that fit what the payer wrote, the likeliest first."""
    found: dict[int, Guess] = {}
    for guess in _guesses(stray):
        found.setdefault(guess.account.pk, guess)
        if len(found) >= MOST:
            break
    return list(found.values())


def _guesses(stray: StrayPayment) -> Iterator[Guess]:
    own = PersonalAccount.objects.filter(organization=stray.organization).select_related("unit__house")
    key = account_key(stray.account_text)
    for account in own.filter(number_search=key) if key else ():
        yield Guess(account, _("the account is known by now"))
    digits = re.sub(r"\D", "", stray.account_text).lstrip("0")
    if len(digits) >= 3:
        alike = own.filter(number_search__regex=rf"^0*{digits}$")
        yield from (Guess(one, _("the same number without zeros and signs")) for one in alike[:MOST])
    words = f"{stray.purpose} {stray.payer} {stray.address}"
    for account in own.filter(number_search__in=NUMBERS.findall(words))[:MOST]:
        yield Guess(account, _("its number stands in the words of the payment"))
    if key or stray.payer:
        before = StrayPayment.objects.filter(organization=stray.organization, state=State.LINKED).exclude(pk=stray.pk)
        same = before.filter(account_text=stray.account_text, payer=stray.payer).order_by("-decided_at")
        for account in own.filter(pk__in=same.values("payment__account")[:MOST]):
            yield Guess(account, _("you credited it so before"))
    yield from (Guess(one, _("the address")) for one in own.filter(_of_address(stray.address))[:MOST])
    if payer := search_key(stray.payer):
        named = own.alias(holder_folded=folded("holder")).filter(holder_folded=payer)
        yield from (Guess(one, _("the name of the payer")) for one in named[:MOST])


def _of_address(text: str) -> Q:
    """The accounts of a flat at an address that names city, street, house and flat; else none."""
    flat = FLAT.search(text)
    place = address_of(text[: flat.start()]) if flat else None
    if flat is None or place is None:
        return Q(pk__in=[])
    return Q(
        unit__house__address_search=search_key(", ".join(place)), unit__label_search=search_key(flat_label(flat[1]))
    )
