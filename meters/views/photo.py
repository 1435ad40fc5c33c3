"""The photo of a reading."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from meters.models import Reading, ReadingState
from premises.access import account_or_404
from premises.views.pages import person


@login_required
@require_safe
def reading_photo(request: HttpRequest, public_id: UUID, reading_id: UUID) -> FileResponse:
    """Show the photo to those who may see the history of the account, and to its author; nobody keeps a copy."""
    account, link = account_or_404(request, public_id)
    own = Q(author=person(request))
    shown = own | ~Q(state=ReadingState.WITHDRAWN) if link.is_full else own
    taken = Reading.objects.filter(shown, meter__account=account).exclude(photo="")
    reading = get_object_or_404(taken, public_id=reading_id)
    response = FileResponse(reading.photo.open("rb"), content_type="image/jpeg")
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
