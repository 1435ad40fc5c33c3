"""Ways out of the portal. Which gateway serves a channel is chosen here, once, from the settings."""

from collections.abc import Callable

from django.conf import settings

from notifications.channels.errors import GatewayError
from notifications.models import Channel, Delivery
from notifications.rendering import Message

SEND_TIMEOUT = 15  # seconds a gateway may take; below the lease
Gateway = Callable[[Delivery, Message], str]  # sends, returns the gateway's own id, raises GatewayError

__all__ = ["SEND_TIMEOUT", "Gateway", "GatewayError", "gateway"]


def gateway(channel: str) -> Gateway:
    """The gateway of a channel: Twilio for SMS and calls if its credentials are set, else the message tray."""
    from notifications.channels import email, sms, tray, voice

    if channel == Channel.EMAIL:
        return email.send
    if not settings.TWILIO_ACCOUNT_SID:
        return tray.send
    return {Channel.SMS.value: sms.send, Channel.VOICE.value: voice.send}[channel]
