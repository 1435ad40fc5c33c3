"""Who is told about bills."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.urls import reverse

from billing.actions.receipts import send_receipts, subscribers
from billing.models import Invoice
from billing.notices import BILL_ISSUED
from notifications.actions import Told, notify_many
from notifications.models import Channel
from premises.models import AccountLink


def tell_issued(invoices: Sequence[Invoice], *, at: datetime) -> int:
    """Tell everybody with a full link that the bills of a month are there: once per account, in a constant number of queries.

    A limited link sees no bills and is not told. Who subscribed to the bills of an account gets its letter in place of the
    one that all may agree to. Return how many were told.
    """
    sums: dict[tuple[int, date], Decimal] = {}
    for invoice in invoices:
        key = (invoice.account_id, invoice.period)
        sums[key] = sums.get(key, Decimal("0.00")) + invoice.payable
    by_key = {(one.account_id, one.period): one for one in invoices}
    links = AccountLink.objects.filter(
        account__in={account for account, _period in sums}, state=AccountLink.State.ACTIVE,
        grade__in=AccountLink.FULL_GRADES,
    ).select_related("user")  # fmt: skip
    holders: dict[int, list[AccountLink]] = {}
    for link in links:
        holders.setdefault(link.account_id, []).append(link)
    told, by_letter = list[Told](), list[Told]()
    subscribed = subscribers(holders)
    for (account, period), payable in sums.items():
        invoice = by_key[account, period]
        for link in holders.get(account, ()):
            (by_letter if (link.user_id, account) in subscribed else told).append(
                Told(
                    link.user, f"bill:{invoice.account.public_id}:{period:%Y-%m}",
                    {"period": period, "payable": payable, "currency": invoice.currency, "due_on": invoice.due_on,
                     "place": invoice.account.place},
                    reverse("bills", args=[invoice.account.public_id]),
                )
            )  # fmt: skip
    send_receipts(invoices, at=at)
    by_inbox = notify_many(BILL_ISSUED, by_letter, at=at, channels=[Channel.INBOX]) if by_letter else 0
    return by_inbox + (notify_many(BILL_ISSUED, told, at=at) if told else 0)
