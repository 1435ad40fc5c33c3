"""What payment providers tell us. The answer is always «heard»: who sent it, and whether it is true, is found out later."""

import ipaddress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.browser import ip_of
from billing.actions.hearing import hear
from billing.providers import is_known
from billing.tasks import nudge_event

LARGEST = 64 * 1024  # bytes of a notification


@csrf_exempt
@require_POST
def pay_notice(request: HttpRequest, provider: str) -> HttpResponse:
    """Keep the notification if it names a payment of ours and answer at once; the worker asks the provider by our own id."""
    if not is_known(provider):
        raise Http404
    if not _is_from_here(ip_of(request)):
        return HttpResponse(status=403)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST:
        return HttpResponse(status=413)
    hear(provider, request.body, at=timezone.now(), nudge=nudge_event)
    return HttpResponse("ok", content_type="text/plain")


def _is_from_here(address: str) -> bool:
    """Whether the sender is in the configured networks: it keeps noise out and proves nothing."""
    networks = settings.PAY_NOTICE_NETWORKS
    return not networks or any(ipaddress.ip_address(address) in ipaddress.ip_network(one) for one in networks)
