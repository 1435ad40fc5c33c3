"""What payment providers tell us. The answer is «heard»: who sent it, and whether it is true, is found out later.

Who writes too often is told when again (429). A provider repeats what was not heard for a day, and the reconciliation asks
about every payment on its way, so nothing is lost by it.
"""

import ipaddress
from datetime import datetime
from math import ceil

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.browser import ip_of, network_of
from accounts.limits import PAY_NOISE, PAY_NOTICE, LimitReached, free_at, take
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
    at, sender = timezone.now(), network_of(request)
    if until := free_at(PAY_NOISE, sender, at=at):
        return _not_now(until, at)
    try:
        take([(PAY_NOTICE, sender)], at=at)
        if hear(provider, request.body, at=at, nudge=nudge_event) is None:
            take([(PAY_NOISE, sender)], at=at)
    except LimitReached as reached:
        return _not_now(reached.until, at)
    return HttpResponse("ok", content_type="text/plain")


def _not_now(until: datetime, at: datetime) -> HttpResponse:
    """Too often: nothing is read, and the sender is told after how many seconds to come again."""
    headers = {"Retry-After": str(ceil((until - at).total_seconds()))}
    return HttpResponse(status=429, content_type="text/plain", headers=headers)


def _is_from_here(address: str) -> bool:
    """Whether the sender is in the configured networks: it keeps noise out and proves nothing."""
    networks = settings.PAY_NOTICE_NETWORKS
    return not networks or any(ipaddress.ip_address(address) in ipaddress.ip_network(one) for one in networks)
