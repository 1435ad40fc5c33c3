"""Who is asking, as far as the limits care: the network address, the device, and the addresses this device proved."""

import ipaddress
import secrets
from typing import cast

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.digests import digest

DEVICE_COOKIE = "device"
KNOWN_COOKIE = "known"
YEAR = 365 * 24 * 3600
KNOWN_ADDRESSES = 8


def ip_of(request: HttpRequest) -> str:
    """The address of the connection, or the one that our own proxies (TRUSTED_PROXIES of them) saw.

    What a browser itself writes into X-Forwarded-For stands left of what our proxies add and is never read.
    """
    proxies = int(settings.TRUSTED_PROXIES)
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    seen = hops[-proxies] if proxies and len(hops) >= proxies else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(seen))
    except ValueError:
        return "0.0.0.0"  # noqa: S104 a unix socket or a broken proxy: all of them share one limit


def network_of(request: HttpRequest) -> str:
    """What one household or attacker holds: an IPv4 address, or the /56 that providers give to one IPv6 customer."""
    address = ipaddress.ip_address(ip_of(request))
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 56), strict=False))


def device_of(request: HttpRequest) -> str:
    """The random name of this browser; a new browser gets one, and `leave_cookies` sets it."""
    if not hasattr(request, "_device"):
        known = request.get_signed_cookie(DEVICE_COOKIE, default="", salt="device", max_age=YEAR)
        request._device = known or secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        request._device_is_new = not known  # type: ignore[attr-defined]
    return cast(str, request._device)  # type: ignore[attr-defined]


def knows(request: HttpRequest, address: str) -> bool:
    """Whether this browser has proved this address before."""
    return digest("known", address) in _known(request)


def remember(request: HttpRequest, address: str) -> None:
    """Note that this browser proved the address; `leave_cookies` writes it as a signed cookie of keyed digests."""
    proved = digest("known", address)
    request._known = [proved, *(d for d in _known(request) if d != proved)][:KNOWN_ADDRESSES]  # type: ignore[attr-defined]
    request._known_is_new = True  # type: ignore[attr-defined]


def _known(request: HttpRequest) -> list[str]:
    if not hasattr(request, "_known"):
        try:
            found = signing.loads(request.COOKIES.get(KNOWN_COOKIE, ""), salt="known", max_age=YEAR)
        except signing.BadSignature:
            found = []
        request._known = found  # type: ignore[attr-defined]
    return cast(list[str], request._known)  # type: ignore[attr-defined]


def leave_cookies(request: HttpRequest, response: HttpResponse) -> None:
    """Write the cookies that this request earned."""
    options = {"max_age": YEAR, "httponly": True, "samesite": "Lax", "secure": settings.SESSION_COOKIE_SECURE}
    if getattr(request, "_device_is_new", False):
        response.set_signed_cookie(DEVICE_COOKIE, request._device, salt="device", **options)  # type: ignore[attr-defined]
    if getattr(request, "_known_is_new", False):
        response.set_cookie(KNOWN_COOKIE, signing.dumps(request._known, salt="known"), **options)  # type: ignore[attr-defined,arg-type]
