"""Bills by e-mail: who wants them, who does no longer, and the letters themselves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing import freezing
from billing.models import Invoice, ReceiptSubscription
from billing.notices import RECEIPT
from lib.errors import Refusal
from meters.history import months_before
from notifications.actions import Told, notify_many
from premises.models import AccountLink, PersonalAccount

RECENT_MONTHS = 2  # a register of old years tells nobody: its bills are history


class NoAddress(Refusal):
    """There is no proved e-mail to send bills to."""

    def __init__(self) -> None:
        super().__init__(str(_("First add your e-mail in the profile: bills are sent there.")))


@transaction.atomic
def subscribe(account: PersonalAccount, *, by: User, at: datetime) -> ReceiptSubscription:
    """Send this account's bills to the person from now on; asked for twice it is still one subscription."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two clicks wait for each other
    if not by.email:
        raise NoAddress
    found = ReceiptSubscription.objects.filter(account=account, user=by, ended_at=None).first()
    return found or ReceiptSubscription.objects.create(account=account, user=by, since=at)


def unsubscribe(account: PersonalAccount, *, by: User, at: datetime) -> None:
    """Send this account's bills to the person no longer."""
    ReceiptSubscription.objects.filter(account=account, user=by, ended_at=None).update(ended_at=at)


def stop(token: str, *, at: datetime) -> None:
    """End the subscription of a letter; a token that nobody has, or that has ended, changes nothing."""
    ReceiptSubscription.objects.filter(token=token, ended_at=None).update(ended_at=at)


@transaction.atomic
def send_receipts(invoices: Sequence[Invoice], *, at: datetime) -> int:
    """Write a letter to every subscriber about these bills, one for an account and month; return how many were new.

    Only bills of the last months: what a register brings of earlier years is history. Told twice, a bill is told once.
    """
    months: defaultdict[tuple[int, date], list[Invoice]] = defaultdict(list)
    for invoice in recent(invoices, at=at):
        months[invoice.account_id, invoice.period].append(invoice)
    readers: defaultdict[int, list[ReceiptSubscription]] = defaultdict(list)
    for subscription in _live({account for account, _period in months}):
        readers[subscription.account_id].append(subscription)
    letters = [_letter(one, found) for (account, _), found in months.items() for one in readers[account]]
    return notify_many(RECEIPT, letters, at=at) if letters else 0


def recent(invoices: Sequence[Invoice], *, at: datetime) -> list[Invoice]:
    """The bills that are news: of the last months. All are of one company."""
    if not invoices:
        return []
    oldest = months_before(invoices[0].organization.day(at).replace(day=1), RECENT_MONTHS)
    return [invoice for invoice in invoices if invoice.period >= oldest]


def subscribers(accounts: Iterable[int]) -> set[tuple[int, int]]:
    """Who gets the bills of these accounts by e-mail, as pairs of user and account."""
    return {(one.user_id, one.account_id) for one in _live(accounts)}


def _live(accounts: Iterable[int]) -> Iterable[ReceiptSubscription]:
    """The subscriptions of these accounts whose owners may still see the bills."""
    links = AccountLink.objects.active().full().filter(user=OuterRef("user"), account=OuterRef("account"))
    found = ReceiptSubscription.objects.filter(Exists(links), account__in=accounts, ended_at=None, user__is_active=True)
    return found.exclude(user__email=None).select_related("user", "account__unit__house")


def _letter(subscription: ReceiptSubscription, invoices: list[Invoice]) -> Told:
    account = subscription.account
    first = min(invoices, key=lambda one: (one.kind, one.pk))
    context: dict[str, Any] = {
        "month": first.period,
        "address": freezing.address(account.unit),
        "account": account.number,
        "numbers": ", ".join(one.number for one in sorted(invoices, key=lambda one: (one.kind, one.pk))),
        "charged": sum((one.charged for one in invoices), Decimal("0.00")),
        "payable": sum((one.payable for one in invoices), Decimal("0.00")),
        "currency": first.currency,
        "due": max((one.due_on for one in invoices if one.due_on), default=None),
        "unsubscribe": reverse("receipts_stop", args=[subscription.token]),
    }
    url = reverse("bill", args=[account.public_id, first.public_id])
    if len(invoices) > 1:
        url = f"{reverse('bills', args=[account.public_id])}?month={first.period:%Y-%m}"
    return Told(subscription.user, f"receipt:{first.public_id}", context, url)
