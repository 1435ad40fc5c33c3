"""What the doors are tried with: the cast and one of every thing that belongs to flat 12."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from billing.models import Invoice, Payment
from billing.testing import make_invoice, make_payment
from notifications.models import Channel, Delivery, Notice
from portal.testing import Cast
from premises.models import AccountLink


@dataclass
class Things:
    """The cast with a document, a payment and a notice of flat 12; others have the same kinds of things."""

    cast: Cast
    invoice: Invoice
    payment: Payment
    notice: Notice
    tanya_link: AccountLink


def make_things(cast: Cast) -> Things:
    """Write the things; the neighbour and the other company get theirs, so that a leak would have something to leak."""
    for account in (cast.nina_account, cast.vera_account, cast.other_account):
        make_invoice(account, date(2026, 10, 1))
        make_payment(account, "11.11.2026", "100.00")
    return Things(
        cast=cast,
        invoice=make_invoice(cast.account, date(2026, 10, 1)),
        payment=make_payment(cast.account, "11.11.2026", "3680.39"),
        notice=make_notice(cast.olga.pk),
        tanya_link=cast.account.links.get(user=cast.tanya),
    )


def make_notice(user_id: int, **fields: Any) -> Notice:
    """A notice in this person's inbox."""
    values = {"kind": "premises.linked", "subject": f"test:{timezone.now().isoformat()}"} | fields
    notice = Notice.objects.create(user_id=user_id, recipient=f"user:{user_id}", language="en", **values)
    Delivery.objects.create(notice=notice, channel=Channel.INBOX, state=Delivery.State.SENT)
    return notice
