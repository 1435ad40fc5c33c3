"""What SMS and calls through Twilio share: the client, its errors, the address of its status reports."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications import channels
from notifications.channels.errors import GatewayError
from notifications.models import Delivery

# The library logs whole answers of the API, numbers and texts included.
quiet = logging.getLogger("notifications.twilio.wire")
quiet.disabled = True


class Http(TwilioHttpClient):
    """Twilio's own client with a timeout, and with TWILIO_BASE_URL for another server that speaks the same API."""

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        if settings.TWILIO_BASE_URL:
            parts = urlsplit(url)
            url = settings.TWILIO_BASE_URL + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().request(method, url, *args, **options)


def client() -> Client:
    """A client with our credentials; it keeps no connection, the worker may sleep for hours."""
    http = Http(timeout=channels.SEND_TIMEOUT, pool_connections=False, logger=quiet)
    return Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)


def status_url(delivery: Delivery) -> str:
    """Where Twilio reports what became of a message. It names our row, for the report may come before we know Twilio's id."""
    return f"{settings.PUBLIC_URL}{reverse('twilio_status')}?d={delivery.pk}"


@contextmanager
def errors() -> Iterator[None]:
    """Turn Twilio's errors into ours: 4xx is final, except 429 (too many at once); everything else may pass."""
    try:
        yield
    except TwilioRestException as error:
        final = 400 <= error.status < 500 and error.status != 429
        raise GatewayError(f"Twilio answered {error.status}, code {error.code}", permanent=final) from error
    except (TwilioException, RequestException, OSError, ValueError) as error:
        raise GatewayError(f"Twilio: {type(error).__name__}") from error
