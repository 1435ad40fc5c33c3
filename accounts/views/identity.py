"""What the answer of an identity service means for the person who came back with it."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from accounts.identity.catalog import IdentityService


def arrived(
    request: HttpRequest,
    service: IdentityService,
    subject: str,
    claims: Mapping[str, Any],
    *,
    process: str,
    began_as: int | None,
) -> HttpResponse:
    """Called when everything about the protocol is right."""
    raise Http404
