"""The message tray as a gateway of SMS and calls: what would be sent stays on the machine and can be read there."""

from notifications.models import Channel, Delivery, TrayMessage
from notifications.rendering import Message


def send(delivery: Delivery, message: Message) -> str:
    """Put the message into the tray."""
    text = message.text if delivery.channel == Channel.VOICE else " ".join(message.text.split())
    TrayMessage.objects.create(channel=delivery.channel, address=delivery.address, text=text)
    return ""
