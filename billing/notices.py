"""What residents are told about their bills."""

from notifications.kinds import Kind, declare
from notifications.models import Channel, Delivery

PDF_READY = declare(Kind("billing.pdf_ready", event="bills", channels=(Channel.INBOX, Channel.EMAIL)))

# About security, so they go out in any case: to colleagues who may approve, then to councils and the last signatories.
REQUISITES_ASKED = declare(Kind("billing.requisites_asked", channels=(Channel.INBOX, Channel.EMAIL)))
REQUISITES_CHANGED = declare(Kind("billing.requisites_changed", channels=(Channel.INBOX, Channel.EMAIL)))
REQUISITES_FAILED = declare(Kind("billing.requisites_failed", channels=(Channel.INBOX, Channel.EMAIL)))
PROVIDER_ASKED = declare(Kind("billing.provider_asked", channels=(Channel.INBOX, Channel.EMAIL)))
PROVIDER_CHANGED = declare(Kind("billing.provider_changed", channels=(Channel.INBOX, Channel.EMAIL)))
PROVIDER_FAILED = declare(Kind("billing.provider_failed", channels=(Channel.INBOX, Channel.EMAIL)))
PARTNER_ASKED = declare(Kind("billing.partner_asked", channels=(Channel.INBOX, Channel.EMAIL)))
PARTNER_CHANGED = declare(Kind("billing.partner_changed", channels=(Channel.INBOX, Channel.EMAIL)))
PARTNER_FAILED = declare(Kind("billing.partner_failed", channels=(Channel.INBOX, Channel.EMAIL)))
MANY_EXPORTS = declare(Kind("billing.many_exports", channels=(Channel.INBOX, Channel.EMAIL)))

BILL_ISSUED = declare(
    Kind("billing.bill_issued", event="bills", channels=(Channel.INBOX, Channel.EMAIL), lane=Delivery.Lane.BULK)
)
# Without an event: the payer asked for the receipt, and money that went back must not pass in silence.
PAYMENT_RECEIVED = declare(Kind("billing.payment_received", channels=(Channel.INBOX, Channel.EMAIL)))
PAYMENT_RETURNED = declare(Kind("billing.payment_returned", channels=(Channel.INBOX, Channel.EMAIL)))
# Goes only to those who subscribed to the bills of an account (docs/money.md), so it asks for no other agreement.
RECEIPT = declare(Kind("billing.receipt", channels=(Channel.EMAIL,), lane=Delivery.Lane.BULK))
