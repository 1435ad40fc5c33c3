"""SMS through Twilio."""

from django.conf import settings

from notifications.channels import twilio
from notifications.models import Delivery
from notifications.rendering import Message


def send(delivery: Delivery, message: Message) -> str:
    """Send one SMS as its template is broken into lines; return Twilio's id."""
    with twilio.errors():
        sent = twilio.client().messages.create(
            to=delivery.address,
            from_=settings.TWILIO_FROM,
            body=message.text,
            status_callback=twilio.status_url(delivery),
        )
    return str(sent.sid)
