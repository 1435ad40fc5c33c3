"""SMS through Twilio."""

from django.conf import settings

from notifications.channels import twilio
from notifications.models import Delivery
from notifications.rendering import Message


def send(delivery: Delivery, message: Message) -> str:
    """Send one SMS in one line; return Twilio's id."""
    with twilio.errors():
        sent = twilio.client().messages.create(
            to=delivery.address,
            from_=settings.TWILIO_FROM,
            body=" ".join(message.text.split()),
            status_callback=twilio.status_url(),
        )
    return str(sent.sid)
