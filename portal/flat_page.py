"""The page of a flat: what the register says of it, and its meters."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from meters.standing import standing
from premises.views.flat import flat_context


@login_required
@require_safe
def flat(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The register's data, each grade its own part; the meters with their state, and the way to send readings (P10)."""
    context = flat_context(request, public_id)
    context["meters"] = standing(context["account"], at=timezone.now())
    return render(request, "portal/flat.html", context)
