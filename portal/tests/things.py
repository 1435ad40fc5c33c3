"""What the doors are tried with: the cast and one of every thing that belongs to flat 12."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.utils import timezone

from billing.actions.paying import go_on, refresh
from billing.models import Invoice, Payment, PaymentIntent, SandboxPayment
from billing.providers.sandbox import decide
from billing.testing import make_intent, make_invoice, make_payment, make_till
from meters.models import Meter, Reading, Source, SubmissionWindow
from meters.testing import make_meter, make_reading
from notifications.models import Channel, Delivery, Notice
from portal.testing import Cast
from premises.models import AccountLink


@dataclass
class Things:
    """The cast with a document, a payment, a meter and a notice of flat 12; others have the same kinds of things."""

    cast: Cast
    invoice: Invoice
    payment: Payment
    notice: Notice
    tanya_link: AccountLink
    meter: Meter
    own_reading: Reading  # Olga's, with a photo
    council_reading: Reading
    intent: PaymentIntent  # Olga's, declined by the sandbox bank


def make_things(cast: Cast) -> Things:
    """Write the things; the neighbour and the other company get theirs, so that a leak would have something to leak."""
    for account in (cast.nina_account, cast.vera_account, cast.other_account):
        make_invoice(account, date(2026, 10, 1))
        make_payment(account, "11.11.2026", "100.00")
        make_meter(account, "hot", serial=f"H{account.number}")
    for company in (cast.company, cast.other_company):
        SubmissionWindow.objects.create(organization=company, opens=1, closes=31, board=SubmissionWindow.Board.HOUSE)
    meter, own, council = make_flat_readings(cast)
    return Things(
        cast=cast,
        invoice=make_invoice(cast.account, date(2026, 10, 1)),
        payment=make_payment(cast.account, "11.11.2026", "3680.39"),
        notice=make_notice(cast.olga.pk),
        tanya_link=cast.account.links.get(user=cast.tanya),
        meter=meter,
        own_reading=own,
        council_reading=council,
        intent=make_declined(cast),
    )


def make_declined(cast: Cast) -> PaymentIntent:
    """A payment that Olga began and the sandbox bank declined."""
    make_till(cast.company)
    intent = go_on(make_intent(cast.account, cast.olga, "77.00"), at=timezone.now())
    decide(UUID(intent.provider_id), SandboxPayment.State.CANCELED, reason="insufficient_funds", at=timezone.now())
    return refresh(intent, at=timezone.now())


def make_flat_readings(cast: Cast) -> tuple[Meter, Reading, Reading]:
    """A meter of flat 12 with a reading of Olga's and one of the council; the neighbour and the other company have meters."""
    for account in (cast.nina_account, cast.vera_account, cast.other_account):
        make_reading(make_meter(account, serial=f"M-{account.number}"), date(2026, 9, 1), "5")
    meter = make_meter(cast.account, place="кухня")
    own = make_reading(meter, date(2026, 9, 1), "118.3", author=cast.olga, photo=ContentFile(b"\xff\xd8", "photo.jpg"))
    return meter, own, make_reading(meter, date(2026, 10, 1), "121.304", source=Source.COUNCIL, author=cast.vera)


def make_notice(user_id: int, **fields: Any) -> Notice:
    """A notice in this person's inbox."""
    values = {"kind": "premises.linked", "subject": f"test:{timezone.now().isoformat()}"} | fields
    notice = Notice.objects.create(user_id=user_id, recipient=f"user:{user_id}", language="en", **values)
    Delivery.objects.create(notice=notice, channel=Channel.INBOX, state=Delivery.State.SENT)
    return notice
