"""The message tray as a gateway of SMS and calls: what would be sent stays on the machine and can be read there."""

from notifications.models import Delivery, TrayMessage
from notifications.rendering import Message


def send(delivery: Delivery, message: Message) -> str:
    """Put the message into the tray."""
    TrayMessage.objects.create(channel=delivery.channel, address=delivery.address, text=message.text)
    return ""
