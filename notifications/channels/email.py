"""E-mail through Django's backend: SMTP, or the tray."""

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications.channels.errors import GatewayError
from notifications.models import Delivery
from notifications.rendering import Message


def send(delivery: Delivery, message: Message) -> str:
    """Send one letter with a text and an HTML part; the Message-ID is the delivery's, so a repeat is recognized."""
    message_id = f"<{delivery.pk}@{settings.PUBLIC_HOST.split(':')[0]}>"
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    if message.unsubscribe:  # RFC 8058: the mail program ends the subscription by a POST to this address
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter = EmailMultiAlternatives(subject=message.subject, body=message.text, to=[delivery.address], headers=headers)
    letter.attach_alternative(message.html, "text/html")
    try:
        letter.send()
    except ValueError as error:  # BadHeaderError: an address or subject that tries to add headers
        raise GatewayError("the address or the subject is malformed", permanent=True) from error
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise GatewayError(f"SMTP refused the recipient: {codes}", permanent=min(codes) >= 500) from error
    except SMTPResponseException as error:  # a refused letter is final; refused credentials are mended by the staff
        final = error.smtp_code in {550, 551, 552, 553, 554}
        raise GatewayError(f"SMTP answered {error.smtp_code}", permanent=final) from error
    except (SMTPException, OSError) as error:
        raise GatewayError(f"SMTP: {type(error).__name__}") from error
    return message_id
