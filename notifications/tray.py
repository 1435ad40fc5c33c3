"""The message tray: in the demo, messages stay on the machine and are shown as their receivers would see them."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from notifications.models import Channel, TrayMessage


class EmailBackend(BaseEmailBackend):
    """Puts e-mails into the tray."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for letter in email_messages:
            letter.message()  # the same refusal of forged headers as on the way to SMTP
            for address in letter.recipients():
                TrayMessage.objects.create(
                    channel=Channel.EMAIL,
                    address=address,
                    subject=str(letter.subject),
                    text=str(letter.body),
                    html=_html(letter),
                )
        return len(email_messages)


def _html(letter: EmailMessage) -> str:
    parts = getattr(letter, "alternatives", [])
    return str(parts[0][0]) if parts else ""
