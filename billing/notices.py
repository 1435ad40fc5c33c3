"""What residents are told about their bills."""

from notifications.kinds import Kind, declare
from notifications.models import Channel

PDF_READY = declare(Kind("billing.pdf_ready", event="bills", channels=(Channel.INBOX, Channel.EMAIL)))
