"""A call that reads a message aloud, through Twilio."""

from django.conf import settings
from twilio.twiml.voice_response import VoiceResponse

from notifications.channels import twilio
from notifications.models import Delivery
from notifications.rendering import Message

VOICES = {
    "ru": {"language": "ru-RU", "voice": "Polly.Tatyana"},
    "uk": {"language": "uk-UA", "voice": "Google.uk-UA-Standard-A"},
    "en": {"language": "en-US", "voice": "Polly.Joanna"},
}
RING = 25  # seconds


def send(delivery: Delivery, message: Message) -> str:
    """Call and read the message aloud; return Twilio's id."""
    with twilio.errors():
        call = twilio.client().calls.create(
            to=delivery.address,
            from_=settings.TWILIO_FROM,
            twiml=spoken(message.text, delivery.notice.language),
            timeout=RING,
            status_callback=twilio.status_url(delivery),
            status_callback_event=["completed"],
        )
    return str(call.sid)


def spoken(text: str, language: str) -> str:
    """TwiML that says the text line by line, with a pause after each.

    A code's template has its warning on the first line, then `{{ digits }}` (with commas they are read one by one), then
    the digits once more.
    """
    answer = VoiceResponse()
    for line in text.splitlines():
        if line.strip():
            answer.say(line.strip(), **VOICES[language])
            answer.pause(length=1)
    return str(answer)
