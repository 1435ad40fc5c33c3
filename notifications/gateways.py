"""What gateways tell us afterwards."""

import logging
import re
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from notifications import actions

log = logging.getLogger("notifications")

DELIVERED = {"delivered", "read", "completed"}
FAILED = {"undelivered", "failed", "busy", "no-answer", "canceled"}
PLAIN = re.compile(r"[\w-]{1,40}")


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest) -> HttpResponse:
    """Twilio reports what became of a message or a call. Signed by Twilio, safe to repeat and in any order."""
    if not _is_from_twilio(request):
        return HttpResponse(status=403)
    message_id = _word(request, "MessageSid") or _word(request, "CallSid")
    status = _word(request, "MessageStatus") or _word(request, "CallStatus")
    if message_id and status in DELIVERED | FAILED:
        error = "" if status in DELIVERED else f"Twilio: {status} {_word(request, 'ErrorCode')}".strip()
        changed = actions.record_receipt(
            message_id, delivery_id=_our_id(request), delivered=status in DELIVERED, error=error, at=timezone.now()
        )
        log.info("twilio says %s about %s%s", status, message_id, "" if changed else ", known already")
    return HttpResponse(status=204)


def _our_id(request: HttpRequest) -> UUID | None:
    """The delivery that channels/twilio.py wrote into the address of the report."""
    try:
        return UUID(request.GET.get("d", ""))
    except ValueError:
        return None


def _is_from_twilio(request: HttpRequest) -> bool:
    """The signature covers the public address and every field; without a token nobody can have signed."""
    if not settings.TWILIO_AUTH_TOKEN:
        return False
    url = settings.PUBLIC_URL + request.get_full_path()
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(url, request.POST.dict(), signature))


def _word(request: HttpRequest, field: str) -> str:
    value = request.POST.get(field, "")
    return value if PLAIN.fullmatch(value) else ""
